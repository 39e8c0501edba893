"""Situations: rows in, requests expected, answers given, outcomes expected; read from YAML files.

`situations/<platform>/<service>.yml` holds the activation that all its situations share (each may
replace a key of it) and the list of situations; `_platform.yml` beside it the url and the options
of its connection, and the headers of a request but for secrets. A body or payload that is text is
taken to the letter; anything else is JSON.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from runner.destinations import platforms
from runner.destinations.service import (
    Activation,
    Connection,
    Endpoint,
    Operation,
    Platform,
    Rejection,
    Reply,
    Row,
    Service,
)

FOLDER = Path(__file__).parent / "situations"
SECRET = "made-up-key"


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One request that must be made, and the vendor's answer to it."""

    method: str
    path: str
    body: Any
    reply: Reply


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """One case of one service; `outcomes` has "acknowledged", "unknown" or a Rejection a row."""

    name: str
    platform: Platform
    service: Service
    activation: Activation
    connection: Connection
    headers: Mapping[str, str]
    rows: tuple[Row, ...]
    exchanges: tuple[Exchange, ...]
    outcomes: tuple[str | Rejection, ...]
    refused: str | None

    def endpoint(self, operation: Operation) -> Endpoint:
        """What pages of that operation need."""
        return self.service.endpoint(self.activation, self.connection, operation)

    @property
    def succeeds(self) -> bool:
        """Whether requests are made, and no answer refuses anything or is not to be believed."""
        plain = all(each.reply.status in range(200, 300) for each in self.exchanges)
        own = all(
            each == "acknowledged"
            or (isinstance(each, Rejection) and each.code.startswith("TAILRACE_"))
            for each in self.outcomes
        )
        return plain and own and bool(self.exchanges) and "acknowledged" in self.outcomes


def services() -> list[tuple[Platform, Service]]:
    """Every service that the folder of destinations holds."""
    return [(platform, each) for platform in platforms().values() for each in platform.services]


def situations_of(platform: Platform, service: Service) -> list[Situation]:
    """The situations of a service; FileNotFoundError where nobody wrote any."""
    path = FOLDER / platform.name / f"{service.name.partition('.')[2]}.yml"
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    return [_situation(platform, service, document, entry) for entry in document["situations"]]


@cache
def all_situations() -> tuple[Situation, ...]:
    """Every situation of every service that has some."""
    known = [pair for pair in services() if (FOLDER / pair[0].name).is_dir()]
    return tuple(situation for pair in known for situation in situations_of(*pair))


@cache
def about(platform: str) -> Mapping[str, Any]:
    """What all situations of a platform share."""
    text = (FOLDER / platform / "_platform.yml").read_text(encoding="utf-8")
    return dict(yaml.safe_load(text))


def connection_to(platform: Platform, *secrets: str, **options: object) -> Connection:
    """A connection with made-up secrets, those that it must have and these, and these options."""
    return Connection(
        name=f"{platform.name}_test",
        platform=platform.name,
        url=about(platform.name)["url"],
        secrets=dict.fromkeys((*platform.secrets, *secrets), SECRET),
        options={**about(platform.name).get("connection", {}), **options},
    )


def activation_of(service: Service, **given: Any) -> Activation:  # noqa: ANN401 - from YAML
    """An activation with the defaults of dbt's side."""
    known: dict[str, Any] = {
        "identifiers": {next(iter(service.identifiers)): "customer_id"},
        "attributes": {},
        "settings": {},
        "nulls": "send",
        "on_leave": "delete",
        "in_doubt": "hold",
        "max_age": service.max_age,
        "min_age": service.min_age,
    }
    return Activation(name="made_up", service=service.name, **{**known, **given})


def row_of(ordinal: int, operation: Any, identifiers: object, payload: object) -> Row:  # noqa: ANN401
    """A row as the warehouse would render it."""
    return Row(
        ordinal=ordinal,
        operation=operation,
        record_key=str(ordinal),
        identifiers=_text(identifiers),
        payload=_text(payload),
        row_hash="h",
    )


def _situation(
    platform: Platform, service: Service, document: Mapping[str, Any], entry: Mapping[str, Any]
) -> Situation:
    shared = {key: entry.get(key, {}) for key in ("activation", "connection")}
    rows = [
        row_of(ordinal, row["operation"], row["identifiers"], row["payload"])
        for ordinal, row in enumerate(entry.get("rows", ()), start=1)
    ]
    return Situation(
        name=f"{service.name}: {entry['it']}",
        platform=platform,
        service=service,
        activation=activation_of(service, **{**document["activation"], **shared["activation"]}),
        connection=connection_to(platform, *entry.get("secrets", ()), **shared["connection"]),
        headers=entry.get("headers", about(platform.name)["headers"]),
        rows=tuple(rows),
        exchanges=tuple(_exchange(each) for each in entry.get("requests", ())),
        outcomes=tuple(_outcome(each) for each in entry.get("outcomes", ())),
        refused=entry.get("refused"),
    )


def _exchange(entry: Mapping[str, Any]) -> Exchange:
    reply = entry["reply"]
    return Exchange(
        method=entry.get("method", "POST"),
        path=entry["path"],
        body=entry["body"],
        reply=Reply(
            status=reply["status"],
            headers=reply.get("headers", {}),
            body=_text(reply["body"]).encode(),
        ),
    )


def _outcome(entry: str | list[str]) -> str | Rejection:
    return entry if isinstance(entry, str) else Rejection(code=entry[0], reason=entry[1])


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)
