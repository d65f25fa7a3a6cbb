"""From a folder or an archive of hand-ins to students. Only names are looked at here; nothing is opened but a zip's contents."""

import stat
import zipfile
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from vae_course.checks.lessons import LESSONS
from vae_course.teach.grading.incoming import layouts
from vae_course.teach.grading.incoming.archives import ArchiveRefused
from vae_course.teach.grading.incoming.choice import BY_NAMES, Choice
from vae_course.teach.grading.incoming.fates import PERSON, Fate
from vae_course.teach.grading.incoming.identity import named
from vae_course.teach.grading.incoming.items import Item, NoClass, in_archive, on_disk
from vae_course.teach.grading.incoming.layouts import Owner, clean, is_hand_in, is_model, is_zip
from vae_course.teach.grading.incoming.piles import Sorted
from vae_course.teach.grading.incoming.readings import sort_class
from vae_course.teach.grading.incoming.register import known_again
from vae_course.teach.grading.incoming.roster import Person
from vae_course.teach.grading.incoming.student import MOST_FILES, Packed, Student

__all__ = ["Class", "NoClass", "collect"]

MOST_STUDENTS = 20_000


@dataclass(frozen=True)
class Class:
    """The students in the order of their names, warnings about what belongs to nobody, and its fate.

    `alike` are groups of names of which several people have the same.
    """

    students: tuple[Student, ...]
    warnings: tuple[str, ...] = ()
    fates: tuple[Fate, ...] = ()
    alike: tuple[tuple[str, ...], ...] = ()


def collect(
    path: Path,
    leave_out: Path | None = None,
    choice: Choice = BY_NAMES,
    known: Mapping[str, str] | None = None,
    roster: Collection[Person] = (),
    shown: Collection[str] = (),
) -> Class:
    """Who handed in what.

    Args:
        path: a notebook, a folder or a zip archive; what layouts are understood stands in `platforms` and `readings`.
        leave_out: a folder that is no hand-in: that of the marks, which people put beside the hand-ins.
        choice: what a teacher says about the layout.
        known: names under which people, by their keys, have marks already.
        roster: who is in the class; it knows people again to whom a platform gave another number.
        shown: names of the roster that stood in the tables already, with nothing handed in.

    Raises:
        NoClass: there is no such path, nothing can be read from it, it is too much, or it can be read in two ways.
        OSError: it cannot be opened.
    """
    if not path.exists():
        raise NoClass(f"there is no file or folder {path}.")
    path = path.resolve()
    found = Sorted()
    if path.is_dir():
        items = [item for item in on_disk(path) if leave_out is None or item.path != leave_out.resolve()]
        sort_class(items, path.name, choice, found)
    elif not stat.S_ISREG(path.stat().st_mode):
        raise NoClass(f"{path.name} is neither a file nor a folder.")
    elif is_zip(path.name) or zipfile.is_zipfile(path):
        _archive(path, choice, found)
    else:
        owner = _owner_of(path.name)
        found.give(owner, Item((path.name,), path, False))
        _models_beside(path, owner, found)
    piles = found.piles
    if len(piles) > MOST_STUDENTS:
        raise NoClass(f"{path.name} holds the hand-ins of {len(piles):,} students; at most {MOST_STUDENTS:,} are read.")
    if not piles:
        why = "; ".join(warning.removesuffix(".") for warning in found.warnings) or "a folder of notebooks was expected"
        raise NoClass(f"{path.name} holds no hand-in: {why}.")
    owners = [owner for owner, _ in piles.values()]
    names, alike = named(owners, known_again(owners, known or {}, roster, shown))
    students = [_student(names[key], owner, items) for key, (owner, items) in piles.items()]
    return Class(
        tuple(sorted(students, key=lambda student: student.name)), tuple(found.warnings), tuple(found.fates), alike
    )


def _owner_of(name: str) -> Owner:
    return layouts.platform_owner(name, False) or layouts.plain_owner(name, False, LESSONS)


def _models_beside(path: Path, owner: Owner, found: Sorted) -> None:
    """The trained models beside somebody's one file, without those of other people whose files lie there too."""
    files = [file for file in path.parent.iterdir() if file.is_file() and not file.is_symlink()]
    names = [file.name for file in files if is_hand_in(file.name)]
    alone = layouts.is_one_students(names, LESSONS)
    owners = {owner} if alone else {owner, *map(_owner_of, names)}
    for model in sorted(file for file in files if is_model(file.name)):
        who = layouts.owner_of_model(model.name, owners)
        if who == owner or who is None and alone:
            found.give(owner, Item((model.name,), model, False))
        elif who is None:
            found.warnings.append(
                f'"{clean(model.name)}" lies beside the notebooks of a class and names none of the students; it was left out.'
            )


def _archive(path: Path, choice: Choice, found: Sorted) -> None:
    try:
        items, lost = in_archive(path)
    except ArchiveRefused as refused:
        raise NoClass(f"{path.name} {refused}.") from None
    for name, why in lost:
        found.warnings.append(f'"{name}" {why}; it was refused.')
        found.fates.append(Fate(name, PERSON, f"{why}; it was refused"))
    sort_class(items, layouts.stem(path.name), choice, found)


def _student(name: str, owner: Owner, items: list[Item]) -> Student:
    good = [item for item in items if not item.odd]
    disk = [item for item in good if item.members is None]
    packed: dict[tuple[Path, int], tuple[list[zipfile.ZipInfo], tuple[str, ...]]] = {}
    for item in good:
        if item.members is not None:
            within = item.parts[: len(item.parts) - item.depth]
            packed.setdefault((item.path, item.depth), ([], within))[0].extend(item.members)
    files = sum(not member.is_dir() for members, _ in packed.values() for member in members)
    problem = f"The hand-in has {files:,} files; at most {MOST_FILES:,} are looked at." if files > MOST_FILES else ""
    refused = [(item, f"{item.odd}; it was refused") for item in items if item.odd]
    return Student(
        name,
        tuple(item.path for item in disk),
        ()
        if problem
        else tuple(Packed(p, tuple(members), within, steps) for (p, steps), (members, within) in packed.items()),
        tuple(f'"{clean(item.name)}" {why}.' for item, why in refused),
        problem,
        owner,
        tuple(item.parts[:-1] for item in disk),
        tuple(Fate(item.shown, PERSON, why) for item, why in refused),
    )
