"""`vae-course release`: the edition for students, in a folder to hand out.

    vae-course release --to FOLDER [--lessons 01-05 | short | core | all] [--no-checks | --classroom]

In it lie `START-HERE.html`, the students' wheel (the course without solutions, answer key and teachers' tools), `notebooks/`, `environment.yml` with
`constraints.txt`, and `release.json` with the version and every file's SHA-256. Before the folder is there, every file of it is searched for
answers. With --no-checks, for an exam, nothing in it judges an answer. With
--classroom it is the template of an assignment in GitHub Classroom, which has a workflow with a test for each exercise.
"""

import argparse
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import nbformat
from jinja2 import Environment

from vae_course import workspace
from vae_course.checks.lessons import EXERCISES
from vae_course.teach.authoring.beside import beside
from vae_course.teach.authoring.leaks import solved_regions
from vae_course.teach.authoring.lesson_source import read_lesson
from vae_course.teach.authoring.release import classroom
from vae_course.teach.authoring.release.lessons import ALL, chosen, for_students
from vae_course.teach.authoring.release.search import solving
from vae_course.teach.authoring.release.wheel import student_wheel
from vae_course.teach.authoring.repository import Repository
from vae_course.teach.course_wheel import build_wheel

FACTS = "release.json"
GUIDE = "START-HERE.html"
_TITLE = re.compile(r"^# (.+)$", re.M)
_STILL = (
    "Nothing in it solves an exercise as it is. A determined reader finds in its checks what they compare with ({}); see docs/marking.md.",
    "Nothing in it judges an answer. A determined reader still finds what later lessons are lent of earlier ones (vae_course.given), and what measures and draws (evaluation, importance, figures); see docs/marking.md.",
)


class Solves(Exception):
    """Something in an edition for students solves an exercise. The message has a line for each place."""


def main(argv: list[str]) -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="vae-course release", description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument(
        "--to", required=True, metavar="FOLDER", help="a new folder, or an earlier release, which is replaced"
    )
    parser.add_argument(
        "--lessons",
        default=ALL,
        metavar="LESSONS",
        help="01-05, or 01,03, or core: without what is beyond it, or short: the core but the capstone",
    )
    parser.add_argument("--no-checks", action="store_true", help="answers are not checked at once, as in an exam")
    parser.add_argument("--classroom", action="store_true", help="with the workflow by which GitHub Classroom marks")
    arguments = parser.parse_args(argv)
    if arguments.no_checks and arguments.classroom:
        parser.error("--classroom runs the checks, which --no-checks leaves out.")
    root, out = workspace.clone(), Path(arguments.to).resolve()
    if root is None:
        print("vae-course: an edition for students is made in a clone of the repository.", file=sys.stderr)
        return 2
    try:
        lessons = chosen(arguments.lessons)
    except ValueError as error:
        print(f"vae-course: --lessons: {error}", file=sys.stderr)
        return 2
    earlier = files_of(out)
    if out.exists() and (not out.is_dir() or any(out.iterdir()) and not earlier):
        print(f"vae-course: {out} is not empty, and no release; name another folder, or empty it.", file=sys.stderr)
        return 2
    try:
        with beside(out) as made:
            version = release(root, made, lessons, not arguments.no_checks, arguments.classroom)
            for name, digest in earlier.items():  # what else lies there is not ours
                old = out / name
                if digest and old.is_file() and _sha256(old) != digest and (made / name).exists():
                    print(f"replaced {name}, which had been changed since the last release")
                old.unlink(missing_ok=True)
            shutil.copytree(made, out, dirs_exist_ok=True)
    except subprocess.CalledProcessError as error:
        print(
            f"vae-course: no release was made; `{' '.join(map(str, error.cmd[1:4]))}` says above why.", file=sys.stderr
        )
        return 1
    except Solves as error:
        print(f"vae-course: no release was made; it would have held answers:\n{error}", file=sys.stderr)
        return 1
    size = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
    print(
        f"{out}: {version}, {len(lessons)} lessons ({', '.join(lessons)}), {size / 1e6:,.0f} MB. Students open {GUIDE}."
    )
    print(_STILL[1] if arguments.no_checks else _STILL[0].format("truths and known mistakes"))
    return 0


def release(root: Path, out: Path, lessons: tuple[str, ...], checks: bool, for_classroom: bool = False) -> str:
    """Make the folder.

    Args:
        root: the clone.
        out: the folder to be made.
        lessons: those that are handed out.
        checks: whether answers are checked at once.
        for_classroom: whether GitHub Classroom's workflow goes along.

    Returns:
        the edition's version.

    Raises:
        Solves: something in it would solve an exercise.
        subprocess.CalledProcessError: the wheel could not be built.
    """
    out.mkdir(parents=True)
    repository = Repository.of(root)
    notebooks = {
        f"{lesson}.ipynb": for_students(
            (root / "notebooks" / f"{lesson}.ipynb").read_text("utf-8"), lessons, repository
        )
        for lesson in lessons
    }
    with tempfile.TemporaryDirectory() as folder:
        wheel = student_wheel(build_wheel(root, Path(folder)), notebooks, checks, out)
    version = wheel.name.split("-")[1]
    (out / "notebooks").mkdir()
    for name, text in notebooks.items():
        (out / "notebooks" / name).write_text(text, encoding="utf-8")
    shutil.copyfile(root / "constraints.txt", out / "constraints.txt")
    environment = (root / "environment.yml").read_text(encoding="utf-8")
    environment = environment.replace("      - nbval\n", "").replace("- -e .", f"- ./{wheel.name}")
    (out / "environment.yml").write_text(environment, encoding="utf-8")
    if for_classroom:
        index = re.search(r"--extra-index-url (\S+)", environment)
        (out / classroom.PATH).parent.mkdir(parents=True)
        (out / classroom.PATH).write_text(
            classroom.workflow(lessons, wheel.name, index[1] if index else ""), encoding="utf-8"
        )
    template = Environment(autoescape=True, trim_blocks=True).from_string(
        Path(__file__).with_name("guide.html").read_text(encoding="utf-8")
    )
    titles = [_TITLE.search(nbformat.reads(text, as_version=4).cells[1].source)[1] for text in notebooks.values()]  # type: ignore[index]
    guide = template.render(
        classroom=for_classroom, lessons=lessons, titles=titles, checks=checks, wheel=wheel.name, version=version
    )
    (out / GUIDE).write_text(guide, encoding="utf-8")
    sources = (read_lesson(path, EXERCISES)[0] for path in sorted((root / "solutions").glob("*.py")))
    if found := solving(out, solved_regions(sources)):
        raise Solves("\n".join(found))
    files = {path.relative_to(out).as_posix(): _sha256(path) for path in sorted(out.rglob("*")) if path.is_file()}
    facts = {"version": version, "commit": _commit(root), "lessons": lessons, "checks": checks, "sha256": files}
    (out / FACTS).write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    return version


def files_of(folder: Path) -> dict[str, str]:
    """The files of an earlier release in a folder and their hashes; empty if there is none."""
    try:
        facts = json.loads((folder / FACTS).read_text(encoding="utf-8"))
        found = {str(name): str(digest) for name, digest in facts["sha256"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}
    inside = all((folder / name).resolve().is_relative_to(folder) for name in found)
    return found | {FACTS: ""} if inside else {}


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _commit(root: Path) -> str:
    """Which state of the repository was released, with "-dirty" behind it where something was not committed; empty without git."""
    try:
        done = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=root, capture_output=True, text=True)
    except FileNotFoundError:
        return ""
    return done.stdout.strip() if re.fullmatch(r"\S+\n", done.stdout) else ""
