"""What stands around an answer while it is examined: scaffolds, right versions that it stands on, and harnesses for answers that take objects.

In a notebook this runs beside the learner's code, and in the grader inside the sandbox, which has no copy of it: a worker is
told by name what to use, and sent the module's text when an exercise first needs it. An answer that searches its process
for a right one finds none before it is marked. So these modules import nothing that a sandbox lacks.
"""

import ast
import inspect
from collections.abc import Callable
from functools import cache
from typing import Any

from vae_course import given
from vae_course.checks.around import harnesses, scaffolds
from vae_course.runner.notebooks.names import bound, needed

_MODULES = {module.__name__: module for module in (given, scaffolds, harnesses)}


def name_of(function: Callable[..., Any]) -> str:
    """ "vae_course.checks.around.scaffolds:right_bound", by which another process finds it.

    Raises:
        ValueError: the function is in none of the modules that a sandbox has.
    """
    name, module = function.__name__, _MODULES.get(function.__module__)
    if getattr(module, name, None) is not function:
        raise ValueError(
            f"{function.__module__}.{function.__qualname__} cannot be named to a sandbox: scaffolds and harnesses of "
            f"exercises are functions of {', '.join(_MODULES)}."
        )
    return f"{function.__module__}:{name}"


FORMULAS = {
    name: getattr(given, name)
    for name in ("sample_gaussian", "log_normal", "kl_normal", "log_bernoulli_with_logits", "log_mean_exp")
}
"""Right versions of the functions of lessons 01 to 03."""


def knows_an_answer(name: str) -> bool:
    """True for a function that is a right answer: no process that has been sent it is used for another exercise."""
    return name.startswith(f"{scaffolds.__name__}:")


@cache
def source_of(module: str, names: tuple[str, ...]) -> str:
    """The text of these functions of one of the modules, with what of it they use and the imports: nothing else of it is there to be found."""
    text = inspect.getsource(_MODULES[module])
    statements = ast.parse(text).body[1:]  # the first is the docstring
    imports = [node for node in statements if isinstance(node, ast.Import | ast.ImportFrom)]
    others = [node for node in statements if node not in imports]
    wanted = set(names)
    while more := set().union(*(needed(node) for node in others if bound(node) & wanted)) - wanted:
        wanted |= more
    kept = [node for node in others if bound(node) & wanted]
    return "\n\n".join(ast.unparse(node) for node in [*imports, *kept])
