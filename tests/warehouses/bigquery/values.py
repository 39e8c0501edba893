"""The golden data set as BigQuery spells it, and what it writes otherwise than DuckDB."""

from __future__ import annotations

from tests.support.typed_values import ALIKE, ODD_TEXT
from tests.warehouses.golden import ALL_UNICODE, CONTROL, cast, literal

# Column -> the value on DuckDB and on BigQuery, where they are spelled differently.
SPELLED = {
    "an_enum": ("'so ''so'''", r"'so \'so\''"),
    "a_uuid": (
        "cast('6F9619FF-8B86-D011-B42D-00CF4FC964FF' as uuid)",
        "'6f9619ff-8b86-d011-b42d-00cf4fc964ff'",
    ),
    "a_time": ("time '04:05:06.7'", "time '04:05:06.7'"),
    "whole_second": ("time '04:05:06'", "time '04:05:06'"),
    "list": ("[1, 3]", "[1, 3]"),
    "text_list": ("['a\"b', 'x']", "['a\"b', 'x']"),
    "beyond_64_bits": (
        "cast('99999999999999999999999999999999999999' as decimal(38, 0))",
        "cast('99999999999999999999999999999999999999' as bignumeric(38, 0))",
    ),
    "bytes": ("cast('\\x00\\xFFa' as blob)", "from_hex('00ff61')"),
    "a_struct": (
        "{'a': 1, 'c': 'NaN \"Infinity'}",
        "struct(1 as a, 'NaN \"Infinity' as c)",
    ),
    "a_price": (
        "{'n': cast(1.5 as decimal(4, 2)), 'x': 0.1}",
        "struct(cast('1.5' as numeric) as n, cast(0.1 as float64) as x)",
    ),
    "structs": ("[{'a': 'x', 'b': true}]", "[struct('x' as a, true as b)]"),
}
# What BigQuery writes otherwise: a NUMERIC keeps no zeros at its end.
OTHERWISE = {"money": "1.5", "no_money": "0"}
# What is not compared, since the stand-in is not like BigQuery there, and why.
DISTORTED = {
    "a_document": "bqemulator says that a column of JSON is one of STRING",
    "a_word": "as a_document",
    "below_zero": "BigQuery writes the zero below zero as any other",
    "tiny": "BigQuery writes 15 digits where they are enough: 4.94065645841247e-324",
}


def typed_values(engine: str) -> dict[str, str]:
    """Column -> expression, one of every type and oddity."""
    values = {}
    for name, (kind, value, _) in ALIKE.items():
        # A decimal without quotes is a float to BigQuery.
        exact = engine == "bigquery" and kind.startswith("decimal")
        values[name] = cast(engine, kind, f"'{value}'" if exact else value)
    for name, spellings in SPELLED.items():
        values[name] = spellings[0 if engine == "duckdb" else 1]
    values["odd"] = literal(engine, ODD_TEXT)
    values["control_characters"] = literal(engine, CONTROL)
    values["all_unicode"] = literal(engine, ALL_UNICODE)
    return {name: value for name, value in values.items() if name not in DISTORTED}
