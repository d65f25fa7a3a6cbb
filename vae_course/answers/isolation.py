"""Keep one call from touching anything else: generators, settings, and the learner's own names."""

import contextlib
import io
import random
import types
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import torch


@contextlib.contextmanager
def undisturbed(seed: int) -> Iterator[None]:
    """Seed every generator for one call, silence prints, and put everything back."""
    states = random.getstate(), np.random.get_state(), torch.get_rng_state()
    dtype = torch.get_default_dtype()
    threads = torch.get_num_threads()
    try:
        random.seed(seed)
        np.random.seed(seed % 2**32)
        torch.default_generator.manual_seed(seed)
        with torch.enable_grad(), contextlib.redirect_stdout(io.StringIO()):
            yield
    finally:
        random.setstate(states[0])
        np.random.set_state(states[1])
        torch.set_rng_state(states[2])
        torch.set_default_dtype(dtype)
        if torch.get_num_threads() != threads:
            torch.set_num_threads(threads)


def with_globals(f: Any, functions: Mapping[str, Callable[..., Any]]) -> Any:
    """A copy of a function that sees right versions of other exercises; the learner's namespace stays untouched."""
    if not isinstance(f, types.FunctionType) or not functions.keys() & f.__globals__.keys() - {f.__name__}:
        return f
    names = {n: g for n, g in functions.items() if n != f.__name__}
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
    shared[f.__name__] = copy
    return copy


def _rebind(f: types.FunctionType, namespace: dict[str, Any]) -> types.FunctionType:
    copy = types.FunctionType(f.__code__, namespace, f.__name__, f.__defaults__, f.__closure__)
    copy.__kwdefaults__ = f.__kwdefaults__
    copy.__dict__.update(f.__dict__)
    return copy
