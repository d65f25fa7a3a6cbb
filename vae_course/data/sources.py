"""Where images come from: a folder of files, or an array. Every image becomes (height, width) uint8, of whatever size."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from vae_course.data.mnist import PIXELS

FILES = (".png", ".jpg", ".jpeg")


def of_folder(folder: Path, paper: str) -> list[Tensor]:
    """The .png and .jpg files in a folder and below it, in grey; `paper` ("black" or "white") shows through what is transparent.

    Raises:
        FileNotFoundError: no such folder, or no image in it.
        ValueError: a file that is no image of 8 bits a colour.
    """
    from PIL import Image, ImageOps  # comes with matplotlib

    if folder.is_file():
        raise FileNotFoundError(
            f"load_images: expected a folder, got the file {str(folder)!r}. Give the folder in which your images lie."
        )
    if not folder.is_dir():
        raise FileNotFoundError(
            f"load_images: expected a folder, got {str(folder)!r}, and there is none. A notebook looks beside itself: try "
            "the whole path."
        )
    paths = sorted(p for p in folder.rglob("*") if p.suffix.lower() in FILES and not p.name.startswith("."))
    if not paths:
        raise FileNotFoundError(
            f"load_images: expected files {', '.join(FILES)} in {str(folder)!r}, got none. Save your images as .png."
        )
    pictures = []
    for path in paths:
        try:
            with Image.open(path) as image:
                if image.mode[0] in "IF":
                    raise OSError(f"8 bits a colour are expected, and its mode is {image.mode}")
                upright = ImageOps.exif_transpose(image).convert("RGBA")  # as the camera was held
        except (OSError, SyntaxError, Image.DecompressionBombError) as error:
            raise ValueError(
                f"load_images: expected an image in {str(path)!r}, got what cannot be read ({error}). Take it out, or save it again."
            ) from None
        flat = Image.alpha_composite(Image.new("RGBA", upright.size, paper), upright)
        pictures.append(torch.from_numpy(np.array(flat.convert("L"))))
    return pictures


def of_array(source: Any) -> list[Tensor]:
    """The images of a tensor or numpy array.

    Args:
        source: (n, height, width) or (n, 784), uint8 from 0 to 255 or floats from 0 to 1.

    Raises:
        TypeError, ValueError: it is not, or whole numbers that are 0 and 1 only.
    """
    if not isinstance(source, Tensor | np.ndarray):
        raise TypeError(
            f"load_images: expected a folder, a tensor or a numpy array, got a {type(source).__name__}. "
            "Of a split take .images, of a list make torch.stack(list)."
        )
    if isinstance(source, np.ndarray):
        if source.dtype.kind == "b":
            raise TypeError(
                "load_images: expected uint8 or floats, got an array of bool. True and False are 1 and 0: .astype(float)."
            )
        if source.dtype.kind not in "fui":
            raise TypeError(
                f"load_images: expected uint8 or floats, got an array of {source.dtype}. If it holds 0 to 255: .astype('uint8')."
            )
        source = torch.from_numpy(np.ascontiguousarray(source).astype(source.dtype.newbyteorder("=")))
    x = source.detach().cpu()
    if x.ndim == 2 and x.shape[1] == PIXELS:
        x = x.reshape(-1, 28, 28)
    if x.ndim != 3 or 0 in x.shape:
        hint = (
            " Of colours take the mean over their axis; an axis of 1 goes by squeeze(that axis)." if x.ndim == 4 else ""
        )
        raise ValueError(f"load_images: expected the shape (n, height, width) or (n, 784), got {tuple(x.shape)}.{hint}")
    if x.is_floating_point():
        low, high = x.min().item(), x.max().item()
        if not 0 <= low <= high <= 1:  # so that NaN is refused too
            raise ValueError(
                f"load_images: expected floats from 0 to 1, got {low:.4g} to {high:.4g}. If they run to 255, divide by 255."
            )
        return list((255 * x).round().to(torch.uint8))
    if x.dtype == torch.bool:
        raise TypeError("load_images: expected uint8 or floats, got torch.bool. True and False are 1 and 0: .float().")
    if bool(((x == 0) | (x == 1)).all()):
        raise ValueError(
            f"load_images: expected uint8 from 0 to 255 or floats from 0 to 1, got {x.dtype} with nothing but 0 and 1, next to "
            "black. If 1 is full ink: .float(), in numpy .astype(float)."
        )
    if x.dtype != torch.uint8:
        raise TypeError(
            f"load_images: expected uint8 or floats, got {x.dtype}. If it holds 0 to 255: .to(torch.uint8)."
        )
    return list(x)
