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

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "vae_course"
MODULES = sorted(PACKAGE.rglob("*.py"))

# Everything that the student edition lacks, and what the sandbox of the grader lacks besides.
NOT_FOR_STUDENTS = ("reference", "grading", "authoring")
NOT_FOR_SANDBOX = ("exercises", "learning")
ROOF = {"cli", "doctor", "workspace"}

# What each part of the package must not import. (Only the roof imports authoring, so every line forbids it.)
UPPER = {"reference", "exercises", "learning", "grading", "authoring"} | ROOF
FORBIDDEN = {
    "given": UPPER,
    "training": UPPER,
    "checkpoints": UPPER,
    "curves": UPPER,
    "evaluation": UPPER,
    "importance": UPPER,
    "figures": UPPER,
    "notebooks": UPPER,
    "answers": UPPER,
    "silent": UPPER,
    "stage": UPPER,
    "reference": UPPER - {"reference"},
    "exercises": UPPER - {"exercises"},  # they know the maths, never who asks, and share no code with the answer key
    "learning": UPPER - {"learning", "exercises"},
    "grading": UPPER - {"grading", "exercises", "reference"},
    "authoring": ROOF,
}
# The ground: these know nothing of the package but themselves.
GROUND = {"nns", "data", "weights", "jupyter", "threads"}

LONGEST = 250

INDEX_HOSTS = re.compile(
    r"pypi\.org|pythonhosted\.org|download\.pytorch\.org|registry\.npmjs|conda\.anaconda\.org|deb\.debian\.org"
)
CPU_INDEX = "https://download.pytorch.org/whl/cpu"
MACHINE_PATHS = re.compile(r"(?<![\w.~/<-])/(?:work|opt|root)/[\w.]|\.\./shared\b|/shared/DESIGN")


def part_of(path: Path) -> str:
    """The part of the package that a module belongs to: "given" for given.py, "figures" for figures/plots.py."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


PARTS = {part_of(path) for path in MODULES} - {"__init__"}


def imported_parts(path: Path) -> Iterator[tuple[str, int]]:
    """(part, line) for every import of this package in a module, those inside functions included."""
    package = ["vae_course", *path.relative_to(PACKAGE).parts[:-1]]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            start = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*start, *([node.module] if node.module else [])])
            names = [f"{module}.{alias.name}" for alias in node.names] if module == "vae_course" else [module]
        else:
            continue
        for name in names:
            if name.startswith("vae_course."):
                yield name.split(".")[1], node.lineno


def test_every_part_of_the_package_has_its_place_in_the_import_rule():
    unplaced = PARTS - set(FORBIDDEN) - GROUND - ROOF
    assert not unplaced, f"new in vae_course/: {unplaced}; say in FORBIDDEN or GROUND what it may not import"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_downwards_only(path: Path):
    part = part_of(path)
    if part == "__init__" or part in ROOF:
        return
    forbidden = PARTS - {part} if part in GROUND else FORBIDDEN[part]
    wrong = [f"line {line}: imports {name}" for name, line in imported_parts(path) if name in forbidden]
    assert not wrong, f"{part} must not: {wrong}"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_is_readable_in_one_sitting(path: Path):
    name = str(path.relative_to(ROOT))
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= LONGEST, f"{name} has {lines} lines; split it at {LONGEST}"
    assert path.stem not in ("utils", "util", "helpers", "misc"), "say what is in it"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_library_prints_nothing_and_imports_no_stars(path: Path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    stars = [node.lineno for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.names[0].name == "*"]
    assert not stars, f"import * in line {stars}"
    if part_of(path) in {"cli", "authoring"}:
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


# The worker's own files, which exist in the sandbox; the rest of grading does not.
FOR_SANDBOX = {"__init__.py", "confinement.py", "protocol.py", "serving.py", "worker.py"}


def test_what_runs_in_the_sandbox_imports_nothing_that_it_lacks():
    for path in PACKAGE.joinpath("grading").glob("*.py"):
        if path.name in FOR_SANDBOX:
            lacking = [(name, line) for name, line in imported_parts(path) if name in UPPER - {"grading"}]
            assert not lacking, f"{path.name}: {lacking}"


LIBRARY = "from vae_course import given, training, evaluation, figures, notebooks, nns, data, stage\n"


def test_the_student_edition_imports_without_the_answer_key(tmp_path: Path):
    folder = package_without(tmp_path, *NOT_FOR_STUDENTS)
    run_python(folder, LIBRARY + "from vae_course import check, hint, progress, solved, fit, load_mnist")


def test_the_sandbox_imports_without_exercises_and_the_learners_names_do_nothing(tmp_path: Path):
    folder = package_without(tmp_path, *NOT_FOR_STUDENTS, *NOT_FOR_SANDBOX)
    code = """
from vae_course import check, hint, progress, solved, fit, load_mnist
def sample_gaussian(m, v): return m
check(sample_gaussian), check(3.0, "two_boxes", quiet=True), hint("kl_normal"), progress()
assert not solved(sample_gaussian)
"""
    assert run_python(folder, LIBRARY + code) == "", "the stand-ins must be silent"


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
