"""The cards: what a learner wrote is shown and never interpreted, and right and wrong differ by sign, word and colour."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from vae_course import check, hint, solution
from vae_course.checks import learning
from vae_course.checks.engine.findings import LIKELY, PROVED, CheckResult, Finding, Outcome, Reading
from vae_course.checks.learning import state
from vae_course.checks.learning.cards import SIGNS, frame, verdict_html, verdict_text
from vae_course.checks.learning.check import Verdict
from vae_course.checks.learning.text import Text

EVIL = [
    "<img src=x onerror=alert(1)>",
    "</div></div><script>alert(1)</script>",
    "&lt;b&gt; is no tag & neither is <",
    "it's \"quoted\"' onmouseover='alert(1)",
]
OF_A_CARD = {"div", "b", "span", "ul", "li", "code"}
BLUE, VERMILION, GREY, SKY = "#0072B2", "#D55E00", "#767676", "#56B4E9"


@pytest.fixture(autouse=True)
def empty_home(tmp_path, monkeypatch):
    monkeypatch.setenv("VAE_COURSE_HOME", str(tmp_path / "home"))


class Page(HTMLParser):
    """What a browser makes of a card: its elements with their attributes, its text, and whether all of them are closed."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert not self._open, f"left open: {self._open}"

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        self._open.append(tag)

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        self.texts.append((self._open[-1] if self._open else "", data))

    def handle_comment(self, data):
        raise AssertionError("a comment hides what follows")

    @property
    def tags(self) -> set[str]:
        return {tag for tag, _ in self.elements}

    @property
    def text(self) -> str:
        return "".join(data for _, data in self.texts)

    def within(self, tag: str) -> list[str]:
        return [data for inside, data in self.texts if inside == tag]


def found(*findings: Finding, **changes) -> Outcome:
    findings = findings or (Finding("Your z is off."),)
    return replace(Outcome("sample_gaussian", "01_reparameterization", "wrong", 3, 7, "", findings, (), 5), **changes)


def words(text: str) -> str:
    """The text without its spaces and line breaks, which a page sets as it likes."""
    return "".join(text.split())


# ---------------------------------------------------------------- nothing that a learner wrote is interpreted


@pytest.mark.parametrize("evil", EVIL)
@pytest.mark.parametrize(
    "place",
    [
        Finding,
        lambda text: Finding(f"first\n{text}", f"It should be: {text}"),
        lambda text: Finding("It is.", reason=f"{text}: what follows"),
        lambda text: Finding("It is.", reason=text, standing=PROVED),
        lambda text: Finding("It is.", reading=Reading((text, f"a label: {text}"), ((text, "1"), ("x", text)))),
    ],
)
def test_a_finding_is_shown_as_it_is_and_makes_no_element(place, evil: str):
    page = Page(verdict_html(found(place(evil))))
    assert evil in page.text and page.tags <= OF_A_CARD
    assert page.tags == Page(verdict_html(found(place("harmless")))).tags


@pytest.mark.parametrize("evil", EVIL)
def test_the_name_of_a_check_and_of_an_exercise_make_no_element(evil: str):
    checks = (CheckResult(evil, True, 1), CheckResult("later", False, 0))
    page = Page(verdict_html(found(exercise=evil, checks=checks)))
    assert page.tags <= OF_A_CARD
    assert any(evil in text for text in page.within("li")) and page.within("code") == [f'hint("{evil}")']
    assert any(evil in text for text in page.within("b"))


@pytest.mark.parametrize("evil", EVIL)
def test_a_text_for_a_learner_makes_no_element_in_title_body_or_code(evil: str):
    for code in (False, True):
        page = Page(Text(f"title {evil}", f"body {evil}", code=code)._repr_html_())
        assert page.within("b") == [f"title {evil}"] and page.within("pre" if code else "div") == [f"body {evil}"]
        assert page.tags == {"div", "b", "pre"} if code else page.tags == {"div", "b"}


@pytest.mark.parametrize("evil", EVIL)
def test_what_an_answer_raises_is_shown_and_not_interpreted(evil: str):
    def raises(m, v):
        raise ValueError(evil)

    card = check(raises, "sample_gaussian", quiet=True)
    page = Page(card._repr_html_())
    assert card.status == "raised" and evil in page.text and evil in repr(card) and page.tags <= OF_A_CARD


def test_the_name_of_an_error_and_the_line_that_raised_it_are_not_interpreted():
    def raises(m, v):
        raise type("<b>Odd</b>", (Exception,), {})("<i>why</i>")  # <u>a comment</u>

    page = Page(check(raises, "sample_gaussian", quiet=True)._repr_html_())
    assert all(part in page.text for part in ("<b>Odd</b>", "<i>why</i>")) and page.tags <= OF_A_CARD


def test_a_wrong_constant_is_shown_and_not_interpreted():
    odd = "<script>alert(1)</script>"
    page = Page(check({"square": odd, "step": odd, "moving edge": odd}, "choose_estimator")._repr_html_())
    assert odd in page.text and page.tags <= OF_A_CARD


def test_a_name_that_an_answer_misspelt_is_not_interpreted():
    def names(m, v):
        return globals()["<s>nowhere</s>"]

    page = Page(check(names, "sample_gaussian", quiet=True)._repr_html_())
    assert "<s>nowhere</s>" in page.text and page.tags <= OF_A_CARD


# ---------------------------------------------------------------- the same words as text and as a card


CHECKS = (
    CheckResult("has the right shape", True, 1),
    CheckResult("is a gate", True, 0),
    CheckResult("has the right mean", False, 0, Finding("it is 3")),
    CheckResult("has the right variance", False, 0),
)


@pytest.mark.parametrize("status", sorted(SIGNS))
@pytest.mark.parametrize("checks", [(), CHECKS])
def test_a_card_says_the_same_words_as_the_text(status: str, checks: tuple[CheckResult, ...]):
    reading = Reading(("Read <off>:",), (("a", "  1  2"), ("column", "3")))
    one, more = Finding("One & all.", reason="<none>: yet"), Finding("Two.", "It is 3.", reading=reading)
    outcome = found(one, more, status=status, checks=checks)
    assert words(Page(verdict_html(outcome)).text) == words(verdict_text(outcome))


def test_the_text_of_a_verdict_reads_so():
    text = verdict_text(found(Finding("Your z is off."), Finding("And so is m."), checks=CHECKS))
    assert text.splitlines() == [
        "✗ sample_gaussian: wrong · 3 of 7 points",
        "  Your z is off.",
        "  And so is m.",
        "  ✓ has the right shape (1)",
        "  ✓ is a gate",
        "  ✗ has the right mean",
        "  – has the right variance (not reached)",
        '  Next: hint("sample_gaussian")',
    ]


@pytest.mark.parametrize("status", ["correct", "not started"])
def test_where_nothing_is_wrong_a_card_lists_no_checks_and_offers_no_hint(status: str):
    outcome = found(Finding("Well."), status=status, checks=CHECKS)
    for card in (verdict_text(outcome), verdict_html(outcome)):
        assert "Well." in card and "has the right shape" not in card and "hint(" not in card


@pytest.mark.parametrize("status", ["wrong", "raised", "timed out", "forbidden"])
def test_where_something_is_wrong_a_card_lists_the_checks_and_offers_a_hint(status: str):
    outcome = found(status=status, checks=CHECKS)
    for card in (verdict_text(outcome), Page(verdict_html(outcome)).text):
        assert "✓ has the right shape (1)" in card and 'hint("sample_gaussian")' in card and status in card


def test_a_card_without_checks_has_no_empty_list():
    assert "ul" not in Page(verdict_html(found(checks=()))).tags


@pytest.mark.parametrize(
    ("points", "most", "said"),
    [
        (3, 7, " · 3 of 7 points"),
        (0.75, 1, " · 0.75 of 1 point"),
        (1, 1, " · 1 of 1 point"),
        (0, 2, " · 0 of 2 points"),
        (0, 0, ""),
    ],
)
def test_points_are_said_with_their_maximum_and_not_of_what_has_none(points: float, most: float, said: str):
    outcome = found(Finding(""), points=points, max_points=most)
    assert verdict_text(outcome).splitlines()[0] == f"✗ sample_gaussian: wrong{said}"
    head = Page(verdict_html(outcome)).text.partition("Next:")[0]
    assert head == f"✗ sample_gaussian: wrong{said}"


def test_a_likely_reason_stands_out_and_a_table_keeps_its_columns():
    table = Finding("So it is:", reading=Reading(table=(("yours", "1  2"), ("expected", "3"))))
    page = Page(verdict_html(found(Finding("Your z is off.", reason="a square: root"), table)))
    assert f"{LIKELY}:" in page.within("b") and " a square: root" in page.within("div")
    style, _ = [a["style"] for tag, a in page.elements if tag == "div" and "monospace" in (a["style"] or "")]
    assert style is not None and "pre-wrap" in style and "  yours     1  2" in page.within("div")


def test_a_proved_reason_is_said_with_what_it_explains_and_one_that_only_looks_likely_does_not_stand_out():
    told = Finding(f"{LIKELY}s: none", "One is asked.", reason="It is so.", standing=PROVED)
    page = Page(verdict_html(found(told)))
    assert not any(LIKELY in text for text in page.within("b"))
    assert f"{LIKELY}s: none. One is asked. It is so." in page.within("div")


# ---------------------------------------------------------------- a ladder of checks


def rows(*checks: CheckResult) -> list[str]:
    return verdict_text(found(Finding(""), checks=checks)).splitlines()[1:-1]


def test_checks_that_differ_in_a_number_are_one_row_for_each_verdict_on_them():
    ladder = [CheckResult(f"refuses {i} of 6", i < 4, 0.5 * (i < 4)) for i in range(1, 7)]
    assert rows(*ladder) == ["  ✓ refuses 1 to 3 of 6 (1.5)", "  – refuses 4 to 6 of 6 (not reached)"]


def test_checks_of_other_names_have_rows_of_their_own():
    found = rows(CheckResult("a 1", True, 1), CheckResult("b 1", True, 1), CheckResult("a 2", True, 2))
    assert found == ["  ✓ a 1 (1)", "  ✓ b 1 (1)", "  ✓ a 2 (2)"]


def test_checks_of_one_name_without_a_number_are_one_row_with_their_points():
    assert rows(CheckResult("same", True, 1), CheckResult("same", True, 0.5)) == ["  ✓ same (1.5)"]


def test_a_number_with_a_fraction_is_one_number():
    found = rows(CheckResult("at 0.25 nats", True, 1), CheckResult("at 1.5 nats", True, 1))
    assert found == ["  ✓ at 0.25 to 1.5 nats (2)"]


# ---------------------------------------------------------------- signs and colours


def test_every_status_has_its_sign_and_its_colour():
    assert {status: colour for status, (_, colour) in SIGNS.items()} == {
        "correct": BLUE,
        "wrong": VERMILION,
        "raised": VERMILION,
        "timed out": VERMILION,
        "forbidden": VERMILION,
        "not started": GREY,
    }
    assert [SIGNS[status][0] for status in ("correct", "wrong", "not started")] == ["✓", "✗", "○"]
    assert {SIGNS[status][0] for status in ("raised", "timed out", "forbidden")} == {"!"}


@pytest.mark.parametrize("status", sorted(SIGNS))
def test_a_card_wears_the_colour_of_its_status_and_says_sign_and_word(status: str):
    sign, colour = SIGNS[status]
    html = verdict_html(found(status=status))
    page = Page(html)
    assert page.elements[0] == ("div", {"style": page.elements[0][1]["style"]})
    assert f"solid {colour};" in (page.elements[0][1]["style"] or "") and set(re.findall(r"#\w{6}", html)) == {colour}
    assert page.text.startswith(f"{sign} sample_gaussian: {status}")
    assert verdict_text(found(status=status)).startswith(f"{sign} sample_gaussian: {status}")


def test_a_sign_is_not_read_aloud_because_the_word_is():
    page = Page(verdict_html(found()))
    assert ("span", {"aria-hidden": "true"}) in page.elements and page.within("span") == ["✗"]


def test_a_card_keeps_the_colours_of_the_page():
    for html in (verdict_html(found(checks=CHECKS)), Text("a", "b")._repr_html_(), frame("x", BLUE)):
        assert "background" not in html and not re.search(r"[;'\"]\s*color:", html)


def test_right_and_wrong_answers_of_a_learner_get_cards_that_differ():
    right = check("ECGAHB", "derivation")._repr_html_()
    wrong = check("BHAGCE", "derivation")._repr_html_()
    assert BLUE in right and "✓" in right and VERMILION not in right
    assert VERMILION in wrong and "✗" in wrong and BLUE not in wrong


def test_help_wears_a_colour_of_its_own():
    for text in (hint("two_boxes"), solution("two_boxes"), solution("two_boxes", anyway=True)):
        style = Page(text._repr_html_()).elements[0][1]["style"] or ""
        assert f"solid {SKY};" in style and BLUE not in style and VERMILION not in style


# ---------------------------------------------------------------- texts


def test_a_text_says_the_same_words_as_a_card_and_a_line_stays_a_line():
    text = Text("A title", "one\ntwo")
    page = Page(text._repr_html_())
    assert (
        repr(text) == "A title\none\ntwo" and page.within("b") == ["A title"] and page.within("div") == ["one", "two"]
    )


def test_code_keeps_its_lines_and_its_indent():
    page = Page(Text("A title", "def f():\n    return 1", code=True)._repr_html_())
    assert page.within("pre") == ["def f():\n    return 1"]


def test_a_solution_is_shown_as_code_and_a_hint_is_not():
    assert "pre" in Page(solution("sample_gaussian", anyway=True)._repr_html_()).tags
    assert "pre" not in Page(hint("sample_gaussian")._repr_html_()).tags
    assert "pre" not in Page(solution("sample_gaussian")._repr_html_()).tags


def test_a_verdict_shows_itself_as_its_card_and_as_its_text():
    outcome = found(checks=CHECKS)
    verdict = Verdict(**vars(outcome))
    assert verdict._repr_html_() == verdict_html(outcome) and repr(verdict) == str(verdict) == verdict_text(outcome)


def test_reading_a_card_changes_no_progress():
    verdict_html(found())
    assert not state.path().exists()


def test_all_that_a_learner_is_offered_is_there():
    assert {name for name in learning.__all__ if not callable(getattr(learning, name, None))} == set()
    assert {"check", "hint", "progress", "solution", "solved"} <= set(learning.__all__)
