"""The rules of the house: who imports whom, how long a module is, what no file may contain."""

import ast
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from vae_course.runner.rooms import NOT_FOR_STUDENTS, NOT_IN_SANDBOX, ROOMS

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "vae_course"
MODULES = sorted(PACKAGE.rglob("*.py"))

# The floors, from the ground up. A module imports from its own floor and from those below; on the ground only from its own part.
FLOORS = (
    ("nns", "data", "weights", "threads", "printable", "emphasis", "sliders", "jupyter"),
    (
        "curves",
        "checkpoints",
        "training_inputs",
        "training",
        "importance",
        "evaluation",
        "given",
        "figures",
        "workspace",
        "unchecked",
        "updating",
    ),
    ("runner",),
    ("checks.around", "checks.engine"),
    ("checks.worlds",),
    ("checks.lessons",),
    ("checks.learning",),
    ("teach.reference",),
    ("teach.grading", "teach.course_wheel"),
    ("teach.gradescope", "teach.cluster"),
    ("teach.items",),
    ("teach.authoring",),
    ("cli", "doctor"),
)
FLOOR_OF = {part: number for number, parts in enumerate(FLOORS) for part in parts}

LONGEST = 250
CATALOGUES = ("mistakes.py",)
LONGER = {
    "vae_course/cli.py": "every command, with what it says",
    "vae_course/checks/lessons/iwae/log_weights/checks.py": "the checks of one exercise",
    "vae_course/checks/worlds/bound_tools.py": "what the checks of both bounds share: reading, allowing for chance, telling",
    "vae_course/checks/worlds/decoders.py": "designed decoders, and what their images betray",
    "vae_course/checks/worlds/elbo.py": "the checks of one method: its bound, its KL, its noise, its gradients",
    "vae_course/checks/worlds/iwae.py": "the checks of one method: its bound, and what it returns beside it",
    "vae_course/checks/worlds/labelled.py": "designed models with a class, what is computed again of them, and what their gradients tell",
    "vae_course/teach/authoring/build.py": "one command, from sources to every built file",
}
"""Modules beyond `LONGEST`, and the one idea that would be cut in two. A catalogue may be as long as it has entries."""

INDEX_HOSTS = re.compile(
    r"pypi\.org|pythonhosted\.org|download\.pytorch\.org|registry\.npmjs|conda\.anaconda\.org|deb\.debian\.org"
)
CPU_INDEX = "https://download.pytorch.org/whl/cpu"
MACHINE_PATHS = re.compile(r"(?<![\w.~/<-])/(?:work|opt|root)/[\w.]|\.\./shared\b|/shared/DESIGN")


def part_of(module: str) -> str:
    """The part of the package that a module belongs to: "given" for "vae_course.given", "checks.engine" for all in that folder."""
    names = module.split(".")[1:3]
    return ".".join(names if names[0] in ("checks", "teach") else names[:1])


def name_of(path: Path) -> str:
    """A module's dotted name."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imports_of(path: Path) -> Iterator[tuple[str, int]]:
    """(module, line) for every import of this package in a module, those inside functions included."""
    package = [*name_of(path).split("."), ""][: -1 if path.stem == "__init__" else -2]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            start = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*start, *([node.module] if node.module else [])])
            names = [f"{module}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            if name.startswith("vae_course."):
                yield name, node.lineno


def test_every_part_of_the_package_has_its_floor():
    parts = {part_of(name_of(path)) for path in MODULES if name_of(path).count(".") > 0}
    unplaced = parts - set(FLOOR_OF) - {"checks", "teach"}  # two rooms' own descriptions
    assert not unplaced, f"new in vae_course/: {unplaced}; give it a floor in FLOORS"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_downwards_only(path: Path):
    part = part_of(name_of(path)) if path != PACKAGE / "__init__.py" else ""
    wrong = []
    for name, line in imports_of(path):
        other = part_of(name)
        if other not in FLOOR_OF:  # a name of the package itself: `from vae_course import check`
            continue
        if part not in FLOOR_OF or FLOOR_OF[other] > FLOOR_OF[part] or (FLOOR_OF[part] == 0 and other != part):
            wrong.append(f"line {line}: imports {name}")
    assert not wrong, f"{part or 'vae_course'} stands below: {wrong}"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_is_readable_in_one_sitting(path: Path):
    name = str(path.relative_to(ROOT))
    lines = len(path.read_text(encoding="utf-8").splitlines())
    if path.name not in CATALOGUES:
        assert (lines > LONGEST) == (name in LONGER), (
            f"{name} has {lines} lines: two ideas? If it is one, say so in LONGER"
        )
    assert path.stem not in ("utils", "util", "helpers", "misc"), "say what is in it"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_library_prints_nothing_and_imports_no_stars(path: Path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    stars = [node.lineno for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.names[0].name == "*"]
    assert not stars, f"import * in line {stars}"
    if path != PACKAGE / "__init__.py" and part_of(name_of(path)) in {"cli", "teach.authoring", "teach.gradescope"}:
        return
    prints = [node.lineno for node in ast.walk(tree) if _is_print(node)]
    assert not prints, f"print( in line {prints}; return text, or show a card"


def _is_print(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"


def package_without(folder: Path, *left_out: str) -> Path:
    """A copy of the package without some of its parts; returns the folder to put on the path."""
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(PACKAGE, folder / "vae_course", ignore=ignore)
    for part in left_out:
        shutil.rmtree(folder / "vae_course" / part, ignore_errors=True)
        (folder / "vae_course" / f"{part}.py").unlink(missing_ok=True)
    return folder


def run_python(folder: Path, code: str) -> str:
    """What a fresh interpreter prints that finds the package in `folder`; its error becomes the test's."""
    # The editable install finds what the copy lacks: away with it, and then state which copy is tested.
    head = (
        "import sys; sys.meta_path[:] = [f for f in sys.meta_path if 'editable' not in getattr(f, '__module__', '')]\n"
    )
    head += f"import vae_course; assert vae_course.__file__.startswith({str(folder)!r}), vae_course.__file__\n"
    done = subprocess.run(
        [sys.executable, "-c", head + code],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


IMPORT_ALL = """
import importlib, pkgutil
for found in pkgutil.walk_packages(vae_course.__path__, "vae_course."):
    importlib.import_module(found.name)
"""


@pytest.mark.parametrize("rooms", range(len(ROOMS) + 1))
def test_every_level_of_the_house_stands_without_those_above(rooms: int, tmp_path: Path):
    folder = package_without(tmp_path, *ROOMS[rooms:])
    run_python(folder, IMPORT_ALL)


def test_the_student_edition_checks_without_the_answer_key(tmp_path: Path):
    folder = package_without(tmp_path, *NOT_FOR_STUDENTS)
    code = "from vae_course import check, hint, progress, solved, fit, load_mnist\nassert not check(3.0, 'two_boxes', quiet=True)"
    run_python(folder, code)


def test_in_the_sandbox_the_learners_names_do_nothing(tmp_path: Path):
    folder = package_without(tmp_path, *NOT_IN_SANDBOX)
    code = """
import vae_course
from vae_course import check, hint, predict, progress, solution, solved, fit, load_mnist
for name in set(vae_course.__all__) - {"evaluate"}:  # which would answer an exercise
    getattr(vae_course, name)
def sample_gaussian(m, v): return m
check(sample_gaussian), check(3.0, "two_boxes", quiet=True), hint("kl_normal"), progress(), solution("kl_normal")
predict("00.sure").was()
assert not solved(sample_gaussian)
"""
    assert run_python(folder, code) == "", "the stand-ins must be silent"


def tracked_files() -> list[Path]:
    """The text files that git knows, or in an unpacked archive all that are not built."""
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if listing.returncode == 0:
        paths = [ROOT / name for name in listing.stdout.split("\0") if name]
    else:
        ignored = {".venv", "work", "build", "__pycache__", ".git"}
        paths = [path for path in ROOT.rglob("*") if not ignored & set(path.relative_to(ROOT).parts)]
    return [path for path in paths if path.is_file() and path.suffix not in {".safetensors", ".zlib", ".png", ".ico"}]


def lines_with(pattern: re.Pattern[str]) -> list[tuple[str, str]]:
    """(file, line) for every line of a tracked file in which `pattern` is found. This file spells the patterns out."""
    found = []
    for path in tracked_files():
        if path == Path(__file__).resolve():
            continue
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            if pattern.search(line):
                found.append((str(path.relative_to(ROOT)), line.strip()[:200]))
    return found


def test_no_file_names_a_package_index_but_the_cpu_index_once_in_each_of_two():
    found = lines_with(INDEX_HOSTS)
    assert sorted(name for name, _ in found) == ["Makefile", "environment.yml"], found
    assert all(line.count(CPU_INDEX) == 1 for _, line in found)


def test_no_file_names_a_path_of_somebodys_machine():
    assert not lines_with(MACHINE_PATHS)
