"""What a setting or an option may hold, and how a service reads it."""

from __future__ import annotations

from collections.abc import Callable

from runner.destinations.service import Activation, Connection, RateLimit, Setting

Check = tuple[str, Callable[[object], bool]]


def _is_flag(value: object) -> bool:
    return isinstance(value, bool)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


FLAG: Check = ("true or false", _is_flag)
COUNT: Check = ("a whole number above 0", _is_count)


def text(longest: int) -> Check:
    """Text with something in it, of at most so many characters."""

    def fits(value: object) -> bool:
        return isinstance(value, str) and 1 <= len(value.strip()) <= len(value) <= longest

    return f"text of 1 to {longest} characters", fits


def one_of(*choices: str) -> Check:
    """One of a few words."""
    return " or ".join(choices), lambda value: value in choices


# Options may come from the environment, where a number is text.
OPTION_COUNT: Check = ("a whole number above 0", lambda value: whole(value) is not None)
OPTION_RATE: Check = (
    "{requests: a whole number, seconds: a number}, above 0",
    lambda value: window(value) is not None,
)


def given(activation: Activation, setting: Setting) -> object:
    """The value in the activation's settings, else the default."""
    value = activation.settings.get(setting.name)
    return setting.default if value is None else value


def flag(activation: Activation, setting: Setting) -> bool:
    """A setting that is true or false; false when it is left out without a default."""
    return given(activation, setting) is True


def number(activation: Activation, setting: Setting) -> int:
    """A setting that is a whole number, already checked."""
    value = given(activation, setting)
    return value if isinstance(value, int) else 0


def option(connection: Connection, setting: Setting) -> object:
    """The value among the connection's options, else the default."""
    value = connection.options.get(setting.name)
    return setting.default if value is None else value


def count(connection: Connection, setting: Setting) -> int:
    """An option that is a whole number, already checked."""
    return whole(option(connection, setting)) or 1


def rate(connection: Connection, setting: Setting, bucket: str) -> RateLimit:
    """An option that is a rate limit, already checked; the bucket is the platform's own."""
    requests, seconds = window(option(connection, setting)) or (1, 1.0)
    return RateLimit(requests=requests, seconds=seconds, bucket=f"{connection.platform} {bucket}")


def window(value: object) -> tuple[int, float] | None:
    """Requests and seconds of a rate limit, or None where they are not both numbers above 0."""
    if not isinstance(value, dict) or set(value) != {"requests", "seconds"}:
        return None
    requests, seconds = whole(value["requests"]), _number(value["seconds"])
    return (requests, seconds) if requests and seconds else None


def whole(value: object) -> int | None:
    """A whole number above 0, or None."""
    found = _number(value)
    return int(found) if found is not None and found == int(found) else None


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if 0 < found < float("inf") else None
