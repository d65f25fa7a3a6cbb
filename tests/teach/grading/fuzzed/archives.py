"""Archives that chance has changed: their bytes, what their heads say, or the names and kinds of their members."""

import gzip
import io
import random
import stat
import struct
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from functools import cache

from tests.teach.grading.fuzzed.notebooks import cut, double, flip, fuzzed_notebook, leave_out
from tests.teach.grading.mangled.hand_ins import LESSONS, answers, notebook

_HEADS = {b"PK\x03\x04": 30, b"PK\x01\x02": 46, b"PK\x05\x06": 22}
_SIZES = {b"PK\x03\x04": (14, 18, 22), b"PK\x01\x02": (16, 20, 24, 42), b"PK\x05\x06": (8, 12, 16)}  # places of numbers
_LIES = (0, 1, 0xFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFE, 0xFFFFFFFF)


def fuzzed_archive(luck: random.Random) -> tuple[str, bytes]:
    """A file's name and its content."""
    if luck.random() < 0.1:
        return luck.choice(("x.tar.gz", "x.tgz", "x.zip")), _bytes(_tar(), luck)
    data = luck.choice(_ARCHIVES)(luck)
    for _ in range(luck.choice((0, 1, 1, 2))):
        data = luck.choice((_lie, _lie, _in_heads, _bytes))(data, luck)
    return "x.zip", data


def _bytes(data: bytes, luck: random.Random) -> bytes:
    return luck.choice((flip, cut, leave_out, double, lambda data, _: data + data, lambda data, _: b"#!" + data))(
        data, luck
    )


def _in_heads(data: bytes, luck: random.Random) -> bytes:
    """Bytes of heads are others; what is packed stays."""
    changed = bytearray(data)
    for head, at in _heads(data):
        if luck.random() < 0.3:
            changed[at + luck.randrange(4, _HEADS[head])] = luck.randrange(256)
    return bytes(changed)


def _lie(data: bytes, luck: random.Random) -> bytes:
    """Numbers in the heads are others: sizes, places, check sums, how many members there are."""
    changed = bytearray(data)
    kind = luck.choice(list(_HEADS))
    for head, at in _heads(data):
        if head == kind:
            struct.pack_into("<L", changed, at + luck.choice(_SIZES[head]), luck.choice((*_LIES, luck.getrandbits(32))))
    return bytes(changed)


def _heads(data: bytes) -> list[tuple[bytes, int]]:
    """Where each head stands that is whole, of the first hundred of each kind."""
    found: list[tuple[bytes, int]] = []
    for head, size in _HEADS.items():
        at = data.find(head)
        for _ in range(100):
            if not 0 <= at <= len(data) - size:
                break
            found.append((head, at))
            at = data.find(head, at + 4)
    return found


def _zip(members: Mapping[str, "str | bytes"], kind: int = 0, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, content in members.items():
            member = zipfile.ZipInfo(name or "x", (2026, 3, 1, 10, 0, 0))
            member.filename = name  # as it is: a ZipInfo ends a name at a NUL
            member.external_attr = kind << 16
            archive.writestr(member, content, method)
    return data.getvalue()


def _good() -> dict[str, bytes]:
    return {f"{lesson}.ipynb": notebook(lesson, *cells) for lesson, cells in zip(LESSONS, answers(3), strict=True)}


def _plain(luck: random.Random) -> bytes:
    method = luck.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA))
    return _zip(_good(), method=method)


def _names(luck: random.Random) -> bytes:
    bad = (
        *("../x.ipynb", "../../../x.ipynb", "/x.ipynb", "C:\\x.ipynb", "a\\..\\..\\x.ipynb", "a\0.ipynb", "\0", "", ".", "/"),
        *("d/" * 300 + "x.ipynb", "d" * 60_000 + ".ipynb", "é" * 300 + ".ipynb", "x.ipynb/y.ipynb", "x.ipynb", "x.ipynb/"),
        *("\u202ex.ipynb", "\u200b.ipynb", " .ipynb", "con.ipynb", "a\nb.ipynb", "=1+1.ipynb", "-rf.ipynb", ".ipynb", "..ipynb"),
    )  # fmt: skip
    names = [luck.choice(bad) for _ in range(luck.choice((1, 3, 30)))]
    return _zip(dict.fromkeys(names, notebook(LESSONS[0])) | _good())


def _kinds(luck: random.Random) -> bytes:
    kind = luck.choice((stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFSOCK, 0o170000))
    return _zip({"x.ipynb": "../../canary", "y.ipynb": "/canary"}, kind | 0o777)


def _nested(luck: random.Random) -> bytes:
    data = _bytes(_zip(_good()), luck) if luck.random() < 0.5 else _zip(_good())
    for number in range(luck.choice((1, 2, 3, 6))):
        data = _zip({f"{number}.zip": data, "y.ipynb": notebook(LESSONS[1])})
    return data


def _holding(luck: random.Random) -> bytes:
    return _zip({f"{number}/{name}": data for number in range(3) for name, data in [fuzzed_notebook(luck)]})


def _packed_well(luck: random.Random) -> bytes:
    """Much from little: a bomb of 80 MB, or a notebook that says one thing very often."""
    return _bomb() if luck.random() < 0.02 else _zip({"x.ipynb": notebook(LESSONS[0], "x = 1\n" * 3_000)} | _good())


@cache
def _bomb() -> bytes:
    return _zip({"x.ipynb": b" " * 80_000_000})


def _many(luck: random.Random) -> bytes:
    return _empty(60_000 if luck.random() < 0.02 else luck.choice((500, 2_001)))


@cache
def _empty(members: int) -> bytes:
    return _zip({f"{number}.ipynb": b"" for number in range(members)}, method=zipfile.ZIP_STORED)


@cache
def _tar() -> bytes:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as archive:
        for name, content in _good().items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return gzip.compress(data.getvalue(), mtime=0)


_ARCHIVES: tuple[Callable[[random.Random], bytes], ...] = (
    *(_plain, _plain, _plain, _names, _names, _kinds, _nested, _nested, _holding, _holding, _packed_well, _many),
)
