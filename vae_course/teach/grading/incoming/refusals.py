"""Names that can be read in two ways: the class is refused, with both, and with the option that decides."""

import re
from collections.abc import Callable, Sequence

from vae_course.checks.lessons import LESSONS
from vae_course.teach.grading.incoming import layouts
from vae_course.teach.grading.incoming.choice import MOODLE_NAMES
from vae_course.teach.grading.incoming.items import Item, NoClass
from vae_course.teach.grading.incoming.layouts import Owner, clean
from vae_course.teach.grading.incoming.platforms import reading_of


def refuse_nameless(names: Sequence[str]) -> None:
    """Several files of one lesson that are called after it alone.

    Raises:
        NoClass: they are.
    """
    notebooks = [name for name in names if not name.lower().endswith(".py")]
    if len(notebooks) > 1 and len({layouts.stem(name) for name in notebooks}) == 1:
        raise NoClass(
            f'{len(notebooks)} files are called "{clean(layouts.stem(notebooks[0]))}", and no name of a person is in them: '
            f"versions of one learner's, or the work of {len(notebooks)} people. --layout one says the first; "
            "for the second, give each file its owner's name."
        )


def refuse_mixed(names: Sequence[str]) -> None:
    """Files that are called after lessons beside several that say none: another notebook of one learner's, or other people.

    Raises:
        NoClass: there are two such notebooks or more.
    """
    notebooks = sorted({layouts.stem(name) for name in names if not name.lower().endswith(".py")})
    others = [name for name in notebooks if not layouts.said_lesson((name,), LESSONS)]
    if len(others) > 1:
        raise NoClass(
            f'{len(notebooks) - len(others)} files are called after lessons, and {len(others)} are not ("{clean(others[0])}", '
            f'"{clean(others[1])}"): one learner\'s folder, or the work of several people, of whom one calls files after lessons. '
            "--layout one says the first, --layout files the second."
        )


def refuse_numbered(names: Sequence[str]) -> None:
    """Files such as "ada_01" and "ada_02": a person with two lessons, or two people.

    Raises:
        NoClass: the number is a lesson's, and somebody has several.
    """
    numbers = {lesson.partition("_")[0] for lesson in LESSONS}
    stems = [layouts.stem(name) for name in names if not name.lower().endswith(".py")]
    ends = [re.fullmatch(r"(.+)[_. -](\w+)", stem, re.S) for stem in stems]
    heads = [end[1] for end in ends if end and end[2] in numbers]
    twice = [head for head in heads if heads.count(head) > 1] if len(heads) <= 2_000 else []
    if twice and len(heads) == len(stems):
        theirs = sorted(stem for stem, head in zip(stems, heads, strict=True) if head == twice[0])
        raise NoClass(
            f'"{clean(twice[0])}" stands before several numbers ({", ".join(theirs[:3])}): '
            "lessons of one student, or several students. --name-pattern '{student}_{lesson}.ipynb' says the first "
            "(with the sign that stands between them), --layout files the second."
        )


def refuse_renumbered(assignments: Sequence[str], each: Sequence[Sequence[Owner]]) -> None:
    """A name that Moodle gives one number in one assignment and another in the next.

    Raises:
        NoClass: there is one, and no name keeps its number, as it would where numbers are people's.
    """
    numbers: dict[str, list[tuple[str, str]]] = {}
    for assignment, owners in zip(assignments, each, strict=True):
        for owner in owners:
            if owner.key.startswith("moodle "):
                numbers.setdefault(owner.name, []).append((owner.number, assignment))
    several = {name: found for name, found in numbers.items() if len({assignment for _, assignment in found}) > 1}
    if any(len({number for number, _ in found}) < len(found) for found in several.values()):
        return
    for name, found in several.items():
        (one, here), (other, there) = found[0], next(pair for pair in found if pair[1] != found[0][1])
        raise NoClass(
            f'"{name}" has the number {one} in "{clean(here)}" and {other} in "{clean(there)}": two people of one name, or '
            "one person, whose number Moodle makes anew for each assignment. --layout moodle says the first, "
            f"--layout {MOODLE_NAMES} the second."
        )


def refuse_one_name_in_all(folders: Sequence[str], owners: Sequence[set[str]], said: Callable[[str], str]) -> None:
    """Folders with the same one owner in several of them: "hw_1_2_kl.ipynb" looks like Canvas' name for a file of a user "hw".

    Args:
        said: the lesson or the assignment that a name says.

    Raises:
        NoClass: there are several, and their names are not those of assignments.
    """
    every = [next(iter(found)) for found in owners if len(found) == 1]
    if len(every) < len(folders) or len(set(every)) == len(every):
        return
    if "" in (names := {said(folder) for folder in folders}) or len(names) < len(folders):
        raise NoClass(
            f'"{clean(folders[0])}", "{clean(folders[1])}"{" and others" if len(folders) > 2 else ""} hold files that look like a platform\'s, of one '
            "and the same person: assignments of that person, or students who all call their files so. --layout assignments says the "
            "first, --layout folders the second."
        )


def refuse_underscores(items: Sequence[Item]) -> None:
    """Blackboard's "HW_ada_byron_attempt_..." beside "HW_bob_byron_attempt_...": the user may be called by more than the end.

    Raises:
        NoClass: two people might become one.
    """
    heads: dict[str, set[str]] = {}
    for item in items:
        told = reading_of(item.name, item.is_folder, "blackboard")
        if told:
            heads.setdefault(told.group("id"), set()).add(told.group("assignment"))
    for word, tasks in heads.items():
        one, *others = sorted(tasks)
        if any(one.split("_")[0] == other.split("_")[0] and "_" in one + other for other in others):
            raise NoClass(
                f'"{clean(one)}_{word}" and "{clean(others[0])}_{word}": one user "{word}" with two assignments, or two users '
                "with a _ in their names. --name-pattern says where the user's name stands, such as "
                f"'{clean(one.split('_')[0])}_{{student}}_attempt_*'."
            )
