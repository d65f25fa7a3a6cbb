"""A corrected lesson comes to a learner who has begun: nothing of theirs is lost or doubled, and what has no place is said."""

import json
from pathlib import Path
from typing import Any

import nbformat
import pytest

from vae_course import cli
from vae_course.updating import KEPT_IN, identity, is_current, update

STUB = "def kl(m, v):\n    raise NotImplementedError"
NEW_STUB = 'def kl(m, v):\n    "Now with a docstring."\n    raise NotImplementedError'
ANSWER = "def kl(m, v):\n    return (m**2 + v - 1 - v.log()).sum(-1) / 2"
OTHER_STUB = "def rec(x):\n    raise NotImplementedError"


def cell(kind: str, text: str, answer: str = "") -> dict[str, Any]:
    """A cell as the build makes it."""
    metadata = {"nbgrader": {"grade_id": answer, "solution": True}} if answer else {}
    made = {
        "cell_type": kind,
        "id": identity(kind, text),
        "metadata": metadata,
        "source": text.splitlines(keepends=True),
    }
    return made | ({"outputs": [], "execution_count": None} if kind == "code" else {})


def own(kind: str, text: str) -> dict[str, Any]:
    """A cell that the learner added in JupyterLab."""
    return cell(kind, text) | {"id": f"{abs(hash(text)):x}"[:8]}


def write(path: Path, cells: list[dict[str, Any]], version: str) -> Path:
    metadata = {"vae_course": {"lesson": "01_x", "built": version}}
    path.write_text(json.dumps({"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}))
    return path


def changed(cell: dict[str, Any], text: str) -> dict[str, Any]:
    return cell | {"source": text.splitlines(keepends=True)}


def texts(path: Path) -> list[str]:
    nbformat.validate(nbformat.read(path, as_version=4))
    return ["".join(cell["source"]) for cell in json.loads(path.read_text())["cells"]]


OLD = [
    cell("markdown", "# Title"),
    cell("markdown", "A wrong sentence."),
    cell("code", STUB, "kl"),
    cell("code", "check(kl)"),
]
NEW = [
    cell("markdown", "# Title"),
    cell("markdown", "A right sentence."),
    cell("code", STUB, "kl"),
    cell("code", "check(kl)"),
]


@pytest.fixture
def lesson(tmp_path: Path) -> Path:
    return write(tmp_path / "lesson.ipynb", NEW, "new")


def mine_of(tmp_path: Path, cells: list[dict[str, Any]]) -> Path:
    (tmp_path / "work").mkdir()
    return write(tmp_path / "work" / "01_x.ipynb", cells, "old")


def test_an_answer_is_carried_into_the_new_text_and_the_old_file_is_kept(lesson: Path, tmp_path: Path):
    mine = mine_of(tmp_path, [*OLD[:2], changed(OLD[2], ANSWER), OLD[3]])
    before = mine.read_bytes()
    done = update(lesson, mine)
    assert texts(mine) == ["# Title", "A right sentence.", ANSWER, "check(kl)"]
    assert (done.carried, done.told) == (1, ())
    assert done.before == mine.parent / KEPT_IN / mine.name and done.before.read_bytes() == before
    assert is_current(lesson, mine) and update(lesson, mine).before is None, "a second time there is nothing to do"


def test_outputs_of_cells_whose_text_is_the_same_stay(lesson: Path, tmp_path: Path):
    output = {"output_type": "stream", "name": "stdout", "text": ["correct\n"]}
    mine = mine_of(tmp_path, [*OLD[:3], OLD[3] | {"outputs": [output], "execution_count": 7}])
    update(lesson, mine)
    assert json.loads(mine.read_text())["cells"][3]["outputs"] == [output]


def test_what_the_learner_added_or_changed_stays_where_it_was(lesson: Path, tmp_path: Path):
    cells = [
        OLD[0],
        own("markdown", "My note."),
        *OLD[1:3],
        own("code", "kl(m, v)"),
        changed(OLD[3], "check(kl)  # again"),
    ]
    mine = mine_of(tmp_path, cells)
    done = update(lesson, mine)
    assert texts(mine) == ["# Title", "My note.", "A right sentence.", STUB, "kl(m, v)", "check(kl)  # again"]
    assert (done.carried, done.told) == (3, ())


def test_a_note_above_everything_stays_there(lesson: Path, tmp_path: Path):
    mine = mine_of(tmp_path, [own("markdown", "Mine."), *OLD])
    update(lesson, mine)
    assert texts(mine)[:2] == ["Mine.", "# Title"]


def test_an_answer_to_a_stub_that_changed_stays_below_the_new_stub(tmp_path: Path):
    lesson = write(tmp_path / "lesson.ipynb", [NEW[0], cell("code", NEW_STUB, "kl")], "new")
    mine = mine_of(tmp_path, [OLD[0], changed(OLD[2], ANSWER)])
    done = update(lesson, mine)
    title, note, answer = texts(mine)
    assert (
        answer == ANSWER
        and NEW_STUB in note
        and [cell["cell_type"] for cell in json.loads(mine.read_text())["cells"]][1] == "markdown"
    )
    assert done.told == ("kl: its stub has changed; your answer stays, below what the stub says now.",)
    write(tmp_path / "lesson.ipynb", [NEW[0], cell("code", NEW_STUB, "kl"), cell("markdown", "More.")], "newer")
    assert update(lesson, mine).told == () and texts(mine) == [title, note, answer, "More."], "it is told once"


def test_a_stub_that_nobody_touched_gives_way(tmp_path: Path):
    lesson = write(tmp_path / "lesson.ipynb", [NEW[0], cell("code", NEW_STUB, "kl")], "new")
    mine = mine_of(tmp_path, [OLD[0], OLD[2]])
    assert update(lesson, mine).told == () and texts(mine) == ["# Title", NEW_STUB]


def test_a_changed_cell_that_has_no_place_any_more_is_kept_and_said(tmp_path: Path):
    lesson = write(tmp_path / "lesson.ipynb", [NEW[0], cell("code", OTHER_STUB, "rec")], "new")
    mine = mine_of(tmp_path, [OLD[0], changed(OLD[1], "My own words."), changed(OLD[2], ANSWER)])
    done = update(lesson, mine)
    found = texts(mine)
    assert [text for text in found if not text.startswith("*You had changed")] == [
        "# Title",
        "My own words.",
        ANSWER,
        OTHER_STUB,
    ]
    assert len(done.told) == 2 and "'My own words.'" in done.told[0]


def test_a_copied_answer_cell_is_not_taken_for_the_answer_a_second_time(lesson: Path, tmp_path: Path):
    copy = changed(OLD[2], "def kl(m, v):\n    return 0") | {"id": "aaaa-bbbb"}
    mine = mine_of(tmp_path, [*OLD[:2], changed(OLD[2], ANSWER), copy, OLD[3]])
    update(lesson, mine)
    assert texts(mine)[2:4] == [ANSWER, "def kl(m, v):\n    return 0"]


def test_a_notebook_whose_ids_a_service_took_away_keeps_its_answers(lesson: Path, tmp_path: Path):
    cells = [*OLD[:1], changed(OLD[2], ANSWER), OLD[3], own("code", "x = 1")]
    mine = mine_of(tmp_path, [{key: value for key, value in cell.items() if key != "id"} for cell in cells])
    update(lesson, mine)
    assert texts(mine) == ["# Title", "A right sentence.", ANSWER, "check(kl)", "x = 1"]


def test_each_state_before_is_kept_under_a_name_of_its_own(lesson: Path, tmp_path: Path):
    mine = mine_of(tmp_path, OLD)
    update(lesson, mine)
    write(lesson, [*NEW, cell("markdown", "More.")], "newer")
    update(lesson, mine)
    assert {path.name for path in (mine.parent / KEPT_IN).iterdir()} == {"01_x.ipynb", "01_x 2.ipynb"}


@pytest.mark.parametrize("text", ["", "{}", '{"cells": [1], "metadata": {}}', "<html>"])
def test_what_is_no_notebook_stays_as_it_is_and_is_told(text: str, lesson: Path, tmp_path: Path):
    (tmp_path / "broken.ipynb").write_text(text)
    with pytest.raises(ValueError, match="stays as it is"):
        update(lesson, tmp_path / "broken.ipynb")
    assert (tmp_path / "broken.ipynb").read_text() == text and not (tmp_path / KEPT_IN).exists()


def test_lab_says_that_there_is_a_newer_version_and_brings_it_when_asked(tmp_path: Path, monkeypatch: Any, capsys: Any):
    monkeypatch.setattr(cli, "_become", lambda command: 0)
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", "")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "notebooks").mkdir()
    write(tmp_path / "notebooks" / "00_start_here.ipynb", NEW, "new")
    (tmp_path / "work").mkdir()
    mine = write(tmp_path / "work" / "00_start_here.ipynb", [*OLD[:2], changed(OLD[2], ANSWER)], "old")
    assert cli.main(["lab", "--no-browser"]) == 0
    assert "a newer version of the lesson is here: vae-course lab --update" in capsys.readouterr().out
    assert texts(mine) == ["# Title", "A wrong sentence.", ANSWER]
    assert cli.main(["lab", "--no-browser", "--update"]) == 0
    assert "updated 00_start_here.ipynb (1 of your cells carried over" in capsys.readouterr().out
    assert texts(mine) == ["# Title", "A right sentence.", ANSWER, "check(kl)"]
    (tmp_path / "work" / "00_start_here.ipynb").write_text("{")
    assert cli.main(["lab", "--no-browser", "--update"]) == 0
    assert "cannot be read as a notebook of the course" in capsys.readouterr().out


def test_every_cell_of_every_lesson_tells_that_nobody_has_changed_it():
    for path in sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb")):
        for handed_out in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            if handed_out["id"] != "set-up":
                assert handed_out["id"][:12] == identity(handed_out["cell_type"], "".join(handed_out["source"])), (
                    path.name
                )
