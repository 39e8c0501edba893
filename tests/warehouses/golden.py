"""One data set for every engine: values of each type, spelled as an engine wants them."""

from __future__ import annotations

from collections.abc import Sequence

from runner.warehouse import lake
from tests.support.typed_values import ALIKE, ODD_TEXT, ZONED

CONTROL = "".join(map(chr, range(1, 32)))
ALL_UNICODE = 'ÅßﬁΩ漢字\u00a0\u0085\u200d\u2029\ufeff\uffff👩\u200d🚀\U0010ffff\' ""\\\\'

# Types that have another name on an engine, or for which another one stands there.
TYPES = {
    "duckdb": {"mood": "text"},
    "snowflake": {
        "text": "varchar",
        "double precision": "float",
        "real": "float",
        "timestamp": "timestamp_ntz",
        ZONED: "timestamp_tz",
        "uuid": "varchar",
        "mood": "varchar",
    },
    "redshift": {**dict.fromkeys(("text", "uuid", "mood"), "varchar(65535)")},
    # a timestamp would be that of the session's zone
    "spark": {"text": "string", "timestamp": "timestamp_ntz"},
    "bigquery": {
        "text": "string",
        "smallint": "int64",
        "double precision": "float64",
        "real": "float64",
        "decimal(10, 2)": "numeric(10, 2)",
        "decimal(38, 10)": "bignumeric(38, 10)",
        "timestamp": "datetime",
        ZONED: "timestamp",
        "uuid": "string",
        "mood": "string",
    },
}
# Column -> the value on DuckDB and on Snowflake, where they are spelled differently.
SPELLED = {
    "odd": ("{odd}", "{odd}"),
    "control_characters": ("{control}", "{control}"),
    "all_unicode": ("{unicode}", "{unicode}"),
    "zero_character": ("'a' || chr(0)", "'a' || chr(0)"),
    "a_uuid": (
        "cast('6F9619FF-8B86-D011-B42D-00CF4FC964FF' as uuid)",
        "'6f9619ff-8b86-d011-b42d-00cf4fc964ff'",
    ),
    "an_enum": ("cast('so ''so''' as varchar)", "'so ''so'''"),
    "list": ("[1, 3]", "array_construct(1, 3)"),
    "text_list": ("['a\"b', 'x']", "array_construct('a\"b', 'x')"),
    "beyond_64_bits": (
        "cast('99999999999999999999999999999999999999' as decimal(38, 0))",
        "cast('99999999999999999999999999999999999999' as number(38, 0))",
    ),
    "bytes": ("cast('\\x00\\xFFa' as blob)", "to_binary('00ff61', 'HEX')"),
    "a_document": (
        """cast('{"a":1.5,"b":"x\\n","c":[true,null,{}]}' as json)""",
        """parse_json('{"a":1.5,"b":"x\\\\n","c":[true,null,{}]}')""",
    ),
    "a_struct": (
        "{'a b': 1, 'c d': 'NaN \"Infinity'}",
        "object_construct('a b', 1, 'c d', 'NaN \"Infinity')",
    ),
    "a_word": ("""cast('"x"' as json)""", "to_variant('x')"),
}
# The same on Redshift, where it is not as on Snowflake.
REDSHIFT = {
    "list": "json_parse('[1, 3]')",
    "text_list": """json_parse('["a\\\\"b", "x"]')""",
    "beyond_64_bits": "cast('99999999999999999999999999999999999999' as decimal(38, 0))",
    "bytes": "to_varbyte('00ff61', 'hex')",
    "a_document": """json_parse('{"a":1.5,"b":"x\\\\n","c":[true,null,{}]}')""",
    "a_struct": """json_parse('{"a b": 1, "c d": "NaN \\\\"Infinity"}')""",
    "a_word": """json_parse('"x"')""",
}
# What is not compared on an engine, since it or its stand-in is another there, and why.
DISTORTED = {
    "snowflake": {
        "beyond_64_bits": "fakesnow takes number(38, 0) for an integer of 64 bits",
    },
    "redshift": {
        "zero_character": "no text of PostgreSQL holds it",
    },
}
# Rows of the model before and after a change: key, identifier, name, amount, time.
BEFORE = [
    ("1", "u1", "Ada", "1.50", "2026-03-01 09:30:00"),
    ("2", "u2", "Bob", "2.00", "2026-03-02 09:30:00.5"),
    ("3", "u3", "Eve", None, "2026-03-03 00:00:00"),
    ("4", "u4", None, "4.00", None),
    ("5", "u5", "it's", "5.00", "2026-03-05 09:30:00"),
    ("6", "u6", "swaps", "6.00", "2026-03-06 09:30:00"),
    ("7", "u7", "swaps", "7.00", "2026-03-07 09:30:00"),
    ("8", "u8", "breaks", "8.00", "2026-03-08 09:30:00"),
]
AFTER = [
    ("1", "u1", 'A\\d"a', "1.50", "2026-03-01 09:30:00"),
    ("2", "u2", "Bob", None, "2026-03-02 09:30:00.5"),
    ("4", "u4", None, "4.00", None),
    ("5", "v5", "it's", "5.00", "2026-03-05 09:30:00"),
    ("6", "u7", "swaps", "6.00", "2026-03-06 09:30:00"),
    ("7", "u6", "swaps", "7.00", "2026-03-07 09:30:00"),
    ("8", None, "breaks", "8.00", "2026-03-08 09:30:00"),
    ("9", "u9", "new", "9.00", "2026-03-09 09:30:00"),
    ("10", "u10", "twice", "9.00", "2026-03-09 09:30:00"),
    ("10", "u10", "twice", "9.00", "2026-03-09 09:30:00"),
    ("11", "u11", "shared", "9.00", "2026-03-09 09:30:00"),
    ("12", "u11", "shared", "9.00", "2026-03-09 09:30:00"),
    (None, "u13", "nobody", "9.00", "2026-03-09 09:30:00"),
]


def typed_values(engine: str, other: str) -> dict[str, str]:
    """Column -> expression, one of every type and oddity that another engine is compared in."""
    texts = {
        "odd": literal(engine, ODD_TEXT),
        "control": literal(engine, CONTROL),
        "unicode": literal(engine, ALL_UNICODE),
    }
    values = {name: cast(engine, kind, value) for name, (kind, value, _) in ALIKE.items()}
    for name, spellings in SPELLED.items():
        value = spellings[0 if engine == "duckdb" else 1]
        values[name] = texts.get(value.strip("{}"), value)
    values |= REDSHIFT if engine == "redshift" else {}
    return {name: value for name, value in values.items() if name not in DISTORTED[other]}


def rows(engine: str, people: Sequence[tuple[str | None, ...]]) -> str:
    """A query of people."""
    kinds = ("text", "text", "text", "decimal(10, 2)", "timestamp")
    names = ("id", "ext", "name", "amount", "happened_at")
    selects = []
    for person in people:
        literals = ["null" if value is None else literal(engine, value) for value in person]
        cells = [
            f"{cast(engine, kind, value)} as {name}"
            for kind, value, name in zip(kinds, literals, names, strict=True)
        ]
        selects.append(f"select {', '.join(cells)}")
    return " union all ".join(selects)


def literal(engine: str, text: str) -> str:
    """A text as a literal; on some engines a backslash begins an escape."""
    if engine == "spark":
        return lake.literal(text)
    if engine == "bigquery":
        escapes = {"\\": "\\\\", "'": "\\'", "\n": "\\n", "\r": "\\r"}
        return "'" + "".join(escapes.get(letter, letter) for letter in text) + "'"
    doubled = text.replace("'", "''")
    return "'" + (doubled if engine == "duckdb" else doubled.replace("\\", "\\\\")) + "'"


def cast(engine: str, kind: str, value: str) -> str:
    """A value of one of the kinds that have another name on some engine."""
    return f"cast({value} as {TYPES[engine].get(kind, kind)})"
