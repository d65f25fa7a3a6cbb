"""Gradescope's `submission_metadata.yml`: whose the folders `submission_123` are. Its few forms are read here, not all of YAML."""

import re
import zipfile
from collections.abc import Sequence
from dataclasses import replace

from vae_course.teach.grading.incoming.archives import ArchiveRefused, objection, open_zip
from vae_course.teach.grading.incoming.items import Item
from vae_course.teach.grading.incoming.layouts import Owner, clean
from vae_course.teach.grading.incoming.times import read_time

METADATA = "submission_metadata.yml"
_MOST_BYTES = 16 * 2**20
_SUBMISSION = re.compile(r"submission_\d+")
_TIME = re.compile(r"\s+:?created_at:\s*(.*?)\s*")
_FIELD = re.compile(r"\s+(?:- )?:?(name|sid|email):\s*(.*?)\s*")


def submitters(items: Sequence[Item]) -> dict[str, Owner]:
    """By the folder's name, who handed it in; several who did so together are one owner, with all their names."""
    ours = [item for item in items if not _SUBMISSION.fullmatch(item.name)]  # what lies in one is a student's
    lists = [one for item in ours for one in (item.inside if item.is_folder else [item]) if one.name == METADATA]
    owners: dict[str, Owner] = {}
    for found in lists:
        owners |= _read(_text(found))
    return owners


def _text(item: Item) -> str:
    try:
        if item.members is None:
            with item.path.open("rb") as file:
                return file.read(_MOST_BYTES).decode("utf-8", "replace")
        if objection(item.members[0]):
            return ""
        with open_zip(item.path).open(item.members[0]) as packed:
            return packed.read(_MOST_BYTES).decode("utf-8", "replace")
    except (OSError, ArchiveRefused, zipfile.BadZipFile, RuntimeError, ValueError, EOFError):
        return ""


def _read(text: str) -> dict[str, Owner]:
    people: dict[str, list[dict[str, str]]] = {}
    times: dict[str, str] = {}
    folder = ""
    listed = False
    for line in text.splitlines():
        head = re.fullmatch(r"['\"]?(submission_\d+)['\"]?:\s*", line)
        if head:
            folder, listed = head[1], False
            people[folder] = []
        elif re.fullmatch(r"\s+:?submitters:\s*", line):
            listed = True
        elif folder and (time := _TIME.fullmatch(line)):
            times[folder] = read_time(time[1].strip("'\"")) or ""
        elif listed and folder:
            field = _FIELD.fullmatch(line)
            if field is None:
                listed = line.lstrip().startswith("-")
                continue
            if line.lstrip().startswith("-"):
                people[folder].append({})
            if people[folder]:
                people[folder][-1][field[1]] = field[2].strip("'\"")
    return {
        name: replace(_owner(several), handed_in=times.get(name, "")) for name, several in people.items() if several
    }


def _owner(several: list[dict[str, str]]) -> Owner:
    words = [one.get("sid") or one.get("email") or one.get("name", "") for one in several]
    names = [one.get("name") or word for one, word in zip(several, words, strict=True)]
    return Owner(f"gradescope {' '.join(sorted(words))}", clean(", ".join(names)), words[0] if len(words) == 1 else "")
