"""Templates in YAML files give text, and nothing else."""

from __future__ import annotations

import pytest

from runner.errors import ConfigurationError
from runner.rendering import render


def test_only_text_is_rendered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Numbers, flags and plain text stay as they are, at any depth."""
    monkeypatch.setenv("COLOUR", "blue")
    value = {"a": [1, True, None, "{{ env_var('COLOUR') }}"], "b": {"c": "x-{{ 'y' }}"}}
    assert render(value, "here") == {"a": [1, True, None, "blue"], "b": {"c": "x-y"}}


def test_a_variable_is_not_rendered_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a secret holds is text, also where it looks like a template or a number."""
    monkeypatch.setenv("SECRET", "{{ 7 * 7 }}")
    assert render("{{ env_var('SECRET') }}", "here") == "{{ 7 * 7 }}"
    monkeypatch.setenv("SECRET", "0123")
    assert render("{{ env_var('SECRET') }}", "here") == "0123"


@pytest.mark.parametrize(
    "template",
    [
        "{{ ''.__class__ }}",
        "{{ env_var.__globals__ }}",
        "{{ ''.__class__.__mro__ }} x",
        "{{ nothing }}",
        "{{ nothing.at_all }} x",
        "{% if %}",
    ],
)
def test_nothing_but_env_var_can_be_reached(template: str) -> None:
    """A template cannot look into Python, and an unknown name is an error, not empty text."""
    with pytest.raises(ConfigurationError, match=r"^File f: `a\.0` "):
        render({"a": [template]}, "File f")


def test_a_failing_filter_shows_no_value(monkeypatch: pytest.MonkeyPatch) -> None:
    """The text of a conversion's error would quote the secret."""
    monkeypatch.setenv("SECRET", "hunter2")
    with pytest.raises(ConfigurationError) as caught:
        render({"port": "{{ env_var('SECRET') | as_number }}"}, "File f")
    assert "hunter2" not in str(caught.value)
    with pytest.raises(ConfigurationError) as caught:
        render({"flag": "{{ env_var('SECRET') | as_bool }}"}, "File f")
    assert "hunter2" not in str(caught.value)
