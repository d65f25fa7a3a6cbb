"""No learner's notebook shows a solved region, wherever the code stands: in any branch, comment, string or piece of prose."""

import textwrap
from collections.abc import Callable
from functools import cache
from pathlib import Path

import nbformat
import pytest

from tests.teach.authoring.fake import LESSON
from vae_course.checks.lessons import EXERCISES
from vae_course.teach.authoring.leaks import check_leaks
from vae_course.teach.authoring.lesson_source import Lesson, read_lesson

ROOT = Path(__file__).parents[3]

Complaints = Callable[..., list[str]]

REGION = "    return (x - m) / math.sqrt(v)\n"
TWO_LINES = "    shift = x - m\n    return shift / math.sqrt(v)\n"
ONE, TWO, FILLED = "return (x - m) / math.sqrt(v)", TWO_LINES.replace("    ", "").rstrip(), "(x - m) / math.sqrt(v)"
PLACE = "progress()\n\n# %% [m"
PROSE = "# Nowhere.\n"


def with_code(code: str, lesson: str = LESSON) -> str:
    """The lesson with these lines more in its last code cell."""
    assert lesson.count(PLACE) == 1
    return lesson.replace(PLACE, f"progress()\n{code}\n\n# %% [m")


def with_prose(text: str, lesson: str = LESSON) -> str:
    commented = "".join(f"# {line}\n" if line else "#\n" for line in text.split("\n"))
    return lesson.replace(PROSE, commented, 1)


def two_lines(lesson: str) -> str:
    """The same lesson, where the solved region has two lines."""
    return lesson.replace(REGION, TWO_LINES, 1)


def leaks(found: list[str]) -> list[str]:
    return [problem for problem in found if "expected this solved region nowhere in notebooks/01_toy.ipynb" in problem]


# Code around the solved lines, which stand in place of the star.
PLACES = {
    "a function": "def f(x, m, v):\n    *",
    "a function in a function": "def f():\n    def g(x, m, v):\n        *\n    return g",
    "an async function": "async def f(x, m, v):\n    *",
    "a method": "class A:\n    def f(self, x, m, v):\n        *",
    "a static method behind a decorator": "class A:\n    @staticmethod\n    def f(x, m, v):\n        *",
    "if": "def f(x, m, v):\n    if x:\n        *",
    "elif": "def f(x, m, v):\n    if x:\n        pass\n    elif m:\n        *",
    "else": "def f(x, m, v):\n    if x:\n        pass\n    else:\n        *",
    "else of a loop": "def f(x, m, v):\n    for i in x:\n        pass\n    else:\n        *",
    "else of while": "def f(x, m, v):\n    while x:\n        pass\n    else:\n        *",
    "for": "def f(x, m, v):\n    for i in x:\n        *",
    "while": "def f(x, m, v):\n    while x:\n        *",
    "with": "def f(x, m, v):\n    with x:\n        *",
    "try": "def f(x, m, v):\n    try:\n        *\n    finally:\n        pass",
    "except": "def f(x, m, v):\n    try:\n        pass\n    except ValueError:\n        *",
    "else of try": "def f(x, m, v):\n    try:\n        pass\n    except ValueError:\n        pass\n    else:\n        *",
    "finally": "def f(x, m, v):\n    try:\n        pass\n    finally:\n        *",
    "except*": "def f(x, m, v):\n    try:\n        pass\n    except* ValueError:\n        x = 1\n    def g(x, m, v):\n        *",
    "a case of match": "def f(x, m, v):\n    match x:\n        case 1:\n            pass\n        case _:\n            *",
    "between other lines": "def f(x, m, v):\n    print(x)\n    *\n    print(x)",
    "a string": "text = '''\n*\n'''",
    "a docstring": "def f(x, m, v):\n    '''Like this:\n\n    *\n    '''",
    "an argument": "show('''*''')",
}
# The value alone, in place of the star.
VALUES = {
    "a lambda": "f = lambda x, m, v: *",
    "a lambda in a call": "explain(lambda x, m, v: *, 3)",
    "a default": "def f(x, m, v, z=*):\n    pass",
    "a decorator": "@wrap(lambda x, m, v: *)\ndef f():\n    pass",
    "an assignment": "x = m = v = 1\nz = *",
    "an annotated assignment": "x = m = v = 1\nz: float = *",
    "a walrus": "def f(x, m, v):\n    return (z := *)",
    "a condition": "def f(x, m, v):\n    if * > 3:\n        pass",
    "a comprehension": "f = lambda v: [* for x, m in []]",
    "a dictionary": "def f(x, m, v):\n    return {'z': *}",
    "an f-string": "def f(x, m, v):\n    return f'{*}'",
    "a yield": "def f(x, m, v):\n    yield *",
    "an assert": "def f(x, m, v):\n    assert *",
    "an argument": "def f(x, m, v):\n    print(*)",
    "a larger sum": "def f(x, m, v):\n    return 1 + (*)",
}


def put(code: str, frame: str) -> str:
    """The lines in place of the star, at its indentation."""
    line = next(line for line in frame.split("\n") if "*" in line.replace("except*", ""))
    indent = line[: len(line) - len(line.lstrip())]
    mark = frame.replace("except*", "except\0")
    return mark.replace("*", textwrap.indent(code, indent).lstrip(), 1).replace("\0", "*")


@pytest.mark.parametrize("place", PLACES)
def test_solved_lines_are_refused_in(place: str, complaints: Complaints) -> None:
    assert leaks(complaints(with_code(put(ONE, PLACES[place]))))
    assert leaks(complaints(with_code(put(TWO, PLACES[place]), two_lines(LESSON))))


@pytest.mark.parametrize("place", VALUES)
def test_the_value_that_is_returned_is_refused_in(place: str, complaints: Complaints) -> None:
    """Also where the region has two lines, and the value stands there with the first filled into the second."""
    code = with_code(put(FILLED, VALUES[place]))
    assert leaks(complaints(code)) and leaks(complaints(two_lines(code)))


@pytest.mark.parametrize(
    "code",
    [
        f"# {ONE}",
        f"#{ONE}",
        f"#     {ONE}",
        f"x = 1  # {ONE}",
        f"# The answer is\n# {ONE}\n# and that is all.",
        f"# def f(x, m, v):\n#     {ONE}",
        f"if True:\n    # {ONE}\n    pass",
        f"## {ONE}",
        f"%matplotlib inline\n# {ONE}",
        f"%matplotlib inline\nf = lambda x, m, v: {FILLED}",
    ],
)
def test_what_is_commented_out_or_stands_beside_a_magic_is_refused(code: str, complaints: Complaints) -> None:
    assert leaks(complaints(with_code(code)))


def test_two_lines_that_are_commented_out_are_refused_whatever_stands_around_them(complaints: Complaints) -> None:
    first, second = TWO.split("\n")
    for code in (
        f"# {first}\n# {second}",
        f"# Here it is:\n# {first}\n# {second}\nx = 1",
        f"# {first}  # why\n# {second}  # so",
    ):
        assert leaks(complaints(with_code(code, two_lines(LESSON)))), code


@pytest.mark.parametrize(
    "text",
    [
        f"```python\n{ONE}\n```",
        f"```\ndef f(x, m, v):\n    {ONE}\n```",
        f"~~~python\n{ONE}\n~~~",
        f"Indented:\n\n    {ONE}\n\nand on.",
        f"* First\n* `{FILLED}`",
        f"1. {ONE}\n2. Second",
        f"- {ONE}",
        f"> {ONE}",
        f"> ```\n> {ONE}\n> ```",
        f">>> {FILLED}",
        f"The result is `{FILLED}`, which is short.",
        f"Write `{ONE}`.",
        f"```python\ndef f(x, m, v):\n    {ONE}\n\nf(:\n```",
        f"<pre>\n{ONE}\n</pre>",
        f"```python\nz = {FILLED}  # with a comment\n```",
    ],
)
def test_solved_code_in_the_prose_is_refused_however_it_is_set(text: str, complaints: Complaints) -> None:
    assert leaks(complaints(with_prose(text)))


@pytest.mark.parametrize(
    "code",
    [
        "return (x-m)/math.sqrt( v )",
        "return (\n        (x - m)  # a\n        / math.sqrt(v)\n    )",
        "return (x - m) \\\n        / math.sqrt(v)",
        "return ((x - m)) / (math.sqrt((v)))",
    ],
)
def test_layout_brackets_and_comments_hide_nothing(code: str, complaints: Complaints) -> None:
    assert leaks(complaints(with_code(f"def f(x, m, v):\n    {code}")))


def test_a_constant_of_the_lesson_is_refused_elsewhere(complaints: Complaints) -> None:
    answer = '{"half": 0.5, "third": 0.333, "fourth": 1 / 4}'
    lesson = LESSON.replace('"fourth": 0.25', '"fourth": 1 / 4')
    for code in (f"numbers = {answer}", f"other = {answer}", f"check({answer})"):
        assert leaks(complaints(with_code(code, lesson))), code
    assert leaks(complaints(with_prose(f"`{answer}`", lesson)))


def test_a_problem_names_the_exercise_and_the_line_of_its_region_once(complaints: Complaints) -> None:
    (problem,) = complaints(with_prose(f"`{FILLED}`", with_code(f"# {ONE}")))
    line = LESSON[: LESSON.index("    ### BEGIN SOLUTION")].count("\n") + 1
    assert problem.startswith(f"solutions/01_toy.py:{line}: exercise standardize: expected this solved region nowhere")


# ---------------------------------------------------------------- what is no leak


@pytest.mark.parametrize(
    "code",
    [
        "def f(x, m, v):\n    return (x - m) / v",
        "def f(x, m, v):\n    return (m - x) / math.sqrt(v)",
        "def f(a, b, c):\n    return (a - b) * math.sqrt(c)",
        "z = math.sqrt(1 / 7)",
        "# divide (x - m) by the root of v, math.sqrt(v)",
        "numbers = {'half': None, 'third': None, 'fourth': None}",
        "print('(x - m) over sqrt(v)')",
    ],
)
def test_other_formulas_words_and_parts_of_an_answer_are_no_leak(code: str, complaints: Complaints) -> None:
    assert complaints(with_code(code)) == []


def test_one_line_of_two_is_no_leak_unless_it_is_the_result(complaints: Complaints) -> None:
    assert leaks(complaints(with_code("def f(x, m):\n    shift = x - m", two_lines(LESSON)))) == []
    apart = "def f(x, m, v):\n    shift = x - m\n    print(shift)\n    return shift"
    assert leaks(complaints(with_code(apart, two_lines(LESSON)))) == []


def test_the_region_itself_and_lines_for_the_build_alone_are_no_leak(complaints: Complaints) -> None:
    """Neither is in the learner's notebook."""
    only = f"### BEGIN BUILD ONLY\nf = lambda x, m, v: {FILLED}\n### END BUILD ONLY"
    assert complaints(with_code(only)) == []


# ---------------------------------------------------------------- the course itself


@cache
def lessons() -> tuple[Lesson, ...]:
    return tuple(
        read_lesson(path, EXERCISES, path.relative_to(ROOT))[0]
        for path in sorted((ROOT / "solutions").glob("[0-9]*.py"))
    )


@pytest.mark.parametrize("lesson", lessons(), ids=lambda lesson: lesson.name)
def test_no_notebook_that_is_handed_out_shows_a_solved_region_of_any_lesson(lesson: Lesson) -> None:
    notebook = nbformat.read(ROOT / "notebooks" / f"{lesson.name}.ipynb", as_version=4)
    assert [str(problem) for problem in check_leaks(lessons(), lesson, notebook)] == []


def test_every_solved_notebook_would_be_refused_in_its_place() -> None:
    """So the gate reads these notebooks: with its own solution in it, each lesson is refused, and named."""
    for lesson in lessons():
        solved = nbformat.read(ROOT / "solutions" / f"{lesson.name}.ipynb", as_version=4)
        found = [str(problem) for problem in check_leaks(lessons(), lesson, solved)]
        assert any(problem.startswith(f"{lesson.path}:") for problem in found), lesson.name
