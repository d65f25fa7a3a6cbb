"""The cards of docs/gallery.md, made by lesson 07's own project cells: each entry changes the line of `source` and `title`.

    python -m tests.benchmarks.gallery                       all entries
    python -m tests.benchmarks.gallery one-digit             one of them
    python -m tests.benchmarks.gallery --output docs/gallery

Prints what the cells print and writes NAME.png. Every line stands in docs/gallery.md. Never part of `make test`: it trains.
"""

import argparse
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib

ROOT = Path(__file__).resolve().parent.parent.parent
LESSON = ROOT / "solutions" / "07_capstone.py"
LINE = 'source, title = shapes(), "Rings, squares and crosses, drawn by code"  # the line to change'

# name: (title, the lines in place of `source = ...`)
ENTRIES = {
    "shapes": ("Rings, squares and crosses, drawn by code", "source = shapes()"),
    "one-digit": (
        "The threes of MNIST",
        'digits = load_mnist("train+valid")\nsource = digits.images[digits.labels == 3]',
    ),
    "turned": (
        "Digits, each turned by a random angle",
        """upright = load_mnist("valid").images.view(-1, 1, 28, 28) / 255
angle = 2 * torch.pi * torch.rand(len(upright), generator=torch.Generator().manual_seed(0))
cos, sin, no = angle.cos(), angle.sin(), 0 * angle
turn = torch.stack([cos, -sin, no, sin, cos, no], 1).view(-1, 2, 3)
places = nn.functional.affine_grid(turn, upright.shape, align_corners=False)
source = nn.functional.grid_sample(upright, places, align_corners=False).squeeze(1).clamp(0, 1)""",
    ),
}


def project(title: str, source: str) -> str:
    """The lesson's code that the project needs, with another title and another source."""
    cells = LESSON.read_text(encoding="utf-8").split("\n# %%")
    start = next(i for i, cell in enumerate(cells) if "\n# ## Your project" in cell)
    end = next(i for i, cell in enumerate(cells) if "\n# ## Summary" in cell)
    wanted = [cells[1], *(c for c in cells if "\nclass VAE(" in c or "\nclass MyNetwork:" in c), *cells[start:end]]
    code = "\n".join(cell.partition("\n")[2] for cell in wanted if not cell.startswith(" [markdown]"))
    assert code.count(LINE) == 1
    return code.replace(LINE, f"{source}\ntitle = {title!r}")


def make(name: str, output: Path) -> None:
    """Runs an entry, and writes its card."""
    space: dict[str, Any] = {"__name__": "project", "ready": True}
    with tempfile.TemporaryDirectory() as folder:
        here = Path.cwd()
        os.chdir(folder)
        try:
            exec(compile(project(*ENTRIES[name]), str(LESSON), "exec"), space)
            card = Path("card.png").read_bytes()
        finally:
            os.chdir(here)
    (output / f"{name}.png").write_bytes(card)


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(ENTRIES)}; default: all")
    parser.add_argument("--output", type=Path, default=Path("."))
    args = parser.parse_args(argv)
    matplotlib.use("agg")
    args.output.mkdir(parents=True, exist_ok=True)
    for name in args.names or ENTRIES:
        print(f"== {name}")
        make(name, args.output)


if __name__ == "__main__":
    main()
