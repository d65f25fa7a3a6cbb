"""The files of open questions: what each holds, and what is refused."""

import re
from collections import Counter
from pathlib import Path

import pytest

from vae_course.teach.items.bank import KINDS, Refused, all_texts, chosen, read, sittings
from vae_course.teach.items.markup import html
from vae_course.teach.items.write import bank

ROOT = Path(__file__).parents[3]
SITTINGS = ("00", "01", "02", "03", "04", "04b", "05", "05b", "06", "07", "08", "09", "10")

ENTRY = """
title = "A title"

[[question]]
id = "one"
kind = "proof"
minutes = 10
question = '''Why?'''
answer = '''So.'''
earns = [[2, "this"], [1, "that"]]
often = "Not so."
"""


def test_every_sitting_has_six_questions_and_two_proofs() -> None:
    assert tuple(sittings()) == SITTINGS
    for sitting in sittings().values():
        kinds = Counter(question.kind for question in sitting.questions)
        assert len(sitting.questions) == 6 and kinds["proof"] >= 2 and len(kinds) >= 3, (sitting.name, kinds)


def test_a_question_has_a_scheme_of_two_to_four_lines_and_a_length_that_fits_an_exam() -> None:
    for sitting in sittings().values():
        for item in sitting.questions:
            assert 2 <= len(item.earns) <= 4, item.id
            assert 3 <= item.points <= 6 and 5 <= item.minutes <= 20 and item.kind in KINDS, item.id
            assert len(item.answer) > 200 and item.often.endswith((".", ")")), item.id


def test_every_id_of_the_bank_is_its_own() -> None:
    ids = [item.id for sitting, short in bank() for item in (*sitting.questions, *short)]
    assert len(ids) == len(set(ids)) > 100


def test_at_least_forty_short_questions_some_for_every_sitting() -> None:
    counts = {sitting.name: len(short) for sitting, short in bank()}
    assert sum(counts.values()) >= 40 and min(counts.values()) >= 3


def test_every_text_is_markup_that_is_known() -> None:
    for sitting, short in bank():
        for item in (*sitting.questions, *short):
            for text in all_texts(item):
                written = html(text)
                assert "\n" not in written and not re.search(r"\$|`|\*\*", re.sub(r"<code>.*?</code>", "", written)), (
                    item.id
                )


def test_no_question_is_one_of_the_lessons() -> None:
    """Nine words in a row that a lesson's Warm-up, Think or Blank page has are a question that is asked already."""
    lessons = "".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "solutions").glob("[0-9]*.py")))
    asked = re.findall(
        r"\*\*Think\.\*\*.*?(?=<details>)|## Warm-up.*?</details>|## Blank page.*?(?=# %%)", lessons, re.DOTALL
    )
    assert len(asked) > 40
    there = {run for text in asked for run in _runs(text)}
    for sitting in sittings().values():
        for item in sitting.questions:
            assert not (common := there & set(_runs(item.question))), (item.id, common)


def _runs(text: str) -> list[tuple[str, ...]]:
    words = re.findall(r"[\w\\$^+−-]+", text.replace("\n# ", " ").lower())
    return list(zip(*(words[start:] for start in range(9)), strict=False))


@pytest.mark.parametrize("name, found", [("04", "04"), ("4", "04"), ("04_nelbo", "04"), ("04b", "04b"), ("4b", "04b")])
def test_a_sitting_is_found_by_what_people_type(name: str, found: str) -> None:
    assert [sitting.name for sitting in chosen(name)] == [found]


def test_a_lesson_that_is_not_there_is_told_with_those_that_are() -> None:
    with pytest.raises(ValueError, match="no questions for '12'.*04b, 05"):
        chosen("12")


@pytest.mark.parametrize(
    "old, new, told",
    [
        ("kind = ", "sort = ", "kind is missing"),
        ('"proof"', '"riddle"', "the kind is 'riddle'"),
        ("minutes = 10", "minutes = 0", "minutes is 0"),
        ("minutes = 10", "minutes = -3", "minutes are -3"),
        ("minutes = 10", "minutes = true", "minutes is True"),
        ("minutes = 10", 'minutes = "ten"', "minutes is 'ten'"),
        ("'''So.'''", "''' '''", "answer is ' '"),
        ('[2, "this"]', '[0, "this"]', "in earns stands"),
        ('[2, "this"]', '["this", 2]', "in earns stands"),
        ('id = "one"', 'id = "One two"', "the id is 'One two'"),
        ("often", "seldom = 'x'\noften", "there is 'seldom'"),
        ('"A title"', '"A: title"', "the title is"),
        ("[[question]]", "[question]", "no .*question"),
        ("'''Why?'''", "'''Why?''", "is no TOML"),
    ],
)
def test_a_file_that_is_not_as_it_should_be_is_refused_with_its_name(
    tmp_path: Path, old: str, new: str, told: str
) -> None:
    file = tmp_path / "04b.toml"
    file.write_text(ENTRY, encoding="utf-8")
    assert read(file).questions[0].id == "04b.one"
    assert old in ENTRY
    file.write_text(ENTRY.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(Refused, match=rf"04b\.toml.*({told})"):
        read(file)


def test_an_id_that_stands_twice_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "04b.toml"
    file.write_text(ENTRY + ENTRY.partition("\n\n")[2], encoding="utf-8")
    with pytest.raises(Refused, match="'04b.one' stands there twice"):
        read(file)


@pytest.mark.parametrize("text", ["| a | b |", "# Head", "[a](b)", "a $b", "a `b", "**a", "<b>a</b>", "{{ x }}"])
def test_markup_that_is_not_known_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        html(text)


def test_markup_becomes_html_with_formulas_as_mathjax_reads_them() -> None:
    text = "A < *b* **c** `d_e < f` $x_1 < 2$.\n\nIntro:\n* one\n  more\n* two\n\n$$a * b *\nc$$"
    assert html(text) == (
        "<p>A &lt; <em>b</em> <b>c</b> <code>d_e &lt; f</code> \\(x_1 &lt; 2\\).</p><p>Intro:</p><ul><li>one more</li><li>two</li></ul>"
        "<p>\\[a * b * c\\]</p>"
    )
