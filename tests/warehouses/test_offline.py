"""Every statement that the package can issue, in every dialect, without a warehouse.

dbt builds a project through the unmodified adapter, whose connection is replaced by one that takes
each statement down. sqlglot parses each in the dialect and looks up every column, and each function
has to be on a list of those that the engine is known to have, so that none slips in unseen. Nobody
sees here whether types fit, whether an engine takes a statement that parses, or what it answers.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import sqlglot
from sqlglot import exp

from tests.warehouses.offline.golden_sql import CHANCE, golden_file, golden_text
from tests.warehouses.offline.names import Names
from tests.warehouses.offline.project import ACTIVATIONS, COLUMNS, TARGETS
from tests.warehouses.offline.recorder import PRESENT
from tests.warehouses.offline.said import Said, missing, say

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
        "materialized",
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
    *("lower", "replace", "row_number", "substring", "sum", "trim"),
}
LAKE = {
    *("array", "base64", "current_timestamp", "double", "format_string", "instr", "isnan"),
    *("make_dt_interval", "map", "pmod", "regexp_replace", "repeat", "rpad", "sha2", "split_part"),
    *("to_json", "unix_micros", "unix_seconds", "unix_timestamp", "xxhash64"),
}
FUNCTIONS = {
    "redshift": {
        *("dateadd", "datediff", "fnv_hash", "from_varbyte", "json_serialize", "json_size"),
        *("octet_length", "regexp_replace", "set_config", "sha2", "split_part", "strpos"),
        *("to_char", "translate"),
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
            "sha256",
            "split",
            "st_astext",
            "strpos",
            "struct",
            "timestamp",
        ),
        *("timestamp_sub", "to_base64", "to_hex", "to_json", "to_json_string", "unix_date"),
    },
    "databricks": LAKE | {"tblproperties"},  # a clause, with the look of a function
    "spark": LAKE,
    "snowflake": {
        *("base64_encode", "convert_timezone", "dateadd", "datediff", "hash", "hex_encode"),
        *("position", "substr"),
        *("regexp_instr", "regexp_replace", "rtrim", "split_part", "sysdate", "to_char", "to_json"),
        *("number", "sha2", "timestamp_ntz_from_parts", "to_variant", "wait"),
    },
    "duckdb": {
        *("concat", "date_diff", "duckdb_databases", "duckdb_indexes", "hash", "isfinite"),
        *("regexp_matches", "regexp_replace", "split_part", "strftime", "strpos", "to_base64"),
        *("sha256", "to_json"),
    },
    "postgres": {
        *("encode", "hashint8extended", "hashtextextended", "isfinite", "set_config", "split_part"),
        *("strpos", "timestamp_hash_extended"),
        *("convert_to", "date_part", "pg_sleep", "regexp_replace", "sha256", "to_char", "to_json"),
    },
}


UNREAD = "CALL system$wait"  # a command of Snowflake's that sqlglot does not read

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


@pytest.fixture(scope="module", params=TARGETS)
def said(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, project_root: Path
) -> Said:
    """Build twice, and compile."""
    dialect = request.param
    if adapter := missing(dialect):
        pytest.skip(f"{adapter} must be installed: make test-warehouses does it.")
    return say(dialect, tmp_path_factory.mktemp(dialect), project_root)


@pytest.fixture(scope="module")
def everything(said: Said) -> list[str]:
    """Each statement once, though every delta has its own number."""
    return _once([*said.statements, *said.compiled.values()])


def _once(statements: list[str]) -> list[str]:
    return list(dict.fromkeys(CHANCE.sub("0", sql) for sql in statements))


@pytest.fixture(scope="module")
def parsed(said: Said) -> list[exp.Expression]:
    """Each statement that was issued, as sqlglot understands it."""
    return _parsed(said.dialect, _once(said.statements))


def _parsed(dialect: str, statements: list[str]) -> list[exp.Expression]:
    trees: list[exp.Expression] = []
    for sql in statements:
        try:
            trees += [tree for tree in sqlglot.parse(sql, read=dialect) if tree]
        except sqlglot.ParseError as error:
            pytest.fail(f"{error}\n{sql}")
    return trees


def test_nothing_is_left_out(said: Said) -> None:
    """Each activation is built twice, and each of its hooks is there."""
    for name in ACTIVATIONS:
        assert name in said.compiled
    registration = "registered_at = built" if said.dialect == "redshift" else "when matched and"
    for words in (*HOOKS, registration):
        assert any(words in statement for statement in said.statements), words


def test_it_parses(said: Said, parsed: list[exp.Expression]) -> None:
    """Each statement parses in its dialect, and none is a command that sqlglot does not know."""
    compiled = _parsed(said.dialect, list(said.compiled.values()))
    unknown = [each.sql() for each in parsed + compiled if isinstance(each, exp.Command)]
    assert [each for each in unknown if not each.startswith(UNREAD)] == []


def test_names_exist(said: Said, parsed: list[exp.Expression]) -> None:
    """Each column that a statement names is one of the tables that it reads or writes."""
    names = Names(said.dialect, dict.fromkeys(PRESENT, COLUMNS[said.dialect]))
    for statement in parsed:
        assert names.fault(statement) is None


# The kind of statement that the package does not use there.
UNSAID = {"redshift": exp.Merge, "databricks": exp.Delete, "spark": exp.Delete}


def test_a_misspelt_name_is_found(said: Said, parsed: list[exp.Expression]) -> None:
    """One name misspelt in a statement of any kind is noticed, wherever it stands."""
    names = Names(said.dialect, dict.fromkeys(PRESENT, COLUMNS[said.dialect]))
    own: dict[type[exp.Expression], exp.Expression] = {}
    for statement in parsed:
        assert names.fault(statement) is None
        if "mirrored" in repr(statement) and statement.find(exp.Where, exp.Merge):
            own.setdefault(type(statement), statement)
    kinds = {exp.Select, exp.Create, exp.Insert, exp.Update, exp.Delete, exp.Merge}
    assert own.keys() == kinds - {UNSAID.get(said.dialect)}
    for right in own.values():
        columns = [
            each
            for each in right.find_all(exp.Column)
            # how a table is laid out is no query
            if each.name != "*" and not each.find_ancestor(exp.Property)
        ]
        for column in columns[:: len(columns) // 2 or 1]:
            name = column.name
            column.this.set("this", f"{name}_misspelt")
            assert names.fault(right), column.sql()
            column.this.set("this", name)
        assert names.fault(right) is None


def test_it_is_as_it_was_read(said: Said) -> None:
    """What people read in `golden_sql` is what dbt issues; make golden writes it anew."""
    assert golden_text(said) == golden_file(said.dialect).read_text(encoding="utf-8")


def test_functions_exist(said: Said, everything: list[str]) -> None:
    """Each function that is called is on the list of the engine's own."""
    known = EVERYWHERE | FUNCTIONS[said.dialect] | WORDS
    called = {
        name.lower(): sql for sql in everything for name in CALL.findall(QUOTED.sub(" ", sql))
    }
    assert sorted(set(called) - known) == [], {name: called[name] for name in set(called) - known}
