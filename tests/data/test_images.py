"""Images of one's own: what is read, how it is cut and split, and what is refused with a way out."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from vae_course import load_images, load_mnist


def noise(count: int, *shape: int, seed: int = 0) -> torch.Tensor:
    """Different uint8 images."""
    return torch.randint(
        0, 100, (count, *(shape or (784,))), dtype=torch.uint8, generator=torch.Generator().manual_seed(seed)
    )


def rows(images: torch.Tensor) -> set[bytes]:
    return {row.numpy().tobytes() for row in images}


def everything(images) -> torch.Tensor:
    return torch.cat([images.train, images.valid, images.test])


def test_an_array_of_mnists_form_comes_back_in_three_parts_that_share_nothing():
    x = load_mnist("test").images[:500]
    parts = load_images(x)
    assert [len(part) for part in (parts.train, parts.valid, parts.test)] == [400, 50, 50]
    assert all(
        part.dtype == torch.uint8 and part.shape[1:] == (784,) for part in (parts.train, parts.valid, parts.test)
    )
    assert rows(everything(parts)) == rows(x)
    assert not rows(parts.train) & rows(parts.valid) and not rows(parts.test) & rows(parts.train) | rows(
        parts.valid
    ) & rows(parts.test)


def test_the_split_depends_on_the_images_and_the_seed_and_on_no_order():
    x = noise(100)
    one, other = load_images(x), load_images(x.flip(0))
    assert rows(one.test) == rows(other.test) and rows(one.valid) == rows(other.valid)
    assert rows(one.test) != rows(load_images(x, seed=1).test)


def test_equal_images_are_kept_and_stay_in_one_part():
    x = noise(60)
    parts = load_images(torch.cat([x, x, x]))
    assert len(everything(parts)) == 180 and len(parts.test) == 18
    assert not rows(parts.train) & (rows(parts.valid) | rows(parts.test)) and not rows(parts.valid) & rows(parts.test)
    assert "120 equal another image" in str(parts)


@pytest.mark.parametrize("kind", [torch.float32, torch.float64, "numpy", "numpy uint8", "squares"])
def test_floats_and_arrays_are_the_same_images(kind):
    x = noise(40)
    source = (
        {
            "numpy": x.numpy() / 255,
            "numpy uint8": x.numpy()[::-1],
            "squares": x.view(-1, 28, 28),
        }.get(kind)
        if isinstance(kind, str)
        else x.to(kind) / 255
    )
    assert rows(everything(load_images(source))) == rows(x)


def test_an_image_of_another_size_loses_its_margins_and_becomes_means_of_areas():
    x = torch.zeros(40, 56, 70, dtype=torch.uint8)
    x[:, :, :7] = 255  # left of the middle square
    x[:, :2, 7:9] = torch.tensor([[0, 100], [100, 200]], dtype=torch.uint8)
    x[:, 4, 7:47] = noise(40, 40)
    parts = load_images(x)
    assert (everything(parts)[:, 0] == 100).all() and (everything(parts)[:, 1] == 0).all()
    assert "56 × 70" in str(parts) and "middle square" in str(parts)


def test_invert_makes_dark_pixels_ink_and_a_white_page_is_pointed_at():
    x = 255 - noise(40)
    assert "load_images(..., invert=True)" in str(load_images(x))
    turned = load_images(x, invert=True)
    assert rows(everything(turned)) == rows(noise(40)) and "More ink" not in str(turned)


def save(folder: Path, images: torch.Tensor, mode: str = "L", name: str = "{}.png") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for i, image in enumerate(images.view(len(images), 28, 28)):
        Image.fromarray(image.numpy()).convert(mode).save(folder / name.format(i))
    return folder


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "P"])
def test_a_folder_of_files_is_read_in_grey_with_the_folders_below(tmp_path: Path, mode: str):
    save(tmp_path / "mine", noise(20), mode)
    save(tmp_path / "mine" / "more", noise(20, seed=1), mode)
    (tmp_path / "mine" / "notes.txt").write_text("no image")
    (tmp_path / "mine" / "._0.png").write_bytes(b"left by a Mac's archive")
    parts = load_images(tmp_path / "mine")
    assert rows(everything(parts)) == rows(torch.cat([noise(20), noise(20, seed=1)]))
    assert "40 files" in str(parts)


def test_a_photograph_stands_as_the_camera_was_held(tmp_path: Path):
    turned = Image.Exif()
    turned[0x0112] = 6  # the camera was turned by a quarter
    for i, image in enumerate(noise(40).view(40, 28, 28)):
        Image.fromarray(image.numpy()).rotate(90).save(tmp_path / f"{i}.png", exif=turned)
    assert rows(everything(load_images(tmp_path))) == rows(noise(40))


def test_what_is_transparent_is_paper_whatever_the_ink(tmp_path: Path):
    for i in range(40):
        pixels = np.zeros((28, 28, 4), np.uint8)  # black and transparent
        pixels[i % 28, : i + 1] = (0, 0, 0, 255)
        Image.fromarray(pixels, "RGBA").save(tmp_path / f"{i}.png")
    parts = load_images(tmp_path, invert=True)
    assert set(everything(parts).unique().tolist()) == {0, 255}
    assert 0 < everything(parts).double().mean() / 255 < 0.1


def test_dark_ink_on_a_transparent_ground_is_sent_to_invert(tmp_path: Path):
    for i in range(40):
        pixels = np.zeros((28, 28, 4), np.uint8)
        pixels[i % 28, : i + 1, 3] = 255
        Image.fromarray(pixels, "RGBA").save(tmp_path / f"{i}.png")
    with pytest.raises(ValueError, match="got 1 among 40. With invert=True there are 40: .* transparent"):
        load_images(tmp_path)
    with pytest.raises(ValueError, match=r"got 1 among 40\. Bring more"):
        load_images(save(tmp_path / "opaque", noise(1).repeat(40, 1)))


def test_next_to_no_ink_and_too_few_test_images_are_pointed_at():
    faint = torch.zeros(40, 784, dtype=torch.uint8)
    faint[torch.arange(40), torch.arange(40)] = 9
    said = str(load_images(faint))
    assert "ink     0 %" in said and "Next to no ink" in said and "invert=True" in said
    assert "4 test images are too few" in said
    enough = str(load_images(noise(300)))
    assert "Next to no ink" not in enough and "too few" not in enough


def sixteen_bits(folder: Path) -> Path:
    save(folder, noise(40))
    Image.fromarray(np.full((28, 28), 40_000, np.uint16)).save(folder / "deep.png")
    return folder


def broken(folder: Path) -> Path:
    save(folder, noise(40))
    (folder / "broken.png").write_bytes((folder / "0.png").read_bytes()[:60])
    return folder


REFUSED = {
    "no folder": (lambda f: f / "nowhere", FileNotFoundError, "there is none"),
    "no image": (lambda f: f, FileNotFoundError, "expected files .png"),
    "a broken file": (broken, ValueError, "broken.png"),
    "16 bits": (sixteen_bits, ValueError, "deep.png"),
    "a list": (lambda f: [1, 2], TypeError, "got a list"),
    "a split": (lambda f: load_mnist("test"), TypeError, "take .images"),
    "colours": (lambda f: np.zeros((40, 3, 28, 28), np.uint8), ValueError, r"\(40, 3, 28, 28\)"),
    "one image": (lambda f: noise(28, 28), ValueError, r"\(28, 28\)"),
    "floats to 255": (lambda f: noise(40).float(), ValueError, "divide by 255"),
    "NaN": (lambda f: torch.full((40, 784), torch.nan), ValueError, "floats from 0 to 1, got nan"),
    "whole numbers": (lambda f: noise(40).long(), TypeError, r"\.to\(torch.uint8\)"),
    "true and false": (lambda f: noise(40) > 50, TypeError, r"True and False are 1 and 0: \.float\(\)"),
    "numpy's bool": (lambda f: noise(40).numpy() > 50, TypeError, r"1 and 0: \.astype\(float\)"),
    "bytes of 0 and 1": (lambda f: (noise(40) > 50).to(torch.uint8), ValueError, r"nothing but 0 and 1.*\.float\(\)"),
    "whole numbers 0 and 1": (lambda f: (noise(40) > 50).long().numpy(), ValueError, "nothing but 0 and 1"),
    "one file": (lambda f: save(f, noise(1)) / "0.png", FileNotFoundError, "got the file .*Give the folder"),
    "objects": (lambda f: np.array([[None] * 784] * 40), TypeError, "array of object"),
    "too few": (lambda f: noise(29).repeat(9, 1), ValueError, "at least 30 different images, got 29 among 261"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_set_of_images_is_refused_with_what_came_and_what_to_do(tmp_path: Path, case: str):
    make, error, words = REFUSED[case]
    with pytest.raises(error, match=words) as caught:
        load_images(make(tmp_path))
    assert str(caught.value).startswith("load_images: expected")
