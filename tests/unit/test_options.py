"""Promises of the options that every connection has."""

from __future__ import annotations

import pytest

from runner.errors import ConfigurationError
from runner.options import OPTIONS, options_of
from tests.support.destination import connection_to


def test_every_option_has_its_declared_default() -> None:
    """A connection without options gets the defaults of the catalogue."""
    options = options_of(connection_to("https://a.example"))
    assert {item.name: item.default for item in OPTIONS} == {
        item.name: getattr(options, item.name) for item in OPTIONS
    }


def test_an_option_of_the_connection_wins() -> None:
    """Numbers written as text (from the environment) count too."""
    options = options_of(connection_to("https://a.example", concurrency="3", read_timeout=1.5))
    assert (options.concurrency, options.read_timeout) == (3, 1.5)


def test_only_pausing_can_be_switched_off() -> None:
    """Zero means never to pause; everywhere else it would be a mistake."""
    assert options_of(connection_to("https://a.example", pause_after="0")).pause_after == 0
    with pytest.raises(ConfigurationError, match="attempts is 0; it must be a whole number above"):
        options_of(connection_to("https://a.example", attempts=0))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("concurrency", 0),
        ("attempts", 1.5),
        ("read_timeout", "soon"),
        ("retry_seconds", -1),
        ("pause_after", -1),
        ("pause_after", 2.5),
        ("pause_after", "inf"),
    ],
)
def test_a_wrong_option_is_named_with_its_connection(name: str, value: object) -> None:
    """The sentence names connection, option and what it must be."""
    with pytest.raises(ConfigurationError, match=f"'shop': {name} is .* must be a"):
        options_of(connection_to("https://a.example", **{name: value}))
