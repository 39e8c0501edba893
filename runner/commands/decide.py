"""`runner approve` and `runner resolve`: what a person decides."""

from __future__ import annotations

import getpass
import json
import socket
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import click

from runner.commands.place import Place
from runner.commands.words import counted, moment
from runner.control import ControlSchema, Registration, registrations
from runner.decisions import Choice
from runner.decisions import approve as release
from runner.decisions import resolve as settle_doubt
from runner.errors import ConfigurationError, ExitCode
from runner.lease import release_lease, take_lease
from runner.warehouse import Warehouse
from runner.wording import amount


def approve(place: Place, name: str) -> ExitCode:
    """Release the current delta of one activation."""
    who = f"{getpass.getuser()}@{socket.gethostname()}"
    with _one(place, name) as (warehouse, schema, registration):
        approval = release(warehouse, schema, registration, who)
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
            f"{name}: approved by {approval.by}{earlier}, although {registration.hold_reason}. "
            f"The next runner push sends {counted(counts)}."
        )
    return ExitCode.DONE


def resolve(place: Place, name: str, choice: Choice) -> ExitCode:
    """Settle the rows in doubt of one activation; no push may run meanwhile."""
    with _one(place, name) as (warehouse, schema, registration):
        if registration.sync_mode != "incremental":
            raise ConfigurationError(
                f"{name} is no activation of events, so none of its rows is ever in doubt: a "
                "repeat is harmless, push it again."
            )
        holder = f"resolve-{uuid.uuid4().hex}"
        take_lease(warehouse, schema, registration, holder)
        try:
            rows = settle_doubt(warehouse, schema, registration, choice)
        finally:
            release_lease(warehouse, schema, registration, holder)
    if place.as_json:
        click.echo(json.dumps({"activation": name, "choice": choice, "rows": rows}))
    else:
        future = "will be sent again" if choice == "resend" else "will not be sent again"
        click.echo(f"{name}: {amount(rows, 'event')} in doubt {future}.")
    return ExitCode.DONE


@contextmanager
def _one(place: Place, name: str) -> Iterator[tuple[Warehouse, ControlSchema, Registration]]:
    with place.opened() as (warehouse, schema):
        found = registrations(warehouse, schema, [name])
        if len(found) != 1:
            names = ", ".join(registration.activation_name for registration in found)
            raise ConfigurationError(
                f"{name} means several activations ({names}): decide for one at a time."
            )
        yield warehouse, schema, found[0]
