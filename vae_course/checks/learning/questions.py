"""What the lessons ask to be predicted: here, so that no page gives an answer away before it is asked for."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Question:
    """A question before a figure or a number.

    Args:
        asks: one sentence.
        why: what is said with the answer, and stands nowhere else on the page.
        choices: what may be answered; or
        between: the ends of a slider, with the `unit` of its numbers.
        truth: the right one of the choices. A number comes from the lesson's own cells.
        near: how far from the number a prediction may lie and be right.
    """

    asks: str
    why: str
    choices: tuple[str, ...] = ()
    truth: str = ""
    between: tuple[float, float] | None = None
    unit: str = ""
    near: float = 0.0

    def __post_init__(self) -> None:
        if bool(self.choices) == (self.between is not None) or self.choices and self.truth not in self.choices:
            raise ValueError(
                f"{self.asks!r} needs either choices, of which one is the truth, or `between=(low, high)`."
            )


QUESTIONS = {
    "00.who-draws": Question(
        asks="Both copy images well. Which one draws new digits?",
        choices=("the autoencoder", "the VAE", "both alike", "neither"),
        truth="the VAE",
        why="The autoencoder copies at least as well, and draws scraps. Nobody told it where its z should lie, so the places "
        "that you draw from mean nothing to its decoder. The VAE draws digits, some of them clumsy after so short a training.",
    ),
    "00.sure": Question(
        asks="Is the ELBO of the sure guess, a = 1, higher than that of a = ½?",
        choices=("higher", "lower", "the same"),
        truth="higher",
        why="Move the slider: −0.80 at 1, −0.86 at ½. The posterior lies nearer to 1 than to ½, as the KL counts.",
    ),
    "00.dice": Question(
        asks="With 10,000 draws in 10 dimensions: by how many nats will log p(x) be wrong?",
        between=(0, 100),
        unit="nats",
        near=20,
        why="In 2 dimensions they are right to a tenth of a nat. In 10 hardly any draw explains x, and in 20 none.",
    ),
}
"""The lesson's number and a word -> the question."""
