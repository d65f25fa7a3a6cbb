"""Where the course can be opened from: one setting, and all badges, links and first cells that are made of it."""

from pathlib import Path

import pytest

from tests.teach.authoring.fake import EXERCISES, NAME
from vae_course.teach.authoring import repository
from vae_course.teach.authoring.keeper import read
from vae_course.teach.authoring.prepare import prepare
from vae_course.teach.authoring.repository import Repository

SOMEWHERE = """[tool.vae-course]\nrepository = "ada/the-vae.course"\nbranch = "autumn/2026"\n"""
LINKS = (
    "Open it in [Colab](https://colab.research.google.com/github/ada/the-vae.course/blob/autumn/2026/notebooks/01_toy.ipynb), "
    "[Binder](https://mybinder.org/v2/gh/ada/the-vae.course/autumn%2F2026?labpath=notebooks%2F01_toy.ipynb), "
    "[Kaggle](https://kaggle.com/kernels/welcome?src=https://github.com/ada/the-vae.course/blob/autumn/2026/notebooks/01_toy.ipynb)."
)


def prepared(root: Path):
    [pair], problems = prepare([root / "solutions" / f"{NAME}.py"], EXERCISES, root)
    assert not problems
    return pair.solved, pair.learner


def test_with_a_repository_each_lesson_has_links_under_its_title_and_a_first_cell_that_installs(root: Path):
    (root / "pyproject.toml").write_text(SOMEWHERE)
    for notebook in prepared(root):
        first, title = notebook.cells[:2]
        assert first.source.startswith("#@title Set up") and first.metadata == {
            "cellView": "form",
            "jupyter": {"source_hidden": True},
        }
        assert '"vae-course @ git+https://github.com/ada/the-vae.course@autumn/2026"' in first.source
        assert title.source.endswith(f"\n\n{LINKS}")


@pytest.mark.parametrize("setting", ["", "[tool.vae-course]\n", '[tool.vae-course]\nrepository = ""\n'])
def test_without_a_repository_there_are_no_links_and_the_first_cell_says_how_to_install(setting: str, root: Path):
    (root / "pyproject.toml").write_text(setting)
    for notebook in prepared(root):
        first, title = notebook.cells[:2]
        assert "http" not in first.source + title.source and "pip install its wheel" in first.source


def test_the_first_cell_does_nothing_and_says_nothing_where_the_course_is(capsys: pytest.CaptureFixture[str]):
    for known in (Repository("", "main"), Repository("ada/course", "main")):
        names: dict[str, object] = {}
        exec(known.set_up(), names)
        assert set(names) - {"__builtins__"} == {"find_spec"} and capsys.readouterr() == ("", "")


def test_where_the_course_is_missing_and_nobody_knows_from_where_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError, match="pip install its wheel"):
        exec(Repository("", "main").set_up(), {})


def test_the_readme_gets_badges_and_loses_them_again(tmp_path: Path):
    readme = tmp_path / "README.md"
    empty = "# A course\n\n<!-- badges -->\n<!-- /badges -->\n\nText.\n"
    readme.write_text(empty)
    assert repository.problems(tmp_path) == []
    (tmp_path / "pyproject.toml").write_text(SOMEWHERE)
    [problem] = repository.problems(tmp_path)
    assert "vae-course build" in str(problem)
    repository.write(tmp_path)
    assert readme.read_text().count("[![Open in ") == 3 and "00_start_here.ipynb" in readme.read_text()
    assert repository.problems(tmp_path) == []
    (tmp_path / "pyproject.toml").unlink()
    repository.write(tmp_path)
    assert readme.read_text() == empty


@pytest.mark.parametrize("name", ["ada", "https://github.com/ada/course", "ada/course/", "ada course"])
def test_what_is_no_owner_and_name_is_refused(name: str, tmp_path: Path):
    (tmp_path / "pyproject.toml").write_text(f'[tool.vae-course]\nrepository = "{name}"\n')
    with pytest.raises(ValueError, match='expected repository = "owner/name"'):
        Repository.of(tmp_path)


def test_every_lesson_of_the_course_begins_with_the_cell_that_sets_up():
    root = Path(__file__).resolve().parents[3]
    for path in sorted((root / "notebooks").glob("*.ipynb")):
        notebook = read(path)
        assert notebook is not None and notebook.cells[0].source == Repository.of(root).set_up()
