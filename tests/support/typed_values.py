"""Values of every type of both engines, and the JSON text of each."""

from __future__ import annotations

import json

ODD_TEXT = '"it\'s"\\ \n\r\t\x01\x7f é 😀 \u2028 </script> {{ x }}'
ODD_JSON = json.dumps(ODD_TEXT, ensure_ascii=False)
ZONED = "timestamp with time zone"
# Type, literal, and the JSON text that is sent: the same on both engines.
ALIKE: dict[str, tuple[str, str, str]] = {
    "a_text": ("text", "'Ada'", '"Ada"'),
    "empty_text": ("text", "''", '""'),
    "digits": ("text", "'007'", '"007"'),
    "a_null_word": ("text", "'null'", '"null"'),
    "small": ("smallint", "-32768", "-32768"),
    "number": ("integer", "42", "42"),
    "beyond_float": ("bigint", "9007199254740993", "9007199254740993"),
    "largest": ("bigint", "9223372036854775807", "9223372036854775807"),
    "money": ("decimal(10, 2)", "1.5", "1.50"),
    "no_money": ("decimal(10, 2)", "0", "0.00"),
    "debt": ("decimal(10, 2)", "-0.05", "-0.05"),
    "long_decimal": (
        "decimal(38, 10)",
        "1234567890123456789012345678.0123456789",
        "1234567890123456789012345678.0123456789",
    ),
    "a_float": ("double precision", "0.1", "0.1"),
    "thirds": ("double precision", "0.30000000000000004", "0.30000000000000004"),
    "huge": ("double precision", "1e300", "1e+300"),
    "tiny": ("double precision", "5e-324", "5e-324"),
    "whole_float": ("double precision", "1", "1.0"),
    "below_zero": ("double precision", "'-0'", "-0.0"),
    "ten_million": ("double precision", "12345678.5", "12345678.5"),
    "whole_millions": ("double precision", "-20000000", "-20000000.0"),
    "half_a_thousandth": ("double precision", "0.0005", "0.0005"),
    "a_millionth": ("double precision", "0.0000015", "1.5e-06"),
    "short_float": ("real", "0.1", "0.1"),
    "yes": ("boolean", "true", "true"),
    "no": ("boolean", "false", "false"),
    "a_day": ("date", "'2026-03-01'", '"2026-03-01"'),
    "old_day": ("date", "'0099-12-31'", '"0099-12-31"'),
    "local_time": ("timestamp", "'2026-03-01 09:30:00'", '"2026-03-01T09:30:00Z"'),
    "microseconds": (
        "timestamp",
        "'2026-03-01 09:30:00.000001'",
        '"2026-03-01T09:30:00.000001Z"',
    ),
    "half_second": ("timestamp", "'2026-03-01 09:30:00.5'", '"2026-03-01T09:30:00.500000Z"'),
    "zoned": (ZONED, "'2026-03-01 09:30:00+05:45'", '"2026-03-01T03:45:00Z"'),
    "zoned_before": (ZONED, "'1969-12-31 23:59:59.25-01'", '"1970-01-01T00:59:59.250000Z"'),
    "a_uuid": (
        "uuid",
        "'6F9619FF-8B86-D011-B42D-00CF4FC964FF'",
        '"6f9619ff-8b86-d011-b42d-00cf4fc964ff"',
    ),
    "an_enum": ("mood", "'so ''so'''", "\"so 'so'\""),
    "a_time": ("time", "'04:05:06.7'", '"04:05:06.7"'),
    "list": ("integer[]", "array[1, null, 3]", "[1,null,3]"),
    "text_list": ("text[]", "array['a\"b', 'x']", '["a\\"b","x"]'),
}
# What the engines write differently though the values are equal: JSON (PostgreSQL puts its keys in
# order), the unit of months in an interval, the letters of an escaped control character. Times with
# a zone inside of lists and structs are left out: there the engines write them in the session's
# zone, and no SQL around them can tell.
ONLY: dict[str, dict[str, tuple[str, str, str]]] = {
    "duckdb": {
        "control_character": ("text", "chr(31)", '"\\u001F"'),
        "huge_integer": (
            "hugeint",
            "170141183460469231731687303715884105727",
            "170141183460469231731687303715884105727",
        ),
        "unsigned": ("ubigint", "18446744073709551615", "18446744073709551615"),
        "a_document": ("json", '\'{"b": "x\\n",\n "a": 1.50}\'', '{"b": "x\\n",  "a": 1.50}'),
        "a_struct": (
            'struct("a b" integer, d date, n decimal(4, 2))',
            "row(1, '2026-03-01', 1.5)",
            '{"a b":1,"d":"2026-03-01","n":1.5}',
        ),
        "a_map": ("map(text, integer)", "map {'k\n': 1}", '{"k\\n":1}'),
        "structs": ("struct(a text)[]", "[row('NaN \"Infinity')]", '[{"a":"NaN \\"Infinity"}]'),
        "bytes": ("blob", "'\\x00\\xFFa'", '"AP9h"'),
        "a_while": (
            "interval",
            "'1 year 2 months 3 days 04:05:06'",
            '"1 year 2 months 3 days 04:05:06"',
        ),
        "nanoseconds": (
            "timestamp_ns",
            "'2026-03-01 09:30:00.000001'",
            '"2026-03-01T09:30:00.000001Z"',
        ),
        "zero_character": ("text", "'a' || chr(0)", '"a\\u0000"'),
    },
    "postgres": {
        "control_character": ("text", "chr(31)", '"\\u001f"'),
        "huge_integer": ("numeric", "1e40", "1" + "0" * 40),
        "trailing_zeros": ("numeric", "1.500", "1.500"),
        "a_document": ("json", '\'{"b": "x\\n",\n "a": 1.50}\'', '{"a": 1.50, "b": "x\\n"}'),
        "a_jsonb": ("jsonb", "'[1e2, \"NaN\"]'", '[100, "NaN"]'),
        "matrix": ("integer[]", "'{{1,2},{3,4}}'", "[[1,2],[3,4]]"),
        "days": ("date[]", "'{2026-03-01}'", '["2026-03-01"]'),
        "bytes": ("bytea", "decode(repeat('00ff61', 40), 'hex')", f'"{"AP9h" * 40}"'),
        "a_while": (
            "interval",
            "'1 year 2 months 3 days 04:05:06'",
            '"1 year 2 mons 3 days 04:05:06"',
        ),
        "padded": ("char(5)", "'ab'", '"ab"'),
    },
}
NULLS = ("text", "integer", "decimal(10, 2)", "double precision", "date", "timestamp", ZONED)
# Values that JSON cannot hold, by engine.
NOT_FINITE = {
    "duckdb": {
        "double": ["'NaN'", "'Infinity'", "'-Infinity'"],
        "real": ["'NaN'"],
        "date": ["'infinity'"],
        "timestamp": ["'infinity'", "'-infinity'"],
        ZONED: ["'infinity'"],
        "json": ["'{\"a\": NaN}'", "'[-Infinity]'"],
        "struct(a double)": ["row('NaN')"],
        "double[]": ["['1', 'Infinity']"],
    },
    "postgres": {
        "double precision": ["'NaN'", "'Infinity'", "'-Infinity'"],
        "real": ["'NaN'"],
        "numeric": ["'NaN'", "'Infinity'"],
        "date": ["'infinity'"],
        "timestamp": ["'infinity'", "'-infinity'"],
        ZONED: ["'infinity'"],
    },
}
# Column, attribute.
NAMES = {
    "select": "select",
    'a"b': 'b"c',
    "Ünïcode": "back\\slash",
    "Mixed Case": "a.b c",
    "it's": 'it\'s: "x":1',
    "a.b": "😀",
}
# Types of a key's columns, keys, and the texts of the keys.
KEYS: dict[str, tuple[tuple[str, ...], list[tuple[str, ...]], list[str]]] = {
    "text": (("text",), [("'1'",), ("'1 '",), ("''",), ("'É'",)], ["1", "1 ", "", "É"]),
    "integer": (("integer",), [("1",), ("-1",)], ["1", "-1"]),
    "day": (("date",), [("'2026-03-01'",)], ["2026-03-01"]),
    "composite": (
        ("text", "text"),
        [("'a'", "'b-c'"), ("'a-b'", "'c'"), ("'1:a|'", "''"), ("''", "'1:a|'")],
        ["1:a|3:b-c", "3:a-b|1:c", "4:1:a||0:", "0:|4:1:a|"],
    ),
    "times": (
        ("date", "timestamp", ZONED, "integer"),
        [("'2026-03-01'", "'2026-03-01 00:00:00.5'", "'2026-03-01 00:00:00+05:45'", "7")],
        ["10:2026-03-01|27:2026-03-01T00:00:00.500000Z|20:2026-02-28T18:15:00Z|1:7"],
    ),
}
EMPTY = (
    "drop table if exists marketing.ty",
    "drop table if exists marketing.ty__synced",
    "drop view if exists marketing.ty_people",
    "drop table if exists marketing.raw_ty_people",
)
# What could be taken for the frame around a part of a key.
