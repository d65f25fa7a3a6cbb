"""`check` in a live Jupyter kernel: whatever an answer does, the check's cell ends and the next one runs."""

import re
import sys
from collections.abc import Iterator

import pytest

from tests.kernel import Kernel, started
from tests.share import one_in

START = """
%matplotlib inline
import contextlib, threading, time, torch
from vae_course import check, hint
"""


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    with started(str(tmp_path_factory.mktemp("notebooks"))) as kernel:
        assert not kernel.run(START).error
        yield kernel


LOOPS = {
    "nothing": "while True: pass",
    "torch calls": "while True: torch.randn(100)",
    "backward passes": "while True: torch.autograd.grad((m * v).sum(), m)",
    "except Exception": """
    while True:
        try: time.sleep(0.001)
        except Exception: pass""",
    "except BaseException around a sleep": """
    while True:
        try: time.sleep(3600)
        except BaseException: pass""",
    "bare except": """
    while True:
        try: torch.randn(100)
        except: continue""",
    "two bare excepts": """
    def inner():
        while True:
            try: time.sleep(1)
            except: pass
    while True:
        try: inner()
        except: pass""",
    "suppress": """
    while True:
        with contextlib.suppress(BaseException): time.sleep(0.01)""",
    "a long sleep": "time.sleep(3600)",
    "a generator": """
    def rows():
        while True: yield m
    return torch.stack(list(len(row) for row in rows()))""",
    "a join": """
    def spin():
        while True: pass
    thread = threading.Thread(target=spin)
    thread.start()
    thread.join()""",
    "an event": "threading.Event().wait()",
    "a hook of the backward pass": """
    z = m + v.sqrt() * torch.randn_like(m)
    def spin(grad):
        while True: pass
    z.register_hook(spin)
    return z""",
    "the second call": """
    global calls
    calls = globals().get("calls", 0) + 1
    while calls > 2: pass
    return m + v.sqrt() * torch.randn_like(m)""",
    "swallowed, then an answer": """
    with contextlib.suppress(BaseException): time.sleep(3600)
    return m + v.sqrt() * torch.randn_like(m)""",
}


@pytest.mark.parametrize("body", one_in(12, LOOPS.values(), LOOPS))
def test_an_endless_answer_is_stopped_and_the_next_cell_runs(kernel: Kernel, body: str):
    assert not kernel.run(f"def sample_gaussian(m, v):\n    {body}").error
    ran = kernel.run("verdict = check(sample_gaussian); verdict")
    assert not ran.error and not ran.streams
    assert "timed out" in ran.shown[0] and re.search(r"still running after (1\.8|7\.\d) seconds", ran.shown[0])
    assert kernel.value("verdict.status, 20 + 22") == "('timed out', 42)"
    spinning = "[t for t in threading.enumerate() if '(spin)' in t.name]"
    assert kernel.value(f"for t in {spinning}: t.join(5)\n{spinning}") == "[]"


def test_a_class_that_never_gets_built_is_stopped(kernel: Kernel):
    code = """
from vae_course import given
class VAE(given.VAE):
    def __init__(self, nn="v1", name="vae", z_dim=2):
        while True: pass
    def negative_elbo_bound(self, x): raise NotImplementedError
"""
    assert not kernel.run(code).error
    assert "timed out" in kernel.value("check(VAE.negative_elbo_bound)")
    assert "timed out" in kernel.value("check(VAE)")
    assert kernel.value("20 + 22") == "42"


@pytest.mark.slow
def test_an_answer_that_is_wrong_and_runs_on_while_its_reason_is_sought_keeps_its_verdict(kernel: Kernel):
    code = """
def sample_gaussian(m, v):
    while m.shape == (96, 96): pass  # only the search for the reason asks for this shape
    return m + v * torch.randn_like(m)
"""
    assert not kernel.run(code).error
    assert "sample_gaussian: wrong · 3 of 7 points" in kernel.value("check(sample_gaussian)")


IN_A_THREAD = ["torch.randn(10)", *(["time.sleep(0.01)"] if sys.version_info >= (3, 12) else [])]
"""In 3.11 no exception of another thread arrives but in the sleep, where it is caught (`time_limit.within`)."""


@pytest.mark.parametrize("body", IN_A_THREAD)
def test_a_check_in_another_thread_is_stopped_too(kernel: Kernel, body: str):
    code = f"""
def sample_gaussian(m, v):
    while True:
        try: {body}
        except BaseException: pass
def in_thread():
    found.append(check(sample_gaussian))
found = []
thread = threading.Thread(target=in_thread)
thread.start()
thread.join()
found[0]
"""
    assert "timed out" in kernel.value(code)
    assert kernel.value("20 + 22") == "42"


@pytest.mark.parametrize("way", ["quit()", "exit()", "import sys; sys.exit(1)", "raise SystemExit"])
def test_an_answer_that_quits_is_told_so_and_the_kernel_lives(kernel: Kernel, way: str):
    kernel.run("alive = 42")
    assert not kernel.run(f"def sample_gaussian(m, v):\n    {way}").error
    assert "raised SystemExit" in kernel.value("check(sample_gaussian)")
    assert kernel.value("alive") == "42"


def test_an_import_that_takes_long_is_not_torn_apart(kernel: Kernel):
    code = """
%%writefile slow_module.py
import time
time.sleep(2.5)
whole = True
"""
    assert not kernel.run(code.strip()).error
    code = """
def sample_gaussian(m, v):
    from slow_module import whole
    return m + v.sqrt() * torch.randn_like(m)
check(sample_gaussian)
"""
    assert "correct" in kernel.value(code)


def test_the_stop_button_stops_a_check(kernel: Kernel):
    code = """
import _thread
def sample_gaussian(m, v):
    threading.Timer(0.2, _thread.interrupt_main).start()
    while True: pass
check(sample_gaussian)
"""
    assert kernel.run(code).error.startswith("KeyboardInterrupt")
    assert kernel.value("import sys, signal; type(sys.stdout).__name__, signal.getitimer(signal.ITIMER_REAL)[0]") == (
        "('OutStream', 0.0)"
    )


def test_nothing_that_an_answer_prints_shows_or_warns_about_reaches_the_cell(kernel: Kernel):
    code = """
import sys, warnings
import matplotlib.pyplot as plt
from IPython.display import display
def sample_gaussian(m, v):
    print("noise"); print("noise", file=sys.stderr); display("noise")
    warnings.warn("noise"); float(m.sum())
    plt.plot([1, 2]); plt.show()
    plt.figure(); plt.close("all"); plt.plot([1, 2])
    return m + v.sqrt() * torch.randn_like(m)
figure = plt.figure(); plt.plot([3, 4])
verdict = check(sample_gaussian)
assert plt.get_fignums() == [1] and plt.gcf() is figure and len(plt.gca().lines) == 1
verdict
"""
    ran = kernel.run(code)
    assert not ran.error and ran.streams == "" and ran.pictures == 1, "the learner's own figure, once"
    assert len(ran.shown) == 2 and "correct" in ran.shown[0]


def test_an_answer_that_asks_for_input_gets_none(kernel: Kernel):
    assert not kernel.run("def sample_gaussian(m, v):\n    return m + float(input('noise? '))").error
    assert re.search("raised (EOFError|StdinNotImplementedError)", kernel.value("check(sample_gaussian)"))


def test_a_hint_without_a_name_is_about_the_last_check_that_failed(kernel: Kernel):
    assert not kernel.run("def sample_gaussian(m, v):\n    return m").error
    kernel.run("check(sample_gaussian)")
    assert 'hint("sample_gaussian")' in kernel.value("hint()")
