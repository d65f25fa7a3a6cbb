"""From a folder or an archive of hand-ins to students. Only names are looked at here; nothing is opened but a zip's contents."""

import os
import stat
import zipfile
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

from vae_course.checks.lessons import LESSONS
from vae_course.teach.grading.incoming import layouts
from vae_course.teach.grading.incoming.archives import ArchiveRefused, objection, open_zip, parts_of
from vae_course.teach.grading.incoming.layouts import Owner, clean, is_hand_in, is_junk, is_model, is_zip

MOST_STUDENTS = 20_000
MOST_FILES = 2_000  # of one student
DEEPEST = 12  # folders inside folders
MODEL = "model.safetensors"  # as lesson 07 calls it
_TRUNK = "submitted"  # nbgrader's folder: submitted/STUDENT/ASSIGNMENT/


class NoClass(Exception):
    """A path from which no class can be read. The message is one sentence."""


@dataclass(frozen=True)
class Student:
    """One student, and where their files are. `hand_ins.read_student` opens them.

    Args:
        name: as it stands in marks.csv.
        paths: files and folders on disk.
        archive, members: the zip archive that holds the whole class, and what in it is this student's.
        notes: sentences for the report.
        problem: why nothing of theirs is opened, as a sentence; empty for nearly everybody.
    """

    name: str
    paths: tuple[Path, ...] = ()
    archive: Path | None = None
    members: tuple[zipfile.ZipInfo, ...] = ()
    notes: tuple[str, ...] = ()
    problem: str = ""


@dataclass(frozen=True)
class Class:
    """The students in the order of their names, and warnings about what belongs to nobody."""

    students: tuple[Student, ...]
    warnings: tuple[str, ...] = ()


@dataclass
class _Pile:
    """What is one owner's."""

    paths: list[Path] = field(default_factory=list)
    members: list[zipfile.ZipInfo] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def collect(path: Path, leave_out: Path | None = None) -> Class:
    """Who handed in what.

    A notebook; a folder of notebooks, of folders or of both; nbgrader's course folder or its `submitted`; a zip archive of
    any of these, as Moodle and Canvas make them. One folder whose notebooks are mostly named after lessons is one student's.

    Args:
        path: the file or folder.
        leave_out: a folder that is no hand-in: that of the marks, which people put beside the hand-ins.

    Raises:
        NoClass: there is no such path, nothing can be read from it, or it is too much.
        OSError: it cannot be opened.
    """
    if not path.exists():
        raise NoClass(f"there is no file or folder {path}.")
    path = path.resolve()
    warnings: list[str] = []
    if path.is_dir():
        piles = _folder(path, leave_out.resolve() if leave_out else None, warnings)
    elif not stat.S_ISREG(path.stat().st_mode):
        raise NoClass(f"{path.name} is neither a file nor a folder.")
    elif is_zip(path.name) or zipfile.is_zipfile(path):
        piles = _archive(path, warnings)
    else:
        who = layouts.owner((path.name,), LESSONS)
        piles = {who: _Pile(paths=[path, *_models_beside(path, who, warnings)])}
    if len(piles) > MOST_STUDENTS:
        raise NoClass(f"{path.name} holds the hand-ins of {len(piles):,} students; at most {MOST_STUDENTS:,} are read.")
    if not piles:
        raise NoClass(f"{path.name} holds no hand-in: {'; '.join(warnings) or 'a folder of notebooks was expected'}")
    archive = None if path.is_dir() or not any(pile.members for pile in piles.values()) else path
    students = [_student(name, pile, archive) for name, pile in _named(piles)]
    return Class(tuple(sorted(students, key=lambda student: student.name)), tuple(warnings))


def _folder(path: Path, leave_out: Path | None, warnings: list[str]) -> dict[Owner, _Pile]:
    trunk = path / _TRUNK
    path = trunk if trunk.is_dir() and not trunk.is_symlink() else path
    entries: list[os.DirEntry[str]] = []
    with os.scandir(path) as found:
        for entry in found:
            if len(entries) > MOST_STUDENTS:
                raise NoClass(f"{path.name} holds more than {MOST_STUDENTS:,} files and folders; that is no class.")
            if not is_junk(entry.name) and Path(entry.path) != leave_out:
                entries.append(entry)
    files = [entry.name for entry in entries if not entry.is_dir(follow_symlinks=False) and is_hand_in(entry.name)]
    single = layouts.is_one_students(files, LESSONS)
    piles: dict[Owner, _Pile] = {}
    models: list[tuple[str, Path]] = []
    for entry in sorted(entries, key=lambda entry: entry.name):
        shown = f'"{clean(entry.name)}"'
        is_folder = entry.is_dir(follow_symlinks=False)
        if is_folder and _holds_marks(entry.path):
            warnings.append(f"{shown} holds the marks of an earlier run; it was skipped.")
            continue
        if not is_folder and not (is_hand_in(entry.name) or is_zip(entry.name)):
            if entry.is_symlink():
                warnings.append(f"{shown} is a symbolic link; it was refused.")
            elif is_model(entry.name) and entry.is_file(follow_symlinks=False):
                models.append((entry.name, Path(entry.path)))
            continue
        who = Owner(clean(path.name)) if single else _owner((entry.name, "") if is_folder else (entry.name,))
        pile = piles.setdefault(who, _Pile())
        if is_folder or entry.is_file(follow_symlinks=False):
            pile.paths.append(Path(entry.path))
        else:
            kind = "a symbolic link" if entry.is_symlink() else "no regular file (a device or a pipe)"
            pile.notes.append(f"{shown} is {kind}; it was refused.")
    for name, model in models:
        if (owner := _owner_of_model(name, piles, single, warnings)) is not None:
            piles.setdefault(owner, _Pile()).paths.append(model)
    return piles


def _owner_of_model(name: str, owners: Collection[Owner], single: bool, warnings: list[str]) -> Owner | None:
    """Whose a trained model is that lies beside notebooks, and not in somebody's folder: theirs whose name is in its own. Where there
    is one learner alone, the name that the course asks for is enough, and in a learner's own folder any.
    """
    who = layouts.owner_of_model(name, owners)
    if who is None and len(owners) == 1 and (single or layouts.as_saved(name) == MODEL):
        who = next(iter(owners))
    if who is None:
        warnings.append(
            f'"{clean(name)}" lies beside the notebooks of a class and names none of the students; it was left out.'
        )
    return who


def _models_beside(path: Path, who: Owner, warnings: list[str]) -> list[Path]:
    """The trained models beside somebody's one file, without those of other people whose files lie there too."""
    files = [file for file in path.parent.iterdir() if file.is_file() and not file.is_symlink()]
    names = [file.name for file in files if is_hand_in(file.name)]
    single = layouts.is_one_students(names, LESSONS)
    owners = {who} if single else {who, *(_owner((name,)) for name in names)}
    models = sorted(file for file in files if is_model(file.name))
    return [model for model in models if _owner_of_model(model.name, owners, single, warnings) == who]


def _holds_marks(folder: str) -> bool:
    """True for a folder into which an earlier run wrote, and nobody handed in: both of a run's files, and no notebook."""
    if not all(os.path.isfile(os.path.join(folder, name)) for name in ("run.json", "marks.jsonl")):
        return False
    return not any(is_hand_in(name) or is_zip(name) for name in os.listdir(folder))


def _archive(path: Path, warnings: list[str]) -> dict[Owner, _Pile]:
    try:
        archive = open_zip(path)
    except ArchiveRefused as refused:
        raise NoClass(f"{path.name} {refused}.") from None
    members = [(parts_of(member), member) for member in archive.infolist()]
    members = [(parts, member) for parts, member in members if parts and not any(map(is_junk, parts))]
    trunk = _trunk([parts if not member.is_dir() else (*parts, "") for parts, member in members if ".." not in parts])
    outside = [pair for pair in members if pair[0][: len(trunk)] != trunk]
    members = [(parts[len(trunk) :], member) for parts, member in members if parts[: len(trunk)] == trunk]
    members += [(parts, member) for parts, member in outside if objection(member)]
    files = [parts[0] for parts, _ in members if len(parts) == 1 and is_hand_in(parts[0])]
    single = layouts.is_one_students(files, LESSONS)
    name = trunk[-1] if trunk else layouts.stem(path.name)
    piles: dict[Owner, _Pile] = {}
    models: list[zipfile.ZipInfo] = []
    for parts, member in members:
        shown = f'"{clean("/".join(parts))}"' if parts else ""
        if parts and (parts[0] == ".." or objection(member) == "has an absolute path"):
            warnings.append(f"{shown} {objection(member)}; it was refused.")
        elif len(parts) > 1 or parts and (is_hand_in(parts[0]) or is_zip(parts[0])):
            who = Owner(clean(name)) if single else _owner(parts)
            piles.setdefault(who, _Pile()).members.append(member)
        elif parts and is_model(parts[0]):
            models.append(member)
    for model in models:
        if (owner := _owner_of_model(parts_of(model)[-1], piles, single, warnings)) is not None:
            piles.setdefault(owner, _Pile()).members.append(model)
    return piles


def _owner(parts: tuple[str, ...]) -> Owner:
    return layouts.owner(parts, LESSONS)


def _trunk(paths: list[tuple[str, ...]]) -> tuple[str, ...]:
    """The folders around the class: what stands before `submitted`, or one folder that holds several others."""
    for parts in paths:
        if _TRUNK in parts[:2]:
            return parts[: parts.index(_TRUNK) + 1]
    first = {parts[0] for parts in paths}
    if len(first) != 1 or layouts.platform_owner(min(first)) is not None:
        return ()
    inner = {parts[1] for parts in paths if len(parts) > 1 and (is_hand_in(parts[-1]) or is_zip(parts[-1]))}
    if any(layouts.platform_owner(name) for name in inner):
        return (min(first),)
    several = len({layouts.stem(name) for name in inner}) > 1
    return (min(first),) if several and not layouts.is_one_students(inner, LESSONS) else ()


def _named(piles: dict[Owner, _Pile]) -> list[tuple[str, _Pile]]:
    """Every owner under a name of their own: two people of one name have the platform's number behind theirs."""
    count = Counter(owner.name for owner in piles)
    return [
        (f"{owner.name}_{owner.number}" if owner.number and count[owner.name] > 1 else owner.name, pile)
        for owner, pile in piles.items()
    ]


def _student(name: str, pile: _Pile, archive: Path | None) -> Student:
    files = sum(not member.is_dir() for member in pile.members)
    problem = f"The hand-in has {files:,} files; at most {MOST_FILES:,} are looked at." if files > MOST_FILES else ""
    members = () if problem else tuple(pile.members)
    return Student(name, tuple(pile.paths), archive if members else None, members, tuple(pile.notes), problem)
