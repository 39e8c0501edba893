"""Values of every type, on every engine: what exactly is sent, and always the same."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from tests.support.project import Project
from tests.support.typed_values import (
    ALIKE,
    EMPTY,
    KEYS,
    NAMES,
    NOT_FINITE,
    NULLS,
    ODD_JSON,
    ODD_TEXT,
    ONLY,
)


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
