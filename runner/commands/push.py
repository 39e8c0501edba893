"""`runner push`: send what is not settled yet."""

from __future__ import annotations

import gc
import traceback
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import click

from runner.alerts.settings import channels
from runner.alerts.tell import Alerts, warn
from runner.commands.mapping import Matched, MistakesError, matched
from runner.commands.place import Place
from runner.commands.removed import pushable
from runner.concealing import concealed
from runner.control import ControlSchema, Registration, registrations
from runner.errors import ExitCode, TailraceError
from runner.parts import Part
from runner.push import push_activation
from runner.report import Reporter, RunResult
from runner.reporters import reporter_for
from runner.warehouse import Warehouse
from runner.wording import about

# Several activations end with the code that most needs a person.
SEVERITY = (
    ExitCode.DONE,
    ExitCode.REJECTED,
    ExitCode.CONFIGURATION,
    ExitCode.HELD,
    ExitCode.UNAVAILABLE,
)
# Rows come by the ten thousand, go with their page and form no cycles: to look for some among
# every few hundred new objects takes a tenth of a push.
COLLECT_EVERY = 50_000


def push(
    place: Place,
    patterns: Sequence[str],
    *,
    limit: int | None,
    part: Part,
    dry_run: bool,
    verbose: bool,
    show_values: bool,
) -> ExitCode:
    """Push the activations one after the other; one that fails does not stop the others.

    Those that the project no longer has are left out, and refused where their name was given.
    """
    gc.set_threshold(COLLECT_EVERY)
    file = place.destinations_file()
    alerts = Alerts(()) if dry_run else _alerts(file)
    codes = [ExitCode.DONE]
    with place.opened() as (warehouse, schema):
        there, refused = pushable(place, registrations(warehouse, schema, patterns), patterns)
        codes += refused
        for item in _matched(file, there, warehouse, schema, alerts):
            hide = partial(concealed, attributes=item.registration.activation.attributes)
            reporter = reporter_for(
                item.registration.activation_name,
                item.connection.name,
                as_json=place.as_json,
                verbose=verbose,
                dry_run=dry_run,
                conceal=str if show_values else hide,
            )
            with reporter:
                send = partial(push_activation, limit=limit, part=part, dry_run=dry_run)
                result = _pushed(send, warehouse, schema, item, reporter)
            alerts.tell(warehouse, schema, item.registration, result)
            codes.append(result.exit_code)
    return max(codes, key=SEVERITY.index)


def _alerts(file: Path) -> Alerts:
    """The channels that can be read; the others keep nobody from pushing."""
    found, mistakes = channels(file)
    for mistake in mistakes:
        warn(f"{mistake} The push goes on and tells nobody there.")
    return Alerts(found)


def _matched(
    file: Path,
    registrations: Sequence[Registration],
    warehouse: Warehouse,
    schema: ControlSchema,
    alerts: Alerts,
) -> list[Matched]:
    try:
        return matched(file, registrations, warehouse)
    except MistakesError as error:
        for registration, sentence in error.mistakes:
            result = RunResult(
                status="failed", cause=error.cause, message=sentence, exit_code=error.exit_code
            )
            alerts.tell(warehouse, schema, registration, result)
        raise


def _pushed(
    send: Callable[..., RunResult],
    warehouse: Warehouse,
    schema: ControlSchema,
    item: Matched,
    reporter: Reporter,
) -> RunResult:
    try:
        return send(
            warehouse,
            schema,
            item.registration,
            item.service,
            item.platform,
            item.connection,
            reporter,
        )
    except TailraceError as error:
        result = _failed(item, str(error), error.cause, error.exit_code)
    except BrokenPipeError:
        raise  # nobody listens any more, which is no fault
    except Exception as error:  # noqa: BLE001 - it stops no other activation, and is told
        click.echo(traceback.format_exc().rstrip(), err=True)
        told = f"the run broke off on a fault of the runner ({type(error).__name__}); push again."
        result = _failed(item, told, "fault", ExitCode.UNAVAILABLE)
    reporter.finished(result)
    return result


def _failed(item: Matched, sentence: str, cause: str, exit_code: ExitCode) -> RunResult:
    message = about(item.registration.activation_name, sentence)
    return RunResult(status="failed", cause=cause, message=message, exit_code=exit_code)
