"""The options of a connection that every platform shares: how hard and how long it is tried."""

from __future__ import annotations

from dataclasses import dataclass

from runner.destinations.service import Connection, Setting
from runner.errors import ConfigurationError

OPTIONS: tuple[Setting, ...] = (
    Setting(
        name="concurrency", description="Requests in flight at the same time, at most.", default=8
    ),
    Setting(
        name="connect_timeout",
        description="Seconds to wait for the destination to accept a connection.",
        default=10.0,
    ),
    Setting(
        name="read_timeout",
        description="Seconds for a request and its whole answer, beside those to connect.",
        default=60.0,
    ),
    Setting(name="attempts", description="Attempts for one request, the first one too.", default=6),
    Setting(
        name="retry_seconds",
        description="Seconds after which a request is not tried again.",
        default=300.0,
    ),
    Setting(
        name="rows_per_query",
        description="Rows of a delta that one query reads; they are held in memory.",
        default=10_000,
    ),
    Setting(
        name="pause_after",
        description="Pushes in a row that fail for the same cause pause an activation; 0: never.",
        default=5,
    ),
)
MAY_BE_ZERO = ("pause_after",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The shared options of one connection, checked; times in seconds."""

    concurrency: int
    connect_timeout: float
    read_timeout: float
    attempts: int
    retry_seconds: float
    rows_per_query: int
    pause_after: int


def options_of(connection: Connection) -> Options:
    """The connection's own values, else the defaults; ConfigurationError on a wrong one."""
    values = {setting.name: _checked(connection, setting) for setting in OPTIONS}
    return Options(
        concurrency=int(values["concurrency"]),
        connect_timeout=values["connect_timeout"],
        read_timeout=values["read_timeout"],
        attempts=int(values["attempts"]),
        retry_seconds=values["retry_seconds"],
        rows_per_query=int(values["rows_per_query"]),
        pause_after=int(values["pause_after"]),
    )


def _checked(connection: Connection, setting: Setting) -> float:
    value = connection.options.get(setting.name, setting.default)
    whole = isinstance(setting.default, int)
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = -1.0
    is_enough = number > 0 or (number == 0 and setting.name in MAY_BE_ZERO)
    if not is_enough or number == float("inf") or (whole and number != int(number)):
        least = "of 0 or more" if setting.name in MAY_BE_ZERO else "above 0"
        kind = f"a whole number {least}" if whole else f"a number of seconds {least}"
        raise ConfigurationError(
            f"Connection '{connection.name}': {setting.name} is {value!r}; it must be {kind}."
        )
    return number
