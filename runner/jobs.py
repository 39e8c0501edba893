"""Jobs that a destination may still work on: recorded, so that the next run asks for them again."""

# ruff: noqa: S608  # relation names are quoted by the warehouse, values are bound

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from runner.control import ControlSchema, Registration, needing
from runner.pages import Page
from runner.warehouse import Warehouse
from runner.watermarks import Watermark

TABLE = "tailrace_jobs"


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenJob:
    """A job, and the rows of the shard of a delta that it was given."""

    job: str
    delta_id: str
    shard: int
    first_ordinal: int
    last_ordinal: int


class Jobs:
    """The jobs of one activation; only the run that has the lease writes them."""

    def __init__(
        self, warehouse: Warehouse, schema: ControlSchema, registration: Registration, run_id: str
    ) -> None:
        self._warehouse = warehouse
        self._table = schema.table(warehouse, TABLE)
        self._registration = registration
        self._run_id = run_id

    def read(self) -> list[OpenJob]:
        """Those that were recorded and not dropped since."""
        query = (
            f"select job, delta_id, shard, first_ordinal, last_ordinal from {self._table} "
            "where relation = ?"
        )
        with needing(TABLE, self._registration):
            rows = list(self._warehouse.rows(query, [self._registration.relation]))
        return [
            OpenJob(
                job=str(job),
                delta_id=str(delta_id),
                shard=int(shard),
                first_ordinal=int(first),
                last_ordinal=int(last),
            )
            for job, delta_id, shard, first, last in rows
        ]

    def add(self, shard: int, page: Page, job: str) -> None:
        """Record that a page was handed over."""
        registration = self._registration
        self._warehouse.execute(
            f"insert into {self._table} (relation, activation, delta_id, run_id, shard, "
            "first_ordinal, last_ordinal, job, submitted_at) "
            f"values (?, ?, ?, ?, ?, ?, ?, ?, {self._warehouse.now})",
            [
                registration.relation,
                registration.activation_name,
                registration.delta_id,
                self._run_id,
                shard,
                page.first_ordinal,
                page.last_ordinal,
                job,
            ],
        )

    def drop(self, job: str) -> None:
        """Forget one that nobody needs to ask for any more."""
        self._warehouse.execute(
            f"delete from {self._table} where relation = ? and job = ?",
            [self._registration.relation, job],
        )

    def settled(self, shard: int, ordinal: int) -> None:
        """Forget those of this delta whose rows are settled: up to this ordinal."""
        self._warehouse.execute(
            f"delete from {self._table} "
            "where relation = ? and delta_id = ? and shard = ? and last_ordinal <= ?",
            [self._registration.relation, self._registration.delta_id, shard, ordinal],
        )


def taken_over(
    jobs: Jobs,
    registration: Registration,
    marks: Mapping[int, Watermark],
    outlast: Callable[[str], None],
) -> dict[tuple[int, int, int], str]:
    """The jobs of this delta's unsettled pages, by shard, first and last ordinal.

    `outlast(job)` waits for the end of one that an earlier delta left: what it has still to write
    must not come after what this delta sends.
    """
    kept = {}
    for each in jobs.read():
        if each.delta_id != registration.delta_id:
            outlast(each.job)
            jobs.drop(each.job)
        elif each.shard in marks and each.first_ordinal <= marks[each.shard].acknowledged:
            jobs.drop(each.job)
        else:
            kept[each.shard, each.first_ordinal, each.last_ordinal] = each.job
    return kept
