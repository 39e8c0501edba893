"""`runner approve`, `resolve`, `pause`, `resume` and `retry`: what a person decides."""

from __future__ import annotations

import getpass
import json
import socket
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import click

from runner import circuit, rejections
from runner.commands.place import Place
from runner.commands.removed import parted
from runner.commands.words import counted
from runner.control import ControlSchema, Registration, registrations
from runner.decisions import Choice
from runner.decisions import approve as release
from runner.decisions import resolve as settle_doubt
from runner.errors import ConfigurationError, ExitCode
from runner.lease import WholeLease, lease_is_live
from runner.warehouse import Warehouse
from runner.wording import amount, moment, naming, noun


def approve(place: Place, name: str) -> ExitCode:
    """Release the current delta of one activation."""
    with one_activation(place, name) as (warehouse, schema, registration):
        approval = release(warehouse, schema, registration, _who())
    counts = {
        "insert": registration.insert_rows,
        "update": registration.update_rows,
        "delete": registration.delete_rows,
    }
    if place.as_json:
        record = {"approved_by": approval.by, "approved_at": moment(approval.at)}
        click.echo(json.dumps({"activation": name, "delta_id": registration.delta_id, **record}))
    else:
        earlier = "" if approval.is_new else f" at {moment(approval.at)} already"
        click.echo(
            f"{name}: approved by {approval.by}{earlier}, although {registration.hold_reason}."
            + _next_push(registration, f"sends {counted(counts)}", is_new=approval.is_new)
        )
    return ExitCode.DONE


def resolve(place: Place, name: str, choice: Choice) -> ExitCode:
    """Settle the rows in doubt of one activation; no push may run meanwhile."""
    with one_activation(place, name) as (warehouse, schema, registration):
        if registration.sync_mode != "incremental":
            raise ConfigurationError(
                f"{name} is no activation of events, so none of its rows is ever in doubt: a "
                "repeat is harmless, push it again."
            )
        lease = WholeLease(warehouse, schema, registration, f"resolve-{uuid.uuid4().hex}")
        lease.take(partial(click.echo, err=True))
        try:
            rows = settle_doubt(warehouse, schema, registration, choice)
        finally:
            lease.release()
    if place.as_json:
        click.echo(json.dumps({"activation": name, "choice": choice, "rows": rows}))
    elif rows:
        future = "will be sent again" if choice == "resend" else "will not be sent again"
        left_out = _next_push(registration, "", is_new=False)
        click.echo(f"{name}: {amount(rows, 'event')} in doubt {future}.{left_out}")
    else:
        click.echo(f"{name}: no event is in doubt, so there is nothing to resolve.")
    return ExitCode.DONE


def pause(place: Place, name: str) -> ExitCode:
    """Let no push send anything until a person resumes; who paused first is kept."""
    with one_activation(place, name) as (warehouse, schema, registration):
        paused = circuit.pause(warehouse, schema, registration, _who())
        pushing = lease_is_live(warehouse, schema, registration)
    since = moment(paused.paused_at)
    if place.as_json:
        record = {"paused_by": paused.paused_by, "paused_at": since}
        click.echo(json.dumps({"activation": name, **record}))
    else:
        end = " The push that runs now goes on to its end." if pushing else ""
        by = f"{name} is paused since {since} by {paused.paused_by}"
        end += _next_push(registration, "", is_new=False)
        click.echo(f"{by}: pushes send nothing until runner resume {name}.{end}")
    return ExitCode.DONE


def resume(place: Place, name: str) -> ExitCode:
    """End the pause of one activation, whoever began it."""
    with one_activation(place, name) as (warehouse, schema, registration):
        before = circuit.resume(warehouse, schema, registration)
    since = moment(before.paused_at)
    if place.as_json:
        record = {"was_paused_by": before.paused_by, "was_paused_at": since}
        click.echo(json.dumps({"activation": name, **record}))
    else:
        by = f"paused since {since} by {before.paused_by}"
        click.echo(f"{name}, {by}, is resumed.{_next_push(registration, 'sends again')}")
    return ExitCode.DONE


def retry(place: Place, name: str) -> ExitCode:
    """Let the next build plan the refused rows of one activation, those that rest too."""
    with one_activation(place, name) as (warehouse, schema, registration):
        rows, rested = rejections.retry(warehouse, schema, registration)
    if place.as_json:
        click.echo(json.dumps({"activation": name, "rows": rows, "rested_rows": rested}))
    elif rows:
        still = f", {rested:,} of which rested," if rested else ""
        verb, them = noun(rows, "is", "are"), noun(rows, "it", "them")
        click.echo(
            f"{name}: {amount(rows, 'refused row')}{still} {verb} tried again once dbt build has "
            f"planned {them}: build, then push."
        )
    else:
        click.echo(f"{name}: no row is refused, so there is nothing to try again.")
    return ExitCode.DONE


def _next_push(registration: Registration, does: str, *, is_new: bool = True) -> str:
    """What follows from something new; always that the project has the activation no more."""
    name = registration.activation_name
    if registration.removed_at is not None:
        return f" The project no longer has {name}: no push sends it until its model is back."
    return f" The next runner push {does}." if is_new else ""


def _who() -> str:
    return f"{getpass.getuser()}@{socket.gethostname()}"


@contextmanager
def one_activation(
    place: Place, name: str
) -> Iterator[tuple[Warehouse, ControlSchema, Registration]]:
    """Open the warehouse for a decision about the one activation of that name."""
    with place.opened() as (warehouse, schema):
        there, removed = parted(registrations(warehouse, schema, [name]))
        found = there or removed
        if len(found) != 1:
            names = ", ".join(registration.activation_name for registration in found)
            raise ConfigurationError(
                f"{name} means several activations ({names}): decide for one at a time."
            )
        with naming(found[0].activation_name):
            yield warehouse, schema, found[0]
