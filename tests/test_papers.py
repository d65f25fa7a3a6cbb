"""The house's papers agree with each other: version, changelog, citation, issue templates."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

yaml = pytest.importorskip("yaml")


def project() -> dict[str, str]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_the_newest_entry_of_the_changelog_and_the_citation_are_of_this_version():
    newest = re.search(r"^## (\S+) \((\S+)\)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.M)
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert newest and newest[1] == project()["version"] == citation["version"]
    assert newest[2] == str(citation["date-released"])
    assert all(licence in project()["license"] for licence in citation["license"])


@pytest.mark.parametrize("path", sorted((ROOT / ".github").rglob("*.yml")), ids=lambda path: path.name)
def test_what_github_reads_can_be_read(path: Path):
    read = yaml.safe_load(path.read_text(encoding="utf-8"))
    if path.parent.name == "ISSUE_TEMPLATE" and path.name != "config.yml":
        assert set(read) == {"name", "description", "body"}
        ids = [part["id"] for part in read["body"] if part["type"] != "markdown"]
        assert len(ids) == len(set(ids)) and all(
            part["type"] in ("markdown", "input", "textarea") for part in read["body"]
        )


@pytest.mark.parametrize("paper", ["CODE_OF_CONDUCT.md", "SECURITY.md", "CONTRIBUTING.md", "LICENSE", "README.md"])
def test_the_papers_that_a_visitor_looks_for_are_there(paper: str):
    assert (ROOT / paper).stat().st_size > 500
