"""The README says what the lessons say."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
SOURCES = sorted((ROOT / "solutions").glob("[0-9][0-9]_*.py"))


def test_the_readme_has_every_lesson_with_its_minutes() -> None:
    table = dict(re.findall(r"^\| (\d\d) .*\| (\d+) \|$", README, flags=re.M))
    said = {s.stem[:2]: re.search(r"About (\d+) minutes", s.read_text(encoding="utf-8"))[1] for s in SOURCES}
    assert table == said


def test_the_links_of_the_readme_lead_somewhere() -> None:
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", README) if "://" not in link]
    assert links and all((ROOT / link).exists() for link in links)
