"""`runner services`: the catalogue of what the platforms can do."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

import click

from runner.commands.place import Place
from runner.destinations import platforms
from runner.destinations.service import Service, Setting
from runner.errors import ExitCode


def services(place: Place) -> ExitCode:
    """Show every destination service."""
    found = [service for platform in platforms().values() for service in platform.services]
    if place.as_json:
        document = {"services": [_described(service) for service in found]}
        click.echo(json.dumps(document, ensure_ascii=False, indent=2))
    else:
        click.echo("\n\n".join("\n".join(_lines(service)) for service in found))
    return ExitCode.DONE


def _described(service: Service) -> dict[str, Any]:
    return {
        "name": service.name,
        "description": service.description,
        "kind": service.kind,
        "sync_modes": dict(service.sync_modes),
        "identifiers": dict(service.identifiers),
        "required_attributes": list(service.required_attributes),
        "settings": [_setting(setting) for setting in service.settings],
        "permissions": list(service.permissions),
        "leavers": service.leavers,
        "limits": service.limits,
        "unconfirmed": list(service.unconfirmed),
        "repeatable": service.repeatable,
    }


def _setting(setting: Setting) -> dict[str, Any]:
    return {
        "name": setting.name,
        "description": setting.description,
        "required": setting.required,
        "default": setting.default,
    }


def _lines(service: Service) -> Iterator[str]:
    yield f"{service.name}: {service.description}"
    yield from _section("sync modes", service.sync_modes.items())
    yield from _section("identifiers", service.identifiers.items())
    if service.required_attributes:
        yield f"  needs the attributes {', '.join(service.required_attributes)}"
    yield from _section(
        "settings",
        (
            (
                f"{setting.name} (required)" if setting.required else setting.name,
                setting.description,
            )
            for setting in service.settings
        ),
    )
    yield f"  permissions: {', '.join(service.permissions)}"
    yield f"  limits: {service.limits}"
    yield f"  rows that leave: {service.leavers}"
    for remark in service.unconfirmed:
        yield f"  unconfirmed: {remark}"


def _section(title: str, items: Iterable[tuple[str, str]]) -> Iterator[str]:
    entries = [f"    {name}: {text}" for name, text in items]
    if entries:
        yield f"  {title}:"
        yield from entries
