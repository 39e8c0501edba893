"""The same source gives the same delta on Snowflake as on DuckDB, byte for byte."""

from __future__ import annotations

from tests.support.project import Project
from tests.warehouses.comparing import compare_rows, compare_types
from tests.warehouses.golden import literal


def test_every_type(duck: Project, snow: Project) -> None:
    """Each value has the same JSON text on both engines, and an unchanged row stays unchanged."""
    compare_types(duck, snow)


def test_every_mode_and_row(duck: Project, snow: Project) -> None:
    """New, changed, nulled, gone, moved and invalid rows give the same delta in every mode."""
    compare_rows(duck, snow)


def test_null_in_an_array(snow: Project) -> None:
    """Null takes the place of the word that the server writes, unless a text holds it too."""
    documents = {
        '[1,undefined,{"a\\\\":[undefined]}]': '[1,null,{"a\\\\":[null]}]',
        '["\\"undefined",1]': '["\\"undefined",1]',
        '["\\"undefined",undefined]': '["\\"undefined",undefined]',
    }
    texts = ", ".join(f"({literal('snowflake', text)})" for text in documents)
    written = "{{ tailrace._without_undefined('document') }}"
    snow.write(
        "models/documents.sql",
        "{{ config(materialized='table') }} "
        f"select document, {written} as written from (values {texts}) as documents (document)",
    )
    snow.build("documents", command="run")
    found = snow.rows("select document, written from marketing.documents")
    assert dict(found) == documents


def test_bytes_as_key(snow: Project) -> None:
    """The text of bytes is asked for by its form, which else follows the session."""
    snow.write(
        "models/keys.sql",
        "{{ config(materialized='table') }} select "
        "{{ tailrace.text_value(\"to_binary('00ff61', 'HEX')\", 'binary') }} as written",
    )
    snow.build("keys", command="run")
    assert snow.rows("select written from marketing.keys") == [("00FF61",)]
