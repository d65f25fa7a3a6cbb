"""Zip archives from strangers: looked at before anything is unpacked, and unpacked within limits.

Only names made here are written, below a folder made here; nothing is trusted that the archive says about itself.
"""

import contextlib
import lzma
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from itertools import chain, count
from pathlib import Path
from typing import IO, NamedTuple

from vae_course.teach.grading.incoming.layouts import (
    TIMESTAMP,
    clean,
    is_hand_in,
    is_junk,
    is_model,
    is_zip,
    may_be_notebook,
)

DEEPEST = 40  # folders in folders: whoever removes them does so by recursion
MOST_MEMBERS = 1_000_000
MOST_DIRECTORY = 256 * 2**20  # bytes of an archive's table of contents, which is read into memory at once
MOST_INSIDE = 16 * 2**20  # the same of an archive among a class's files, where the grader itself tells the layout
MOST_BYTES = 300 * 2**20  # of one student, unpacked
MOST_RATIO = 200  # text shrinks to a tenth, plots hardly at all
SMALL = (
    64 * 2**20
)  # bytes, which cost little to write; a warning printed 30,000 times is packed to less than 1/200, and is no bomb
_CHUNK = 2**16
_LONGEST_STEP = 200  # bytes of a name; a file system takes 255
_UTF8 = 0x800  # the flag of a member whose name is UTF-8
_BROKEN = (
    *(zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, ValueError, OSError),
    *(struct.error, zlib.error, lzma.LZMAError),
)


class Unpacked(NamedTuple):
    """A member that was written: where, its path in the archive, and when it was changed."""

    path: Path
    parts: tuple[str, ...]
    seconds: float


class ArchiveRefused(Exception):
    """An archive, or a part of one, that is not unpacked. The message says why, as the rest of a sentence: "is a bomb"."""


@lru_cache(maxsize=2)
def open_zip(path: Path, most: int = MOST_DIRECTORY) -> zipfile.ZipFile:
    """An archive with its table of contents read; the last two stay open.

    Args:
        most: bytes of that table.

    Raises:
        ArchiveRefused: it is no zip archive, or has too large a table of contents.
        OSError: it cannot be opened.
    """
    with path.open("rb") as file:
        size = directory_size(file)
    if size > most:
        raise ArchiveRefused(f"has a table of contents of {size // 2**20} MB; at most {most // 2**20} are read")
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, ValueError, NotImplementedError, struct.error, RuntimeError) as error:
        raise ArchiveRefused(f"cannot be read as a zip archive ({error})") from None
    if len(archive.infolist()) > MOST_MEMBERS:
        raise ArchiveRefused(f"holds {len(archive.infolist()):,} files; at most {MOST_MEMBERS:,} are read")
    for member in archive.infolist():
        member.filename = _name(member)
    return archive


def _name(member: zipfile.ZipInfo) -> str:
    """A member's name, read as UTF-8 where its bytes are that, whether the archive says so or not.

    macOS writes UTF-8 and does not set the flag for it; the names are then taken for the DOS code page 437, and "Adaé" is
    read as "Ada├⌐". A name that really is of 437 and has an accent is next to never valid UTF-8. The name that zipfile
    compares with the member's own head, `orig_filename`, stays.
    """
    if member.flag_bits & _UTF8 or member.filename.isascii():
        return member.filename
    try:
        return member.filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return member.filename


def directory_size(file: IO[bytes]) -> int:
    """The size of an archive's table of contents as the end of the file tells it; 0 where no end is found."""
    length = file.seek(0, 2)
    file.seek(max(0, length - 65_557 - 76))  # the longest comment, and both records of a large archive
    tail = file.read()
    end = tail.rfind(b"PK\x05\x06")
    if end < 0 or len(tail) < end + 22:
        return 0
    size = struct.unpack_from("<L", tail, end + 12)[0]
    large = tail.rfind(b"PK\x06\x06", 0, end)
    if tail[max(0, end - 20) : end].startswith(b"PK\x06\x07") and large >= 0 and len(tail) >= large + 56:
        size = max(size, struct.unpack_from("<Q", tail, large + 40)[0])
    return int(size)


def parts_of(member: zipfile.ZipInfo) -> tuple[str, ...]:
    """A member's path, taken apart; both slashes count, as both do when people unpack."""
    return tuple(part for part in member.filename.replace("\\", "/").split("/") if part not in ("", "."))


def objection(member: zipfile.ZipInfo) -> str:
    """Why a member may not be unpacked, as the rest of a sentence, or an empty string."""
    name = member.filename.replace("\\", "/")
    kind = stat.S_IFMT(member.external_attr >> 16)
    if name.startswith("/") or name[1:2] == ":":
        return "has an absolute path"
    if ".." in name.split("/"):
        return 'leads out of its folder ("..")'
    if kind == stat.S_IFLNK:
        return "is a symbolic link"
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "is a device or a pipe"
    if name.count("/") > DEEPEST:
        return f"lies more than {DEEPEST} folders deep"
    if member.flag_bits & 1:
        return "is locked by a password"
    if member.file_size > SMALL and member.file_size > MOST_RATIO * max(1, member.compress_size):
        return f"is packed to less than 1/{MOST_RATIO} of its size, as in a zip bomb"
    return ""


def seconds(member: zipfile.ZipInfo) -> float:
    """When a member was last changed, in the clock of the machine that packed it."""
    try:
        return datetime(*member.date_time).timestamp()
    except (ValueError, OverflowError, OSError):
        return 0.0


def unpack(
    archive: zipfile.ZipFile, members: Iterable[zipfile.ZipInfo], into: Path, notes: list[str], left: int = MOST_BYTES
) -> list[Unpacked]:
    """Write the members that may be hand-ins (notebooks, Python files, models, archives, and what may be one by its content) below a folder.

    Args:
        into: an empty folder of one's own.
        notes: gets a sentence for each member that is refused.
        left: how many bytes may be written.

    Returns:
        Each file that was written.

    Raises:
        ArchiveRefused: the members are too large together.
    """
    written: dict[Path, Unpacked] = {}
    for member in members:
        parts = parts_of(member)
        names = parts[:-1] if parts[-1:] == (TIMESTAMP,) else parts
        if not parts or member.is_dir() or any(map(is_junk, names)):
            continue
        shown = f'"{clean("/".join(parts))}"'
        why = objection(member)
        if why:
            notes.append(f"{shown} {why}; it was refused.")
            continue
        if not any(is_so(parts[-1]) for is_so in (is_hand_in, is_zip, is_model, may_be_notebook)):
            continue
        path = _place(into, parts, written)
        if path in written:
            notes.append(f"The archive holds {shown} twice; the last one counts.")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            left -= _copy(archive, member, path, left)
        except _BROKEN as error:
            with contextlib.suppress(OSError):  # of a path that is too long nothing can even be asked
                if not path.is_dir():
                    path.unlink(missing_ok=True)
            notes.append(f"{shown} could not be unpacked ({clean(str(error))}).")
            continue
        written[path] = Unpacked(path, parts, seconds(member))
    return list(written.values())


def _place(into: Path, parts: tuple[str, ...], written: Mapping[Path, Unpacked]) -> Path:
    """Where a member is written: apart from others whose names are the same to the eye, or begin with the same letters."""
    path = into.joinpath(*map(_safe, parts))
    places = chain([path], (path.with_name(f"~{number} {path.name}") for number in count(2)))
    return next(place for place in places if place not in written or written[place].parts == parts)


def _copy(archive: zipfile.ZipFile, member: zipfile.ZipInfo, path: Path, left: int) -> int:
    """Write one member, counting what really comes out; returns the number of bytes."""
    size = 0
    with archive.open(member) as source, path.open("wb") as target:
        while chunk := source.read(_CHUNK):
            size += len(chunk)
            if size > left:
                raise ArchiveRefused(f"is larger than {MOST_BYTES // 2**20} MB when it is unpacked")
            target.write(chunk)
    return size


def _safe(part: str) -> str:
    """One step of a path as a name that every file system takes; its ending stays."""
    visible = clean(part, longest=len(part) + 1)
    if len(visible.encode()) <= _LONGEST_STEP:
        return visible
    ending = "".join(Path(visible).suffixes[-2:])[-24:]
    start = visible.encode()[: _LONGEST_STEP - len(ending.encode())].decode("utf-8", "ignore")
    return start.rstrip(" .") + ending
