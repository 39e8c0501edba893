"""Keeping the lease while a run works, and noticing when it is gone."""

from __future__ import annotations

import time
from collections.abc import Callable

from runner.control import ControlSchema, Registration
from runner.errors import HeldError
from runner.lease import holds_lease, renew_lease
from runner.warehouse import Warehouse

BEAT = 20.0
# Sooner than another runner may take over: nothing is sent on a lease that may be gone.
LAPSE = 100.0


class LeaseKeeper:
    """The heartbeat of one run; `is_fresh` may be asked by any thread, the rest by one."""

    def __init__(
        self,
        warehouse: Warehouse,
        schema: ControlSchema,
        registration: Registration,
        run_id: str,
        *,
        clock: Callable[[], float] = time.monotonic,
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
        return self._clock() - self._renewed < LAPSE

    def renewed(self, at: float) -> None:
        """Note that a watermark, begun at that time of the clock, renewed the lease with it."""
        self._renewed = max(self._renewed, at)

    def beat(self) -> None:
        """Renew the lease when it is time; HeldError when it is lost."""
        began = self._clock()
        if began - self._renewed < BEAT:
            return
        if not renew_lease(self._warehouse, self._schema, self._registration, self._run_id):
            raise self._lost()
        self._renewed = began

    def check(self) -> None:
        """Raise HeldError when the lease is lost or the delta was replaced."""
        if not holds_lease(self._warehouse, self._schema, self._registration, self._run_id):
            raise self._lost()

    def _lost(self) -> HeldError:
        return HeldError(
            f"{self._registration.activation_name}: another runner or a build took over, because "
            "this run gave no sign of life for too long; what it settled is recorded."
        )
