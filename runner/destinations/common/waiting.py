"""How long a destination asks to wait, by a delay or a moment in a header."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from runner.destinations.service import Reply

# A number above this is a moment in epoch seconds, at or below it a delay.
EPOCH = 1_000_000_000
# The longest window is an hour; a header that is wrong must not stop a run for longer.
LONGEST = 3600.0


def asked_wait(reply: Reply, *headers: str) -> float | None:
    """Seconds to wait by the first header that says so, or None, so that the caller backs off."""
    for name in headers:
        seconds = _seconds(reply.headers.get(name, ""), reply.headers)
        if seconds is not None and seconds > 0:
            return min(seconds, LONGEST)
    return None


def _seconds(text: str, headers: Mapping[str, str]) -> float | None:
    try:
        value = float(text)
    except ValueError:
        moment = _moment(text)
    else:
        if not EPOCH < value < math.inf:
            return value if math.isfinite(value) else None
        moment = value
    # A moment counts by the destination's own clock alone: ours may be off by any amount.
    now = _moment(headers.get("date", ""))
    return None if moment is None or now is None else moment - now


def _moment(text: str) -> float | None:
    try:
        moment: datetime = parsedate_to_datetime(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
