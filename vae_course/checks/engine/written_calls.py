"""Calls as a line of code has them."""

import re


def arguments_in(line: str, opening: str) -> list[str] | None:
    """The arguments that a line gives to the call that `opening` begins, as they are written; None: no such call, or it goes on below."""
    begun = re.search(opening + r"\(", line)
    if not begun:
        return None
    depth, parts = 1, [""]
    for letter in line[begun.end() :]:
        depth += (letter in "([{") - (letter in ")]}")
        if depth == 0:
            return [part.strip() for part in parts if part.strip()]
        if letter == "," and depth == 1:
            parts.append("")
        else:
            parts[-1] += letter
    return None
