"""How learning platforms name what they hand out: a table of patterns, one entry a platform.

To add a platform, add an entry, and a small real-looking class to the tests.
"""

import contextlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True)
class Platform:
    """One platform's way to name a folder or a file of one student.

    Args:
        name: what `--layout` calls it.
        example: a name as the platform writes it.
        pattern: of a whole name. Groups: `id`, the platform's own word for the person; and where it writes them `name`,
            `assignment`, `date`, `attachment` (a running number), `late`, `file`.
        folders, files: which of the two are named so.
    """

    name: str
    example: str
    pattern: re.Pattern[str]
    folders: bool = True
    files: bool = True


_DATES = (
    *("%Y-%m-%d-%H-%M-%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M:%S %f", "%Y-%m-%d %H-%M-%S", "%Y-%m-%d %H-%M-%S %f"),
    *(f"{month} %d, %Y {time}" for month in ("%b", "%B") for time in ("%I%M %p", "%I:%M %p", "%H%M", "%H:%M")),
)
_DATE = r"\d{4}-\d\d-\d\d"

PLATFORMS = (  # the more telling patterns first: the first that fits is meant
    Platform(
        "moodle",
        "Ada Byron_4711_assignsubmission_file_",
        re.compile(r"(?P<name>.+?)_(?P<id>\d+)_assignsubmission_(?:file|onlinetext)_?(?P<file>.*)", re.S),
    ),
    Platform(
        "blackboard",
        "HW_abyron_attempt_2026-03-02-10-00-00_kl.ipynb",
        re.compile(
            rf"(?P<assignment>.+)_(?P<id>[^_]+)_attempt_(?P<date>{_DATE}-\d\d-\d\d-\d\d)(?:_(?P<file>.+)|\.txt)?", re.S
        ),
    ),
    Platform(
        "brightspace",
        "4711-902 - Ada Byron - Mar 2, 2026 1005 AM - kl.ipynb",
        re.compile(r"(?P<id>\d+)(?:-\d+)? - (?P<name>.+?) - (?P<date>[^-]*?\b\d{4}\b.*?)(?: - (?P<file>.+))?", re.S),
    ),
    Platform(
        "nbgrader",
        "ada+02_kl_divergence+2026-03-02 10:00:00.000000 UTC+Zm9v",
        re.compile(
            rf"(?P<id>[^+]+)\+(?P<assignment>[^+]+)\+(?P<date>{_DATE}[ T_]\d\d.\d\d.\d\d[^+]*)(?:\+[^+]*)?", re.S
        ),
        files=False,
    ),
    Platform("gradescope", "submission_123456", re.compile(r"submission_(?P<id>\d+)"), files=False),
    Platform(
        "canvas",
        "byronada_LATE_123_456_kl-2.ipynb",
        re.compile(r"(?P<name>[^_]+)_(?P<late>LATE_)?(?P<id>\d+)_(?P<attachment>\d+)_(?P<file>.+)", re.S),
        folders=False,
    ),
)


@dataclass(frozen=True)
class Reading:
    """What one platform's pattern finds in a name."""

    platform: Platform
    found: re.Match[str]

    def group(self, name: str) -> str:
        """What the pattern calls so; empty where it has no such part."""
        return self.found.groupdict().get(name) or ""

    @property
    def number(self) -> int:
        """What grows from one hand-in of a person to the next; 0 where the platform writes no such thing."""
        running = self.group("attachment") or (self.group("id") if self.platform.name == "gradescope" else "")
        if running:
            return int(running)
        when = moment(self.group("date"))
        with contextlib.suppress(ValueError, OverflowError):
            return int(datetime.fromisoformat(when).timestamp()) if when else 0
        return 0

    @property
    def handed_in(self) -> str:
        """When, as ISO 8601, by the platform's clock; empty where it does not write that."""
        return moment(self.group("date"))


def moment(told: str) -> str:
    """A time as platforms write it, as ISO 8601: with an offset where they say UTC. Empty for anything else."""
    bare, utc, _ = told.partition("UTC")
    bare = re.sub(r"[ _T.]+", " ", bare).strip()
    for form in _DATES:
        with contextlib.suppress(ValueError, OverflowError):
            return datetime.strptime(bare, form).replace(microsecond=0, tzinfo=UTC if utc else None).isoformat()
    return ""


def reading_of(name: str, is_folder: bool, only: str = "") -> Reading | None:
    """The first platform that names a folder or a file so.

    Args:
        only: this platform, and no other.
    """
    for platform in PLATFORMS:
        if only in ("", platform.name) and (platform.folders if is_folder else platform.files):
            found = platform.pattern.fullmatch(name)
            if found:
                return Reading(platform, found)
    return None
