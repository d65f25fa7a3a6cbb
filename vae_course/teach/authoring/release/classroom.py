"""The workflow by which GitHub Classroom marks a repository of an assignment: one test, and its points, for each exercise.

Sources: https://github.com/classroom-resources/autograding-command-grader and .../autograding-grading-reporter
"""

from collections.abc import Sequence
from pathlib import Path

from vae_course.checks.lessons import EXERCISES

PATH = Path(".github", "workflows", "classroom.yml")
_HEAD = """name: Autograding Tests
on:
  push:
  workflow_dispatch:
  repository_dispatch:
permissions:
  checks: write
  actions: read
  contents: read
jobs:
  run-autograding-tests:
    runs-on: ubuntu-latest
    if: github.actor != 'github-classroom[bot]'
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with:
          python-version: "3.12"
      - name: Install the course
        run: |
          pip install --no-deps {index}"$(grep '^torch==' constraints.txt)"
          pip install -c constraints.txt "./{wheel}"
"""
_TEST = """      - name: {number} {name}
        id: {id}
        uses: classroom-resources/autograding-command-grader@v1
        with:
          test-name: {number} {name}
          setup-command: ""
          command: vae-course check notebooks --exercise {name} --json
          timeout: 10
          max-score: {points:g}
"""
_REPORT = """      - name: Autograding Reporter
        uses: classroom-resources/autograding-grading-reporter@v1
        env:
{results}
        with:
          runners: {runners}
"""


def workflow(lessons: Sequence[str], wheel: str, index: str) -> str:
    """The workflow's text.

    Args:
        lessons: those that count.
        wheel: the students' wheel, by name.
        index: where PyTorch's CPU build comes from, or an empty string.
    """
    counting = [exercise for exercise in EXERCISES.values() if exercise.lesson in lessons and exercise.points]
    ids = {
        exercise.name: f"exercise-{exercise.number.replace('.', '-')}-{place}"
        for place, exercise in enumerate(counting, 1)
    }
    tests = [
        _TEST.format(number=exercise.number, name=exercise.name, id=ids[exercise.name], points=exercise.points)
        for exercise in counting
    ]
    results = "\n".join(
        f'          {one.upper()}_RESULTS: "${{{{ steps.{one}.outputs.result }}}}"' for one in ids.values()
    )
    head = _HEAD.format(wheel=wheel, index=f"--extra-index-url {index} " if index else "")
    return "".join([head, *tests, _REPORT.format(results=results, runners=",".join(ids.values()))])
