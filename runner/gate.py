"""What stands before a push: runs that died, a pause, a held delta."""

from __future__ import annotations

from runner.circuit import Circuit, circuit_of, count_dead_runs, pause_failing
from runner.control import ControlSchema, Registration, shard_sizes
from runner.decisions import rows_in_doubt
from runner.destinations.service import Connection, Platform
from runner.errors import ExitCode, TailraceError
from runner.options import options_of
from runner.probing import mistake
from runner.report import Reporter, RunResult
from runner.warehouse import Warehouse
from runner.watermarks import watermarks
from runner.wording import amount, moment


def barrier(
    warehouse: Warehouse,
    schema: ControlSchema,
    registration: Registration,
    platform: Platform,
    connection: Connection,
    reporter: Reporter,
) -> RunResult | None:
    """The result of a push that must not begin, or None; asked by the run that has the lease.

    Runs that died are counted first. An activation that the system paused is let through, and
    said to resume, when nothing stands in its way any more; its circuit is closed by its success.
    """
    count_dead_runs(warehouse, schema, registration)
    pause_failing(warehouse, schema, registration, options_of(connection).pause_after)
    circuit = circuit_of(warehouse, schema, registration)
    name = registration.activation_name
    if circuit.resumes_itself:
        obstacle = _obstacle(warehouse, schema, registration, platform, connection, circuit)
        if obstacle:
            return _paused(
                f"{name} is paused {_since(circuit)}: {circuit.reason} It resumes by itself as "
                "soon as a push finds its delta sound and its connection accepted; now "
                f"{obstacle}. runner resume {name} ends the pause at once."
            )
        reporter.warning(f"{name} resumes: it was paused {_since(circuit)}, and can be sent again.")
    elif circuit.is_paused:
        at, who = moment(circuit.paused_at), circuit.paused_by
        return _paused(f"{name} is paused since {at} by {who}: runner resume {name} ends that.")
    return _held(registration) if registration.held else None


def _since(circuit: Circuit) -> str:
    return f"since {moment(circuit.paused_at)}, as {circuit.pushes} failed ({circuit.cause})"


def _paused(message: str) -> RunResult:
    return RunResult(status="paused", cause="paused", message=message, exit_code=ExitCode.HELD)


def _held(registration: Registration) -> RunResult:
    name = registration.activation_name
    message = (
        f"{name} is held: {registration.hold_reason}. Look at it with runner plan {name}, then "
        f"release it with runner approve {name}."
    )
    return RunResult(status="held", cause="held", message=message, exit_code=ExitCode.HELD)


def _obstacle(
    warehouse: Warehouse,
    schema: ControlSchema,
    registration: Registration,
    platform: Platform,
    connection: Connection,
    circuit: Circuit,
) -> str | None:
    """Why a paused activation cannot go on yet, as a clause."""
    if circuit.cause == "rejected_share" and circuit.delta_id == registration.delta_id:
        return "its delta is still the one that failed, so correct the model and run dbt build"
    if registration.held:
        return f"its delta is held: {registration.hold_reason}"
    events = rows_in_doubt(warehouse, schema, registration)[0]
    if events and registration.activation.in_doubt == "hold":
        name = registration.activation_name
        return (
            f"{amount(events, 'event')} may or may not have arrived, so decide with runner resolve "
            f"{name} --resend or --skip"
        )
    try:
        shard_sizes(warehouse, registration, watermarks(warehouse, schema, registration))
        found = mistake(connection, platform)
    except TailraceError as error:
        found = str(error)
    return found.rstrip(".") if found else None
