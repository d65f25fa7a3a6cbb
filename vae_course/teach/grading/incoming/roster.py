"""Who is in the class: a table that a teacher writes, or that Moodle, Canvas, Brightspace or Blackboard export."""

import csv
import io
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from vae_course.teach.grading.incoming.items import NoClass
from vae_course.teach.grading.incoming.layouts import clean

_MOST_BYTES = 32 * 2**20
_MOST_SHOWN = 6  # a gradebook has a column for each assignment
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
