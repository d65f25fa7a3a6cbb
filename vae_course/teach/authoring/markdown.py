"""Reading Markdown text: the lines outside fenced code, and the headings among them."""

import re
from collections.abc import Iterator

_FORMULA_OR_CODE = re.compile(
    r"^[ \t]*(?P<fence>```+|~~~+).*?^[ \t]*(?P=fence)|(?P<ticks>`+).*?(?P=ticks)|\$\$.*?\$\$|\\\$"
    r"|\$(?P<formula>[^$\s](?:[^$]*[^$\s\\])?)\$(?P<after>[.,;:?!]+)",
    re.DOTALL | re.MULTILINE,
)


def hold_punctuation(source: str) -> str:
    """What follows a formula directly goes into it, so that no line of a page begins with a comma."""

    def held(match: re.Match[str]) -> str:
        if match["formula"] is None:
            return match[0]
        return rf"${match['formula']}\text{{{match['after']}}}$"

    return _FORMULA_OR_CODE.sub(held, source)


def headings(source: str) -> list[tuple[int, str, int]]:
    """(level, text, offset of the line) of each heading outside fenced code."""
    found = []
    for offset, line in prose_lines(source):
        match = re.match(r"^(#{1,6})\s+(.+?)\s*#*$", line)
        if match:
            found.append((len(match[1]), match[2], offset))
    return found


def prose_lines(source: str) -> Iterator[tuple[int, str]]:
    """The lines that are not in a fenced code block, with their offsets."""
    fence = ""
    for offset, line in enumerate(source.split("\n")):
        mark = re.match(r"^\s*(```+|~~~+)", line)
        if fence:
            if mark and mark[1].startswith(fence):
                fence = ""
        elif mark:
            fence = mark[1]
        else:
            yield offset, line
