"""Keeping the lease while a run works, and noticing when it is gone."""

from __future__ import annotations

import time
from collections.abc import Callable

from runner.control import ControlSchema, Registration
from runner.errors import HeldError
from runner.lease import renew_lease
from runner.warehouse import Warehouse

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
    """The heartbeat of one run; `is_fresh` may be asked by any thread, the rest by one."""

    def __init__(
        self,
        warehouse: Warehouse,
        schema: ControlSchema,
        registration: Registration,
        run_id: str,
        *,
        clock: Callable[[], float] = seconds_since_start,
    ) -> None:
        self._warehouse = warehouse
        self._schema = schema
        self._registration = registration
        self._run_id = run_id
        self._clock = clock
        self._renewed = clock()

    @property
    def is_fresh(self) -> bool:
        """Whether the lease was renewed so lately that nobody else can have it."""
        return self._clock() - self._renewed < LAPSE * self._registration.lease_seconds

    def beat(self) -> None:
        """Renew the lease when it is time; HeldError when it is lost."""
        if self._clock() - self._renewed < BEAT * self._registration.lease_seconds:
            return
        self.check()

    def check(self) -> None:
        """Renew the lease, or raise HeldError when it is lost or the delta was replaced.

        An update, since that waits for a build that is about to take the lease over.
        """
        began = self._clock()
        if not renew_lease(self._warehouse, self._schema, self._registration, self._run_id):
            raise self._lost()
        self._renewed = began

    def _lost(self) -> HeldError:
        return HeldError(
            f"{self._registration.activation_name}: another runner or a build took over, because "
            "this run gave no sign of life for too long; what it settled is recorded.",
            cause="lease_lost",
        )
