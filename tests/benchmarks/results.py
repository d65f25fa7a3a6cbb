"""The results table: test log-likelihoods of VAEs and IWAEs, ours beside the published ones.

    python -m tests.benchmarks.results                    print the table (Markdown) from results.json
    python -m tests.benchmarks.results --run              train and measure what is missing in results.json: hours
    python -m tests.benchmarks.results --run v2_iwae5     only this recipe

One row of it by hand: `vae-course train --recipe NAME --seed SEED --nll-images 10000 --output FOLDER`. Every model is trained on the
first 50,000 training images, by a recipe that was chosen on the last 10,000, and sees the test images once. The first seed of a recipe
is measured on all 10,000 of them; two more, which show the spread, on the first 1,000.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.benchmarks.machine import machine

FILE = Path(__file__).with_name("results.json")
ALL, SOME = 10_000, 1_000  # test images
NLL, ERROR = "test_nll_iw5000", "test_nll_iw5000_standard_error"


@dataclass(frozen=True)
class Row:
    """A line of the table: a recipe, its seeds, and what others report of the same objective and network, in nats."""

    what: str
    recipe: str
    paper: float
    seeds: int = 3

    @property
    def runs(self) -> list[str]:
        return [f"{self.recipe}_seed{seed}" for seed in range(self.seeds)]


# Burda, Grosse & Salakhutdinov, Importance Weighted Autoencoders, ICLR 2016, table 1, one stochastic layer: 3,280 passes.
ROWS = (
    Row("VAE, k = 1 (for k = 1 both are the same)", "v2_vae", 86.76),
    Row("VAE, k = 5", "v2_vae5", 86.47),
    Row("VAE, k = 50", "v2_vae50", 86.35),
    Row("IWAE, k = 5", "v2_iwae5", 85.54),
    Row("IWAE, k = 50", "v2_iwae50", 84.78),
    Row("VAE, k = 1", "wide_vae", 86.76, seeds=1),
    Row("VAE, then IWAE, k = 5, then k = 50", "wide_iwae50", 84.78, seeds=1),
)
NETWORKS = {"v2": "`v2`: 200-200 tanh, 50 latents", "wide": "`wide`: 500-500 ELU, 40 latents"}


def run(row: Row, seed: int) -> dict[str, Any]:
    """Train and measure one model, in a process of its own with one thread: so the same figures come out again."""
    images = SOME if seed else ALL
    with tempfile.TemporaryDirectory() as folder:
        options = ["--recipe", row.recipe, "--seed", str(seed), "--nll-images", str(images), "--output", folder]
        one_thread = "import sys, torch; torch.set_num_threads(1); from vae_course.cli import main; sys.exit(main())"
        subprocess.run([sys.executable, "-c", one_thread, "train", *options], check=True)
        found: dict[str, Any] = json.loads((Path(folder) / "figures.json").read_text())[f"{row.recipe}_seed{seed}"]
    return found


def table(known: dict[str, Any]) -> str:
    """The table as Markdown; a row whose first seed is missing is left out."""
    lines = [
        "| network | objective | recipe | passes | training | test NLL | first 1,000 images, by seed | the paper |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for row in ROWS:
        runs = [known[name] for name in row.runs if name in known]
        if row.runs[0] not in known:
            continue
        info = runs[0]
        figures = info["figures"]
        images = sum((info | part)["steps"] * (info | part)["batch_size"] for part in [{}, *info.get("then", [])])
        lines.append(
            f"| {NETWORKS[info['nn']]} | {row.what} | `{row.recipe}` | {images / 50_000:.0f} | {info['cpu_seconds'] / 60:.0f} min | "
            f"**{figures[NLL]:.2f}** ± {figures[ERROR]:.2f} | {_by_seed(runs)} | {row.paper:.2f} |"
        )
    return "\n".join(lines)


def _by_seed(runs: Sequence[dict[str, Any]]) -> str:
    return ", ".join(f"{run['figures'].get(f'{NLL}_first_{SOME}', run['figures'][NLL]):.2f}" for run in runs)


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--run", nargs="*", metavar="RECIPE", help="train and measure what is missing; none: of every row"
    )
    parser.add_argument("--seeds", type=int, default=3, help="no more than so many of each")
    args = parser.parse_args(argv)
    if unknown := set(args.run or ()) - {row.recipe for row in ROWS}:
        parser.error(
            f"no row has the recipe {', '.join(sorted(unknown))}; there are {', '.join(row.recipe for row in ROWS)}"
        )
    for seed in range(args.seeds) if args.run is not None else ():
        for row in ROWS:
            if seed < row.seeds and (not args.run or row.recipe in args.run) and row.runs[seed] not in results():
                found = run(row, seed)
                known = results()  # read again: another run may have written meanwhile
                known[row.runs[seed]] = found | {"machine": machine()}
                FILE.write_text(json.dumps(known, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    print(table(results()))
    return 0


def results() -> dict[str, Any]:
    """What has been measured, by recipe and seed."""
    found: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8")) if FILE.is_file() else {}
    return found


if __name__ == "__main__":
    sys.exit(main())
