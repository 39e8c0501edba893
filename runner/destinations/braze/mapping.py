"""Mistakes in an activation that are told before anything is sent, one sentence each."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain

from runner.destinations.braze.endpoints import connection_mistakes
from runner.destinations.braze.settings import ALIAS_LABEL, given, setting_mistakes
from runner.destinations.service import Activation, Connection, Setting, SyncMode

Refusal = Callable[[Activation, Connection], str | None]


def refusal_of(
    *,
    modes: Mapping[SyncMode, str],
    identifiers: Mapping[str, str],
    settings: tuple[Setting, ...],
    more: Callable[[Activation], Iterator[str]],
    required: tuple[str, ...] = (),
) -> Refusal:
    """Make a service's `refusal` of what it offers and its own further mistakes."""

    def refusal(activation: Activation, connection: Connection) -> str | None:
        for mistake in connection_mistakes(connection):
            return f"in its connection {connection.name}, {mistake}"
        # In this order: a later check may rely on what an earlier one found right.
        mistakes = chain(
            _mode_mistakes(activation, modes),
            _identifier_mistakes(activation, identifiers),
            _unknown(activation.settings, [setting.name for setting in settings]),
            setting_mistakes(activation, settings),
            _missing(activation, required),
            more(activation),
        )
        return next(mistakes, None)

    return refusal


def no_attributes(activation: Activation) -> Iterator[str]:
    """Mistake of a membership that maps attributes, which are not sent."""
    if activation.attributes:
        names = ", ".join(f"`{name}`" for name in activation.attributes)
        yield (
            f"{activation.service} sends no attributes: leave {names} out, and send attributes "
            "with an activation of braze.users"
        )


def nearest(name: str, known: Iterable[str]) -> str:
    """The cure for an unknown name: the nearest known one, else all of them."""
    names = list(known)
    found = difflib.get_close_matches(name, names, n=1)
    return f"the nearest is `{found[0]}`" if found else f"there are {', '.join(names)}"


def _mode_mistakes(activation: Activation, modes: Mapping[SyncMode, str]) -> Iterator[str]:
    if activation.sync_mode in modes:
        return
    if activation.sync_mode == "insert" and "upsert" in modes:
        yield (
            "Braze cannot promise sync mode insert, since it has no call that leaves an existing "
            "profile as it is: use upsert"
        )
    else:
        yield (
            f"{activation.service} has no sync mode {activation.sync_mode}: "
            f"use {' or '.join(modes)}"
        )


def _identifier_mistakes(activation: Activation, known: Mapping[str, str]) -> Iterator[str]:
    for name in activation.identifiers:
        if name not in known:
            yield f"`{name}` is not an identifier of {activation.service}; {nearest(name, known)}"
    if len(activation.identifiers) != 1:
        mapped = ", ".join(activation.identifiers) or "none"
        yield (
            "Braze finds a user by exactly one identifier, and this maps "
            f"{len(activation.identifiers)} ({mapped}): map one of {', '.join(known)}"
        )
    if "user_alias" in activation.identifiers and given(activation, ALIAS_LABEL) is None:
        yield "the identifier user_alias needs settings.alias_label, the label of the aliases"


def _unknown(given_settings: Mapping[str, object], known: list[str]) -> Iterator[str]:
    for name in given_settings:
        if name not in known:
            yield f"settings.{name} is unknown; {nearest(name, known)}"


def _missing(activation: Activation, required: tuple[str, ...]) -> Iterator[str]:
    for name in required:
        if name not in activation.attributes:
            yield f"the attribute `{name}` is required by {activation.service}: map a column to it"
