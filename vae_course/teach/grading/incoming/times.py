"""Times as people's tables and platforms' lists write them, in English or German."""

import re
import warnings
from datetime import datetime
from typing import Any

from dateutil import parser

_DAY_OR_MONTH_FIRST = re.compile(r"\d{1,2}/\d{1,2}/\d{2,4}")


_MONTHS = "januar februar märz april mai juni juli august september oktober november dezember"  # codespell:ignore
_WEEKDAYS = "montag dienstag mittwoch donnerstag freitag samstag sonntag"


class _Words(parser.parserinfo):
    """English, and German beside it."""

    MONTHS = [(*words, own, own[:3]) for words, own in zip(parser.parserinfo.MONTHS, _MONTHS.split(), strict=True)]
    WEEKDAYS = [(*words, own) for words, own in zip(parser.parserinfo.WEEKDAYS, _WEEKDAYS.split(), strict=True)]
    JUMP = [*parser.parserinfo.JUMP, "um", "uhr"]


_WORDS: Any = _Words()
_DEFAULTS = datetime(1996, 1, 1, 1, 1), datetime(2000, 2, 2, 2, 2)  # what is missing comes from these, and differs


def read_time(text: str) -> str | None:
    """A time as ISO 8601, with an offset if the text has one.

    None where it cannot be read, or in two ways (02/03/2026), or where the day, the year or the time of day is missing.
    """
    if _DAY_OR_MONTH_FIRST.match(text):
        return None
    try:
        with warnings.catch_warnings(action="error"):  # of a zone that nobody knows
            day_first = not re.match(r"\d{4}", text)
            told, again = (parser.parse(text, _WORDS, dayfirst=day_first, default=default) for default in _DEFAULTS)
    except (ValueError, OverflowError, Warning):
        return None
    return told.replace(microsecond=0).isoformat() if told == again else None
