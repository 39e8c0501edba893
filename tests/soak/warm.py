"""What the server of processes does before it forks, so that a child starts in milliseconds.

It imports everything late, and two small builds fill what dbt makes anew in every process: the
code of its dataclasses, its JSON schemas, the templates of its macros.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Callable
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.oracle.braze import KINDS
from tests.oracle.project import create_tables, write_activation, write_project
from tests.soak.orders import SCHEMA, dbt_arguments
from tests.soak.processes import ROOT

IMPORTED_LATE = (
    "dbt.adapters.postgres",
    "dbt.task.build",
    "runner.commands.decide",
    "runner.commands.push",
    "runner.warehouse.duckdb",
    "runner.warehouse.postgres",
)
KEPT = ("PATH", "HOME", "LANG", "TMPDIR", "DBT_", "DO_NOT", "LC_", "PYTHON")
WARMING = ("sent_mirror", "sent_skip", "sent_list", "sent_held")


def warm() -> None:
    """Fill every cache, and leave no connection or thread behind that a fork would share."""
    for name in list(os.environ):
        if not name.startswith(KEPT):
            del os.environ[name]  # dbt looks for secrets in all of them at each statement
    import dbt.mp_context

    # The names of other locks would outlive a process that is killed.
    dbt.mp_context._MP_CONTEXT = get_context("fork")  # type: ignore[assignment]
    for module in IMPORTED_LATE:
        import_module(module)
    from dbt_common.events.event_manager import EventManager

    from runner.destinations import platforms

    # Nobody reads what dbt says of each statement.
    EventManager.fire_event = lambda *_args, **_named: None  # type: ignore[method-assign]
    platforms()
    _remember_templates()
    with TemporaryDirectory(prefix="tailrace-soak-") as place:
        _build_twice(Path(place))
    _let_go()


def _remember_templates() -> None:
    """Compile a template of the same text once: dbt does so once a process and call."""
    import jinja2

    known: dict[tuple[object, ...], Any] = {}
    compiled: Callable[..., Any] = jinja2.Environment.compile

    def compile_once(self: jinja2.Environment, source: object, *rest: object, **named: Any) -> Any:  # noqa: ANN401
        if not isinstance(source, str):
            return compiled(self, source, *rest, **named)
        key = (type(self), source, rest, tuple(sorted(named.items())))
        if key not in known:
            known[key] = compiled(self, source, *rest, **named)
        return known[key]

    jinja2.Environment.compile = compile_once  # type: ignore[method-assign]


def _build_twice(folder: Path) -> None:
    from dbt.cli.main import dbtRunner

    file = folder / "company.duckdb"
    (folder / "profiles.yml").write_text(
        "company: {target: t, outputs: {t: "
        f"{{type: duckdb, path: '{file}', schema: {SCHEMA}, threads: 1}}}}}}\n"
    )
    write_project(folder, ROOT)
    for name in WARMING:
        service, rules, settings = KINDS[name]
        given = {"destination": "d", "service": service, "settings": settings}
        write_activation(folder, name, rules(), ["word", "amount"], **given)
    _create_tables(folder, file)
    for command in ("deps", "build", "build"):
        done = dbtRunner().invoke([command, *dbt_arguments(folder)])
        if not done.success:
            said = [each.message for each in getattr(done.result, "results", [])]
            raise RuntimeError(f"dbt {command} failed: {done.exception} {said}")


def _create_tables(folder: Path, file: Path) -> None:
    import duckdb

    from runner.profiles import load
    from runner.warehouse import connect

    duckdb.connect(str(file)).close()
    warehouse = connect(load(project_dir=folder, profiles_dir=folder))
    create_tables(warehouse, SCHEMA)
    warehouse.close()


def _let_go() -> None:
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.adapters.factory import FACTORY

    manager: Any = DuckDBConnectionManager
    manager._ENV.close()
    manager._ENV = None
    adapters: Any = FACTORY
    adapters.reset_adapters()
    gc.collect()


warm()
