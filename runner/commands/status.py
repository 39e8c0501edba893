"""`runner status`: how far each activation is, and what waits for a person."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from typing import Any

import click

from runner.circuit import circuit_of, count_dead_runs
from runner.commands.place import Place
from runner.commands.removed import parted, removal
from runner.commands.status_lines import lines
from runner.commands.words import shown_key
from runner.control import ControlSchema, Registration, check_delta, registrations
from runner.decisions import rows_in_doubt
from runner.doubts import doubtful_keys, doubtful_ranges
from runner.errors import ConfigurationError, ExitCode, UnavailableError
from runner.lease import building_since, lease_is_live
from runner.rejections import open_rejections, resting
from runner.runs import last_run
from runner.warehouse import Warehouse
from runner.watermarks import watermarks
from runner.wording import moment, naming


def status(place: Place, patterns: Sequence[str], *, show_values: bool) -> ExitCode:
    """Show the state of every activation; keys are hashed unless values are asked for."""
    with place.opened() as (warehouse, schema):
        there, removed = parted(registrations(warehouse, schema, patterns))
        states = [
            _state(warehouse, schema, registration, show_values=show_values)
            for registration in there
        ]
    states += [removal(registration) for registration in removed]
    if place.as_json:
        click.echo(json.dumps({"activations": states}, ensure_ascii=False, indent=2))
    else:
        click.echo("\n\n".join("\n".join(lines(each)) for each in states))
    broken = any("error" in each for each in states)
    return ExitCode.CONFIGURATION if broken else ExitCode.DONE


def _state(
    warehouse: Warehouse, schema: ControlSchema, registration: Registration, *, show_values: bool
) -> dict[str, Any]:
    name = registration.activation_name
    try:
        with naming(name):
            return _known(warehouse, schema, registration, show_values=show_values)
    except ConfigurationError as error:
        # The others are shown all the same.
        return {"activation": name, "error": str(error)}


def _known(
    warehouse: Warehouse, schema: ControlSchema, registration: Registration, *, show_values: bool
) -> dict[str, Any]:
    check_delta(warehouse, registration)
    place = (warehouse, schema, registration)
    with suppress(UnavailableError):  # who may only read is shown what there is
        count_dead_runs(*place)
    marks = watermarks(*place).values()
    pushing = lease_is_live(*place)
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
        "pushed_by": registration.lease_holder if pushing else None,
        "building_since": moment(building_since(registration)),
        "last_run": _run(*place),
        **_circuit(*place),
        **_doubts(*place, pushing=pushing, show_values=show_values),
        **_rejected(*place, show_values=show_values),
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
        "cause": run.cause,
        "message": run.message,
    }


def _circuit(
    warehouse: Warehouse, schema: ControlSchema, registration: Registration
) -> dict[str, Any]:
    circuit = circuit_of(warehouse, schema, registration)
    return {
        "failures": circuit.failures,
        "failure_cause": circuit.cause,
        "failure_reason": circuit.reason,
        "paused_at": moment(circuit.paused_at),
        "paused_by": circuit.paused_by,
        "resumes_itself": circuit.resumes_itself,
    }


def _doubts(
    warehouse: Warehouse,
    schema: ControlSchema,
    registration: Registration,
    *,
    pushing: bool,
    show_values: bool,
) -> dict[str, Any]:
    place = (warehouse, schema, registration)
    current, earlier = rows_in_doubt(*place)
    # What a live runner has in flight is not in doubt yet.
    ranges = [] if pushing else doubtful_ranges(*place)
    keys = doubtful_keys(*place, ranges)
    return {
        "rows_in_doubt": earlier if pushing else current + earlier,
        # What an earlier build held back waits for a person, whatever is chosen since.
        "in_doubt_policy": "hold" if earlier else registration.activation.in_doubt,
        "in_doubt": [asdict(each) for each in ranges],
        "keys_in_doubt": [shown_key(key, show_values=show_values) for key in keys],
    }


def _rejected(
    warehouse: Warehouse, schema: ControlSchema, registration: Registration, *, show_values: bool
) -> dict[str, Any]:
    place = (warehouse, schema, registration)
    rejected = open_rejections(*place)
    rows, keys = resting(*place)
    return {
        "rejected": [asdict(each) for each in rejected],
        "resting_rows": rows,
        "resting_keys": [shown_key(key, show_values=show_values) for key in keys],
    }
