"""Pushing one activation: from its delta to its destination, and back to the watermarks."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace

from runner.control import ControlSchema, Registration, shard_sizes
from runner.destinations.service import Connection, Platform, Service
from runner.errors import (
    ConfigurationError,
    ExitCode,
    HeldError,
    RejectedShareError,
    TailraceError,
)
from runner.lease import release_lease, take_lease
from runner.preview import preview
from runner.report import Reporter, RunResult, RunStatus
from runner.runs import finish_run, start_run
from runner.sending import Sender
from runner.stream import Range, Stream
from runner.transport import Transport
from runner.warehouse import Warehouse
from runner.watermarks import Watermark, settle, watermarks
from runner.wording import about, amount

MAX_REJECTED_SHARE = 1.0
NOTHING = Watermark(sending=0, acknowledged=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Push:
    """What every step of one push needs."""

    warehouse: Warehouse
    schema: ControlSchema
    registration: Registration
    service: Service
    platform: Platform
    connection: Connection
    reporter: Reporter
    run_id: str

    @property
    def name(self) -> str:
        return self.registration.activation_name


def push_activation(  # noqa: PLR0913 - one call carries the whole context of a push
    warehouse: Warehouse,
    schema: ControlSchema,
    registration: Registration,
    service: Service,
    platform: Platform,
    connection: Connection,
    reporter: Reporter,
    *,
    limit: int | None = None,
    dry_run: bool = False,
) -> RunResult:
    """Send what is not settled of an activation's delta; the result tells how it ended.

    `limit` stops after that many rows; `dry_run` shows the first requests and changes nothing.
    Raises ConfigurationError before anything is sent; whatever stops the run later is in the
    result, with its exit code and sentence.
    """
    _refuse(registration, service, connection)
    push = _Push(
        warehouse=warehouse,
        schema=schema,
        registration=registration,
        service=service,
        platform=platform,
        connection=connection,
        reporter=reporter,
        run_id=uuid.uuid4().hex,
    )
    if dry_run:
        result = _show(push, limit)
    elif registration.held:
        result = _held(push)
    else:
        result = _recorded(push, limit)
    reporter.finished(result)
    return result


def _refuse(registration: Registration, service: Service, connection: Connection) -> None:
    activation = registration.activation
    refusal = service.refusal(activation, connection)
    if refusal is None and activation.sync_mode not in service.sync_modes:
        modes = ", ".join(service.sync_modes)
        refusal = f"service {service.name} does not offer {activation.sync_mode}, but {modes}"
    if refusal:
        raise ConfigurationError(f"{activation.name}: {refusal.rstrip('.')}.")


def _show(push: _Push, limit: int | None) -> RunResult:
    marks = watermarks(push.warehouse, push.schema, push.registration)
    shown = preview(
        push.warehouse,
        push.registration,
        push.service,
        push.platform,
        push.connection,
        push.reporter,
        _ranges(push, marks, limit),
    )
    return RunResult(
        status="done", message=f"{push.name}: {amount(shown, 'request')} shown, none sent."
    )


def _held(push: _Push) -> RunResult:
    registration = push.registration
    result = RunResult(
        status="held",
        message=(
            f"{push.name} is held: {registration.hold_reason}. Look at it with "
            f"runner plan {push.name}, then release it with runner approve {push.name}."
        ),
        exit_code=ExitCode.HELD,
    )
    start_run(push.warehouse, push.schema, registration, push.run_id)
    return _finished(push, result)


def _recorded(push: _Push, limit: int | None) -> RunResult:
    place = (push.warehouse, push.schema, push.registration, push.run_id)
    transport = Transport(push.connection, push.platform)
    try:
        take_lease(*place)
    except HeldError as error:
        return RunResult(status="held", message=str(error), exit_code=error.exit_code)
    stream = Stream(
        push.warehouse,
        push.schema,
        push.registration,
        push.service,
        transport,
        push.reporter,
        push.run_id,
    )
    try:
        start_run(*place)
        return _run(push, stream, transport, limit)
    finally:
        stream.close()
        transport.close()
        with suppress(TailraceError):
            release_lease(*place)


def _run(push: _Push, stream: Stream, transport: Transport, limit: int | None) -> RunResult:
    try:
        ranges = _ranges(push, _without_doubts(push), limit)
        total = sum(wanted.up_to - wanted.after for wanted in ranges.values())
        push.reporter.started(push.name, total)
        _send(push, stream, transport, ranges)
        return _finished(push, _judged(push, stream))
    except TailraceError as error:
        return _finished(push, _failed(push, stream, error))
    except BaseException as error:
        # Ctrl-C, or a fault of the program: recorded, and on its way again.
        cause = "was interrupted" if isinstance(error, KeyboardInterrupt) else "broke off"
        message = f"{push.name}: the run {cause}; what it settled is recorded."
        _finished(push, _result(stream, "stopped", message, ExitCode.UNAVAILABLE))
        raise


def _send(push: _Push, stream: Stream, transport: Transport, ranges: Mapping[int, Range]) -> None:
    sender = Sender(
        transport,
        push.platform,
        push.service,
        push.registration.activation.in_doubt,
        retry=stream.inflight.retry,
        pause=stream.pause,
    )
    try:
        for shard, wanted in ranges.items():
            stream.push(shard, wanted, sender.deliver)
    except BaseException:
        with suppress(TailraceError):
            stream.wind_up()
        raise


def _ranges(push: _Push, marks: Mapping[int, Watermark], limit: int | None) -> dict[int, Range]:
    """What to send of each shard, cut to the limit."""
    left = push.registration.rows_to_send if limit is None else limit
    ranges: dict[int, Range] = {}
    for shard, size in shard_sizes(push.warehouse, push.registration).items():
        mark = marks.get(shard, NOTHING)
        after, up_to = mark.acknowledged, min(size, mark.acknowledged + left)
        if up_to > after:
            ranges[shard] = Range(after=after, up_to=up_to, sending=mark.sending)
            left -= up_to - after
    return ranges


def _without_doubts(push: _Push) -> dict[int, Watermark]:
    """The watermarks after the activation's choice for events of unknown outcome was followed."""
    marks = watermarks(push.warehouse, push.schema, push.registration)
    doubts = {shard: mark for shard, mark in marks.items() if mark.sending > mark.acknowledged}
    if push.service.repeatable or not doubts:
        return marks
    choice = push.registration.activation.in_doubt
    rows = sum(mark.sending - mark.acknowledged for mark in doubts.values())
    if choice == "hold":
        raise HeldError(
            f"{push.name} is held: {amount(rows, 'event')} may or may not have reached "
            f"{push.connection.name} in an earlier run; decide with runner resolve {push.name} "
            "--resend or --skip."
        )
    if choice == "skip":
        place = (push.warehouse, push.schema, push.registration, push.run_id)
        for shard, mark in doubts.items():
            settle(*place, shard, mark.sending, [])
            marks[shard] = Watermark(sending=mark.sending, acknowledged=mark.sending)
    future = "will not be sent again" if choice == "skip" else "will be sent again"
    push.reporter.warning(
        f"{push.name}: {amount(rows, 'event')} in doubt {future} (in_doubt: {choice})."
    )
    return marks


def _judged(push: _Push, stream: Stream) -> RunResult:
    settler = stream.settler
    judged = settler.acknowledged + settler.rejected
    share = 100 * settler.rejected / judged if judged else 0.0
    guards = push.registration.settings.get("guards") or {}
    allowed = float(guards.get("max_rejected_share", MAX_REJECTED_SHARE))
    if settler.skipped:
        push.reporter.warning(
            f"{push.name}: {amount(settler.skipped, 'event')} got no usable answer and will not be "
            "sent again (in_doubt: skip)."
        )
    if share <= allowed:
        return _result(stream, "done", "", ExitCode.DONE)
    message = (
        f"{push.name} ended with {settler.rejected:,} of {amount(judged, 'row')} rejected "
        f"({share:.1f} %, allowed {allowed:g} %): read the reasons in tailrace_rejected_rows."
    )
    return _result(stream, "rejected", message, ExitCode.REJECTED)


def _failed(push: _Push, stream: Stream, error: TailraceError) -> RunResult:
    message = about(push.name, str(error))
    if stream.in_doubt and push.registration.activation.in_doubt == "hold":
        message += (
            f" {amount(stream.in_doubt, 'event')} may or may not have arrived: decide with runner "
            f"resolve {push.name} --resend or --skip."
        )
    status: RunStatus = "failed"
    if isinstance(error, RejectedShareError):
        status = "stopped"
    elif isinstance(error, HeldError):
        status = "stopped" if stream.requests else "held"
    return _result(stream, status, message, error.exit_code)


def _result(stream: Stream, status: RunStatus, message: str, exit_code: ExitCode) -> RunResult:
    settler = stream.settler
    return RunResult(
        status=status,
        acknowledged=settler.acknowledged,
        rejected=settler.rejected,
        requests=stream.requests,
        retries=stream.retries,
        operations=dict(settler.operations),
        message=message,
        exit_code=exit_code,
    )


def _finished(push: _Push, result: RunResult) -> RunResult:
    """Record the result; a warehouse that fails now matters only if nothing failed before."""
    try:
        finish_run(push.warehouse, push.schema, push.registration, push.run_id, result)
    except TailraceError as error:
        if result.exit_code is ExitCode.DONE:
            message = about(push.name, str(error))
            return replace(result, status="failed", message=message, exit_code=error.exit_code)
    return result
