"""A trained model on a network of the student's own: they compute m, v and logits in the sandbox, and we the bound.

    NELBO = E_q[ −log p(x|z) ] + KL(q(z|x) ‖ p(z)),   z = m + sqrt(v) · ε

The KL is what it costs to say something about x by z. So nothing may reach the decoder on another way:

- it runs in a process that has never seen an image, started after the one that has seen them was ended;
- it gets z alone, its rows in a secret order: a table of answers in the order of the test images is of no use;
- ε is drawn here, after m and v are known, from a seed that no process of the sandbox can work out. (An encoder that knew ε
  could put any z into place for the price of a KL that knows nothing of it.)

A network that looks at the other rows of its batch is left in peace: whatever it learns there it learns from their z, each of
which has paid its KL in full, so that the sum is still a bound, on log p of all images together.
"""

import hashlib
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import softplus

from vae_course.checks.around.harnesses import keep_weights, play_decoder, play_encoder
from vae_course.checks.lessons.capstone.trained_model.exercise import TrainedModel
from vae_course.runner.answers import Answer, Call, CallError, TimedOut
from vae_course.runner.protocol import MIB, NAMES, size_of
from vae_course.teach.grading.marking.submission import Started

ROWS = 2_000  # in one message
_MOST = 24 * MIB  # bytes of weights in one message


class _Failed(Exception):
    def __init__(self, error: CallError) -> None:
        super().__init__(error)
        self.error = error


class OwnModel:
    """An `answers.Answer` to exercise 7.3.

    Args:
        started: the hand-in, run anew for the encoder and for the decoder.
        weights: the numbers handed in, "enc.*" and "dec.*".
        secret: what the noise is drawn from; not to be found out from anything that the sandbox is sent.
    """

    value: Any = None

    def __init__(self, exercise: TrainedModel, started: Started, weights: dict[str, Tensor], secret: str) -> None:
        self._exercise, self._started, self._weights, self._secret = exercise, started, weights, secret
        self._until = 0.0

    def method(self, name: str) -> Answer:
        return self

    def call(self, *inputs: Any, seed: int, twice: bool = False) -> Call:
        """The NELBO of each of some images (n, 784) of zeros and ones, the one input; their mean KL; z_dim.

        Raises:
            Stopped, WorkerLost: see `RemoteAnswer.call`. `exercise.seconds` is for all of it.
        """
        [x] = inputs
        self._until = time.monotonic() + self._exercise.seconds
        digest = hashlib.sha256(f"{self._secret} {seed}".encode()).digest()
        secret = torch.Generator().manual_seed(int.from_bytes(digest[:8]) % 2**63)
        try:
            m, v = self._encoded(x)
            noise = torch.randn(m.shape, generator=secret, dtype=torch.float64)
            order = torch.randperm(len(x), generator=secret)
            z = (m + v.sqrt() * noise)[order].float()
            rec = torch.empty(len(x), dtype=torch.float64)
            rec[order] = torch.cat(list(self._recs(z, x[order])))
        except _Failed as failed:
            return Call(error=failed.error)
        finally:
            self._started.close()
        kl = 0.5 * (v + m.square() - 1 - torch.log(v)).sum(1)
        return Call({"per_image": rec + kl, "kl": kl.mean(), "z_dim": torch.tensor(float(m.shape[1]))})

    def _encoded(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(n, z_dim) float64 each."""
        self._load("enc.")
        found = [self._played(play_encoder, images.to(torch.uint8)) for images in x.split(ROWS)]
        m, v = (torch.cat([_rows(part, name, len(part["m"])) for part in found]) for name in ("m", "v"))
        if m.shape != v.shape or len(m) != len(x) or m.shape[1] > 1024:
            raise _wrong(
                f"for {len(x)} images your encoder returns m {tuple(m.shape)} and v {tuple(v.shape)}; "
                f"(batch, z_dim) each was expected"
            )
        return m, v

    def _recs(self, z: Tensor, x: Tensor) -> Iterator[Tensor]:
        """−log p(x|z) of each row, piece after piece, by a process that has never seen x."""
        self._load("dec.")
        for some, images in zip(z.split(ROWS), x.split(ROWS), strict=True):
            logits = _rows(self._played(play_decoder, some), "logits", len(some))
            if logits.shape != images.shape:
                raise _wrong(
                    f"your decoder returns {tuple(logits.shape)} for {tuple(some.shape)}; (batch, 784) was expected"
                )
            yield softplus((1 - 2 * images) * logits).sum(1)  # never below 0, whatever the logits

    def _load(self, prefix: str) -> None:
        """Start a new process, and give it one half of the weights."""
        self._started.close()
        weights = {n.removeprefix(prefix): t for n, t in self._weights.items() if n.startswith(prefix)}
        for number, frame in enumerate(_frames(weights)):
            self._played(keep_weights, number == 0, list(frame), *frame.values())

    def _played(self, harness: Callable[..., Any], *inputs: Any) -> dict[str, Tensor]:
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimedOut(
                f"Your network took more than {self._exercise.seconds:g} seconds for the test images; the course's take two."
            )
        [answer, *_] = self._started().answers(replace(self._exercise, harness=harness))
        answer = answer.limited(left)
        call = answer.call(*inputs, seed=0)
        if call.error is not None:
            raise _Failed(call.error)
        return dict(call.outputs)


def _frames(weights: dict[str, Tensor]) -> Iterator[dict[str, Tensor]]:
    """The weights in as few messages as hold them; at least one, which may be empty."""
    frame: dict[str, Tensor] = {}
    for name, weight in weights.items():
        if (size := size_of({name: weight})) > _MOST:
            raise _wrong(f"the weights {name} have {size / MIB:.0f} MB, and at most {_MOST // MIB} MB are sent at once")
        if len(frame) == NAMES // 2 or size_of(frame) + size > _MOST:
            yield frame
            frame = {}
        frame[name] = weight
    yield frame


def _rows(outputs: dict[str, Tensor], name: str, rows: int) -> Tensor:
    found = outputs.get(name)
    if found is None or found.ndim != 2 or len(found) != rows or not found.is_floating_point():
        kind = "nothing" if found is None else f"{tuple(found.shape)}, {found.dtype}"
        raise _wrong(f"your network returns {kind} for {name}; {rows} rows of floating-point numbers were expected")
    return found.double()


def _wrong(message: str) -> _Failed:
    return _Failed(CallError("ValueError", message))
