"""Text with git's conflict markers in it: the texts that it may have been meant to be."""

import itertools
import re
from collections.abc import Iterator

_HUNK = re.compile(
    r"^<{7}(?: [^\n]*)?\n(?P<ours>.*?)(?:^\|{7}[^\n]*\n.*?)?^={7}\n(?P<theirs>.*?)^>{7}(?: [^\n]*)?(?:\n|\Z)",
    re.M | re.S,
)
_MARKER_LINE = re.compile(r"^(?:<{7}|\|{7}|={7}|>{7})(?: [^\n]*)?$\n?", re.M)
_MOST_HUNKS = 8  # each doubles the number of texts


def has_conflict(text: str) -> bool:
    """True if the text has a marker of the kind that git writes, `<<<<<<< HEAD` or `>>>>>>> branch`."""
    if "<<<<<<<" not in text and ">>>>>>>" not in text:  # at once, where the text is a notebook with its pictures
        return False
    return re.search(r"^(?:<{7}|>{7})(?: |$)", text, re.M) is not None


def sides(text: str) -> Iterator[tuple[str, str]]:
    """(text, which side it is), the likeliest first: all of one side, all of the other, mixtures, bare marker lines removed."""
    count = len(_HUNK.findall(text))
    mixtures = itertools.product((0, 1), repeat=min(count, _MOST_HUNKS)) if count else iter(())
    for choice in sorted(mixtures, key=lambda c: (len(set(c)) > 1, c)):
        # Hunks beyond the limit take the side of the last one that is varied.
        taken = iter([*choice, *[choice[-1]] * (count - len(choice))])
        picked = _HUNK.sub(lambda hunk, taken=taken: hunk["theirs" if next(taken) else "ours"], text)  # type: ignore[misc]
        name = "a mixture of both sides" if len(set(choice)) > 1 else ("the first side", "the second side")[choice[0]]
        yield picked, name
    yield _MARKER_LINE.sub("", text), "both sides"
