"""The worker: the process in the sandbox that runs students' code.

It imports torch and the course once. For each submission it forks; the child shuts itself in (`confinement`), brings the
hand-in's definitions to life and calls them as it is asked. The parent never runs a student's code and never reads a word
from a child; so the grader can rely on what it says.
"""

import base64
import contextlib
import gc
import os
import signal
import socket
import sys
import time
from typing import Any, NoReturn

from vae_course.runner import confinement, second_level
from vae_course.runner.protocol import Channel, Message

OUT_OF_MEMORY, NO_CONNECTION = 75, 76  # exit codes of a child that could not even say so


def main(forks: confinement.Forks | second_level.PlainForks) -> NoReturn:
    """Serve one submission after another, until the grader is gone. The last argument is the descriptor it speaks on."""
    fd = int(sys.argv[-1])
    _load()
    control = socket.socket(fileno=fd)
    channel = Channel(fd, ahead=0, trusted=True)  # descriptors come beside its frames
    channel.send(Message({"ready": os.getpid()}))
    child = 0
    with contextlib.suppress(EOFError):
        while True:
            order = channel.receive().facts
            if order["do"] == "fork":
                _, [theirs], _, _ = socket.recv_fds(control, 1, 1)
                child = forks.fork()
                if child == 0:
                    _submission(forks, theirs, order["limits"])
                os.close(theirs)
                channel.send(Message({"forked": child}))
            else:
                channel.send(Message(_end(child, order["grace"])))
    os._exit(0)


def _load() -> None:
    """Everything that hand-ins import, and what torch loads at its first use: paid for once, and shared by all."""
    import importlib

    import torch

    torch.set_num_threads(1)
    weight = torch.ones(1, requires_grad=True)
    weight.sum().backward()
    torch.optim.SGD([weight], lr=0.1).step()
    from vae_course import unchecked  # noqa: F401
    from vae_course.nns import available
    from vae_course.runner import serving  # noqa: F401
    from vae_course.runner.answers import LocalAnswer
    from vae_course.runner.answers.models import skeleton

    for kind, networks in {"VAE": available(), "GMVAE": ("tiny",), "SSVAE": ("tiny",)}.items():
        for network in networks:
            skeleton(kind, network, 2)
    call = LocalAnswer(lambda x: 2 * x).call(torch.ones(1), seed=0)
    call.pull_back(call.outputs)
    importlib.import_module("matplotlib.pyplot")
    gc.collect()
    gc.freeze()  # pages that no collection writes to stay shared


def _end(child: int, grace: float) -> dict[str, Any]:
    """How the child ended by itself within some seconds, or None for its code: it was killed. It has no children."""
    until = time.monotonic() + grace
    while True:
        pid, status, used = os.wait4(child, os.WNOHANG)
        if pid:
            return {"code": os.waitstatus_to_exitcode(status), "cpu": used.ru_utime + used.ru_stime}
        if time.monotonic() >= until:
            break
        time.sleep(0.002)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return {"code": None}


def _submission(forks: confinement.Forks | second_level.PlainForks, fd: int, limits: dict[str, Any]) -> NoReturn:
    try:
        from vae_course.runner.serving import serve

        program = base64.b64decode(limits["filter"])
        forks.confine(program, **limits["resources"], keep=fd, scratch=os.environ["TMPDIR"])
        serve(Channel(fd, trusted=True))
    except MemoryError:
        os._exit(OUT_OF_MEMORY)
    except (EOFError, OSError):
        os._exit(NO_CONNECTION)
    finally:
        os._exit(1)
