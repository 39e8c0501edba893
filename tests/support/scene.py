"""A warehouse with a delta, a destination under control, and pushes between them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from runner.control import Registration, registrations
from runner.destinations.service import Operation, Service
from runner.parts import WHOLE, Part
from runner.push import push_activation
from runner.report import PageReport, RunResult
from runner.warehouse import Warehouse, connect
from tests.support.destination import (
    Destination,
    connection_to,
    platform,
    service,
    serving,
)
from tests.support.warehouses import (
    SCHEMA,
    Built,
    all_rows,
    create_control_tables,
    duckdb_profile,
)

TABLE = '"marketing"."braze_vips"'


@dataclass
class Heard:
    """A reporter that keeps what it is told."""

    total: int | None = None
    pages: list[PageReport] = field(default_factory=list)
    retries: list[tuple[int, float, str]] = field(default_factory=list)
    settled: list[int] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    requests: list[tuple[str, str, Mapping[str, str], str]] = field(default_factory=list)
    results: list[RunResult] = field(default_factory=list)

    def started(self, activation: str, total_rows: int) -> None:
        """Keep the total."""
        self.total = total_rows

    def page(self, page: PageReport) -> None:
        """Keep a page."""
        self.pages.append(page)

    def retry(self, attempt: int, wait_seconds: float, cause: str) -> None:
        """Keep a retry."""
        self.retries.append((attempt, wait_seconds, cause))

    def progress(self, settled: int) -> None:
        """Keep the count."""
        self.settled.append(settled)

    def warning(self, text: str) -> None:
        """Keep a warning."""
        self.warnings.append(text)

    def request(self, method: str, url: str, headers: Mapping[str, str], body: str) -> None:
        """Keep a request of a dry run."""
        self.requests.append((method, url, headers, body))

    def finished(self, result: RunResult) -> None:
        """Keep the result."""
        self.results.append(result)


@dataclass
class Scene:
    """One activation, its service (ten rows a page) and its connection's options."""

    warehouse: Warehouse
    destination: Destination
    service: Service = field(default_factory=service)
    options: dict[str, Any] = field(default_factory=dict)
    heard: Heard = field(default_factory=Heard)

    def build(
        self,
        *rows: tuple[Operation, int],
        shards: int = 1,
        in_doubt: str = "hold",
        hold_reason: str | None = None,
    ) -> None:
        """Build a delta with so many rows of each operation in each shard; keys tell all three."""
        counts = {f"{operation}_rows": count * shards for operation, count in rows}
        modes = {"sync_mode": next(iter(self.service.sync_modes)), "hold_reason": hold_reason}
        Built(
            shards=(), values={"insert_rows": 0, **counts, **modes}, settings={"in_doubt": in_doubt}
        ).build(self.warehouse)
        for shard in range(shards):
            last = 0
            for operation, count in rows:
                self.warehouse.execute(
                    f"insert into {TABLE} (_delta_id, _shard, _ordinal, _operation, _record_key, "
                    "_identifiers, _payload, _row_hash) select 'delta-1', ?, i, ?, "
                    "? || i::varchar, '{}', '{}', 'h' || i::varchar from range(?, ?) as n (i)",
                    [shard, operation, f"{shard}-", last + 1, last + count + 1],
                )
                last += count
        self.warehouse.execute(
            "update marketing.tailrace_activations set approved_at = null, lease_holder = null"
        )

    @property
    def registration(self) -> Registration:
        """What is registered now."""
        return registrations(self.warehouse, SCHEMA)[0]

    def push(
        self,
        *,
        limit: int | None = None,
        part: Part = WHOLE,
        dry_run: bool = False,
        warehouse: Warehouse | None = None,
    ) -> RunResult:
        """Push with a fresh reporter."""
        self.heard = Heard()
        return push_activation(
            warehouse or self.warehouse,
            SCHEMA,
            self.registration,
            self.service,
            platform(self.service),
            connection_to(self.destination.url, **self.options),
            self.heard,
            limit=limit,
            part=part,
            dry_run=dry_run,
        )

    def marks(self) -> dict[int, tuple[int, int]]:
        """Watermarks by shard: sending, acknowledged."""
        columns = "shard, sending, acknowledged"
        found = self.rows("tailrace_watermarks", columns)
        return {shard: (sending or 0, settled or 0) for shard, sending, settled in found}

    def acknowledged(self) -> set[str]:
        """Keys that the warehouse takes as acknowledged: settled, and not refused."""
        relation = SCHEMA.table(self.warehouse, "tailrace_rejected_rows")
        marks = SCHEMA.table(self.warehouse, "tailrace_watermarks")
        query = (
            f"select _record_key from {TABLE} as delta join {marks} as mark on "
            "mark.shard = delta._shard and delta._ordinal <= mark.acknowledged where not exists "
            f"(select 1 from {relation} as bad where bad.shard = delta._shard "
            "and bad.ordinal = delta._ordinal)"
        )
        return {key for (key,) in self.warehouse.rows(query)}

    def rejected(self) -> list[tuple[int, str, str]]:
        """Refused rows: ordinal, code, reason."""
        return self.rows("tailrace_rejected_rows", "ordinal, code, reason")

    def runs(self) -> list[Any]:
        """Recorded runs: status, exit code, counts, message."""
        columns = "status, exit_code, requests, retries, acknowledged_rows, rejected_rows, message"
        return self.rows("tailrace_runs", columns)

    def lease(self) -> object:
        """Who holds the lease."""
        return self.rows("tailrace_activations", "lease_holder")[0][0]

    def rows(self, table: str, columns: str) -> list[Any]:
        """Rows of a control table."""
        return sorted(all_rows(self.warehouse, table, columns))

    def unfit(self, *ordinals: int) -> None:
        """Let these rows be refused without a request."""
        for ordinal in ordinals:
            self.warehouse.execute(
                f"update {TABLE} set _payload = ? where _ordinal = ?",
                [json.dumps({"unfit": True}), ordinal],
            )

    def events(self, **options: Any) -> Scene:  # noqa: ANN401 - options are anything
        """The same scene with a service whose requests must not be repeated."""
        return replace(self, service=service(repeatable=False), options={**self.options, **options})


def before(scene: Scene, statement: str, action: Callable[[], None], *, nth: int = 1) -> None:
    """Do something just before the nth statement that holds these words."""
    seen = 0

    class Watched(type(scene.warehouse)):  # type: ignore[misc]  # the class is the driver's own
        """The warehouse, with an accident on the way."""

        def execute(self, sql: str, parameters: object = ()) -> int:
            """Run a statement, or meet the accident."""
            nonlocal seen
            if statement in sql:
                seen += 1
                if seen == nth:
                    action()
            return int(super().execute(sql, parameters))

    scene.warehouse.__class__ = Watched


def keys(first: int, last: int, shard: int = 0) -> list[str]:
    """Record keys of a range of ordinals."""
    return [f"{shard}-{ordinal}" for ordinal in range(first, last + 1)]


@contextmanager
def scene(folder: Path) -> Iterator[Scene]:
    """A scene with an empty warehouse and a destination that takes everything."""
    warehouse = connect(duckdb_profile(folder))
    create_control_tables(warehouse)
    with serving(Destination()) as destination:
        yield Scene(warehouse, destination)
    warehouse.close()
