"""The README says what the lessons say."""

import re
from pathlib import Path

from tests.benchmarks.results import ERROR, NLL, results, table
from vae_course.checks.lessons import CORE, EXERCISES

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
SOURCES = sorted((ROOT / "solutions").glob("[0-9][0-9]*_*.py"))


def test_the_readme_has_every_lesson_with_its_minutes() -> None:
    table = dict(re.findall(r"^\| (\d\d[a-z]?) .*\| (\d+) \|$", README, flags=re.M))
    said = {
        s.stem.partition("_")[0]: re.search(r"About (\d+) minutes", s.read_text(encoding="utf-8"))[1] for s in SOURCES
    }
    assert table == said


def test_the_links_of_the_readme_lead_somewhere() -> None:
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", README) if "://" not in link]
    assert links and all((ROOT / link).exists() for link in links)


def test_the_results_are_the_measured_ones() -> None:
    assert table(results()) in README


def test_lesson_07_shows_the_same_results() -> None:
    lesson = (ROOT / "solutions" / "07_capstone.py").read_text(encoding="utf-8")
    firsts = {name: info["figures"] for name, info in results().items() if name.endswith("_seed0")}
    shown = {name: f"**{found[NLL]:.2f}** ± {found[ERROR]:.2f}" for name, found in firsts.items()}
    assert shown and not {name for name, figures in shown.items() if figures not in lesson}


def test_the_readme_says_what_the_exercises_are_worth() -> None:
    worth = sum(exercise.points for exercise in EXERCISES.values() if exercise.lesson in CORE)
    assert f"The core, lessons 00 to 07, is worth {worth:g} points" in README and CORE[-1].startswith("07")
