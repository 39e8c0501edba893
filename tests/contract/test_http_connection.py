"""Value templates, signatures and the probe of the user's own endpoints."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import TemplateError

from runner.destinations import platforms, service
from runner.destinations.checks import refusal
from runner.destinations.http import PLATFORM
from runner.destinations.http.signing import signature
from runner.destinations.http.templates import (
    LEFT_OUT,
    TemplateFault,
    expression,
    parsed,
    template,
    written,
)
from runner.destinations.service import Reply
from tests.contract.situations import activation_of, connection_to

RECORDS = service("http.records")
NAMES: dict[str, object] = {
    "operation": "insert",
    "attributes": parsed('{"price": 1.50, "items": [1, 2e3], "name": "Ada", "none": null}'),
}


@pytest.mark.parametrize(
    "options",
    [
        {"headers": {"X: Y": "a"}},
        {"headers": {"X-Y": "a\nb"}},
        {"token_header": "X-Key: "},
        {"signature_header": "X\nKey"},
    ],
)
def test_what_no_header_can_be_is_refused(options: dict[str, object]) -> None:
    """Before anything is sent, with the name of the option."""
    platform = platforms()["http"]
    activation = activation_of(RECORDS, sync_mode="upsert", identifiers={"id": "id"})
    found = refusal(platform, RECORDS, activation, connection_to(platform, path="/p", **options))
    (name,) = options
    assert f"{name} must be " in str(found)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("{{ attributes.price }}", "1.50"),
        ("{{ attributes['price'] }}", "1.50"),
        ("{{ attributes.items }}", "[1,2e3]"),
        ("{{ attributes.none }}", "null"),
        ("{{ attributes }}", '{"price":1.50,"items":[1,2e3],"name":"Ada","none":null}'),
        ("costs {{ attributes.price }}", '"costs 1.50"'),
        ("{{ attributes.price * 2 }}", "3.0"),
        ("{{ attributes.gone | default(0) }}", "0"),
        ("{{ attributes.name | upper }}", '"ADA"'),
        ({"a": "{{ attributes.gone }}", "b": ["{{ attributes.gone }}", 1]}, '{"b":[1]}'),
        ({"plain": [True, None, 1.5, "text {"]}, '{"plain":[true,null,1.5,"text {"]}'),
    ],
)
def test_templates(value: object, text: str) -> None:
    """One expression yields the value itself, with its digits; what is not there is left out."""
    assert written(template(value)(NAMES)) == text


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("{{ attributes.gone.deeper }}", "`gone` is not there"),
        ("{{ attributes.name }} {{ attributes.gone }}", "`gone` is not there"),
        ("{{ attributes.name | round }}", "a filter does not fit a value"),
        ("{{ attributes.name.__class__.__mro__ }}", "unsafe"),
        ("{{ attributes.update({'name': 1}) }}", "`update` is not there"),
        ("{{ 1 / 0 }}", "a filter does not fit a value"),
    ],
)
def test_faults_show_no_value(value: object, words: str) -> None:
    """A template that does not fit a row, or reaches too far, is a refusal without a value."""
    with pytest.raises(TemplateFault, match=words) as caught:
        written(template(value)(NAMES))
    assert "Ada" not in str(caught.value)


def test_nothing_else_is_within_reach() -> None:
    """There are neither functions of Jinja's own nor the environment."""
    for name in ("range", "dict", "lipsum", "cycler", "env_var", "self"):
        with pytest.raises(TemplateFault):
            template(f"{{{{ {name}(1) }}}}")(NAMES)


@pytest.mark.parametrize("value", [float("inf"), object(), {"a": {1}}])
def test_what_json_cannot_hold(value: object) -> None:
    """Only JSON is sent."""
    with pytest.raises(TemplateFault):
        written(value)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=8,
    )
)
def test_what_is_read_is_written(value: Any) -> None:  # noqa: ANN401 - any JSON
    """JSON goes through a template without a change of its letters, but for infinity."""
    try:
        text = written(value)
    except TemplateFault:
        return
    assert written(template("{{ attributes }}")({"attributes": parsed(text)})) == text


@pytest.mark.parametrize("text", ["reply.ok", "{{ a }} {{ b }}", "{{ a"])
def test_an_expression_alone(text: str) -> None:
    """A condition is one expression in braces."""
    with pytest.raises(TemplateError):
        expression(text)
    assert expression("{{ gone }}")({}) is LEFT_OUT


def test_standard_webhooks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Id, moment and body are signed with the bytes of the key; a repeat has the same id."""
    monkeypatch.setattr("time.time", lambda: 1_700_000_000.9)
    key = base64.b64encode(b"bytes of a key").decode()
    connection = replace(connection_to(PLATFORM), secrets={"signing_secret": f"whsec_{key}"})
    signed = hmac.new(b"bytes of a key", b"msg_7.1700000000.{}", hashlib.sha256).digest()
    assert signature(connection, b"{}", "7") == {
        "webhook-id": "msg_7",
        "webhook-timestamp": "1700000000",
        "webhook-signature": f"v1,{base64.b64encode(signed).decode()}",
    }


def test_a_signing_secret_that_is_no_base64() -> None:
    """It is told before anything is sent, and not shown."""
    connection = replace(connection_to(PLATFORM), secrets={"signing_secret": "whsec_no-base64"})
    activation = activation_of(RECORDS, sync_mode="upsert", identifiers={"id": "id"})
    told = refusal(PLATFORM, RECORDS, activation, connection)
    assert told == "its connection http_test has a signing_secret that is no base64 after whsec_"


@pytest.mark.parametrize(
    ("status", "options", "words"),
    [
        (200, {}, None),
        (404, {}, None),
        (404, {"check": {"path": "/ping"}}, "answered 404 to the request of `check`"),
        (204, {"check": {"path": "/ping"}}, None),
        (401, {}, "refuses this token"),
        (500, {}, "answered 500"),
    ],
)
def test_check(status: int, options: dict[str, Any], words: str | None) -> None:
    """Without a `check` an answer proves the address alone; with one it must be a success."""
    connection = connection_to(PLATFORM, **options)
    probe = PLATFORM.probe(connection)
    assert (probe.method, probe.path) == ("GET", "/ping" if options else "/")
    told = probe.explain(Reply(status=status, headers={}, body=b""), connection)
    assert told is None if words is None else words in str(told)


def test_limits() -> None:
    """A body of one row is a page of one row; a list has as many as the connection says."""
    activation = activation_of(RECORDS, sync_mode="upsert", identifiers={"id": "id"})
    alone = RECORDS.endpoint(activation, connection_to(PLATFORM, max_rows=50), "insert")
    listed = connection_to(PLATFORM, max_rows=50, body="{{ rows }}")
    assert alone.max_rows == 1
    assert RECORDS.endpoint(activation, listed, "insert").max_rows == 50
