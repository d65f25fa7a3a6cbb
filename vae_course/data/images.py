"""Images of your own in the form of MNIST, and in three parts of which no two share an image."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import interpolate

from vae_course.data.sources import of_array, of_folder

SIDE = 28
FEWEST = 30  # different images: below, a tenth of them says next to nothing
FEW_TESTS = 30  # test images: of fewer, a mean and its error say little
LITTLE_INK = 0.005  # of the page: four of its 784 pixels


@dataclass(frozen=True, eq=False)
class Images:
    """What `load_images` made; `print(images)` says how.

    Attributes:
        train, valid, test: (n, 784) uint8, 0 (paper) to 255 (ink), as `load_mnist` gives them; about 8, 1 and 1 in 10.
        said: what was done, a line each.
    """

    train: Tensor
    valid: Tensor
    test: Tensor
    said: tuple[str, ...]

    def __str__(self) -> str:
        return "\n".join(self.said)

    __repr__ = __str__


def load_images(source: Any, *, invert: bool = False, seed: int = 0) -> Images:
    """Images of your own, grey, 28 × 28, and split into train, valid and test.

    One rule for all sizes: the middle square is kept and resized to 28 × 28; each pixel becomes the mean of the area that it covers
    (of smaller images, pixels are repeated). Of colours the brightness counts; what is transparent is paper.

    Images that are equal in all 784 pixels come into the same part: no test image was trained on. *Nearly* equal ones, such as frames
    of a film or copies that you turned, are not found. Split what these come from before you make them.

    Args:
        source: a folder with .png and .jpg files (folders below it count); or a tensor or numpy array, (n, height, width) or
            (n, 784), uint8 from 0 to 255 or floats from 0 to 1.
        invert: dark pixels are the ink, as in a drawing on white paper. By default what is bright is ink.
        seed: of the split. The same images give the same parts, in whatever order they come.

    Raises:
        FileNotFoundError: there is no such folder, or no image in it.
        TypeError, ValueError: the source is none of the above, or has fewer than 30 different images.
    """
    pictures, x = _read(source, invert)  # x: (n, 784)
    kind = f"files from {str(source)!r}" if isinstance(source, str | Path) else "images from an array"
    # By content, so that the order in which they come plays no part.
    different, which = np.unique(x.numpy(), axis=0, return_inverse=True)
    if len(different) < FEWEST:
        raise ValueError(
            f"load_images: expected at least {FEWEST} different images, got {len(different)} among {len(x)}. "
            f"{_way_out(source, invert)}"
        )
    order = torch.randperm(len(different), generator=torch.Generator().manual_seed(seed))
    place = order[torch.from_numpy(which.reshape(-1))]  # (n,), the same for equal images
    tenth = len(different) // 10
    train, valid, test = x[place >= 2 * tenth], x[place < tenth], x[(place >= tenth) & (place < 2 * tenth)]
    ink = x.double().mean().item() / 255
    said: tuple[str, ...] = (
        f"read    {len(pictures):,} {kind}",
        f"size    {_sizes(pictures)}",
        f"copies  {len(x) - len(different):,} equal another image in every pixel, and are in the same part as it",
        f"split   {len(train):,} train, {len(valid):,} valid, {len(test):,} test (seed {seed})",
        f"ink     {100 * ink:.0f} % of the page; {'dark' if invert else 'bright'} pixels are ink",
    )
    if ink > 0.5:
        said += (f"        More ink than paper: is that meant? If not, load_images(..., invert={not invert}).",)
    if ink < LITTLE_INK:
        said += (f"        Next to no ink: look at the images. Perhaps load_images(..., invert={not invert}).",)
    if len(test) < FEW_TESTS:
        said += (
            f"        {len(test)} test images are too few for a number: below {FEW_TESTS} it says little. Bring {10 * FEW_TESTS} images or more.",
        )
    return Images(train, valid, test, said)


def _read(source: Any, invert: bool) -> tuple[list[Tensor], Tensor]:
    """The images as they came, and as 0 (paper) to 255 (ink), (n, 784)."""
    if isinstance(source, str | Path):
        pictures = of_folder(Path(source).expanduser(), paper="white" if invert else "black")
    else:
        pictures = of_array(source)
    x = torch.cat([_to_28(picture) for picture in pictures])
    return pictures, 255 - x if invert else x


def _way_out(source: Any, invert: bool) -> str:
    """What to do where too few images differ: on transparent ground, ink of the paper's colour is not seen."""
    if isinstance(source, str | Path):
        other = len(np.unique(_read(source, not invert)[1].numpy(), axis=0))
        if other >= FEWEST:
            return (
                f"With invert={not invert} there are {other}: the ground of your images is transparent, and counts as "
                f"{'white' if invert else 'black'} paper, on which their ink is not seen."
            )
    return "Bring more; a thousand are a good beginning."


def _to_28(picture: Tensor) -> Tensor:
    """(height, width) uint8 -> (1, 784) uint8."""
    side = min(picture.shape)
    top, left = ((length - side) // 2 for length in picture.shape)
    square = picture[top : top + side, left : left + side].float()[None, None]
    return interpolate(square, (SIDE, SIDE), mode="area").round().to(torch.uint8).view(1, -1)


def _sizes(pictures: list[Tensor]) -> str:
    sizes = sorted({tuple(picture.shape) for picture in pictures})
    if sizes == [(SIDE, SIDE)]:
        return "28 × 28, left as they are"
    shown = ", ".join(f"{height} × {width}" for height, width in sizes[:3])
    more = f" and {len(sizes) - 3} more" if len(sizes) > 3 else ""
    return f"{shown}{more} (rows × columns): the middle square is kept, and resized to 28 × 28"
