"""Of several versions of a lesson one counts: the newest in which something is written. The others are told of, with the reason."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from vae_course.runner.notebooks import HandIn
from vae_course.teach.grading.incoming import layouts
from vae_course.teach.grading.incoming.items import shown

MOST_ATTEMPTS = 10  # of a lesson, of one student


@dataclass(frozen=True)
class File:
    """A file of a student's.

    Args:
        path: where it is.
        parts: its path as the student knows it.
        seconds: when it was changed.
        handed_in: when it was handed in, as ISO 8601; empty where no platform says it.
    """

    path: Path
    parts: tuple[str, ...]
    seconds: float
    handed_in: str = ""

    @property
    def shown(self) -> str:
        return f'"{shown(self.parts)}"'

    @property
    def newer(self) -> tuple[int, int, int, str]:
        return layouts.newer(self.parts, self.seconds)


@dataclass(frozen=True)
class Handed:
    """One hand-in of a lesson that is marked.

    Args:
        file: its path as the student knows it.
        handed_in, is_late: when, and whether late, as the platform says; see `Attempt`.
    """

    lesson: str
    hand_in: HandIn
    file: str
    handed_in: str = ""
    is_late: bool = False


@dataclass(frozen=True)
class Version:
    """A file as a version of one lesson; `answers` are those that are more than stubs."""

    file: File
    hand_in: HandIn
    lesson: str

    @property
    def answers(self) -> frozenset[str]:
        return self.hand_in.answers.get(self.lesson, frozenset())

    @property
    def handed(self) -> Handed:
        is_late = any(map(layouts.is_late, self.file.parts))
        return Handed(self.lesson, self.hand_in, shown(self.file.parts), self.file.handed_in, is_late)

    @property
    def is_beside_others(self) -> bool:
        """True for a lesson that stands in the file of another one."""
        return self.lesson in self.hand_in.also


def imported(hand_ins: Iterable[HandIn]) -> set[str]:
    """Modules of the student's own that some of these import."""
    return {name for hand_in in hand_ins for name in hand_in.modules}


def by_choice(versions: Sequence[Version]) -> list[Version]:
    """The one that counts first.

    A copy in which nothing is written never wins. Nor does what stands in another lesson's file, unless it has all answers that
    the lesson's own files have; nor a module that one of the versions imports, and that is a part of it. Where dates say nothing (a clone has one date for all), more answers win.
    """
    modules = imported(version.hand_in for version in versions)
    own = [version.answers for version in versions if not version.is_beside_others]

    def rank(version: Version) -> tuple[object, ...]:
        *when, name = version.file.newer
        whole = not version.is_beside_others or all(answers <= version.answers for answers in own)
        alone = version.file.path.suffix != ".py" or version.file.path.stem not in modules
        return bool(version.answers), whole, alone, *when, len(version.answers), name

    return sorted(versions, key=rank, reverse=True)


def handed_in_before(versions: Sequence[Version]) -> tuple[list[Version], bool]:
    """Of the versions that do not count now those that are earlier attempts, the newest first: a platform says when each was handed in.

    Args:
        versions: in the order of `by_choice`.

    Returns:
        Them, and whether there are more than are marked.
    """
    first, *older = versions
    of_time: dict[str, Version] = {}
    for version in older:
        if version.answers and version.file.handed_in not in ("", first.file.handed_in):
            of_time.setdefault(version.file.handed_in, version)
    earlier = sorted(of_time.values(), key=lambda version: version.file.newer, reverse=True)
    return (earlier[: MOST_ATTEMPTS - 1], len(earlier) >= MOST_ATTEMPTS) if first.file.handed_in else ([], False)


def told(chosen: Sequence[Version]) -> str:
    """Which of several versions counts, and why not the others, as a sentence."""
    first, *others = chosen
    newest = max(version.file.newer for version in chosen) == first.file.newer
    which = "the newest" if newest else "the newest in which something is written"
    if any(version.answers and version.file.newer > first.file.newer for version in others):
        which = "the newest file of this lesson itself"
    return (
        f"{first.lesson} was handed in {len(chosen)} times: {first.file.shown}, {which}, counts; "
        f"not {', '.join(_left(version, first) for version in others)}."
    )


def _left(version: Version, first: Version) -> str:
    if not version.answers:
        return f"{version.file.shown} (nothing is written in it)"
    alone = sorted(version.answers - first.answers)
    return f"{version.file.shown} (which alone answers {', '.join(alone)})" if alone else version.file.shown
