"""The words of `docs/glossary.md`: Sphinx's glossary is made of them, and a lesson's page links each where the lesson first uses it."""

import re
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


def linked(cells: list[str], known: list[Entry]) -> list[str]:
    """A lesson's prose, in which each word leads to its entry where it is first used; so does a table of letters."""
    left = {word: entry for entry in known for word in (entry.name, *entry.others)}
    return [_with_the_letters(_linked(cell, left)) for cell in cells]


def _linked(text: str, left: dict[str, Entry]) -> str:
    """One cell; what it links is taken out of `left`."""
    parts, done = [], 0
    for between in [*_NO_PROSE.finditer(text), None]:
        prose = text[done : between.start()] if between else text[done:]
        while left and (found := _any_of(left).search(prose)):
            spelt = " ".join(found["word"].split()).lower()
            entry = next(entry for word, entry in left.items() if word.lower() == spelt)
            parts += [prose[: found.start()], f"{{term}}`{' '.join(found[0].split())} <{entry.name}>`"]
            prose = prose[found.end() :]
            for word in (entry.name, *entry.others):
                left.pop(word)
        parts.append(prose)
        if between:
            parts.append(between[0])
            done = between.end()
    return "".join(parts)


def _any_of(words: dict[str, Entry]) -> re.Pattern[str]:
    """Longer words first, also in the plural; what is written in capitals is meant so."""
    longest_first = sorted(words, key=len, reverse=True)
    spelt = [r"\s+".join(map(re.escape, word.split())) for word in longest_first]
    spelt = [one if word.isupper() else f"(?i:{one})" for one, word in zip(spelt, longest_first, strict=True)]
    return re.compile(rf"(?<![\w-])(?P<word>{'|'.join(spelt)})s?(?![\w-])")


def _with_the_letters(text: str) -> str:
    return _LETTERS.sub(lambda table: f"{table[0].rstrip()}\n\nAll letters and words: [glossary](../{PAGE}).\n", text)
