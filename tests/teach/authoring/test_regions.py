"""Solution regions: wherever one stands, no line of it reaches a learner, and what is left is Python that runs into the stub."""

import ast
from pathlib import Path

import pytest

from tests.teach.authoring.fake import EXERCISES, LESSON, NAME
from vae_course.teach.authoring.prepare import prepare
from vae_course.teach.authoring.regions import BEGIN, END, find_regions
from vae_course.teach.authoring.student import STUB_AT_MARGIN, STUB_IN_FUNCTION

SECRET = "secret = (x - m) / math.sqrt(v) + 7"

# A function with a region in place of the star; every frame is Python with the star's lines replaced.
FRAMES = {
    "its whole body": "def standardize(x, m, v):\n    *",
    "if": "def standardize(x, m, v):\n    if x > m:\n        *\n    return x",
    "else": "def standardize(x, m, v):\n    if x > m:\n        return 1\n    else:\n        *",
    "elif": "def standardize(x, m, v):\n    if x > m:\n        return 1\n    elif v:\n        *",
    "a loop": "def standardize(x, m, v):\n    for i in range(3):\n        *\n    return x",
    "try": "def standardize(x, m, v):\n    try:\n        *\n    finally:\n        pass",
    "except": "def standardize(x, m, v):\n    try:\n        y = 1 / v\n    except ZeroDivisionError:\n        *",
    "finally": "def standardize(x, m, v):\n    try:\n        y = 1 / v\n    finally:\n        *",
    "with": "def standardize(x, m, v):\n    with open(x):\n        *",
    "a case": "def standardize(x, m, v):\n    match x:\n        case 0:\n            return m\n        case _:\n            *",
    "a function inside": "def standardize(x, m, v):\n    def inner(y):\n        *\n    return inner(x)",
    "an async function inside": "def standardize(x, m, v):\n    async def inner(y):\n        *\n    return inner(x)",
    "behind a decorator": "def same(f):\n    return f\n\n@same\ndef standardize(x, m, v):\n    *",
    "the middle": "def standardize(x, m, v):\n    y = x - m\n    *\n    return y",
    "the last lines, with a comment": "def standardize(x, m, v):\n    y = x - m\n    *\n    # the end",
}


def with_region(frame: str, lines: str) -> str:
    line = next(line for line in frame.split("\n") if line.strip() == "*")
    indent = line[: line.index("*")]
    return frame.replace(line, "\n".join(f"{indent}{text}" for text in [BEGIN, *lines.split("\n"), END]))


def built(root: Path, cell: str) -> tuple[str, list[str]]:
    """The learner's version of the answer cell, and the problems."""
    begin = LESSON.index("def standardize")
    end = LESSON.index("\n\n\n# %%\ncheck(standardize)")
    source = root / "solutions" / f"{NAME}.py"
    source.write_text(LESSON[:begin] + cell + LESSON[end:], encoding="utf-8")
    pairs, problems = prepare([source], EXERCISES, root)
    shown = [
        c.source for pair in pairs for c in pair.learner.cells if "standardize(" in c.source and "def " in c.source
    ]
    return (shown[0] if shown else ""), [str(problem) for problem in problems]


@pytest.mark.parametrize("where", FRAMES)
def test_no_line_of_a_region_is_left_and_the_stub_stands_at_its_indentation(where: str, root: Path) -> None:
    frame = FRAMES[where]
    shown, problems = built(root, with_region(frame, f"{SECRET}\nreturn secret  # the answer"))
    assert problems == []
    assert "secret" not in shown and "SOLUTION" not in shown and "the answer" not in shown
    ast.parse(shown)
    assert shown == frame.replace("*", STUB_IN_FUNCTION)


def test_every_region_of_a_cell_is_cleared_and_what_stands_between_stays(root: Path) -> None:
    frame = "def standardize(x, m, v):\n    if x:\n        *\n    else:\n        +\n    return 0"
    cell = with_region(frame, SECRET)
    cell = with_region(cell.replace("+", "*"), f"other = 2 * m\n{SECRET}")
    shown, problems = built(root, cell)
    assert problems == []
    assert shown == frame.replace("*", STUB_IN_FUNCTION).replace("+", STUB_IN_FUNCTION)


@pytest.mark.parametrize(
    "lines", ["if x:\n    y = 1\nelse:\n    y = 2", "pass  # only a comment", "'''\ntext\n'''", "y = '### no marker'"]
)
def test_whatever_a_region_holds_is_gone(lines: str, root: Path) -> None:
    shown, problems = built(root, with_region(FRAMES["its whole body"], lines))
    assert problems == [] and shown == FRAMES["its whole body"].replace("*", STUB_IN_FUNCTION)


def test_a_constant_keeps_its_placeholder_alone() -> None:
    source = f"a = None\n{BEGIN}\na = 3\n{END}"
    (region,), problems = find_regions(Path("x"), source, 1)
    assert problems == []
    assert (region.line, region.indented, region.in_function, region.above, region.text) == (
        2,
        False,
        False,
        "a = None",
        "a = 3",
    )
    assert STUB_AT_MARGIN.startswith("#")


@pytest.mark.parametrize("where", FRAMES)
def test_a_region_inside_a_function_is_known_to_be_and_has_its_line_and_text(where: str) -> None:
    source = with_region(FRAMES[where], f"{SECRET}\nreturn secret")
    (region,), problems = find_regions(Path("x"), source, 11)
    assert problems == [] and region.in_function and region.indented
    assert [line.strip() for line in region.text.split("\n")] == [SECRET, "return secret"]
    assert source.split("\n")[region.line - 11].strip() == BEGIN
    assert region.above == "\n".join(source.split("\n")[: region.line - 11])


@pytest.mark.parametrize(
    ("frame", "indented"),
    [
        ("if True:\n    *", True),
        ("class A:\n    *", True),
        ("for i in x:\n    *", True),
        ("def f():\n    return 1\n\n*", False),
    ],
)
def test_a_region_outside_any_function_is_known_to_be(frame: str, indented: bool) -> None:
    (region,), _ = find_regions(Path("x"), with_region(frame, "y = 1"), 1)
    assert not region.in_function and region.indented is indented


@pytest.mark.parametrize(
    "source",
    [
        f"{BEGIN}\nx = 1",
        f"x = 1\n{END}",
        f"{END}\n{BEGIN}",
        f"{BEGIN}\n{BEGIN}\n{END}\n{END}",
        f"{BEGIN}\nx = 1\n{END}\n{END}",
        "## BEGIN SOLUTION\nx = 1\n### END SOLUTION",
        "###BEGIN SOLUTION\nx = 1\n### END SOLUTION",
        f"x = 1  {BEGIN}\ny = 2\n{END}",
        f"{BEGIN}\nx = 1\n### END SOLUTION!",
    ],
)
def test_markers_out_of_turn_or_misspelt_leave_no_region_and_are_named(source: str) -> None:
    regions, (problem,) = find_regions(Path("x"), source, 5)
    assert regions == [] and "to be followed by its own" in str(problem) and problem.line >= 5


@pytest.mark.parametrize("mark", [BEGIN, END])
def test_a_marker_may_be_indented_at_will(mark: str) -> None:
    source = f"def f():\n    {BEGIN}\n    return 1\n    {END}".replace(f"    {mark}", f"    {mark}   ")
    regions, problems = find_regions(Path("x"), source, 1)
    assert problems == [] and [region.text.strip() for region in regions] == ["return 1"]
