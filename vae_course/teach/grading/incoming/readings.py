"""Whose is what: every file and folder of a class goes to one owner, or is accounted for as nobody's."""

from collections.abc import Iterable, Sequence

from vae_course.checks.lessons import LESSONS
from vae_course.teach.grading.incoming import around, layouts
from vae_course.teach.grading.incoming.choice import FILES, FOLDERS, GITHUB, MOODLE_NAMES, ONE, Choice
from vae_course.teach.grading.incoming.fates import LEFT_BEHIND, OTHER_KIND
from vae_course.teach.grading.incoming.gradescope import METADATA, submitters
from vae_course.teach.grading.incoming.items import Item, NoClass, marks_of_a_run
from vae_course.teach.grading.incoming.layouts import Owner, clean, is_hand_in, is_junk, is_model, is_work, is_zip
from vae_course.teach.grading.incoming.piles import TEACHERS, Sorted, says_lesson
from vae_course.teach.grading.incoming.refusals import (
    refuse_mixed,
    refuse_nameless,
    refuse_numbered,
    refuse_renumbered,
    refuse_underscores,
)


def sort_class(items: Sequence[Item], name: str, choice: Choice, out: Sorted) -> None:
    """Give each thing of a class to its owner.

    Args:
        items: what lies at the top.
        name: the class's own, which is the learner's where all is one learner's.
        out: gets it.

    Raises:
        NoClass: it can be read in two ways.
    """
    items = _kept(items, out)
    if choice.pattern:
        _by_pattern(items, choice, out)
        return
    if choice.layout == ONE:
        for item in items:
            out.give(Owner(name, clean(name)), item)
        return
    found = around.trunk(items, choice)
    if found is not None:
        inner, beside = found
        _beside_trunk(beside, out)
        _by_names(_kept(inner.inside, out), inner.name, choice, out)
        return
    classes = around.assignments(items, choice)
    only = around.sole_folder(items, choice) if not classes else None
    if not classes and only is None:
        _by_names(items, name, choice, out)
        return
    for item in items:
        if item is not only and item not in classes:
            out.of_nobody(item)
    if only is not None:
        sort_class(only.inside, only.name, choice, out)
        return
    each = [Sorted() for _ in classes]
    for one, of_one in zip(classes, each, strict=True):
        sort_class(one.inside, layouts.stem(one.name), Choice(choice.platform and choice.layout), of_one)
    if choice.layout != "moodle":
        owners = [[owner for owner, _ in of_one.piles.values()] for of_one in each]
        refuse_renumbered([one.name for one in classes], owners)
    for of_one in each:
        out.add(of_one)


def _kept(items: Iterable[Item], out: Sorted) -> list[Item]:
    """What may be a hand-in; the rest is accounted for."""
    kept = []
    for item in items:
        if is_junk(item.name):
            out.aside(item, LEFT_BEHIND)
        elif item.odd and not (is_hand_in(item.name) or is_zip(item.name)):
            out.to_a_person(item, f"{item.odd}; it was refused")
        elif marks_of_a_run(item):
            out.aside(item, "the marks of an earlier run")
            out.warnings.append(f'"{item.shown}" holds the marks of an earlier run; it was skipped.')
        else:
            kept.append(item)
    return kept


def _beside_trunk(items: Sequence[Item], out: Sorted) -> None:
    """What lies beside nbgrader's `submitted`: nbgrader's own, or for a person to look at."""
    for item in items:
        if item.name in around.BESIDE_TRUNK:
            out.aside(item, "nbgrader's own")
        elif item.is_folder:
            out.to_a_person(item, f'lies beside "{around.TRUNK}", and was not opened')
        else:
            out.of_nobody(item)


def _by_names(items: Sequence[Item], name: str, choice: Choice, out: Sorted) -> None:
    """Each thing by what its own name says."""
    only = choice.platform
    told = {} if choice.layout in (FOLDERS, FILES, GITHUB) else _told(items, only)
    loose = [item.name for item in items if not item.is_folder and item.parts not in told and is_hand_in(item.name)]
    if choice.layout != FILES and not told and not only and layouts.is_one_students(loose, LESSONS):
        refuse_nameless(loose)
        refuse_mixed(loose)
        for item in items:
            out.give(Owner(name, clean(name)), item)
        return
    if not choice.layout:
        refuse_underscores(items)
        refuse_numbered(loose)
    flat = any(not item.is_folder and (is_hand_in(item.name) or is_zip(item.name)) for item in items)
    prefix = _clones_prefix(items, choice)
    people = submitters(items) if only in ("", "gradescope") else {}
    later: list[Item] = []
    for item in items:
        owner = told.get(item.parts)
        if item.name == METADATA:
            out.aside(item, "Gradescope's list of who handed in what")
        elif owner is not None:
            out.give(_moodle_name(people.get(item.name, owner), choice, out), item)
        elif only:
            out.of_nobody(item)
        elif item.is_folder:
            bare = item.name.removeprefix(prefix)
            out.give(Owner(bare, clean(bare)), item)
        elif is_hand_in(item.name) or is_zip(item.name):
            out.give(layouts.plain_owner(item.name, False, LESSONS), item)
        else:
            later.append(item)
    for item in later:
        _give_other(item, flat, out)


def _told(items: Sequence[Item], only: str) -> dict[tuple[str, ...], Owner]:
    found = {item.parts: layouts.platform_owner(item.name, item.is_folder, only) for item in items}
    return {parts: owner for parts, owner in found.items() if owner is not None}


def _moodle_name(owner: Owner, choice: Choice, out: Sorted) -> Owner:
    """The owner, or where numbers are not people's, the owner by name.

    Raises:
        NoClass: two of one name have numbers of their own in one assignment.
    """
    if choice.layout != MOODLE_NAMES:
        return owner
    known = out.piles.get(owner.name, (owner,))[0]
    if known.number != owner.number:
        raise NoClass(
            f'"{owner.name}" is the name of {known.number} and of {owner.number} in one assignment: two people, whom '
            f"--layout {MOODLE_NAMES} would make one. Give one assignment at a time, with --layout moodle."
        )
    return Owner(owner.name, owner.name, owner.number)


def _give_other(item: Item, flat: bool, out: Sorted) -> None:
    """A trained model, or a file that cannot be read as a hand-in: of whom its name says, in a class whose files bear names."""
    if is_model(item.name):
        owner = layouts.owner_of_model(item.name, [owner for owner, _ in out.piles.values()])
        if owner is not None:
            out.give(owner, item)
        else:
            out.to_a_person(
                item, "lies beside the notebooks of a class and names none of the students; it was left out"
            )
        return
    bare = layouts.without_lesson(layouts.stem(item.name), LESSONS)
    owners = [key for key in out.piles if bare == key or bare.startswith(key) and not bare[len(key)].isalnum()]
    if flat and (is_work(item.name) or says_lesson(item.name)) and bare.casefold() not in TEACHERS | {*LESSONS}:
        key = max(owners, key=len) if owners else bare
        out.give(out.piles[key][0] if owners else Owner(bare, clean(bare)), item)
    else:
        out.of_nobody(item)


def _clones_prefix(items: Sequence[Item], choice: Choice) -> str:
    """What stands before the user's name in GitHub Classroom's folders: "lesson-02-" for "lesson-02-ada" and others."""
    folders = [item for item in items if item.is_folder]
    clones = [item for item in folders if any(inner.name == ".git" for inner in item.inside)]
    if not (choice.layout == GITHUB or choice.layout == "" and len(clones) == len(folders)) or not folders:
        return ""
    above = folders[0].parts[-2].removesuffix("-submissions") + "-" if len(folders[0].parts) > 1 else ""
    if above and all(item.name.startswith(above) for item in folders):
        return above
    if len(folders) < 2:
        return ""
    names = [item.name for item in folders]
    common = next(
        (i for i, letters in enumerate(zip(*names, strict=False)) if len(set(letters)) > 1), min(map(len, names))
    )
    return names[0][: names[0].rfind("-", 0, common) + 1]


def _by_pattern(items: Iterable[Item], choice: Choice, out: Sorted) -> None:
    """Every file by the pattern that a teacher gave, in folders too."""
    assert choice.pattern is not None
    for item in items:
        if item.is_folder:
            _by_pattern(_kept(item.inside, out), choice, out)
            continue
        found = choice.pattern.fullmatch("/".join(item.parts[-choice.steps :]))
        if found:
            word = found.groupdict().get("id") or found["student"]
            out.give(Owner(word, clean(found["student"]), found.groupdict().get("id") or ""), item)
        elif is_work(item.name) or is_model(item.name):
            out.to_a_person(item, "does not fit the pattern of the names, and was not read")
        else:
            out.aside(item, OTHER_KIND)
