"""Products of bfloat16 numbers in training: the processor decides whether they are worth it.

The networks may round what they multiply to 3 digits (torch.autocast): a gradient step is far noisier than that. Where the processor has
instructions for it (avx512_bf16, amx; every recent GPU) a step is quicker, elsewhere many times slower (eight times on a
processor whose instructions were masked).
"""

import math
import time
import types
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from vae_course import threads

ROUNDS = 10
FAR = 3.0
"""So many times slower in one round is no accident."""


def narrowed(objective: Callable[[Any, Tensor], Any]) -> Callable[[Any, Tensor], Any]:
    """The same objective, for a model whose networks multiply in bfloat16 and hand on float32; a bound's sums are as they were."""
    return lambda model, x: objective(_Narrow(model), x)


@dataclass
class _Narrow:
    """A model as an objective sees it; in its own methods too, `self.enc` and `self.dec` are the narrow ones."""

    model: Any

    def enc(self, x: Tensor) -> tuple[Tensor, Tensor]:
        with torch.autocast(x.device.type, torch.bfloat16):
            m, v = self.model.enc(x)
        return m.float(), v.float()

    def dec(self, z: Tensor) -> Tensor:
        return _in_bfloat16(self.model.dec, z)

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.model, name)
        return types.MethodType(found.__func__, self) if isinstance(found, types.MethodType) else found


def _in_bfloat16(function: Callable[..., Tensor], x: Tensor, *arguments: Tensor) -> Tensor:
    with torch.autocast(x.device.type, torch.bfloat16):
        found = function(x, *arguments)
    return found.float()


@cache
def is_faster(device: str = "cpu") -> bool:
    """Whether a linear layer and its way back take less time with narrow products on this device: tried out, a tenth of a second.

    No list of processors or of their instructions decides: libraries and settings have a say too (ATEN_CPU_CAPABILITY,
    ONEDNN_MAX_CPU_ISA). The least time of several rounds counts, in which both take turns; where it can be had, this thread's own time, which
    a busy machine does not change.
    """
    exact = device == "cpu" and time.get_clock_info("thread_time").resolution < 1e-5
    clock = time.thread_time if exact else time.perf_counter
    x = torch.linspace(0, 1, 200 * 784, device=device).reshape(200, 784)
    weight = torch.linspace(-1, 1, 300 * 784, device=device).reshape(300, 784).requires_grad_()
    bias = torch.zeros(300, device=device)

    def seconds(linear: Callable[..., Tensor]) -> float:
        start = clock()
        (slope,) = torch.autograd.grad(linear(x, weight, bias).sum(), weight)
        slope.sum().item()  # a GPU has done its work when the number is here
        return clock() - start

    wide = narrow = math.inf
    with threads.computing_on(1):
        for number in range(ROUNDS + 1):
            found = seconds(F.linear), seconds(_narrow_linear)
            if number:  # the first round loads what is loaded once
                wide, narrow = min(wide, found[0]), min(narrow, found[1])
                if narrow > FAR * wide:
                    break
    return narrow < wide


def _narrow_linear(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    return _in_bfloat16(F.linear, x, weight, bias)
