"""`vae-course grade --with`: a teacher adds a package to what answers may import, and nothing else of the place where it lies."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.submissions.hand_in import HEAD, LESSON, HandIn, Row, correct, raised
from tests.submissions.run import differences, rows
from vae_course import cli

HALVES = """
from halves import half
def kl_normal(qm, qv, pm, pv):
    return half(((pv / qv).log() + (qv + (qm - pm) ** 2) / pv - 1).sum(-1))
"""
INSIDE = """
def log_normal(x, m, v):
    import twofold
    return -0.5 * ((2 * torch.pi * v).log() + (x - m) ** 2 / v).sum(-1)
"""
LOOKS = """
def kl_normal(qm, qv, pm, pv):
    import halves
    place = os.path.dirname(os.path.dirname(halves.__file__))
    def empty(*parts):
        folder = os.path.join(place, *parts)
        return not os.path.exists(folder) or not os.listdir(folder)
    names = sorted(os.listdir(place))
    try:
        open(os.path.join(place, "halves", "mine.py"), "w").close()
        names.append("writable")
    except OSError:
        pass
    raise LookupError(f"{names} {empty('vae_course')} {empty('halves', 'vae_course')} {empty('secret_plans')}")
"""
MISSING = Row("raised", says="No module named 'halves': it is neither installed where this runs nor handed in")


def package(folder: Path, name: str, text: str, *needs: str) -> None:
    """A package as pip leaves it, with its record."""
    (folder / name).mkdir(parents=True)
    (folder / name / "__init__.py").write_text(text, encoding="utf-8")
    about = folder / f"{name}-1.0.dist-info"
    about.mkdir()
    lines = ["Metadata-Version: 2.1", f"Name: {name}", "Version: 1.0", *(f"Requires-Dist: {need}" for need in needs)]
    (about / "METADATA").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (about / "RECORD").write_text(f"{name}/__init__.py,,\n{about.name}/METADATA,,\n", encoding="utf-8")


@pytest.fixture
def extras(tmp_path: Path) -> Path:
    """Two packages, of which one needs the other, and what nobody is to see."""
    folder = tmp_path / "extras"
    package(
        folder,
        "halves",
        "from twofold import TWO\ndef half(x): return x / TWO\n",
        "twofold>=1; python_version > '3'",
        "more; extra == 'all'",
    )
    package(folder, "twofold", "TWO = 2\n")
    package(folder, "stranger", "")
    for place in (folder / "vae_course", folder / "halves" / "vae_course"):
        package(place, "teach", "a secret of the grader")
    return folder


def written(folder: Path, *hand_ins: HandIn) -> None:
    folder.mkdir(exist_ok=True)
    for hand_in in hand_ins:
        (folder / hand_in.path).write_text(str(hand_in.form(hand_in, hand_in.text)), encoding="utf-8")


Graded = Callable[..., list[str]]


@pytest.fixture
def graded(tmp_path: Path) -> Graded:
    def marked(hand_in: HandIn, *options: str) -> list[str]:
        written(tmp_path / "class", hand_in)
        cli.main(["grade", str(tmp_path / "class"), "--out", str(tmp_path / "marks"), *options])
        return differences(hand_in, rows(tmp_path / "marks" / "marks.csv"))

    return marked


@pytest.mark.slow
def test_without_it_the_row_says_which_package_is_missing_and_how_it_is_added(graded: Graded):
    rows = {"kl_normal": MISSING, "log_normal": raised("There is no package twofold here")}
    for needed, name in (("halves", "kl_normal"), ("twofold", "log_normal")):
        says = rows | {name: raised(f"vae-course grade --with {needed}")}
        assert not graded(HandIn("ada", "Needs packages.", HEAD + HALVES + INSIDE, says))


def test_a_folder_of_packages_is_there_with_it_and_answers_that_need_them_are_right(graded: Graded, extras: Path):
    right = HandIn(
        "ada", "Needs packages.", HEAD + HALVES + INSIDE, {"kl_normal": correct(6), "log_normal": correct(5)}
    )
    assert not graded(right, "--with", f"{extras}/")


def test_a_package_that_this_python_imports_brings_what_it_needs_and_nothing_else(
    graded: Graded, extras: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.syspath_prepend(str(extras))
    right = HandIn(
        "ada", "Needs packages.", HEAD + HALVES + INSIDE, {"kl_normal": correct(6), "log_normal": correct(5)}
    )
    assert not graded(right, "--with", "halves")
    assert "halves" not in sys.modules, "a package of a student's choice is not imported by the grader"


@pytest.mark.parametrize("by_name", [True, False])
def test_it_is_read_only_and_no_copy_of_the_course_comes_along(
    by_name: bool, graded: Graded, extras: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.syspath_prepend(str(extras))
    names = ["halves", "twofold"] if by_name else ["halves", "stranger", "twofold"]
    looks = HandIn("eve", "Looks around.", HEAD + LOOKS, {"kl_normal": raised(f"{names} True True True")})
    assert not graded(looks, "--with", "halves" if by_name else f"{extras}/")


@pytest.mark.slow
def test_several_processes_show_it_too(tmp_path: Path, extras: Path):
    right = [HandIn(name, "Needs packages.", HEAD + HALVES, {"kl_normal": correct(6)}) for name in ("ada", "bob")]
    written(tmp_path / "class", *right)
    options = ["--out", str(tmp_path / "marks"), "--jobs", "2", "--with", f"{extras}/"]
    assert cli.main(["grade", str(tmp_path / "class"), *options]) == 0
    found = rows(tmp_path / "marks" / "marks.csv")
    assert not [line for hand_in in right for line in differences(hand_in, found)]


REFUSED = {
    "no_such_package": "no_such_package is not installed in the Python that marks. If it is a package that you know",
    "vae_course": "vae_course is in the sandbox, without what answers an exercise",
    "vae-course": "without what answers an exercise",
    "no/such/folder": "no/such/folder is no folder",
    "{tmp}/empty/": "holds no package; fill it with: pip install --target",
    "{tmp}/": "which no student's code may see",
    "{clone}/": "which no student's code may see",
}


@pytest.mark.parametrize("asked", REFUSED)
def test_what_cannot_be_added_is_said_before_anything_runs(
    asked: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    (tmp_path / "empty").mkdir()
    (tmp_path / "class" / "ada").mkdir(parents=True)
    (tmp_path / "class" / "ada" / f"{LESSON}.py").write_text(HALVES, encoding="utf-8")
    clone = Path(cli.__file__).resolve().parents[1]
    options = ["--out", str(tmp_path / "marks"), "--with", asked.format(tmp=tmp_path, clone=clone)]
    assert cli.main(["grade", str(tmp_path / "class"), *options]) == 2
    assert REFUSED[asked] in capsys.readouterr().err and not (tmp_path / "marks").exists()


def test_without_the_sandbox_nothing_is_added(tmp_path: Path, extras: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "class").mkdir()
    (tmp_path / "class" / f"{LESSON}.py").write_text(HALVES, encoding="utf-8")
    options = ["--out", str(tmp_path / "marks"), "--no-sandbox", "--with", f"{extras}/"]
    assert cli.main(["grade", str(tmp_path / "class"), *options]) == 2
    assert "--with adds to the sandbox" in capsys.readouterr().err
