"""The rate limit and its headers: Braze's two dialects (contract, section 2), or Retry-After."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

Dialect = Literal["standard", "mau", "seconds"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimit:
    """At most `requests` in each fixed window of `seconds`, with the headers of a dialect."""

    requests: int
    seconds: float
    dialect: Dialect = "standard"


@dataclass(slots=True, kw_only=True)
class Meter:
    """Counts the requests to one endpoint; windows start at whole multiples of their length."""

    limit: RateLimit
    clock: Callable[[], float]
    window: int = field(default=0, init=False)
    used: int = field(default=0, init=False)

    def take(self) -> tuple[bool, dict[str, str]]:
        """Count one request: whether it is within the limit, and the reply's headers."""
        now, seconds = self.clock(), self.limit.seconds
        window = math.floor(now / seconds)
        if window != self.window:
            self.window, self.used = window, 0
        allowed = self.used < self.limit.requests
        self.used += allowed
        wait = (window + 1) * seconds - now
        if not allowed:
            return False, refused_headers(
                self.limit.dialect, limit=self.limit.requests, wait=wait, now=now
            )
        return True, _headers(self.limit.dialect, self.limit.requests, self.used, wait, now)


def refused_headers(dialect: Dialect, *, limit: int, wait: float, now: float) -> dict[str, str]:
    """The headers of a 429: only the whole seconds to wait, but for the standard dialect."""
    if dialect == "seconds":
        return {"retry-after": str(max(1, math.ceil(wait)))}
    if dialect == "mau":
        return {"x-ratelimit-retry-after": str(max(1, math.ceil(wait)))}
    return _headers(dialect, limit, limit, wait, now)


def _headers(dialect: Dialect, limit: int, used: int, wait: float, now: float) -> dict[str, str]:
    if dialect == "seconds":
        return {}
    reset = wait if dialect == "mau" else now + wait
    return {
        "x-ratelimit-limit": str(limit),
        "x-ratelimit-remaining": str(limit - used),
        "x-ratelimit-reset": str(math.ceil(reset)),
    }
