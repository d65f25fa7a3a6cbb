"""The learner's folder: lessons are copied whole or not at all, and what is there stays, on every file system."""

import errno
import os
from pathlib import Path

import pytest

from vae_course import workspace
from vae_course.workspace import FIRST_LESSON, Copied, copy_lessons, lessons_folder

NAMES = (FIRST_LESSON, "01_reparameterization.ipynb", "02_kl_divergence.ipynb")


@pytest.fixture
def lessons(tmp_path: Path) -> Path:
    folder = tmp_path / "notebooks"
    folder.mkdir()
    for name in NAMES:
        (folder / name).write_text(f"the lesson {name}", encoding="utf-8")
    (folder / "notes.txt").write_text("no lesson")
    return folder


@pytest.fixture(params=["with hard links", "without hard links"])
def links(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """A file system with hard links, and one that refuses them, as those of memory cards and of some networks do."""
    if request.param == "without hard links":

        def refuse(source: object, target: object) -> None:
            raise OSError(errno.EPERM, "Operation not permitted")

        monkeypatch.setattr(workspace.os, "link", refuse)
    return str(request.param)


def contents(work: Path) -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in work.iterdir() if path.is_file()}


def test_a_folder_that_is_the_learners_own_is_not_what_it_is_compared_with(
    lessons: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(lessons.parent)
    assert lessons_folder() == lessons_folder(lessons.parent / "work") == lessons
    assert lessons_folder(lessons) == workspace.folder("notebooks") != lessons


def test_every_lesson_is_copied_whole_and_nothing_else_is(links: str, lessons: Path, tmp_path: Path):
    work = tmp_path / "a" / "new folder"
    assert copy_lessons(lessons, work) == Copied(NAMES, ())
    assert contents(work) == {name: f"the lesson {name}" for name in NAMES}


def test_a_copy_is_a_file_of_its_own(links: str, lessons: Path, tmp_path: Path):
    copy_lessons(lessons, tmp_path / "work")
    (tmp_path / "work" / FIRST_LESSON).write_text("the learner's")
    assert (lessons / FIRST_LESSON).read_text() == f"the lesson {FIRST_LESSON}"
    assert (tmp_path / "work" / FIRST_LESSON).stat().st_nlink == 1


def test_what_is_there_is_kept_and_said_so(links: str, lessons: Path, tmp_path: Path):
    work = tmp_path / "work"
    work.mkdir()
    (work / NAMES[1]).write_text("")
    (work / "mine.ipynb").write_text("mine")
    assert copy_lessons(lessons, work) == Copied((NAMES[0], NAMES[2]), (NAMES[1],))
    assert copy_lessons(lessons, work) == Copied((), NAMES)
    assert contents(work) == {name: f"the lesson {name}" for name in NAMES} | {NAMES[1]: "", "mine.ipynb": "mine"}


@pytest.mark.parametrize("kind", ["a broken link", "a folder"])
def test_a_link_or_a_folder_in_a_lessons_place_is_the_learners(kind: str, links: str, lessons: Path, tmp_path: Path):
    place = tmp_path / "work" / FIRST_LESSON
    place.parent.mkdir()
    place.mkdir() if kind == "a folder" else place.symlink_to(tmp_path / "nowhere")
    assert copy_lessons(lessons, place.parent).kept == (FIRST_LESSON,)
    assert place.is_dir() if kind == "a folder" else place.is_symlink() and not (tmp_path / "nowhere").exists()


def test_a_file_that_appears_while_a_lesson_is_copied_is_never_overwritten(
    links: str, lessons: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """The learner's file comes at the last moment: after the look, and before the lesson is put into its place."""
    work = tmp_path / "work"
    whole = workspace.shutil.copyfile

    def copy_and_lose_the_race(source: Path, part: Path) -> None:
        whole(source, part)
        (work / Path(source).name).write_text("the learner's")

    monkeypatch.setattr(workspace.shutil, "copyfile", copy_and_lose_the_race)
    assert copy_lessons(lessons, work) == Copied((), NAMES)
    assert (work / FIRST_LESSON).read_text() == "the learner's"
    assert not [path for path in work.iterdir() if path.name.startswith(".")]


def test_a_copy_that_fails_leaves_no_half_of_a_lesson(lessons: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def full(source: Path, part: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(workspace.shutil, "copyfile", full)
    with pytest.raises(OSError, match="No space"):
        copy_lessons(lessons, tmp_path / "work")
    assert contents(tmp_path / "work") == {}


def test_a_disk_that_is_full_leaves_no_half_of_a_lesson_where_there_are_no_hard_links(
    lessons: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Half a lesson would be taken for the learner's own from then on."""
    work = tmp_path / "work"
    whole = Path.read_bytes

    def refuse(source: object, target: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    def full(path: Path) -> bytes:
        if path.parent == work:
            raise OSError(errno.ENOSPC, "No space left on device")
        return whole(path)

    monkeypatch.setattr(workspace.os, "link", refuse)
    monkeypatch.setattr(Path, "read_bytes", full)
    with pytest.raises(OSError, match="No space"):
        copy_lessons(lessons, work)
    monkeypatch.undo()
    assert contents(work) == {} and copy_lessons(lessons, work) == Copied(NAMES, ())


def test_nothing_is_left_beside_the_lessons(links: str, lessons: Path, tmp_path: Path):
    copy_lessons(lessons, tmp_path / "work")
    assert sorted(os.listdir(tmp_path / "work")) == sorted(NAMES)


def test_an_empty_folder_has_nothing_to_copy(tmp_path: Path):
    (tmp_path / "notebooks").mkdir()
    assert copy_lessons(tmp_path / "notebooks", tmp_path / "work") == Copied((), ())


def test_the_lessons_are_those_of_this_folder_if_it_has_them_else_those_beside_the_package(
    lessons: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    assert lessons_folder() == lessons
    beside = Path(workspace.__file__).resolve().parent.parent / "notebooks"
    (lessons / FIRST_LESSON).unlink()  # a folder of that name, but of something else
    assert lessons_folder() == beside and (beside / FIRST_LESSON).is_file()


def test_an_installed_course_has_its_folders_inside_the_package_and_is_no_clone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    package = tmp_path / "site-packages" / "vae_course"
    for name in ("notebooks", "solutions"):
        (package / name).mkdir(parents=True)
        (package.parent / name).mkdir()  # of another package
    (package / "notebooks" / FIRST_LESSON).touch()
    monkeypatch.chdir(tmp_path)
    assert workspace.clone() == Path(workspace.__file__).resolve().parent.parent
    assert workspace.installing("lab") == "pip install -e '.[lab]' (in the course's folder)"
    monkeypatch.setattr(workspace, "__file__", str(package / "workspace.py"))
    assert lessons_folder() == package / "notebooks" and workspace.folder("solutions") == package / "solutions"
    assert workspace.clone() is None and workspace.installing("lab") == "pip install 'vae-course[lab]'"


def test_a_package_without_lessons_beside_it_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(workspace, "__file__", str(tmp_path / "site-packages" / "vae_course" / "workspace.py"))
    with pytest.raises(FileNotFoundError, match="Install the course's wheel again"):
        lessons_folder()
