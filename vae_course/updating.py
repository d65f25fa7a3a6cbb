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
_OURS = re.compile(r"([0-9a-f]{12})(?:-\d+)?")
_NEW_STUB = "*The stub below has changed since you wrote your answer, which stays. It says now:*\n\n```python\n{}\n```"
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
        told: a sentence for each of them at which the learner should look.
    """

    before: Path | None = None
    carried: int = 0
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
        ValueError: the learner's file is no notebook; it stays as it is.
    """
    new, old = _read(lesson), _read(mine)
    if _version(new) == _version(old):
        return Updated()
    merged = _Merged(new["cells"])
    for cell in old["cells"]:
        merged.take(cell)
    metadata = old["metadata"] | {"vae_course": new["metadata"]["vae_course"]}
    document = old | {"cells": list(merged.cells()), "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    before = _put_away(mine)
    part = mine.with_name(f".{mine.name}.{os.getpid()}.tmp")
    part.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    os.replace(part, mine)
    return Updated(before, merged.carried, tuple(merged.told))


class _Merged:
    """The new version's cells, each with what of the learner's stands before, in and behind it."""

    def __init__(self, new: list[Cell]) -> None:
        self._new = [dict(cell) for cell in new]
        self._before: list[list[Cell]] = [[] for _ in new]
        self._behind: list[list[Cell]] = [[] for _ in range(len(new) + 1)]  # the last: in front of all
        self._taken: set[int] = set()
        self._last = -1  # the place at which the old notebook has been followed so far
        self._by_id = {cell["id"]: i for i, cell in enumerate(new)}
        self._by_answer = {name: i for i, cell in enumerate(new) if (name := _answer(cell))}
        self.carried = 0
        self.told: list[str] = []

    def take(self, old: Cell) -> None:
        """The next cell of the learner's notebook."""
        # Where a service has taken the ids away, a cell that nobody has changed is known by its text.
        i = self._by_id.get(_id(old) or identity(old["cell_type"], _source(old)), self._by_answer.get(_answer(old)))
        if i is None or i in self._taken:
            if not _unchanged(old):
                self._keep(old)
            return
        self._taken.add(i)
        self._last = i
        mine, new = _source(old), _source(self._new[i])
        if mine == new:
            self._new[i] |= {key: old[key] for key in ("outputs", "execution_count") if key in old}
        elif not _unchanged(old):
            if _OURS.fullmatch(_id(old)) and _id(old) != self._new[i]["id"]:
                self._before[i].append(_note(_NEW_STUB.format(new)))
                self.told.append(
                    f"{_answer(old)}: its stub has changed; your answer stays, below what the stub says now."
                )
            self._new[i] = old | {"id": self._new[i]["id"], "metadata": self._new[i]["metadata"]}
            self.carried += 1

    def _keep(self, old: Cell) -> None:
        """A cell of the learner's own, or one that they changed and that has no place any more."""
        behind = self._behind[self._last]
        if _OURS.fullmatch(_id(old)):
            behind.append(_note(_NO_PLACE))
            first = _source(old).strip().partition("\n")[0]
            self.told.append(
                f"A cell that you had changed has no place in the new version, and is kept where it was: {first[:60]!r}."
            )
        behind.append(old | {"id": uuid4().hex[:8]})
        self.carried += 1

    def cells(self) -> Iterator[Cell]:
        yield from self._behind[-1]
        for before, cell, behind in zip(self._before, self._new, self._behind[:-1], strict=True):
            yield from (*before, cell, *behind)


def _unchanged(cell: Cell) -> bool:
    """True for a cell of ours with the text that was handed out."""
    ours = _OURS.fullmatch(_id(cell))
    return _id(cell) == SET_UP or bool(ours and ours[1] == identity(cell["cell_type"], _source(cell)))


def _id(cell: Cell) -> str:
    return str(cell.get("id", ""))


def _answer(cell: Cell) -> str:
    """The name of the answer that stands in a cell, as nbgrader has it; empty in others."""
    return str(cell["metadata"].get("nbgrader", {}).get("grade_id", ""))


def _source(cell: Cell) -> str:
    return "".join(cell["source"])


def _note(text: str) -> Cell:
    return {"cell_type": "markdown", "id": uuid4().hex[:8], "metadata": {}, "source": text.splitlines(keepends=True)}


def _version(notebook: dict[str, Any]) -> str:
    return str(notebook["metadata"].get("vae_course", {}).get("built", ""))


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        for cell in found["cells"]:
            cell["metadata"], _source(cell), cell["cell_type"]
        found["metadata"].get("vae_course")
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(
            f"{path} cannot be read as a notebook of the course ({type(error).__name__}: {error}), and stays as it is. Move it away, and "
            "`vae-course lab` copies the lesson anew."
        ) from None
    return dict(found)


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
