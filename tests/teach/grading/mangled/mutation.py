"""What a mutation is, and how one is made of a function of a hand-in's files, of one file's bytes, text or JSON, or of a name."""

import json
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from tests.teach.grading.mangled.hand_ins import File, HandIn, Person

Files = tuple[File, ...]
KINDS = ("layout", "name", "encoding", "archive", "attempts", "breakage")


@dataclass(frozen=True)
class Mutation:
    """One thing that happens to a hand-in.

    Args:
        of: the hand-in after it, from the hand-in, somebody else of the class, and chance.
        keeps_letters: of a name, that it is still the same to the eye.
    """

    kind: str
    name: str
    of: Callable[[HandIn, Person, random.Random], HandIn]
    keeps_letters: bool = True


def of_files(kind: str, name: str, change: Callable[[Files], Files]) -> Mutation:
    return Mutation(kind, name, lambda one, other, luck: replace(one, files=change(one.files)))


def of_one_file(kind: str, name: str, change: Callable[[File], "File | Files"]) -> Mutation:
    """What happens to one of the files, which one by chance."""

    def of(one: HandIn, other: Person, luck: random.Random) -> HandIn:
        place = luck.randrange(len(one.files))
        made = change(one.files[place])
        made = made if isinstance(made, tuple) else (made,)
        return replace(one, files=(*one.files[:place], *made, *one.files[place + 1 :]))

    return Mutation(kind, name, of)


def of_bytes(kind: str, name: str, change: Callable[[bytes], bytes]) -> Mutation:
    return of_one_file(kind, name, lambda file: replace(file, data=change(file.data)))


def of_text(kind: str, name: str, change: Callable[[str], str]) -> Mutation:
    return of_bytes(kind, name, lambda data: change(data.decode()).encode())


def of_json(kind: str, name: str, change: Callable[[dict[str, Any]], object]) -> Mutation:
    def changed(text: str) -> str:
        made = json.loads(text)
        change(made)
        return json.dumps(made, indent=1, ensure_ascii=False)

    return of_text(kind, name, changed)


def renamed(kind: str, name: str, change: Callable[[str], str]) -> Mutation:
    return of_files(kind, name, lambda files: tuple(replace(file, path=change(file.path)) for file in files))


def written(name: str, change: Callable[[str], str]) -> Mutation:
    """The platform writes a person's name otherwise than the roster."""
    return Mutation("name", name, lambda one, _, luck: _called(one, one.person.name, change(one.person.name)))


def named(
    name: str,
    change: Callable[[Person, Person], str],
    as_written: Callable[[str], str] = str,
    keeps_letters: bool = False,
) -> Mutation:
    """A person has such a name, on the roster too, and the platform may write it otherwise."""

    def of(one: HandIn, other: Person, luck: random.Random) -> HandIn:
        new = change(one.person, other)
        return _called(one, new, as_written(new))

    return Mutation("name", name, of, keeps_letters)


def _called(one: HandIn, name: str, written: str) -> HandIn:
    return replace(one, person=replace(one.person, name=name, written=written))
