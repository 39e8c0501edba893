"""What happens in a child: one dbt command, or one command of the runner, on a wire that may break.

A child's modules are its own, so what it replaces in them is replaced nowhere else.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, redirect_stderr, redirect_stdout
from dataclasses import replace
from multiprocessing import set_start_method
from multiprocessing.connection import Connection
from typing import Any

from tests.soak.orders import Order, Report
from tests.soak.wire import Wire

# Waiting times of the runner, cut short: (module, name, value).
HASTE: tuple[tuple[str, str, object], ...] = (
    ("runner.asking", "FIRST_WAIT", 0.01),
    ("runner.stream", "HANDED_OVER", 0.01),
    ("runner.lease", "sleep", lambda _seconds: None),
    ("runner.warehouse.duckdb", "LOCK_WAITS", (0.05,)),
    # One page on its way at a time, so that a seed goes the same way twice.
    ("runner.inflight", "AHEAD", 1),
)
NEVER = 1e9


def run_dbt(pipe: Connection, order: Order) -> None:
    """Run a dbt command and report on it."""
    from dbt.cli.main import dbtRunner
    from dbt_common.exceptions import DbtDatabaseError

    wire = Wire(pipe, order.fuse, order.shift, DbtDatabaseError)
    _wire_dbt(wire, autocommit=order.autocommit)
    with redirect_stdout(io.StringIO()) as out, redirect_stderr(out):
        done = dbtRunner().invoke(list(order.arguments))
    found = getattr(done.result, "results", None) or []
    messages = [str(each.message) for each in found if getattr(each, "message", None)]
    report = Report(
        code=0 if done.success else 1,
        text="\n".join([*messages, str(done.exception or ""), out.getvalue()]),
        nodes={each.node.name: str(each.status) for each in found if hasattr(each, "node")},
        places=tuple(wire.places),
    )
    pipe.send(("report", report))


def _wire_dbt(wire: Wire, *, autocommit: bool) -> None:
    from dbt.adapters.postgres.connections import PostgresConnectionManager
    from dbt.adapters.sql.connections import SQLConnectionManager

    add_query: Callable[..., Any] = SQLConnectionManager.add_query
    opened: Callable[..., Any] = PostgresConnectionManager.open

    def wired(self: SQLConnectionManager, sql: str, *rest: Any, **named: Any) -> Any:  # noqa: ANN401
        try:
            return wire.carry(sql, lambda text: add_query(self, text, *rest, **named))
        except Exception:
            self.rollback_if_open()
            raise

    def begin(self: SQLConnectionManager) -> Any:  # noqa: ANN401
        connection = self.get_thread_connection()
        connection.transaction_open = True
        return connection

    def commit(self: SQLConnectionManager) -> Any:  # noqa: ANN401
        connection = self.get_thread_connection()
        connection.transaction_open = False
        return connection

    def open_autocommit(connection: Any) -> Any:  # noqa: ANN401
        done = opened(connection)
        done.handle.autocommit = True
        return done

    manager: Any = SQLConnectionManager
    postgres: Any = PostgresConnectionManager
    manager.add_query = wired
    if autocommit:
        for kind in (manager, postgres):
            kind.begin, kind.commit = begin, commit
        postgres.open = staticmethod(open_autocommit)


def run_runner(pipe: Connection, order: Order) -> None:
    """Run a command of the runner and report on it."""
    from runner.cli import main
    from runner.errors import UnavailableError

    wire = Wire(pipe, order.fuse, order.shift, UnavailableError)
    _wire_runner(wire, autocommit=order.autocommit)
    _hurry(eager=order.eager)
    _offer_insert()
    code = 0
    with redirect_stdout(io.StringIO()) as out, redirect_stderr(io.StringIO()) as err:
        try:
            main(list(order.arguments))
        except SystemExit as ended:
            code = int(ended.code or 0)
    text = out.getvalue() + err.getvalue()
    pipe.send(("report", Report(code=code, text=text, places=tuple(wire.places))))


def _wire_runner(wire: Wire, *, autocommit: bool) -> None:
    from runner.warehouse.duckdb import DuckDBWarehouse
    from runner.warehouse.postgres import PostgresWarehouse

    for kind in (DuckDBWarehouse, PostgresWarehouse):
        _wire_class(kind, wire, autocommit=autocommit)


def _wire_class(kind: Any, wire: Wire, *, autocommit: bool) -> None:  # noqa: ANN401
    inner_rows, inner_execute = kind.rows, kind.execute

    def rows(self: Any, sql: str, parameters: Sequence[object] = ()) -> Iterator[tuple[Any, ...]]:  # noqa: ANN401
        yield from wire.carry(sql, lambda text: inner_rows(self, text, parameters))

    def execute(self: Any, sql: str, parameters: Sequence[object] = ()) -> int:  # noqa: ANN401
        done: int = wire.carry(sql, lambda text: inner_execute(self, text, parameters))
        return done

    kind.rows, kind.execute = rows, execute
    if autocommit:
        kind.transactional = False
        kind.transaction = lambda _self: nullcontext()


def _hurry(*, eager: bool) -> None:
    from importlib import import_module

    from runner.limits import Limiter

    writes = ("runner.stream", "WRITE_EVERY", 0.0 if eager else NEVER)
    for place, name, value in (*HASTE, writes):
        module = import_module(place)
        if not hasattr(module, name):
            raise AttributeError(f"{place} has no {name} any more: the soak would wait too long")
        setattr(module, name, value)
    held: Callable[..., None] = Limiter.hold_until
    limiter: Any = Limiter
    limiter.hold_until = lambda self, wait: held(self, wait / 50)


def _offer_insert() -> None:
    """Let the stand-in's platform offer the mode `insert`, which others have and Braze has not."""
    from runner.destinations import platforms

    braze = platforms()["braze"]
    services = tuple(
        replace(each, sync_modes={**each.sync_modes, "insert": "Tested."}, refused_modes={})
        if each.name == "braze.users"
        else each
        for each in braze.services
    )
    platforms()["braze"] = replace(braze, services=services)


@contextmanager
def reporting(pipe: Connection) -> Iterator[None]:
    """Tell of a fault of the program itself, which is nobody's order."""
    import traceback

    try:
        yield
    except BaseException:
        pipe.send(("fault", traceback.format_exc()))
        raise


def work(pipe: Connection, kind: str, order: Order) -> None:
    """Carry out an order in this process."""
    # The names of other locks would outlive a process that is killed.
    set_start_method("fork", force=True)
    with reporting(pipe):
        run_dbt(pipe, order) if kind == "dbt" else run_runner(pipe, order)
