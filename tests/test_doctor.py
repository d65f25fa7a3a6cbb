"""vae-course doctor: what is broken is named with what to do next, and only what lessons need decides the exit code."""

import sys
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from types import SimpleNamespace

import pytest

from vae_course import cli, doctor, workspace
from vae_course.doctor import Item, examine


def of(word: str) -> Item:
    """The one finding that speaks of something."""
    [found] = [finding for finding in examine() if word in finding.what]
    return found


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the sandbox's own trial, which tests/grading make."""
    monkeypatch.setattr("vae_course.teach.grading.sandbox.sandbox.available", lambda: "")


def lacking(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    whole = doctor.version

    def version(name: str) -> str:
        if name in names:
            raise PackageNotFoundError(name)
        return whole(name)

    monkeypatch.setattr(doctor, "version", version)


def test_here_all_that_lessons_need_is_well(capsys: pytest.CaptureFixture[str]):
    found = examine()
    assert all(finding.ok for finding in found if finding.needed) and cli.main(["doctor"]) == 0
    assert capsys.readouterr().out == "".join(f"{finding}\n" for finding in found)


def test_a_finding_that_is_not_well_says_what_to_do_and_one_that_is_does_not():
    assert str(Item("a thing", True, "advice")) == "ok      a thing"
    assert str(Item("a thing", False, "advice")) == "not ok  a thing\n        -> advice"


def test_an_empty_folder_of_lessons_is_not_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys):
    (tmp_path / "notebooks").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(workspace, "__file__", str(tmp_path / "vae_course" / "workspace.py"))
    found = of("lessons in")
    assert not found.ok and found.needed and found.what == f"0 lessons in {tmp_path / 'notebooks'}"
    assert found.advice.startswith("that folder is empty; set up again: ") and cli.main(["doctor"]) == 1
    assert "not ok  0 lessons in" in capsys.readouterr().out


def test_one_lesson_is_enough_to_be_well_and_all_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "notebooks").mkdir()
    monkeypatch.chdir(tmp_path)
    for count, name in enumerate((workspace.FIRST_LESSON, "01_x.ipynb", "02_y.ipynb"), start=1):
        (tmp_path / "notebooks" / name).touch()
        assert of("lessons in").ok and of("lessons in").what.startswith(f"{count} lessons in")


def test_no_folder_of_lessons_is_not_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(workspace, "__file__", str(tmp_path / "vae_course" / "workspace.py"))
    found = of("FileNotFoundError")
    assert not found.ok and found.needed and found.what.startswith("The lessons: ")


@pytest.mark.parametrize("name", ["torch", "numpy", "matplotlib", "ipywidgets", "jupyterlab", "safetensors", "tqdm"])
def test_a_missing_package_that_lessons_use_is_named(name: str, monkeypatch: pytest.MonkeyPatch, capsys):
    lacking(monkeypatch, name)
    found = of("missing: ")
    assert found.what == f"missing: {name}" and not found.ok and found.needed and "make lab" in found.advice
    assert cli.main(["doctor"]) == 1 and f"not ok  missing: {name}\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("version", "ok"), [((3, 10, 14), False), ((3, 11, 0), True), ((3, 12, 1), True), ((4, 0), True)]
)
def test_a_python_that_is_too_old_is_not_well(version: tuple[int, ...], ok: bool, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(doctor, "sys", SimpleNamespace(version_info=version, platform=sys.platform))
    [found] = [finding for finding in examine() if finding.what.startswith("Python ")]
    assert found.ok is ok and found.needed and "3.11 or newer" in found.advice


def test_missing_images_are_not_well(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("vae_course.data.load_mnist", lambda split: SimpleNamespace(images=range(34_999)))
    assert not of("MNIST").ok and of("MNIST").needed and of("MNIST").what == "MNIST: 69,998 images"
    monkeypatch.setattr("vae_course.data.load_mnist", lambda split: SimpleNamespace(images=range(35_000)))
    assert of("MNIST").ok


def test_a_damaged_trained_model_is_not_well(monkeypatch: pytest.MonkeyPatch):
    def damaged(name: str) -> None:
        raise RuntimeError(f"{name} is damaged")

    monkeypatch.setattr("vae_course.given.trained", damaged)
    found = of("The trained models: RuntimeError: v1_z2 is damaged")
    assert not found.ok and found.needed


@pytest.mark.parametrize(
    ("names", "heavy"),
    [
        (["nvidia-cublas-cu12", "torch"], ["nvidia-cublas-cu12"]),
        (["Triton", "cuda-python", "tritonclient", "pycuda"], ["cuda-python", "triton"]),
        ([None, "numpy"], []),
    ],
)
def test_packages_of_a_gpu_are_named_and_no_lesson_fails_for_them(
    names: list[str], heavy: list[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(doctor, "distributions", lambda: [SimpleNamespace(metadata={"Name": name}) for name in names])
    assert doctor.cuda_packages() == heavy
    found = of("PyTorch ")
    assert found.ok is not bool(heavy) and not found.needed
    assert not heavy or f"{len(heavy)} CUDA packages" in found.what and heavy[0] in found.what


def test_what_lessons_do_without_is_not_well_and_changes_no_exit_code(monkeypatch: pytest.MonkeyPatch, capsys):
    lacking(monkeypatch, "pip")
    monkeypatch.setattr(doctor.shutil, "which", lambda name: None)
    monkeypatch.setattr("vae_course.teach.grading.sandbox.sandbox.available", lambda: "The sandbox needs Linux.")
    assert cli.main(["doctor"]) == 0
    out = capsys.readouterr().out
    assert "not ok  pip is missing\n        -> run `python -m ensurepip`" in out
    assert "not ok  browser for the tests: no Chromium\n" in out
    assert (
        "not ok  marking a class: no sandbox\n        -> only `vae-course grade` needs it. The sandbox needs Linux."
        in out
    )


@pytest.mark.parametrize("name", ["chromium", "chromium-browser", "google-chrome"])
def test_any_browser_of_the_family_will_do(name: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(doctor.shutil, "which", lambda wanted: f"/bin/{wanted}" if wanted == name else None)
    assert of("browser").ok and of("browser").what == f"browser for the tests: /bin/{name}"


def test_whatever_one_look_meets_the_others_are_made(monkeypatch: pytest.MonkeyPatch):
    before = len(examine())
    monkeypatch.setattr(doctor.platform, "python_version", lambda: 1 / 0)
    found = examine()
    assert len(found) == before == 9 and found[0].what == "Python: ZeroDivisionError: division by zero"
    assert not found[0].ok and found[0].needed and "make lab" in found[0].advice
