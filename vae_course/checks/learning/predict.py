"""`predict(...)`: a guess before a figure or a number, kept, and set beside the truth. It counts for nothing but learning."""

import os
from html import escape
from typing import Any

from vae_course.checks.learning import state
from vae_course.checks.learning.cards import frame
from vae_course.checks.learning.questions import QUESTIONS, Question
from vae_course.printable import printable
from vae_course.sliders import show_named

EDGE = "#E69F00"


class Prediction:
    """A question with its form; `was` says what is true, beside what was predicted."""

    def __init__(self, name: str, question: Question) -> None:
        self.name, self.question = name, question

    def was(self, number: float | None = None) -> "Told":
        """The truth beside the prediction, and why. What was predicted before counts, for the score on the card.

        Args:
            number: the truth, where a number was asked for.
        """
        question = self.question
        if bool(question.choices) == (number is not None):
            raise ValueError(
                f"{self.name!r}: the truth is {'a choice, and stands with the question' if question.choices else 'a number: was(number)'}."
            )
        truth = question.truth if number is None else float(number)
        said = self.kept()
        right = said == truth if number is None else said is not None and abs(float(said) - number) <= question.near
        if said is not None:
            state.judge_prediction(self.name, right)
        return Told(None if said is None else self.in_words(said), self.in_words(truth), right, question.why)

    def in_words(self, value: Any) -> str:
        return str(value) if self.question.choices else f"{float(value):.4g} {self.question.unit}".strip()

    def keep(self, value: Any) -> None:
        """As the button does: it may be changed until the truth was shown."""
        state.keep_prediction(self.name, value)

    def kept(self) -> Any:
        """What was predicted; None if nothing was, or if another edition asked the question so that it fits no more."""
        said = state.prediction(self.name)
        if self.question.choices:
            return said if said in self.question.choices else None
        return said if isinstance(said, int | float) else None

    def __repr__(self) -> str:
        low, high = self.question.between or (0.0, 0.0)
        offered = " · ".join(self.question.choices) or f"a number from {low:g} to {high:g} {self.question.unit}".strip()
        return printable(f"Predict: {self.question.asks}\n  {offered}")

    def _repr_html_(self) -> str:
        rows = repr(self).splitlines()
        return frame(f"<b>{escape(rows[0])}</b><div>{escape(rows[1].strip())}</div>", EDGE)

    def _ipython_display_(self) -> None:
        from IPython.display import HTML, display

        if os.environ.get("VAE_COURSE_STATIC"):
            display(HTML(self._repr_html_()))
        else:
            show_named(self.form())

    def form(self) -> Any:
        """A button for each choice, or a slider with a button: pressed, the answer is kept; another press changes it until the truth is shown.

        Buttons, because JupyterLab takes the arrow keys with which one moves among radio buttons. Tab and Space are free.
        """
        import ipywidgets

        question = self.question
        asked = ipywidgets.HTML(f"<b>Predict: {escape(question.asks)}</b>")
        slider = []
        if question.between is not None:
            low, high = question.between
            some = {"value": (low + high) / 2, "min": low, "max": high, "step": (high - low) / 100}
            slider = [ipywidgets.FloatSlider(**some, readout_format=".4g", description=question.unit)]
            slider[0].add_class("vae-prediction")
        buttons = [
            ipywidgets.Button(description=text, tooltip=f"{question.asks} {text}", layout={"width": "auto"})
            for text in question.choices or ("Keep my answer",)
        ]
        line = ipywidgets.HTML()

        def show(value: Any) -> None:
            for control in (*slider, *buttons):
                control.disabled = state.is_judged(self.name)
            line.value = f"<span role='status'>You predicted: {escape(self.in_words(value))}. Go on.</span>"

        def pressed(button: Any) -> None:
            self.keep(slider[0].value if slider else button.description)
            show(self.kept())

        for button in buttons:
            button.on_click(pressed)
        if (kept := self.kept()) is not None:
            show(kept)
        return ipywidgets.VBox([asked, *slider, ipywidgets.HBox(buttons, layout={"flex_flow": "row wrap"}), line])


class Told:
    """The truth, beside what was predicted: HTML in a notebook, plain text everywhere else."""

    def __init__(self, said: str | None, truth: str, right: bool, why: str) -> None:
        self._said, self._truth, self._right, self._why = said, truth, right, why

    def __repr__(self) -> str:
        if self._said is None:
            head = f"It is: {self._truth}."
        elif self._right:
            near = "✓ So it is." if self._said == self._truth else f"✓ Near enough: it is {self._truth}."
            head = f"You predicted: {self._said}. {near}"
        else:
            head = f"You predicted: {self._said}. It is: {self._truth}."
        return printable("\n".join(filter(None, (head, self._why))))

    def _repr_html_(self) -> str:
        head, *why = (f"<div>{escape(line)}</div>" for line in repr(self).splitlines())
        if self._said is None:  # folded, so that there is still time to think
            return frame(f"<details><summary>The answer</summary>{head}{''.join(why)}</details>", EDGE)
        return frame(f"<b>{head}</b>{''.join(why)}", EDGE)


def predict(name: str) -> Prediction:
    """Ask for a guess, of which the cell below says what became: `predict("00.dice")`, and later `predict("00.dice").was(...)`.

    Raises:
        ValueError: there is no such question; the sentence lists the names.
    """
    if name not in QUESTIONS:
        raise ValueError(f"There is no question {name!r}. There are: {', '.join(QUESTIONS)}.")
    return Prediction(name, QUESTIONS[name])
