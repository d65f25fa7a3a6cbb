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


def test_a_cell_that_the_learner_had_deleted_comes_back_and_is_counted_among_the_fresh_ones(
    lesson: Path, tmp_path: Path
):
    mine = mine_of(tmp_path, OLD[:3])
    done = update(lesson, mine)
    assert texts(mine)[3] == "check(kl)" and done.fresh == 2, "the deleted cell, and the corrected sentence"


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


def test_a_notebook_without_ids_and_metadata_has_its_answer_in_the_stubs_place(lesson: Path, tmp_path: Path):
    cells = [changed(OLD[2], ANSWER), own("markdown", "Mine.")]
    mine = mine_of(tmp_path, [{k: v for k, v in cell.items() if k != "id"} | {"metadata": {}} for cell in cells])
    update(lesson, mine)
    assert texts(mine).count(STUB) == 0 and ANSWER in texts(mine) and "Mine." in texts(mine)


SET_UP = '#@title Set up: does nothing\nfrom importlib.util import find_spec\n\nif find_spec("vae_course") is None:\n    raise {}'


def set_up(text: str) -> dict[str, Any]:
    return cell("code", text) | {"id": "set-up"}


def test_the_cell_that_sets_up_is_ours_unless_somebody_wrote_in_it(tmp_path: Path):
    lesson = write(tmp_path / "lesson.ipynb", [set_up(SET_UP.format("New")), *NEW], "new")
    mine = mine_of(tmp_path, [set_up(SET_UP.format("Old")), *OLD])
    assert update(lesson, mine).told == () and texts(mine)[0] == SET_UP.format("New")
    write(mine, [set_up(SET_UP.format("Old") + "\nMYWORK = 1"), *OLD], "old")
    done = update(lesson, mine)
    assert sum("MYWORK" in text for text in texts(mine)) == 1 and len(done.told) == 1


def test_of_copies_the_one_that_was_written_in_has_the_place(lesson: Path, tmp_path: Path):
    copy = OLD[2] | {"id": "aaaa-bbbb"}
    mine = mine_of(
        tmp_path, [*OLD[:2], changed(OLD[2], "") | {"id": "0000-1111"}, copy, changed(OLD[2], ANSWER), OLD[3]]
    )
    done = update(lesson, mine)
    cells = json.loads(mine.read_text())["cells"]
    assert [c["id"] for c in cells if "".join(c["source"]) == ANSWER] == [NEW[2]["id"]] and done.told == ()
    assert sum("nbgrader" in c["metadata"] for c in cells) == 1


@pytest.mark.parametrize("kind", ["code", "raw"])
def test_a_cell_whose_kind_was_changed_makes_no_invalid_notebook(kind: str, lesson: Path, tmp_path: Path):
    output = {"output_type": "stream", "name": "stdout", "text": ["x"]}
    more = {"outputs": [output], "execution_count": 3} if kind == "code" else {}
    mine = mine_of(tmp_path, [OLD[0] | {"cell_type": kind} | more, *OLD[1:]])
    update(lesson, mine)
    assert texts(mine).count("# Title") == 1


def test_half_a_character_in_an_output_stays(lesson: Path, tmp_path: Path):
    output = {"output_type": "stream", "name": "stdout", "text": ["\ud83d"]}
    mine = mine_of(tmp_path, [*OLD[:3], OLD[3] | {"outputs": [output]}])
    update(lesson, mine)
    assert json.loads(mine.read_text())["cells"][3]["outputs"] == [output] and len(list(mine.parent.iterdir())) == 2


def test_line_breaks_of_windows_are_no_change(lesson: Path, tmp_path: Path):
    stub = OLD[2] | {"source": STUB.replace("\n", "\r\n")}
    mine = mine_of(tmp_path, [*OLD[:2], stub, OLD[3]])
    assert update(lesson, mine).carried == 0 and texts(mine)[2] == STUB


def test_a_link_stays_one_and_rights_stay(lesson: Path, tmp_path: Path):
    mine = mine_of(tmp_path, [*OLD[:2], changed(OLD[2], ANSWER)])
    mine.chmod(0o600)
    link = tmp_path / "linked.ipynb"
    link.symlink_to(mine)
    update(lesson, link)
    assert link.is_symlink() and ANSWER in texts(mine) and mine.stat().st_mode & 0o777 == 0o600


def test_each_state_before_is_kept_under_a_name_of_its_own(lesson: Path, tmp_path: Path):
    mine = mine_of(tmp_path, OLD)
    update(lesson, mine)
    write(lesson, [*NEW, cell("markdown", "More.")], "newer")
    update(lesson, mine)
    assert {path.name for path in (mine.parent / KEPT_IN).iterdir()} == {"01_x.ipynb", "01_x 2.ipynb"}


STRANGE = {"cells": [{"cell_type": "code", "metadata": None, "source": ""}], "metadata": {}}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        '{"cells": [1], "metadata": {}}',
        "<html>",
        json.dumps(STRANGE),
        "[" * 100_000,
        '{"cells": [], "metadata": {"vae_course": "x"}}',
    ],
    ids=range(7),
)
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
    out = capsys.readouterr().out
    assert "updated 00_start_here.ipynb (1 of your cells carried over" in out
    assert "2 cells are new, corrected, or such as you had deleted." in out
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
