"""Three ways to tell of a push: a progress bar, plain lines for logs, JSON for programs."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self

import click

from runner.errors import ExitCode
from runner.masking import masked
from runner.report import PageReport, RunResult
from runner.wording import about, amount

PROGRESS_SECONDS = 5.0


class BaseReporter:
    """What the three share: whose push it is, and since when."""

    def __init__(
        self,
        activation: str,
        destination: str,
        *,
        verbose: bool = False,
        dry_run: bool = False,
        conceal: Callable[[str], str] = str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.activation = activation
        self.destination = destination
        self.verbose = verbose
        self.dry_run = dry_run
        self.conceal = conceal  # what becomes of the body of a request that is shown
        self.clock = clock
        self.began = clock()
        self.total = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Leave the terminal as it was."""

    def started(self, activation: str, total_rows: int) -> None:
        """Note how much there is to do."""
        self.activation = activation
        self.total = total_rows

    def request(self, method: str, url: str, headers: Mapping[str, str], body: str) -> None:
        """Show a request as it would be sent."""
        lines = [f"{method} {url}", *(f"{name}: {value}" for name, value in headers.items())]
        click.echo(masked("\n".join([*lines, "", self.conceal(body), ""])))

    def seconds(self) -> float:
        """Time since the push began."""
        return self.clock() - self.began


class PlainReporter(BaseReporter):
    """One line an event, key=value; progress every few seconds, pages only when verbose."""

    def __init__(self, activation: str, destination: str, **options: Any) -> None:  # noqa: ANN401
        super().__init__(activation, destination, **options)
        self._told_at = self.began

    def started(self, activation: str, total_rows: int) -> None:
        """Tell what begins."""
        super().started(activation, total_rows)
        self._line("started", destination=self.destination, rows=total_rows)

    def page(self, page: PageReport) -> None:
        """Tell of each page when that was asked for."""
        if self.verbose:
            self._line("page", **_page_values(page))

    def retry(self, attempt: int, wait_seconds: float, cause: str) -> None:
        """Tell why it takes longer."""
        self._line("retry", attempt=attempt, wait=f"{wait_seconds:.1f}s", cause=cause)

    def progress(self, settled: int) -> None:
        """Tell how far it is, now and then."""
        now = self.clock()
        if now - self._told_at < PROGRESS_SECONDS:
            return
        self._told_at = now
        rate = settled / self.seconds() if self.seconds() else 0.0
        self._line("progress", settled=settled, rows=self.total, per_second=round(rate))

    def warning(self, text: str) -> None:
        """Tell what a person should know."""
        self._line("warning", text=text)

    def finished(self, result: RunResult) -> None:
        """Tell how it ended."""
        tell_end(self, result)

    def _line(self, event: str, **values: object) -> None:
        words = [f"{name}={_quoted(value)}" for name, value in values.items()]
        click.echo(" ".join([event, f"activation={self.activation}", *words]))


class TerminalReporter(BaseReporter):
    """A progress bar on the terminal, and a summary below it."""

    def __init__(self, activation: str, destination: str, **options: Any) -> None:  # noqa: ANN401
        super().__init__(activation, destination, **options)
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
        from rich.progress import TimeRemainingColumn as Remaining

        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), Remaining())
        self._console = Console(stderr=True, highlight=False, markup=False)
        self._bar = Progress(*columns, console=self._console, transient=True)
        self._task = self._bar.add_task(activation, total=None, visible=not self.dry_run)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Leave the terminal as it was."""
        self._bar.stop()

    def started(self, activation: str, total_rows: int) -> None:
        """Begin the bar."""
        super().started(activation, total_rows)
        self._bar.update(self._task, total=total_rows)

    def page(self, page: PageReport) -> None:
        """Tell of each page when that was asked for."""
        if self.verbose:
            words = [f"{name}={value}" for name, value in _page_values(page).items()]
            self._tell(" ".join(["page", *words]))

    def retry(self, attempt: int, wait_seconds: float, cause: str) -> None:
        """Tell why the bar stands still."""
        self._tell(f"Attempt {attempt} failed, next in {wait_seconds:.1f} s: {cause}")

    def progress(self, settled: int) -> None:
        """Move the bar."""
        self._bar.update(self._task, completed=settled)

    def warning(self, text: str) -> None:
        """Tell what a person should know."""
        self._tell(f"Warning: {text}")

    def finished(self, result: RunResult) -> None:
        """Replace the bar by the summary."""
        self._bar.stop()
        tell_end(self, result)

    def _tell(self, text: str) -> None:
        # Masked before the terminal's width breaks the line: half a secret is no longer found.
        self._console.print(masked(text))


class JsonReporter(BaseReporter):
    """One JSON object a line; the last one of an activation has the event `finished`."""

    def started(self, activation: str, total_rows: int) -> None:
        """Tell what begins."""
        super().started(activation, total_rows)
        self._event("started", destination=self.destination, rows=total_rows)

    def page(self, page: PageReport) -> None:
        """Tell of each page when that was asked for."""
        if self.verbose:
            self._event("page", **_page_values(page))

    def retry(self, attempt: int, wait_seconds: float, cause: str) -> None:
        """Tell of a wait."""
        self._event("retry", attempt=attempt, wait_seconds=round(wait_seconds, 3), cause=cause)

    def progress(self, settled: int) -> None:
        """Programs read the end, not the way."""

    def warning(self, text: str) -> None:
        """Tell what a person should know."""
        self._event("warning", text=text)

    def request(self, method: str, url: str, headers: Mapping[str, str], body: str) -> None:
        """Show a request as it would be sent."""
        shown = {"headers": dict(headers), "body": self.conceal(body)}
        self._event("request", method=method, url=url, **shown)

    def finished(self, result: RunResult) -> None:
        """Tell how it ended."""
        self._event(
            "finished",
            destination=self.destination,
            status=result.status,
            acknowledged=result.acknowledged,
            operations=dict(result.operations),
            rejected=result.rejected,
            requests=result.requests,
            retries=result.retries,
            seconds=round(self.seconds(), 3),
            cause=result.cause,
            message=result.message,
            exit_code=int(result.exit_code),
        )

    def _event(self, event: str, **values: object) -> None:
        line = {"event": event, "activation": self.activation, **values}
        click.echo(json.dumps(line, ensure_ascii=False))


AnyReporter = PlainReporter | TerminalReporter | JsonReporter


def reporter_for(
    activation: str,
    destination: str,
    *,
    as_json: bool,
    verbose: bool = False,
    dry_run: bool = False,
    conceal: Callable[[str], str] = str,
) -> AnyReporter:
    """JSON where it was asked for, a bar on a terminal, else plain lines."""
    options: dict[str, Any] = {"verbose": verbose, "dry_run": dry_run, "conceal": conceal}
    if as_json:
        return JsonReporter(activation, destination, **options)
    kind = TerminalReporter if sys.stderr.isatty() and sys.stdout.isatty() else PlainReporter
    return kind(activation, destination, **options)


def tell_end(reporter: BaseReporter, result: RunResult) -> None:
    """Tell a person how a push ended; what went wrong goes to stderr."""
    if not reporter.dry_run:
        click.echo(summary(reporter, result))
    if result.message:
        message = about(reporter.activation, result.message)
        click.echo(message, err=result.exit_code != ExitCode.DONE)


def summary(reporter: BaseReporter, result: RunResult) -> str:
    """What was done, how long it took, and where to look next."""
    name = reporter.activation
    done = result.operations
    counts = [
        f"{done.get('insert', 0):,} inserted",
        f"{done.get('update', 0):,} updated",
        f"{done.get('delete', 0):,} deleted",
        f"{result.rejected:,} rejected",
    ]
    text = (
        f"{name} -> {reporter.destination}: {result.status}; {', '.join(counts)} "
        f"in {reporter.seconds():.1f} s ({amount(result.requests, 'request')})"
    )
    if result.rejected:
        text += (
            f"\n  Reasons: runner status {name}. Rejected rows are planned again by the next "
            "dbt build."
        )
    return text


def _page_values(page: PageReport) -> dict[str, object]:
    return {
        "page": page.page,
        "shard": page.shard,
        "ordinals": f"{page.first_ordinal}-{page.last_ordinal}",
        "operation": page.operation,
        "rows": page.rows,
        "acknowledged": page.acknowledged,
        "rejected": page.rejected,
        "status": page.status,
        "attempts": page.attempts,
    }


def _quoted(value: object) -> str:
    text = str(value)
    return json.dumps(text, ensure_ascii=False) if set(text) & set(' ="\n') else text
