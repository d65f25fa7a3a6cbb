"""A derivation whose lines are to be put in order. The lines are data: each says on which others it rests.

So every right order is known, and so is the first line that cannot stand where it does: a line follows from those above it, and lines
that do not rest on each other may stand either way round.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from vae_course.checks.engine.exercise import Check, Misconception
from vae_course.checks.engine.trial import Trial, Wrong

_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


@dataclass(frozen=True)
class Line:
    """One line of a derivation, or one that looks right and is false.

    Args:
        text: what it says. The lesson prints it.
        reason: why, as it stands beside it.
        rests_on: letters of the lines that its reason takes for granted; all of them stand above it.
        used: of a false line: what is said of an answer that has it. Empty: the line belongs.
        false: of a false line: why it is, or where it fails.
    """

    text: str
    reason: str
    rests_on: str = ""
    used: str = ""
    false: str = ""


@dataclass(frozen=True)
class Step:
    """A part of a derivation that is worth a point of its own.

    Args:
        name: of the check.
        false: the letter of the false line that spoils it.
        place: two letters, the second of which stands right below the first; or one letter, which stands last.
        expected: what is said of an answer in which it does not.
    """

    name: str
    false: str
    place: str
    expected: str


@dataclass(frozen=True)
class Lines:
    """The lines of a derivation, shuffled.

    Args:
        lines: letter -> line; the letters run from A without a gap.
        order: the letters of the lines that belong, in one right order.
        begin: what is said of a wrong order: how a right one begins.
        steps: where the derivation is worth points, its parts; the whole order, of which there is one then, is worth one more.

    Raises:
        ValueError: `order` is no right order of these lines, or there are steps and several right orders.
    """

    lines: Mapping[str, Line]
    order: str
    begin: str
    steps: tuple[Step, ...] = ()

    def __post_init__(self) -> None:
        found = list(self.orders())
        if self.order not in found or (self.steps and len(found) > 1):
            raise ValueError(f"{self.order} is not right, or not alone: the lines have {len(found)} right orders")

    @cached_property
    def belong(self) -> str:
        """The letters of the lines that belong, as the alphabet has them."""
        return "".join(letter for letter, line in self.lines.items() if not line.used)

    def orders(self, above: str = "") -> Iterator[str]:
        """Every right order that begins with the lines `above`."""
        if len(above) == len(self.belong):
            yield above
        for letter in self.belong:
            if letter not in above and set(self.lines[letter].rests_on) <= set(above):
                yield from self.orders(above + letter)

    def too_early(self, letters: str) -> int:
        """The first place whose line rests on one that does not stand above it, from 1 on; 0: there is none."""
        for place, letter in enumerate(letters, 1):
            if not set(self.lines[letter].rests_on) <= set(letters[: place - 1]):
                return place
        return 0

    # ------------------------------------------------------------ an exercise's parts

    def checks(self) -> tuple[Check, ...]:
        """With steps each is worth a point, and so is the whole; without, nothing is."""
        if not self.steps:
            return Check("the lines that belong", self._belonging), Check("the order", self._in_order)
        return (
            Check("letters of lines", self._are_letters),
            *(Check(step.name, self._test_of(step), points=1) for step in self.steps),
            Check("the whole order", self._whole, points=1),
        )

    def misconceptions(self, table: Mapping[tuple[str, str], str]) -> tuple[Misconception, ...]:
        """The mistakes in a table of (name, wrong order) -> what is said of it."""
        return tuple(Misconception(name, list(order), message) for (name, order), message in table.items())

    # ------------------------------------------------------------ what the checks ask

    def _letters(self, trial: Trial) -> list[str]:
        value = trial.answer.value
        return [str(letter).strip().upper() for letter in value] if isinstance(value, str | list | tuple) else []

    def _are_letters(self, trial: Trial) -> None:
        """Nothing but letters of lines, none of them left empty."""
        value, letters = trial.answer.value, self._letters(trial)
        unknown = [i for i, letter in enumerate(letters) if letter not in self.lines]
        letters_wanted = f"{_NUMBERS[len(self.order)]} letters out of A to {max(self.lines)}"
        if letters and unknown and value[unknown[0]] is None:
            raise Wrong(f"Place {unknown[0] + 1} of your list is still empty.", f"It should be {letters_wanted}.")
        if not letters or unknown:
            raise Wrong(f"Your answer is {value!r}.", f"It should be a list of {letters_wanted}.")

    def _belonging(self, trial: Trial) -> None:
        """The lines that belong, each of them once, and no other."""
        self._are_letters(trial)
        letters = self._letters(trial)
        for letter in letters:
            self._is_true(letter)
        self._each_once(letters)

    def _is_true(self, letter: str) -> None:
        line = self.lines[letter]
        if line.used:
            raise Wrong(line.used, line.false)

    def _each_once(self, letters: list[str]) -> None:
        expected = f"{_NUMBERS[len(self.order)].capitalize()} lines make the derivation, each of them once."
        if len(letters) != len(self.order):
            raise Wrong(
                f"Your order has {len(letters)} {'letter' if len(letters) == 1 else 'letters'}.",
                expected,
            )
        twice = next((letter for letter in letters if letters.count(letter) > 1), "")
        if twice:
            raise Wrong(f"Your order has line {twice} {letters.count(twice)} times.", expected)

    def _in_order(self, trial: Trial) -> None:
        """Each line stands below those that it rests on."""
        letters = "".join(letter for letter in self._letters(trial) if letter in self.belong)
        place = self.too_early(letters)
        if place:
            stands = ("", "", " The first line can stand there.")
            before = stands[place] if place < 3 else f" Up to place {place - 1} each line follows from those above it."
            raise Wrong(
                f"Your order is {' '.join(letters)}.{before} Line {letters[place - 1]}, in place {place}, comes too early: its "
                f"reason uses what no line above it says.",
                self.begin,
            )

    def _test_of(self, step: Step) -> Callable[[Trial], None]:
        def test(trial: Trial) -> None:
            letters = self._letters(trial)
            if step.false in letters:
                self._is_true(step.false)
            if len(step.place) == 1 and letters[-1] != step.place:
                raise Wrong(f"Your last line is {letters[-1]}.", step.expected)
            if step.place not in "".join(letters):
                raise Wrong(f"Line {step.place[1]} does not follow line {step.place[0]} in your order.", step.expected)

        return test

    def _whole(self, trial: Trial) -> None:
        """All lines, in the one right order."""
        letters = self._letters(trial)
        self._each_once(letters)
        in_place = sum(a == b for a, b in zip(letters, self.order, strict=True))
        if in_place < len(self.order):
            number = _NUMBERS[len(self.order)]
            raise Wrong(
                f"Your order is {' '.join(letters)}. In their places, of {number} lines: {in_place}.", self.begin
            )
