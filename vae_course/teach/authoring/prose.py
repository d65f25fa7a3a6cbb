"""What the prose must keep to: alt texts, links that resolve, `<details>` that render, spelling, no markers."""

import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import unquote

from vae_course.teach.authoring.lesson_source import Cell, Lesson
from vae_course.teach.authoring.markdown import headings, prose_lines
from vae_course.teach.authoring.problems import Problem

# Words that codespell takes for misspellings.
SPELLED_RIGHT = "nd"

_IMAGE = re.compile(r"!\[([^\]]*)\]\(([^)\s]+)[^)]*\)")
_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)[^)]*\)")
_HTML_LINK = re.compile(r"<(?:a|img)\b[^>]*?\b(?:href|src)=[\"']([^\"']+)[\"']")
_ELSEWHERE = re.compile(r"^(?:[a-z][a-z0-9+.-]*:|//)", re.IGNORECASE)


def check_prose(lesson: Lesson, root: Path) -> list[Problem]:
    problems: list[Problem] = []
    anchors = {
        text.replace(" ", "-")
        for cell in lesson.cells
        if cell.kind == "markdown"
        for _, text, _ in headings(cell.source)
    }
    for cell in lesson.cells:
        if cell.kind == "markdown":
            problems += _check_cell(lesson, cell, root, anchors)
    return problems


def _check_cell(lesson: Lesson, cell: Cell, root: Path, anchors: set[str]) -> list[Problem]:
    problems = []

    def refuse(offset: int, expected: str, got: str, what_next: str) -> None:
        problems.append(Problem(lesson.path, cell.line_of(offset), expected, got, what_next))

    lines = cell.source.split("\n")
    for offset, text in prose_lines(cell.source):
        line = re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", text)  # code spans quote, they do not link
        for alt, target in _IMAGE.findall(line):
            if not alt.strip():
                refuse(offset, "an image with alt text", f"`{target}` without", "write ![what it shows](...)")
        for tag in re.findall(r"<img\b[^>]*>", line):
            if not re.search(r"\balt=[\"'][^\"']*\w", tag):
                refuse(offset, "an image with alt text", f"`{tag}`", 'add alt="what it shows"')
        for target in [*(t for _, t in _IMAGE.findall(line)), *_LINK.findall(line), *_HTML_LINK.findall(line)]:
            if not _resolves(target, root, anchors):
                refuse(
                    offset,
                    "a link that resolves inside the repository",
                    f"`{target}`",
                    "correct it; it starts in notebooks/",
                )
        if line.strip().endswith("</summary>") and lines[offset + 1 : offset + 2] not in ([""], []):
            refuse(offset, "a blank line after </summary>", "text", "add one, or Markdown inside is not rendered")
        if "BEGIN SOLUTION" in line or "END SOLUTION" in line:
            refuse(offset, "solution markers in code cells only", f"`{line.strip()}` in prose", "reword or move it")
    opened, closed = cell.source.count("<details"), cell.source.count("</details>")
    if opened != closed:
        refuse(0, "every <details> closed in its cell", f"{opened} opened, {closed} closed", "add the missing tag")
    return problems


def _resolves(target: str, root: Path, anchors: set[str]) -> bool:
    if _ELSEWHERE.match(target):
        return True
    path, _, fragment = unquote(target).partition("#")
    if not path:
        return fragment in anchors
    place = (root / "notebooks" / path).resolve()
    if not place.is_relative_to(root.resolve()) or path.startswith("/"):
        return False
    # Another lesson counts as soon as it has a source, built or not.
    lesson = place.parent == (root / "notebooks").resolve() and (root / "solutions" / f"{place.stem}.py").exists()
    return place.exists() or (place.suffix == ".ipynb" and lesson)


def check_spelling(sources: Sequence[tuple[Path, Path]]) -> list[Problem]:
    """codespell over (file, its name in messages)."""
    names = {str(path): shown for path, shown in sources}
    if not names:
        return []
    command = [sys.executable, "-m", "codespell_lib", "--ignore-words-list", SPELLED_RIGHT, *names]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode not in (0, 65):  # 65: it found misspellings
        raise RuntimeError(f"codespell did not run: {result.stderr.strip()}")
    problems = []
    for found in re.finditer(r"^(.*?):(\d+): (.*?) ==> (.*)$", result.stdout, re.MULTILINE):
        path, line, wrong, right = found.groups()
        what_next = "correct it, or add the word to prose.SPELLED_RIGHT"
        problems.append(Problem(names[path], int(line), f"`{right}`", f"`{wrong}` (codespell)", what_next))
    return problems
