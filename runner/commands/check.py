"""`runner check`: one harmless call that proves URL and key of a connection."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import click

from runner import connections, destinations
from runner.alerts.settings import channels
from runner.commands.place import Place
from runner.errors import ConfigurationError, ExitCode, TailraceError
from runner.hints import nearest
from runner.probing import mistake
from runner.yaml_files import read_mapping


def check(place: Place, names: Sequence[str]) -> ExitCode:
    """Check the named connections, or all of the destinations file, one line each."""
    file = place.destinations_file()
    known = read_mapping(file)
    for name in names:
        if name not in known:
            raise ConfigurationError(f"{file} has no connection {name}: {nearest(name, known)}")
    codes = [ExitCode.DONE]
    results = []
    for name in names or known:
        code, text = (_alerts if name == connections.ALERTS else _checked)(file, name)
        codes.append(code)
        results.append({"connection": name, "ok": code == ExitCode.DONE, "message": text})
        if not place.as_json:
            click.echo(text, err=code != ExitCode.DONE)
    if place.as_json:
        click.echo(json.dumps({"connections": results}, ensure_ascii=False, indent=2))
    return max(codes)


def _checked(file: Path, name: str) -> tuple[ExitCode, str]:
    try:
        connection = connections.connection(file, name)
        platform = destinations.platforms()[connection.platform]
        found = mistake(connection, platform)
    except TailraceError as error:
        return error.exit_code, str(error)
    if found:
        return ExitCode.UNAVAILABLE, f"{name}: {found}"
    return ExitCode.DONE, f"{name}: {platform.title} at {connection.url} accepts this key."


def _alerts(file: Path, name: str) -> tuple[ExitCode, str]:
    found, mistakes = channels(file)
    if mistakes:
        return ExitCode.CONFIGURATION, "\n".join(mistakes)
    names = ", ".join(channel.name for channel in found)
    told = f"the settings of {names} are in order" if found else "there is no channel"
    return ExitCode.DONE, f"{name}: {told}; nothing was sent."
