"""Whose file is it? What folder and file names say, as learning platforms and people write them."""

import re
import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from vae_course.runner.notebooks.lessons import lesson_by_number
from vae_course.teach.grading.incoming.platforms import reading_of
from vae_course.updating import KEPT_IN

LONGEST_NAME = 100
_MODEL = "model.safetensors"  # as lesson 07 calls it

TIMESTAMP = "timestamp.txt"
"""In it nbgrader writes when what lies beside it was handed in."""
_JUNK = frozenset(
    f"__MACOSX __pycache__ Thumbs.db desktop.ini ehthumbs.db node_modules venv env site-packages {TIMESTAMP} lost+found {KEPT_IN}".split()
)
_COPY = re.compile(
    r"^(?:(?:copy of|kopie von|kopie van|kopi av|copie de|copia de|copia di|cópia de|kopia) )+"
    r"|(?: - (?:copy|kopie|copie|copia|cópia))?(?: ?\((\d{1,3})\))?$|-copy(\d{1,3})$",
    re.I,
)
_VERSION = re.compile(r"-(\d{1,3})$")  # which Canvas adds
_HAND_IN = re.compile(r"\.(?:ipynb(?:\.(?:txt|json|py))?|py)$", re.I)
_WORK = re.compile(
    r"(?:\.tar)?\.(?:json|pdf|docx?|odt|rtf|pages|tar|tgz|gz|bz2|xz|zst|7z|rar|pkl|pt|pth|r|rmd|html?|webloc|url|ipynb\.\w+)$",
    re.I,
)
_OTHER = re.compile(r"\.(?:txt|md|csv|tsv|xlsx?|ya?ml|log|png|jpe?g|gif|svg|safetensors)$", re.I)


@dataclass(frozen=True)
class Owner:
    """Whose a file is.

    Args:
        key: what tells people apart: the platform's own word, or the folder's name as it is.
        name: what people read.
        number: what the platform adds to tell two of one name apart.
        handed_in: when, as ISO 8601, where a platform's list or the roster says it of all of theirs.
    """

    key: str
    name: str
    number: str = ""
    handed_in: str = field(default="", compare=False)


def is_junk(name: str) -> bool:
    """True for what systems and editors leave behind: hidden files, checkpoints, __MACOSX, virtual environments, states before an update."""
    return name != ".." and (name.startswith((".", "~$")) or name in _JUNK)


def is_hand_in(name: str) -> bool:
    """True for a notebook, also under the names that browsers and mail programs give it, and for a Python file."""
    return _HAND_IN.search(name) is not None


def may_be_notebook(name: str) -> bool:
    """True for names under which browsers and mail programs save a notebook, and much else: its content tells."""
    return name.lower().endswith((".txt", ".json")) or "." not in name


def is_zip(name: str) -> bool:
    return name.lower().endswith(".zip")


def is_work(name: str) -> bool:
    """True for what somebody may hand in, whether or not it can be read here: no note of a system or of a teacher."""
    return is_hand_in(name) or is_zip(name) or "." not in name or _WORK.search(name) is not None


def is_model(name: str) -> bool:
    """True for a trained model, which belongs beside its notebook."""
    return name.lower().endswith(".safetensors")


def stem(name: str) -> str:
    """A file's name without its ending and without what a second download adds: "p" for "p (1).ipynb"."""
    bare = _HAND_IN.sub("", name)
    bare = bare[:-4] if is_zip(bare) else _OTHER.sub("", _WORK.sub("", bare)) if bare == name else bare
    return _COPY.sub("", bare) or bare


def platform_owner(name: str, is_folder: bool, only: str = "") -> Owner | None:
    """The owner that a platform writes into the name of a folder or a file.

    Args:
        only: this platform, and no other.
    """
    told = reading_of(name, is_folder, only)
    if told is None:
        return None
    word = told.group("id")
    if told.platform.name in ("nbgrader", "blackboard"):  # their word is the name by which one logs in
        return Owner(word, clean(word))
    if told.platform.name == "gradescope":
        return Owner(f"gradescope {word}", clean(name))
    return Owner(f"{told.platform.name} {word}", clean(told.group("name")), word)


def plain_owner(name: str, is_folder: bool, lessons: tuple[str, ...]) -> Owner:
    """The owner by a folder's name, or by a file's without the lesson's: "ada_04_nelbo.ipynb" is ada's."""
    bare = name if is_folder else without_lesson(stem(name), lessons)
    return Owner(bare, clean(bare))


def owner_of_model(name: str, owners: Collection[Owner]) -> Owner | None:
    """Whose a trained model is that lies among the files of several people: the platform's word, else the one of them whose name
    its own has in it, as "ada_model.safetensors". Nobody's, if it names none of them; a learner's alone who is the only one, under
    the name that the course asks for.
    """
    told = platform_owner(name, is_folder=False)
    if told is not None:
        return told
    words = f" {_words(name)} "
    named = [owner for owner in owners if _words(owner.name) and f" {_words(owner.name)} " in words]
    longest = [owner for owner in named if len(owner.name) == max(len(other.name) for other in named)]
    if not longest and len(owners) == 1 and as_saved(name) == _MODEL:
        return next(iter(owners))
    return longest[0] if len(longest) == 1 else None


def _words(name: str) -> str:
    return re.sub(r"[\W_]+", " ", clean(name)).strip().casefold()


def as_saved(name: str) -> str:
    """The name under which somebody saved a file: without what platforms put around it and a second download adds to it."""
    told = reading_of(name, is_folder=False)
    file = told.group("file") if told else ""
    bare, dot, ending = (file or name).rpartition(".")
    if told is not None and told.platform.name == "canvas":
        bare = _VERSION.sub("", bare)
    return f"{_COPY.sub('', bare) or bare}{dot}{ending}"


def without_lesson(bare: str, lessons: tuple[str, ...]) -> str:
    """A name without a lesson's, unless nothing else is in it."""
    for lesson in lessons:
        if lesson in bare and re.sub(r"[ _.-]+", "", bare.replace(lesson, "")):
            return bare.replace(lesson, "").strip(" _.-")
    return bare


def is_one_students(names: Iterable[str], lessons: tuple[str, ...]) -> bool:
    """True for what lies in one learner's folder, and not in a class's: most notebooks are named after lessons, or all are
    called alike but for their lesson ("01 mine.ipynb", "02 mine.ipynb").
    """
    stems = {stem(name) for name in names if not name.lower().endswith(".py")} or {stem(name) for name in names}
    if sum(name in lessons for name in stems) > len(stems) / 2:
        return True
    said = {said_lesson((name,), lessons) for name in stems}
    rest = {re.sub(rf"^\d\d(?:[a-z](?![a-z]))?|{'|'.join(lessons)}", "", name).strip(" _.-") for name in stems}
    return len(stems) > 1 and "" not in said and len(said) == len(stems) and len(rest) == 1 and "" not in rest


def is_late(name: str) -> bool:
    """True where Canvas marks a file as late."""
    told = reading_of(name, is_folder=False, only="canvas")
    return told is not None and bool(told.group("late"))


def handed_in(parts: tuple[str, ...]) -> str:
    """When a file was handed in, as far as a platform writes that into its name or a folder's: ISO 8601, or an empty string."""
    readings = [reading_of(part, is_folder=part is not parts[-1]) for part in parts]
    return next((told for reading in reversed(readings) if reading and (told := reading.handed_in)), "")


def newer(parts: tuple[str, ...], seconds: float) -> tuple[int, int, int, str]:
    """A key that sorts versions, the newest last: what the platform says, else the time, else the number in the name.

    Args:
        parts: a file's path; platforms write a date into the name of a folder too.
        seconds: when it was changed.
    """
    readings = [reading_of(part, is_folder=part is not parts[-1]) for part in parts]
    told = max((reading.number for reading in readings if reading), default=0)
    bare = _HAND_IN.sub("", parts[-1])
    copy = re.search(r"\((\d{1,3})\)$|-Copy(\d{1,3})$", bare)
    if copy is None and reading_of(parts[-1], is_folder=False, only="canvas"):
        copy = _VERSION.search(bare)
    number = int(next(filter(None, copy.groups()), 0)) if copy else 0
    return told, int(seconds), number, parts[-1]


def clean(name: str, longest: int = LONGEST_NAME) -> str:
    """A name fit for a table and a terminal: no control characters, no broken bytes, one space at a time, not too long."""
    name = unicodedata.normalize("NFC", name.encode("utf-8", "replace").decode())
    visible = "".join(" " if unicodedata.category(c).startswith(("C", "Z")) else c for c in name)
    return " ".join(visible.split())[:longest].strip() or "unnamed"


def said_lesson(parts: tuple[str, ...], lessons: tuple[str, ...]) -> str:
    """The lesson that a path names, from the file to the outer folder: "04_nelbo", or a file or folder beginning "04"."""
    for part in reversed(parts):
        for lesson in lessons:
            if lesson in part:
                return lesson
        if number := lesson_by_number(part, lessons):
            return number
    return ""
