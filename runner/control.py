"""The control tables, and the activations that dbt registered in them."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass, fields
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from runner.destinations.service import Activation
from runner.errors import ConfigurationError, UnavailableError
from runner.hints import nearest
from runner.warehouse import MissingRelationError
from runner.wording import naming

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from runner.warehouse import Warehouse
    from runner.watermarks import Watermark

# What holds where a registration does not say.
LEASE_SECONDS = 120
# Without these a table is no delta.
DELTA_COLUMNS = (
    "_delta_id, _shard, _ordinal, _operation, _record_key, _identifiers, _payload, _row_hash"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlSchema:
    """Where the control tables are; `target` is named in messages."""

    database: str | None
    schema: str
    target: str

    def table(self, warehouse: Warehouse, name: str) -> str:
        """Return the quoted name of a control table."""
        return warehouse.relation(self.database, self.schema, name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """One row of tailrace_activations: the current delta of an activation."""

    activation_name: str
    relation: str
    database_name: str | None
    schema_name: str
    table_name: str
    project: str
    target_name: str
    delta_id: str
    registered_at: datetime
    destination: str
    service: str
    sent_to: str
    sync_mode: str
    run_type: str
    settings: Mapping[str, Any]
    model_rows: int
    synced_rows: int
    insert_rows: int
    update_rows: int
    delete_rows: int
    invalid_rows: int
    duplicate_rows: int
    resting_rows: int
    late_rows: int
    waiting_rows: int
    warnings: str | None
    hold_reason: str | None
    approved_at: datetime | None
    approved_by: str | None
    lease_holder: str | None
    lease_heartbeat_at: datetime | None
    removed_at: datetime | None

    @property
    def held(self) -> bool:
        """Whether a guard stopped this delta and nobody has approved it."""
        return self.hold_reason is not None and self.approved_at is None

    @property
    def lease_seconds(self) -> int:
        """After how long without a sign of life a runner of this activation counts as dead."""
        return int(self.settings.get("lease_seconds") or LEASE_SECONDS)

    @property
    def rows_to_send(self) -> int:
        """How many rows of the delta have an ordinal."""
        return self.insert_rows + self.update_rows + self.delete_rows

    @property
    def activation(self) -> Activation:
        """Return what a destination service needs to know."""
        given = self.settings
        return Activation(
            name=self.activation_name,
            service=self.service,
            sync_mode=self.sync_mode,  # type: ignore[arg-type]  # dbt checked it at build
            identifiers=given.get("identifiers") or {},
            attributes=given.get("attributes") or {},
            settings=given.get("settings") or {},
            nulls=given.get("nulls") or "send",
            on_leave=given.get("on_leave") or "delete",
            in_doubt=given.get("in_doubt") or "hold",
            max_age=given.get("max_age"),
            min_age=given.get("min_age"),
        )

    def delta(self, warehouse: Warehouse) -> str:
        """Return the quoted name of the delta table."""
        return warehouse.relation(self.database_name, self.schema_name, self.table_name)

    def synced_state(self, warehouse: Warehouse) -> str:
        """Return the quoted name of the synced state."""
        name = f"{self.table_name}__synced"
        return warehouse.relation(self.database_name, self.schema_name, name)


def registrations(
    warehouse: Warehouse, schema: ControlSchema, patterns: Sequence[str] = ()
) -> list[Registration]:
    """Read the registered activations by exact name or glob, all of them without a pattern.

    Where several targets share the control tables, only those of the schema's target.
    """
    found = _of_target(_all_registrations(warehouse, schema), schema)
    if not patterns:
        return found
    names = [registration.activation_name for registration in found]
    for pattern in patterns:
        if not any(fnmatchcase(name, pattern) for name in names):
            hint = nearest(pattern, names)
            raise ConfigurationError(
                f"No activation in schema {schema.schema} is called {pattern}: {hint}"
            )
    return [
        registration
        for registration in found
        if any(fnmatchcase(registration.activation_name, pattern) for pattern in patterns)
    ]


def reread(warehouse: Warehouse, schema: ControlSchema, registration: Registration) -> Registration:
    """The registration as it is now: it may be held or approved since it was read."""
    for found in _all_registrations(warehouse, schema):
        if found.relation == registration.relation:
            return found
    return registration


def _of_target(found: list[Registration], schema: ControlSchema) -> list[Registration]:
    # A build elsewhere may call its only target otherwise (dbt Cloud says `default`).
    targets = sorted({registration.target_name for registration in found})
    if not targets:
        raise ConfigurationError(_nothing_built(schema))
    if len(targets) == 1:
        return found
    if schema.target not in targets:
        raise ConfigurationError(
            f"Schema {schema.schema} holds activations of the targets {', '.join(targets)}, and "
            f"none of {schema.target}: name one of them with --target."
        )
    return [registration for registration in found if registration.target_name == schema.target]


def _all_registrations(warehouse: Warehouse, schema: ControlSchema) -> list[Registration]:
    names = [field.name for field in fields(Registration)]
    columns = ["activation" if name == "activation_name" else name for name in names]
    query = (
        f"select {', '.join(columns)} from {schema.table(warehouse, 'tailrace_activations')} "
        "order by activation, relation"
    )
    try:
        found = list(warehouse.rows(query))
    except MissingRelationError:
        raise ConfigurationError(_nothing_built(schema)) from None
    return [_registration(dict(zip(names, row, strict=True))) for row in found]


def _registration(values: dict[str, Any]) -> Registration:
    settings = values.pop("settings")
    counts = {name: int(value or 0) for name, value in values.items() if name.endswith("_rows")}
    return Registration(**{**values, **counts, "settings": json.loads(settings or "{}")})


def _nothing_built(schema: ControlSchema) -> str:
    return (
        f"No activation was built yet in schema {schema.schema} of target {schema.target}: run "
        "dbt build first, or name the schema of the control tables with --schema."
    )


def check_delta(warehouse: Warehouse, registration: Registration) -> None:
    """Raise ConfigurationError when the delta table is not there, or another one is."""
    query = f"select {{}} from {registration.delta(warehouse)} where 1 = 0"
    try:
        list(warehouse.rows(query.format(DELTA_COLUMNS)))
    except MissingRelationError:
        raise ConfigurationError(_gone(registration)) from None
    except UnavailableError:
        # Who may not read it, or has lost the connection, is told so.
        with naming(registration.activation_name):
            list(warehouse.rows(query.format("1")))
        raise ConfigurationError(_foreign(registration)) from None


@contextmanager
def needing(table: str, registration: Registration) -> Iterator[None]:
    """Let a control table that an older version did not make be missed with the cure."""
    try:
        yield
    except MissingRelationError:
        raise ConfigurationError(
            f"{registration.activation_name}: the control table {table} does not exist, since an "
            "older version made the others: run dbt build first."
        ) from None


def shard_sizes(
    warehouse: Warehouse, registration: Registration, marks: Mapping[int, Watermark]
) -> dict[int, int]:
    """Return the last ordinal of each shard; the delta must be the one that is registered.

    Settled rows may have been forgotten since, so a shard reaches at least to its watermark.
    """
    query = (
        "select _delta_id, _shard, max(_ordinal) "
        f"from {registration.delta(warehouse)} group by _delta_id, _shard"
    )
    sizes = {shard: mark.acknowledged for shard, mark in marks.items() if mark.acknowledged}
    try:
        found = list(warehouse.rows(query))
    except MissingRelationError:
        raise ConfigurationError(_gone(registration)) from None
    for delta_id, shard, last in found:
        if delta_id != registration.delta_id:
            raise ConfigurationError(_disagree(registration))
        if last is not None:
            sizes[int(shard)] = max(int(last), sizes.get(int(shard), 0))
    if sum(sizes.values()) != registration.rows_to_send:
        raise ConfigurationError(_disagree(registration))
    return dict(sorted(sizes.items()))


def _gone(registration: Registration) -> str:
    name, relation = registration.activation_name, registration.relation
    return (
        f"{name}: its delta table {relation} does not exist: build it again (dbt build --select "
        f"{name}), or, if the activation is not wanted any more, delete its row (delete from "
        f"tailrace_activations where relation = '{relation}')."
    )


def _foreign(registration: Registration) -> str:
    name, relation = registration.activation_name, registration.relation
    return (
        f"{name}: the table {relation} is not its delta, as columns of this package are missing: "
        f"rename it if anybody needs it, then build {name} again (dbt build --select {name})."
    )


def _disagree(registration: Registration) -> str:
    return (
        f"{registration.activation_name}: the delta table and its registration disagree, so a "
        "build did not end well: run dbt build again."
    )
