"""`runner check`: one harmless call that proves URL and key of a connection."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from http import HTTPStatus
from pathlib import Path

import click

from runner import connections, destinations
from runner.commands.place import Place
from runner.destinations.service import Connection, Platform
from runner.errors import ConfigurationError, ExitCode, TailraceError, UnavailableError
from runner.hints import nearest
from runner.transport import call
from runner.yaml_files import read_mapping

REFUSED_KEY = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)


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
        code, text = _checked(file, name)
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
        mistake = _mistake(connection, platform)
    except TailraceError as error:
        return error.exit_code, str(error)
    if mistake:
        return ExitCode.UNAVAILABLE, f"{name}: {mistake}"
    return ExitCode.DONE, f"{name}: {platform.title} at {connection.url} accepts this key."


def _mistake(connection: Connection, platform: Platform) -> str | None:
    """What the probe found wrong; None also where its fallback proves a key that it refused."""
    probe = platform.probe
    reply = call(connection, platform, probe.method, probe.path, probe.body)
    mistake = probe.explain(reply, connection)
    other = probe.fallback
    if mistake and other and reply.status in REFUSED_KEY:
        with suppress(UnavailableError):
            again = call(connection, platform, other.method, other.path, other.body)
            return mistake if other.explain(again, connection) else None
    return mistake
