"""How long a destination asks to wait, by the header that HTTP has for it."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from math import isfinite

from runner.destinations.service import Reply

# A header that is wrong must not stop a run for longer.
LONGEST = 3600.0


def retry_after(reply: Reply) -> float | None:
    """Seconds by Retry-After, a delay or a date by the destination's own clock, else None."""
    text = reply.headers.get("retry-after", "")
    try:
        seconds = float(text)
    except ValueError:
        moment, now = _moment(text), _moment(reply.headers.get("date", ""))
        if moment is None or now is None:
            return None
        seconds = moment - now
    return min(seconds, LONGEST) if isfinite(seconds) and seconds > 0 else None


def _moment(text: str) -> float | None:
    try:
        moment: datetime = parsedate_to_datetime(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
