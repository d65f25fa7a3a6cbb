"""Turn whatever came back from an answer into named tensors and facts."""

import contextlib
import textwrap
import traceback
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from vae_course.runner.answers.call import Call, CallError

LONGEST = 1000  # characters of an error's message; some libraries print whole tensors


def read(result: Any, leaves: dict[str, Tensor], changed: tuple[str, ...]) -> Call:
    """Turn whatever came back into named tensors and facts."""
    kinds = {"returned": type(result).__name__}
    if isinstance(result, dict):
        parts = {str(k): v for k, v in result.items()}
    elif isinstance(result, tuple | list):
        # (nelbo, {"train/loss": ...}) is one flat list of names.
        parts = {}
        for i, v in enumerate(result):
            parts |= {str(k): w for k, w in v.items()} if isinstance(v, dict) else {str(i): v}
    else:
        parts = {"0": result}
    outputs: dict[str, Tensor] = {}
    for name, value in parts.items():
        kinds[name] = _kind(value)
        with contextlib.suppress(Exception):
            outputs[name] = _as_tensor(value)
    live = {n: t for n, t in outputs.items() if t.requires_grad}
    inputs = {n: leaf for n, leaf in leaves.items() if leaf.requires_grad}

    def pull(cotangents: dict[str, Tensor]) -> dict[str, Tensor | None]:
        grads = torch.autograd.grad(
            [live[n] for n in cotangents],
            list(inputs.values()),
            [c.to(live[n].dtype) for n, c in cotangents.items()],
            retain_graph=True,
            allow_unused=True,
        )
        return dict(zip(inputs, grads, strict=True))

    return Call({n: t.detach() for n, t in outputs.items()}, kinds, frozenset(live), changed, _pull=pull)


def _kind(value: Any) -> str:
    """What an output really is; a tensor whose numbers no check can read is not just a "Tensor"."""
    if type(value) in (Tensor, nn.Parameter):
        if value.device.type != "cpu":
            return f"tensor on the device {value.device}"
        if value.layout != torch.strided or value.is_nested:
            return "nested tensor" if value.is_nested else f"tensor of layout {value.layout}"
    return type(value).__name__


def _as_tensor(value: Any) -> Tensor:
    if isinstance(value, Tensor):
        if type(value) not in (Tensor, nn.Parameter):
            # A subclass may redefine equality, arithmetic and all of torch; read its numbers as a plain tensor.
            with torch._C.DisableTorchFunctionSubclass():
                value = value.as_subclass(Tensor)
        if _kind(value) not in ("Tensor", "Parameter"):
            raise TypeError(f"a {_kind(value)} cannot be read")
        return value
    if isinstance(value, bool | int | float | np.ndarray | np.generic):
        return torch.as_tensor(value)
    raise TypeError(f"{type(value).__name__} is not a tensor or a number")


def same(a: Tensor, b: Tensor) -> bool:
    """Equal entry by entry, NaN being equal to NaN; never for another shape, dtype or device."""
    if (a.shape, a.dtype, a.device) != (b.shape, b.dtype, b.device):
        return False
    return torch.equal(torch.nan_to_num(a), torch.nan_to_num(b))


def describe(error: BaseException, code_file: str) -> CallError:
    """Type, message and the learner's own line; torch's frames and ours say nothing to them."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if code_file and frame.filename == code_file]
    where = ""
    if own:
        where = f"line {own[-1].lineno}: {own[-1].line}" if own[-1].line else f"line {own[-1].lineno}"
    message = "<no message>"
    with contextlib.suppress(Exception):  # `__str__` is the learner's too, in an exception of their own
        message = str(error)
        if len(message) > LONGEST:  # cut first: to shorten megabytes takes seconds
            message = textwrap.shorten(f"{message[: 10 * LONGEST]} ...", LONGEST, placeholder=" ...")
    if isinstance(error, SystemExit):
        message = "a function ends with `return`, and never ends Python"
    return CallError(type(error).__name__, message, where, _from_stub(error))


def _stub() -> None:
    raise NotImplementedError


def _nbgraders_stub() -> None:
    raise NotImplementedError()


_STUBS = frozenset((stub.__code__.co_code, stub.__code__.co_names) for stub in (_stub, _nbgraders_stub))


def _from_stub(error: BaseException) -> bool:
    """True if the frame that raised is an untouched stub: the same bytecode, whatever its arguments and docstring."""
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    if frame is None or not isinstance(error, NotImplementedError):
        return False
    code = frame.tb_frame.f_code
    return (code.co_code, code.co_names) in _STUBS
