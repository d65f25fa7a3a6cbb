"""What happens to hand-ins on their way: two tables of mutations, each of one hand-in.

After those of `HARMLESS` the marks are what they were, and nobody has to look. After those of `FOR_A_PERSON`, somebody has to.
To add one, add a line.
"""

import gzip
import io
import json
import re
import tarfile
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tests.teach.grading.mangled.hand_ins import LESSONS, Bytes, File, in_folder, notebook, packed
from tests.teach.grading.mangled.mutation import (
    Files,
    Mutation,
    named,
    of_bytes,
    of_files,
    of_json,
    of_one_file,
    of_text,
    renamed,
    written,
)


def _added(kind: str, name: str, *more: Callable[[File], File]) -> Mutation:
    """Files beside one of the hand-in's."""
    return of_one_file(kind, name, lambda file: (file, *(make(file) for make in more)))


def _stem(file: File) -> str:
    return file.path.removesuffix(".ipynb")


def _lesson(file: File) -> str:
    return next(lesson for lesson in LESSONS if lesson in file.path)


def _untouched(path: Callable[[File], str], day: int) -> Callable[[File], File]:
    """A fresh copy of the lesson, in which nothing is written."""
    return lambda file: File(
        path(file), notebook(_lesson(file), "import torch", "two_boxes = predict_noise = None"), day
    )


def _older(path: Callable[[File], str], day: int) -> Callable[[File], File]:
    """An earlier version, with other answers."""
    cells = ('two_boxes = {"evidence": 0.9}', 'predict_noise = {"slope": 0.9}')
    return lambda file: File(path(file), notebook(_lesson(file), cells[LESSONS.index(_lesson(file))]), day)


def _merged(files: Files) -> Files:
    first, *others = (json.loads(file.data) for file in files)
    first["cells"] += [cell for other in others for cell in other["cells"]]
    return (File("everything.ipynb", json.dumps(first).encode()),)


def _tar(files: Files) -> Files:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as archive:
        for file in files:
            member = tarfile.TarInfo(file.path)
            member.size = len(file.data)
            archive.addfile(member, io.BytesIO(file.data))
    return (File("homework.tar.gz", gzip.compress(data.getvalue(), mtime=0)),)


def _locked(file: File) -> File:
    """The flag of a password in both heads of each member."""
    data = re.sub(rb"(PK\x03\x04..)(.)", lambda m: m[1] + bytes([m[2][0] | 1]), file.data, flags=re.S)
    return replace(file, data=re.sub(rb"(PK\x01\x02....)(.)", lambda m: m[1] + bytes([m[2][0] | 1]), data, flags=re.S))


def _closed(file: File, end: int | None = None) -> File:
    """An archive that cannot be opened, or may not."""
    return replace(file, data=file.data[:end], inside=())


def _long(files: Files) -> Files:
    return tuple(replace(file, path=f"{'Übung ' * 20}{file.path}") for file in files)


def _macos(files: Files) -> Files:
    own = in_folder("Übung", files)
    return (packed("Archive.zip", [*own, *(replace(f, path=f"__MACOSX/{f.path}", data=b"\0") for f in own)], Bytes),)


def _with_outputs(made: dict[str, Any]) -> None:
    line = "UserWarning: this was said before\n"
    made["cells"][0]["outputs"] = [{"output_type": "stream", "name": "stderr", "text": [line] * 60_000}]


def _tabbed(made: dict[str, Any]) -> None:
    _add_cell("def scratch():\n    return 1")(made)
    for cell in made["cells"]:
        cell["source"] = cell["source"].replace("    ", "\t")


def _add_cell(*cells: str) -> Callable[[dict[str, Any]], object]:
    return lambda made: made["cells"].extend({"cell_type": "code", "source": c, "outputs": []} for c in cells)


_BROKEN = "class Scratch:\n    def one(self):\n        return 1\n\n    def two(self):\n        return (2\n\n    def three(self):\n        return 3"
_BELOW = "\n\n\ndef scratch(x):\n    y = (x + 1\n    return y\n\n\ndef another(x):\n    return x"
_CONFLICT = '<<<<<<< HEAD\n "nbformat": 4,\n=======\n "nbformat": 4,\n>>>>>>> other\n'
_PAGE = b"<!DOCTYPE html><html><body>Sign in to see this notebook</body></html>"
_LONG = "Maria de los Dolores Fernanda Esperanza Guadalupe Concepcion Remedios Milagros Trinidad Encarnacion"

HARMLESS = (
    of_files("layout", "one folder down", lambda files: in_folder("homework", files)),
    of_files("layout", "six folders down", lambda files: in_folder("a/b/c/d/e/f", files)),
    of_files("layout", "a folder for each file", lambda files: tuple(one for n, f in enumerate(files) for one in in_folder(f"part {n}", [f]))),
    of_files("layout", "one zip", lambda files: (packed("homework.zip", files),)),
    of_files("layout", "a zip for each file", lambda files: tuple(packed(f"{_stem(f)}.zip", [f]) for f in files)),
    of_files("layout", "both lessons in one notebook", _merged),
    renamed("layout", "Copy of", lambda path: f"Copy of {path}"),
    renamed("layout", "Kopie von", lambda path: f"Kopie von Kopie von {path}"),
    renamed("layout", "no lesson in the names", lambda path: f"mine {len(path)}.ipynb"),
    renamed("layout", "the other lesson in each name", lambda path: f"{LESSONS[path.startswith(LESSONS[0])]}.ipynb"),
    written("a zero-width space", lambda name: f"{name[:2]}\u200b{name[2:]}\u200b"),
    named("decomposed accents", lambda one, _: f"Zoé {one.name}", lambda name: unicodedata.normalize("NFD", name), True),
    written("spaces", lambda name: name.replace(" ", " \u00a0 ")),
    written("a mark that turns the direction", lambda name: f"\u202e{name}"),
    named("the same first hundred letters as others", lambda one, _: f"{_LONG} {one.name}"),
    named("bytes of Latin-1", lambda one, _: f"Jürgen {one.name}", lambda name: name.replace("ü", "\udcfc")),
    named("the name of somebody else", lambda _, other: other.name),
    named("somebody else's name and number", lambda _, other: f"{other.name}_{other.number}"),
    of_bytes("encoding", "a byte-order mark", lambda data: b"\xef\xbb\xbf" + data),
    of_bytes("encoding", "UTF-16", lambda data: data.decode().encode("utf-16")),
    of_bytes("encoding", "UTF-16 without its mark", lambda data: data.decode().encode("utf-16-be")),
    of_bytes("encoding", "Latin-1", lambda data: data.decode().encode("latin-1")),
    of_bytes("encoding", "line ends of Windows", lambda data: data.replace(b"\n", b"\r\n")),
    of_files("archive", "a zip in a zip", lambda files: (packed("outer.zip", [packed("inner.zip", files)]),)),
    of_files("archive", "long names that begin alike, in a zip", lambda files: (packed("homework.zip", in_folder("é" * 90, _long(files))),)),
    of_files("archive", "a zip of macOS", _macos),
    _added("attempts", "a fresh copy beside it, newer", _untouched(lambda f: f"fresh {f.path}", 12)),
    _added("attempts", "a fresh copy in a folder", _untouched(lambda f: f"notebooks/{f.path}", 12)),
    _added("attempts", "two older downloads", _older(lambda f: f"{_stem(f)} (1).ipynb", 2), _older(lambda f: f"{_stem(f)}-2.ipynb", 3)),
    _added("attempts", "older copies with dates", _older(lambda f: f"old/{_stem(f)} 2026-01-02.ipynb", 2), _older(lambda f: f"old/{_stem(f)} 2026-01-03.ipynb", 3)),
    _added("attempts", "the same once more", lambda f: replace(f, path=f"{_stem(f)}-Copy1.ipynb")),
    _added("attempts", "older ones, told apart by what cannot be seen", _older(lambda f: f"{_stem(f)} x.ipynb", 2), _older(lambda f: f"{_stem(f)}\u200bx.ipynb", 3)),
    _added("attempts", "a checkpoint", _older(lambda f: f".ipynb_checkpoints/{_stem(f)}-checkpoint.ipynb", 11)),
    of_text("breakage", "commas too many", lambda text: re.sub(r"\n( *[\]}])", r",\n\1", text)),
    of_text("breakage", "a conflict of git", lambda text: text.replace(' "nbformat": 4,\n', _CONFLICT)),
    of_json("breakage", "tabs", _tabbed),
    of_json("breakage", "a broken function below an answer", lambda made: made["cells"][0].update(source=made["cells"][0]["source"] + _BELOW)),
    of_json("breakage", "a broken method beside", _add_cell(_BROKEN)),
    of_json("breakage", "a broken line beside", _add_cell("x = = 1", "%matplotlib inline\n!pip install \\\n  torch")),
    of_json("breakage", "megabytes of outputs", _with_outputs),
    of_one_file("breakage", ".ipynb.txt", lambda f: replace(f, path=f"{f.path}.txt")),
    of_one_file("breakage", ".ipynb.json", lambda f: replace(f, path=f"{f.path}.json")),
    of_one_file("breakage", ".txt", lambda f: replace(f, path=f"{_stem(f)}.txt")),
    of_one_file("breakage", ".txt without the lesson", lambda f: replace(f, path="mine.txt")),
    of_one_file("breakage", ".json", lambda f: replace(f, path="mine.json")),
    of_one_file("breakage", "no ending", lambda f: replace(f, path="mine")),
)  # fmt: skip

FOR_A_PERSON = (
    of_bytes("encoding", "zeros at the end", lambda data: data + b"\0" * 4096),
    of_files("archive", "four zips in each other", lambda files: (packed("1.zip", [packed("2.zip", [packed("3.zip", [_closed(packed("4.zip", files))])])]),)),
    of_files("archive", "tar.gz", _tar),
    of_files("archive", "7z", lambda files: (File("homework.7z", b"7z\xbc\xaf\x27\x1c" + files[0].data[:50]),)),
    of_files("archive", "rar", lambda files: (File("homework.rar", b"Rar!\x1a\x07\x00" + files[0].data[:50]),)),
    of_files("archive", "a password", lambda files: (_locked(packed("homework.zip", files)),)),
    of_files("archive", "a member that leads out", lambda files: (packed("homework.zip", [*files, File("../../out.ipynb", b"{}")]),)),
    of_files("archive", "a zip that broke off", lambda files: (_closed(packed("homework.zip", files), end=-60),)),
    of_files("archive", "a rar that is called zip", lambda files: (File("homework.zip", b"Rar!\x1a\x07\x00" + files[0].data[:50]),)),
    of_bytes("breakage", "cut in half", lambda data: data[: len(data) // 2]),
    of_bytes("breakage", "cut off in the last cell", lambda data: data[: data.rindex(b"\"source\"") + 20]),
    of_bytes("breakage", "empty", lambda data: b""),
    of_bytes("breakage", "a web page", lambda data: _PAGE),
    of_bytes("breakage", "a PDF", lambda data: b"%PDF-1.7 \x00\x01"),
    _added("breakage", "an empty file beside", lambda f: File("Untitled.ipynb", b"")),
)  # fmt: skip

MUTATIONS = (*HARMLESS, *FOR_A_PERSON)
