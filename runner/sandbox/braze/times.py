"""The time formats Braze reads (Braze contract, section 3.6)."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, datetime

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}.*)?")
_COLON_MILLISECONDS = re.compile(r"(.*T\d{2}:\d{2}:\d{2}):(\d{3}Z?)")
_OTHER_FORMATS = ("%m/%d/%Y", "%a %m %d %H:%M:%S.%Z %Y")


def parse_time(value: object) -> datetime | None:
    """Read a time; None when it is in no known format. A time without zone is UTC."""
    if not isinstance(value, str):
        return None
    moment = None
    text = value
    if odd := _COLON_MILLISECONDS.fullmatch(value):
        text = f"{odd[1]}.{odd[2]}"
    with suppress(ValueError):
        moment = datetime.fromisoformat(text)
    for form in _OTHER_FORMATS:
        if moment is None:
            with suppress(ValueError):
                moment = datetime.strptime(value, form).replace(tzinfo=UTC)
    if moment is None:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def looks_like_time(text: str) -> bool:
    """Whether a custom attribute's first value makes it a time: year first, year up to 3000."""
    if not _DATE.fullmatch(text):
        return False
    moment = parse_time(text)
    return moment is not None and moment.year <= 3000  # noqa: PLR2004 - section 3.5
