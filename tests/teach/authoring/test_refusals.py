"""Each thing that the build refuses is planted in a lesson that is otherwise in order, and named in the message."""

import re
from collections.abc import Callable

import pytest

from tests.teach.authoring.fake import EXERCISES, LESSON, NAME, Fake

Complaints = Callable[..., list[str]]


def line_of(text: str, lesson: str) -> int:
    return lesson[: lesson.index(text)].count("\n") + 1


def test_a_lesson_in_order_is_accepted(complaints: Complaints) -> None:
    assert complaints(LESSON) == []


# what is replaced, by what, and what the message says (a regular expression)
FAULTS = {
    "unknown exercise": (
        "exercise numbers }}",
        "exercise nombers }}",
        r"nombers: expected an exercise of 01_toy .*unknown",
    ),
    "no goal": ("**Goal.** Give", "Give", r"exercise numbers: expected \*\*Goal\.\*\*; got a card without it"),
    "no formula": ("# $$z = (x - m) / \\sqrt{v}$$\n", "# none\n", r"standardize: expected a formula .* without it"),
    "no shapes": ("**Shapes.**", "Shapes:", r"standardize: expected \*\*Shapes\.\*\* .* without it"),
    "no axes": ("Nothing is summed, nothing averaged.", "That is all.", r"standardize: expected Shapes that say"),
    "no answer format": ("# **Answer.** A", "# A", r"numbers: expected \*\*Shapes\.\*\* \(or \*\*Answer\.\*\*"),
    "no stub": ("def standardize(", "def standardise(", r"standardize: expected the stub"),
    "no check": ("check(standardize)\n", "pass\n", r"standardize: expected a code cell with check\(\.\.\.\)"),
    "check of another": (
        'check(numbers, "numbers")',
        'check(numbers, "letters")',
        r"numbers: .*got check.* of letters",
    ),
    "no drawing": ("if solved(standardize):", "if True:", r"standardize: expected a cell that begins `if solved\("),
    "no hints": ("I get 9 instead of 3", "It is 9", r"standardize: expected a hint by symptom"),
    "no question": ("**Think.** Is there more?", "Is there more?", r"numbers: expected \*\*Think\.\*\*"),
    "no hidden answer": (
        "# <details><summary>Answer</summary>\n#\n# No.\n# </details>",
        "# No.",
        r"numbers: expected \*\*Think\.\*\* and below it <details>",
    ),
    "wrong order": (
        "**Goal.** Give two numbers.\n#\n# **Answer.** A dictionary.",
        "**Answer.** A dictionary.\n#\n# **Goal.** Give two numbers.",
        r"numbers: expected \*\*Goal\.\*\* before \*\*Answer\.\*\*; got them the other way round",
    ),
    "unclosed region": ("    ### END SOLUTION\n", "", r"expected each `### BEGIN SOLUTION`.*never closed"),
    "nested region": (
        "    ### BEGIN SOLUTION\n",
        "    ### BEGIN SOLUTION\n    ### BEGIN SOLUTION\n",
        r"out of turn or misspelt",
    ),
    "misspelt marker": ("    ### BEGIN SOLUTION\n", "    #### BEGIN SOLUTION\n", r"out of turn or misspelt"),
    "marker in prose": ("# Nowhere.", "# Between BEGIN SOLUTION and the end.", r"solution markers in code cells only"),
    "no placeholder": (
        'numbers = {"half": None, "third": None, "fourth": None}\n',
        "",
        r"numbers: expected a placeholder above .*no assignment to numbers",
    ),
    "indented outside a function": (
        "### BEGIN SOLUTION\nnumbers =",
        "if True:\n    ### BEGIN SOLUTION\n    pass\n    ### END SOLUTION\n### BEGIN SOLUTION\nnumbers =",
        r"expected a solution region inside a function, or at the left margin",
    ),
    "two kinds in a cell": (
        'numbers = {"half": None,',
        'def f():\n    ### BEGIN SOLUTION\n    return 1\n    ### END SOLUTION\n\nnumbers = {"half": None,',
        r"expected regions of one kind in a cell",
    ),
    "region outside a card": (
        "progress()\n\n# %% [m",
        "progress()\n\n# %%\nx = 0\n### BEGIN SOLUTION\nx = 1\n### END SOLUTION\n\n# %% [m",
        r"expected a solution region only inside an exercise card",
    ),
    "puzzle that nobody hands in": (
        "# ## Summary",
        "# ## Puzzles\n\n# %%\ndef f(x):\n    ### BEGIN SOLUTION\n    return x\n    ### END SOLUTION\n\n# %% [markdown]\n# ## Summary",
        r"expected a later cell `puzzle\(\"NAME\", \.\.\.\)` with the function; got none in the section",
    ),
    "puzzle that is a number": (
        "# ## Summary",
        "# ## Puzzles\n\n# %%\nx = 0\n### BEGIN SOLUTION\nx = 1\n### END SOLUTION\n\n# %% [markdown]\n# ## Summary",
        r"expected a region inside a function; got one at the left margin",
    ),
    "answer left in code": (
        "progress()\n\n# %% [m",
        "progress()\nz = (x-m) / math.sqrt( v )  # oh\n\n# %% [m",
        r"standardize: expected this solved region nowhere in notebooks/01_toy\.ipynb",
    ),
    "answer left in prose": (
        "# Nowhere.",
        "# ```python\n# def standardize(a, b, c):\n#     return (x - m) / math.sqrt(v)\n# ```",
        r"standardize: expected this solved region nowhere",
    ),
    "second title": ("# ## Summary", "# # Summary", r"expected exactly one `# Title`; got 2"),
    "heading jump": ("# ## Summary", "# ## Summary\n#\n# #### Deep", r"level 4 \(`Deep`\) after level 2"),
    "no alt text": ("![a line]", "![]", r"expected an image with alt text"),
    "no alt text in HTML": ("# Nowhere.", '# <img src="../docs/line.png">', r"expected an image with alt text"),
    "dead link": ("(02_next.ipynb)", "(03_next.ipynb)", r"link that resolves.*`03_next\.ipynb`"),
    "dead image": ("(../docs/line.png)", "(../docs/lime.png)", r"link that resolves.*`\.\./docs/lime\.png`"),
    "link out of the repository": ("(../docs/line.png)", "(../../line.png)", r"link that resolves inside"),
    "dead anchor": ("(02_next.ipynb)", "(#Sumary)", r"link that resolves.*`#Sumary`"),
    "unknown directive": ("# Nowhere.", "# {{ figure kl }}", r"no other directive; got `\{\{ figure kl \}\}`"),
    "directive in mid-cell": ("# Nowhere.", "# See {{ exercise numbers }}.", r"no other directive"),
    "undefined symbol": (
        "# $$z = (x - m) / \\sqrt{v}$$\n",
        "# $$z = (x - m) / \\sqrt{v} + \\beta$$\n",
        r"every letter of a formula to be in .* got \\beta in `z = ",
    ),
    "spelling": ("# Nowhere.", "# Teh end.", r"expected `The`; got `Teh` \(codespell\)"),
    "no blank line in details": ("9 instead of 3</summary>\n#\n", "9 instead of 3</summary>\n", r"blank line after"),
    "open details": ("# No.\n# </details>", "# No.", r"every <details> closed"),
    "no word above a widget": (
        "# %% [markdown]\n# *Predict first*: where?\n",
        "# %%\na = 1\n\n# %%\nb = 1\n",
        r"expected text right above a widget; got none",
    ),
    "no word below a widget": (
        "# %% [markdown]\n# *What to read off:* nothing.\n\n",
        "",
        r"expected text right below a widget; got none",
    ),
    "section missing": ("# ## Further reading", "# ## Links", r"expected a section `## Further reading`"),
    "sections out of order": (
        "# ## What you will build\n#\n# One function.\n#\n# ## Before you start\n",
        "# ## Before you start\n#\n# 20 minutes.\n#\n# ## What you will build\n#\n# One function.\n",
        r"in the order of cards\.SKELETON",
    ),
    "no minutes": (
        "It takes 20 minutes.",
        "It takes long.",
        r"expected the minutes .* in the section Before you start",
    ),
    "two questions": ("# 3. Three?\n", "", r"expected three retrieval questions"),
    "no progress cell": (
        "progress()\n\n# %% [m",
        "pass\n\n# %% [m",
        r"`progress\(\)` in the section Check your progress",
    ),
    "tag without assert": ("# %%\nprogress()", '# %% tags=["nbval-ignore-output"]\nprogress()', r"expected an assert"),
    "build only, never ended": (
        "# %%\nprogress()",
        "# %%\nprogress()\n### BEGIN BUILD ONLY\nassert True",
        r"expected each `### BEGIN BUILD ONLY` and its",
    ),
    "cell metadata": ("# %%\nprogress()", '# %% colour="red"\nprogress()', r"no metadata but tags; got .*colour"),
    "text before the first cell": (
        "# %% [markdown]\n# # A toy lesson",
        "# # A toy lesson",
        r"every cell to begin with",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_refusal(fault: str, complaints: Complaints) -> None:
    old, new, message = FAULTS[fault]
    assert LESSON.count(old) >= 1
    found = complaints(LESSON.replace(old, new, 1))
    assert any(re.search(message, problem) for problem in found), "\n".join(found) or "accepted"
    for problem in found:  # each says where, and what to do
        assert re.match(rf"solutions[/\\]{NAME}\.py:\d+: ", problem) and "\n    Next: " in problem


def test_an_exercise_without_card_and_one_with_two(complaints: Complaints) -> None:
    more = {**EXERCISES, "third": Fake("third"), "elsewhere": Fake("elsewhere", lesson="02_next")}
    (problem,) = complaints(LESSON, more)
    assert "exercise third: expected one card; got none" in problem
    twice = LESSON.replace(
        "# %% [markdown]\n# ## Summary", "# %% [markdown]\n# {{ exercise numbers }}\n\n# %% [markdown]\n# ## Summary"
    )
    assert any("exercise numbers: expected one card; got 2 of them" in p for p in complaints(twice))


def test_another_lessons_exercise_is_unknown_here(complaints: Complaints) -> None:
    moved = {**EXERCISES, "numbers": Fake("numbers", lesson="02_next")}
    assert any("`numbers`, an exercise of 02_next" in problem for problem in complaints(LESSON, moved))


def test_all_problems_are_shown_at_once_with_their_lines(complaints: Complaints) -> None:
    lesson = LESSON.replace("![a line]", "![]").replace("(02_next", "(03_next").replace("# Nowhere.", "# Teh end.")
    found = complaints(lesson)
    assert len(found) == 3
    assert sum(f":{line_of('![]', lesson)}: " in problem for problem in found) == 2
    assert sum(f":{line_of('Teh', lesson)}: " in problem for problem in found) == 1


def test_lines_below_a_card_head_are_those_of_the_source(complaints: Complaints) -> None:
    lesson = LESSON.replace("**Answer.** A dictionary.", "**Answer.** A [dictionary](nowhere.md).")
    (problem,) = complaints(lesson)
    assert f":{line_of('nowhere.md', lesson)}: " in problem


def test_letters_that_the_text_names_before_or_beside_a_formula_are_defined(complaints: Complaints) -> None:
    formula = "# $$z = (x - m) / \\sqrt{v}$$\n"
    assert formula in LESSON
    beside = "# $$z = \\beta\\,(x - m) / \\sqrt{v}$$\n#\n# Here $\\beta$ is a weight.\n"
    inside = "# $$z = \\sin\\theta\\,(x - m), \\quad \\theta = \\text{an angle}$$\n"
    derivative = "# $$\\frac{d}{dx}\\,\\mathbb E[z] = \\frac{d\\sqrt v}{dv} + \\sum_{i=1}^{7} \\text{(a word)}_i$$\n"
    for fine in (beside, inside, derivative):
        assert complaints(LESSON.replace(formula, fine, 1)) == []


def test_no_drawing_is_allowed_where_the_card_says_so(complaints: Complaints) -> None:
    undrawn = LESSON.replace("if solved(standardize):", "if True:")
    assert complaints(undrawn.replace("# %%\ncheck(standardize)", '# %% tags=["no-drawing"]\ncheck(standardize)')) == []


def test_a_tag_with_an_assert_beside_it_is_accepted(complaints: Complaints) -> None:
    tagged = LESSON.replace("# %%\nprogress()", '# %% tags=["nbval-ignore-output"]\nprogress()\nassert 1 < 2')
    assert complaints(tagged) == []


def test_code_spans_latex_and_trivial_answers_are_no_faults(complaints: Complaints) -> None:
    fine = "# `[a](b)` and ``![](c)`` and $x^{{2}}$, [in here](#Where-people-get-stuck), [out](https://example.org).\n"
    assert complaints(LESSON.replace("# Nowhere.\n", fine)) == []
    # `return v` is an answer that says nothing: it may stand anywhere
    trivial = LESSON.replace("return (x - m) / math.sqrt(v)", "return v").replace(
        "    return True", "    v = answer\n    return v"
    )
    assert complaints(trivial) == []


def test_the_example_in_the_format_reference_is_in_order(complaints: Complaints) -> None:
    import textwrap

    from vae_course.teach.authoring import build

    reference = build.__doc__ or ""
    card = textwrap.dedent(
        reference[reference.index("    # %% [markdown]\n") : reference.index("* `{{ exercise NAME }}`")]
    )
    lesson = LESSON.replace("# %% [markdown]\n# ## Summary", f"{card}\n# %% [markdown]\n# ## Summary")
    assert complaints(lesson, {**EXERCISES, "sample_gaussian": Fake("sample_gaussian")}) == []
