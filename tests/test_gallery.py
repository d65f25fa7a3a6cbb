"""The gallery shows every entry that can be made again: its lines, its command, its card."""

import ast
import re
from pathlib import Path

import pytest

from tests.benchmarks.gallery import ENTRIES, project

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "gallery.md").read_text(encoding="utf-8")
LESSON = (ROOT / "solutions" / "07_capstone.py").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ENTRIES)
def test_an_entry_stands_on_the_page_with_its_lines_its_command_and_its_card(name: str):
    title, source = ENTRIES[name]
    section = PAGE.split(f"\n## {title}\n")[1].split("\n## ")[0]
    assert f"```python\n{source}\n```" in section
    assert f"`python -m tests.benchmarks.gallery {name}`" in section
    [(alt, card)] = re.findall(r"!\[([^\]]+)\]\(([^)]+)\)", section)
    assert card == f"gallery/{name}.png" and "our model −" in alt
    assert (ROOT / "docs" / card).stat().st_size < 60_000


@pytest.mark.parametrize("name", ENTRIES)
def test_an_entry_is_the_lessons_own_cells_with_another_source(name: str):
    title, source = ENTRIES[name]
    code = project(title, source)
    ast.parse(code)
    assert source in code and repr(title) in code and "model_card(title, chosen, mine" in code
    assert "progress()" not in code and "trained_model" not in code


def test_lesson_and_readme_lead_to_the_gallery():
    assert "(../docs/gallery.md)" in LESSON and "(docs/gallery.md)" in (ROOT / "README.md").read_text(encoding="utf-8")
