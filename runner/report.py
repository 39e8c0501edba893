"""What a run tells the person or the program that started it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

from runner.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runner.destinations.service import Operation

RunStatus = Literal["done", "rejected", "held", "paused", "stopped", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """How the push of one activation ended; `operations` counts acknowledged rows by operation.

    `run_id` is empty where the push did not come as far as a run. `cause` says why it did not end
    well, in a word that stays the same from run to run.
    """

    status: RunStatus
    run_id: str = ""
    acknowledged: int = 0
    rejected: int = 0
    requests: int = 0
    retries: int = 0
    operations: Mapping[Operation, int] = field(default_factory=dict)
    cause: str | None = None
    message: str = ""
    exit_code: ExitCode = ExitCode.DONE


@dataclass(frozen=True, slots=True, kw_only=True)
class PageReport:
    """The outcome of one request's rows; `status` is the last HTTP status, None without one."""

    page: int
    shard: int
    first_ordinal: int
    last_ordinal: int
    operation: Operation
    rows: int
    acknowledged: int
    rejected: int
    status: int | None
    attempts: int


class Reporter(Protocol):
    """Listens to a push. Called from one thread at a time, never given a secret."""

    def started(self, activation: str, total_rows: int) -> None:
        """Tell that an activation's push begins, with the rows still to be settled."""

    def page(self, page: PageReport) -> None:
        """Tell the outcome of one page."""

    def retry(self, attempt: int, wait_seconds: float, cause: str) -> None:
        """Tell that a request is tried again after a wait."""

    def progress(self, settled: int) -> None:
        """Tell how many of the total rows are settled so far in this run."""

    def warning(self, text: str) -> None:
        """Tell something a person should know, in one sentence."""

    def request(self, method: str, url: str, headers: Mapping[str, str], body: str) -> None:
        """Show a request of a dry run; header values that are secrets are masked."""

    def finished(self, result: RunResult) -> None:
        """Tell how the activation's push ended."""
