"""A deck of slides for each lesson, made of the cells that its source tags `slide`: one slide each.

A slide shows what a room reads in one look: the heading, the displayed formulas, each with the sentence that leads to it, lists, a table, and what is
set in **bold**; of a code cell its figure, its numbers or its question; of an exercise the goal and the stub. All words of the section before it and
after it, up to the next slide, are the speaker's notes.
"""

import base64
import hashlib
import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from string import Template

from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin
from nbformat import NotebookNode

from vae_course.teach.authoring.regions import MARKS
from vae_course.teach.authoring.student import SLIDE

MINUTES = 50
"""How long a lecture is; each slide has a share of it by the words that are said."""
SHOWN = ("math_block", "table_open", "fence", "blockquote_open", "bullet_list_open", "ordered_list_open")
"""What Markdown calls the blocks that a slide shows, each with the sentence that leads to it."""
FEW = 60
"""Letters, those in parentheses apart, of a sentence that says too little without the one before it."""
LONG = 110
"""Words of a list above which a slide shows the first sentence of each point."""
SHORT = 10
"""Lines of code that a slide shows above what they print."""
TALL = 18
"""Lines of a stub that is too long to be read from the last row."""
SECONDS_TO_LOOK = 45
"""Of a slide without a word to say."""
WORDS_A_MINUTE = 120
_LINK = re.compile(r"\]\((?P<folder>\.\./docs/)?(?P<name>[\w-]+)\.(?:ipynb|md)(?P<anchor>#[^)]*)?\)")
_FOLDED = re.compile(r"<details>.*?</details>|^```.*?^```", re.DOTALL | re.MULTILINE)
_KEY = re.compile(r"\*\*([^*]+)\*\*")
_SENTENCES = re.compile(r"(?<=[.!?])(?<!al\.)\s+")


@dataclass
class Slide:
    """What is shown, as HTML, and what is said, as Markdown."""

    title: str
    shown: list[str]
    said: list[str] = field(default_factory=list)

    @property
    def weight(self) -> float:
        """Minutes that it would take; what is folded is not read out."""
        words = _FOLDED.sub("", "\n\n".join(self.said)).split()
        return SECONDS_TO_LOOK / 60 + len(words) / WORDS_A_MINUTE


def _markdown() -> MarkdownIt:
    markdown = MarkdownIt("commonmark").enable("table")
    dollarmath_plugin(markdown)
    for kind, (left, right) in {"math_inline": (r"\(", r"\)"), "math_block": (r"\[", r"\]")}.items():

        def drawn_by_mathjax(_, tokens, i, *__, left=left, right=right) -> str:
            return f"{left}{html.escape(tokens[i].content)}{right}"

        markdown.add_render_rule(kind, drawn_by_mathjax)
    return markdown


MARKDOWN = _markdown()


def deck(solved: NotebookNode, untouched: NotebookNode, figures: Path, solutions: bool) -> list[Slide]:
    """The slides of a lesson.

    Args:
        solved: the lesson with its outputs.
        untouched: as it is handed out: the stubs.
        figures: the folder that gets the pictures.
        solutions: whether the notes of an exercise have an answer.
    """
    stubs = {cell.id: cell.source for cell in untouched.cells}
    slides: list[Slide] = []
    section, card = "", False
    waiting: list[str] | None = []  # words of a section that has no slide yet
    for cell in solved.cells:
        tagged = SLIDE in cell.metadata.get("tags", [])
        if cell.cell_type == "markdown":
            text = _LINK.sub(_on_the_site, cell.source)
            if heading := re.search(r"^#+ (.+)$", text, re.MULTILINE):
                section, waiting, card = heading[1], [], False
            if tagged:
                shown, said = _seen_and_said(text)
                slides.append(Slide(section, shown, [*(waiting or []), *said]))
                waiting, card = None, section.startswith("Exercise")
            else:
                (slides[-1].said if waiting is None else waiting).append(re.sub(r"^#+ .+\n*", "", text))
        elif tagged:
            slides.append(Slide(section, _outputs(cell, stubs[cell.id], figures), waiting or []))
            waiting = None
        elif card and cell.metadata.get("nbgrader", {}).get("solution"):
            if stubs[cell.id].count("\n") < TALL:
                slides[-1].shown.append(_code(stubs[cell.id]))
            if solutions:
                slides[-1].said.append(f"One solution:\n\n```python\n{MARKS.sub('', cell.source)}```")
            card = False
    return slides


def _on_the_site(link: re.Match[str]) -> str:
    return f"]({link['folder'] or '../notebooks/'}{link['name']}.html{link['anchor'] or ''})"


def _seen_and_said(source: str) -> tuple[list[str], list[str]]:
    """A cell of text, taken apart."""
    blocks = [("", ""), *_blocks(source), ("", "")]
    shown, said = [], []
    for (before, above), (kind, text), (after, _) in zip(blocks, blocks[1:], blocks[2:], strict=False):
        if kind in SHOWN:
            shown.append(_short_list(text) if kind.endswith("list_open") else text)
        elif kind == "paragraph_open" and text.startswith("**Goal.**"):
            shown.append(text.removeprefix("**Goal.**"))
        elif kind == "paragraph_open":
            first, *rest = _SENTENCES.split(text)
            if before == "math_block" and above.rstrip("$ \n}").endswith((",", ":")):
                shown.append(first)  # it ends the sentence of the formula
            else:
                rest = [first, *rest]
            leading = _end_of(rest) if after in SHOWN else []
            others = rest[: len(rest) - len(leading)]
            shown += [f"**{key}**" for key in _KEY.findall(" ".join(others)) if len(key.split()) >= 4]
            shown += [" ".join(leading)] if leading else []
        if kind not in ("math_block", "table_open", "fence"):
            said.append(text)
    if not shown and said:
        shown.append(" ".join(_SENTENCES.split(said[0])[:2]))
    return [MARKDOWN.render(text) for text in shown], said


def _end_of(sentences: list[str]) -> list[str]:
    """The last sentence, and those before it while together they are too short to be understood alone."""
    for number in range(1, len(sentences)):
        if len(re.sub(r"\([^)]*\)", "", " ".join(sentences[-number:]))) > FEW:
            return sentences[-number:]
    return sentences


def _blocks(source: str) -> Iterator[tuple[str, str]]:
    """Paragraphs, formulas, lists, tables of a cell, without its heading; "folded" is what stands between `<details>` and `</details>`."""
    lines, folded = source.split("\n"), False
    for token in MARKDOWN.parse(source):
        if token.level == 0 and token.map and token.type != "heading_open":
            text = "\n".join(lines[slice(*token.map)])
            folded = folded or "<details" in text
            yield ("folded" if folded else token.type), text
            folded = folded and "</details>" not in text


def _short_list(text: str) -> str:
    if len(text.split()) <= LONG:
        return text
    _, *parts = re.split(r"^([*+-]|\d+\.)\s", text, flags=re.MULTILINE)
    return "\n".join(
        f"{mark} {_SENTENCES.split(point.strip())[0]}" for mark, point in zip(parts[::2], parts[1::2], strict=True)
    )


def _outputs(cell: NotebookNode, code: str, figures: Path) -> list[str]:
    """The picture of a code cell; without one, what it shows or prints, under its code if that is short."""
    printed = any(output.output_type == "stream" for output in cell.get("outputs", []))
    shown = [_code(code)] if printed and code.count("\n") < SHORT else []
    for output in cell.get("outputs", []):
        data = output.get("data", {})
        if "image/png" in data:
            picture = base64.b64decode(data["image/png"])
            name = f"{hashlib.sha256(picture).hexdigest()[:16]}.png"
            (figures / name).write_bytes(picture)
            alt = output.metadata.get("image/png", {}).get("alt", "")
            return [f'<img src="{figures.name}/{name}" alt="{html.escape(alt, quote=True)}">']
        if "text/html" in data:
            shown.append(data["text/html"].replace("<details>", "<details open>"))
        elif output.output_type == "stream":
            shown.append(_code(output.text.rstrip()))
    return shown


def _code(text: str) -> str:
    return f"<pre><code>{html.escape(text)}</code></pre>"


def page(slides: list[Slide], template: str) -> str:
    """The deck as one page of HTML. The first slide's title is its."""
    whole = sum(slide.weight for slide in slides) or 1
    sections, begun = [], 0.0
    for slide in slides:
        ended = begun + MINUTES * slide.weight / whole
        level = 1 if slide is slides[0] else 2
        heading = MARKDOWN.renderInline(slide.title)
        said = MARKDOWN.render("\n\n".join([f"*Minute {begun:.0f} to {ended:.0f}.*", *slide.said]))
        sections.append(
            f"<section>\n<h{level}>{heading}</h{level}>\n{''.join(slide.shown)}\n<aside class='notes'>{said}</aside>\n</section>\n"
        )
        begun = ended
    return Template(template).substitute(title=html.escape(slides[0].title), slides="".join(sections))
