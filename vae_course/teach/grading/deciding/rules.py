"""class.toml, in the marks folder: which exercises count and for how much, deadlines, what is late, which attempt counts, groups."""

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from vae_course.checks.lessons import BEYOND, EXERCISES, LESSONS, full_name
from vae_course.teach.grading.keeping.lock import FolderRefused

FILE = "class.toml"
NEWEST, BEST, NEWEST_ON_TIME = "newest", "best", "newest on time"
ATTEMPTS = (NEWEST, BEST, NEWEST_ON_TIME)


@dataclass(frozen=True)
class Rules:
    """What counts, and how much. Without a file everything does, as the course has it.

    Args:
        lessons: those that are shown.
        beyond: those beyond the core whose points count: the file names each.
        points: of exercises that are worth something else here; 0 leaves one out.
        deadlines: by lesson.
        extensions: by student and lesson, deadlines in the place of those.
        zone: that of times which say none.
        grace: so much later is not late.
        per_day: the share of an exercise's points that each begun day costs.
        at_most: the share that all days together cost.
        attempts: which of several counts, one of `ATTEMPTS`.
        groups: whether those whom the roster calls one group have one work.
        anonymous: whether a marker reads other names.
    """

    lessons: tuple[str, ...] = LESSONS
    beyond: tuple[str, ...] = ()
    points: Mapping[str, float] = field(default_factory=dict)
    deadlines: Mapping[str, datetime] = field(default_factory=dict)
    extensions: Mapping[str, Mapping[str, datetime]] = field(default_factory=dict)
    zone: tzinfo | None = None
    grace: timedelta = timedelta()
    per_day: float = 0.0
    at_most: float = 1.0
    attempts: str = NEWEST
    groups: bool = False
    anonymous: bool = False

    def counts(self, exercise: str) -> bool:
        """False for what is left out of every table."""
        return EXERCISES[exercise].lesson in self.lessons and self.points.get(exercise) != 0

    def worth(self, exercise: str) -> float:
        """The points of an exercise in this class."""
        found = EXERCISES[exercise]
        return float(self.points.get(exercise, 0 if self.is_apart(found.lesson) else found.points))

    def is_apart(self, lesson: str) -> bool:
        """True for a lesson beyond the core that nobody has chosen: it is shown, and counts for nothing."""
        return lesson in BEYOND and lesson not in self.beyond

    def deadline(self, student: str, lesson: str) -> datetime | None:
        return self.extensions.get(student, {}).get(lesson) or self.deadlines.get(lesson)

    def days_late(self, student: str, lesson: str, handed_in: str) -> int | None:
        """How many days have begun since the deadline; 0 in time, or where there is none; None if nobody knows."""
        deadline = self.deadline(student, lesson)
        if deadline is None:
            return 0
        if not handed_in:
            return None
        zone = self.zone or UTC
        over = self.moment(handed_in) - deadline.astimezone(
            zone
        )  # by the clock: a night that is an hour shorter is a day
        return 0 if over <= self.grace else -(-over // timedelta(days=1))

    def moment(self, handed_in: str) -> datetime:
        """A time as it was told, in the class's zone."""
        told = datetime.fromisoformat(handed_in)
        zone = self.zone or UTC
        return told.astimezone(zone) if told.tzinfo else told.replace(tzinfo=zone)

    def kept(self, days: int) -> float:
        """The share of the points that is kept after so many days."""
        return 1.0 - min(self.at_most, self.per_day * days)


def read_rules(folder: Path) -> Rules:
    """Those of a marks folder.

    Raises:
        FolderRefused: the file says something that is no rule. The message has a line for each fault.
    """
    path = folder / FILE
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        return Rules()
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise FolderRefused(f"{path} is no TOML: {error}.") from None
    reader = _Reader(told)
    rules = reader.rules()
    if reader.faults:
        raise FolderRefused("\n".join(f"{path}: {fault}" for fault in reader.faults))
    return rules


class _Reader:
    """Reads each rule, and writes down what is none."""

    def __init__(self, told: dict[str, Any]) -> None:
        self._told = told
        self.faults: list[str] = []

    def rules(self) -> Rules:
        zone = self._one("timezone", str, "a name such as 'Europe/Berlin'", None, self._zone)
        lessons = self._one("lessons", list, "a list of lessons such as ['01', '02']", list(LESSONS), lambda v: v)
        late = self._one("late", dict, "a table", {}, lambda v: v)
        named = tuple(name for told in lessons if (name := self._lesson("lessons", told)))
        rules = Rules(
            lessons=named,
            beyond=tuple(name for name in named if name in BEYOND) if "lessons" in self._told else (),
            points={name: worth for name, worth in self._table("points") if self._is_worth(name, worth)},
            zone=zone,
            deadlines=self._deadlines("deadlines", self._told.get("deadlines", {}), zone),
            extensions={
                student: self._deadlines(f"extensions.{student}", own, zone)
                for student, own in self._table("extensions")
            },
            grace=timedelta(minutes=self._number(late, "grace_minutes", 0.0, 60 * 24 * 30)),
            per_day=self._number(late, "per_day", 0.0, 1.0),
            at_most=self._number(late, "at_most", 1.0, 1.0),
            attempts=self._one("attempts", str, f"one of {', '.join(map(repr, ATTEMPTS))}", NEWEST, self._attempts),
            groups=self._one("groups", bool, "true or false", False, lambda v: v),
            anonymous=self._one("anonymous", bool, "true or false", False, lambda v: v),
        )
        known = ("timezone", "lessons", "points", "deadlines", "extensions", "late", "attempts", "groups", "anonymous")
        self.faults += [
            f"there is no rule {name!r}; the rules: {', '.join(known)}." for name in self._told if name not in known
        ]
        of_late = ("grace_minutes", "per_day", "at_most")
        self.faults += [
            f"late.{name} is no rule; there are {', '.join(of_late)}." for name in late if name not in of_late
        ]
        if rules.per_day and not rules.deadlines and not rules.extensions:
            self.faults.append("late.per_day needs deadlines: a table [deadlines] with a time for each lesson.")
        return rules

    def _one(self, name: str, kind: type, expected: str, default: Any, read: Callable[[Any], Any]) -> Any:
        value = self._told.get(name, default)
        if value is default:
            return default
        if type(value) is not kind:
            self.faults.append(f"{name} = {value!r}: {expected} was expected.")
            return default
        try:
            return read(value)
        except ValueError as error:
            self.faults.append(f"{name} = {value!r}: {error}.")
            return default

    def _table(self, name: str) -> list[tuple[str, Any]]:
        table = self._told.get(name, {})
        if isinstance(table, dict):
            return list(table.items())
        self.faults.append(f"{name} = {table!r}: a table [{name}] was expected.")
        return []

    def _zone(self, name: str) -> tzinfo:
        try:
            return ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            raise ValueError("there is no such time zone here; 'Europe/Berlin' or 'UTC' would be one") from None

    def _attempts(self, which: str) -> str:
        if which not in ATTEMPTS:
            raise ValueError(f"one of {', '.join(map(repr, ATTEMPTS))} was expected")
        return which

    def _lesson(self, where: str, told: Any) -> str:
        try:
            return full_name(str(told))
        except ValueError as error:
            self.faults.append(f"{where}: {str(error).removesuffix('.')}.")
            return ""

    def _is_worth(self, name: str, worth: Any) -> bool:
        if isinstance(worth, dict):
            self.faults.append(f'points.{name}: names with a dot stand in quotes, as "VAE.loss".')
        elif name not in EXERCISES:
            self.faults.append(f"points: there is no exercise {name!r}.")
        elif type(worth) not in (int, float) or not 0 <= worth <= 10_000:
            self.faults.append(f"points.{name} = {worth!r}: a number of points was expected.")
        else:
            return True
        return False

    def _deadlines(self, where: str, table: Any, zone: tzinfo | None) -> dict[str, datetime]:
        if not isinstance(table, dict):
            self.faults.append(f"{where} = {table!r}: a table of lessons and times was expected.")
            return {}
        found: dict[str, datetime] = {}
        for told, time in table.items():
            lesson = self._lesson(where, told)
            if not isinstance(time, datetime):
                self.faults.append(
                    f"{where}.{told} = {time!r}: a time was expected, as 2026-03-02T23:59:00, without quotes."
                )
            elif time.tzinfo is None and zone is None:
                self.faults.append(
                    f"{where}.{told} = {time}: in which zone? Add timezone = 'Europe/Berlin', or as it may be."
                )
            elif lesson:
                found[lesson] = time if time.tzinfo else time.replace(tzinfo=zone)
        return found

    def _number(self, table: Mapping[str, Any], name: str, default: float, most: float) -> float:
        value = table.get(name, default)
        if type(value) in (int, float) and 0 <= value <= most:
            return float(value)
        self.faults.append(f"late.{name} = {value!r}: a number from 0 to {most:g} was expected.")
        return default
