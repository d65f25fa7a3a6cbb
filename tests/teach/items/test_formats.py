"""What is written is what was there: GIFT by a strict reader, Markdown by its parts."""

import re

import pytest

from tests.teach.items.gift_reader import read
from vae_course.teach.items.bank import Choice, Numeric, Open, Sitting, Slip
from vae_course.teach.items.gift import escaped, gift, plain
from vae_course.teach.items.markup import html, unwrapped
from vae_course.teach.items.write import bank, write


@pytest.mark.parametrize("seed", [0, 1, 7])
def test_a_strict_reader_finds_in_the_gift_what_went_in(seed: int) -> None:
    found = {question.id: question for question in read(write("gift", seed=seed))}
    items = {item.id: (sitting, item) for sitting, short in bank(seed=seed) for item in (*sitting.questions, *short)}
    assert found.keys() == items.keys()
    for id, (sitting, item) in items.items():
        got = found[id]
        part = "open" if isinstance(item, Open) else "short"
        assert got.category == f"$course$/top/VAE course/{sitting.name} {sitting.title}/{part} questions"
        assert got.name == id and got.tags[0] == part
        if isinstance(item, Open):
            worth = f"({item.points} points, about {item.minutes} minutes)"
            assert got.kind == "essay" and got.text == html(f"{item.question}\n\n{worth}") and got.tags[1] == item.kind
            assert (
                got.feedback.startswith(html(item.answer) + "<p><b>Marking</b>")
                and html(item.often)[3:-4] in got.feedback
            )
            assert all(f"<b>{points}</b>: {html(what)[3:-4]}" in got.feedback for points, what in item.earns)
            continue
        assert got.text == html(item.question) and got.feedback == html(item.why)
        if isinstance(item, Choice):
            assert got.kind == "multichoice"
            assert [(html(c)[3:-4], 100.0 if c == item.truth else 0.0, "") for c in item.choices] == got.answers
        else:
            assert got.kind == "numerical"
            right = [(item.truth, item.tolerance, 100.0, html("Right."))]
            expected = right + [(s.number, s.tolerance, float(s.credit), html(s.says)) for s in item.slips]
            for (number, tolerance, credit, says), (text, weight, feedback) in zip(expected, got.answers, strict=True):
                value, width = map(float, text.split(":"))
                assert value == pytest.approx(number, rel=1e-5) and width == pytest.approx(
                    tolerance, rel=1e-4, abs=1e-9
                )
                assert weight == credit and feedback == says


def test_every_sign_that_means_something_in_gift_comes_through() -> None:
    nasty = (
        r"a: b = c # d ~ e { f } g \ h \\ i \n \{ \} // -> %50% #### :: [html] & < > $x_{1} = \{2\}: \nabla\,\#3 \\ 4$"
    )
    items = [
        Numeric("00.n", nasty, 2.0, nasty, (Slip(-3.0, nasty, 50),)),
        Choice("00.c", nasty, (nasty, "b"), "b", nasty),
    ]
    question = Open("00.o", "proof", 5, nasty, nasty, ((1, nasty),), nasty)
    essay, number, choice = read(gift([(Sitting("00", "Start", (question,)), items)]))
    assert essay.text.startswith(html(nasty)) and essay.feedback.count(html(nasty)[3:-4]) == 3
    assert number.answers[1] == ("-3:0.03", 50.0, html(nasty))
    assert choice.answers[0][0] == html(nasty)[3:-4]


def test_a_text_with_an_empty_line_is_still_one_question() -> None:
    question = Open("00.o", "proof", 5, "a\n\nb\n\n* c\n\n$$d$$", "e\n\nf", ((1, "g"),), "h")
    assert len(read(gift([(Sitting("00", "Start", (question,)), [])]))) == 1


def test_escaping_is_what_moodle_says() -> None:
    assert escaped(r"\frac{1}{2} = a#b~c:d") == r"\\frac\{1\}\{2\} \= a\#b\~c\:d"


@pytest.mark.parametrize(
    "number, text",
    [
        (0.55, "0.55"),
        (-0.597837, "-0.597837"),
        (1_020_000.0, "1020000"),
        (0.0000453999, "0.0000453999"),
        (0.0, "0"),
        (100, "100"),
    ],
)
def test_numbers_are_written_as_people_type_them(number: float, text: str) -> None:
    assert plain(number) == text


def test_the_same_seed_gives_the_same_bank_and_another_other_numbers_and_the_same_questions() -> None:
    one, two = write("gift", seed=3), write("gift", seed=4)
    assert one == write("gift", seed=3) != two
    ids = [re.findall(r"\[id:(.*?)\]", text) for text in (one, two)]
    assert ids[0] == ids[1]


@pytest.mark.parametrize("lesson", ["04", "04b"])
def test_the_sheet_has_every_question_with_answer_and_scheme(lesson: str) -> None:
    text = write("markdown", lesson)
    ((sitting, short),) = bank(lesson)
    assert text.startswith("# Questions with model answers") and text.count("**Model answer.**") == 6
    for item in (*sitting.questions, *short):
        assert item.id in text and unwrapped(item.question) in text
    for item in sitting.questions:
        assert unwrapped(item.answer) in text and all(f"* **{points}**: {what}" in text for points, what in item.earns)
    assert text.count("(right)") == len(short)


def test_no_line_of_the_sheet_begins_with_a_sign_of_a_formula() -> None:
    assert unwrapped("a $b\n+ c$ d\n\n$$e$$\nf\n* g\n  h\n* i") == "a $b + c$ d\n\n$$e$$ f\n* g h\n* i"
    for line in write("markdown").splitlines():
        assert not re.match(r"(\+|-|=|>|\d+\.) ", line), line
