"""Whose file is it? What folder and file names say, as learning platforms and people write them."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

LONGEST_NAME = 100

_JUNK = frozenset(
    "__MACOSX __pycache__ Thumbs.db desktop.ini node_modules venv env site-packages timestamp.txt lost+found".split()
)
_MOODLE = re.compile(r"(?P<name>.+?)_(?P<id>\d+)_assignsubmission_(?:file|onlinetext)_?(?P<file>.*)", re.S)
_CANVAS = re.compile(r"(?P<name>[^_]+)_(?P<late>LATE_)?(?P<id>\d+)_(?P<attachment>\d+)_(?P<file>.+)", re.S)
_CANVAS_VERSION = re.compile(r"-(\d{1,3})$")
_COPY = re.compile(r"^Copy of |(?: - Copy)?(?: ?\((\d{1,3})\))?$|-Copy(\d{1,3})$")
_HAND_IN = re.compile(r"\.(?:ipynb(?:\.(?:txt|json|py))?|py)$", re.I)


@dataclass(frozen=True)
class Owner:
    """Whose a file is: the name that people read, and the platform's number where it writes one."""

    name: str
    number: str = ""


def is_junk(name: str) -> bool:
    """True for what systems and editors leave behind: hidden files, checkpoints, __MACOSX, virtual environments."""
    return name != ".." and (name.startswith((".", "~$")) or name in _JUNK)


def is_hand_in(name: str) -> bool:
    """True for a notebook, also under the names that browsers and mail programs give it, and for a Python file."""
    return _HAND_IN.search(name) is not None


def is_zip(name: str) -> bool:
    return name.lower().endswith(".zip")


def is_model(name: str) -> bool:
    """True for a trained model, which belongs beside its notebook."""
    return name.lower().endswith(".safetensors")


def stem(name: str) -> str:
    """A file's name without its ending and without what a second download adds: "p" for "p (1).ipynb"."""
    bare = _HAND_IN.sub("", name)
    bare = bare[:-4] if is_zip(bare) else bare
    return _COPY.sub("", bare) or bare


def platform_owner(name: str) -> Owner | None:
    """The owner that Moodle ("Ada Byron_123_assignsubmission_file_") or Canvas ("byronada_123_456_x.ipynb") writes."""
    found = _MOODLE.fullmatch(name)
    if found is None and (is_hand_in(name) or is_zip(name) or is_model(name)):
        found = _CANVAS.fullmatch(name)
    return Owner(clean(found["name"]), found["id"]) if found else None


def owner(parts: tuple[str, ...], lessons: tuple[str, ...]) -> Owner:
    """The owner of a file by its path inside the class's folder: the platform's word, else the folder, else the file's stem.

    A lesson's name in a file's stem is no part of the owner's: "ada_04_nelbo.ipynb" is ada's.
    """
    told = platform_owner(parts[0])
    if told is not None:
        return told
    if len(parts) > 1:
        return Owner(clean(parts[0]))
    bare = stem(parts[0])
    for lesson in lessons:
        if lesson in bare and re.sub(r"[ _.-]+", "", bare.replace(lesson, "")):
            return Owner(clean(bare.replace(lesson, "").strip(" _.-")))
    return Owner(clean(bare))


def owner_of_model(name: str, owners: Iterable[Owner]) -> Owner | None:
    """Whose a trained model is that lies among the files of several people: the platform's word, else the one of them whose name
    its own has in it, as "ada_model.safetensors". Nobody's, if it names none of them.
    """
    told = platform_owner(name)
    if told is not None:
        return told
    words = f" {_words(name)} "
    named = [owner for owner in owners if _words(owner.name) and f" {_words(owner.name)} " in words]
    longest = [owner for owner in named if len(owner.name) == max(len(other.name) for other in named)]
    return longest[0] if len(longest) == 1 else None


def _words(name: str) -> str:
    return re.sub(r"[\W_]+", " ", clean(name)).strip().casefold()


def as_saved(name: str) -> str:
    """The name under which somebody saved a file: without what platforms put around it and a second download adds to it."""
    canvas = _CANVAS.fullmatch(name)
    told = _MOODLE.fullmatch(name) or canvas
    bare, dot, ending = (told["file"] if told else name).rpartition(".")
    bare = _CANVAS_VERSION.sub("", bare) if canvas else bare
    return f"{_COPY.sub('', bare) or bare}{dot}{ending}"


def is_one_students(names: Iterable[str], lessons: tuple[str, ...]) -> bool:
    """True for what lies in one learner's folder, and not in a class's: most notebooks are named after lessons, or all are
    called alike but for their lesson ("01 mine.ipynb", "02 mine.ipynb").
    """
    stems = {stem(name) for name in names if not name.lower().endswith(".py")} or {stem(name) for name in names}
    if sum(name in lessons for name in stems) > len(stems) / 2:
        return True
    said = {said_lesson((name,), lessons) for name in stems}
    rest = {re.sub(rf"^\d\d|{'|'.join(lessons)}", "", name).strip(" _.-") for name in stems}
    return len(stems) > 1 and "" not in said and len(said) == len(stems) and len(rest) == 1 and "" not in rest


def is_late(name: str) -> bool:
    """True where Canvas marks a file as late."""
    found = _CANVAS.fullmatch(name)
    return found is not None and bool(found["late"])


def newer(name: str, seconds: float) -> tuple[int, int, int, str]:
    """A key that sorts versions, the newest last: Canvas's running number, else the time, else the number in the name."""
    canvas = _CANVAS.fullmatch(name)
    bare = _HAND_IN.sub("", name)
    copy = re.search(r"\((\d{1,3})\)$|-Copy(\d{1,3})$", bare) or (canvas and _CANVAS_VERSION.search(bare))
    number = int(next(filter(None, copy.groups()), 0)) if copy else 0
    return int(canvas["attachment"]) if canvas else 0, int(seconds), number, name


def clean(name: str) -> str:
    """A name fit for a table and a terminal: no control characters, no broken bytes, one space at a time, not too long."""
    name = unicodedata.normalize("NFC", name.encode("utf-8", "replace").decode())
    visible = "".join(" " if unicodedata.category(c).startswith(("C", "Z")) else c for c in name)
    return " ".join(visible.split())[:LONGEST_NAME].strip() or "unnamed"


def said_lesson(parts: tuple[str, ...], lessons: tuple[str, ...]) -> str:
    """The lesson that a path names, from the file to the outer folder: "04_nelbo", or a file or folder beginning "04"."""
    for part in reversed(parts):
        for lesson in lessons:
            if lesson in part:
                return lesson
        number = re.match(r"(\d\d)(?!\d)", part)
        if number:
            for lesson in lessons:
                if lesson.startswith(number[1]):
                    return lesson
    return ""
