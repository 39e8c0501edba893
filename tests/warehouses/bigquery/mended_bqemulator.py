"""bqemulator on the port that is given, refusing what BigQuery refuses and spelling as it does.

The emulator passes on to DuckDB what BigQuery would not take, and writes numbers as DuckDB does.
"""

from __future__ import annotations

import re
import sys
from typing import Any

import sqlglot
from bqemulator.cli import main  # type: ignore[import-not-found]  # make test-bigquery has it
from bqemulator.domain.errors import InvalidQueryError  # type: ignore[import-not-found]  # as above
from bqemulator.domain.result import Err, Ok  # type: ignore[import-not-found]  # as above
from bqemulator.sql.translator import SQLTranslator  # type: ignore[import-not-found]  # as above
from sqlglot import exp

RESERVED = {
    *("all", "and", "any", "array", "as", "asc", "assert_rows_modified", "at", "between"),
    *("by", "case", "cast", "collate", "contains", "create", "cross", "cube", "current"),
    *("default", "define", "desc", "distinct", "else", "end", "enum", "escape", "except"),
    *("exclude", "exists", "extract", "false", "fetch", "following", "for", "from", "full"),
    *("group", "grouping", "groups", "hash", "having", "if", "ignore", "in", "inner"),
    *("intersect", "interval", "into", "is", "join", "lateral", "left", "like", "limit"),
    *("lookup", "merge", "natural", "new", "no", "not", "null", "nulls", "of", "on", "or"),
    *("order", "outer", "over", "partition", "preceding", "proto", "qualify", "range"),
    *("recursive", "respect", "right", "rollup", "rows", "select", "set", "some", "struct"),
    *("tablesample", "then", "to", "treat", "true", "unbounded", "union", "unnest"),
    *("using", "when", "where", "window", "with", "within"),
}
_translate = SQLTranslator.translate


def _refused(tree: exp.Expression) -> str | None:
    """Say what BigQuery does not take in a statement, if anything."""
    for node in tree.walk():
        if isinstance(node, exp.Select) and node.args.get("where") and not node.args.get("from_"):
            return "Query without FROM clause cannot have a WHERE clause"
        merged = isinstance(node.parent, exp.When)
        if isinstance(node, exp.Update | exp.Delete) and not merged and not node.args.get("where"):
            return "UPDATE and DELETE must have a WHERE clause"
        if isinstance(node, exp.Join) and (fault := _refused_join(node)):
            return fault
        if isinstance(node, exp.Identifier) and not node.quoted and node.name.lower() in RESERVED:
            return f"Unexpected keyword {node.name}"
        if isinstance(node, exp.DataType) and node.args.get("kind") is None and _unknown(node):
            return f"Type not found: {node.sql('bigquery')}"
    return None


def _refused_join(join: exp.Join) -> str | None:
    condition = join.args.get("on")
    if condition is None:
        return None
    if condition.find(exp.Subquery, exp.Exists) or condition.find(exp.Select):
        return "Unsupported subquery with table in join predicate"
    parts = condition.flatten() if isinstance(condition, exp.And) else [condition]
    if join.side and not any(isinstance(part, exp.EQ) for part in parts):
        return f"{join.side} OUTER JOIN cannot be used without an equality of fields"
    return None


def _unknown(kind: exp.DataType) -> bool:
    known = exp.DataType.Type
    return kind.this in {known.VARCHAR, known.CHAR, known.UUID} and bool(kind.expressions)


def _spelled(sql: str) -> str:
    """Give types their digits and years all of theirs, which the emulator would not."""
    sql = re.sub(r"\bas numeric\)", "as numeric(38, 9))", sql, flags=re.IGNORECASE)
    sql = re.sub(r"\bas bignumeric\)", "as bignumeric(38, 10))", sql, flags=re.IGNORECASE)
    # It knows to_json without its option, by which BigQuery keeps numbers from being texts.
    sql = re.sub(r",\s*stringify_wide_numbers\s*=>\s*true\b", "", sql, flags=re.IGNORECASE)
    return re.sub(r"\('%E4Y([^']*)', (.*?), 'UTC'\)", r"('%Y\1', \2)", sql)


def _short_decimals(sql: str) -> str:
    tree = sqlglot.parse_one(sql, read="duckdb")
    for node in reversed(list(tree.find_all(exp.Cast))):
        if node.to.this not in exp.DataType.TEXT_TYPES or not isinstance(node.this, exp.Column):
            continue
        value = node.this.sql("duckdb")
        short = f"regexp_replace(cast({value} as text), '(\\.[0-9]*[1-9])0+$|\\.0+$', '\\1')"
        node.replace(
            sqlglot.parse_one(
                f"case when typeof({value}) like 'DECIMAL%' then {short} "
                f"else cast({value} as text) end",
                read="duckdb",
            )
        )
    return str(tree.sql("duckdb"))


def _mended(self: Any, bq_sql: str, **context: Any) -> Any:  # noqa: ANN401 - as the emulator's own
    try:
        statements = [each for each in sqlglot.parse(bq_sql, read="bigquery") if each]
    except sqlglot.errors.ParseError:
        return _translate(self, bq_sql, **context)
    for statement in statements:
        fault = _refused(statement)
        if fault:
            return Err(InvalidQueryError(f"{fault}: {bq_sql[:500]}"))
    translated = _translate(self, _spelled(bq_sql), **context)
    if isinstance(translated, Ok) and " AS TEXT" in translated.value:
        return Ok(_short_decimals(translated.value))
    return translated


if __name__ == "__main__":
    SQLTranslator.translate = _mended
    sys.argv = [
        "bqemulator",
        "start",
        "--rest-port",
        sys.argv[1],
        "--grpc-port",
        "0",
        "--ephemeral",
    ]
    main()
