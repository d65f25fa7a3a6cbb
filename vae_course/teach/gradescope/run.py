"""Mark the one submission of a Gradescope container, and write results.json. Run as root by `run_autograder`.

In namespaces where they can be made; elsewhere at the second level, which `extra_data` and the instructor's output say.
"""

import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from vae_course.checks.lessons import EXERCISES, Exercise
from vae_course.emphasis import without_signs
from vae_course.teach.gradescope.second_level import SAID, SecondLevel, available, hand_over, landlocked
from vae_course.teach.grading.deciding.rules import FILE as RULES
from vae_course.teach.grading.deciding.standing import Standing
from vae_course.teach.grading.grade import Options, grade
from vae_course.teach.grading.keeping.files import write_whole
from vae_course.teach.grading.keeping.folder import shown
from vae_course.teach.grading.marks import NOT_HANDED_IN
from vae_course.teach.grading.outgoing.everything import decide
from vae_course.teach.grading.outgoing.pages.student import NOT_BEGUN, details
from vae_course.teach.grading.sandbox import sandbox

SETTINGS = "settings.json"
STUDENT = "submission"
"""What the one student of a container is called."""


def main(root: Path) -> int:
    """Mark what lies in `root/submission` as `root/source/settings.json` says, into `root/results/results.json`.

    Returns 1, and writes no results, where an exercise needs a person because of a fault of ours: Gradescope then tells the instructor.
    """
    begun = time.monotonic()
    lessons = json.loads((root / "source" / SETTINGS).read_text(encoding="utf-8"))["lessons"]
    second = bool(sandbox.available())
    os.umask(0o077)  # nothing that is written here is for anybody else
    with tempfile.TemporaryDirectory(prefix="vae-course-") as folder:
        place = Path(folder)
        place.chmod(0o711)
        hand_in, out = place / "class" / STUDENT, place / "marks"
        shutil.copytree(root / "submission", hand_in, symlinks=True)
        hand_over(place / "class")
        out.mkdir(mode=0o711)
        (out / RULES).write_text(f"lessons = {json.dumps(lessons)}\n", encoding="utf-8")
        if second and (missing := available((out,))):
            raise SystemExit(f"vae-course: {missing}")
        with SecondLevel() if second else nullcontext() as there:
            report = grade(Options(place / "class", out), confirm=lambda question: False, level=there)
        with shown(out) as found:
            everything = decide(found, out)
            notes = [note for name in found.students() for note in found.notes(name)]
    print(report.text)
    rows = {row.exercise: row for row in everything.rows}
    if faults := [name for name, row in rows.items() if row.status == "grader error"]:
        print(f"A fault of the grader's own; a person has to mark: {', '.join(faults)}.", file=sys.stderr)
        return 1
    level = "second" + ("" if landlocked() else ", without Landlock") if second else "namespaces"
    facts = results([e for e in EXERCISES.values() if e.lesson in lessons], rows, notes, level)
    facts["execution_time"] = round(time.monotonic() - begun)
    write_whole(root / "results" / "results.json", json.dumps(facts, indent=1))
    if second:
        print(SAID)
    return 0


def results(
    exercises: Sequence[Exercise], rows: dict[str, Standing], notes: Sequence[str], level: str
) -> dict[str, Any]:
    """What Gradescope reads: a test for each exercise.

    Args:
        exercises: those that count, in the course's order.
        rows: by exercise, what was found.
        notes: sentences on the student's files.
        level: how their code was confined.
    """
    begun = {name for name, row in rows.items() if row.status not in NOT_BEGUN}
    wanted = [exercise for exercise in exercises if exercise.points or exercise.name in begun]
    return {
        "output": "\n".join(notes),
        "output_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "extra_data": {"sandbox": level},
        "tests": [_test(exercise, rows.get(exercise.name)) for exercise in wanted],
    }


def _test(exercise: Exercise, row: Standing | None) -> dict[str, Any]:
    said = [f"Nothing of this exercise was handed in ({NOT_HANDED_IN})."] if row is None else _said(row)
    return {
        "number": exercise.number,
        "name": f"{exercise.name}: {exercise.title}",
        "score": row.points if row else 0,
        "max_score": exercise.points,
        "status": "passed" if row and row.status == "correct" else "failed",
        "output": "\n".join(said),
        "output_format": "text",
        "visibility": "visible",
    }


def _said(row: Standing) -> list[str]:
    checks = [f"{how}: {name}" for name, how, *_ in details(row)["checks"]]
    return [line for line in (row.status, without_signs(row.message), *checks) if line]


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
