"""Pushing one activation: from its delta to its destination, and back to the watermarks."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from functools import cache, partial
from time import sleep

from runner.asking import Asker
from runner.circuit import counted
from runner.control import ControlSchema, Registration, reread, shard_sizes
from runner.course import Course
from runner.destinations.checks import refusal
from runner.destinations.service import Activation, Connection, Platform, Service
from runner.doubts import without_doubts
from runner.ending import broken, failed, judged
from runner.errors import ConfigurationError, ExitCode, HeldError, TailraceError
from runner.following import Follower
from runner.gate import barrier
from runner.jobs import Jobs, taken_over
from runner.keeper import LeaseKeeper
from runner.lease import WholeLease
from runner.options import options_of
from runner.part_lease import PartLease
from runner.parts import WHOLE, Part
from runner.preparing import prepared
from runner.preview import preview
from runner.report import Reporter, RunResult
from runner.runs import finish_run, start_run
from runner.sending import Sender
from runner.stream import Range, Stream
from runner.transport import Transport, open_transport
from runner.warehouse import Warehouse
from runner.warehouse.lasting import atomically
from runner.watermarks import Watermark, watermarks
from runner.wording import about, amount

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
    part: Part
    run_id: str
    lease: WholeLease | PartLease

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
    part: Part = WHOLE,
    dry_run: bool = False,
) -> RunResult:
    """Send what is not settled of an activation's delta; the result tells how it ended.

    `limit` stops after that many rows; a `part` sends its shards alone, beside runners of the other
    parts; `dry_run` shows the first requests and changes nothing.
    Raises ConfigurationError before anything is sent; whatever stops the run later is in the
    result, with its exit code and sentence.
    """
    _refuse(registration, service, platform, connection)
    run_id = uuid.uuid4().hex
    place = (warehouse, schema, registration, run_id)
    push = _Push(
        warehouse=warehouse,
        schema=schema,
        registration=registration,
        service=service,
        platform=platform,
        connection=connection,
        reporter=reporter,
        part=part,
        run_id=run_id,
        lease=WholeLease(*place) if part == WHOLE else PartLease(*place, part),
    )
    _weigh(push)
    result = _show(push, limit) if dry_run else _recorded(push, limit)
    result = replace(result, run_id=push.run_id)
    reporter.finished(result)
    return result


def _refuse(
    registration: Registration, service: Service, platform: Platform, connection: Connection
) -> None:
    mistake = refusal(platform, service, registration.activation, connection)
    if mistake:
        raise ConfigurationError(f"{registration.activation_name}: {mistake}.")


def _weigh(push: _Push) -> None:
    """Warn of a list that the platform will not use: it is sent all the same, as it may grow."""
    people = push.registration.model_rows - push.registration.invalid_rows
    needed = push.service.minimum_audience
    if people < needed:
        push.reporter.warning(
            f"{push.name}: its model has {amount(people, 'valid row')}, and {push.platform.title} "
            f"uses no list of fewer than {needed:,}: widen the segment."
        )


def _show(push: _Push, limit: int | None) -> RunResult:
    marks = watermarks(push.warehouse, push.schema, push.registration)
    transport = open_transport(push.connection, push.platform)
    asker = Asker(transport, push.platform, retry=push.reporter.retry, pause=sleep)
    activation = push.registration.activation
    with closing(transport):
        shown = preview(
            push.warehouse,
            push.registration,
            push.service,
            prepared(activation, push.service, asker, sleep, dry_run=True),
            transport,
            push.reporter,
            _ranges(push, marks, limit),
        )
    return RunResult(
        status="done", message=f"{push.name}: {amount(shown, 'request')} shown, none sent."
    )


def _recorded(push: _Push, limit: int | None) -> RunResult:
    place = (push.warehouse, push.schema, push.registration, push.run_id)
    push.warehouse.label({"app": "tailrace", "activation": push.name, "run": push.run_id})
    transport = open_transport(push.connection, push.platform)
    try:
        push.lease.take(push.reporter.warning)
    except HeldError as error:
        return RunResult(
            status="held", cause="lease_taken", message=str(error), exit_code=error.exit_code
        )
    # A hold may have come while this run waited for its turn.
    push = replace(push, registration=reread(*place[:3]))
    stream = Stream(
        push.warehouse,
        push.schema,
        push.registration,
        push.service,
        transport,
        push.reporter,
        push.run_id,
        LeaseKeeper(push.registration, push.lease.renew),
    )
    try:
        in_the_way = barrier(
            push.warehouse,
            push.schema,
            push.registration,
            push.platform,
            push.connection,
            push.reporter,
        )
        start_run(*place)
        if in_the_way:
            return _finished(push, in_the_way)
        return _run(push, stream, transport, limit)
    finally:
        stream.close()
        transport.close()
        with suppress(TailraceError):
            push.lease.release()


def _run(push: _Push, stream: Stream, transport: Transport, limit: int | None) -> RunResult:
    try:
        # Looking at what stands in the way may have taken long.
        stream.check_lease()
        asker = Asker(transport, push.platform, retry=stream.inflight.retry, pause=stream.pause)
        place = (push.warehouse, push.schema, push.registration, push.run_id)
        if push.service.repeatable:
            marks = watermarks(*place[:3])
        else:
            marks = without_doubts(*place, push.part, push.reporter)
        ranges, activation = _ranges(push, marks, limit), push.registration.activation
        if ranges:
            activation = prepared(activation, push.service, asker, stream.rest)
        total = sum(wanted.up_to - wanted.after for wanted in ranges.values())
        push.reporter.started(push.name, total)
        _send(stream, _course(push, activation, stream, asker, marks), ranges)
        return _finished(push, judged(push.registration, stream, push.reporter))
    except TailraceError as error:
        return _finished(push, failed(push.registration, stream, error))
    except BaseException as error:
        # Ctrl-C, or a fault of the program: recorded, and on its way again.
        _finished(push, broken(push.registration, stream, error))
        raise


def _course(
    push: _Push,
    activation: Activation,
    stream: Stream,
    asker: Asker,
    marks: Mapping[int, Watermark],
) -> Course:
    told = stream.inflight.tell
    endpoint = cache(partial(push.service.endpoint, activation, push.connection))
    sender = Sender(asker, push.service, activation.in_doubt, told)
    if endpoint("insert").job is None:
        return Course(endpoint=endpoint, deliver=sender.deliver)
    jobs = Jobs(push.warehouse, push.schema, push.registration, push.run_id)
    outlast = partial(Follower(asker, told).outlast, endpoint("insert"), pause=stream.rest)
    given = taken_over(jobs, push.registration, marks, outlast)
    return Course(endpoint=endpoint, deliver=sender.deliver, jobs=jobs, given=given)


def _send(stream: Stream, course: Course, ranges: Mapping[int, Range]) -> None:
    try:
        for shard, wanted in ranges.items():
            stream.push(shard, wanted, course)
    except BaseException:
        with suppress(TailraceError):
            stream.wind_up()
        raise


def _ranges(push: _Push, marks: Mapping[int, Watermark], limit: int | None) -> dict[int, Range]:
    """What to send of each shard, cut to the limit; a baseline sends nothing."""
    if push.registration.run_type == "baseline":
        return {}
    left = push.registration.rows_to_send if limit is None else limit
    ranges: dict[int, Range] = {}
    for shard, size in shard_sizes(push.warehouse, push.registration, marks).items():
        if not push.part.has(shard):
            continue
        mark = marks.get(shard, NOTHING)
        after, up_to = mark.acknowledged, min(size, mark.acknowledged + left)
        if up_to > after:
            ranges[shard] = Range(after=after, up_to=up_to, sending=mark.sending)
            left -= up_to - after
    return ranges


def _finished(push: _Push, result: RunResult) -> RunResult:
    """Record the result; a warehouse that fails now matters only if nothing failed before."""
    place = (push.warehouse, push.schema, push.registration)

    def finish() -> RunResult:
        told = result
        if push.lease.is_held():
            told = counted(*place, result, options_of(push.connection).pause_after)
        finish_run(*place, push.run_id, told)
        return told

    try:
        return atomically(push.warehouse, finish)
    except TailraceError as error:
        if result.exit_code is ExitCode.DONE:
            message = about(push.name, str(error))
            return replace(
                result,
                status="failed",
                cause=error.cause,
                message=message,
                exit_code=error.exit_code,
            )
        return result
