"""The README's picture: what a VAE does to one real digit, and what it dreams up. Run from the repository's root:

python -m vae_course.teach.authoring.readme_picture
"""

from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import torch
from matplotlib.axes import Axes
from torch import Tensor

from vae_course.data import binarize, load_mnist
from vae_course.figures.style import COLOURS
from vae_course.given import sample_gaussian, trained

WHITE = {"fc": "white", "ec": "none", "pad": 1.5}
PICTURE = Path(__file__).resolve().parents[3] / "docs" / "the-course.png"


@torch.no_grad()
def main() -> None:
    """Draw four panels and write docs/the-course.png."""
    torch.manual_seed(3)
    plane, good = trained("v1_z2"), trained("v1_z20")
    test = load_mnist("test")
    images = binarize(test.images[:3000], torch.Generator().manual_seed(0))
    x = images[0:1]
    m, _ = plane.enc(images)  # (3000, 2)
    qm, qv = good.enc(x)
    answer = torch.sigmoid(good.dec(sample_gaussian(qm, qv)))
    new = torch.sigmoid(good.dec(torch.randn(36, 20)))

    figure, axes = plt.subplots(1, 4, figsize=(12, 3.4), layout="constrained")
    _image(axes[0], x, "x, a real digit")
    axes[1].scatter(m[:, 0], m[:, 1], s=4, c=COLOURS["faint"], alpha=0.3, linewidths=0)
    own = m[0]
    axes[1].plot(*own.tolist(), "o", color=COLOURS["q"], ms=9)
    axes[1].annotate(
        "q(z|x)", own.tolist(), xytext=(8, 8), textcoords="offset points", color=COLOURS["q"], fontsize=12, bbox=WHITE
    )
    axes[1].set(title="the encoder says where", xlim=(-4, 4), ylim=(-4, 4), xlabel="z₁", ylabel="z₂", aspect="equal")
    _image(axes[2], answer, "the decoder's answer, p(x|z)")
    _image(axes[3], new, "new digits, from the prior")
    figure.savefig(PICTURE, dpi=80)
    plt.close(figure)


def _image(axes: Axes, images: Tensor, title: str) -> None:
    """One image, or a square of them, in grey."""
    side = int(len(images) ** 0.5)
    rows = images.view(side, side, 28, 28).transpose(1, 2).reshape(side * 28, side * 28)
    axes.imshow(rows, cmap="gray_r", vmin=0, vmax=1)
    axes.set_title(title)
    axes.set_axis_off()


if __name__ == "__main__":
    main()
