"""Taking one key out of an activation: out of its synced state, its delta and its rejected rows."""
# ruff: noqa: S608  # relation names are quoted by the warehouse, values are bound

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from runner.control import ControlSchema, Registration, check_delta
from runner.errors import ConfigurationError, HeldError
from runner.warehouse import MissingRelationError, Warehouse
from runner.watermarks import Watermark, watermarks

# What is left of the identifiers of an event.
BLANK = "{}"
UNSENT = Watermark(sending=0, acknowledged=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """How many rows held the key; of events, those of the synced state were blanked."""

    synced_rows: int
    delta_rows: int
    rejected_rows: int


class _Planned(NamedTuple):
    """A row of the delta; `is_open` if it is to be sent and not settled, `is_sent` if maybe taken.

    `is_current` if its delta is the registered one: no other is ever sent.
    """

    shard: int
    ordinal: int | None
    operation: str
    identifiers: str
    is_current: bool
    is_open: bool
    is_sent: bool


class _Synced(NamedTuple):
    sent_to: str
    identifiers: str


class _Refused(NamedTuple):
    delta_id: str
    shard: int
    ordinal: int
    operation: str
    identifiers: str
    is_open: bool
    in_doubt: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Traces:
    """Every row of the activation that bears the key."""

    planned: list[_Planned]
    synced: list[_Synced]
    refused: list[_Refused]


def record_key(parts: Sequence[str]) -> str:
    """A key as one text, framed as the package's macro of that name frames it."""
    if len(parts) == 1:
        return parts[0]
    return "|".join(f"{len(part)}:{part}" for part in parts)


def forget(
    warehouse: Warehouse, schema: ControlSchema, registration: Registration, key: str
) -> Removal:
    """Remove every row of the key; the caller has the lease.

    An event keeps its row of the synced state, without its identifiers: the key alone keeps it
    from being sent twice. HeldError where something of the key is still to be sent or deleted.
    A repeat after a failure removes what is left.
    """
    traces = _traces(warehouse, schema, registration, key)
    removal = Removal(
        synced_rows=len(traces.synced),
        delta_rows=len(traces.planned),
        rejected_rows=len(traces.refused),
    )
    if removal == Removal(synced_rows=0, delta_rows=0, rejected_rows=0):
        raise ConfigurationError(_nowhere(registration))
    _refuse(registration, traces)
    with warehouse.transaction():
        # In this order: a delta's row without its refusal would pass for acknowledged.
        if registration.sync_mode == "incremental":
            _blank_event(warehouse, registration, key, traces)
        else:
            _drop_record(warehouse, registration, key, traces)
        warehouse.execute(
            f"delete from {registration.delta(warehouse)} where _record_key = ?", [key]
        )
        warehouse.execute(
            f"delete from {schema.table(warehouse, 'tailrace_rejected_rows')} "
            "where relation = ? and record_key = ?",
            [registration.relation, key],
        )
        _note_if_empty(warehouse, schema, registration)
    return removal


def _note_if_empty(warehouse: Warehouse, schema: ControlSchema, registration: Registration) -> None:
    """Say of a delta without rows that it is folded: it would pass for one that was lost."""
    left = warehouse.rows(f"select count(*) from {registration.delta(warehouse)}")
    if next(iter(left))[0]:
        return
    warehouse.execute(
        f"update {schema.table(warehouse, 'tailrace_watermarks')} set folded = sending "
        "where relation = ? and delta_id = ?",
        [registration.relation, registration.delta_id],
    )


def _traces(
    warehouse: Warehouse, schema: ControlSchema, registration: Registration, key: str
) -> _Traces:
    check_delta(warehouse, registration)
    rejected = schema.table(warehouse, "tailrace_rejected_rows")
    found = warehouse.rows(
        "select delta_id, shard, ordinal, operation, identifiers, resolved_at is null, "
        f"coalesce(in_doubt, false) from {rejected} where relation = ? and record_key = ?",
        [registration.relation, key],
    )
    refused = [_Refused(*row) for row in found]
    synced = _synced(warehouse, registration, key)
    if registration.sync_mode == "incremental":
        synced = [row for row in synced if row.identifiers != BLANK]
    planned = _planned(warehouse, schema, registration, key, refused)
    return _Traces(planned=planned, synced=synced, refused=refused)


def _synced(warehouse: Warehouse, registration: Registration, key: str) -> list[_Synced]:
    name, relation = registration.activation_name, registration.synced_state(warehouse)
    query = f"select _sent_to, _identifiers from {relation} where _record_key = ?"
    try:
        return [_Synced(*row) for row in warehouse.rows(query, [key])]
    except MissingRelationError:
        raise ConfigurationError(
            f"{name}: its synced state {relation} does not exist, so nothing was removed: build "
            f"it again (dbt build --select {name}), then forget."
        ) from None


def _planned(
    warehouse: Warehouse,
    schema: ControlSchema,
    registration: Registration,
    key: str,
    refused: Sequence[_Refused],
) -> list[_Planned]:
    marks = watermarks(warehouse, schema, registration)
    # What was refused when it was sent again may have been taken the first time.
    not_taken = {
        (row.shard, row.ordinal)
        for row in refused
        if row.delta_id == registration.delta_id and not row.in_doubt
    }
    planned = []
    for delta_id, shard, ordinal, operation, identifiers in warehouse.rows(
        "select _delta_id, _shard, _ordinal, _operation, _identifiers "
        f"from {registration.delta(warehouse)} where _record_key = ?",
        [key],
    ):
        current = delta_id == registration.delta_id
        numbered = current and ordinal is not None
        settled = numbered and ordinal <= marks.get(shard, UNSENT).acknowledged
        is_open = numbered and not settled
        is_sent = settled and (shard, ordinal) not in not_taken
        what = (shard, ordinal, operation, identifiers)
        planned.append(_Planned(*what, is_current=current, is_open=is_open, is_sent=is_sent))
    return planned


def _nowhere(registration: Registration) -> str:
    columns = ", ".join(registration.settings["primary_key"])
    return (
        f"{registration.activation_name}: neither its synced state nor its delta nor its rejected "
        f"rows hold this key, so nothing was removed: check the value of {columns}, letter by "
        "letter."
    )


def _refuse(registration: Registration, traces: _Traces) -> None:
    """Stop before what is still to be sent, or could never be deleted any more, is lost."""
    if registration.removed_at is not None:  # nobody builds or pushes it any more
        return
    name, destination = registration.activation_name, registration.destination
    waiting = {row.operation for row in traces.planned if row.is_open}
    if waiting == {"delete"}:
        first = f"runner approve {name} and " if registration.held else ""
        raise HeldError(
            f"{name}: {destination} was not told yet to delete the record of this key, so nothing "
            f"was removed: run {first}runner push {name}, then forget it again."
        )
    if waiting:
        why = "a row of this key is still to be sent"
    elif _would_delete(registration) and _held_records(registration, traces):
        why = (
            f"{destination} holds the record of this key, and only what is to be removed here "
            "makes the activation delete it there"
        )
    else:
        return
    raise HeldError(
        f"{name}: {why}, so nothing was removed: take it out of the model, run dbt build and "
        f"runner push {name}, then forget it again."
    )


def _would_delete(registration: Registration) -> bool:
    on_leave = registration.activation.on_leave
    mode = registration.sync_mode
    return mode == "membership" or (mode == "mirror" and on_leave != "ignore")


def _held_records(registration: Registration, traces: _Traces) -> set[str]:
    """The records of the key at the destination of which no delete was tried."""
    sent = {row.identifiers for row in traces.planned if row.is_sent}
    held = sent | {row.identifiers for row in traces.synced if row.sent_to == registration.sent_to}
    deletes = {
        row.identifiers for row in traces.planned if row.operation == "delete" and row.is_current
    }
    # A delete that was refused too often rests, and is not tried again.
    refused = {
        row.identifiers for row in traces.refused if row.operation == "delete" and row.is_open
    }
    resting = {row.identifiers for row in traces.planned if row.operation == "resting"}
    return held - deletes - (refused & resting)


def _blank_event(
    warehouse: Warehouse, registration: Registration, key: str, traces: _Traces
) -> None:
    synced, delta = registration.synced_state(warehouse), registration.delta(warehouse)
    here = [key, registration.sent_to]
    for row in traces.planned:
        if row.is_sent:
            # The next build finds no row of the delta to fold.
            warehouse.execute(
                f"insert into {synced} (_record_key, _identifiers, _attributes, _row_hash, "
                "_status, _acknowledged_at, _event_time, _delta_id, _sent_to) "
                f"select _record_key, ?, ?, null, ?, {warehouse.now}, _event_time, _delta_id, ? "
                f"from {delta} where _record_key = ? and _shard = ? and _ordinal = ? "
                f"and not exists (select 1 from {synced} where _record_key = ? and _sent_to = ?)",
                [
                    *(BLANK, BLANK, "acknowledged", registration.sent_to),
                    *(key, row.shard, row.ordinal),
                    *here,
                ],
            )
    warehouse.execute(
        f"update {synced} set _identifiers = ?, _row_hash = null where _record_key = ?",
        [BLANK, key],
    )


def _drop_record(
    warehouse: Warehouse, registration: Registration, key: str, traces: _Traces
) -> None:
    synced = registration.synced_state(warehouse)
    warehouse.execute(f"delete from {synced} where _record_key = ?", [key])
    # A record that this key took over: the next build finds no row of the delta that says so.
    for row in traces.planned:
        if row.is_sent:
            warehouse.execute(
                f"delete from {synced} where _identifiers = ? and _sent_to = ?",
                [row.identifiers, registration.sent_to],
            )
