"""The edition for students: whole without what only teachers have, and nothing in it solves an exercise."""

import ast
import hashlib
import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
import yaml

from tests.test_house import run_python
from vae_course.checks.lessons import BEYOND, CORE, EXERCISES, LESSONS
from vae_course.cli import main
from vae_course.teach.authoring.leaks import TRIVIAL, Solved, size_of
from vae_course.teach.authoring.release.classroom import workflow
from vae_course.teach.authoring.release.command import release
from vae_course.teach.authoring.release.lessons import chosen, for_students
from vae_course.teach.authoring.release.search import files_in, solving
from vae_course.teach.authoring.repository import Repository
from vae_course.updating import SET_UP, identity

ROOT = Path(__file__).resolve().parents[3]
RIGHT = ROOT / "tests" / "checks" / "right"

SOLVED = Solved(
    Path("x.py"), 1, ("kl",), tuple(ast.parse("share = w.softmax(-1)\nreturn 1 / share.square().sum(-1)").body)
)


# ---------------------------------------------------------------- which lessons


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("all", "00 01 02 03 04 04b 05 05b 06 07 08 09 10"),
        ("core", "00 01 02 03 04 04b 05 05b 06 07"),
        ("short", "00 01 02 03 04 04b 05 05b 06"),
        ("01-03", "01 02 03"),
        ("01-04", "01 02 03 04 04b"),
        ("04", "04"),
        ("00, 02-03, 04b", "00 02 03 04b"),
        ("3,02_kl_divergence", "02 03"),
    ],
)
def test_lessons_are_chosen_by_number_name_and_range_in_the_course_s_order(text: str, numbers: str):
    assert [lesson.partition("_")[0] for lesson in chosen(text)] == numbers.split()


@pytest.mark.parametrize("text", ["99", "01-99", "", "05-01", "01-", "-01", "one"])
def test_what_is_no_lesson_is_told(text: str):
    with pytest.raises(ValueError, match="there is no lesson|runs backwards"):
        chosen(text)


def test_only_the_lessons_that_say_so_are_not_on_the_short_path():
    texts = {path.stem: path.read_text(encoding="utf-8") for path in (ROOT / "solutions").glob("*.py")}
    assert set(CORE) - set(chosen("short")) == {lesson for lesson in CORE if "Not on the short path" in texts[lesson]}
    assert not set(BEYOND) & set(chosen("short"))


def test_a_lesson_leads_to_nothing_that_is_not_handed_out():
    repository = Repository("owner/name", "main")
    text = (ROOT / "notebooks" / "07_capstone.ipynb").read_text(encoding="utf-8")
    built = nbformat.reads(text, as_version=4)
    title = next(cell for cell in built.cells if cell.cell_type == "markdown")
    title.source += f"\n\n{repository.links('07_capstone')}"
    built.cells.append(
        nbformat.v4.new_markdown_cell("Back to [six](06_generation.ipynb#a), [here](#b), [out](https://x.org).")
    )
    made = nbformat.reads(for_students(nbformat.writes(built), ["07_capstone"], repository), as_version=4)
    whole = "\n".join(cell.source for cell in made.cells)
    assert "github" not in whole and "docs/gallery.md" not in whole and "owner/name" not in whole
    assert made.cells[-1].source == "Back to six, [here](#b), [out](https://x.org)."
    assert [cell.id for cell in made.cells if cell.id == SET_UP] == [SET_UP]
    for cell in made.cells[:-1]:
        assert cell.id == SET_UP or cell.id[:12] == identity(cell.cell_type, cell.source)


# ---------------------------------------------------------------- what solves is found


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.py", "def f(w):\n    share = w.softmax(-1)\n    return 1 / share.square().sum(-1)"),
        ("deep/er/b.py", "FORMULAS = ('1 / w.softmax(-1).square().sum(-1)',)"),
        ("c.py", "# share = w.softmax(-1)\n# return 1 / share.square().sum(-1)"),
        ("d.md", "It is `1 / w.softmax(-1).square().sum(-1)`."),
        ("e.html", "<pre>\n1 / w.softmax(-1).square().sum(-1)\n</pre>"),
        ("f.md", 'Ask for solution("kl", anyway=True) then.'),
        ("g.py", "print(solution(kl,anyway = True))"),
    ],
)
def test_what_solves_is_found_wherever_it_stands(name: str, text: str, tmp_path: Path):
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    assert len(solving(tmp_path, [SOLVED])) == 1
    path.unlink()
    with zipfile.ZipFile(tmp_path / "some.whl", "w") as wheel:
        wheel.writestr(name, text)
    [said] = solving(tmp_path, [SOLVED])
    assert said.startswith(f"some.whl/{name} ")


def test_a_solved_cell_of_a_notebook_is_found(tmp_path: Path):
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell("def f(w):\n    return 1 / w.softmax(-1).square().sum(-1)")]
    )
    nbformat.write(notebook, tmp_path / "a.ipynb")
    assert solving(tmp_path, [SOLVED])


def test_a_stub_is_not(tmp_path: Path):
    (tmp_path / "a.py").write_text("def f(w):\n    raise NotImplementedError")
    assert solving(tmp_path, [SOLVED]) == []


# ---------------------------------------------------------------- GitHub Classroom


def test_each_exercise_that_counts_is_a_test_in_classroom_with_its_points():
    steps = yaml.safe_load(workflow(("01_reparameterization", "06_generation"), "a.whl", ""))["jobs"][
        "run-autograding-tests"
    ]["steps"]
    counting = [e for e in EXERCISES.values() if e.lesson[:2] in ("01", "06") and e.points]
    tests = [step for step in steps if "command-grader" in step.get("uses", "")]
    assert [(step["with"]["test-name"].split()[1], step["with"]["max-score"]) for step in tests] == [
        (e.name, e.points) for e in counting
    ]
    assert all(f"--exercise {e.name} " in step["with"]["command"] for e, step in zip(counting, tests, strict=True))
    reporter = steps[-1]
    ids = [step["id"] for step in tests]
    assert len(set(ids)) == len(ids) and reporter["with"]["runners"] == ",".join(ids)
    assert reporter["env"] == {f"{one.upper()}_RESULTS": f"${{{{ steps.{one}.outputs.result }}}}" for one in ids}


def test_without_checks_classroom_has_nothing_to_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit):
        main(["release", "--to", str(tmp_path / "out"), "--no-checks", "--classroom"])
    assert "--classroom runs the checks" in capsys.readouterr().err


# ---------------------------------------------------------------- the command


def test_what_lies_in_the_folder_already_is_not_touched(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "theirs").write_text("mine")
    assert main(["release", "--to", str(tmp_path)]) == 2
    assert "is not empty, and no release" in capsys.readouterr().err and [p.name for p in tmp_path.iterdir()] == [
        "theirs"
    ]


@pytest.fixture
def made_of_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Making takes a minute: these tests are about where the folder goes."""

    def make(root: Path, out: Path, *_: object) -> str:
        out.mkdir(parents=True)
        (out / "START-HERE.html").write_text("new")
        digest = hashlib.sha256(b"new").hexdigest()
        (out / "release.json").write_text(json.dumps({"version": "1", "sha256": {"START-HERE.html": digest}}))
        return "1"

    monkeypatch.setattr("vae_course.teach.authoring.release.command.release", make)


def test_a_second_release_replaces_its_own_files_and_no_others(
    made_of_nothing: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    (tmp_path / "e.part").mkdir()
    (tmp_path / "e.part" / "thesis.txt").write_text("mine")
    assert main(["release", "--to", str(tmp_path / "e")]) == 0
    (tmp_path / "e" / ".git").mkdir()
    (tmp_path / "e" / ".git" / "HEAD").write_text("mine")
    (tmp_path / "e" / "START-HERE.html").write_text("edited")
    assert main(["release", "--to", str(tmp_path / "e")]) == 0
    assert "replaced START-HERE.html, which had been changed" in capsys.readouterr().out
    assert (tmp_path / "e" / ".git" / "HEAD").read_text() == "mine" == (tmp_path / "e.part" / "thesis.txt").read_text()
    assert (tmp_path / "e" / "START-HERE.html").read_text() == "new"
    assert {path.name for path in tmp_path.iterdir()} == {"e", "e.part"}


@pytest.mark.parametrize("facts", ['{"mine": 1}', "", '{"sha256": {"../../x": "1"}}'])
def test_a_file_of_the_same_name_makes_no_release(facts: str, made_of_nothing: None, tmp_path: Path):
    (tmp_path / "e").mkdir()
    (tmp_path / "e" / "release.json").write_text(facts)
    assert (
        main(["release", "--to", str(tmp_path / "e")]) == 2 and (tmp_path / "e" / "release.json").read_text() == facts
    )


def test_the_place_may_be_a_link_and_may_not_be_here(
    made_of_nothing: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "link").symlink_to(tmp_path / "empty")
    assert main(["release", "--to", str(tmp_path / "link")]) == 0 and (tmp_path / "empty" / "START-HERE.html").exists()
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "mine").touch()
    monkeypatch.chdir(tmp_path / "here")
    assert main(["release", "--to", "."]) == 2


def test_a_wrong_list_of_lessons_is_told_in_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["release", "--to", str(tmp_path / "out"), "--lessons", "42"]) == 2
    assert "--lessons: there is no lesson '42'" in capsys.readouterr().err and not (tmp_path / "out").exists()


# ---------------------------------------------------------------- whole editions


@pytest.fixture(scope="module")
def student(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """By the command, over an earlier release."""
    out = tmp_path_factory.mktemp("student") / "edition"
    out.mkdir()
    (out / "release.json").write_text('{"sha256": {"gone": "0"}}')
    assert main(["release", "--to", str(out), "--classroom"]) == 0
    return out


@pytest.fixture(scope="module")
def exam(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("exam") / "edition"
    assert (
        release(ROOT, out, ("01_reparameterization", "02_kl_divergence"), checks=False)
        .partition("+")[2]
        .startswith("exam.")
    )
    return out


def wheel_of(edition: Path) -> Path:
    [wheel] = edition.glob("*.whl")
    return wheel


def installed(edition: Path, folder: Path) -> Path:
    """The folder to put on the path: what pip would unpack."""
    with zipfile.ZipFile(wheel_of(edition)) as packed:
        packed.extractall(folder)
    return folder


# Right answers that stand in the students' wheel: what later lessons are lent, and where a mistake is written as a right answer of which one
# thing is changed. docs/marking.md says so.
KNOWN = {
    ("vae_course/given.py", "log_bernoulli_with_logits"),
    ("vae_course/checks/lessons/generation/interpolate.py", "interpolate"),
    ("vae_course/checks/lessons/kl_divergence/kl_normal.py", "kl_normal"),
    ("vae_course/checks/lessons/kl_divergence/log_normal/checks.py", "log_bernoulli_with_logits"),
    ("vae_course/checks/lessons/kl_divergence/log_normal/mistakes.py", "log_normal"),
}


def right_answers() -> Iterator[Solved]:
    """The right answers in other styles, by their source."""
    for path in sorted(RIGHT.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            statements: tuple[ast.stmt, ...] = ()
            if isinstance(node, ast.Lambda):
                statements = (ast.Return(node.body),)
            elif isinstance(node, ast.FunctionDef):
                statements = tuple(node.body)
            if sum(map(size_of, statements)) >= TRIVIAL:
                yield Solved(path, node.lineno, (path.stem,), statements)


@pytest.mark.slow
def test_no_right_answer_in_another_style_stands_in_it_but_the_known_ones(student: Path, exam: Path):
    wanted = list(right_answers())
    assert len(wanted) > 100
    inside = f"{wheel_of(student).name}/"
    found = {
        (said.removeprefix(inside).split()[0], said.partition("solved lines of ")[2].split()[0])
        for said in solving(student, wanted)
    }
    assert found == KNOWN
    assert all("given.py" in said for said in solving(exam, wanted))


@pytest.mark.slow
def test_what_only_teachers_have_is_not_in_it(student: Path, exam: Path):
    for edition, checks in ((student, True), (exam, False)):
        names = [name for name, _ in files_in(edition)]
        parts = {part for name in names for part in name.split("/")}
        assert not parts & {"teach", "solutions", "solutions.py", "reference", "tests"}
        assert ("checks" in parts) is checks
        assert all(not name.endswith(".py") for name in names if ".whl" not in name)


@pytest.mark.slow
def test_a_release_tells_what_it_is_and_every_file_has_its_hash(student: Path, exam: Path):
    for edition, lessons in ((student, list(LESSONS)), (exam, ["01_reparameterization", "02_kl_divergence"])):
        facts = json.loads((edition / "release.json").read_text())
        assert facts["lessons"] == lessons and facts["version"] in wheel_of(edition).name
        here = {path.relative_to(edition).as_posix(): path for path in edition.rglob("*") if path.is_file()}
        assert set(here) - {"release.json"} == set(facts["sha256"])
        for name, digest in facts["sha256"].items():
            assert hashlib.sha256(here[name].read_bytes()).hexdigest() == digest
        assert {path.stem for path in (edition / "notebooks").iterdir()} == set(lessons)
        guide = (edition / "START-HERE.html").read_text()
        assert wheel_of(edition).name in guide and ("check(...)" in guide) is facts["checks"]
        assert f"./{wheel_of(edition).name}" in (edition / "environment.yml").read_text()
        workflow = edition / ".github" / "workflows" / "classroom.yml"
        assert workflow.exists() is facts["checks"] and (
            not facts["checks"] or wheel_of(edition).name in workflow.read_text()
        )


@pytest.mark.slow
def test_it_checks_and_offers_no_solution(student: Path, tmp_path: Path):
    code = """
from vae_course import check, hint, progress, solution, workspace
assert not check(3.0, "two_boxes", quiet=True)
print(solution("kl_normal", anyway=True)), print(hint("01.no-root"))
print(progress()), print(len(list(workspace.lessons_folder().glob("*.ipynb"))))
"""
    said = run_python(installed(student, tmp_path), code)
    assert said.count("comes without solutions") == 1 and "Our answer to the puzzle" not in said
    assert "of 100 points" in said and said.rstrip().endswith(str(len(LESSONS)))


@pytest.mark.slow
def test_an_edition_for_an_exam_says_that_it_has_no_checks(exam: Path, tmp_path: Path):
    folder = installed(exam, tmp_path)
    code = """
from vae_course import check, hint, predict, progress, puzzle, solution, solved, fit, load_mnist
def sample_gaussian(m, v): return m
print(check(sample_gaussian)), print(hint("kl_normal")), print(progress()), print(predict("01.x"))
assert not solved(sample_gaussian) and not puzzle("01.no-root", sample_gaussian)
"""
    assert run_python(folder, code).count("There are no checks here") == 4
    call = "import sys; sys.argv[0] = 'vae-course'\nfrom vae_course.cli import main\nprint(main({}))"
    assert "There are no checks here" in run_python(folder, call.format(["check", "x.ipynb", "--lesson", "01"]))


@pytest.mark.slow
def test_the_students_command_has_nothing_for_teachers(student: Path, tmp_path: Path):
    folder = installed(student, tmp_path)
    code = f"import sys; sys.path.insert(0, {str(folder)!r})\nsys.meta_path[:] = [f for f in sys.meta_path if 'editable' not in getattr(f, '__module__', '')]\nfrom vae_course.cli import main\nmain(['--help'])"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert (
        "lab" in done.stdout and "doctor" in done.stdout and "grade" not in done.stdout and "release" not in done.stdout
    )


@pytest.mark.slow
def test_a_release_that_would_solve_is_not_made(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr("vae_course.runner.rooms.NOT_FOR_STUDENTS", ("teach",))
    monkeypatch.setattr("vae_course.teach.authoring.release.wheel.NOT_FOR_STUDENTS", ("teach",))
    assert main(["release", "--to", str(tmp_path / "out")]) == 1
    said = capsys.readouterr().err
    assert (
        "it would have held answers" in said
        and "vae_course/solutions/02_kl_divergence.py has the solved lines of kl_normal" in said
    )
    assert "vae_course/checks/learning/solutions.py opens a solution" in said
    assert list(tmp_path.iterdir()) == []
