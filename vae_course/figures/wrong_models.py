"""Figures of lesson 04 from recorded runs: the detective's wrong models, the collapse toy, decoders of three kinds.

The recordings are made by `python -m vae_course.teach.authoring.nelbo_data`.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes

from vae_course.figures.style import COLOURS, LINES, canvas, figure

FOLDER = Path(__file__).parent / "data"
ANGLES = tuple(range(0, 50, 5))
PICTURES = 6
CASES = "ABCDE"
"""The detective's cases. Recordings bear these letters: which mistake is behind one is what the exercise asks."""


@cache
def recording(name: str) -> dict[str, np.ndarray]:
    """The arrays of one recording: "detective", "collapse" or "decoders"."""
    with np.load(FOLDER / f"nelbo_{name}.npz") as arrays:
        return dict(arrays)


def reported(name: str) -> tuple[float, float]:
    """The kl and the rec that a model's own code printed at the end: means over its last 50 steps.

    Args:
        name: "right", a letter of `CASES`, or another suspect's name.
    """
    kl, rec = recording("detective")[f"{name}/curves"][:, -5:].mean(1)
    return float(kl), float(rec)


def true_terms(name: str) -> tuple[float, float, float]:
    """kl, rec and NELBO of the same model on test images, computed by the right formula."""
    kl, rec, nelbo = recording("detective")[f"{name}/true"]
    return float(kl), float(rec), float(nelbo)


def evidence(case: str) -> str:
    """One line of a case file: what the wrong code reports, and what is true."""
    (kl, rec), (true_kl, true_rec, nelbo) = reported(case), true_terms(case)
    return f"{rec:10.2f} {kl:9.2f} {rec + kl:9.1f}   | {true_rec:9.1f} {true_kl:9.1f} {nelbo:9.1f}"


@figure
def case_files() -> None:
    """Reported rec and kl of the right model and of cases A to E as they train; reconstructions and samples beside."""
    data = recording("detective")
    rows = ("right", *CASES)
    with canvas(columns=2, rows=len(rows), width=10, height=1.75 * len(rows), width_ratios=(1, 1.5)) as axes:
        for (left, right), case in zip(axes, rows, strict=True):
            kl, rec = data[f"{case}/curves"]
            steps = 10 * np.arange(1, len(kl) + 1)
            left.plot(steps, rec, LINES["rec"], color=COLOURS["rec"], label="rec, as reported")
            left.plot(steps, kl, LINES["kl"], color=COLOURS["kl"], label="kl, as reported")
            left.set_yscale("symlog", linthresh=1)
            left.set(
                ylabel="nats", ylim=(0, 1500), yticks=[0, 1, 10, 100, 1000], yticklabels=["0", "1", "10", "100", "1000"]
            )
            left.set_title("the right model" if case == "right" else f"case {case}")
            pictures = data[f"{case}/pictures"].astype(float) / 255
            half, samples = PICTURES // 2, pictures[PICTURES:]
            top = np.concatenate([data["digits"].astype(float) / 255, samples[:half]])
            _gallery(right, top, np.concatenate([pictures[:PICTURES], samples[half:]]))
        axes[0][0].legend(fontsize=9, loc="lower right")
        axes[-1][0].set_xlabel("step")
        axes[0][1].set_title("images above their reconstructions   |   six samples", fontsize=11)


def _gallery(axes: Axes, top: np.ndarray, bottom: np.ndarray) -> None:
    rows = [np.concatenate(list(row.reshape(-1, 28, 28)), axis=1) for row in (top, bottom)]
    axes.imshow(np.concatenate(rows), cmap="gray_r", vmin=0, vmax=1)
    axes.axvline(28 * PICTURES - 0.5, color=COLOURS["truth"], lw=2)
    axes.axis("off")


def fingerprints(names: Mapping[str, str]) -> str:
    """A table: what every recorded model reports, and what is true of it.

    Args:
        names: the mistake behind each case, as the exercise asks for it: {"A": "no noise", ...}.
    """
    lines = [
        "                        |  reported by its code            |  true, on test images",
        "                        |        rec         kl        sum |        rec         kl      NELBO",
    ]
    for name in (key.split("/")[0] for key in recording("detective") if key.endswith("/true")):
        (kl, rec), (true_kl, true_rec, nelbo) = reported(name), true_terms(name)
        wrong = f"{_short(rec)} {_short(kl)} {_short(rec + kl)}"
        lines.append(f"{names.get(name, name):23s} | {wrong} | {_short(true_rec)} {_short(true_kl)} {_short(nelbo)}")
    return "\n".join(lines)


def _short(value: float) -> str:
    return f"{value:10.1e}" if abs(value) >= 1e4 else f"{value:10.2f}"


def collapse_numbers(angle: int) -> tuple[float, float, float]:
    """kl, NELBO, and the data's own −E[log p(x)], which no model can beat, for one angle of the toy."""
    kl, rec, truth = recording("collapse")[f"{angle}/numbers"]
    return float(kl), float(kl + rec), float(truth)


def decoder_numbers(name: str) -> tuple[float, float]:
    """KL and NELBO on test images of a decoder that is "plain", "deeper" or "autoregressive"."""
    kl, nelbo = recording("decoders")[f"{name}/numbers"]
    return float(kl), float(nelbo)


@figure
def collapse_toy(angle: int = 45) -> None:
    """Data and model of the collapse toy at one angle, and the KL at all angles."""
    data = recording("collapse")
    kls = [collapse_numbers(a)[0] for a in ANGLES]
    kl, nelbo, truth = collapse_numbers(angle)
    with canvas(columns=3, width=11, height=3.6) as (left, middle, right):
        left.plot(*data[f"{angle}/data"].astype(float).T, ".", color=COLOURS["truth"], ms=3)
        left.set(title=f"data, turned by {angle}°")
        middle.plot(*data[f"{angle}/samples"].astype(float).T, ".", color=COLOURS["p"], ms=3)
        middle.plot(*data[f"{angle}/line"].astype(float).T, "-", color=COLOURS["q"], lw=3)
        middle.set(title="samples; line: mean as z moves")
        for axes in (left, middle):
            axes.set(xlim=(-6, 6), ylim=(-6, 6), aspect="equal", xlabel="x₁", ylabel="x₂")
            axes.set(xticks=[-5, 0, 5], yticks=[-5, 0, 5])
        right.plot(ANGLES, kls, "o:", color=COLOURS["kl"])
        right.plot(angle, kl, "s", color=COLOURS["kl"], ms=11, mfc="none", mew=2)
        right.set(xlabel="angle (degrees)", ylabel="KL (nats)", ylim=(-0.1, 1.8))
        right.set(xticks=[0, 15, 30, 45], yticks=[0, 0.5, 1, 1.5])
        right.set_title(f"KL {kl:.2f} · NELBO {nelbo:.2f} (best {truth:.2f})", fontsize=11)
