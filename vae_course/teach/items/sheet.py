"""The bank as Markdown, to read and to print: what a teacher has in hand."""

from collections.abc import Iterable, Sequence

from vae_course.teach.items.bank import Choice, Numeric, Open, Sitting, Slip
from vae_course.teach.items.gift import plain
from vae_course.teach.items.markup import unwrapped


def sheet(bank: Iterable[tuple[Sitting, Sequence[Choice | Numeric]]]) -> str:
    """The whole text."""
    parts = ["# Questions with model answers, for teachers\n"]
    for sitting, short in bank:
        parts.append(f"## {sitting.name} · {sitting.title}\n")
        parts += map(_open, sitting.questions)
        if short:
            parts.append(f"### Short questions of {sitting.name}\n")
            parts += map(_short, short)
    return "\n".join(parts)


def _open(item: Open) -> str:
    rows = [f"* **{points}**: {what}" for points, what in item.earns] + [f"* Often: {item.often}"]
    head = f"### {item.id} ({item.kind}, {item.points} points, {item.minutes} minutes)"
    return (
        "\n\n".join(
            [
                head,
                unwrapped(item.question),
                f"**Model answer.** {unwrapped(item.answer)}",
                "**Marking.**",
                "\n".join(rows),
            ]
        )
        + "\n"
    )


def _short(item: Choice | Numeric) -> str:
    if isinstance(item, Choice):
        answers = [f"* **{choice}** (right)" if choice == item.truth else f"* {choice}" for choice in item.choices]
    else:
        answers = [f"* **{plain(item.truth)}** ± {plain(item.tolerance)} (right)", *map(_slip, item.slips)]
    return "\n\n".join([f"#### {item.id}", unwrapped(item.question), "\n".join(answers), item.why]) + "\n"


def _slip(slip: Slip) -> str:
    credit = f" ({slip.credit} %)" if slip.credit else ""
    return f"* {plain(slip.number)}{credit}: {slip.says}"
