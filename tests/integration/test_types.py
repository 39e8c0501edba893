"""Values of every type, on every engine: what exactly is sent, and always the same."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import jinja2
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tests.support.project import Project

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
# What the engines write differently though the values are equal: whole floats (1.0 and 1), the
# zero below zero, JSON (PostgreSQL puts its keys in order), the unit of months in an interval, the
# letters of an escaped control character. Times with a zone inside of lists and structs are left
# out: there the engines write them in the session's zone, and no SQL around them can tell.
ONLY: dict[str, dict[str, tuple[str, str, str]]] = {
    "duckdb": {
        "whole_float": ("double", "1", "1.0"),
        "below_zero": ("double", "'-0'", "-0.0"),
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
        "whole_float": ("double precision", "1", "1"),
        "below_zero": ("double precision", "'-0'", "-0"),
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
PARTS = st.text(st.sampled_from("0123:|-a' é😀"), max_size=6)


@pytest.fixture
def types(shop: Project) -> Iterator[Project]:
    """Make the one type that both engines have to be told of."""
    shop.execute(
        "create schema if not exists marketing", *EMPTY, "drop type if exists marketing.mood"
    )
    shop.execute("create type marketing.mood as enum ('fine', 'so ''so''')")
    yield shop
    shop.remove("ty", "ty_people")


def _cast(kind: str, value: str) -> str:
    return f"cast({value} as {'marketing.mood' if kind == 'mood' else kind})"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _build(shop: Project, query: str, **arguments: Any) -> None:  # noqa: ANN401 - as activation
    """Build an activation of the query from nothing."""
    shop.model("ty_people")
    arguments.setdefault("attributes", None)
    shop.activation("ty", "ref('ty_people')", **arguments)
    shop.execute(*EMPTY)
    shop.table("raw_ty_people", query)
    shop.build("ty_people ty", command="run")


def _values(payload: str) -> dict[str, str]:
    """Part a payload into its attributes and their texts; each stands on a line."""
    lines = [line for line in payload.split("\n") if line.startswith('"')]
    assert payload == "{" + ",".join(f"\n{line}\n" for line in lines) + "}"
    decoder = json.JSONDecoder()
    parts = [(decoder.raw_decode(line), line) for line in lines]
    assert all(line[end] == ":" for (_, end), line in parts)
    return {name: line[end + 1 :] for (name, end), line in parts}


def _session(shop: Project, *, odd: bool) -> None:
    """Have dbt's sessions write values in unusual ways, or as usual."""
    file = shop.folder / "profiles.yml"
    profiles = yaml.safe_load(file.read_text())
    output = profiles["shop"]["outputs"]["test"]
    if shop.engine == "duckdb":
        output["settings"] = {"TimeZone": "America/St_Johns"} if odd else {}
    elif odd:
        shop.execute(*_role(shop, "set {} = {}"))
    else:
        shop.execute(*_role(shop, "reset {}"))
    file.write_text(yaml.safe_dump(profiles))


def _role(shop: Project, action: str) -> list[str]:
    settings = {
        "timezone": "'America/St_Johns'",
        "datestyle": "'German, DMY'",
        "intervalstyle": "'iso_8601'",
        "extra_float_digits": "-5",
        "bytea_output": "'escape'",
    }
    role = f'alter role current_user in database "{shop.profile.database}"'
    return [f"{role} {action.format(name, value)}" for name, value in settings.items()]


def test_every_type(types: Project) -> None:
    """Each value has its one JSON text, and nothing is planned again, whatever the session."""
    columns = {**ALIKE, **ONLY[types.engine], "odd": ("text", _literal(ODD_TEXT), ODD_JSON)}
    selected = [f"{_cast(kind, value)} as {name}" for name, (kind, value, _) in columns.items()]
    nulls = [f"{_cast(kind, 'null')} as null_{place}" for place, kind in enumerate(NULLS)]
    _build(types, f"select 'k' as id, {', '.join(selected + nulls)}")

    payload = types.one("select _payload from marketing.ty")
    sent = _values(payload)
    assert sent == {name: text for name, (_, _, text) in columns.items()}
    parsed = json.loads(payload, parse_constant=pytest.fail)
    assert parsed["odd"] == ODD_TEXT
    assert parsed["beyond_float"] == 2**53 + 1

    types.settle("ty")
    types.build("ty", command="run")
    assert types.plan("ty") == []
    _session(types, odd=True)
    try:
        types.build("ty", command="run")
        assert types.rows("select _operation, _changed from marketing.ty") == []
    finally:
        _session(types, odd=False)


def test_values_that_json_cannot_hold(types: Project) -> None:
    """A value that is not finite makes its row invalid and names the attribute."""
    kinds = NOT_FINITE[types.engine]
    rows: list[str] = []
    for kind, values in kinds.items():
        for value in values:
            cells = [_cast(other, value if other == kind else "null") for other in kinds]
            named = ", ".join(f"{cell} as c{place}" for place, cell in enumerate(cells))
            rows.append(f"select {len(rows)} as id, {named}")
    _build(types, " union all ".join(rows), guards={"max_invalid_share": 100})
    expected = [
        f"c{place} is not a finite value"
        for place, values in enumerate(kinds.values())
        for _ in values
    ]
    query = (
        "select _operation, _payload, _invalid_reason from marketing.ty "
        "order by cast(_record_key as integer)"
    )
    assert types.rows(query) == [("invalid", None, reason) for reason in expected]


def test_names_of_columns_and_attributes(types: Project) -> None:
    """Any name of a column or attribute is sent as it is, found again, and looked up exactly."""
    selected = [f"'v{place}' as {_quoted(name)}" for place, name in enumerate(NAMES)]
    attributes = {attribute: column for column, attribute in NAMES.items()}
    _build(types, f"select 'k' as id, {', '.join(selected)}", attributes=attributes)
    sent = {attribute: f"v{place}" for place, attribute in enumerate(NAMES.values())}
    assert json.loads(types.one("select _payload from marketing.ty")) == sent
    types.settle("ty")
    selected[1] = selected[1].replace("'v1'", "'w1'")
    types.table("raw_ty_people", f"select 'k' as id, {', '.join(selected)}")
    types.build("ty_people ty", command="run")
    assert types.payloads("ty") == {"k": {'b"c': "w1"}}
    assert types.one("select _changed from marketing.ty") == '["b\\"c"]'


def test_keys(types: Project) -> None:
    """Different keys have different texts, which no session's settings change."""
    names = [f"ty_{name}" for name in KEYS]
    for name, (kinds, keys, _) in KEYS.items():
        columns = [f"k{place}" for place in range(len(kinds))]
        rows = [
            ", ".join(
                f"{_cast(kind, part)} as {column}"
                for kind, part, column in zip(kinds, key, columns, strict=True)
            )
            for key in keys
        ]
        query = " union all ".join(f"select {row}, 'u{n}' as ext" for n, row in enumerate(rows))
        types.write(f"models/ty_{name}_rows.sql", f"{{{{ config(materialized='view') }}}} {query}")
        types.activation(
            f"ty_{name}",
            f"ref('ty_{name}_rows')",
            primary_key=columns,
            identifiers={"external_id": "ext"},
            attributes=None,
        )
    types.build("ty_*", command="run")
    planned = {name: sorted(key for _, key in types.plan(f"ty_{name}")) for name in KEYS}
    assert planned == {name: sorted(texts) for name, (_, _, texts) in KEYS.items()}
    types.settle(*names)
    _session(types, odd=True)
    try:
        types.build("ty_*", command="run")
    finally:
        _session(types, odd=False)
        types.remove(*names, *(f"{name}_rows" for name in names))
    assert {name: types.plan(name) for name in names} == {name: [] for name in names}


@pytest.fixture(scope="module")
def record_key(project_root: Path) -> Callable[[Sequence[tuple[str, ...]]], list[str]]:
    """Give the macro's keys for tuples of one length, worked out by DuckDB."""
    environment = jinja2.Environment(extensions=["jinja2.ext.do"], autoescape=False)  # noqa: S701
    macro = (project_root / "macros" / "diff" / "record_key.sql").read_text()
    environment.globals |= {"return": str, "tailrace": SimpleNamespace(text_type=lambda: "text")}
    template = environment.from_string(macro + "{{ record_key(columns) }}")
    connection = duckdb.connect()

    def keys(tuples: Sequence[tuple[str, ...]]) -> list[str]:
        columns = [f"c{place}" for place in range(len(tuples[0]))]
        rows = ", ".join("(" + ", ".join("?" * len(columns)) + ")" for _ in tuples)
        key, names = template.render(columns=columns), ", ".join(columns)
        query = f"select {key} from (values {rows}) as t ({names})"
        return [one for (one,) in connection.execute(query, sum(tuples, ())).fetchall()]

    return keys


@given(
    tuples=st.integers(2, 4).flatmap(
        lambda size: st.lists(st.tuples(*[PARTS] * size), min_size=2, max_size=20, unique=True)
    )
)
def test_no_two_keys_are_one_text(
    record_key: Callable[[Sequence[tuple[str, ...]]], list[str]], tuples: list[tuple[str, ...]]
) -> None:
    """Whatever the parts of a composite key hold, two different keys are two texts."""
    assert len(set(record_key(tuples))) == len(tuples)
