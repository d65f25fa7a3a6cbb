"""Who is in the class: a table that a teacher writes, or that Moodle, Canvas, Brightspace or Blackboard export."""

import csv
import io
import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from vae_course.teach.grading.incoming.items import NoClass
from vae_course.teach.grading.incoming.layouts import Owner, clean
from vae_course.teach.grading.incoming.times import read_time

_MOST_BYTES = 32 * 2**20
_MOST_SHOWN = 6  # a gradebook has a column for each assignment
_NUMBER = re.compile(r"(?<!\w)\d{3,}(?!\w)|(?<=_)\d{3,}(?!\w)")
"""An id that stands in a folder's name."""
_NAMES: Mapping[str, tuple[str, ...]] = {  # the preferred column first; letters only, because platforms vary the rest
    "name": ("name", "fullname", "student", "studentname", "displayname"),
    "first": ("firstname", "givenname", "forename", "vorname", "prenom"),
    "last": ("lastname", "surname", "familyname", "nachname", "nom"),
    "id": (
        "id",
        "studentid",
        "idnumber",
        "orgdefinedid",
        "identifier",
        "userid",
        "sisuserid",
        "studentnumber",
        "sid",
        "matrikelnummer",
        "matrikelnr",
        "matriculationnumber",
    ),
    "login": ("username", "sisloginid", "loginid", "login", "user", "githubusername", "github"),
    "email": ("email", "emailaddress", "mail", "emailadress", "emailadresse"),
    "time": (
        "handedin",
        "lastmodifiedsubmission",
        "zuletztgeandertabgabe",
        "submissiontime",
        "submitted",
        "submittedat",
        "abgegeben",
    ),
    "group": ("group", "groups", "team", "groupname", "gruppe", "ubungsgruppe"),
    "section": ("section", "sections", "class", "course", "kurs"),
}


@dataclass(frozen=True)
class Person:
    """One line of a roster. `words` are those by which a platform may call the person: ids, logins, addresses; `time` is when they
    handed in, as it stands there."""

    name: str
    id: str = ""
    email: str = ""
    group: str = ""
    section: str = ""
    words: frozenset[str] = frozenset()
    time: str = field(default="", compare=False)


def read_roster(path: Path, notes: list[str]) -> tuple[Person, ...]:
    """The people of a roster, each once.

    Args:
        notes: gets a sentence on columns that are not understood.

    Raises:
        NoClass: no column says who somebody is, or there is nobody.
        OSError: it cannot be opened.
    """
    rows, _ = table_in(path)
    people = people_in(rows)
    if people is None:
        found = ", ".join(clean(head) for head in rows[0]) if rows else "none"
        raise NoClass(f"{path.name} has no column that says who is meant (name, id or email); its columns: {found}.")
    known = {name for names in _NAMES.values() for name in names}
    if ignored := [clean(head) for head in rows[0] if _bare(head) not in known and head.strip()]:
        more = f" and {len(ignored) - _MOST_SHOWN} more" if len(ignored) > _MOST_SHOWN else ""
        notes.append(f"Columns of {path.name} that are not used: {', '.join(ignored[:_MOST_SHOWN])}{more}.")
    if not any(people):
        raise NoClass(f"{path.name} is a roster without people: no row stands below its heads.")
    return tuple(dict.fromkeys(filter(None, people)))


def table_in(path: Path) -> tuple[list[list[str]], str]:
    """The rows of a table of comma-, semicolon- or tab-separated values that are not empty, and which of the three it is."""
    with path.open("rb") as file:
        text = decoded(file.read(_MOST_BYTES))
    delimiter = max(",;\t", key=text.split("\n", 1)[0].count)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    return [row for row in rows if any(map(str.strip, row))], delimiter


def people_in(rows: list[list[str]]) -> list[Person | None] | None:
    """Who stands in each row below the heads, nobody in a platform's own; None if no column says who is meant."""
    heads = [_bare(head) for head in rows[0]] if rows else []
    places = {field: [heads.index(name) for name in names if name in heads] for field, names in _NAMES.items()}
    if not any(places[field] for field in ("name", "last", "id", "login", "email")):
        return None
    return [_person(row, places) for row in rows[1:]]


def _bare(head: str) -> str:
    return re.sub(r"[^a-z]", "", unicodedata.normalize("NFKD", head).casefold())


def decoded(data: bytes) -> str:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):  # as Blackboard and Excel write
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def _person(row: list[str], places: Mapping[str, list[int]]) -> Person | None:
    def cells(field: str) -> list[str]:
        every = (row[place].strip().lstrip("#'").strip() for place in places[field] if place < len(row))
        return [cell for cell in every if cell]

    def first(field: str) -> str:
        return next(iter(cells(field)), "")

    name = " ".join(filter(None, (first("first"), first("last")))) or first("name")
    if name.casefold() in ("points possible", "student, test", "test student"):  # Canvas's own rows
        return None
    if name.count(",") == 1:
        name = " ".join(part.strip() for part in reversed(name.split(",")))
    ids = [re.sub(r"^participant\s*", "", cell, flags=re.I) for cell in cells("id")]
    words = [*ids, *cells("login"), *cells("email"), *(cell.split("@")[0] for cell in cells("email"))]
    name = clean(name or next(iter(words), ""))
    if name == "unnamed":
        return None
    about = (next(iter(ids), "") or first("login"), first("email"), first("group"), first("section"))
    return Person(name, *about, frozenset(word.casefold() for word in words), first("time"))


def on_roster(roster: Collection[Person], students: Mapping[str, Collection[str]]) -> dict[str, Person]:
    """Who of the roster each student is, as far as that is certain: by the platform's word, else by a name that only one has.

    Args:
        students: by the name that is shown, the keys by which they are known.
    """
    by_word: dict[str, list[Person]] = {}
    by_name: dict[str, list[Person]] = {}
    for person in roster:
        for word in person.words:
            by_word.setdefault(word, []).append(person)
        for form in _forms(person.name):
            by_name.setdefault(form, []).append(person)
    found = {}
    for name, keys in students.items():
        called = [name, *(re.sub(rf"[_ ]\(?{re.escape(key.split()[-1])}\)?$", "", name) for key in keys if key.split())]
        called.append(_NUMBER.sub(" ", name))
        forms = {form for one in called for form in _forms(one)}
        namesakes = {person for form in forms for person in by_name.get(form, ())}
        words = {word.casefold() for key in keys for word in (key, key.split(" ", 1)[-1])} | {name.casefold()}
        by_platform = {person for word in words for person in by_word.get(word, ())}
        by_number = {person for number in _NUMBER.findall(name) for person in by_word.get(number, ())}
        meant = _alone(by_platform or by_number)
        if meant is not None and not _may_be(meant, name, namesakes):
            meant = None
        certain = meant or _alone(namesakes)
        if certain is not None:
            found[name] = certain
    return found


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
    now = {owner.key: on_roster(roster, {owner.name: {owner.key}}).get(owner.name) for owner in owners}
    again = dict(known)
    called = Counter(person.name for person in roster)
    for owner in new:
        person = now[owner.key]
        names = [name for name, other in before.items() if other is person]
        if person is None or list(now.values()).count(person) > 1:
            continue
        if len(names) == 1:
            again[owner.key] = names[0]
        elif person.name in shown and not names and called[person.name] == 1 and person.name not in again.values():
            again[owner.key] = person.name
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
