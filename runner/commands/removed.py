"""Activations that the project no longer has: nobody pushes them, and what is said of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import click

from runner.commands.place import Place
from runner.control import Registration
from runner.errors import ExitCode
from runner.report import RunResult
from runner.reporters import reporter_for
from runner.wording import moment


def parted(found: Sequence[Registration]) -> tuple[list[Registration], list[Registration]]:
    """The activations of the project, and those that it no longer has, or under another alias."""
    there = [registration for registration in found if registration.removed_at is None]
    removed = [registration for registration in found if registration.removed_at is not None]
    return there, removed


def pushable(
    place: Place, found: Sequence[Registration], patterns: Sequence[str]
) -> tuple[list[Registration], list[ExitCode]]:
    """The activations to push, and an exit code for each that was named and refused.

    Removed ones whose name was not given are left out, which one line says.
    """
    there, removed = parted(found)
    aliases = {registration.activation_name for registration in there}
    gone = [each for each in removed if each.activation_name not in aliases]
    named = [each for each in gone if each.activation_name in patterns]
    names = [each.activation_name for each in gone if each not in named]
    if names and place.as_json:
        click.echo(json.dumps({"event": "left_out", "activations": names}))
    elif names:
        text = f"Left out, since the project no longer has them: {', '.join(names)}."
        click.echo(text, err=True)
    return there, [_refused(place, each) for each in named]


def removal(registration: Registration) -> dict[str, Any]:
    """What `status` and `plan` tell of a removed activation."""
    return {
        "activation": registration.activation_name,
        "removed_at": moment(registration.removed_at),
        "message": _told(registration),
    }


def _told(registration: Registration) -> str:
    name, at = registration.activation_name, moment(registration.removed_at)
    return (
        f"{name} was removed from the project {registration.project} ({at}), so it is not pushed: "
        f"{registration.relation} and its synced state stay, nothing is deleted at "
        f"{registration.destination}, and putting the model back goes on from what was sent."
    )


def _refused(place: Place, removed: Registration) -> ExitCode:
    result = RunResult(
        status="held", cause="removed", message=_told(removed), exit_code=ExitCode.HELD
    )
    name, destination = removed.activation_name, removed.destination
    reporter = reporter_for(name, destination, as_json=place.as_json)
    with reporter:
        reporter.finished(result)
    return result.exit_code
