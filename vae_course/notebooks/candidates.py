"""Which of the things that a hand-in defines is meant as the answer to an exercise?"""

import inspect
from collections.abc import Iterator
from typing import Any

from torch import nn


def candidates(name: str, namespace: dict[str, Any]) -> Iterator[Any]:
    """What may be meant by an exercise's name, the likeliest first.

    Itself; for a method and for "VAE", then those of the learner's other classes, the last first.

    Args:
        name: "kl_normal", "VAE" or "VAE.loss".
        namespace: `Definitions.namespace`.
    """
    cls_name, _, method = name.partition(".")
    own = [
        value
        for value in reversed(namespace.values())
        if inspect.isclass(value) and issubclass(value, nn.Module) and value.__module__ == namespace["__name__"]
    ]
    if not method:
        if name in namespace:
            yield namespace[name]
        if name == "VAE":
            yield from (cls for cls in own if cls.__name__ != name and "negative_elbo_bound" in vars(cls))
        return
    named = namespace.get(cls_name)
    for cls in [*([named] if inspect.isclass(named) else []), *(c for c in own if c is not named)]:
        defining = next((base for base in cls.__mro__ if method in vars(base)), None)
        if defining is not None and defining.__module__ == namespace["__name__"]:
            yield getattr(cls, method)
