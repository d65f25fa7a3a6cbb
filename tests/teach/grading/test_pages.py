"""Pages: what a student reads of their marks, and a teacher of a class; and that nothing of a student's is ever more than text."""

import json
import re
from pathlib import Path

import pytest

from tests.teach.grading import pages
from tests.teach.grading.test_collect import tree
from tests.teach.grading.test_grade import RIGHT, WRONG, hand_in
from tests.teach.grading.test_tables import mark
from vae_course import cli
from vae_course.checks.lessons import EXERCISES
from vae_course.teach.grading import grade
from vae_course.teach.grading.deciding.pseudonyms import pseudonyms, without_name
from vae_course.teach.grading.deciding.standing import Standing
from vae_course.teach.grading.outgoing.pages.of_class import class_page, hardness, misconceptions, stuck
from vae_course.teach.grading.outgoing.pages.rendering import code
from vae_course.teach.grading.outgoing.pages.student import student_page, what_next
from vae_course.teach.grading.outgoing.table import table

EVIL = "<script>alert(1)</script>\n# heading\n```\n![x](http://x)&amp;<h1>in all.</h1>\"'onload=x"
OPTIONAL = "score_function_gradient"


def lines(rows: list[Standing], notes: list[str] = [], stamp: str = "") -> list[str]:  # noqa: B006
    html = student_page("ada", rows, notes, stamp)
    assert pages.strange(html) == []
    return pages.lines_of(html)


def detailed(exercise: str, text: str, line: str = "", first: int = 1, **columns) -> Standing:
    details = {"findings": [], "checks": [], "code": [["cell 3", first, text]], "line": line}
    return mark(exercise, details=json.dumps(details), **columns)


# ---------------------------------------------------------------- a student's page


def test_a_page_reads_so():
    found = [
        {"certain": ["One line.", "Another."], "likely": "A slip.", "numbers": ["Twice as much."], "rows": [["x", "2"]]}
    ]
    checks = [["the value", "passed", 3, 3], ["the gradients", "not reached", 0, 4]]
    details = {
        "findings": found,
        "checks": checks,
        "code": [["cell 3", 5, "def sample_gaussian(m, v):\n    return m"]],
        "line": "",
    }
    rows = [
        mark("sample_gaussian", status="wrong", points=3, details=json.dumps(details)),
        mark(OPTIONAL, status="not started", message="The file does not define it."),
        mark("kl_normal", status="correct", points=6),
    ]
    assert lines(rows, ["A note."], "a stamp") == [
        "ada",
        "9 of 13 points in all.",
        "a stamp",
        "Lesson Points Share",
        "Lesson 01: reparameterization 3 of 7",
        "Lesson 02: kl divergence 6 of 6",
        "What to do next",
        'Exercise 1.1, Draw a sample that gradients flow through: 4 more points. In the notebook, hint("sample_gaussian") goes '
        "one step at a time.",
        "Notes on the files",
        "A note.",
        "Lesson 01: reparameterization · 3 of 7 points",
        "1.1 · Draw a sample that gradients flow through sample_gaussian",
        "✗ wrong · 3 of 7 points",
        "One line.",
        "Another.",
        "Likely reason: A slip.",
        "Twice as much.",
        "x 2",
        "Your cell 3",
        "5def sample_gaussian(m, v):",
        "6 return m",
        "✓ the value: passed · 3 of 3 points",
        "○ the gradients: not reached · 0 of 4 points",
        "1.4 · The other way: the score-function estimate score_function_gradient",
        "○ not started · optional",
        "The file does not define it.",
        "Lesson 02: kl divergence · 6 of 6 points",
        "2.2 · The KL divergence of two Gaussians kl_normal",
        "✓ correct · 6 of 6 points",
    ]


def test_only_an_optional_exercise_is_said_to_be_optional():
    """`standardize` has no points, and belongs to what is to be solved."""
    shown = lines([mark(name, status="not started") for name in ("standardize", OPTIONAL, "dreg_loss")])
    assert [line for line in shown if line.startswith("○")] == ["○ not started", *["○ not started · optional"] * 2]


def test_what_there_is_not_has_no_place():
    shown = "\n".join(lines([mark("two_boxes", status="correct", points=3)]))
    assert not re.search("Notes|What to do next|Share|late|Attempt|teacher", shown) and "3 of 3 points in all." in shown


@pytest.mark.parametrize("place", ["student", "notes", "message", "comment", "details", "misconception"])
def test_nothing_of_a_student_s_is_more_than_text(place: str):
    row = mark("kl_normal", message=EVIL if place == "message" else "", comment=EVIL if place == "comment" else "")
    if place == "details":
        finding = {"certain": [EVIL], "likely": EVIL, "numbers": [EVIL], "rows": [[EVIL, EVIL]]}
        told = {"findings": [finding], "checks": [[EVIL, "passed", 0, 1]], "code": [[EVIL, 1, EVIL]], "line": EVIL}
        row = mark("kl_normal", details=json.dumps(told))
    html = student_page(EVIL if place == "student" else "ada", [row], [EVIL] if place == "notes" else [])
    assert pages.strange(html) == [] and ("alert(1)" in "\n".join(pages.lines_of(html))) == (place != "misconception")
    assert pages.strange(class_page([row], [EVIL], [EVIL])) == []


def test_the_line_that_raised_is_marked_where_it_is_that_line():
    text = "def f(x):\n    y = x\n    return z"

    def marked(raised: str, first: int = 7) -> list[str]:
        return re.findall(r'<span class="hll">(.*?)\n?</span>(?=<span|</code|\n)', str(code(text, first, raised)), re.S)

    assert "hll" in str(code(text, 7, "line 9: return z")) and len(marked("line 9: return z")) == 1
    for other in (
        "line 8: return z",
        "line 9: y = x",
        "line 2: y = x",
        "line 99: return z",
        "",
        "return z",
        "line x: y",
    ):
        assert "hll" not in str(code(text, 7, other)), other


def test_what_to_do_next_is_first_what_is_begun_and_costs_most_and_at_most_three_things():
    rows = [
        mark("two_boxes", status="not started"),
        mark("sample_gaussian", status="wrong", points=6),
        mark("log_normal", status="correct", points=5),
        mark("kl_normal", status="raised", points=0),
        mark("kl_test", status="unreadable"),
        mark("kl_monte_carlo", status="wrong", decided="excused"),
        mark("predict_noise", status="not started"),
    ]
    assert [sentence.split(",")[0] for sentence in what_next(rows)] == ["Exercise 2.2", "Exercise 1.1", "Exercise 0.2"]
    assert "1 more point." in what_next(rows)[1] and "6 more points." in what_next(rows)[0]
    assert f"about {EXERCISES['two_boxes'].minutes} minutes" in what_next(rows)[2]


@pytest.mark.parametrize(
    ("columns", "says"),
    [
        (
            {"decided": "corrected", "points": 5, "as_found": 3},
            "Corrected by a person: 5 of 6 points. The grader had found 3.",
        ),
        ({"decided": "excused"}, "Excused: this exercise counts neither for nor against you."),
        ({"days_late": "1", "points": 2.7, "as_found": 3}, "1 day late: 2.7 of the 3 points that the answer has."),
        ({"days_late": "2", "points": 2.4, "as_found": 3}, "2 days late: 2.4 of the 3 points"),
        ({"days_late": "unknown"}, "There is a deadline, and nobody says when this was handed in."),
        ({"days_late": "late"}, "The platform calls this late, and does not say by how much."),
        ({"attempt": "2 of 3"}, "Attempt 2 of 3."),
        ({"comment": "Well done."}, "From your teacher: Well done."),
    ],
)
def test_how_the_points_came_about_is_said(columns: dict, says: str):
    row = mark("kl_normal", **({"points": 3} | {k: v for k, v in columns.items() if k != "as_found"}))
    row = Standing(**(vars(row) | {"as_found": columns.get("as_found", 3)}))
    assert any(line.startswith(says) for line in lines([row]))


def test_the_attempt_that_a_lesson_s_marks_are_of_is_said_once_and_where_they_are_of_several_at_each():
    rows = [mark("log_normal"), mark("kl_normal"), mark("sample_gaussian")]
    one = [Standing(**(vars(row) | {"attempt": "2 of 2"})) for row in rows[:2]] + rows[2:]
    shown = lines(one)
    assert shown.count("Attempt 2 of 2.") == 1
    assert (
        shown.index("Attempt 2 of 2.")
        == next(i for i, line in enumerate(shown) if line.startswith("Lesson 02: kl divergence ·")) + 1
    )
    several = [one[0], Standing(**(vars(one[1]) | {"attempt": "1 of 2"}))]
    assert [line for line in lines(several) if line.startswith("Attempt")] == ["Attempt 2 of 2.", "Attempt 1 of 2."]


def test_what_a_sentence_emphasises_is_emphasised_on_pages_and_has_no_signs_in_a_table():
    said = "Their logs are *summed*."
    finding = {"certain": [said], "likely": said, "numbers": [said], "rows": []}
    details = json.dumps({"findings": [finding], "checks": [], "code": [], "line": ""})
    row = mark("kl_normal", details=details, message=said)
    assert student_page("ada", [row], []).count("Their logs are <em>summed</em>.") == 3
    assert "Their logs are summed." in table([row])


# ---------------------------------------------------------------- the page on a class


def a_class() -> list[Standing]:
    square = "def log_normal(x, m, v):\n    # Ada's own idea\n    '''Mine.'''\n    return -(x - m) ** 2 / v ** 2"
    return [
        detailed("log_normal", square, student="ada", points=1, misconception="variance-squared-in-the-distance"),
        detailed("log_normal", square + "  # longer", student="bob", misconception="variance-squared-in-the-distance"),
        mark("log_normal", "cy", "correct", 5),
        mark("log_normal", "dan", "not started"),
        mark("log_normal", "eve", "unreadable"),
        mark("kl_normal", "ada", "correct", 6),
        mark("kl_normal", "bob", "correct", 6),
        mark("kl_normal", "cy", "raised", 0, misconception="log-ratio-flipped"),
    ]


def test_misconceptions_are_counted_among_those_who_tried_and_nobody_is_named():
    first, second = misconceptions(a_class())
    assert (first.exercise.name, first.count, first.tried) == ("log_normal", 2, 3)
    assert first.sentence.startswith("You divide the squared distance by v²")
    assert first.example == "def log_normal(x, m, v):\n    return -(x - m) ** 2 / v ** 2"
    assert (second.name, second.count, second.tried, second.example) == ("log-ratio-flipped", 1, 3, "")


def test_exercises_stand_the_hardest_first_and_what_nobody_could_read_is_no_measure():
    first, second = hardness(a_class())
    assert (first.exercise.name, round(first.share, 3), first.students) == (
        "log_normal",
        round((1 + 0 + 5 + 0) / 20, 3),
        4,
    )
    assert first.statuses == "2 wrong, 1 correct, 1 not started" and round(second.share, 3) == 0.667


def test_everybody_is_stuck_at_the_first_exercise_that_they_have_begun_and_not_solved():
    of_student: dict[str, list[Standing]] = {}
    for row in a_class():
        of_student.setdefault(row.student, []).append(row)
    assert [(exercise.name, names) for exercise, names in stuck(of_student)] == [
        ("log_normal", ["ada", "bob"]),
        ("kl_normal", ["cy"]),
    ]


def test_the_page_on_a_class_says_all_that_and_its_pictures_have_words():
    html = class_page(a_class(), ["zoe"], ["eve/x.ipynb"])
    assert pages.strange(html) == []
    shown = pages.lines_of(html)
    assert shown[1].startswith("5 students handed in, 1 did not; on average they have 41 % of the points")
    assert shown[1].endswith("the answers that a person has still to look at are left out of it.")
    assert "2 of the 3 who tried exercise 2.1 (The log density of a Gaussian): You divide the squared" in "\n".join(
        shown
    )
    assert "eve: an answer could not be read, or the grader itself failed on it." in shown
    assert "Files to look at: eve/x.ipynb. files.csv says why." in shown and "zoe" in shown
    alts = re.findall(r'alt="([^"]+)"', html)
    assert (
        alts[0] == "Students by their share of the points. 0 to 10 %: 1, 40 to 50 %: 1, 50 to 60 %: 1, 60 to 70 %: 1."
    )
    assert alts[1] == "Exercises, the hardest first. 2.1 log_normal: 30%, 2.2 kl_normal: 67%."


def test_a_class_of_nobody_has_a_page():
    assert "0 students handed in" in pages.lines_of(class_page([], [], []))[1]


# ---------------------------------------------------------------- other names


def test_pseudonyms_are_the_same_in_every_run_of_a_folder_and_others_in_another():
    names = [f"s{i}" for i in range(500)]
    first = pseudonyms(names, 7)
    assert first == pseudonyms(names, 7) != pseudonyms(names, 8) and len(set(first.values())) == 500
    assert all(re.fullmatch(r"student [0-9a-f]{5,7}", other) for other in first.values())


def test_a_name_is_taken_out_of_a_text_with_its_parts():
    assert without_name('"Byron_Ada/x.ipynb" and ADA BYRON', "Ada Byron", "S") == '"S_S/x.ipynb" and S'
    assert without_name("a (1) is kept", "Li W", "S") == "a (1) is kept"


def test_an_anonymous_class_is_read_and_corrected_by_other_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys
):
    monkeypatch.setattr(grade, "_allow", lambda options, found, confirm: None)
    files = {
        "Ada Byron/x.ipynb": hand_in(RIGHT),
        "Ada Byron/x (1).ipynb": hand_in(WRONG),
        "Bob Hill/x.ipynb": hand_in(WRONG),
    }
    folder, marks = tree(tmp_path / "class", files), tmp_path / "marks"
    assert cli.main(["grade", str(folder), "--out", str(marks), "--no-sandbox"]) == 0
    assert {path.name for path in (marks / "reports").iterdir()} == {"Ada Byron.html", "Bob Hill.html"}
    (marks / "reports" / "mine.html").write_text("<p>not ours</p>")
    (marks / "class.toml").write_text("anonymous = true")
    assert cli.main(["report", str(marks)]) == 0
    called = dict(line.split(",") for line in (marks / "names.csv").read_text().splitlines()[1:])
    assert called.keys() == {"Ada Byron", "Bob Hill"}
    assert {path.stem for path in (marks / "reports").iterdir()} == {*called.values(), "mine"}
    for path in [marks / "class.html", *(marks / "reports" / f"{other}.html" for other in called.values())]:
        assert not re.search("ada|byron|bob|hill", "\n".join(pages.lines_of(path.read_text())), re.I), path.name
    assert "Ada Byron" in (marks / "totals.csv").read_text()
    (marks / "corrections.csv").write_text(f"student,exercise,points\n{called['Bob Hill']},sample_gaussian,5\n")
    assert cli.main(["report", str(marks)]) == 0
    assert "Bob Hill  sample_gaussian: wrong 3 -> wrong 5 (corrected by a person)" in capsys.readouterr().out
    (marks / "class.toml").unlink()
    assert cli.main(["report", str(marks)]) == 0
    assert {path.name for path in (marks / "reports").iterdir()} == {"Ada Byron.html", "Bob Hill.html", "mine.html"}
    assert not (marks / "names.csv").exists()
