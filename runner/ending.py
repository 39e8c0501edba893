"""How a run ended, as the result that is recorded and told."""

from __future__ import annotations

from runner.control import Registration
from runner.errors import ExitCode, HeldError, RejectedShareError, TailraceError
from runner.report import Reporter, RunResult, RunStatus
from runner.stream import Stream
from runner.wording import about, amount

MAX_REJECTED_SHARE = 1.0


def judged(registration: Registration, stream: Stream, reporter: Reporter) -> RunResult:
    """The result of a run in which every row has its outcome."""
    name, settler = registration.activation_name, stream.settler
    rows = settler.acknowledged + settler.rejected
    share = 100 * settler.rejected / rows if rows else 0.0
    guards = registration.settings.get("guards") or {}
    allowed = float(guards.get("max_rejected_share", MAX_REJECTED_SHARE))
    if settler.skipped:
        reporter.warning(
            f"{name}: {amount(settler.skipped, 'event')} got no usable answer and will not be "
            "sent again (in_doubt: skip)."
        )
    if share <= allowed:
        return _result(stream, "done", None, "", ExitCode.DONE)
    message = (
        f"{name} ended with {settler.rejected:,} of {amount(rows, 'row')} rejected "
        f"({share:.1f} %, allowed {allowed:g} %): read the reasons with runner status {name}."
    )
    return _result(stream, "rejected", "rejected_rows", message, ExitCode.REJECTED)


def failed(registration: Registration, stream: Stream, error: TailraceError) -> RunResult:
    """The result of a run that an error stopped."""
    name = registration.activation_name
    message = about(name, str(error))
    if stream.in_doubt and registration.activation.in_doubt == "hold":
        message += (
            f" {amount(stream.in_doubt, 'event')} may or may not have arrived: decide with runner "
            f"resolve {name} --resend or --skip."
        )
    status: RunStatus = "failed"
    if isinstance(error, RejectedShareError):
        status = "stopped"
    elif isinstance(error, HeldError):
        status = "stopped" if stream.requests else "held"
    return _result(stream, status, error.cause, message, error.exit_code)


def broken(registration: Registration, stream: Stream, error: BaseException) -> RunResult:
    """The result of a run that Ctrl-C or a fault of the program ended."""
    interrupted = isinstance(error, KeyboardInterrupt)
    words = "was interrupted" if interrupted else "broke off"
    message = f"{registration.activation_name}: the run {words}; what it settled is recorded."
    cause = "interrupted" if interrupted else "fault"
    return _result(stream, "stopped", cause, message, ExitCode.UNAVAILABLE)


def _result(
    stream: Stream, status: RunStatus, cause: str | None, message: str, exit_code: ExitCode
) -> RunResult:
    settler = stream.settler
    return RunResult(
        status=status,
        acknowledged=settler.acknowledged,
        rejected=settler.rejected,
        requests=stream.requests,
        retries=stream.retries,
        operations=dict(settler.operations),
        cause=cause,
        message=message,
        exit_code=exit_code,
    )
