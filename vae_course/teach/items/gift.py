"""The bank in Moodle's GIFT format: a category a sitting, in it one of open and one of short items.

Source: Moodle's own reader, question/format/gift/format.php. There a backslash is doubled, each of : # = { } ~ stands after one, a
blank line ends a question, and an essay has no place for a marking scheme but its general feedback.
"""

import math
from collections.abc import Iterable, Sequence

from vae_course.teach.items.bank import Choice, Numeric, Open, Sitting
from vae_course.teach.items.markup import html

RESERVED = "\\:#={}~"


def gift(bank: Iterable[tuple[Sitting, Sequence[Choice | Numeric]]]) -> str:
    """The whole file."""
    blocks = ["// Made by `vae-course items --format gift`. General feedback holds the model answers: students see it when\n"
              "// the quiz's review options say so."]  # fmt: skip
    for sitting, short in bank:
        place = f"$CATEGORY: $course$/top/VAE course/{sitting.name} {sitting.title}"
        blocks += [f"{place}/open questions", *map(_open, sitting.questions)]
        if short:
            blocks += [f"{place}/short questions", *map(_short, short)]
    return "\n\n".join(blocks) + "\n"


def escaped(text: str) -> str:
    """A text in which nothing is a sign of GIFT's."""
    return "".join(f"\\{sign}" if sign in RESERVED else sign for sign in text)


def plain(number: float) -> str:
    """A number to six digits, without an exponent, which people do not type."""
    if not number:
        return "0"
    digits = max(0, 5 - math.floor(math.log10(abs(number))))
    text = f"{number:.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _open(item: Open) -> str:
    worth = f"{item.points} point{'' if item.points == 1 else 's'}, about {item.minutes} minutes"
    told = f"{html(item.answer)}<p><b>Marking</b> ({worth})</p>{_scheme(item)}"
    asked = _text(f"{item.question}\n\n({worth})")
    return f"{_head(item.id, 'open', item.kind)}[html]{asked}{{####{escaped(told)}}}"


def _scheme(item: Open) -> str:
    rows = [f"**{points}**: {what}" for points, what in item.earns] + [f"Often: {item.often}"]
    return html("\n".join(f"* {row}" for row in rows))


def _short(item: Choice | Numeric) -> str:
    head = _head(item.id, "short", "choice" if isinstance(item, Choice) else "number") + f"[html]{_text(item.question)}"
    if isinstance(item, Choice):
        answers = [f"{'=' if choice == item.truth else '~'}{_answer(choice)}" for choice in item.choices]
        opening = "{"
    else:
        answers = [f"=%100%{plain(item.truth)}:{plain(item.tolerance)}#{_text('Right.')}"]
        answers += [f"=%{s.credit}%{plain(s.number)}:{plain(s.tolerance)}#{_text(s.says)}" for s in item.slips]
        opening = "{#"
    return "\n".join([head + opening, *answers, f"####{_text(item.why)}", "}"])


def _answer(choice: str) -> str:
    """A choice without the paragraph around it, which would set it apart from its button."""
    return escaped(html(choice).removeprefix("<p>").removesuffix("</p>"))


def _text(text: str) -> str:
    return escaped(html(text))


def _head(id: str, *tags: str) -> str:
    return f"// [id:{id}] {' '.join(f'[tag:{tag}]' for tag in tags)}\n::{escaped(id)}::"
