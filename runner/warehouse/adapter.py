"""Any other warehouse, through dbt's own adapter: every way to log in that it knows works.

These calls are not dbt's public interface; a test runs them on the dbt that is installed.
Importing dbt takes seconds, so this module is imported only where it is needed.
"""

from __future__ import annotations

import os
from argparse import Namespace
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol

import yaml
from dbt.adapters.base.impl import BaseAdapter
from dbt.adapters.factory import get_adapter_class_by_name
from dbt.config.runtime import RuntimeConfig
from dbt.flags import set_from_args
from dbt.mp_context import get_mp_context
from dbt_common.context import set_invocation_context
from dbt_common.exceptions import DbtBaseException

from runner.errors import ConfigurationError, UnavailableError
from runner.masking import masked
from runner.profiles import Profile
from runner.warehouse import placeholders
from runner.warehouse.dialects import DIALECTS, Dialect, failure
from runner.yaml_files import read_mapping

BATCH = 1000
MANY = 2**31 - 1


class _Cursor(Protocol):
    rowcount: int | None  # by the DB-API -1 or None where it is unknown

    def execute(self, sql: str, *values: object, **options: object) -> object: ...
    def fetchone(self) -> tuple[Any, ...] | None: ...
    def fetchmany(self, size: int) -> list[tuple[Any, ...]]: ...


class AdapterWarehouse:
    """A connection that dbt's adapter opened, used through its driver's own cursor."""

    def __init__(self, adapter: BaseAdapter, profile: Profile) -> None:
        self._adapter = adapter
        self._profile = profile
        self._dialect = DIALECTS.get(profile.type, Dialect())
        self._labels: Mapping[str, str] = {}
        self.now = self._dialect.now
        self.transactional = self._dialect.transactional
        try:
            adapter.connections.set_connection_name("runner")
            handle = adapter.connections.get_thread_connection().handle
            self._handle: Any = self._dialect.connection(handle)
            # Two adapters leave their drivers waiting for a commit after every statement.
            if isinstance(getattr(self._handle, "autocommit", None), bool):
                self._handle.autocommit = True
        except Exception as error:  # noqa: BLE001  # drivers and adapters have no common error
            raise UnavailableError(
                f"Target {profile.target} of profile {profile.name} ({profile.type}) cannot be "
                f"reached or refuses this login: {_cause(error)}. Try dbt debug."
            ) from None

    def rows(self, sql: str, parameters: Sequence[object] = ()) -> Iterator[tuple[Any, ...]]:
        """Yield rows; where the driver has one cursor only, its result is read at once."""
        with self._explained():
            cursor = self._run(sql, parameters)
            # A driver with one cursor only would lose the rest to the next statement.
            size = BATCH if id(cursor) != id(self._cursor()) else MANY
            batch = cursor.fetchmany(size)
        while batch:
            yield from batch
            with self._explained():
                batch = cursor.fetchmany(size) if size == BATCH else []

    def execute(self, sql: str, parameters: Sequence[object] = ()) -> int:
        """Run a statement and return the number of rows it changed, or -1."""
        with self._explained():
            count = self._run(sql, parameters).rowcount
        return -1 if count is None else count

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit the statements inside together where the engine can."""
        if not self.transactional:
            yield
            return
        self.execute("begin")
        try:
            yield
        except BaseException:
            with suppress(UnavailableError):  # what went wrong first is what counts
                self.execute("rollback")
            raise
        self.execute("commit")

    def relation(self, *parts: str | None) -> str:
        """Quote a name as the adapter does, or as the project says."""
        database, schema, table = ((None,) * 3 + parts)[-3:]
        made = self._adapter.Relation.create(
            database=database,
            schema=schema,
            identifier=table,
            quote_policy=self._adapter.config.quoting,
        )
        return str(made.render())

    def seconds_ago(self, seconds: int) -> str:
        """Return the expression for a time before now."""
        return self._dialect.ago.format(int(seconds))

    def label(self, labels: Mapping[str, str]) -> None:
        """Label every statement from now on, where the engine knows labels."""
        self._labels = labels

    def close(self) -> None:
        """Close what the adapter opened."""
        self._adapter.cleanup_connections()
        # dbt-duckdb keeps the file open beyond that.
        close_all = getattr(self._adapter.connections, "close_all_connections", None)
        if close_all:
            close_all()

    def _cursor(self) -> _Cursor:
        cursor: _Cursor = self._handle.cursor()
        return cursor

    def _run(self, sql: str, parameters: Sequence[object]) -> _Cursor:
        cursor = self._cursor()
        style = self._dialect.placeholder
        options = self._dialect.labelled(self._labels) if self._labels else {}
        if parameters:
            bound = sql if style == "?" else placeholders(sql, style)
            cursor.execute(bound, list(parameters), **options)
        else:
            # some drivers leave a doubled % alone where no value is bound
            cursor.execute(sql, **options)
        return cursor

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:  # noqa: BLE001  # drivers have no common error
            sentence = (
                f"The warehouse of target {self._profile.target} ({self._profile.type}) refused a "
                f"statement of the runner: {_cause(error)}. Check the grants, or "
                "run dbt build again if a table differs."
            )
            raise failure(sentence, str(error)) from None


def connect(profile: Profile) -> AdapterWarehouse:
    """Let dbt read the profile again and open the connection; no project folder is needed."""
    with TemporaryDirectory(prefix="tailrace-") as folder:
        adapter = _adapter(profile, Path(folder))
    return AdapterWarehouse(adapter, profile)


def _adapter(profile: Profile, folder: Path) -> BaseAdapter:
    # A project of two lines is enough for dbt to make an adapter's configuration.
    project: dict[str, object] = {"name": "tailrace_runner", "profile": profile.name}
    if profile.project_dir and (profile.project_dir / "dbt_project.yml").is_file():
        # Where the user's project quotes names, so does the runner.
        theirs = read_mapping(profile.project_dir / "dbt_project.yml")
        project |= {key: value for key, value in theirs.items() if key == "quoting"}
    (folder / "dbt_project.yml").write_text(yaml.safe_dump(project), encoding="utf-8")
    arguments = Namespace(
        project_dir=str(folder),
        profiles_dir=str(profile.profiles_dir),
        profile=profile.name,
        target=profile.target,
        vars={},
        threads=1,
        which="run",
    )
    set_invocation_context(os.environ)
    try:
        set_from_args(arguments, None)
        config = RuntimeConfig.from_args(arguments)
    except DbtBaseException as error:
        raise ConfigurationError(
            f"dbt cannot use target {profile.target} of profile {profile.name}: {_cause(error)}."
        ) from None
    # Not through dbt's registry: it holds one adapter a type, maybe that of another target.
    kind: Callable[..., Any] = get_adapter_class_by_name(profile.type)
    adapter: BaseAdapter = kind(config, get_mp_context())
    return adapter


def _cause(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return masked(" ".join(lines[:3])).rstrip(".") or type(error).__name__
