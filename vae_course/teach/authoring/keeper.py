"""Write notebooks, but only over files that the build made and nobody has touched since; and find drift.

Every built notebook carries in its metadata, under vae_course.built, the sha256 of all the rest of it.
"""

import copy
import hashlib
import json
import os
from pathlib import Path

import nbformat
from nbformat import NotebookNode


def seal(notebook: NotebookNode) -> str:
    """The file's text, with the hash of its contents in it."""
    notebook.metadata["vae_course"]["built"] = content_sha256(notebook)
    return nbformat.writes(notebook, version=nbformat.NO_CONVERT).rstrip("\n") + "\n"


def content_sha256(notebook: NotebookNode) -> str:
    bare = copy.deepcopy(notebook)
    bare.metadata.get("vae_course", {}).pop("built", None)
    # The file form, where long text is split into lines, is one more thing that may differ and says nothing.
    return hashlib.sha256(json.dumps(bare, sort_keys=True).encode()).hexdigest()


def read(path: Path) -> NotebookNode | None:
    """The notebook as it is; None if the file can not be read as one."""
    try:
        notebook = nbformat.reads(path.read_text(encoding="utf-8"), as_version=nbformat.NO_CONVERT)
    except Exception:  # whatever nbformat raises about a file that is no notebook
        return None
    return notebook if isinstance(notebook.get("metadata"), dict) else None


def is_ours(notebook: NotebookNode | None) -> bool:
    """Made by the build, and unchanged since."""
    if notebook is None:
        return False
    return bool(notebook.metadata.get("vae_course", {}).get("built") == content_sha256(notebook))


def write(path: Path, text: str) -> bool:
    """Atomically, and only if the text differs, so that a second build touches nothing."""
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".tmp")
    temporary.write_text(text, encoding="utf-8")
    os.replace(temporary, path)
    return True


def first_difference(fresh: NotebookNode, found: NotebookNode) -> str:
    """The first difference in words, outputs and execution counts left aside; "" if there is none."""
    if (fresh.nbformat, fresh.nbformat_minor) != (found.get("nbformat"), found.get("nbformat_minor")):
        return f"nbformat {found.get('nbformat')}.{found.get('nbformat_minor')} instead of {fresh.nbformat}.5"
    for number, (new, old) in enumerate(zip(fresh.cells, found.cells, strict=False), 1):
        name = f"cell {number} ({_opening(new.source)})"
        if new.cell_type != old.get("cell_type"):
            return f"{name} is {old.get('cell_type')} instead of {new.cell_type}"
        if new.source != old.get("source"):
            return f"{name} has other text: {_first_line(new.source, old.get('source', ''))}"
        if new.id != old.get("id"):
            return f"{name} has the id {old.get('id')} instead of {new.id}"
        difference = _differing_key(new.metadata, old.get("metadata", {}))
        if difference:
            return f"{name}, metadata: {difference}"
    if len(fresh.cells) != len(found.cells):
        return f"{len(found.cells)} cells instead of {len(fresh.cells)}"
    # Last, because a changed cell changes the code's hash in there too, and the cell says more.
    difference = _differing_key(_without_seal(fresh), _without_seal(found))
    return f"notebook metadata: {difference}" if difference else ""


def _without_seal(notebook: NotebookNode) -> dict[str, object]:
    metadata = copy.deepcopy(dict(notebook.metadata))
    metadata.get("vae_course", {}).pop("built", None)
    return metadata


def _differing_key(new: dict[str, object], old: dict[str, object]) -> str:
    for key in sorted({*new, *old}):
        if new.get(key) != old.get(key):
            return f"{key} is {json.dumps(old.get(key))[:120]} instead of {json.dumps(new.get(key))[:120]}"
    return ""


def _opening(source: str) -> str:
    return next((line.strip()[:40] for line in source.splitlines() if line.strip()), "empty")


def _first_line(new: str, old: str) -> str:
    for fresh, found in zip(new.splitlines(), old.splitlines(), strict=False):
        if fresh != found:
            return f"`{found.strip()[:60]}` instead of `{fresh.strip()[:60]}`"
    return f"{len(old.splitlines())} lines instead of {len(new.splitlines())}"
