"""Who is who on a roster, as far as that is certain; two people never become one."""

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from vae_course.teach.grading.incoming.layouts import Owner, clean
from vae_course.teach.grading.incoming.roster import Person
from vae_course.teach.grading.incoming.times import read_time

_MOST_SHOWN = 6
_NUMBER = re.compile(r"(?<!\w)\d{3,}(?!\w)|(?<=_)\d{3,}(?!\w)")
"""An id that stands in a folder's name."""


class Register:
    """A roster in which people are looked up."""

    def __init__(self, roster: Collection[Person]) -> None:
        self._by_word: dict[str, list[Person]] = {}
        self._by_name: dict[str, list[Person]] = {}
        for person in roster:
            for word in person.words:
                self._by_word.setdefault(word, []).append(person)
            for form in _forms(person.name):
                self._by_name.setdefault(form, []).append(person)

    def who(self, name: str, keys: Collection[str]) -> Person | None:
        """Who somebody is, if that is certain: by the platform's word, else by a name that only one has.

        Args:
            name: that is shown.
            keys: by which they are known.
        """
        called = [name, *(re.sub(rf"[_ ]\(?{re.escape(key.split()[-1])}\)?$", "", name) for key in keys if key.split())]
        called.append(_NUMBER.sub(" ", name))
        forms = {form for one in called for form in _forms(one)}
        namesakes = {person for form in forms for person in self._by_name.get(form, ())}
        words = {word.casefold() for key in keys for word in (key, key.split(" ", 1)[-1])} | {name.casefold()}
        by_platform = {person for word in words for person in self._by_word.get(word, ())}
        by_number = {person for number in _NUMBER.findall(name) for person in self._by_word.get(number, ())}
        meant = _alone(by_platform or by_number)
        if meant is not None and not _may_be(meant, name, namesakes):
            meant = None
        return meant or _alone(namesakes)


def on_roster(roster: Collection[Person], students: Mapping[str, Collection[str]]) -> dict[str, Person]:
    """Who of the roster each student is, as far as that is certain.

    Args:
        students: by the name that is shown, the keys by which they are known.
    """
    register = Register(roster)
    found = {name: register.who(name, keys) for name, keys in students.items()}
    return {name: person for name, person in found.items() if person is not None}


def _may_be(meant: Person, name: str, namesakes: Collection[Person]) -> bool:
    """Whether somebody whom a platform's word means may be called so, though a namesake is meant by none: numbers of several kinds
    (a university's, a platform's) fall together."""
    exact = name.casefold() in meant.words or meant.name.casefold() in meant.words
    return exact or not namesakes or meant in namesakes


def known_again(
    owners: Sequence[Owner], known: Mapping[str, str], roster: Collection[Person], shown: Collection[str] = ()
) -> dict[str, str]:
    """Names by key, with those of people who are the same person of the roster as somebody who has a name already: they were marked under
    another key, or stood in the tables with nothing handed in.

    Args:
        shown: names of the roster that stood in the tables.
    """
    keys: dict[str, set[str]] = {}
    for key, name in known.items():
        keys.setdefault(name, set()).add(key)
    new = [owner for owner in owners if owner.key not in known]
    before = on_roster(roster, keys)
    register = Register(roster)
    now = {owner.key: register.who(owner.name, {owner.key}) for owner in owners}
    count = Counter(now.values())
    names: dict[Person, list[str]] = {}
    for name, person in before.items():
        names.setdefault(person, []).append(name)
    again = dict(known)
    taken = set(again.values())
    called = Counter(person.name for person in roster)
    for owner in new:
        meant = now[owner.key]
        if meant is None or count[meant] > 1:
            continue
        if len(names.get(meant, ())) == 1:
            again[owner.key] = names[meant][0]
        elif meant.name in shown and meant not in names and called[meant.name] == 1 and meant.name not in taken:
            again[owner.key] = meant.name
            taken.add(meant.name)
    return again


def with_times(owners: Mapping[str, Owner], roster: Collection[Person], notes: list[str]) -> dict[str, Owner]:
    """The owners, with the time at which the roster says that they handed in, where it says one.

    Args:
        owners: by the name that is shown.
        notes: gets a sentence on times that cannot be read.
    """
    found = dict(owners)
    unread: dict[str, None] = {}
    for name, person in on_roster(roster, {name: {owner.key} for name, owner in owners.items()}).items():
        if person.time and person.time != "-":  # as Moodle writes where nothing was handed in
            told = read_time(person.time)
            found[name] = replace(owners[name], handed_in=told or "")
            if told is None:
                unread[person.time] = None
    if unread:
        shown = ", ".join(repr(clean(text)) for text in list(unread)[:_MOST_SHOWN])
        notes.append(f"Times of the roster that cannot be read for certain, and count as unknown: {shown}.")
    return found


def _parts(name: str) -> list[str]:
    bare = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c)).casefold()
    return re.findall(r"[^\W_]+", bare)


def _alone(people: Iterable[Person]) -> Person | None:
    every = set(people)
    return every.pop() if len(every) == 1 else None


def _forms(name: str) -> frozenset[str]:
    """The ways in which platforms write a name, without spaces: "Ada Byron" as "adabyron" and "byronada"."""
    parts = _parts(name)
    return frozenset("".join(parts[turn:] + parts[:turn]) for turn in range(len(parts))) - {""}
