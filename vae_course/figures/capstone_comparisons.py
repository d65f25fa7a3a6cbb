"""Figures of lesson 07 that compare models: with a published table, and with each other; and their sizes."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from vae_course import weights
from vae_course.figures.style import COLOURS, canvas, figure

PUBLISHED = {"Burda 2016: IWAE, k = 50": 84.78, "Burda 2016: VAE": 86.76}
"""Test negative log-likelihoods in nats. Source: Burda, Grosse & Salakhutdinov, ICLR 2016, table 1, one stochastic layer."""

STORED = Path(__file__).parent / "data" / "train_by_evaluate.json"
"""Models trained with one k and evaluated with others; made by `python -m vae_course.teach.authoring.crossing_data`."""

PIXELS = 784


@figure
def beside_the_paper(yours: Mapping[str, float], errors: Mapping[str, float]) -> None:
    """Negative log-likelihood estimates as dots on one axis: published, the course's trained model, the learner's.

    errors: two standard errors, by name, where they are known.
    """
    ours = weights.load("v1_z20")[1]["figures"]
    errors = {"the course's v1_z20": 2 * ours["test_nll_iw5000_standard_error"], **errors}
    rows = [(name, value, "truth", "D") for name, value in PUBLISHED.items()]
    rows += [("the course's v1_z20", ours["test_nll_iw5000"], "p", "s")]
    rows += [(name, value, "nelbo" if "NELBO" in name else "iwae", "o") for name, value in yours.items()]
    with canvas(width=9.2, height=0.9 + 0.42 * len(rows)) as axes:
        for place, (name, value, colour, marker) in enumerate(rows):
            axes.errorbar(
                value, place, xerr=errors.get(name), fmt=marker, color=COLOURS[colour], ms=8, capsize=4, lw=1.5
            )
            axes.annotate(f"{value:.2f}", (value, place), (0, 9), textcoords="offset points", ha="center", fontsize=10)
        axes.set(
            yticks=range(len(rows)),
            yticklabels=[row[0] for row in rows],
            ylim=(len(rows) - 0.5, -0.8),
            xlabel="nats per test image; smaller is better",
        )
        axes.grid(axis="x", color=COLOURS["faint"], alpha=0.3)


@figure
def train_by_evaluate() -> None:
    """The stored measurements: one line for each way of training, evaluated with more and more draws; a faint second seed."""
    rows = json.loads(STORED.read_text(encoding="utf-8"))["rows"]
    with canvas(width=8.6, height=3.8) as axes:
        for row in rows:
            iw, first = row["recipe"]["iw"], row["recipe"]["seed"] == 0
            colour, style = (COLOURS["nelbo"], "o-") if iw == 1 else (COLOURS["iwae"], "s--")
            what = "the ELBO (k = 1)" if iw == 1 else f"the IWAE bound, k = {iw}"
            nats = {int(k): value for k, value in row["nats"].items()}
            label = f"trained by {what}, in {row['seconds']} s" if first else None
            axes.semilogx(list(nats), list(nats.values()), style, color=colour, label=label, alpha=1 if first else 0.3)
            for k, value in nats.items() if first else ():
                above = k == 1 and iw != 1  # elsewhere the faint line would be nearer
                offset = (0, 20 if above else -16)
                axes.annotate(f"{value:.2f}", (k, value), offset, textcoords="offset points", ha="center", fontsize=10)
        ks = [int(k) for k in rows[0]["nats"]]
        axes.set(xlabel="k in the evaluation", ylabel="−bound (nats per test image)", xticks=ks)
        axes.set_xticklabels([f"{k:,}" for k in ks])
        axes.margins(x=0.08, y=0.2)
        axes.legend()


@figure
def network_sizes(networks: Mapping[str, Any], z_dim: int) -> None:
    """Bars: the number of parameters of each network's encoder and decoder, in thousands, and the share at the pixels."""
    with canvas(width=8.5, height=0.9 + 0.55 * len(networks)) as axes:
        for place, network in enumerate(networks.values()):
            left = 0.0
            for part, colour, hatch in (("Encoder", "q", ""), ("Decoder", "p", "//")):
                parameters = list(getattr(network, part)(z_dim).parameters())
                size = sum(p.numel() for p in parameters) / 1000
                share = sum(p.numel() for p in parameters if PIXELS in p.shape) / 1000 / max(size, 1e-3)
                label = part.lower() if place == 0 else None
                axes.barh(
                    place, size, left=left, color=COLOURS[colour], alpha=0.75, hatch=hatch, height=0.6, label=label
                )
                plain = {"fc": "white", "ec": "none", "alpha": 0.7, "pad": 1.5}  # to be read on the hatching
                axes.text(left + size / 2, place, f"{size:.0f} ({share:.0%})", ha="center", va="center", bbox=plain)
                left += size
        axes.set(
            yticks=range(len(networks)),
            yticklabels=list(networks),
            xlabel=f"thousand parameters, z_dim = {z_dim}; in brackets: the share at the 784 pixels",
        )
        axes.invert_yaxis()
        axes.legend(loc="upper left", bbox_to_anchor=(1, 1))
