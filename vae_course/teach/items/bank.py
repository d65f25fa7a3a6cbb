"""The bank: its three kinds of items, and how the open ones are read from their files."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
KINDS = ("proof", "explain", "compute", "criticise")
FIELDS = {"id": str, "kind": str, "minutes": int, "question": str, "answer": str, "earns": list, "often": str}


class Refused(ValueError):
    """A file of questions does not hold what it should; the message is one sentence for whoever edits it."""


@dataclass(frozen=True)
class Open:
    """A question that a person marks.

    Args:
        id: "04b.any-q": the sitting and a word.
        kind: one of `KINDS`.
        minutes: how long a good student writes.
        question, answer: Markdown, see this package's docstring.
        earns: points and what earns them.
        often: the most common wrong answer.
    """

    id: str
    kind: str
    minutes: int
    question: str
    answer: str
    earns: tuple[tuple[int, str], ...]
    often: str

    @property
    def points(self) -> int:
        return sum(points for points, _ in self.earns)


@dataclass(frozen=True)
class Choice:
    """One of several answers is right; `why` is said with it."""

    id: str
    question: str
    choices: tuple[str, ...]
    truth: str
    why: str


@dataclass(frozen=True)
class Slip:
    """A wrong number and the reason that it betrays; `credit` in per cent, for a right method in a wrong unit."""

    number: float
    says: str
    credit: int = 0

    @property
    def tolerance(self) -> float:
        return 0.01 * abs(self.number)


@dataclass(frozen=True)
class Numeric:
    """A number is asked for, right to 1 %. No slip's numbers are taken for the truth or for another slip's: see `numeric`."""

    id: str
    question: str
    truth: float
    why: str
    slips: tuple[Slip, ...]

    @property
    def tolerance(self) -> float:
        return 0.01 * abs(self.truth)


def numeric(id: str, question: str, truth: float, why: str, *slips: Slip) -> Numeric:
    """A `Numeric` that says how exact an answer is asked, without the slips whose numbers, as they were drawn, are those of the truth or
    of a slip before them.

    Raises:
        ValueError: the truth is too near to 0 for an answer right to 1 %.
    """
    if abs(truth) < 0.005:
        raise ValueError(f"{id}: the truth is {truth:g}, of which 1 % is too little; draw other numbers.")
    kept: list[Slip] = []
    taken = [(truth, 0.01 * abs(truth))]
    for slip in slips:
        if all(abs(slip.number - number) > 1.01 * (slip.tolerance + width) for number, width in taken):
            kept.append(slip)
            taken.append((slip.number, slip.tolerance))
    return Numeric(id, _minus(f"{question} (Right to 1 %.)"), truth, _minus(why), tuple(kept))


def _minus(text: str) -> str:
    """A text with the sign − before its negative numbers, where they stand in no formula."""
    pieces = text.split("$")
    return "$".join(piece if number % 2 else re.sub(r"-(?=\d)", "−", piece) for number, piece in enumerate(pieces))


@dataclass(frozen=True)
class Sitting:
    """What is taught in one go: "04b", its title, its open questions."""

    name: str
    title: str
    questions: tuple[Open, ...]


def sitting_of(id: str) -> str:
    """ "04b" for "04b.any-q"."""
    return id.partition(".")[0]


@cache
def sittings(folder: Path = FOLDER) -> Mapping[str, Sitting]:
    """Every sitting by name, in order.

    Raises:
        Refused: a file is not what it should be.
    """
    files = sorted(path for path in folder.glob("*.toml") if re.fullmatch(r"\d\d[a-z]?", path.stem))
    return {path.stem: read(path) for path in files}


def chosen(lesson: str, folder: Path = FOLDER) -> list[Sitting]:
    """The sittings that a lesson's name means: "04b" or "4b" that one, "04_nelbo" the one of 04, "" all.

    Raises:
        ValueError: there is none; the sentence lists them.
    """
    every = sittings(folder)
    name = lesson.partition("_")[0]
    name = name.zfill(3 if name[-1:].isalpha() else 2)
    if lesson and name not in every:
        raise ValueError(f"there are no questions for {lesson!r}; there are for: {', '.join(every)}.")
    return [every[name]] if lesson else list(every.values())


def read(path: Path) -> Sitting:
    """One file of open questions.

    Raises:
        Refused: see there.
    """
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Refused(f"{path.name} is no TOML: {error}.") from None
    if extra := found.keys() - {"title", "question"}:
        raise Refused(f"{path.name}: there is {sorted(extra)[0]!r}; expected title and [[question]].")
    title = found.get("title")
    if not isinstance(title, str) or not re.fullmatch(r"[\w ,()-]+", title):
        raise Refused(f"{path.name}: the title is {title!r}; expected letters, digits, spaces and commas.")
    entries = found.get("question")
    if not isinstance(entries, list) or not entries:
        raise Refused(f"{path.name}: no [[question]] in it.")
    questions = tuple(_question(path, number, entry) for number, entry in enumerate(entries, start=1))
    ids = [question.id for question in questions]
    if twice := [id for id in ids if ids.count(id) > 1]:
        raise Refused(f"{path.name}: the id {twice[0]!r} stands there twice; each names one question.")
    return Sitting(path.stem, title, questions)


def _question(path: Path, number: int, entry: Any) -> Open:
    """One table of a file, all of whose fields are there and filled."""
    where = f"{path.name}, question {number}"
    if not isinstance(entry, dict):
        raise Refused(f"{where}: expected a table [[question]].")
    where += f" ({entry.get('id', 'no id')})"
    for field, kind in FIELDS.items():
        if field not in entry:
            raise Refused(f"{where}: {field} is missing.")
        if (
            type(entry[field]) is not kind
            or not entry[field]
            or isinstance(entry[field], str)
            and not entry[field].strip()
        ):
            raise Refused(f"{where}: {field} is {entry[field]!r}; expected a filled {kind.__name__}.")
    if extra := entry.keys() - FIELDS.keys():
        raise Refused(f"{where}: there is {sorted(extra)[0]!r}; the fields are {', '.join(FIELDS)}.")
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", entry["id"]):
        raise Refused(f"{where}: the id is {entry['id']!r}; expected small letters, digits and hyphens.")
    if entry["kind"] not in KINDS:
        raise Refused(f"{where}: the kind is {entry['kind']!r}; the kinds: {', '.join(KINDS)}.")
    if entry["minutes"] < 1:
        raise Refused(f"{where}: minutes are {entry['minutes']}; expected at least 1.")
    earns = tuple(_earned(where, line) for line in entry["earns"])
    question, answer, often = (entry[field].strip() for field in ("question", "answer", "often"))
    return Open(
        f"{path.stem}.{entry['id']}", entry["kind"], entry["minutes"], question, answer, earns, " ".join(often.split())
    )


def _earned(where: str, line: Any) -> tuple[int, str]:
    match line:
        case [int() as points, str() as what] if points > 0 and what.strip():
            return points, what.strip()
    raise Refused(f'{where}: in earns stands {line!r}; expected [points, "what earns them"].')


def all_texts(item: Open | Choice | Numeric) -> Iterator[str]:
    """Every text of an item that is Markdown."""
    yield item.question
    if isinstance(item, Open):
        yield item.answer
        yield from (what for _, what in item.earns)
        yield item.often
    else:
        yield item.why
    if isinstance(item, Numeric):
        yield from (slip.says for slip in item.slips)
