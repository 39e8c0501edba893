"""`runner plan`: what the next push would do, and why something stays behind."""
# ruff: noqa: S608  # relation names are quoted by the warehouse, values are bound

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import click

from runner.circuit import circuit_of
from runner.commands.place import Place
from runner.commands.removed import parted, removal
from runner.commands.words import being_built, counted, doubts_end, hashed_key
from runner.control import ControlSchema, Registration, check_delta, registrations, shard_sizes
from runner.decisions import rows_in_doubt
from runner.errors import ConfigurationError, ExitCode
from runner.lease import building_since, lease_is_live
from runner.warehouse import Warehouse
from runner.watermarks import watermarks
from runner.wording import amount, moment, naming

OPERATIONS = ("insert", "update", "delete")


def plan(place: Place, patterns: Sequence[str], *, sample: int, show_values: bool) -> ExitCode:
    """Show every activation's delta; keys are hashed unless values are asked for."""
    with place.opened() as (warehouse, schema):
        there, removed = parted(registrations(warehouse, schema, patterns))
        plans = [
            _plan(warehouse, schema, registration, sample, show_values=show_values)
            for registration in there
        ]
    plans += [removal(registration) for registration in removed]
    if place.as_json:
        click.echo(json.dumps({"activations": plans}, ensure_ascii=False, indent=2))
    else:
        click.echo("\n\n".join("\n".join(_lines(each)) for each in plans))
    broken = any("error" in each for each in plans)
    return ExitCode.CONFIGURATION if broken else ExitCode.DONE


def _plan(
    warehouse: Warehouse,
    schema: ControlSchema,
    registration: Registration,
    sample: int,
    *,
    show_values: bool,
) -> dict[str, Any]:
    """One activation's plan, or what is wrong with its delta: the others are shown all the same."""
    try:
        with naming(registration.activation_name):
            check_delta(warehouse, registration)
            return _planned(warehouse, schema, registration, sample, show_values=show_values)
    except ConfigurationError as error:
        return {"activation": registration.activation_name, "error": str(error)}


def _planned(
    warehouse: Warehouse,
    schema: ControlSchema,
    registration: Registration,
    sample: int,
    *,
    show_values: bool,
) -> dict[str, Any]:
    marks = watermarks(warehouse, schema, registration)
    sizes = shard_sizes(warehouse, registration, marks)
    counts = (registration.insert_rows, registration.update_rows, registration.delete_rows)
    return {
        "activation": registration.activation_name,
        "destination": registration.destination,
        "service": registration.service,
        "sync_mode": registration.sync_mode,
        "run_type": registration.run_type,
        "delta_id": registration.delta_id,
        "built_at": moment(registration.registered_at),
        "operations": dict(zip(OPERATIONS, counts, strict=True)),
        "rows": sum(sizes.values()),
        "settled": sum(marks[shard].acknowledged for shard in sizes if shard in marks),
        "model_rows": registration.model_rows,
        "synced_rows": registration.synced_rows,
        "invalid": _invalid(warehouse, registration),
        "duplicate_rows": registration.duplicate_rows,
        "resting_rows": registration.resting_rows,
        "late_rows": registration.late_rows,
        "waiting_rows": registration.waiting_rows,
        "held": registration.held,
        "hold_reason": registration.hold_reason,
        **_waiting(warehouse, schema, registration),
        "approved_by": registration.approved_by,
        "approved_at": moment(registration.approved_at),
        "warnings": registration.warnings,
        "sample": list(_sample(warehouse, registration, sample, show_values=show_values)),
    }


def _waiting(
    warehouse: Warehouse, schema: ControlSchema, registration: Registration
) -> dict[str, Any]:
    """What stands before the next push: a build, events in doubt, a pause."""
    place = (warehouse, schema, registration)
    circuit = circuit_of(*place)
    return {
        "building_since": moment(building_since(registration)),
        # What a live runner has in flight is not in doubt yet.
        "rows_in_doubt": 0 if lease_is_live(*place) else rows_in_doubt(*place)[0],
        "in_doubt_policy": registration.activation.in_doubt,
        "paused_at": moment(circuit.paused_at),
        "paused_by": circuit.paused_by,
    }


def _invalid(warehouse: Warehouse, registration: Registration) -> dict[str, int]:
    query = (
        f"select _invalid_reason, count(*) from {registration.delta(warehouse)} "
        "where _delta_id = ? and _operation = ? group by _invalid_reason order by 2 desc, 1"
    )
    found = warehouse.rows(query, [registration.delta_id, "invalid"])
    return {str(reason): int(count) for reason, count in found}


def _sample(
    warehouse: Warehouse, registration: Registration, size: int, *, show_values: bool
) -> Iterator[dict[str, Any]]:
    for operation in OPERATIONS:
        query = (
            "select _record_key, _identifiers, _payload, _changed "
            f"from {registration.delta(warehouse)} "
            "where _delta_id = ? and _operation = ? and _ordinal is not null "
            f"order by _ordinal, _shard limit {size:d}"
        )
        for row in warehouse.rows(query, [registration.delta_id, operation]):
            key, identifiers, payload, changed = row
            values = json.loads(payload or "{}")
            shown: dict[str, Any] = {"operation": operation}
            if show_values:
                shown |= {"key": key, "identifiers": json.loads(identifiers), "payload": values}
            else:
                names = json.loads(changed) if changed else list(values)
                shown |= {"key_hash": hashed_key(key), "attributes": names}
            yield shown


def _lines(planned: dict[str, Any]) -> Iterator[str]:
    if "error" in planned or "removed_at" in planned:
        yield planned.get("error") or planned["message"]
        return
    yield (
        f"{planned['activation']} -> {planned['destination']} {planned['service']} "
        f"({planned['sync_mode']}, {planned['run_type']}), built {planned['built_at']}"
    )
    yield _to_send(planned)
    yield f"  model     {amount(planned['model_rows'], 'row')}; {planned['synced_rows']:,} synced"
    if planned["invalid"]:
        yield f"  invalid   {counted(planned['invalid'])}"
    if planned["resting_rows"]:
        resting = amount(planned["resting_rows"], "row")
        yield f"  resting   {resting}, refused too often, until they change"
    if planned["late_rows"]:
        late = amount(planned["late_rows"], "event")
        yield f"  late      {late} older than the lookback, not sent"
    if planned["waiting_rows"]:
        waiting = amount(planned["waiting_rows"], "event")
        yield f"  waiting   {waiting} younger than min_age, until a later build"
    if planned["warnings"]:
        yield f"  warning   {planned['warnings']}"
    yield from _in_the_way(planned)
    for row in planned["sample"]:
        yield f"  {row['operation']}    {_shown(row)}"


def _in_the_way(planned: dict[str, Any]) -> Iterator[str]:
    name, doubts = planned["activation"], planned["rows_in_doubt"]
    if planned["building_since"]:
        yield being_built(name, planned["building_since"])
    if doubts:
        end = doubts_end(name, doubts, planned["in_doubt_policy"])
        yield f"  in doubt  {amount(doubts, 'event')} may or may not have arrived; {end}"
    if planned["paused_at"]:
        since = f"since {planned['paused_at']} by {planned['paused_by']}"
        yield f"  paused    {since}; runner status {name} tells why"
    if planned["held"]:
        yield f"  held      {planned['hold_reason']}"
        yield f"            to send it all the same: runner approve {name}"
    elif planned["hold_reason"]:
        yield (
            f"  approved  by {planned['approved_by']} at {planned['approved_at']} "
            f"(guard: {planned['hold_reason']})"
        )


def _to_send(planned: dict[str, Any]) -> str:
    if planned["run_type"] == "baseline":
        return (
            f"  to send   nothing; {amount(planned['rows'], 'row')} will count as synced from the "
            "next build on"
        )
    settled = f"; {planned['settled']:,} of {planned['rows']:,} settled" if planned["rows"] else ""
    return f"  to send   {counted(planned['operations'])}{settled}"


def _shown(row: dict[str, Any]) -> str:
    if "key" in row:
        return f"{_json(row['identifiers'])} {_json(row['payload'])}"
    return f"#{row['key_hash']} {', '.join(row['attributes'])}".rstrip()


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
