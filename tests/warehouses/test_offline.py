"""Every statement that the package can issue, in every dialect, without a warehouse.

dbt builds a project through the unmodified adapter, whose connection is replaced by one that takes
each statement down. sqlglot parses each in the dialect, and each function has to be on a list of
those that the engine is known to have, so that none slips in unseen. Nobody sees here whether types
fit, whether an engine takes a statement that parses, or what it answers.
"""

from __future__ import annotations

import importlib.util
import re
import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest

from tests.warehouses.offline.project import ACTIVATIONS, COLUMNS, TARGETS, offline_project

QUOTED = re.compile(r"'(?:[^'\\]|''|\\.)*'|\"[^\"]*\"|`[^`]*`|/\*.*?\*/|--[^\n]*", re.DOTALL)
CALL = re.compile(r"(?<![.\w])([a-z]\w*)\s*\(", re.IGNORECASE)
# Words before a bracket that call nothing.
WORDS = {
    *("all", "and", "as", "between", "by", "case", "decimal", "distkey", "else", "end"),
    *(
        "exists",
        "from",
        "in",
        "insert",
        "is",
        "join",
        "not",
        "on",
        "options",
        "or",
        "over",
        "select",
        "set",
    ),
    *("sortkey", "then", "union", "update", "using", "values", "varchar", "when", "where", "with"),
}
EVERYWHERE = {
    *("abs", "cast", "chr", "coalesce", "count", "floor", "length", "max", "min", "mod", "nullif"),
    *("replace", "row_number", "substring", "sum"),
}
LAKE = {
    *("array", "base64", "current_timestamp", "double", "instr", "isnan", "make_dt_interval"),
    *("map", "pmod", "repeat", "rpad", "split_part", "to_json", "unix_micros", "unix_seconds"),
    *("unix_timestamp", "xxhash64"),
}
FUNCTIONS = {
    "redshift": {
        *("dateadd", "datediff", "fnv_hash", "from_varbyte", "json_serialize", "json_size"),
        *("octet_length", "set_config", "split_part", "strpos", "to_char", "translate"),
    },
    "bigquery": {
        *("current_timestamp", "date", "datetime_diff", "farm_fingerprint", "format_timestamp"),
        *(
            "format_time",
            "is_inf",
            "is_nan",
            "regexp_replace",
            "rtrim",
            "safe_offset",
            "split",
            "strpos",
            "struct",
            "timestamp",
        ),
        *("timestamp_sub", "to_base64", "to_json_string", "unix_date"),
    },
    "databricks": LAKE,
    "spark": LAKE,
}


# Words of the statements before and after a build, of its beginning and of its end.
HOOKS = (
    "create table if not exists",
    "lease_heartbeat_at not between",
    "its last delta was lost",
    "'in_doubt'",
    "set resolved_at",
    "'forgotten',",
    "_status = 'forgotten'",
    "set folded = sending",
    "max(_ordinal), max(_ordinal)",
    "set removed_at = case",
    "lease_holder = null",
    "set is_member = false",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What dbt said in one dialect: statements, and the SQL compiled without introspection."""

    dialect: str
    statements: list[str]
    compiled: dict[str, str]


@pytest.fixture(scope="module", params=TARGETS)
def said(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, project_root: Path
) -> Iterator[Said]:
    """Build twice, and compile."""
    dialect = request.param
    for module in (f"dbt.adapters.{dialect}", "sqlglot"):
        if not importlib.util.find_spec(module):
            pytest.skip(f"{module} is not installed")
    with warnings.catch_warnings(), pytest.MonkeyPatch.context() as patch:
        warnings.simplefilter("ignore")  # of the adapters' own dependencies
        from tests.warehouses.offline.recorder import Recorder, recording

        if not importlib.util.find_spec("pyspark"):
            # dbt-spark only asks whether it is there
            patch.setitem(sys.modules, "pyspark", ModuleType("pyspark"))
        project = offline_project(tmp_path_factory.mktemp(dialect), project_root, dialect)
        recorder = Recorder(dialect, COLUMNS[dialect])
        with recording(recorder):
            for _ in ("first", "second"):
                built = project.dbt("build", "--threads", "1")
                assert built.success, built.text
                recorder.next_build()
        done = project.dbt("compile", "--no-introspect", "--no-populate-cache")
        assert done.success, done.text
        compiled = _compiled(done.result)
        yield Said(dialect=dialect, statements=recorder.statements, compiled=compiled)


def _compiled(result: object) -> dict[str, str]:
    nodes = [each.node for each in getattr(result, "results", [])]
    return {node.name: node.compiled_code for node in nodes if node.resource_type == "model"}


def _everything(said: Said) -> list[str]:
    return [*said.statements, *said.compiled.values()]


def test_nothing_is_left_out(said: Said) -> None:
    """Each activation is built twice, and each of its hooks is there."""
    for name in ACTIVATIONS:
        assert name in said.compiled
    registration = "registered_at = built" if said.dialect == "redshift" else "when matched and"
    for words in (*HOOKS, registration):
        assert any(words in statement for statement in said.statements), words


def test_it_parses(said: Said) -> None:
    """Each statement parses in its dialect, and none is a command that sqlglot does not know."""
    sqlglot = pytest.importorskip("sqlglot")
    faults: list[str] = []
    for sql in _everything(said):
        try:
            parsed = sqlglot.parse(sql, read=said.dialect)
        except sqlglot.ParseError as error:
            faults.append(f"{error}\n{sql}")
        else:
            unknown = [each for each in parsed if isinstance(each, sqlglot.exp.Command)]
            faults += [f"{each.sql()} is a command to sqlglot" for each in unknown]
    assert not faults, faults[0]


def test_functions_exist(said: Said) -> None:
    """Each function that is called is on the list of the engine's own."""
    known = EVERYWHERE | FUNCTIONS[said.dialect] | WORDS
    called = {
        name.lower(): sql
        for sql in _everything(said)
        for name in CALL.findall(QUOTED.sub(" ", sql))
    }
    assert sorted(set(called) - known) == [], {name: called[name] for name in set(called) - known}
