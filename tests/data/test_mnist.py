"""The embedded digits are LeCun's, come without a network, and cannot be spoilt."""

import os
import subprocess
import sys
import zlib
from pathlib import Path

import pytest
import torch

from vae_course.data import MNIST, SPLITS, binarize, load_mnist, mnist


def test_the_file_is_small_enough_for_a_clone():
    assert mnist.FILE.stat().st_size <= 12_000_000
    assert "CC BY-SA 3.0" in mnist.FILE.with_name("LICENSE.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("split", "size"), [("train", 50_000), ("valid", 10_000), ("train+valid", 60_000), ("test", 10_000)]
)
def test_every_split_has_its_size_and_types(split: str, size: int):
    images, labels = load_mnist(split)
    assert images.shape == (size, 784) and images.dtype == torch.uint8
    assert labels.shape == (size,) and labels.dtype == torch.int64
    assert labels.unique().tolist() == list(range(10))
    assert images.min() == 0 and images.max() == 255


def test_train_and_valid_are_the_beginning_and_the_end_of_train_and_valid():
    both, train, valid = load_mnist("train+valid"), load_mnist("train"), load_mnist("valid")
    assert torch.equal(both.images, torch.cat([train.images, valid.images]))
    assert torch.equal(both.labels, torch.cat([train.labels, valid.labels]))


def test_labels_belong_to_their_images():
    """Each image is nearer to its own label's average than to another's for most: 82 % for this classic classifier."""
    train, test = load_mnist("train"), load_mnist("test")
    means = torch.stack([train.images[train.labels == digit].float().mean(0) for digit in range(10)])
    nearest = torch.cdist(test.images.float(), means).argmin(1)
    assert (nearest == test.labels).float().mean() == pytest.approx(0.82, abs=0.005)


def test_the_first_digits_and_counts_are_the_published_ones():
    train, test = load_mnist("train+valid"), load_mnist("test")
    assert train.labels[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert test.labels[:10].tolist() == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]
    assert train.labels.bincount().tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert train.images.double().mean().item() / 255 == pytest.approx(0.1307, abs=1e-4)  # the well-known mean


def test_changing_what_was_loaded_does_not_change_the_next_load():
    first = load_mnist("test")
    before = first.images.clone()
    first.images.zero_()
    first.labels.fill_(3)
    assert torch.equal(load_mnist("test").images, before)
    assert load_mnist("test").labels[0] == 7


def test_an_unknown_split_lists_those_that_exist():
    with pytest.raises(ValueError, match="no split 'validation'") as caught:
        load_mnist("validation")
    assert all(split in str(caught.value) for split in SPLITS)


def in_a_fresh_process(code: str) -> str:
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    return subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, env=environment, timeout=120
    ).stdout


def test_loading_never_asks_for_the_network():
    code = (
        "import socket, vae_course.data\n"
        "def refuse(*args, **kwargs): raise AssertionError('network')\n"
        "socket.socket = socket.create_connection = socket.getaddrinfo = refuse\n"
        "from vae_course import load_mnist\n"
        "print(len(load_mnist('test').labels))"
    )
    assert in_a_fresh_process(code).strip() == "10000"


# ---------------------------------------------------------------- a file that is not what it should be


def test_a_missing_file_says_so_and_what_to_do(tmp_path: Path):
    with pytest.raises(FileNotFoundError, match=r"missing.*git checkout"):
        mnist.unpack(tmp_path / "mnist.zlib")


@pytest.mark.parametrize("damage", ["cut short", "one byte", "empty", "another file"])
def test_a_damaged_file_says_so_and_what_to_do(tmp_path: Path, damage: str):
    packed = bytearray(mnist.FILE.read_bytes())
    if damage == "one byte":
        packed[len(packed) // 2] ^= 1
    path = tmp_path / "mnist.zlib"
    path.write_bytes({"cut short": packed[:-1000], "one byte": packed, "empty": b"", "another file": b"<html>"}[damage])
    with pytest.raises(RuntimeError, match=r"damaged.*git checkout"):
        mnist.unpack(path)


def test_whole_but_altered_data_is_refused_by_its_sha256(tmp_path: Path):
    """zlib's own checksum is right here: only the published sha256 can tell."""
    data = bytearray(mnist.unpack(mnist.FILE))
    data[1_000_000] ^= 1
    path = tmp_path / "mnist.zlib"
    path.write_bytes(zlib.compress(bytes(data), 1))
    with pytest.raises(RuntimeError, match=r"damaged.*train-images-idx3-ubyte.*sha256"):
        mnist.unpack(path)


def test_data_of_another_length_is_refused(tmp_path: Path):
    path = tmp_path / "mnist.zlib"
    path.write_bytes(zlib.compress(b"too short"))
    with pytest.raises(RuntimeError, match="damaged"):
        mnist.unpack(path)
    path.write_bytes(zlib.compress(mnist.unpack(mnist.FILE) + b"too long", 1))
    with pytest.raises(RuntimeError, match="damaged"):
        mnist.unpack(path)


# ---------------------------------------------------------------- black and white by chance


def test_binarize_keeps_black_and_white_and_gives_floats():
    images = torch.tensor([[0, 255, 0, 255]], dtype=torch.uint8).repeat(10_000, 1)
    x = binarize(images)
    assert x.dtype == torch.float32 and torch.equal(x, (images == 255).float())


def test_binarize_draws_ones_with_probability_x_over_255():
    """Every grey 200,000 times: a deviation of 5.5 standard errors has probability 4e-8 each; 256 greys make 1e-5, seeded."""
    draws = 200_000
    generator = torch.Generator().manual_seed(0)
    p = torch.arange(256, dtype=torch.float64) / 255
    ones = torch.zeros(256, dtype=torch.float64)
    for _ in range(draws // 10_000):
        grey = torch.arange(256, dtype=torch.uint8).repeat(10_000, 1)
        ones += binarize(grey, generator).sum(0, dtype=torch.float64)
    error = (p * (1 - p) / draws).sqrt()
    assert ((ones / draws - p).abs() <= 5.5 * error).all()
    # The test can tell: x / 256, the usual slip, is more than 10 standard errors away for bright pixels.
    assert ((ones / draws - torch.arange(256) / 256).abs()[245:255] > 6 * error[245:255]).all()


def test_binarize_draws_afresh_each_time_and_repeats_with_a_generator():
    images = load_mnist("test").images[:100]
    assert not torch.equal(binarize(images), binarize(images))
    first = binarize(images, torch.Generator().manual_seed(7))
    assert torch.equal(first, binarize(images, torch.Generator().manual_seed(7)))


def test_binarize_with_a_generator_leaves_the_global_one_alone():
    before = torch.get_rng_state()
    binarize(load_mnist("test").images[:10], torch.Generator().manual_seed(7))
    assert torch.equal(before, torch.get_rng_state())


@pytest.mark.parametrize("images", [torch.rand(2, 784), torch.ones(2, 784, dtype=torch.int64)])
def test_binarize_refuses_what_is_not_uint8_and_says_what_to_do(images: torch.Tensor):
    with pytest.raises(TypeError, match="needs the uint8 images"):
        binarize(images)


def test_the_split_is_a_pair_with_names():
    split = load_mnist("test")
    assert isinstance(split, MNIST) and split.images is split[0] and split.labels is split[1]
