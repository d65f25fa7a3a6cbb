"""What the grader asks the reader, and what it answers, as JSON. The answer is made of a stranger's bytes: each part of it is looked at."""

import os
from collections.abc import Callable, Collection
from datetime import datetime
from itertools import zip_longest
from pathlib import Path
from typing import Any, TypeVar

from vae_course.runner.notebooks import HandIn, Snippet
from vae_course.teach.grading.incoming.archives import open_zip
from vae_course.teach.grading.incoming.fates import ASIDE, MARKED, PERSON, Fate
from vae_course.teach.grading.incoming.hand_ins import Work
from vae_course.teach.grading.incoming.layouts import Owner
from vae_course.teach.grading.incoming.student import Packed, Student
from vae_course.teach.grading.incoming.syllabus import Syllabus
from vae_course.teach.grading.incoming.versions import File, Handed
from vae_course.teach.grading.reading.constants import decoded, encoded
from vae_course.teach.grading.reading.lint import Excerpt
from vae_course.teach.grading.reading.manifest import Manifest, Told

T = TypeVar("T")


class NoManifest(Exception):
    """The reader answered something else. The message says what."""


def student_as_json(student: Student) -> dict[str, Any]:
    """A student as a question. Members of an archive are told by their names and places: the reader opens the archive itself."""
    return {
        "name": student.name,
        "paths": [str(path) for path in student.paths],
        "packed": [
            [str(one.archive), [[m.filename, m.header_offset] for m in one.members], one.within, one.steps]
            for one in student.packed
        ],
        "notes": student.notes,
        "problem": student.problem,
        "owner": [student.owner.key, student.owner.name, student.owner.number],
        "within": student.within,
        "refused": [[fate.path, fate.fate, fate.why] for fate in student.refused],
    }


def student_from(value: dict[str, Any]) -> Student:
    """The same in the reader.

    Raises:
        ArchiveRefused, OSError: an archive cannot be opened any more.
    """
    packed = []
    for archive, members, within, steps in value["packed"]:
        infos = {(info.filename, info.header_offset): info for info in open_zip(Path(archive)).infolist()}
        packed.append(Packed(Path(archive), tuple(infos[name, place] for name, place in members), tuple(within), steps))
    return Student(
        value["name"],
        tuple(map(Path, value["paths"])),
        tuple(packed),
        tuple(value["notes"]),
        value["problem"],
        Owner(*value["owner"]),
        tuple(map(tuple, value["within"])),
        tuple(Fate(*fate) for fate in value["refused"]),
    )


def manifest_as_json(manifest: Manifest) -> dict[str, Any]:
    """A manifest as the reader's answer. A file that is the hand-in of several lessons stands in it once."""
    work = manifest.work
    files = list({id(handed.hand_in): handed.hand_in for handed in work.attempts}.values())
    return {
        "files": [_hand_in_as_json(hand_in) for hand_in in files],
        "attempts": [
            [h.lesson, next(n for n, file in enumerate(files) if file is h.hand_in), h.file, h.handed_in, h.is_late]
            for h in work.attempts
        ],
        "unreadable": work.unreadable,
        "notes": work.notes,
        "fates": [[fate.path, fate.fate, fate.why] for fate in work.fates],
        "models": [[str(model.path), model.parts, model.seconds] for model in work.models],
        "told": [
            {
                n: [t.answer, t.forbidden, t.defined, encoded(t.value), [[c.place, c.first, c.text] for c in t.code]]
                for n, t in of_attempt.items()
            }
            for of_attempt in manifest.told
        ],
    }


def _hand_in_as_json(hand_in: HandIn) -> dict[str, Any]:
    return {
        "path": str(hand_in.path),
        "lesson": hand_in.lesson,
        "cells": [[cell.place, cell.source, cell.names] for cell in hand_in.cells],
        "notes": hand_in.notes,
        "lost": dict(hand_in.lost),
        "also": hand_in.also,
        "answers": {lesson: sorted(names) for lesson, names in hand_in.answers.items()},
        "modules": hand_in.modules,
    }


def manifest_from(value: Any, syllabus: Syllabus, roots: Collection[Path]) -> Manifest:
    """The manifest that the reader answered.

    Args:
        roots: the files and folders that are the student's; any other path is none of theirs.

    Raises:
        NoManifest: it is none.
    """

    def path(text: Any) -> Path:
        found = Path(os.path.normpath(_text(text)))
        if not any(found.is_relative_to(root) for root in roots):
            raise NoManifest("a path that is none of the student's")
        return found

    def hand_in(one: Any) -> HandIn:
        return HandIn(
            path(one["path"]),
            _text(one["lesson"]),
            _many(one["cells"], lambda cell: Snippet(_text(cell[0]), _text(cell[1]), _many(cell[2], _text))),
            _many(one["notes"], _text),
            _named(one["lost"], _text),
            _many(one["also"], _text),
            _named(one["answers"], lambda names: frozenset(_many(names, _text))),
            _many(one["modules"], _text),
        )

    def told(one: Any) -> Told:
        if type(one[2]) is not bool:
            raise NoManifest(f"a {type(one[2]).__name__} in the place of a yes or no")
        code = _many(one[4], lambda part: Excerpt(_text(part[0]), int(part[1]), _text(part[2])))
        return Told(_text(one[0]), _text(one[1]), one[2], decoded(one[3]), code)

    asked = {
        lesson: {question.name for question in syllabus.questions if question.lesson == lesson}
        for lesson in syllabus.lessons
    }

    def handed(one: Any) -> Handed:
        lesson, number, file, when, is_late = one
        if _text(when):
            datetime.fromisoformat(when)
        return Handed(_one_of(syllabus.lessons, lesson), files[number], _text(file), when, is_late is True)

    try:
        files = _many(value["files"], hand_in)
        work = Work(
            _many(value["attempts"], handed),
            {_one_of(syllabus.lessons, lesson): _text(why) for lesson, why in value["unreadable"].items()},
            _many(value["notes"], _text),
            _many(
                value["fates"], lambda one: Fate(_text(one[0]), _one_of((MARKED, ASIDE, PERSON), one[1]), _text(one[2]))
            ),
            _many(value["models"], lambda one: File(path(one[0]), _many(one[1], _text), float(one[2]))),
        )
        found = _many(value["told"], lambda one: _named(one, told))
    except (KeyError, IndexError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise NoManifest(f"{type(error).__name__} {error}") from None
    for attempt, of_attempt in zip_longest(work.attempts, found):
        if attempt is None or of_attempt is None or of_attempt.keys() != asked[attempt.lesson]:
            raise NoManifest("other exercises than those of the lessons handed in")
    return Manifest(work, found)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise NoManifest(f"a {type(value).__name__} in the place of a text")
    return value


def _one_of(known: Collection[str], value: Any) -> str:
    if _text(value) not in known:
        raise NoManifest(f"{value[:50]!r} in the place of one of {', '.join(known)}")
    return value


def _many(value: Any, read: Callable[[Any], T]) -> tuple[T, ...]:
    if not isinstance(value, list):
        raise NoManifest(f"a {type(value).__name__} in the place of a list")
    return tuple(map(read, value))


def _named(value: Any, read: Callable[[Any], T]) -> dict[str, T]:
    if not isinstance(value, dict):
        raise NoManifest(f"a {type(value).__name__} in the place of an object")
    return {name: read(part) for name, part in value.items()}
