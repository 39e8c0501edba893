"""What is left of a request when its values are hidden."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.concealing import HIDDEN, concealed

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from("abc"), inner),
)


def leaves(value: object) -> list[object]:
    """All that is neither list nor mapping."""
    if isinstance(value, dict | list):
        inner = value.values() if isinstance(value, dict) else value
        return [leaf for each in inner for leaf in leaves(each)]
    return [value]


@given(VALUES)
def test_no_value_is_left(value: object) -> None:
    """Whatever it is, and however deep it lies; a truth tells something too."""
    assert set(leaves(json.loads(concealed(json.dumps(value), ())))) <= {HIDDEN}


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ('{"e": [{"id": 1, "more": {"n": 2}}]}', '{"e":[{"id":"…","more":{"n":"…"}}]}'),
        ('{"e": [{"a": {"Ada": 1}}, {"a": [{"Ada": 2}]}]}', '{"e":[{"a":"…"},{"a":"…"}]}'),
        ('{"a": [{"id": true}]}', '{"a":[{"id":"…"}]}'),
        ("key=Ada", "…"),
    ],
)
def test_names_are_kept_but_those_in_an_attribute(body: str, shown: str) -> None:
    """What an attribute holds may be named by data; what is no JSON is hidden whole."""
    assert concealed(body, ["a"]) == shown
