"""From a file's bytes to a notebook or Python text, whatever happened to it on the way."""

import json
import re
from pathlib import Path
from typing import Any

from vae_course.runner.notebooks.conflicts import has_conflict, sides

MOST_BYTES = 200 * 2**20

DAMAGED = "The file's JSON is damaged"
"""So begins the note on a notebook of which cells may be missing."""

_EXPECTED = "a Jupyter notebook (.ipynb) or a Python file was expected"
_MAGIC_NUMBERS = (
    (b"PK\x03\x04", "a zip archive or an Office document", "unpack it, and hand in the notebook that is inside"),
    (b"\x1f\x8b", "a gzip archive", "unpack it, and hand in the notebook that is inside"),
    (b"%PDF", "a PDF, which is a print of a notebook", "hand in the .ipynb file itself"),
    (b"{\\rtf", "a word processor's file", "hand in the .ipynb file itself"),
)
_MARKS = (  # UTF-32 first: its little-endian mark begins with that of UTF-16
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
    (b"\xef\xbb\xbf", "utf-8-sig"),
)
_STRANGE = re.compile(r"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]")  # in text there are line breaks, tabs and escapes only
_CELLS = r'"cells"\s*:\s*\['
_BETWEEN = re.compile(r"[ \n\t,]*")
_CELL_START = re.compile(r'\{\s*"(?:cell_type|attachments)"\s*:')
_DECODER = json.JSONDecoder(strict=False)  # a real line break inside a string is read as one


class Unreadable(Exception):
    """A file that is no hand-in. The message is one sentence: what was found, what was expected, what to do."""


def read_document(path: Path) -> tuple[dict[str, Any] | str, list[str]]:
    """The notebook as a dictionary with a list of cells, or Python text; and notes on what was repaired.

    Raises:
        Unreadable: neither can be made of the file.
        OSError: the file cannot be opened.
    """
    size = path.stat().st_size
    if size > MOST_BYTES:
        raise _unreadable(path, f"is {size // 2**20} MB large", "clear its outputs and save it again")
    notes: list[str] = []
    text = _decode(path, path.read_bytes(), notes)
    if "\r" in text:  # a look costs less than two copies, where the text is a notebook with its pictures
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    start = text.lstrip()[:2000].lower()
    if not start:
        raise _unreadable(
            path, "is empty", "save the notebook in Jupyter, look at the file's size, and hand it in again"
        )
    if start.startswith("<") and not has_conflict(text[:10_000]):
        what = "a web page" if "<html" in start or "<!doctype" in start else "an XML file"
        raise _unreadable(
            path, f"is {what}, not the notebook", "download the notebook's raw file, not the page showing it"
        )
    if _looks_like_json(path, text):
        return _notebook(path, text, notes), notes
    if path.suffix == ".py":
        return text, notes
    if re.search(r"^(?:def|class|import|from)\s+\w", text, re.M):
        notes.append("The file holds Python text, not a notebook; it was read as Python.")
        return text, notes
    opening = " ".join(text.split())[:40]
    raise _unreadable(path, f'is neither: it begins with "{opening}"', "hand in the .ipynb file that Jupyter saves")


def _unreadable(path: Path, found: str, what_to_do: str) -> Unreadable:
    return Unreadable(f"{path.name} {found}; {_EXPECTED}: {what_to_do}.")


def _decode(path: Path, data: bytes, notes: list[str]) -> str:
    for number, what, what_to_do in _MAGIC_NUMBERS:
        if data.startswith(number):
            raise _unreadable(path, f"is {what}", what_to_do)
    text = _text(data, notes)
    sample = text[:10_000]
    strange = len(_STRANGE.findall(sample))
    if strange > len(sample) / 50 or ("\x00" in sample and '"cells"' not in text):
        raise _unreadable(path, "holds binary data", "hand in the .ipynb file that Jupyter saves")
    return text.replace("\x00", "") if "\x00" in text else text


def _text(data: bytes, notes: list[str]) -> str:
    encoding = next((name for mark, name in _MARKS if data.startswith(mark)), "")
    if not encoding and data[:2000].count(0) > len(data[:2000]) / 4:
        encoding = "utf-16-be" if data[:1] == b"\x00" else "utf-16-le"
    if encoding == "utf-8-sig":
        notes.append("The file begins with a byte-order mark, which was skipped.")
    elif encoding:
        notes.append(f"The file is written in {encoding.upper()}; notebooks are UTF-8.")
    try:
        return data.decode(encoding or "utf-8").lstrip("\ufeff")
    except UnicodeDecodeError:
        text = data.decode(encoding or "utf-8", errors="replace")
    bad = text.count("\ufffd")
    if encoding or sum(character > "\x7f" for character in text) > 2 * bad:
        notes.append(f"The file is damaged: {bad} characters could not be read.")
        return text
    notes.append("The file is not written in UTF-8; it was read as Windows-1252.")
    return data.decode("cp1252", errors="replace")


def _looks_like_json(path: Path, text: str) -> bool:
    """True for a notebook, whole or damaged, and for any other JSON."""
    start = text.lstrip()[:2]
    return start[:1] == "{" or start == '"{' or (path.suffix != ".py" and re.search(_CELLS, text) is not None)


def _start(text: str) -> int:
    return text.find("{")


def _notebook(path: Path, text: str, notes: list[str]) -> dict[str, Any]:
    choices = list(sides(text)) if has_conflict(text) else [(text, "")]
    for attempt in (_whole, _with_garbage, _cut_off):
        for choice, side in choices:
            remarks: list[str] = []
            found = _unwrap(attempt(choice, remarks))
            if found is None:
                continue
            if not isinstance(found.get("cells"), list) and not isinstance(found.get("worksheets"), list):
                raise _unreadable(
                    path, "is JSON, but has no list of cells", "hand in the .ipynb file that Jupyter saves"
                )
            if side:
                notes.append(f"Git's conflict markers stand in the file; {side} of the conflict was read.")
            notes.extend(remarks)
            return found
    raise _unreadable(
        path, "begins like a notebook, but its JSON is damaged", "open it in Jupyter, save it, hand it in again"
    )


def _unwrap(found: Any) -> dict[str, Any] | None:
    """The notebook inside: JSON saved as a JSON string, and what Jupyter's server sends, hold it one level down."""
    for _ in range(3):
        if isinstance(found, str):
            found = _whole(found, [])
        elif isinstance(found, dict) and "cells" not in found and isinstance(found.get("content"), dict):
            found = found["content"]
    return found if isinstance(found, dict) else None


def _whole(text: str, remarks: list[str]) -> Any:
    try:
        return _DECODER.decode(text)
    except (ValueError, RecursionError):
        return None


def _with_garbage(text: str, remarks: list[str]) -> Any:
    """JSON with something before or after it, or with commas too many."""
    start = _start(text)
    if start < 0:
        return None
    for candidate, comma in (
        (text[start:], ""),
        (re.sub(r",(\s*[}\]])", r"\1", text[start:]), " after a superfluous comma"),
    ):
        try:
            found, end = _DECODER.raw_decode(candidate)
        except (ValueError, RecursionError):
            continue
        if not isinstance(found, dict) or "cells" not in found and "worksheets" not in found:
            continue
        if comma:
            remarks.append("The notebook's JSON has superfluous commas, which were removed.")
        if candidate[end:].strip() or text[:start].strip():
            remarks.append("Something stands before or behind the notebook in the file; it was left out.")
        return found
    return None


def _cut_off(text: str, remarks: list[str]) -> Any:
    """The cells that are whole, in a file that breaks in the middle."""
    begin = re.search(_CELLS, text)
    if begin is None:
        return None
    cells: list[Any] = []
    at = begin.end()
    while True:
        at = _BETWEEN.match(text, at).end()  # type: ignore[union-attr]  # it may be empty
        if text[at : at + 1] in ("]", ""):
            break
        try:
            cell, at = _DECODER.raw_decode(text, at)
        except (ValueError, RecursionError):
            cell = None  # its number stays taken
            following = _CELL_START.search(text, at + 1)
            at = following.start() if following else len(text)
        cells.append(cell)
    if not any(cells):
        return None
    remarks.append(f"{DAMAGED}; {sum(map(bool, cells))} cells could be read.")
    lesson = re.search(r'"vae_course"\s*:\s*\{[^{}]*"lesson"\s*:\s*"(\w+)"', text)
    return {"cells": cells, "metadata": {"vae_course": {"lesson": lesson[1]}} if lesson else {}}
