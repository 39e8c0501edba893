"""`runner forget`: erase a person's key from what the package keeps of an activation."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from functools import partial

import click

from runner.commands.decide import one_activation
from runner.commands.place import Place
from runner.commands.words import counted, hashed_key
from runner.control import Registration
from runner.errors import ConfigurationError, ExitCode
from runner.forget import Removal, record_key
from runner.forget import forget as remove
from runner.lease import WholeLease
from runner.wording import amount, noun

FROM_STDIN = ("-",)


def forget(place: Place, name: str, given: Sequence[str]) -> ExitCode:
    """Remove one key of one activation; no push or build may run meanwhile."""
    values = _lines() if tuple(given) == FROM_STDIN else given
    with one_activation(place, name) as (warehouse, schema, registration):
        key = _key(registration, values)
        lease = WholeLease(warehouse, schema, registration, f"forget-{uuid.uuid4().hex}")
        lease.take(partial(click.echo, err=True))
        try:
            removal = remove(warehouse, schema, registration, key)
        finally:
            lease.release()
    if place.as_json:
        done = {"activation": registration.activation_name, "key_hash": hashed_key(key)}
        click.echo(json.dumps(done | asdict(removal)))
    else:
        click.echo("\n".join(_said(registration, key, removal)))
    return ExitCode.DONE


def _lines() -> list[str]:
    """One value a line; no key is lost in a process list or in the history of a shell."""
    text = click.get_text_stream("stdin").read()
    return text.removesuffix("\n").split("\n") if text else []


def _key(registration: Registration, values: Sequence[str]) -> str:
    columns = registration.settings["primary_key"]
    if len(values) != len(columns):
        listed = ", ".join(columns)
        given = f"{amount(len(values), 'value')} {noun(len(values), 'was', 'were')}"
        wanted = "once" if len(columns) == 1 else f"{len(columns)} times, in this order"
        raise ConfigurationError(
            f"{registration.activation_name} has the primary key {listed}, and {given} given: "
            f"write --key {wanted}, or --key - and a line for each column on standard input."
        )
    return record_key(values)


def _said(registration: Registration, key: str, removal: Removal) -> Iterator[str]:
    events = registration.sync_mode == "incremental"
    place = "blanked in the synced state" if events else "of the synced state"
    counts = {
        f"{noun(removal.synced_rows, 'event' if events else 'row')} {place}": removal.synced_rows,
        f"{noun(removal.delta_rows, 'row')} of the delta": removal.delta_rows,
        noun(removal.rejected_rows, "rejected row"): removal.rejected_rows,
    }
    yield f"{registration.activation_name}: removed key #{hashed_key(key)}: {counted(counts)}."
    if events:
        yield "The key of an event that was sent stays, so that it is not sent twice."
    else:
        yield "While the model has the key, the next build plans it again."
    yield (
        f"What {registration.destination} holds stays unless this activation deleted it; "
        "tailrace_segment_memberships and the warehouse's other tables stay as they are."
    )
