"""The glossary's words: where a lesson first uses one it leads there, and nowhere else."""

import re
from pathlib import Path

import nbformat
import pytest

from vae_course.teach.authoring.site.glossary import PAGE, entries, linked, page

ROOT = Path(__file__).resolve().parents[4]
TEXT = """# Glossary

- **posterior collapse** (collapse): the encoder says
  the prior. Lesson 04b.
- **ELBO** (evidence lower bound): a bound. Lesson 04.
- **nat**: a unit. Lesson 02.
"""


def first_uses(*cells: str) -> list[str]:
    return linked(list(cells), entries(TEXT))


def test_an_entry_has_a_word_others_for_it_and_a_meaning():
    collapse, _, nat = entries(TEXT)
    assert (collapse.name, collapse.others, nat.others) == ("posterior collapse", ("collapse",), ())
    assert collapse.meaning == "the encoder says the prior. Lesson 04b."


def test_a_word_is_linked_where_it_is_first_used_in_the_plural_and_over_a_line_too():
    assert first_uses("Two nats, a nat.", "The *Posterior\ncollapse*, a collapse.") == [
        "Two {term}`nats <nat>`, a nat.",
        "The *{term}`Posterior collapse <posterior collapse>`*, a collapse.",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "# A nat",
        "`nat`",
        "$nat$",
        "$$\nnat\n$$",
        "[nat](x.md)",
        "| nat | x |",
        "```\nnat\n```",
        "<b title='nat'>",
        "a nat-like",
        "nature",
        "elbo",
    ],
)
def test_code_formulas_links_headings_tables_and_other_words_stay(text: str):
    assert first_uses(f"{text}\n\nA nat.")[0] == f"{text}\n\nA {{term}}`nat <nat>`."


def test_a_table_of_letters_is_followed_by_a_link_to_all():
    [cell] = first_uses("| here | there |\n| --- | --- |\n| $m$ | $\\mu$ |\n\nText.")
    assert "| $m$ | $\\mu$ |\n\nAll letters and words: [glossary](../docs/glossary.md).\n\nText." in cell


@pytest.mark.parametrize(
    ("wrong", "words"), [("- nat: a unit\n", "does not begin with"), ("- **Nat**: again\n", "nat twice")]
)
def test_a_page_that_is_not_as_it_should_be_is_refused(wrong: str, words: str):
    with pytest.raises(ValueError, match=words):
        entries(TEXT + wrong)


def test_every_word_is_used_in_the_lessons_that_its_entry_names():
    known = entries((ROOT / PAGE).read_text(encoding="utf-8"))
    lessons = {
        path.stem.partition("_")[0]: nbformat.read(path, 4).cells for path in (ROOT / "solutions").glob("*.ipynb")
    }
    unused = []
    for entry in known:
        named = re.findall(r"\b\d\db?\b", entry.meaning.rpartition("Lesson")[2])
        assert named, entry.name
        for lesson in named:
            prose = " ".join(cell.source for cell in lessons[lesson] if cell.cell_type == "markdown")
            if "{term}`" not in "".join(linked([prose], [entry])):
                unused.append(f"{entry.name}: lesson {lesson}")
    assert not unused


def test_lesson_00s_letters_stand_below():
    made = page(TEXT, nbformat.read(ROOT / "solutions" / "00_start_here.ipynb", 4))
    assert "```{glossary}\nposterior collapse\ncollapse\n  the encoder" in made
    assert "## Letters" in made and "| $x$ | the same |" in made and "<details>" not in made
