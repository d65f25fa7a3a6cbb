"""What this edition of the course has: one for students comes without solutions, and may have some of the lessons alone."""

from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

from vae_course import workspace
from vae_course.checks.lessons import LESSONS


def solutions() -> ModuleType | None:
    """The module that shows our answers, if it and they are here."""
    name = f"{__package__}.solutions"
    return import_module(name) if find_spec(name) and workspace.folder("solutions").is_dir() else None


def lessons() -> tuple[str, ...]:
    """Those that were handed out."""
    handed_out = workspace.edition().get("lessons", LESSONS)
    return tuple(lesson for lesson in LESSONS if lesson in handed_out)
