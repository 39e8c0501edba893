"""The forms in which Braze reads a point in time (Braze contract, section 3.6)."""

from __future__ import annotations

import re
from datetime import date, datetime, time

_ISO = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d)"
    r"([T ](?P<clock>\d\d:\d\d(:\d\d)?)([.,:]\d{1,9})?(Z| ?[+-]\d\d(:?\d\d)?)?)?",
    re.IGNORECASE,
)
_MONTH_FIRST = re.compile(r"\d\d/\d\d/\d{4}")
_WITH_WEEKDAY = re.compile(r"[A-Z][a-z]{2} \d\d \d\d \d\d:\d\d:\d\d\S* \d{4}")


def is_date(value: object) -> bool:
    """Whether the value is a day of the calendar written YYYY-MM-DD."""
    return isinstance(value, str) and len(value) == len("2026-03-01") and is_time(value)


def is_time(value: object) -> bool:
    """Whether the value is text in one of the forms that Braze reads."""
    if not isinstance(value, str):
        return False
    try:
        if _MONTH_FIRST.fullmatch(value):
            datetime.strptime(value, "%m/%d/%Y").astimezone()
            return True
        found = _ISO.fullmatch(value)
        if found:
            date.fromisoformat(found["day"])
            time.fromisoformat(found["clock"] or "00:00")
            return True
    except ValueError:
        return False
    return _WITH_WEEKDAY.fullmatch(value) is not None
