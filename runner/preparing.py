"""What a service asks its platform before a run sends anything: names, ids, fields."""

from __future__ import annotations

from collections.abc import Callable

from runner.asking import Asker, Pause, exhausted
from runner.delivery import Delivery
from runner.destinations.service import (
    Activation,
    Endpoint,
    Preparation,
    RateLimit,
    Reply,
    Service,
    Settled,
    Target,
)
from runner.errors import ConfigurationError
from runner.failures import Failure

MANNER = Endpoint(
    fragment=lambda _: b"",
    verdict=lambda _reply, _rows: Settled(rejections={}),
    max_rows=1,
    max_bytes=0,
    rate=RateLimit(requests=1, seconds=0.1, bucket="preparing"),
    permission="reading what the activation needs",
    method="GET",
    reads=frozenset(),
)


def prepared(
    activation: Activation,
    service: Service,
    asker: Asker,
    pause: Pause,
    *,
    dry_run: bool = False,
) -> Activation:
    """The activation, with what the service found out in its settings.

    Raises ConfigurationError where a mapping cannot work, UnavailableError where no answer came.
    """
    if service.prepared is None:
        return activation
    steps = service.prepared(activation, asker.transport.connection)

    def answer(target: Target) -> Reply | None:
        return None if dry_run and _writes(target) else _answer(asker, target, pause)

    try:
        return _played(steps, answer)
    except ConfigurationError as error:
        raise ConfigurationError(f"{activation.name}: {error}") from None


def _played(steps: Preparation, answer: Callable[[Target], Reply | None]) -> Activation:
    try:
        target = next(steps)
        while True:
            target = steps.send(answer(target))
    except StopIteration as done:
        found: Activation = done.value
        return found


def _writes(target: Target) -> bool:
    return target.method not in {"", "GET"}


def _answer(asker: Asker, target: Target, pause: Pause) -> Reply:
    """Ask again where that may help; what writes is not repeated where it may have been taken."""
    body, attempt = target.opening + target.closing, 0
    while True:
        attempt += 1
        reply = asker.ask(MANNER, target, body, {}, Delivery(), pause=pause)
        if not isinstance(reply, Failure):
            return reply
        again = reply.again and not (reply.unknown and _writes(target))
        if not again or attempt >= asker.transport.options.attempts:
            raise exhausted(reply, attempt) if again else reply.cause
        wait = max(reply.wait, asker.backoff(attempt))
        asker.retry(attempt, wait, str(reply.cause))
        pause(wait)
