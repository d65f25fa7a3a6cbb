"""Handwritten digits: 70,000 images of 28 × 28 grey pixels with their labels, in one compressed file beside this one.

`mnist.zlib` is the four original files, one after the other, as `vae_course.teach.authoring.embed_mnist` packed them. Each
is checked against its published sha256 before anybody sees a pixel. Source and licence: LICENSE.txt, beside it.
"""

import hashlib
import zlib
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

PIXELS = 784  # 28 × 28, row after row
FILE = Path(__file__).with_name("mnist.zlib")


class Original(NamedTuple):
    """One of the four files that MNIST is published as: a header, then one byte per pixel or label."""

    name: str
    sha256: str
    header: int  # bytes before the first pixel or label
    rows: int
    row_bytes: int

    @property
    def size(self) -> int:
        return self.header + self.rows * self.row_bytes


# In the order in which they lie in `mnist.zlib`.
# fmt: off
ORIGINALS = (
    Original("train-images-idx3-ubyte", "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db", 16, 60_000, PIXELS),
    Original("train-labels-idx1-ubyte", "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5", 8, 60_000, 1),
    Original("t10k-images-idx3-ubyte", "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7", 16, 10_000, PIXELS),
    Original("t10k-labels-idx1-ubyte", "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2", 8, 10_000, 1),
)
# fmt: on

# Name of a split: (its images' file, its labels' file, its rows). "valid" is cut off the end of the training images,
# for choices (learning rate, size, when to stop); "test" is for the one number that is reported in the end.
SPLITS = {
    "train": (0, 1, slice(0, 50_000)),
    "valid": (0, 1, slice(50_000, 60_000)),
    "train+valid": (0, 1, slice(0, 60_000)),
    "test": (2, 3, slice(0, 10_000)),
}


class MNIST(NamedTuple):
    """One split.

    Attributes:
        images: (n, 784) uint8, 0 (paper) to 255 (ink).
        labels: (n,) int64, the digit, 0 to 9.
    """

    images: Tensor
    labels: Tensor


def load_mnist(split: str = "train") -> MNIST:
    """The images and labels of a split, in the original order.

    Args:
        split: "train" (first 50,000), "valid" (the 10,000 after them), "train+valid" (all 60,000), "test" (10,000).

    Returns:
        MNIST(images, labels). The tensors are yours: changing them in place changes no later call.

    Raises:
        ValueError: there is no such split.
        FileNotFoundError: the data file is missing.
        RuntimeError: the data file is damaged.

    Source: LeCun, Cortes & Burges, The MNIST database of handwritten digits. It never touches the network; the
    first call decompresses (about 0.25 s), later calls copy.
    """
    if split not in SPLITS:
        raise ValueError(f"There is no split {split!r} of MNIST. Choose one of: {', '.join(map(repr, SPLITS))}.")
    images, labels, rows = SPLITS[split]
    return MNIST(
        images=torch.from_numpy(_array(images)[rows].copy()),  # (n, 784)
        labels=torch.from_numpy(_array(labels)[rows, 0].astype(np.int64)),  # (n,)
    )


def binarize(images: Tensor, generator: torch.Generator | None = None) -> Tensor:
    """Turn grey into black and white by chance: a pixel of brightness x becomes 1 with probability x / 255.

        r uniform in {0, ..., 254},   P(r < x) = x / 255 exactly

    Drawing afresh each time an image is used is called dynamic binarization: a model then never sees the same
    image twice, and its likelihood is that of black-and-white images.

    Args:
        images: (...) uint8, 0 to 255, as `load_mnist` gives them.
        generator: where the chance comes from; None: torch's global generator.

    Returns:
        (...) float32, zeros and ones.

    Raises:
        TypeError: images are not uint8, e.g. already divided by 255 or already binarized.

    Source: Salakhutdinov & Murray, ICML 2008; Burda, Grosse & Salakhutdinov, ICLR 2016 (a fresh draw at each use).
    """
    if images.dtype != torch.uint8:
        raise TypeError(
            f"binarize needs the uint8 images, 0 to 255, that load_mnist gives; these are {images.dtype}. "
            "If they are already zeros and ones, leave binarize out; "
            "if they are greys between 0 and 1, torch.bernoulli(images) does it."
        )
    chance = torch.randint(0, 255, images.shape, dtype=torch.uint8, device=images.device, generator=generator)
    return (chance < images).float()


def unpack(file: Path) -> bytes:
    """The four original files, decompressed from `file` and checked.

    Raises:
        FileNotFoundError: there is no such file.
        RuntimeError: it is not what was embedded.
    """
    repair = "Get it back with `git checkout -- vae_course/data/mnist.zlib`, or install the package again."
    try:
        packed = file.read_bytes()
    except FileNotFoundError:
        raise FileNotFoundError(f"The MNIST data file is missing: {file}. {repair}") from None
    try:
        # The size is known, so that zlib need not grow its buffer.
        data = zlib.decompress(packed, bufsize=sum(original.size for original in ORIGINALS))
    except zlib.error as error:
        raise RuntimeError(f"The MNIST data file is damaged ({error}): {file}. {repair}") from None
    if len(data) != sum(original.size for original in ORIGINALS):
        raise RuntimeError(f"The MNIST data file is damaged ({len(data):,} bytes unpacked): {file}. {repair}")
    for original, part in zip(ORIGINALS, _parts(data), strict=True):
        if hashlib.sha256(part).hexdigest() != original.sha256:
            raise RuntimeError(
                f"The MNIST data file is damaged: {file}. Its {original.name} does not have the published sha256 "
                f"{original.sha256[:12]}... . {repair}"
            )
    return data


@cache
def _data() -> bytes:
    """Unpacked once per process. Bytes cannot be changed, so that no learner can spoil the next load."""
    return unpack(FILE)


def _parts(data: bytes) -> list[memoryview]:
    """The four original files within `data`, not copied."""
    view, parts, start = memoryview(data), [], 0
    for original in ORIGINALS:
        parts.append(view[start : start + original.size])
        start += original.size
    return parts


def _array(index: int) -> np.ndarray:
    """One original file without its header: (rows, row_bytes) uint8, read-only, not copied."""
    original = ORIGINALS[index]
    return np.frombuffer(_parts(_data())[index], np.uint8, offset=original.header).reshape(original.rows, -1)
