"""Whose line in a platform's table is whose: by the platform's words for people, or by a name that only one has."""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from vae_course.teach.grading.incoming.register import on_roster
from vae_course.teach.grading.incoming.roster import Person, people_in, table_in
from vae_course.teach.grading.keeping.found import Found


class NoExport(Exception):
    """What was asked for cannot be written. The message says why, in a sentence."""


@dataclass(frozen=True)
class Sheet:
    """A platform's table, as it stands in its file.

    Args:
        rows: all of them, the heads first; each is as long as the heads.
        people: for each row but the first, who stands in it, or None for rows of the platform's own.
    """

    path: Path
    rows: list[list[str]]
    people: list[Person | None]
    delimiter: str

    def column(self, name: str) -> int:
        """The number of a column.

        Raises:
            NoExport: there is none of that name.
        """
        heads = [head.strip().casefold() for head in self.rows[0]]
        if name.casefold() not in heads:
            raise NoExport(f"{self.path.name} has no column {name!r}; its columns: {', '.join(self.rows[0])}.")
        return heads.index(name.casefold())

    def written(self, columns: Sequence[int] | None = None) -> str:
        """The table as text, or some of its columns."""
        out = io.StringIO()
        writer = csv.writer(out, delimiter=self.delimiter, lineterminator="\r\n")
        for row in self.rows:
            writer.writerow(row if columns is None else [row[column] for column in columns])
        return out.getvalue()


def read_sheet(path: Path) -> Sheet:
    """A platform's table.

    Raises:
        NoExport: nobody stands in it, or no column says who.
        OSError: it cannot be opened.
    """
    rows, delimiter = table_in(path)
    people = people_in(rows)
    if people is None or not any(people):
        raise NoExport(f"{path.name} has no column that says who is meant (name, id or email), or nobody in it.")
    width = max(map(len, rows))
    return Sheet(path, [row + [""] * (width - len(row)) for row in rows], people, delimiter)


def lines_of(found: Found, students: Iterable[str], sheet: Sheet) -> tuple[dict[str, int], list[str]]:
    """By student the number of their row in a sheet, and who cannot be told in it; see `lines_among`."""
    numbers = [number for number, person in enumerate(sheet.people, start=1) if person is not None]
    places, lost = lines_among(found, students, [person for person in sheet.people if person is not None])
    return {student: numbers[place] for student, place in places.items()}, lost


def lines_among(found: Found, students: Iterable[str], people: Sequence[Person]) -> tuple[dict[str, int], list[str]]:
    """By student their place among people, and who cannot be told among them, or might be the same one as somebody else."""
    keys: dict[str, set[str]] = {student: set() for student in students}
    for key, name in found.people().items():
        if name in keys:
            keys[name].add(key)
    for name, person in on_roster(found.roster() or (), dict(keys)).items():
        keys[name] |= {f"roster {word}" for word in (*person.words, person.name)}
    place = {person: number for number, person in enumerate(people)}
    meant = on_roster(tuple(place), keys)
    count = Counter(meant.values())
    places = {name: place[person] for name, person in meant.items() if count[person] == 1}
    return places, sorted(keys.keys() - places.keys())


def filled(sheet: Sheet, rows: Mapping[str, int], column: int, cells: Mapping[str, str]) -> None:
    """Write a cell for everybody who has one; an empty one leaves what stands there."""
    for student, number in rows.items():
        if text := cells.get(student):
            sheet.rows[number][column] = text
