"""What a teacher may say about a class's layout, where names alone do not tell."""

import re
from dataclasses import dataclass

from vae_course.teach.grading.incoming.platforms import PLATFORMS

FOLDERS, FILES, ONE, ASSIGNMENTS, GITHUB, MOODLE_NAMES = (
    "folders",
    "files",
    "one",
    "assignments",
    "github",
    "moodle-names",
)
LAYOUTS = (*sorted(platform.name for platform in PLATFORMS), MOODLE_NAMES, GITHUB, FOLDERS, FILES, ONE, ASSIGNMENTS)
_FIELDS = ("student", "lesson", "id", "name", "date")


@dataclass(frozen=True)
class Choice:
    """How a class is to be read.

    Args:
        layout: one of `LAYOUTS`; empty: by the names.
        pattern: that of `--name-pattern`, made by `pattern_of`; nothing: none.
        steps: of how many steps of a path the pattern speaks.
    """

    layout: str = ""
    pattern: re.Pattern[str] | None = None
    steps: int = 1

    @property
    def platform(self) -> str:
        """The one platform that is meant; empty: any."""
        return "moodle" if self.layout == MOODLE_NAMES else self.layout if _is_platform(self.layout) else ""


def _is_platform(name: str) -> bool:
    return any(platform.name == name for platform in PLATFORMS)


BY_NAMES = Choice()
"""Nothing was said: names tell."""


def pattern_of(text: str, lessons: tuple[str, ...]) -> tuple[re.Pattern[str], int]:
    """`{student}_{lesson}.ipynb` as a pattern of a path's last steps, and how many steps these are.

    Raises:
        ValueError: it does not say where the student's name stands, or has a field that is not known.
    """
    parts = re.split(r"\{(\w*)\}", text)
    fields = parts[1::2]
    unknown = [field for field in fields if field not in _FIELDS]
    if unknown or "student" not in fields or len(set(fields)) < len(fields):
        known = ", ".join(f"{{{field}}}" for field in _FIELDS)
        raise ValueError(f"a pattern such as {{student}}_{{lesson}}.ipynb was expected, each of {known} at most once")
    numbers = "|".join([*lessons, r"\d{1,2}"])
    made = ""
    for place, part in enumerate(parts):
        if place % 2:
            made += f"(?P<{part}>{numbers})" if part == "lesson" else f"(?P<{part}>[^/]+?)"
        else:
            made += re.escape(part).replace(r"\*", "[^/]*")
    return re.compile(made, re.S), text.count("/") + 1
