"""`vae-course lab --update`: a corrected lesson takes over what a learner has written, cell by cell.

Every cell of a lesson bears in its id the hash of the text that was handed out, so a cell tells by itself whether somebody has changed it. What
is unchanged is ours, and gives way to the new version; everything else is the learner's, and stays.
"""

import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

Cell = dict[str, Any]

KEPT_IN = "before-update"
"""The folder, beside a notebook, of its states before."""
SET_UP = "set-up"
"""The id of a lesson's first cell, which says where the course is fetched; it is never anybody's answer."""
_SET_UP_TEXT = re.compile(
    r"#@title Set up[^\n]*\nfrom importlib[^\n]*\n\nif find_spec\(\"vae_course\"\) is None:(?:\n    [^\n]*|\n)*"
)
_OURS = re.compile(r"([0-9a-f]{12})(?:-\d+)?")
_NEW_STUB = "*The stub below {} since you wrote your answer, which stays. It says now:*\n\n```python\n{}\n```"
_DEFINED = re.compile(r"^(?:def|class) (\w+)", re.M)
_NO_PLACE = "*You had changed the cell below. The lesson has none like it any more, so yours is kept here.*"


def identity(kind: str, source: str) -> str:
    """The id of a cell with this text, whose kind is "markdown" or "code"."""
    return hashlib.sha256(f"{kind}\n{source}".encode()).hexdigest()[:12]


@dataclass(frozen=True)
class Updated:
    """What became of a learner's notebook.

    Args:
        before: where its state before the update lies; None if it was up to date.
        carried: how many of the learner's cells stand in the new version.
        fresh: how many cells of the lesson the learner's notebook did not have: new ones, corrected ones, and such as they had deleted.
        told: a sentence for each of theirs at which the learner should look.
    """

    before: Path | None = None
    carried: int = 0
    fresh: int = 0
    told: tuple[str, ...] = ()


def is_current(lesson: Path, mine: Path) -> bool:
    """True if a learner's notebook is of the lesson's own version.

    Raises:
        ValueError: the learner's file is no notebook.
    """
    return _version(_read(mine)) == _version(_read(lesson))


def update(lesson: Path, mine: Path) -> Updated:
    """Bring a lesson's new version into a learner's notebook, after its state has been put away beside it.

    Args:
        lesson: the notebook as it is handed out.
        mine: the learner's.

    Raises:
        ValueError: the learner's file is no notebook, or may not be written; it stays as it is.
        OSError: its state before cannot be put away.
    """
    if not os.access(mine, os.W_OK):
        raise ValueError(f"{mine} may not be written, and stays as it is.")
    new, old = _read(lesson), _read(mine)
    if _version(new) == _version(old):
        return Updated()
    merged = _Merged(new["cells"], old["cells"])
    metadata = old["metadata"] | {"vae_course": new["metadata"]["vae_course"]}
    document = old | {"cells": list(merged.cells()), "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    before = _put_away(mine)
    place = Path(os.path.realpath(mine))
    part = place.with_name(f".{place.name}.{os.getpid()}.tmp")
    part.write_text(json.dumps(document, indent=1) + "\n", encoding="ascii")  # outputs may hold half characters
    shutil.copymode(place, part)
    os.replace(part, place)
    return Updated(before, merged.carried, merged.fresh, tuple(merged.told))


class _Merged:
    """The new version's cells, each with what of the learner's stands before, in and behind it."""

    def __init__(self, new: list[Cell], old: list[Cell]) -> None:
        self._new = [dict(cell) for cell in new]
        self._before: list[list[Cell]] = [[] for _ in new]
        self._behind: list[list[Cell]] = [[] for _ in range(len(new) + 1)]  # the last: in front of all
        self._last = -1  # the place at which the old notebook has been followed so far
        self._by_id = {cell["id"]: i for i, cell in enumerate(new)}
        self._by_answer = {name: i for i, cell in enumerate(new) if (name := _answer(cell))}
        self._by_name = {
            name: i for i, cell in enumerate(new) if _answer(cell) for name in _DEFINED.findall(_source(cell))
        }
        self.carried = 0
        self.told: list[str] = []
        places = [self._place(cell) for cell in old]
        # Of several copies of a cell the place belongs to the first that somebody has written in.
        owners: dict[int, int] = {}
        for number, i in enumerate(places):
            if i is not None and (
                i not in owners or self._says_nothing(old[owners[i]]) and not self._says_nothing(old[number])
            ):
                owners[i] = number
        self.fresh = len(new) - len(owners)
        for number, (cell, i) in enumerate(zip(old, places, strict=True)):
            if i is not None and owners[i] == number:
                self._put(cell, i)
            elif not _unchanged(cell):
                self._keep(cell, told=i is None)

    def _place(self, old: Cell) -> int | None:
        """Which of the new cells is the same, or asks for the same answer."""
        # Where a service has taken ids and metadata away, a cell is known by its text, or by what it defines.
        known = _id(old) or (
            SET_UP if _SET_UP_TEXT.fullmatch(_source(old)) else identity(old["cell_type"], _source(old))
        )
        if known == SET_UP and not _unchanged(old):
            return None
        found = self._by_id.get(known, self._by_answer.get(_answer(old)))
        if found is None and not _id(old) and old["cell_type"] == "code":
            found = next(
                (self._by_name[name] for name in _DEFINED.findall(_source(old)) if name in self._by_name), None
            )
        return found

    def _says_nothing(self, cell: Cell) -> bool:
        text = _source(cell)
        return _unchanged(cell) or not text.strip() or identity(cell["cell_type"], text) in self._by_id

    def _put(self, old: Cell, i: int) -> None:
        """What the learner has of a cell into its new version."""
        self._last = i
        new = self._new[i]
        if (old["cell_type"], _source(old)) == (new["cell_type"], _source(new)):
            new |= {key: old[key] for key in ("outputs", "execution_count") if key in old and key in new}
        elif not _unchanged(old):
            same_stub = (
                _id(old) == new["id"] if _OURS.fullmatch(_id(old)) else _source(old).startswith(_head(_source(new)))
            )
            if not same_stub:
                # Without the id of ours nobody knows what the stub was.
                changed = "has changed" if _OURS.fullmatch(_id(old)) else "may have changed"
                self._before[i].append(_note(_NEW_STUB.format(changed, _source(new))))
                self.told.append(
                    f"{_answer(new) or 'A cell'}: its stub {changed}; your answer stays, below what the stub says now."
                )
            self._new[i] = old | {"id": new["id"], "metadata": old["metadata"] | new["metadata"]}
            self.carried += 1

    def _keep(self, old: Cell, told: bool) -> None:
        """A cell of the learner's own, a copy, or one that they changed and that has no place any more."""
        behind = self._behind[self._last]
        if told and (_OURS.fullmatch(_id(old)) or _id(old) == SET_UP):
            behind.append(_note(_NO_PLACE))
            first = _source(old).strip().partition("\n")[0]
            self.told.append(
                f"A cell that you had changed has no place in the new version, and is kept where it was: {first[:60]!r}."
            )
        metadata = {key: value for key, value in old["metadata"].items() if key != "nbgrader"}
        behind.append(old | {"id": uuid4().hex[:8], "metadata": metadata})
        self.carried += 1

    def cells(self) -> Iterator[Cell]:
        yield from self._behind[-1]
        for before, cell, behind in zip(self._before, self._new, self._behind[:-1], strict=True):
            yield from (*before, cell, *behind)


def _unchanged(cell: Cell) -> bool:
    """True for a cell of ours with the text that was handed out."""
    ours = _OURS.fullmatch(_id(cell))
    same = ours and ours[1] == identity(cell["cell_type"], _source(cell))
    return bool(same or _id(cell) in (SET_UP, "") and _SET_UP_TEXT.fullmatch(_source(cell)))


def _head(stub: str) -> str:
    """What of a stub stands above the place of the answer."""
    return re.split(r"raise NotImplementedError|# your answer here", stub, maxsplit=1)[0].rstrip()


def _id(cell: Cell) -> str:
    return str(cell.get("id") or cell["metadata"].get("id") or "")


def _answer(cell: Cell) -> str:
    """The name of the answer that stands in a cell, as nbgrader has it; empty in others."""
    return str((cell["metadata"].get("nbgrader") or {}).get("grade_id", ""))


def _source(cell: Cell) -> str:
    return "".join(cell["source"]).replace("\r\n", "\n")


def _note(text: str) -> Cell:
    return {"cell_type": "markdown", "id": uuid4().hex[:8], "metadata": {}, "source": text.splitlines(keepends=True)}


def _version(notebook: dict[str, Any]) -> str:
    return str((notebook["metadata"].get("vae_course") or {}).get("built", ""))


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8-sig"))
        for cell in found["cells"]:
            cell["cell_type"], _source(cell), _answer(cell), _id(cell), dict(cell["metadata"])
        _version(found)
        return dict(found)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(
            f"{path} cannot be read as a notebook of the course ({type(error).__name__}: {error}), and stays as it is. Move it away, and "
            "`vae-course lab` copies the lesson anew."
        ) from None


def _put_away(mine: Path) -> Path:
    """A copy of the file in the folder KEPT_IN, under a name that is free there."""
    folder = mine.parent / KEPT_IN
    folder.mkdir(exist_ok=True)
    number, kept = 1, folder / mine.name
    while kept.exists():
        number += 1
        kept = folder / f"{mine.stem} {number}{mine.suffix}"
    shutil.copy2(mine, kept)
    return kept
