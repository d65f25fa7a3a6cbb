"""The command: a bank's items, chosen and written in one of the formats."""

from collections.abc import Callable, Mapping

from vae_course.teach.items.bank import Choice, Numeric, Sitting, chosen, sitting_of
from vae_course.teach.items.choices import choices
from vae_course.teach.items.gift import gift
from vae_course.teach.items.parallel import numbers
from vae_course.teach.items.sheet import sheet

Bank = list[tuple[Sitting, list[Choice | Numeric]]]

FORMATS: Mapping[str, Callable[[Bank], str]] = {"gift": gift, "markdown": sheet}


def bank(lesson: str = "", seed: int = 0) -> Bank:
    """The sittings that `lesson` names ("" all), each with its short items.

    Raises:
        ValueError: no such lesson, or a file that does not hold what it should.
    """
    short: list[Choice | Numeric] = [*choices(), *numbers(seed)]
    return [(sitting, [item for item in short if sitting_of(item.id) == sitting.name]) for sitting in chosen(lesson)]


def write(form: str, lesson: str = "", seed: int = 0) -> str:
    """The bank as a text, in a format of `FORMATS`. Raises ValueError as `bank` does."""
    return FORMATS[form](bank(lesson, seed))
