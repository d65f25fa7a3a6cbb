"""The words of `docs/glossary.md`: Sphinx's glossary is made of them, and a lesson's page links each where the lesson first uses it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from nbformat import NotebookNode

from vae_course.teach.authoring.symbols import TABLE

PAGE = "docs/glossary.md"
_ENTRY = re.compile(r"^- \*\*(?P<name>.+?)\*\*(?: \((?P<others>[^)]+)\))?(?P<rest>.*(?:\n  .*)*)", re.MULTILINE)
_NO_PROSE = re.compile(
    r"^```.*?^```|\$\$.+?\$\$|\$[^$]+\$|`[^`]+`|!?\[[^\]]*\]\([^)]*\)|<summary>.*?</summary>|<[^>]+>|^(?:#|\||---)[^\n]*",
    re.DOTALL | re.MULTILINE,
)
"""Code, formulas, links, markup, headings, tables."""
MEANS_SOMETHING_ELSE = {"05_iwae": ("hole",), "05b_limits": ("evidence",), "06_generation": ("gap",)}
"""Words that a lesson first uses in their everyday sense: it does not link them."""
_LETTERS = re.compile(r"^\| here \|(?:.*\n)+?(?=\n|\Z)", re.MULTILINE)


@dataclass(frozen=True)
class Entry:
    """A word, the other words for it, and what it means."""

    name: str
    others: tuple[str, ...]
    meaning: str


def entries(text: str) -> list[Entry]:
    """What the page's list says.

    Raises:
        ValueError: a point of the list is no entry, or a word has two.
    """
    found = [
        Entry(
            match["name"],
            tuple(filter(None, (match["others"] or "").split(", "))),
            " ".join(match["rest"].split()).removeprefix(": "),
        )
        for match in _ENTRY.finditer(text)
    ]
    words = [word.lower() for entry in found for word in (entry.name, *entry.others)]
    if len(found) != len(re.findall(r"^- ", text, re.MULTILINE)):
        raise ValueError(f"{PAGE}: a point that does not begin with `- **word**: ` or `- **word** (other words): `")
    if twice := sorted({word for word in words if words.count(word) > 1}):
        raise ValueError(f"{PAGE}: {', '.join(twice)} twice")
    return found


def page(text: str, first_lesson: NotebookNode) -> str:
    """The page for Sphinx: the list becomes a glossary, whose words are found by the search and can be linked; below it stand lesson 00's letters."""
    first = _ENTRY.search(text)
    assert first is not None
    terms = "\n".join("\n".join((e.name, *e.others)) + f"\n  {e.meaning}\n" for e in entries(text))
    [notation] = [cell.source for cell in first_lesson.cells if TABLE in cell.source]
    letters = notation.partition(TABLE)[2].partition("</summary>")[2].partition("</details>")[0]
    return f"{text[: first.start()]}```{{glossary}}\n{terms}```\n\n## Letters\n\n{letters.strip()}\n"


def linked(cells: list[str], known: list[Entry], lesson: str = "") -> list[str]:
    """The prose of a lesson of this name, in which each word leads to its entry where it is first used; so does a table of letters."""
    words = {word: entry for entry in known for word in (entry.name, *entry.others)}
    for word in MEANS_SOMETHING_ELSE.get(lesson, ()):
        words.pop(word, None)
    left = list(words.values())
    return [_with_the_letters(_linked(cell, words, left)) for cell in cells]


def _linked(text: str, words: dict[str, Entry], left: list[Entry]) -> str:
    """One cell; what it links is taken out of `left`."""

    def link(found: re.Match[str]) -> str:
        entry = meant[" ".join(found["word"].split()).lower()]
        if entry not in left:
            return found[0]
        left[:] = [other for other in left if other != entry]
        return f"{{term}}`{' '.join(found[0].split())} <{entry.name}>`"

    meant = {word.lower(): entry for word, entry in words.items()}
    pattern, parts, done = _any_of(words), [], 0
    for between in [*_NO_PROSE.finditer(text), None]:
        parts.append(pattern.sub(link, text[done : between.start()] if between else text[done:]))
        if between:
            parts.append(between[0])
            done = between.end()
    return "".join(parts)


def _any_of(words: Iterable[str]) -> re.Pattern[str]:
    """Longer words first, also in the plural; what is written in capitals is meant so."""
    longest_first = sorted(words, key=len, reverse=True)
    spelt = [r"\s+".join(map(re.escape, word.split())) for word in longest_first]
    spelt = [one if word.isupper() else f"(?i:{one})" for one, word in zip(spelt, longest_first, strict=True)]
    return re.compile(rf"(?<![\w-])(?P<word>{'|'.join(spelt)})s?(?![\w-])")


def _with_the_letters(text: str) -> str:
    return _LETTERS.sub(lambda table: f"{table[0].rstrip()}\n\nAll letters and words: [glossary](../{PAGE}).\n", text)
