"""What a class's folder or archive holds, as a tree that is the same for both. Names are looked at, and nothing else is opened."""

import os
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from vae_course.teach.grading.incoming.archives import (
    MOST_DIRECTORY,
    MOST_INSIDE,
    ArchiveRefused,
    objection,
    open_zip,
    parts_of,
)
from vae_course.teach.grading.incoming.layouts import clean, is_hand_in, is_zip
from vae_course.teach.grading.marks import FOUND

MOST_ITEMS = 20_000  # beside each other
_LONGEST_PATH = 300


class NoClass(Exception):
    """A path from which no class can be read. The message is one sentence."""


@dataclass(frozen=True)
class Item:
    """A file or a folder of a class.

    Args:
        parts: its path below what was given, as it stands there.
        path: itself on disk, or the archive that holds it.
        is_folder: whether it may hold others.
        members: in an archive, what is at and below it.
        depth: how many steps of the members' own paths lead to it.
        odd: what it is instead of a file or a folder, as the rest of a sentence; empty for nearly all.
    """

    parts: tuple[str, ...]
    path: Path
    is_folder: bool
    members: tuple[zipfile.ZipInfo, ...] | None = None
    depth: int = 0
    odd: str = ""

    @property
    def name(self) -> str:
        return self.parts[-1]

    @property
    def shown(self) -> str:
        return shown(self.parts)

    @cached_property
    def inside(self) -> list["Item"]:
        """What lies in a folder, and in a zip archive on disk; nothing in anything else, or where it cannot be opened."""
        if self.members is not None:
            return _grouped(self.parts, self.path, self.members, self.depth) if self.is_folder else []
        try:
            if self.is_folder:
                return on_disk(self.path, self.parts)
            return in_archive(self.path, self.parts)[0] if is_zip(self.name) and not self.odd else []
        except (ArchiveRefused, NoClass, OSError):
            return []


def shown(parts: Sequence[str]) -> str:
    """A path fit for a table and a terminal."""
    return clean("/".join(parts), longest=_LONGEST_PATH)


def on_disk(folder: Path, within: tuple[str, ...] = ()) -> list[Item]:
    """What lies in a folder, by name. Links are not followed.

    Raises:
        NoClass: there is more than a class has.
        OSError: it cannot be opened.
    """
    items: list[Item] = []
    with os.scandir(folder) as found:
        for entry in found:
            if len(items) > MOST_ITEMS:
                raise NoClass(f"{folder.name} holds more than {MOST_ITEMS:,} files and folders; that is no class.")
            is_folder = entry.is_dir(follow_symlinks=False)
            odd = ""
            if entry.is_symlink():
                odd = "is a symbolic link"
            elif not is_folder and not entry.is_file(follow_symlinks=False):
                odd = "is no regular file (a device or a pipe)"
            items.append(Item((*within, entry.name), Path(entry.path), is_folder, odd=odd))
    return sorted(items, key=lambda item: item.name)


def in_archive(path: Path, within: tuple[str, ...] = ()) -> tuple[list[Item], list[tuple[str, str]]]:
    """What lies in a zip archive, and what belongs to nobody because its path leads elsewhere: (path, why) each.

    Raises:
        ArchiveRefused, OSError: it cannot be read.
    """
    members, lost = [], []
    for member in open_zip(path, MOST_INSIDE if within else MOST_DIRECTORY).infolist():
        parts, why = parts_of(member), objection(member)
        if parts[:1] == ("..",) or why == "has an absolute path":
            lost.append((shown(parts), why))
        else:
            members.append(member)
    return _grouped(within, path, members, 0), lost


def _grouped(within: tuple[str, ...], path: Path, members: Iterable[zipfile.ZipInfo], depth: int) -> list[Item]:
    """The members of an archive by the next step of their paths."""
    groups: dict[str, list[zipfile.ZipInfo]] = {}
    folders: set[str] = set()
    for member in members:
        rest = parts_of(member)[depth:]
        if rest:
            groups.setdefault(rest[0], []).append(member)
            if len(rest) > 1 or member.is_dir():
                folders.add(rest[0])
    return [
        Item((*within, name), path, name in folders, tuple(group), depth + 1) for name, group in sorted(groups.items())
    ]


def marks_of_a_run(item: Item) -> bool:
    """True for a folder into which an earlier run wrote, and nobody handed in: a run's own file, and no notebook."""
    if not item.is_folder:
        return False
    names = {inner.name for inner in item.inside}
    ours = FOUND in names or {"run.json", "marks.jsonl"} <= names
    return ours and not any(is_hand_in(name) or is_zip(name) for name in names)
