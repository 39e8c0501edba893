"""Jinja in YAML files, as in dbt profiles, with env_var() and keyring(): nothing else runs."""

from __future__ import annotations

import re
from ast import literal_eval
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from runner import lookup
from runner.errors import ConfigurationError

# A value that is exactly one expression keeps the type that its filter gave it.
EXPRESSION = re.compile(r"\s*\{\{(?P<expression>((?!\}\}|\{\{).)*)\}\}\s*", re.DOTALL)


def render_mapping(values: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Render an entry of a file; see `render`."""
    return {name: render(value, where, str(name)) for name, value in values.items()}


def render(value: object, where: str, key: str = "") -> object:
    """Render every text in nested lists and mappings; `where` names the entry in errors.

    A missing variable and a faulty template are ConfigurationErrors that name the key.
    """
    match value:
        case dict():
            return {name: render(item, where, _path(key, name)) for name, item in value.items()}
        case list():
            return [render(item, where, _path(key, at)) for at, item in enumerate(value)]
        case str() if "{{" in value or "{%" in value or "{#" in value:
            return _text(value, where, key)
        case _:
            return value


def is_looked_up(template: object) -> bool:
    """Whether a value is fetched from elsewhere: it calls keyring, or env_var without a default."""
    try:
        calls = _environment().parse(str(template)).find_all(nodes.Call)
    except TemplateSyntaxError:
        return False
    lookups = [call for call in calls if isinstance(call.node, nodes.Name)]
    return bool(lookups) and not any(_default(call) for call in lookups)


def _default(call: nodes.Call) -> bool:
    """Whether a call holds a text for where nothing is found."""
    last = [*call.args[1:], *(word.value for word in call.kwargs if word.key == "default")]
    is_env_var = isinstance(call.node, nodes.Name) and call.node.name == "env_var"
    return is_env_var and any(not isinstance(one, nodes.Const) or one.value for one in last)


def _path(key: str, part: object) -> str:
    return f"{key}.{part}" if key else str(part)


def _text(text: str, where: str, key: str) -> object:
    whole = EXPRESSION.fullmatch(text)
    try:
        if whole:
            expression = _environment().compile_expression(
                whole["expression"], undefined_to_none=False
            )
            result: object = expression()
            if isinstance(result, StrictUndefined):
                str(result)  # raises, and says what is undefined
            return result
        return _environment().from_string(text).render()
    except lookup.LookupFailedError as error:
        raise ConfigurationError(
            f"{where} needs {error.needed} for `{key}`, {error.cure}."
        ) from None
    except TemplateSyntaxError as error:
        # dbt takes a password that is no template as it stands.
        if key.rpartition(".")[2] in {"password", "pass"}:
            return text
        raise ConfigurationError(
            f"{where}: `{key}` is no valid template: {error.message}."
        ) from None
    except (TemplateError, ValueError, TypeError) as error:
        raise ConfigurationError(
            f"{where}: `{key}` cannot be rendered: {_reason(error)}."
        ) from None


def _reason(error: Exception) -> str:
    # Only Jinja's own words: those of a failed conversion would quote the value.
    if isinstance(error, TemplateError) and error.message:
        return f"{error.message}; env_var() and keyring() are the only functions here"
    return "a filter or an argument does not fit its value"


@cache
def _environment() -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False)
    environment.globals = {"env_var": lookup.env_var, "keyring": lookup.keyring}
    environment.filters.update(_filters())
    return environment


def _filters() -> dict[str, Callable[[object], object]]:
    return {"as_text": str, "as_number": _number, "as_bool": _bool, "as_native": _native}


def _number(value: object) -> int | float:
    text = str(value).strip()
    return int(text) if re.fullmatch(r"[+-]?\d+", text) else float(text)


def _bool(value: object) -> bool:
    text = str(value).strip().lower()
    if text not in {"true", "false"}:
        raise ValueError
    return text == "true"


def _native(value: object) -> object:
    try:
        return literal_eval(str(value))
    except (ValueError, SyntaxError, MemoryError):
        return value
