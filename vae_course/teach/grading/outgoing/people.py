"""people.json in the marks folder: under which name the marks of whom stand, by the keys by which people are known."""

import json
from collections.abc import Mapping
from pathlib import Path

from vae_course.teach.grading.outgoing.results import FolderRefused, write_whole

PEOPLE = "people.json"


def known(folder: Path) -> dict[str, str]:
    """Names by key; empty where there are no marks yet.

    Raises:
        FolderRefused: the file is damaged.
    """
    try:
        found = json.loads((folder / PEOPLE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError:
        found = None
    if not isinstance(found, dict) or not all(isinstance(name, str) for name in found.values()):
        raise FolderRefused(
            f"{folder / PEOPLE} is damaged; take another --out, or put back the copy that you have of it."
        )
    return found


def keep(folder: Path, people: Mapping[str, str]) -> None:
    """Add names by key, before anything of theirs is written."""
    write_whole(folder / PEOPLE, json.dumps(known(folder) | dict(people), indent=1) + "\n")
