"""A warehouse that takes down every statement that dbt issues, and answers as a real one could."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import agate  # type: ignore[import-untyped]  # it brings no types
import pytest
from dbt.adapters.contracts.connection import AdapterResponse
from dbt.adapters.factory import FACTORY, get_adapter_class_by_name, load_plugin
from dbt_common.clients.agate_helper import Integer

DELTA_COLUMNS = ("_delta_id", "_event_time")
VIEWS = (
    *("vips", "segment_memberships", "tailrace_activation_status", "tailrace_rejections"),
    "tailrace_run_history",
)
PRESENT = ("people", "vips")
CONNECTING = ("begin", "cleanup_all", "commit", "open", "release", "rollback_if_open")
CHANGING = ("create_schema", "drop_relation", "rename_relation", "commit_if_has_connection")
Answer = tuple[AdapterResponse, agate.Table]
TYPES = {bool: agate.Boolean(), int: Integer()}
# The former name of an activation, and how many watermarks say that there is something to fold.
ALWAYS = {"select table_name from": "an_old_name", "select count(*) from": 1}
HOLDER = re.compile(r"lease_holder = 'build ([^']+)'")
DELTA = re.compile(r"'([0-9a-f]{32})'(?: as \w+(?:\(\d+\))?\))? as delta_id")


@dataclass
class Recorder:
    """What was issued, in order, and by which node of dbt. `columns` are those of every model."""

    dialect: str
    columns: dict[str, str]
    statements: list[str] = field(default_factory=list)
    nodes: list[str] = field(default_factory=list)
    start: int = 0

    @property
    def built(self) -> bool:
        """Whether there is what a first build left behind."""
        return self.start > 0

    def next_build(self) -> None:
        """A build begins."""
        self.start = len(self.statements)

    def execute(self, node: str, sql: str) -> Answer:
        """Take a statement down."""
        self.nodes.append(node)
        self.statements.append(sql)
        return AdapterResponse(_message="OK"), self._answer(sql)

    def _answer(self, sql: str) -> agate.Table:
        words = " ".join(sql.split())
        if "should_warn" in words:
            return _table(["failures", "should_warn", "should_error"], [0, False, False])
        for begin, value in ALWAYS.items():
            if words.startswith(begin):
                return _table(["value"], [value])
        if self.built and "select delta_id, lease_holder" in words:
            columns = [f"c{place}" for place in range(7)]
            return _table(columns, self._registered(events="event" in words))
        if self.built and words.startswith("select _delta_id from"):
            return _table(["_delta_id"], ["another"])
        if "select cast(lease_heartbeat_at" not in words:
            return _table([])
        return _table(["heartbeat"], ["2026-03-01 09:30:00"])

    def _registered(self, *, events: bool) -> list[object]:
        """Before this build took the lease, a runner that seems to be dead has it."""
        holder = self._last(HOLDER)
        mode = "incremental" if events else "mirror"
        settings = '{"primary_key": ["other"], "lease_seconds": 60, "base": null}'
        lease = f"build {holder}" if holder else "a-runner"
        return [self._last(DELTA), lease, mode, "braze/users", settings, None, 1]

    def _last(self, pattern: re.Pattern[str]) -> str:
        found = (pattern.search(each) for each in reversed(self.statements[self.start :]))
        return next((each[1] for each in found if each), "")


def _table(names: list[str], *rows: list[object]) -> agate.Table:
    values = rows[0] if rows else [""] * len(names)
    return agate.Table(list(rows), names, [TYPES.get(type(each), agate.Text()) for each in values])


def _nothing(*_: object, **__: object) -> None:
    return None


@contextmanager
def recording(recorder: Recorder) -> Iterator[None]:
    """Let the dialect's adapter talk to the recorder instead of a connection."""
    load_plugin(recorder.dialect)
    kind: Any = get_adapter_class_by_name(recorder.dialect)

    def execute(self: Any, sql: str, *_: object, **__: object) -> Answer:  # noqa: ANN401 - the adapter
        return recorder.execute(self.connections.get_thread_connection().name, sql)

    def relation(self: Any, database: str, schema: str, identifier: str, **_: object) -> object:  # noqa: ANN401 - the adapter
        kind = "view" if identifier in VIEWS else "table"
        found = self.Relation.create(
            database=database, schema=schema, identifier=identifier, type=kind
        )
        own = identifier.startswith("tailrace_") or identifier.endswith("__synced")
        return found if recorder.built or own or identifier in PRESENT else None

    def columns(self: Any, relation: Any, *_: object) -> list[object]:  # noqa: ANN401 - the adapter
        present = relation.identifier in PRESENT
        found = recorder.columns if present else dict.fromkeys(DELTA_COLUMNS, "text")
        return [self.Column(column=name, dtype=kind) for name, kind in found.items()]

    stand_ins = {
        "execute": execute,
        "get_relation": relation,
        "get_columns_in_relation": columns,
        "list_relations_without_caching": lambda *_: [],
        "list_schemas": lambda *_: [],
        "check_schema_exists": lambda *_: True,
        "is_replaceable": lambda *_: True,
        "compare_dbr_version": lambda *_: 1,
        **dict.fromkeys(CHANGING, _nothing),
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, stand_in in stand_ins.items():
            patch.setattr(kind, name, stand_in, raising=False)
        for name in CONNECTING:
            patch.setattr(kind.ConnectionManager, name, _nothing, raising=False)
        yield
    FACTORY.adapters.clear()  # dbt would close connections that were never opened
