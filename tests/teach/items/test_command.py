"""vae-course items, as a teacher types it."""

from pathlib import Path

import pytest

from tests.teach.items.gift_reader import read
from tests.test_cli import one_sentence
from tests.test_house import package_without, run_python
from vae_course import cli
from vae_course.teach.items import choices


def test_it_writes_a_file_that_is_what_the_terminal_shows(tmp_path: Path, capsys) -> None:
    assert cli.main(["items", "--format", "gift", "--lesson", "04b", "--seed", "5"]) == 0
    shown = capsys.readouterr().out
    file = tmp_path / "04b.gift"
    assert cli.main(["items", "--format", "gift", "--lesson", "04b", "--seed", "5", "--out", str(file)]) == 0
    assert capsys.readouterr().out == f"wrote    {file}\n"
    assert file.read_bytes().decode("utf-8") == shown
    assert {question.id.partition(".")[0] for question in read(shown)} == {"04b"}


def test_markdown_is_for_print(capsys) -> None:
    assert cli.main(["items", "--format", "markdown", "--lesson", "7"]) == 0
    assert capsys.readouterr().out.startswith("# Questions with model answers, for teachers\n\n## 07 · Capstone")


@pytest.mark.parametrize(
    "arguments, told",
    [
        (["--format", "xml"], "there is no format 'xml'; the formats: gift, markdown."),
        (["--format", "gift", "--lesson", "12"], "there are no questions for '12'"),
        (["--format", "gift", "--out", "no/such/folder.gift"], "there is no folder no/such"),
    ],
)
def test_what_cannot_be_done_is_told_in_a_sentence(arguments: list[str], told: str, capsys) -> None:
    assert cli.main(["items", *arguments]) == 2
    assert told in one_sentence(capsys.readouterr().err)


def test_a_file_that_is_there_is_never_written_over(tmp_path: Path, capsys) -> None:
    file = tmp_path / "mine.gift"
    file.write_text("edited by hand")
    assert cli.main(["items", "--format", "gift", "--out", str(file)]) == 2
    assert "is there already" in one_sentence(capsys.readouterr().err) and file.read_text() == "edited by hand"


def test_a_broken_file_of_questions_is_told_in_a_sentence(tmp_path: Path, monkeypatch, capsys) -> None:
    broken = tmp_path / "choices.toml"
    broken.write_text("'09.none' = 'A stem for no prediction.'", encoding="utf-8")
    monkeypatch.setattr(choices, "FILE", broken)
    assert cli.main(["items", "--format", "gift"]) == 2
    assert "choices.toml: " in one_sentence(capsys.readouterr().err)


def test_a_student_edition_has_none_and_says_so(tmp_path: Path) -> None:
    folder = package_without(tmp_path, "teach")
    said = run_python(
        folder,
        "sys.stderr = sys.stdout\nfrom vae_course.cli import main\ntry:\n    main(['items', '--format', 'gift'])\n"
        "except SystemExit as end:\n    print(end.code)",
    )
    assert "invalid choice: 'items'" in said and said.splitlines()[-1] == "2"
    assert not [path for path in folder.rglob("*.toml") if "items" in path.parts]
