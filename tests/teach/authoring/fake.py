"""A small lesson with a function card and a numbers card, and the exercise table that goes with it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

NAME = "01_toy"


@dataclass(frozen=True)
class Fake:
    name: str
    lesson: str = NAME
    number: str = "1.1"
    title: str = "Standardize"
    points: float = 3
    minutes: float = 5
    difficulty: int = 2
    lines: str = "1 line"
    tries: int = 0
    optional: bool = False
    misconceptions: tuple[Any, ...] = ()


EXERCISES = {
    "standardize": Fake("standardize"),
    "numbers": Fake("numbers", number="1.2", title="Two numbers", points=1, difficulty=1),
}

LESSON = r"""# %% [markdown]
# # A toy lesson
#
# ## What you will build
#
# One function.
#
# ## Before you start
#
# It takes 20 minutes.
#
# ## Warm-up
#
# 1. One?
# 2. Two?
# 3. Three?

# %%
import math

from vae_course.figures.style import canvas
from vae_course.figures.widgets import explore


def check(answer, exercise=None):
    print("checked")


def solved(answer):
    return True


def progress():
    print("all done")


# %% [markdown]
# ## Standardize

# %% [markdown]
# {{ exercise standardize }}
#
# **Goal.** Bring a number `x` with mean `m` and variance `v` to `z`, with mean 0 and variance 1.
#
# $$z = (x - m) / \sqrt{v}$$
#
# **Shapes.** In and out: numbers. Nothing is summed, nothing averaged.


# %%
def standardize(x, m, v):
    "The standard score."
    ### BEGIN SOLUTION
    return (x - m) / math.sqrt(v)
    ### END SOLUTION


# %%
check(standardize)

# %%
if solved(standardize):
    with canvas(width=2, height=1, alt="A line that rises.") as axes:
        axes.plot([0, 1], [0, 1])
    print(round(len("abc") / 7, 3))

# %% [markdown]
# <details><summary>I get 9 instead of 3</summary>
#
# Take the square root.
# </details>
#
# **Think.** Why a root?
#
# <details><summary>Answer</summary>
#
# A variance has squared units.
# </details>

# %% [markdown]
# {{ exercise numbers }}
#
# **Goal.** Give two numbers.
#
# **Answer.** A dictionary.

# %%
numbers = {"half": None, "third": None, "fourth": None}
### BEGIN SOLUTION
numbers = {"half": 0.5, "third": 0.333, "fourth": 0.25}
### END SOLUTION

# %%
check(numbers, "numbers")

# %% [markdown]
# <details><summary>I get 2 instead of one half</summary>
#
# Divide the other way round.
# </details>
#
# **Think.** Is there more?
#
# <details><summary>Answer</summary>
#
# No.
# </details>

# %% [markdown]
# *Predict first*: where?

# %%
explore(lambda a: None, a=(0.5, 0.0, 1.0, 0.1))

# %% [markdown]
# *What to read off:* nothing.

# %% [markdown]
# ## Summary
#
# It worked. See [the next lesson](02_next.ipynb) and ![a line](../docs/line.png).
#
# ## Check your progress

# %%
progress()

# %% [markdown]
# ## Where people get stuck
#
# Nowhere.
#
# ## Blank page
#
# Write it again.
#
# ## Further reading
#
# None.
"""


def make_repository(root: Path, lesson: str = LESSON) -> Path:
    """A repository with that lesson, a second one that is only there to be linked to, and a picture."""
    for folder in ("solutions", "notebooks", "docs"):
        (root / folder).mkdir(parents=True)
    (root / "solutions" / f"{NAME}.py").write_text(lesson, encoding="utf-8")
    (root / "docs" / "line.png").write_bytes(b"")
    (root / "solutions" / "02_next.py").write_text("# %%\n1\n", encoding="utf-8")
    return root
