"""What stands around a class: nbgrader's `submitted`, a folder that somebody packed too, a folder or an archive for each assignment.

Where names allow two readings, nothing is guessed: the class is refused with both, and with the option that decides.
"""

import re
import zipfile
from collections import Counter
from collections.abc import Iterable, Sequence

from vae_course.checks.lessons import LESSONS
from vae_course.teach.grading.incoming import layouts
from vae_course.teach.grading.incoming.archives import MOST_INSIDE, directory_size, objection
from vae_course.teach.grading.incoming.choice import ASSIGNMENTS, FILES, FOLDERS, GITHUB, ONE, Choice
from vae_course.teach.grading.incoming.items import Item, NoClass
from vae_course.teach.grading.incoming.layouts import is_hand_in, is_junk, is_zip
from vae_course.teach.grading.incoming.refusals import refuse_one_name_in_all

TRUNK = "submitted"  # nbgrader's folder: submitted/STUDENT/ASSIGNMENT/
BESIDE_TRUNK = frozenset(
    "source release autograded feedback gradebook.db nbgrader_config.py exchange solution .nbgrader.log".split()
)
_CLONE = frozenset(("notebooks", "solutions", "work", "vae_course", "tests", "docs"))
_ASSIGNMENT = re.compile(
    r"(?:^|[ _-])(?:lesson|lektion|lecon|leçon|lección|hw|homework|assignment|ps|week|woche|exercise|sheet|blatt|task)[ _-]?\d+",
    re.I,
)
_VERSION = re.compile(  # what people call their own files, and nobody is called
    r"(?i)\b(?:old|new|final|notes?|answers?|solutions?|draft|backup|copy|version|scratch|test|untitled|mine|my|v?\d+)\b"
)
_MOST_NESTED = 64 * 2**20


def trunk(items: Sequence[Item], choice: Choice) -> tuple[Item, list[Item]] | None:
    """nbgrader's `submitted`, at the top or one folder down, and what lies beside it."""
    if choice.layout not in ("", "nbgrader"):
        return None
    levels: list[tuple[Sequence[Item], list[Item]]] = [(items, [])]
    folders = [item for item in items if item.is_folder]
    if len(folders) == 1:
        levels.append((folders[0].inside, [item for item in items if item is not folders[0]]))
    for level, rest in levels:
        for item in level:
            if item.name == TRUNK and item.is_folder:
                return item, [*rest, *(other for other in level if other is not item)]
    return None


def sole_folder(items: Sequence[Item], choice: Choice) -> Item | None:
    """The one folder that holds a whole class, where somebody packed or gave the folder around it.

    Raises:
        NoClass: it may be that, or the folder of one student.
    """
    loose = [item for item in items if not item.is_folder and (is_hand_in(item.name) or is_zip(item.name))]
    folders = [item for item in items if item.is_folder]
    if loose or len(folders) != 1 or choice.layout in (FOLDERS, ONE):
        return None
    (only,) = folders
    if layouts.platform_owner(only.name, True, choice.platform):
        return None
    inner = [item for item in only.inside if not is_junk(item.name)]
    if any(item.name == ".git" for item in only.inside):  # one learner's clone
        return None
    if (
        choice.layout in (FILES, GITHUB)
        or _holds_clones(only)
        or any(_told(one, choice) for item in inner for one in (item, *item.inside))
        and not _by_chance(inner, choice)
    ):
        return only
    works = [item for item in inner if item.is_folder or is_hand_in(item.name) or is_zip(item.name)]
    names = {layouts.stem(item.name) for item in works}
    if len(names) < 2 or _CLONE & {item.name for item in works}:
        return None
    if all(_says_lesson(item.name) for item in works) or layouts.is_one_students((i.name for i in works), LESSONS):
        return None
    if only.members is not None and any(not item.is_folder or item.inside for item in works):
        return only
    people = {layouts.without_lesson(name, LESSONS) for name in names}
    if len(people) == len(names) and all(any(lesson in name for lesson in LESSONS) for name in names):
        return only
    if sum(item.is_folder for item in works) > 1:
        raise NoClass(
            f'"{only.shown}" is the folder of one student, or a folder around a class of {len(works)} ({_few(names)}): '
            f'--layout folders says the first; for the second, give the folder "{only.shown}" itself.'
        )
    return None


def assignments(items: Sequence[Item], choice: Choice) -> list[Item]:
    """The folders and archives that each hold a class of their own, one for each assignment; empty where there are none.

    Raises:
        NoClass: they may be assignments or students.
    """
    tops = [item for item in items if item.is_folder or is_zip(item.name)]
    if choice.layout == ASSIGNMENTS:
        return tops
    if choice.layout in (FOLDERS, FILES, ONE):
        return []
    tops = [item for item in tops if not layouts.platform_owner(item.name, item.is_folder, choice.platform)]
    loose = [item for item in items if not item.is_folder and is_hand_in(item.name)]
    inner = {item.parts: [one for one in item.inside if not is_junk(one.name)] for item in tops}
    owners = {item.parts: _owners(inner[item.parts], choice) for item in tops}
    classes = [
        item
        for item in tops
        if (owners[item.parts] and not _by_chance(inner[item.parts], choice)) or _holds_clones(item)
    ]
    for item in tops:
        if is_zip(item.name) and item.members is not None and _holds_a_class(item, choice):
            raise NoClass(
                f'"{item.shown}" holds a class of its own: unpack the archive around it, and give the folder.'
            )
    if classes and len(classes) == len(tops) and not loose:
        refuse_one_name_in_all([item.name for item in tops], [owners[item.parts] for item in tops], _said)
        return classes
    classes = [item for item in classes if len(owners[item.parts]) > 1]  # one file may be what somebody downloaded
    if classes:
        others = [item.name for item in [*tops, *loose] if item not in classes]
        raise NoClass(
            f"{_few(item.name for item in classes)}: each is an assignment with a class in it, or what one student handed "
            f"in, as {_few(others)} may be. --layout assignments says the first, --layout folders the second."
        )
    if loose or not tops:
        return []
    people = {parts: _people(found) for parts, found in inner.items()}
    often = Counter(name for names in people.values() for name in names)
    again = [name for name, count in often.items() if count > 1]
    said = {_said(item.name) for item in tops}
    if "" not in said and len(said) == len(tops):
        if again or any(len(names) > 1 for names in people.values()):
            return tops
        if any(people.values()) and len(tops) > 1:
            raise NoClass(
                f"{_few(item.name for item in tops)} are assignments with the work of {_few(often)} in them, or one "
                "learner's folders. --layout assignments says the first, --layout one the second."
            )
    elif len(tops) > 1 and all(_folders_of_people(inner[item.parts]) for item in tops):
        raise NoClass(
            f"{_few(item.name for item in tops)} are students, or sections that each hold a class. "
            "--layout folders says the first, --layout assignments the second."
        )
    elif len(tops) > 1 and len(again) > 1 and all(len(names) > 1 for names in people.values()):
        raise NoClass(
            f"{_few(item.name for item in tops)} are students, or assignments in which {_few(again)} each handed something "
            "in. --layout folders says the first, --layout assignments the second."
        )
    return []


def _owners(items: Sequence[Item], choice: Choice) -> set[str]:
    """The people whom a platform names in a folder or an archive."""
    told = [layouts.platform_owner(item.name, item.is_folder, choice.platform) for item in items]
    return {owner.key for owner in told if owner is not None}


def _by_chance(items: Sequence[Item], choice: Choice) -> bool:
    """True where one person alone is named as a platform names, beside work that is not: somebody called a file of their own so."""
    works = [item for item in items if item.is_folder or is_hand_in(item.name) or is_zip(item.name)]
    return len(_owners(items, choice)) == 1 and not all(_told(item, choice) for item in works)


def _told(item: Item, choice: Choice) -> bool:
    """True for a name that a platform gave to what somebody handed in."""
    return layouts.platform_owner(item.name, item.is_folder, choice.platform) is not None


def _holds_clones(item: Item) -> bool:
    """True for a folder of GitHub Classroom's: "lesson-02-submissions", or one with several clones in it."""
    clones = sum(any(one.name == ".git" for one in inner.inside) for inner in item.inside if inner.is_folder)
    return clones > 1 or clones == 1 and item.name.endswith("-submissions")


def _people(items: Sequence[Item]) -> set[str]:
    """Whom names of notebooks and folders name, lessons and folders of a clone aside."""
    names = [
        layouts.plain_owner(item.name, item.is_folder, LESSONS).key
        for item in items
        if item.is_folder or (is_hand_in(item.name) and not item.name.lower().endswith(".py")) or is_zip(item.name)
    ]
    return {name for name in names if name not in _CLONE and not _says_lesson(name) and not _VERSION.search(name)}


def _folders_of_people(items: Sequence[Item]) -> bool:
    """True for several folders with work in them, which no lesson and no clone calls so."""
    folders = [item for item in items if item.is_folder and item.inside]
    return len(_people(folders)) > 1


def _says_lesson(name: str) -> bool:
    return _said(name) != ""


def _said(name: str) -> str:
    """The lesson or the assignment that a name says: "04_nelbo", "hw 2"."""
    found = _ASSIGNMENT.search(name)
    return layouts.said_lesson((name,), LESSONS) or (found[0].casefold().strip(" _-") if found else "")


def _holds_a_class(item: Item, choice: Choice) -> bool:
    """True for an archive in an archive in which a platform names several people; only its table of contents is read."""
    if not item.members or len(item.members) != 1 or objection(item.members[0]):
        return False
    try:
        with zipfile.ZipFile(item.path) as outer:
            if item.members[0].file_size > _MOST_NESTED:
                return False
            with outer.open(item.members[0]) as packed:
                if directory_size(packed) > MOST_INSIDE:
                    return False
                with zipfile.ZipFile(packed) as nested:
                    tops = {name.split("/")[0]: "/" in name for name in nested.namelist()}
    except (OSError, zipfile.BadZipFile, RuntimeError, ValueError, NotImplementedError, EOFError):
        return False
    return any(layouts.platform_owner(name, folder, choice.platform) for name, folder in tops.items())


def _few(names: Iterable[str]) -> str:
    """The first names of several, in quotation marks."""
    every = sorted(names)
    shown = ", ".join(f'"{layouts.clean(name)}"' for name in every[:4])
    return shown + (f" and {len(every) - 4} more" if len(every) > 4 else "")
