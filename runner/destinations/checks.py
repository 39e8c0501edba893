"""What is wrong with an activation or its connection, told before anything is sent.

Everything that a declaration says is checked here; a service adds what only it knows.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping

from runner.destinations.service import (
    ANY,
    Activation,
    Connection,
    Platform,
    Service,
    Setting,
    SyncMode,
)


def refusal(
    platform: Platform, service: Service, activation: Activation, connection: Connection
) -> str | None:
    """The first mistake as one sentence without a full stop, or None."""
    for mistake in _connection(platform, connection):
        return f"in its connection {connection.name}, {mistake}"
    return next(_mistakes(platform, service, activation, connection), None)


def _connection(platform: Platform, connection: Connection) -> Iterator[str]:
    for name, value in connection.secrets.items():
        # Only a password may be anything that a person types.
        if name != "password" and not _is_bare(value):
            yield f"{name} must be the bare key, without quotes, spaces or line breaks"
    yield from _values("", platform.options, connection.options)


def _is_bare(key: str) -> bool:
    return bool(key) and key.isascii() and key.isprintable() and not set(key) & set(" \"'")


def _mistakes(
    platform: Platform, service: Service, activation: Activation, connection: Connection
) -> Iterator[str]:
    # In this order: a later check may rely on what an earlier one found right.
    yield from _mode(service, activation.sync_mode)
    yield from _identifiers(platform, service, activation)
    known = {setting.name: setting for setting in service.settings}
    for name in activation.settings:
        if name not in known:
            yield f"settings.{name} is unknown; {_nearest(name, known)}"
    yield from _values("settings.", service.settings, activation.settings)
    for name in service.required_attributes:
        if name not in activation.attributes:
            yield f"the attribute `{name}` is required by {service.name}: map a column to it"
    yield from _ages(service, activation)
    if service.kind == "membership" and activation.attributes:
        names = ", ".join(f"`{name}`" for name in activation.attributes)
        yield (
            f"{service.name} sends no attributes: leave {names} out, and send attributes with an "
            "activation of another service"
        )
    for setting in service.required_options:
        if connection.options.get(setting.name) is None:
            described = _sentence(setting.description)
            yield f"its connection {connection.name} has no {setting.name}; {described}"
    yield from service.mistakes(activation, connection)


def _mode(service: Service, mode: SyncMode) -> Iterator[str]:
    if mode in service.refused_modes:
        yield service.refused_modes[mode]
    elif mode not in service.sync_modes:
        yield f"{service.name} has no sync mode {mode}: use {' or '.join(service.sync_modes)}"


def _ages(service: Service, activation: Activation) -> Iterator[str]:
    most, least = service.max_age, service.min_age
    if most is not None and (activation.max_age is None or activation.max_age > most):
        hours = f"'{most // 3600} hours'"
        yield (
            f"{service.name} takes no event that is older than {hours[1:-1]}: give the activation "
            f"max_age = {hours}, or less, so that older ones are invalid before they are sent"
        )
    if least is not None and (activation.min_age is None or activation.min_age < least):
        minutes = f"'{least // 60} minutes'"
        yield (
            f"{service.name} takes no event that is younger than {minutes[1:-1]}: give the "
            f"activation min_age = {minutes}, or more, so that younger ones wait"
        )


def _identifiers(platform: Platform, service: Service, activation: Activation) -> Iterator[str]:
    known = service.identifiers
    if ANY in known:
        if not activation.identifiers:
            yield f"{service.name} needs an identifier: map a column that says whose a row is"
        return
    for name in activation.identifiers:
        if name not in known:
            yield f"`{name}` is not an identifier of {service.name}; {_nearest(name, known)}"
    if len(activation.identifiers) != 1:
        mapped = ", ".join(activation.identifiers) or "none"
        yield (
            f"{platform.title} finds a person by exactly one identifier, and this maps "
            f"{len(activation.identifiers)} ({mapped}): map one of {', '.join(known)}"
        )


def _values(
    prefix: str, settings: Iterable[Setting], values: Mapping[str, object]
) -> Iterator[str]:
    for setting in settings:
        value = values.get(setting.name)
        if value is None:
            if setting.required:
                yield f"{prefix}{setting.name} is missing; {_sentence(setting.description)}"
        elif setting.check and not setting.check[1](value):
            yield f"{prefix}{setting.name} must be {setting.check[0]}"


def _sentence(description: str) -> str:
    return description[0].lower() + description[1:].rstrip(".")


def _nearest(name: str, known: Iterable[str]) -> str:
    names = list(known)
    found = difflib.get_close_matches(name, names, n=1)
    return f"the nearest is `{found[0]}`" if found else f"there are {', '.join(names)}"
