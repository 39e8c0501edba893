"""Whether activations fit their destinations, asked of all of them before anything is sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from runner import connections, destinations
from runner.control import Registration, check_delta
from runner.destinations.checks import refusal
from runner.destinations.service import Connection, Platform, Service
from runner.errors import ConfigurationError
from runner.hints import nearest
from runner.warehouse import Warehouse
from runner.wording import about


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    """An activation, and what its rows are sent with."""

    registration: Registration
    connection: Connection
    platform: Platform
    service: Service


class MistakesError(ConfigurationError):
    """Activations that do not fit their destinations, with a sentence for each."""

    def __init__(self, mistakes: Sequence[tuple[Registration, str]]) -> None:
        super().__init__("\n".join(sentence for _, sentence in mistakes))
        self.mistakes = mistakes


def matched(
    file: Path, registrations: Sequence[Registration], warehouse: Warehouse
) -> list[Matched]:
    """Match every activation, or raise one MistakesError with a sentence for each mistake."""
    found: list[Matched] = []
    mistakes: list[tuple[Registration, str]] = []
    for registration in registrations:
        try:
            check_delta(warehouse, registration)
            found.append(_match(file, registration))
        except ConfigurationError as error:
            mistakes.append((registration, about(registration.activation_name, str(error))))
    if mistakes:
        raise MistakesError(mistakes)
    return found


def _match(file: Path, registration: Registration) -> Matched:
    connection = connections.connection(file, registration.destination)
    platform = destinations.platforms()[connection.platform]
    service = _service(registration.service, platform)
    mistake = refusal(platform, service, registration.activation, connection)
    if mistake:
        raise ConfigurationError(f"{mistake}.")
    return Matched(
        registration=registration, connection=connection, platform=platform, service=service
    )


def _service(name: str, platform: Platform) -> Service:
    offered = {service.name: service for service in platform.services}
    for candidate in (name, f"{platform.name}.{name}"):
        if candidate in offered:
            return offered[candidate]
    hint = nearest(f"{platform.name}.{name.rpartition('.')[2]}", offered)
    raise ConfigurationError(f"{platform.title} has no service {name}: {hint}")
