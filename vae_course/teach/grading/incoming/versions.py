"""Of several versions of a lesson one counts: the newest in which something is written. The others are told of, with the reason."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from vae_course.runner.notebooks import HandIn
from vae_course.teach.grading.incoming import layouts
from vae_course.teach.grading.incoming.items import shown


@dataclass(frozen=True)
class File:
    """A file of a student's: where it is, its path as the student knows it, and when it was changed."""

    path: Path
    parts: tuple[str, ...]
    seconds: float

    @property
    def shown(self) -> str:
        return f'"{shown(self.parts)}"'

    @property
    def newer(self) -> tuple[int, int, int, str]:
        return layouts.newer(self.parts, self.seconds)


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
