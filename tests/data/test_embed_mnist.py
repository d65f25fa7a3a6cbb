"""The script that makes the data file takes the originals and nothing else."""

from pathlib import Path

import pytest

from vae_course.data import mnist
from vae_course.teach.authoring import embed_mnist


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("originals")
    data, start = mnist.unpack(mnist.FILE), 0
    for original in mnist.ORIGINALS:
        (folder / original.name).write_bytes(data[start : start + original.size])
        start += original.size
    return folder


def test_the_originals_become_the_package_s_file(originals: Path, tmp_path: Path, monkeypatch, capsys):
    # Level 1 instead of 9: 18 seconds less, and what counts is what comes out again.
    compress = embed_mnist.zlib.compress
    monkeypatch.setattr(embed_mnist.zlib, "compress", lambda data, level: compress(data, 1))
    monkeypatch.setattr(embed_mnist, "LIMIT", 20_000_000)
    output = tmp_path / "mnist.zlib"
    assert embed_mnist.main([str(originals), "--output", str(output)]) == 0
    assert mnist.unpack(output) == mnist.unpack(mnist.FILE)
    assert list(tmp_path.iterdir()) == [output]


def test_a_missing_original_is_named_and_nothing_is_written(tmp_path: Path, capsys):
    assert embed_mnist.main([str(tmp_path), "--output", str(tmp_path / "out")]) == 1
    assert "train-images-idx3-ubyte is missing" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_an_altered_original_is_named_and_nothing_is_written(originals: Path, tmp_path: Path, capsys):
    for original in mnist.ORIGINALS:
        (tmp_path / original.name).symlink_to(originals / original.name)
    labels = tmp_path / "t10k-labels-idx1-ubyte"
    altered = bytearray(labels.read_bytes())
    altered[100] ^= 1
    labels.unlink()
    labels.write_bytes(altered)
    output = tmp_path / "out"
    assert embed_mnist.main([str(tmp_path), "--output", str(output)]) == 1
    assert "t10k-labels-idx1-ubyte is not the original" in capsys.readouterr().err
    assert not output.exists()


def test_a_file_over_the_limit_is_not_written(originals: Path, tmp_path: Path, monkeypatch, capsys):
    monkeypatch.setattr(embed_mnist, "pack", lambda folder: bytes(embed_mnist.LIMIT + 1))
    output = tmp_path / "out"
    assert embed_mnist.main([str(originals), "--output", str(output)]) == 1
    assert not output.exists()
