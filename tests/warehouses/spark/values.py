"""Values of every type of Spark, each beside the same value on DuckDB."""

from __future__ import annotations

from runner.warehouse.lake import literal
from tests.support.typed_values import ODD_TEXT
from tests.warehouses.golden import ALL_UNICODE, CONTROL
from tests.warehouses.golden import literal as plain_literal

SHELL = "${env:HOME} $1"
TEXTS = {"odd": ODD_TEXT, "control": CONTROL, "unicode": ALL_UNICODE, "shell": SHELL}
# Column -> the value on Spark, the value on DuckDB.
VALUES = {
    **{name: (literal(text), plain_literal("duckdb", text)) for name, text in TEXTS.items()},
    "empty": ("''", "''"),
    "digits": ("'007'", "'007'"),
    "zero_character": ("'a\\0'", "'a' || chr(0)"),
    "padded": ("cast('ab ' as varchar(5))", "'ab '"),
    "byte": ("cast(-128 as tinyint)", "cast(-128 as tinyint)"),
    "small": ("cast(-32768 as smallint)", "cast(-32768 as smallint)"),
    "number": ("42", "42"),
    "largest": ("9223372036854775807", "9223372036854775807"),
    "money": ("cast(1.5 as decimal(10, 2))", "cast(1.5 as decimal(10, 2))"),
    "no_money": ("cast(0 as decimal(10, 2))", "cast(0 as decimal(10, 2))"),
    "small_money": ("cast('-0.0000015' as decimal(20, 8))", "cast('-0.0000015' as decimal(20, 8))"),
    "least": ("cast('0.0000000015' as decimal(20, 10))", "cast('0.0000000015' as decimal(20, 10))"),
    "nothing_at_all": ("cast(0 as decimal(38, 10))", "cast(0 as decimal(38, 10))"),
    "long_decimal": (
        "cast('1234567890123456789012345678.0123456789' as decimal(38, 10))",
        "cast('1234567890123456789012345678.0123456789' as decimal(38, 10))",
    ),
    "whole_decimal": (
        "cast('99999999999999999999999999999999999999' as decimal(38, 0))",
        "cast('99999999999999999999999999999999999999' as decimal(38, 0))",
    ),
    "a_double": ("cast(0.1 as double)", "cast(0.1 as double)"),
    "thirds": ("0.30000000000000004D", "cast(0.30000000000000004 as double)"),
    "whole_float": ("cast(1 as double)", "cast(1 as double)"),
    "below_zero": ("cast('-0' as double)", "cast('-0' as double)"),
    "ten_million": ("12345678.5D", "cast(12345678.5 as double)"),
    "whole_millions": ("cast(-20000000 as double)", "cast(-20000000 as double)"),
    "half_a_thousandth": ("0.0005D", "cast(0.0005 as double)"),
    "a_millionth": ("0.0000015D", "cast(0.0000015 as double)"),
    "almost_plain": ("1.2345678901234567E15", "cast(1.2345678901234567e15 as double)"),
    "no_longer_plain": ("1.0E16", "cast(1e16 as double)"),
    "huge": ("cast('1e300' as double)", "cast('1e300' as double)"),
    "short_million": ("cast(16777216 as float)", "cast(16777216 as real)"),
    "ten_thousandth": ("cast(0.0001 as float)", "cast(0.0001 as real)"),
    "short_float": ("cast(0.1 as float)", "cast(0.1 as real)"),
    "yes": ("true", "true"),
    "no": ("false", "false"),
    "a_day": ("date'2026-03-01'", "date '2026-03-01'"),
    "old_day": ("date'0099-12-31'", "date '0099-12-31'"),
    # The session's clocks go from 2:00 to 3:00 here.
    "missing_hour": (
        "timestamp_ntz'2026-03-08 02:30:00.5'",
        "timestamp '2026-03-08 02:30:00.5'",
    ),
    "local_time": ("timestamp_ntz'2026-03-01 09:30:00'", "timestamp '2026-03-01 09:30:00'"),
    "old_time": ("timestamp_ntz'0099-12-31 00:00:01'", "timestamp '0099-12-31 00:00:01'"),
    "microseconds": (
        "timestamp_ntz'2026-03-01 09:30:00.000001'",
        "timestamp '2026-03-01 09:30:00.000001'",
    ),
    "zoned": ("timestamp'2026-03-01 09:30:00+05:45'", "timestamptz '2026-03-01 09:30:00+05:45'"),
    "zoned_gap": ("timestamp'2026-03-08 02:30:00Z'", "timestamptz '2026-03-08 02:30:00Z'"),
    # The same hour on the session's clocks, twice.
    "first_time": ("timestamp'2026-11-01 03:45:00Z'", "timestamptz '2026-11-01 03:45:00Z'"),
    "second_time": ("timestamp'2026-11-01 04:45:00Z'", "timestamptz '2026-11-01 04:45:00Z'"),
    "zoned_before": (
        "timestamp'1969-12-31 23:59:59.25-01:00'",
        "timestamptz '1969-12-31 23:59:59.25-01'",
    ),
    "a_list": ("array(1, null, 3)", "[1, null, 3]"),
    "text_list": ("array('a\"b', 'x')", "['a\"b', 'x']"),
    "a_struct": (
        "named_struct('ab', 1, 'c', cast(null as string), 'd', date'2026-03-01')",
        "{'ab': 1, 'c': cast(null as varchar), 'd': date '2026-03-01'}",
    ),
    "a_map": ("map('k\\n', 1)", "map {'k' || chr(10): 1}"),
    "structs": ("array(named_struct('a', 'NaN \"Infinity'))", "[{'a': 'NaN \"Infinity'}]"),
    "bytes": ("X'00ff61'", "cast('\\x00\\xFFa' as blob)"),
}
# Java writes the least of all doubles as 4.9e-324, others as 5e-324: the same to a reader of JSON.
SPELLED = {"tiny": ("cast('5e-324' as double)", "cast('5e-324' as double)")}
# Inside of another value a time is written in UTC too, whatever the session's zone.
NESTED_TIMES = (
    "named_struct('at', timestamp'2026-11-01 04:45:00Z', 'on', timestamp_ntz'2026-03-08 02:30:00')"
)
WRITTEN_TIMES = '{"at":"2026-11-01T04:45:00.000000Z","on":"2026-03-08T02:30:00.000000Z"}'


def listed(values: dict[str, tuple[str, str]], place: int) -> str:
    """The columns of a query; place 0 is Spark's."""
    return ", ".join(f"{spelled[place]} as {name}" for name, spelled in values.items())
