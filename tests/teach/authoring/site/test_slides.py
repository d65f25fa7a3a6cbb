"""A deck from a lesson's cells: what a slide shows, and what is said."""

from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from vae_course.teach.authoring.site.slides import MINUTES, Slide, deck, page

ROOT = Path(__file__).resolve().parents[4]
SLIDE = {"tags": ["slide"]}
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def of(
    *cells: nbformat.NotebookNode, tmp_path: Path, untouched: list | None = None, solutions: bool = True
) -> list[Slide]:
    for number, cell in enumerate(cells):
        cell.id = str(number)
    stubs = nbformat.from_dict({"cells": [nbformat.from_dict(dict(cell)) for cell in cells]})
    for number, source in (untouched or {}).items():
        stubs.cells[number].source = source
    return deck(new_notebook(cells=list(cells)), stubs, tmp_path, solutions)


def text(source: str, tagged: bool = True) -> nbformat.NotebookNode:
    return new_markdown_cell(source, metadata=SLIDE if tagged else {})


def test_formulas_with_the_sentence_that_leads_to_them_and_bold_words_are_shown(tmp_path: Path):
    lead = "As the curve lies below each of its tangents, at the place one too, we have here"
    source = (
        f"## A bound\n\nFirst some words. **All of this is true.** A **word** is not. {lead}\n\n$$a < b$$\n\nAnd more."
    )
    [slide] = of(text(source), tmp_path=tmp_path)
    assert slide.title == "A bound"
    assert "".join(slide.shown) == f"<p><strong>All of this is true.</strong></p>\n<p>{lead}</p>\n\\[a &lt; b\\]"
    assert "First some words." in slide.said[0] and slide.said[-1] == "And more."


def test_what_is_too_short_to_be_understood_has_the_sentence_before_it_and_a_comma_what_follows(tmp_path: Path):
    [slide] = of(
        text("## A\n\nDraw noise from a bell. So stretch it:\n\n$$z = s,$$\n\nwith $s > 0$. Then more."),
        tmp_path=tmp_path,
    )
    assert [words.strip() for words in slide.shown] == [
        "<p>Draw noise from a bell. So stretch it:</p>",
        "\\[z = s,\\]",
        "<p>with \\(s &gt; 0\\).</p>",
    ]


def test_without_any_of_these_two_sentences_are(tmp_path: Path):
    [slide] = of(text("# T\n\nOne, as Li et al. say. Two? Three."), tmp_path=tmp_path)
    assert slide.shown == ["<p>One, as Li et al. say. Two?</p>\n"]


def test_of_a_long_list_each_first_sentence_is(tmp_path: Path):
    points = "\n".join(f"{mark} Point one. {'Long ' * 50}" for mark in ("1.", "2.", "3."))
    [slide] = of(text(f"## L\n\n{points}"), tmp_path=tmp_path)
    assert (
        slide.shown[0].count("<li>") == 3 and slide.shown[0].count("Point one.") == 3 and "Long" not in slide.shown[0]
    )


def test_what_is_folded_is_said_and_not_shown(tmp_path: Path):
    [slide] = of(text("## T\n\n$$a$$\n\n<details><summary>Answer</summary>\n\n$$b$$\n\n</details>"), tmp_path=tmp_path)
    assert slide.shown == ["\\[a\\]"] and any("$$b$$" in said for said in slide.said)


def test_words_up_to_the_next_slide_or_heading_are_said(tmp_path: Path):
    cells = text("## One\n\nA."), text("said", False), text("## Two\n\nnot said", False), text("nor this", False)
    [slide] = of(*cells, tmp_path=tmp_path)
    assert slide.said == ["A.", "said"]


def test_an_exercise_shows_its_goal_and_stub_and_the_notes_have_an_answer_unless_it_is_an_exam(tmp_path: Path):
    answer = new_code_cell("def f(x):\n    return 2 * x", metadata={"nbgrader": {"solution": True}})
    card = text("### Exercise 1.1 · Double\n\n*difficulty*\n\n**Goal.** Double it.\n\n**Shapes.** Any.")
    for solutions in (True, False):
        [slide] = of(
            card,
            answer,
            tmp_path=tmp_path,
            untouched={1: "def f(x):\n    raise NotImplementedError"},
            solutions=solutions,
        )
        assert "Double it." in slide.shown[0] and "NotImplementedError" in slide.shown[1]
        assert "2 * x" not in "".join(slide.shown)
        assert ("return 2 * x" in "".join(slide.said)) == solutions


def test_a_figure_is_shown_with_its_words_and_what_is_printed_under_its_code(tmp_path: Path):
    figure = new_output("display_data", {"image/png": PIXEL}, metadata={"image/png": {"alt": 'a "dot"'}})
    printed = new_output("stream", name="stdout", text="a < 3\n")
    cells = (
        new_code_cell("draw()", metadata=SLIDE, outputs=[printed, figure]),
        new_code_cell("print(a)", metadata=SLIDE, outputs=[printed]),
    )
    drawn, told = of(text("## F", False), *cells, tmp_path=tmp_path)
    assert 'alt="a &quot;dot&quot;"' in drawn.shown[0] and len(list(tmp_path.glob("*.png"))) == 1
    assert told.shown == ["<pre><code>print(a)</code></pre>", "<pre><code>a &lt; 3</code></pre>"]


def test_links_lead_to_the_sites_pages(tmp_path: Path):
    [slide] = of(text("## T\n\nSee [06](06_generation.ipynb#Holes) and [g](../docs/gallery.md)."), tmp_path=tmp_path)
    assert "[06](../notebooks/06_generation.html#Holes) and [g](../docs/gallery.html)" in slide.said[0]


@pytest.mark.parametrize("path", sorted((ROOT / "solutions").glob("*.ipynb")), ids=lambda path: path.stem)
def test_each_lesson_has_a_deck_that_begins_with_its_title_and_fills_a_lecture(path: Path, tmp_path: Path):
    slides = deck(nbformat.read(path, 4), nbformat.read(ROOT / "notebooks" / path.name, 4), tmp_path, True)
    assert 12 <= len(slides) <= 34 and slides[0].title[:2] == path.stem[:2] and slides[-1].title == "Summary"
    assert any(slide.title.startswith("Exercise") for slide in slides)
    assert all(slide.shown for slide in slides)
    made = page(slides, "$title$slides")
    assert made.count("<section>") == len(slides) and f"to {MINUTES}." in made
