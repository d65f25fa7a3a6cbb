"""A generated class as a platform hands it out, with a roster: in a folder, or in a zip archive."""

import csv
import os
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tests.teach.grading.mangled.hand_ins import Bytes, File, HandIn, Person, hand_in, packed, person, seconds
from tests.teach.grading.mangled.mutation import Mutation
from tests.teach.grading.mangled.mutations import MUTATIONS


@dataclass(frozen=True)
class Layout:
    """How a platform names what one person handed in.

    Args:
        place: the path of a file of a person's; the number grows from older files to newer ones.
        folders: whether a hand-in may hold folders. Where not, people pack what does.
        says_names: whether the platform writes people's names (else a word by which they log in).
        has_numbers: whether it writes anything that tells two people of one name apart.
        beside: a file that the platform adds for each person.
    """

    place: Callable[[Person, File, int], str]
    folders: bool = True
    says_names: bool = True
    has_numbers: bool = True
    beside: str = ""


def _canvas(who: Person, file: File, number: int) -> str:
    name = "".join(reversed(who.shown.replace("_", "").split(" ", 1))).replace(" ", "").lower()
    return f"{name}_{who.number}_{90_000 + 10 * who.number + number}_{file.path}"


LAYOUTS: Mapping[str, Layout] = {
    "Moodle": Layout(lambda who, file, _: f"{who.shown}_{who.number}_assignsubmission_file_/{file.path}"),
    "Moodle without folders": Layout(
        lambda who, file, _: f"{who.shown}_{who.number}_assignsubmission_file_{file.path}", folders=False
    ),
    "Canvas": Layout(_canvas, folders=False),
    "Blackboard": Layout(
        lambda who, file, _: f"HW_{who.login}_attempt_2026-03-{file.day + 1:02}-10-00-00_{file.path}",
        folders=False,
        says_names=False,
    ),
    "Brightspace": Layout(lambda who, file, _: f"{who.number}-902 - {who.shown} - Mar 12, 2026 905 AM/{file.path}"),
    "Gradescope": Layout(lambda who, file, _: f"assignment_77_export/submission_{who.number}/{file.path}"),
    "nbgrader": Layout(lambda who, file, _: f"submitted/{who.login}/homework/{file.path}", says_names=False),
    "GitHub Classroom": Layout(
        lambda who, file, _: f"hw-{who.login}/{file.path}", says_names=False, beside=".git/HEAD"
    ),
    "folders": Layout(lambda who, file, _: f"{who.shown}/{file.path}", has_numbers=False),
}


@dataclass(frozen=True)
class Class:
    """A class on disk.

    Attributes:
        path: what the grader is given.
        roster: a table of everybody.
        people: by the roster's id.
        files: every file, those in archives included, as (path, id of whose it is); the platform's own have no id.
        mangled: the mutations, by the id of whose hand-in each was done to.
    """

    path: Path
    roster: Path
    people: Mapping[str, Person]
    files: Sequence[tuple[str, str]]
    mangled: Mapping[str, Mutation]


def make_class(
    folder: Path, layout_name: str, hand_ins: Sequence[HandIn], zipped: bool, mangled: Mapping[str, Mutation]
) -> Class:
    """Write a class."""
    layout = LAYOUTS[layout_name]
    placed = [(file, str(one.person.number)) for one in hand_ins for file in _placed(layout, one)]
    if layout_name == "Gradescope":
        listed = "".join(_listed(one.person) for one in hand_ins)
        placed.append(
            (
                File(
                    "assignment_77_export/submission_metadata.yml", f"---\n{listed}".encode("utf-8", "surrogateescape")
                ),
                "",
            )
        )
    folder.mkdir(parents=True)
    path = folder / ("class.zip" if zipped else "class")
    if zipped:
        path.write_bytes(packed(path.name, [file for file, _ in placed], Bytes).data)
    else:
        for file, _ in placed:
            target = path / file.path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(file.data)
            os.utime(target, (0, seconds(file.day)))
    people = {str(one.person.number): one.person for one in hand_ins}
    files = [(each, who) for file, who in placed for each in (file.path, *(f"{file.path}/{p}" for p in file.inside))]
    if zipped:
        files = [(_read_in_zip(each), who) for each, who in files]
    return Class(path, _roster(folder / "roster.csv", people.values()), people, files, mangled)


def mangled_class(folder: Path, students: int, seed: int, share: int = 10, first: int = 0) -> Class:
    """A class of which every tenth hand-in is mangled, or another share.

    Args:
        first: the first mutation that is used; the others follow in their order, so that all have their turn.
    """
    luck = random.Random(f"class {seed}")
    name = list(LAYOUTS)[seed % len(LAYOUTS)]
    places = list(range(students))
    luck.shuffle(places)  # who is mangled, and so which answers and which name, is chance
    fitting = [mutation for mutation in MUTATIONS if _fits(mutation, LAYOUTS[name])]
    hand_ins = {place: hand_in(person(place)) for place in places}
    mangled = {}
    for turn, place in enumerate(places[: students // share]):
        mutation = fitting[(first + turn) % len(fitting)]
        other = hand_ins[places[-1 - turn]].person
        hand_ins[place] = mutation.of(hand_ins[place], other, luck)
        mangled[str(hand_ins[place].person.number)] = mutation
    return make_class(folder, name, [hand_ins[place] for place in sorted(hand_ins)], seed % 3 == 2, mangled)


def _fits(mutation: Mutation, layout: Layout) -> bool:
    if mutation.kind == "name":
        return layout.says_names and (layout.has_numbers or mutation.keeps_letters)
    return True


def _placed(layout: Layout, one: HandIn) -> list[File]:
    files = sorted(one.files, key=lambda file: file.day)
    if not layout.folders:
        nested = [file for file in files if "/" in file.path]
        files = [file for file in files if file not in nested] + ([packed("homework.zip", nested)] if nested else [])
    if layout.beside:
        files = [*files, File(layout.beside, b"x")]
    return [replace(file, path=layout.place(one.person, file, number)) for number, file in enumerate(files)]


def _read_in_zip(path: str) -> str:
    """A path whose bytes are not UTF-8 is of the DOS code page, for all that an archive says."""
    data = path.encode("utf-8", "surrogateescape")
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("cp437")


def _listed(who: Person) -> str:
    return (
        f"submission_{who.number}:\n  :submitters:\n  - :name: {who.shown}\n    :sid: '{who.number}'\n    :email: x\n"
    )


def _roster(path: Path, people: Iterable[Person]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["name", "id", "username", "email"])
        rows.writerows([who.name, who.number, who.login, f"{who.login}@example.edu"] for who in people)
    return path
