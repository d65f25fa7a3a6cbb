"""Everybody and everything of a class: the ledger of the files, and who of the roster handed in, who did not, and who is not on it."""

from collections import Counter
from pathlib import Path

from vae_course.teach.grading.incoming.fates import PERSON, Fate
from vae_course.teach.grading.incoming.register import on_roster
from vae_course.teach.grading.incoming.roster import Person
from vae_course.teach.grading.keeping.found import Found
from vae_course.teach.grading.outgoing.ledger import WAITING, Entry, counted
from vae_course.teach.grading.outgoing.table import ABOUT

_MOST_SHOWN = 10
_GROUP = ABOUT.index("group")


class Everybody:
    """What is known of a class besides its marks.

    Attributes:
        entries: the ledger.
        about: by the student's name what the roster says; nothing without a roster.
    """

    def __init__(self, found: Found, roster: tuple[Person, ...] | None = None) -> None:
        """
        Args:
            roster: in the place of the one that was given last.
        """
        people = found.people()
        self._names = sorted({*people.values(), *found.students()})
        waiting = [name for name in self._names if not found.was_done(name)]
        self.entries = [
            *(Entry(student, fate) for student, fate in found.files()),
            *(Entry(name, Fate(f"{name}/", WAITING, "the run was stopped, or was for others")) for name in waiting),
        ]
        self.about: dict[str, tuple[str, ...]] | None = None
        self._strangers: list[str] = []
        self._absent: list[str] = []
        self._twice: list[str] = []
        roster = roster or found.roster()
        if roster is not None:
            self._call_the_roll(roster, people)

    @property
    def names(self) -> set[str]:
        """Everybody's, also of those who handed in nothing."""
        return {*self._names, *(self.about or {})}

    @property
    def groups(self) -> dict[str, list[str]]:
        """By student, everybody whom the roster has in the same group."""
        of_group: dict[str, list[str]] = {}
        for name, about in (self.about or {}).items():
            of_group.setdefault(about[_GROUP], []).append(name)
        return {name: members for group, members in of_group.items() if group for name in members}

    @property
    def needed(self) -> bool:
        """True if a file needs a person."""
        return any(entry.fate.fate == PERSON for entry in self.entries)

    def _call_the_roll(self, roster: tuple[Person, ...], people: dict[str, str]) -> None:
        keys: dict[str, set[str]] = {name: set() for name in self._names}
        for key, name in people.items():
            keys[name].add(key)
        present = on_roster(roster, keys)
        self._strangers = sorted(keys.keys() - present.keys())
        self.about = {name: _about(person) for name, person in present.items()}
        handed_in = Counter(present.values())
        self._twice = sorted({person.name for person, count in handed_in.items() if count > 1})
        for person in roster:
            if person not in handed_in:
                name = person.name
                if name in keys or name in self.about:
                    name = f"{person.name}_{person.id or len(self.about)}"
                self.about[name] = _about(person)
                self._absent.append(name)

    @property
    def _most_are_strangers(self) -> bool:
        return len(self._strangers) > 1 and 2 * len(self._strangers) > len(self._names)

    def said(self, files: Path) -> list[str]:
        """Lines for the summary."""
        lines = [counted(self.entries, str(files))]
        if self._absent:
            lines.append(f"On the roster, and nothing was handed in: {few(self._absent)}.")
        if self._strangers:
            built = " Where a platform builds their names, --layout says which." if self._most_are_strangers else ""
            lines.append(f"Handed in, and cannot be told on the roster: {few(self._strangers)}.{built}")
        if self._twice:
            lines.append(f"Handed in more than once, under several names or numbers: {few(self._twice)}.")
        return lines


def _about(person: Person) -> tuple[str, ...]:
    return (person.id, person.email, person.group, person.section)


def few(names: list[str]) -> str:
    """The first of them, and how many more there are."""
    more = f" and {len(names) - _MOST_SHOWN} more" if len(names) > _MOST_SHOWN else ""
    return ", ".join(names[:_MOST_SHOWN]) + more
