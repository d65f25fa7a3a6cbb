"""One student's part of the ledger: what became of every file, also of those that nobody thought of."""

import re
import zipfile
from collections.abc import Callable, Iterable, Sequence, Set

from vae_course.teach.grading.incoming import layouts
from vae_course.teach.grading.incoming.archives import objection, parts_of
from vae_course.teach.grading.incoming.fates import ASIDE, LEFT_BEHIND, MARKED, OTHER_KIND, PERSON, Fate
from vae_course.teach.grading.incoming.items import shown
from vae_course.teach.grading.incoming.layouts import clean, is_hand_in, is_junk, is_model, is_work, is_zip
from vae_course.teach.grading.incoming.student import Student

Parts = tuple[str, ...]
TRAINED = "07_capstone"
"""The lesson whose exercise 7.3 takes a trained model."""
_MAY_HOLD_ANSWERS = re.compile(r"\.(?:json|tar|t?gz|bz2|xz|zst|7z|rar|ipynb\.\w+)$", re.I)


class Account:
    """Fates by path, as it is and not as it is shown: two of them may look alike. What is decided last counts; `closed` decides
    about the rest by rules."""

    def __init__(self, lessons: Sequence[str], refused: Iterable[Fate] = ()) -> None:
        self._lessons = tuple(lessons)  # of the course
        self._fates: dict[Parts, Fate] = {(fate.path,): fate for fate in refused}
        self._waiting: dict[Parts, None] = {}  # without a fate yet
        self._without: dict[Parts, str] = {}  # notebooks without an answer, and what is said of them

    def seen(self, parts: Parts) -> None:
        """A file is there."""
        self._waiting.setdefault(parts)

    @property
    def said(self) -> set[str]:
        """The lessons that names of files say."""
        return {layouts.said_lesson(parts, self._lessons) for parts in self._waiting} - {""}

    def packed(self, within: Parts, members: Iterable[zipfile.ZipInfo], written: Set[Parts]) -> None:
        """What an archive holds, and which of it was unpacked."""
        for member in members:
            parts = parts_of(member)
            junk = next((number for number, part in enumerate(parts) if is_junk(part)), None)
            if junk is not None:
                self.left_behind((*within, *parts[: junk + 1]), junk + 1 < len(parts) or member.is_dir())
            elif not parts or member.is_dir():
                continue
            elif why := objection(member):
                self._set((*within, *parts), PERSON, f"{why}; it was refused")
            elif parts not in written and (is_hand_in(parts[-1]) or is_zip(parts[-1]) or is_model(parts[-1])):
                self._set((*within, *parts), PERSON, "it could not be unpacked")
            else:
                self.seen((*within, *parts))

    def left_behind(self, parts: Parts, is_folder: bool) -> None:
        self._fates.setdefault(parts, Fate(shown(parts) + ("/" if is_folder else ""), ASIDE, LEFT_BEHIND))

    def marked(self, parts: Parts, lesson: str) -> None:
        earlier = self._fates.get(parts)
        several = f"{earlier.why}, {lesson}" if earlier and earlier.fate == MARKED else lesson
        self._set(parts, MARKED, several)

    def aside(self, parts: Parts, why: str) -> None:
        """By a rule that `why` names, unless something of it is marked."""
        if (earlier := self._fates.get(parts)) is None or earlier.fate != MARKED:
            self._set(parts, ASIDE, why)

    def all_aside(self, is_so: Callable[[Parts], bool], why: str) -> None:
        """Everything that a rule is about, of whatever kind."""
        for parts in self._waiting:
            if is_so(parts):
                self.aside(parts, why)

    def unreadable(self, parts: Parts, why: str) -> None:
        self._set(parts, PERSON, why)

    def without_answers(self, parts: Parts, why: str) -> None:
        """A notebook that can be read, and holds no answer of the course."""
        self._without[parts] = why

    def of_all(self, student: Student, why: str) -> tuple[Fate, ...]:
        """Where nothing of a student's is opened: what is theirs by name, a folder as a whole."""
        for path, above in zip(student.paths, student.within, strict=True):
            self._whole((*above, path.name), path.is_dir(), why)
        for packed in student.packed:
            for member in packed.members:
                if not member.is_dir() and not any(map(is_junk, parts_of(member))):
                    self._whole((*packed.within, *parts_of(member)), False, why)
        if not student.paths and not student.packed:
            self._whole((student.name,), True, why)
        return tuple(self._fates.values())

    def _whole(self, parts: Parts, is_folder: bool, why: str) -> None:
        path = shown(parts) + ("/" if is_folder else "")
        self._fates[parts] = Fate(path, PERSON, clean(why, longest=500))

    def closed(self, lessons: Set[str]) -> tuple[Fate, ...]:
        """The fate of everything, in the order of the paths.

        Args:
            lessons: those of which something is marked.
        """
        for parts, why in self._without.items():
            if parts not in self._fates:
                told = (ASIDE, "a notebook without an answer of the course") if lessons else (PERSON, why)
                self._set(parts, *told)
        for parts in self._waiting:
            if parts not in self._fates:
                self._set(parts, *self._by_rule(parts, lessons))
        return tuple(sorted(self._fates.values(), key=lambda fate: (fate.path, fate.fate)))

    def _set(self, parts: Parts, fate: str, why: str) -> None:
        self._fates[parts] = Fate(shown(parts), fate, clean(why, longest=500))

    def _by_rule(self, parts: Parts, lessons: Set[str]) -> tuple[str, str]:
        """The fate of what is neither a notebook nor an archive that was opened."""
        name = parts[-1]
        said = layouts.said_lesson(parts[-1:], self._lessons)
        if is_model(name):
            if TRAINED in lessons:
                return MARKED, "a trained model, for 7.3"
            return PERSON, f"a trained model, and no notebook of {TRAINED}"
        if _MAY_HOLD_ANSWERS.search(name) or (said and said not in lessons):
            return PERSON, "it may hold answers, and is of a kind that is not read"
        if not lessons and is_work(name):
            return PERSON, "of a kind that is not read, and nothing else was handed in that can be"
        return ASIDE, OTHER_KIND
