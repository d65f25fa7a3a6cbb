"""Keep one call from touching anything else: generators, settings, output, and the learner's own names."""

import contextlib
import io
import random
import sys
import types
import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import torch

_SETTINGS: tuple[tuple[Callable[[], Any], Callable[[Any], Any]], ...] = (
    (torch.get_default_dtype, torch.set_default_dtype),
    (torch.get_num_threads, torch.set_num_threads),
    (torch.get_deterministic_debug_mode, torch.set_deterministic_debug_mode),
    (torch.get_float32_matmul_precision, torch.set_float32_matmul_precision),
    (torch.is_anomaly_enabled, torch.autograd.set_detect_anomaly),
    (sys.getrecursionlimit, sys.setrecursionlimit),
)
"""What an answer may set for the whole process: how it is read, how it is put back."""


def default_device() -> torch.device:
    """Where new tensors land. Up to torch 2.8 `torch.get_default_device` knows no `with torch.device`, and fails after `set_default_device(None)`."""
    return torch.empty(0).device


@contextlib.contextmanager
def undisturbed(seed: int) -> Iterator[None]:
    """Seed every generator for one call, silence it, and put everything back.

    Kept as they were: random numbers of Python, numpy and torch, the settings above, figures, filters of warnings, and
    the cell's output: nothing is printed, shown or warned about. Time limits belong inside: an interruption while things
    are put back would leave them half done.
    """
    states = random.getstate(), np.random.get_state(), torch.get_rng_state()
    gpus = torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else None
    with _silence():
        try:
            with alone(seed):
                yield
        finally:
            random.setstate(states[0])
            np.random.set_state(states[1])
            torch.set_rng_state(states[2])
            if gpus is not None:
                torch.cuda.set_rng_state_all(gpus)


@contextlib.contextmanager
def alone(seed: int) -> Iterator[None]:
    """What one call owes to the next: generators seeded, and settings, filters of warnings and figures as they were.

    Enough, and cheaper than `undisturbed`, in a process whose output and random numbers are nobody's.
    """
    settings = [read() for read, _ in _SETTINGS]
    device = default_device()
    # Not in inference mode means with gradients, whatever the caller's mode; leaving it restores both.
    with torch.inference_mode(False), warnings.catch_warnings(), _own_figures():
        # A check calls an answer many times, at extreme inputs too. A warning about those (`math.sqrt` of a tensor that
        # carries a gradient, overflow in numpy, a deprecation) points at no line that the learner ran, and would stand
        # above the card as if it were the verdict. Where it matters, the card says why in our own words.
        warnings.simplefilter("ignore")
        random.seed(seed)
        np.random.seed(seed % 2**32)
        torch.default_generator.manual_seed(seed)
        try:
            yield
        finally:
            for (read, write), before in zip(_SETTINGS, settings, strict=True):
                if read() != before:
                    write(before)
            if default_device() != device:
                torch.set_default_device(None if device == torch.device("cpu") else device)


class _Nowhere(io.TextIOBase):
    """Takes everything and keeps nothing: an answer may print without end until it is stopped."""

    def write(self, text: str) -> int:
        return len(text)


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """No output reaches the cell, and `quit()` is an error as `sys.exit()` is, not the end of the kernel."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    stdin = sys.stdin
    with contextlib.ExitStack() as stack:
        stack.enter_context(contextlib.redirect_stdout(_Nowhere()))
        stack.enter_context(contextlib.redirect_stderr(_Nowhere()))
        if shell is not None:
            from IPython.utils.capture import capture_output

            stack.enter_context(capture_output(stdout=False, stderr=False))  # display(), and figures that are shown
            vars(shell)["ask_exit"] = sys.exit
            stack.callback(vars(shell).pop, "ask_exit", None)
        sys.stdin = io.StringIO()  # `quit()` closes it, and `input()` would wait for ever
        try:
            yield
        finally:
            sys.stdin = stdin


@contextlib.contextmanager
def _own_figures() -> Iterator[None]:
    """Figures that are open stay open and as they are; those that the call opens are gone afterwards.

    The pyplot registry is emptied for the call, so that `plt.plot` cannot draw into a figure of the learner, nor
    `plt.close("all")` close it; and `plt.show` does nothing, because the notebook's one forgets what it has yet to draw.
    """
    registry, pyplot = _figures(), sys.modules.get("matplotlib.pyplot")
    before = dict(registry) if registry is not None else {}
    if registry:
        registry.clear()
    show = getattr(pyplot, "show", None)
    if pyplot is not None:
        vars(pyplot)["show"] = lambda *args, **kwargs: None
    try:
        yield
    finally:
        if pyplot is not None:
            vars(pyplot)["show"] = show
        registry = _figures()
        if registry is not None and (registry or before):
            registry.clear()
            registry.update(before)


def _figures() -> Any:
    helpers = sys.modules.get("matplotlib._pylab_helpers")
    return helpers.Gcf.figs if helpers else None


def with_globals(f: Any, functions: Mapping[str, Callable[..., Any]]) -> Any:
    """A copy of a function that sees right versions of other exercises; the learner's namespace stays untouched."""
    if not isinstance(f, types.FunctionType):
        return f
    # A method may have the name of a function that it calls; it is not that function.
    own = {f.__name__} if id(f.__globals__.get(f.__name__)) == id(f) else set()
    names = {n: g for n, g in functions.items() if n not in own}
    if not names.keys() & f.__globals__.keys():
        return f
    # Helpers of the learner's own call the other exercises too: one namespace for all.
    shared: dict[str, Any] = dict(f.__globals__)
    shared.update({n: g for n, g in names.items() if n in shared})
    for name, helper in list(shared.items()):
        if (
            isinstance(helper, types.FunctionType)
            and helper.__globals__ is f.__globals__
            and name not in names
            and helper is not f
        ):
            shared[name] = _rebind(helper, shared)
    copy = _rebind(f, shared)
    if own:
        shared[f.__name__] = copy
    return copy


def _rebind(f: types.FunctionType, namespace: dict[str, Any]) -> types.FunctionType:
    copy = types.FunctionType(f.__code__, namespace, f.__name__, f.__defaults__, f.__closure__)
    copy.__kwdefaults__ = f.__kwdefaults__
    copy.__qualname__ = f.__qualname__  # errors show it: the name that the learner called
    copy.__dict__.update(f.__dict__)
    return copy
