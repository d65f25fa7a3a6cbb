"""A room without a network: the folder for a USB stick is made, lies whole, and sets the course up where there is no interface."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from vae_course import workspace
from vae_course.cli import main
from vae_course.teach.authoring import bundle
from vae_course.teach.authoring.bundle import INSTALL, PLATFORMS, SUMS, named, resolved

ROOT = Path(__file__).resolve().parents[3]

AN_EVENING = """
import json, os, socket, struct, subprocess, sys, time, urllib.request
try:
    socket.create_connection(("192.0.2.1", 80), 2)
    sys.exit("there is a network")
except OSError as error:
    print(error)
install, python, folder = sys.argv[1:]
subprocess.run([python, install, folder], check=True)
course = os.path.join(folder, ".venv", "bin", "vae-course")
subprocess.run([course, "doctor"], check=True, cwd=folder)
import fcntl  # a kernel speaks on the loopback interface, so it gets that
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as anything:
    fcntl.ioctl(anything, 0x8914, struct.pack("16sH14x", b"lo", 0x1))
lab = subprocess.Popen([course, "lab", "--no-browser", "--port=8899"], cwd=folder)
try:
    for _ in range(240):
        time.sleep(0.5)
        try:
            print(urllib.request.urlopen("http://127.0.0.1:8899/api", timeout=5).read())
            break
        except OSError:
            pass
finally:
    lab.terminate()
    lab.wait(30)
solved = os.path.join(folder, ".venv/lib/python%d.%d/site-packages/vae_course/solutions/02_kl_divergence.ipynb" % sys.version_info[:2])
subprocess.run([course, "check", solved], check=True, cwd=folder)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="network namespaces are Linux's")
def test_from_a_stick_the_course_is_set_up_where_there_is_no_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("PYTHONPATH", raising=False)
    monkeypatch.setenv("VAE_COURSE_HOME", str(tmp_path / "home"))
    assert main(["site", "--out", str(tmp_path / "site")]) == 0
    assert main(["bundle", "--out", str(tmp_path / "stick"), "--site", str(tmp_path / "site")]) == 0
    python = os.path.realpath(sys.executable)
    command = [
        "unshare",
        "--map-root-user",
        "--net",
        python,
        "-c",
        AN_EVENING,
        str(tmp_path / "stick" / "install.py"),
        python,
        str(tmp_path / "room"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"in a browser: {tmp_path / 'room' / 'site' / 'index.html'}" in done.stdout
    assert f'cd "{tmp_path / "room"}"' in done.stdout and (tmp_path / "room" / "site" / "slides").is_dir()
    assert "unreachable" in done.stdout and "13 lessons in" in done.stdout and '"version"' in done.stdout
    assert (tmp_path / "room" / "work" / "07_capstone.ipynb").is_file() and "not correct" not in done.stdout
    [wheel] = (tmp_path / "stick" / "wheels").glob("tqdm-*.whl")
    wheel.write_bytes(wheel.read_bytes()[:-1])
    (tmp_path / "stick" / "site" / "slides" / "02_kl_divergence.html").unlink()
    done = subprocess.run(
        [python, tmp_path / "stick" / "install.py", tmp_path / "other"], capture_output=True, text=True
    )
    assert done.returncode == 1 and "2 are missing or damaged, the first: site/slides/02_kl" in done.stderr
    assert not (tmp_path / "other").exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("platform", "python", "there", "not_there"),
    [
        ("windows", "3.12", {"pywinpty", "colorama"}, {"ptyprocess"}),
        ("macos", "3.13", {"appnope", "ptyprocess"}, {"pywinpty", "colorama"}),
        ("linux", "3.14", {"ptyprocess"}, {"appnope"}),
    ],
)
def test_for_other_systems_what_they_need_is_found_and_nothing_else(
    platform: str, python: str, there: set[str], not_there: set[str], tmp_path: Path
):
    subprocess.run([sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", tmp_path, ROOT], check=True)
    [course] = tmp_path.glob("*.whl")
    found = {line.partition("==")[0] for line in resolved(ROOT, course, PLATFORMS[platform], python)}
    assert there | {"torch", "numpy", "jupyterlab", "ipykernel", "ipywidgets"} <= found and not not_there & found


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--platform", "amiga"], "--platform: expected one of linux (manylinux_2_28_x86_64), windows (win_amd64)"),
        (["--site", "nowhere"], "--site: there is no site in nowhere; `make site` makes one."),
        (["--python", "three"], "--python: a version such as 3.12 was expected, not 'three'"),
    ],
)
def test_what_is_mistyped_is_told(options: list[str], words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit):
        main(["bundle", "--out", str(tmp_path / "stick"), *options])
    assert words in capsys.readouterr().err and not (tmp_path / "stick").exists()


def test_a_folder_with_something_in_it_stays_as_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    for name in ("mine.txt", SUMS):  # as a folder of downloads may have one
        (tmp_path / name).write_text("mine")
        assert main(["bundle", "--out", str(tmp_path)]) == 2 and "is not empty" in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([SUMS, "mine.txt"])


def test_an_installed_course_says_that_a_bundle_needs_a_clone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(workspace, "clone", lambda: None)
    assert main(["bundle", "--out", str(tmp_path / "x")]) == 2 and "in a clone" in capsys.readouterr().err


def test_a_platform_has_our_name_and_pips():
    assert named("windows") is named("win_amd64") is PLATFORMS["windows"] and named("beos") is None


def test_wheels_of_another_python_are_refused_before_anything_is_made(tmp_path: Path):
    shutil.copy(INSTALL, tmp_path)
    (tmp_path / "wheels").mkdir()
    (tmp_path / "wheels" / "torch-2.13.0-cp39-cp39-win_amd64.whl").touch()
    (tmp_path / "SHA256SUMS").touch()
    done = subprocess.run([sys.executable, "install.py", "room"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 1 and f"for Python 3.9, and this is {sys.version.split()[0]}" in done.stderr
    assert "`python3.9 install.py`" in done.stderr and not (tmp_path / "room").exists()


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda stick, room: (stick / SUMS).unlink(), "1 are missing or damaged, the first: SHA256SUMS"),
        (lambda stick, room: (stick / SUMS).write_text(""), "the first: SHA256SUMS"),
        (lambda stick, room: (stick / SUMS).write_text("0" * 60), "the first: SHA256SUMS"),
        (lambda stick, room: (stick / SUMS).write_text("# 3 files\n"), "the first: SHA256SUMS"),
        (lambda stick, room: (stick / SUMS).write_text(f"{'0' * 64}  gone\n# 1 files\n"), "the first: gone"),
        (lambda stick, room: room.touch(), "is a file; name another folder"),
        (lambda stick, room: (room / ".venv").mkdir(parents=True), "is another environment, which stays as it is"),
    ],
)
def test_what_cannot_be_set_up_is_told_and_nothing_is_made(
    spoil: Callable[[Path, Path], object], words: str, tmp_path: Path
):
    stick, room = tmp_path / "stick", tmp_path / "room"
    stick.mkdir()
    shutil.copy(INSTALL, stick)
    (stick / SUMS).write_text("# 0 files\n")
    spoil(stick, room)
    before = sorted(tmp_path.rglob("*"))
    done = subprocess.run([sys.executable, stick / "install.py", room], capture_output=True, text=True)
    assert done.returncode == 1 and words in done.stderr and "Traceback" not in done.stderr
    assert sorted(tmp_path.rglob("*")) == before


def test_a_stick_is_made_anew_and_one_that_fails_leaves_the_last_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    def made(root: Path, out: Path, *_: object) -> None:
        out.mkdir()
        (out / SUMS).write_text("new")

    def fails(root: Path, out: Path, *_: object) -> None:
        out.mkdir()
        raise subprocess.CalledProcessError(1, [sys.executable, "-m", "pip", "download"])

    stick = tmp_path / "stick"
    (stick / "wheels").mkdir(parents=True)
    (stick / "wheels" / "vae_course-0.1-py3-none-any.whl").touch()
    (stick / SUMS).write_text("old")
    monkeypatch.setattr(bundle, "bundle", fails)
    assert main(["bundle", "--out", str(stick)]) == 1 and "no bundle was made" in capsys.readouterr().err
    assert (stick / SUMS).read_text() == "old" and [path.name for path in tmp_path.iterdir()] == ["stick"]
    monkeypatch.setattr(bundle, "bundle", made)
    assert main(["bundle", "--out", str(stick)]) == 0 and (stick / SUMS).read_text() == "new"
