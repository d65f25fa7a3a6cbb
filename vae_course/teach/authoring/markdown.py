"""Reading Markdown text: the lines outside fenced code, and the headings among them."""

import re
from collections.abc import Iterator


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
