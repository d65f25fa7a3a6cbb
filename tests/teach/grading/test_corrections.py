"""corrections.csv: written by hand in any spreadsheet, and never guessed."""

from pathlib import Path

import pytest

from vae_course.checks.lessons import EXERCISES
from vae_course.teach.grading.deciding.corrections import begin, read_corrections
from vae_course.teach.grading.keeping.lock import FolderRefused

WHO = {"ada", "Bob Hill", "=cmd"}
HEAD = "student,exercise,points,comment\n"


def worth(exercise: str) -> float:
    return EXERCISES[exercise].points


def read(folder: Path, text: str | bytes):
    (folder / "corrections.csv").write_bytes(text.encode() if isinstance(text, str) else text)
    return read_corrections(folder, WHO, worth)


def faults(folder: Path, text: str) -> list[str]:
    with pytest.raises(FolderRefused) as refused:
        read(folder, text)
    return [line.removeprefix(f"{folder / 'corrections.csv'}, ") for line in str(refused.value).splitlines()]


def test_the_file_begins_with_its_header_and_is_never_begun_again(tmp_path: Path):
    assert read_corrections(tmp_path, WHO, worth) == {}
    begin(tmp_path)
    assert (tmp_path / "corrections.csv").read_text() == HEAD and read_corrections(tmp_path, WHO, worth) == {}
    (tmp_path / "corrections.csv").write_text("mine")
    begin(tmp_path)
    assert (tmp_path / "corrections.csv").read_text() == "mine"


def test_points_an_excuse_and_a_mere_comment(tmp_path: Path):
    text = (
        HEAD
        + 'ada,kl_normal,2.5,"explained it, orally"\n\nada,VAE.loss,Excused,ill\nBob Hill,kl_normal,,well done\nada,log_normal,0,\n'
    )
    found = read(tmp_path, text)
    assert {key: (c.points, c.excused, c.comment, c.line) for key, c in found.items()} == {
        ("ada", "kl_normal"): (2.5, False, "explained it, orally", 2),
        ("ada", "VAE.loss"): (None, True, "ill", 4),
        ("Bob Hill", "kl_normal"): (None, False, "well done", 5),
        ("ada", "log_normal"): (0, False, "", 6),
    }


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_whatever_spreadsheet_wrote_it(encoding: str, separator: str, end: str, tmp_path: Path):
    number = "2.5" if separator == "," else "2,5"
    lines = [HEAD.strip().replace(",", separator), separator.join(["ada", "kl_normal", number, "ärgerlich"])]
    found = read(tmp_path, (end.join(lines) + end).encode(encoding))
    assert found["ada", "kl_normal"].points == 2.5 and found["ada", "kl_normal"].comment == "ärgerlich"


def test_columns_may_stand_in_any_order_and_further_ones_are_the_teacher_s(tmp_path: Path):
    found = read(tmp_path, "Points,note,Exercise,Student\n3,mine,kl_normal,ada\n")
    assert found["ada", "kl_normal"].points == 3 and found["ada", "kl_normal"].comment == ""


def test_a_name_that_our_tables_have_made_harmless_is_that_name(tmp_path: Path):
    assert ("=cmd", "kl_normal") in read(tmp_path, HEAD + "'=cmd,kl_normal,1,\n")


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("Ada,kl_normal,1,", "line 2: nobody is called 'Ada' (perhaps 'ada'?)"),
        ("xyz,kl_normal,1,", "line 2: nobody is called 'xyz'; marks.csv has the names"),
        ("ada,kl_norm,1,", "line 2: there is no exercise 'kl_norm' (perhaps 'kl_normal'?)"),
        (
            "ada,kl_normal,7,",
            "line 2: points '7': a number from 0 to 6, the points of kl_normal, or 'excused' was expected",
        ),
        ("ada,kl_normal,-1,", "a number from 0 to 6"),
        ("ada,kl_normal,nan,", "a number from 0 to 6"),
        ("ada,kl_normal,all,", "a number from 0 to 6"),
        ('ada,kl_normal,"2,5",', "a number from 0 to 6"),
        ("ada,kl_normal,,", "line 2: neither points nor 'excused' nor a comment"),
        ("ada", "there is no exercise ''"),
        ("ada,kl_normal,1,\n\nada,kl_normal,2,", "line 4: ada, kl_normal stands in line 2 already"),
    ],
)
def test_what_cannot_be_meant_is_told_with_its_line(line: str, says: str, tmp_path: Path):
    [told] = faults(tmp_path, HEAD + line + "\n")
    assert says in told


def test_a_line_after_a_cell_of_several_lines_has_its_own_number(tmp_path: Path):
    [told] = faults(tmp_path, HEAD + 'ada,kl_normal,1,"one\ntwo\nthree"\nnobody,kl_normal,1,\n')
    assert told.startswith("line 5: nobody")


def test_all_faults_are_told_at_once_and_a_missing_column_is_one(tmp_path: Path):
    assert len(faults(tmp_path, HEAD + "x,kl_normal,1,\nada,y,1,\nada,kl_normal,z,\n")) == 3
    assert faults(tmp_path, "student;points\nada;1\n") == [
        "line 1: no column exercise; expected: student, exercise, points, comment."
    ]
