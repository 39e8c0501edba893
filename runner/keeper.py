"""Keeping the lease while a run works, and noticing when it is gone."""

from __future__ import annotations

import time
from collections.abc import Callable

from runner.control import Registration
from runner.errors import HeldError

# Shares of lease_seconds. Nothing is sent on a lease that another runner may soon take over.
BEAT = 1 / 6
LAPSE = 5 / 6


def seconds_since_start() -> float:
    """A clock that no one sets, and that goes on while the machine sleeps where it has such."""
    for name in ("CLOCK_BOOTTIME", "CLOCK_MONOTONIC"):
        if hasattr(time, name):
            return time.clock_gettime(getattr(time, name))
    return time.monotonic()


class LeaseKeeper:
    """The heartbeat of one run, which `renew` writes; any thread may ask whether it `is_fresh`."""

    def __init__(
        self,
        registration: Registration,
        renew: Callable[[], bool],
        *,
        clock: Callable[[], float] = seconds_since_start,
    ) -> None:
        self._registration = registration
        self._renew = renew
        self.clock = clock
        self._renewed = clock()

    @property
    def is_fresh(self) -> bool:
        """Whether the lease was renewed so lately that nobody else can have it."""
        return self.clock() - self._renewed < LAPSE * self._registration.lease_seconds

    def beat(self) -> None:
        """Renew the lease when it is time; HeldError when it is lost."""
        if self.clock() - self._renewed < BEAT * self._registration.lease_seconds:
            return
        self.check()

    def check(self) -> None:
        """Renew the lease, or raise HeldError when it is lost or the delta was replaced.

        An update, since that waits for a build that is about to take the lease over.
        """
        began = self.clock()
        if not self._renew():
            raise self._lost()
        self._renewed = began

    def _lost(self) -> HeldError:
        return HeldError(
            f"{self._registration.activation_name}: another runner or a build took over, because "
            "this run gave no sign of life for too long; what it settled is recorded.",
            cause="lease_lost",
        )
