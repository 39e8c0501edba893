"""`runner status`: how far each activation is, and what waits for a person."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import click

from runner.commands.place import Place
from runner.commands.words import counted, moment
from runner.control import ControlSchema, Registration, check_delta, registrations
from runner.decisions import rows_in_doubt
from runner.errors import ConfigurationError, ExitCode
from runner.lease import lease_is_live
from runner.runs import last_run, open_rejections
from runner.warehouse import Warehouse
from runner.watermarks import watermarks
from runner.wording import amount, noun


def status(place: Place, patterns: Sequence[str]) -> ExitCode:
    """Show the state of every activation."""
    with place.opened() as (warehouse, schema):
        states = [
            _state(warehouse, schema, registration)
            for registration in registrations(warehouse, schema, patterns)
        ]
    if place.as_json:
        click.echo(json.dumps({"activations": states}, ensure_ascii=False, indent=2))
    else:
        click.echo("\n\n".join("\n".join(_lines(each)) for each in states))
    broken = any("error" in each for each in states)
    return ExitCode.CONFIGURATION if broken else ExitCode.DONE


def _state(
    warehouse: Warehouse, schema: ControlSchema, registration: Registration
) -> dict[str, Any]:
    try:
        check_delta(warehouse, registration)
    except ConfigurationError as error:
        # The others are shown all the same.
        return {"activation": registration.activation_name, "error": str(error)}
    marks = watermarks(warehouse, schema, registration).values()
    current, earlier = rows_in_doubt(warehouse, schema, registration)
    pushing = lease_is_live(warehouse, schema, registration)
    return {
        "activation": registration.activation_name,
        "destination": registration.destination,
        "service": registration.service,
        "delta_id": registration.delta_id,
        "built_at": moment(registration.registered_at),
        "rows": registration.rows_to_send,
        "settled": sum(mark.acknowledged for mark in marks),
        "held": registration.held,
        "hold_reason": registration.hold_reason,
        # What a live runner has in flight is not in doubt yet.
        "rows_in_doubt": earlier if pushing else current + earlier,
        "pushed_by": registration.lease_holder if pushing else None,
        "last_run": _run(warehouse, schema, registration),
        "rejected": [
            {"code": code, "reason": reason, "rows": count}
            for code, reason, count in open_rejections(warehouse, schema, registration)
        ],
    }


def _run(
    warehouse: Warehouse, schema: ControlSchema, registration: Registration
) -> dict[str, Any] | None:
    run = last_run(warehouse, schema, registration)
    if run is None:
        return None
    return {
        "run_id": run.run_id,
        "status": run.status,
        "started_at": moment(run.started_at),
        "finished_at": moment(run.finished_at),
        "requests": run.requests,
        "retries": run.retries,
        "acknowledged": run.acknowledged_rows,
        "rejected": run.rejected_rows,
        "exit_code": run.exit_code,
        "message": run.message,
    }


def _lines(state: dict[str, Any]) -> Iterator[str]:
    if "error" in state:
        yield state["error"]
        return
    name = state["activation"]
    yield f"{name} -> {state['destination']} {state['service']}, built {state['built_at']}"
    if state["rows"]:
        yield f"  settled   {state['settled']:,} of {amount(state['rows'], 'row')}"
    else:
        yield "  settled   nothing to send"
    yield f"  last run  {_run_line(state['last_run'])}"
    if state["pushed_by"]:
        yield f"  running   run {state['pushed_by']} is pushing it now"
    if state["held"]:
        yield f"  held      {state['hold_reason']}"
        yield f"            to send it all the same: runner approve {name}"
    if state["rows_in_doubt"]:
        yield (
            f"  in doubt  {amount(state['rows_in_doubt'], 'event')} may or may not have arrived; "
            f"decide with runner resolve {name} --resend or --skip"
        )
    for row in state["rejected"]:
        yield f"  rejected  {amount(row['rows'], 'row')}, {row['code']}: {row['reason']}"


def _run_line(run: dict[str, Any] | None) -> str:
    if run is None:
        return "never pushed"
    counts = {name: run[name] or 0 for name in ("acknowledged", "rejected")}
    requests, retries = run["requests"] or 0, run["retries"] or 0
    counts |= {noun(requests, "request"): requests, noun(retries, "retry", "retries"): retries}
    message = f" - {run['message']}" if run["message"] else ""
    return f"{run['status']} at {run['started_at']}; {counted(counts)}{message}"
