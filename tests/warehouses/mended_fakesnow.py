"""fakesnow's server on the port that is given, mended where it distorts or lacks something."""

from __future__ import annotations

import sys

import pyarrow as pa  # type: ignore[import-untyped]  # make test-warehouses installs it
import sqlglot  # type: ignore[import-not-found,unused-ignore]  # as above
from fakesnow import arrow, cli, transforms  # type: ignore[import-not-found]  # as above

NO_LABEL = """select 'QUERY_TAG' as "key", '' as "value", '' as "default" """

_timestamps = arrow.timestamp_to_sf_struct
_parameters = transforms.show_parameters
_alter_session = transforms.alter_session


def _with_nulls(timestamps: pa.Array | pa.ChunkedArray) -> pa.StructArray:
    """Timestamps as fakesnow sends them; it sends a null as some moment, mostly 1970-01-01."""
    sent = _timestamps(timestamps)
    nulls = timestamps.is_null()
    if isinstance(nulls, pa.ChunkedArray):
        nulls = nulls.combine_chunks()
    return pa.StructArray.from_arrays(sent.flatten(), fields=list(sent.type), mask=nulls)


def _labelled(expression: sqlglot.exp.Expression) -> sqlglot.exp.Expression:
    """`show parameters` and `alter session` that know the label of statements, and keep none."""
    if expression.key == "command" and "'query_tag'" in str(expression.expression):
        return sqlglot.parse_one(NO_LABEL, read="duckdb")
    if expression.key == "alter" and "QUERY_TAG" in expression.sql("snowflake").upper():
        return transforms.SUCCESS_NOP
    return _alter_session(_parameters(expression))


if __name__ == "__main__":
    transforms.alter_session = _labelled
    arrow.timestamp_to_sf_struct = _with_nulls
    cli.main(["-s", "-p", sys.argv[1]])
