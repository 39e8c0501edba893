"""Value templates: what a row becomes, declared in YAML, with every digit of its numbers.

A text that is one expression, `{{ attributes.price }}`, yields the value itself, never its text as
JSON; other texts are joined as text. What is not in a row is left out: a delta holds only what
changed. Nothing but the names it is given is within a template's reach.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any, Self

from jinja2 import StrictUndefined, TemplateError, nodes
from jinja2.meta import find_undeclared_variables
from jinja2.sandbox import ImmutableSandboxedEnvironment

from runner.hints import nearest
from runner.rendering import EXPRESSION

Names = Mapping[str, object]
Template = Callable[[Names], object]
# The value of an expression that asks for what is not there.
LEFT_OUT = object()


class TemplateFault(ValueError):  # noqa: N818 - a fault of a template or of a row, told as a refusal
    """A template cannot be rendered for a row; its words show no value."""


class Exact(float):
    """A number that is written with the digits it was read with."""

    text: str

    def __new__(cls, text: str) -> Self:
        """Keep the text beside the value."""
        number = super().__new__(cls, text)
        number.text = text
        return number

    def __str__(self) -> str:
        return self.text


_DECODER = json.JSONDecoder(parse_float=Exact)


def parsed(text: str) -> object:
    """Read JSON; raises ValueError."""
    try:
        return _DECODER.decode(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def written(value: object) -> str:
    """Write JSON; raises ValueError on what JSON cannot hold."""
    match value:
        case Exact():
            return value.text
        case dict():
            members = (f"{json.dumps(str(key))}:{written(item)}" for key, item in value.items())
            return f"{{{','.join(members)}}}"
        case list() | tuple():
            return f"[{','.join(written(item) for item in value)}]"
        case float() if not math.isfinite(value):
            raise TemplateFault("a number is not finite")
        case None | bool() | int() | float() | str():
            return json.dumps(value)
        case _ if value is LEFT_OUT:
            raise TemplateFault("nothing of this row is asked for")
        case _:
            kind = type(value).__name__
            raise TemplateFault(f"a template yields a {kind}, which is no JSON value")


def template(value: object) -> Template:
    """Prepare a value of YAML with templates in it; raises TemplateError where one is malformed."""
    match value:
        case dict():
            members = {str(key): template(item) for key, item in value.items()}
            return lambda names: {
                key: item
                for key, member in members.items()
                if (item := member(names)) is not LEFT_OUT
            }
        case list():
            items = [template(item) for item in value]
            return lambda names: [item for each in items if (item := each(names)) is not LEFT_OUT]
        case str() if "{" in value:
            return _guarded(_text(value))
        case _:
            return lambda _: value


def expression(text: str) -> Template:
    """Prepare a text that must be one expression in braces."""
    whole = EXPRESSION.fullmatch(text)
    if not whole:
        raise TemplateError("it must be one expression in {{ }}")
    return _guarded(_text(text))


def known_to(value: object, name: str) -> bool:
    """Whether a template asks for a name; False for one that is malformed."""
    if isinstance(value, dict | list):
        parts = value.values() if isinstance(value, dict) else value
        return any(known_to(part, name) for part in parts)
    if not isinstance(value, str):
        return False
    try:
        return name in find_undeclared_variables(_environment().parse(value))
    except TemplateError:
        return False


def mistakes(value: object, names: Mapping[str, Mapping[str, object] | None]) -> Iterator[str]:
    """Say what cannot work in a template that knows these names, and of some also their members."""
    if isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from mistakes(item, names)
        return
    if not isinstance(value, str) or "{" not in value:
        return
    try:
        tree = _environment().parse(value)
    except TemplateError as error:
        yield f"`{value}` is no valid template ({error.message})"
        return
    for name in sorted(find_undeclared_variables(tree) - set(names)):
        yield f"`{value}` knows no {name}: {nearest(name, names)}"
    for owner, name in _members(tree):
        known = names.get(owner)
        if known is not None and name not in known:
            yield f"`{value}`: there is no {name} among the {owner}, {nearest(name, known)}"


def _members(tree: nodes.Template) -> Iterator[tuple[str, str]]:
    for dotted in tree.find_all(nodes.Getattr):
        if isinstance(dotted.node, nodes.Name):
            yield dotted.node.name, dotted.attr
    for item in tree.find_all(nodes.Getitem):
        if isinstance(item.node, nodes.Name) and isinstance(item.arg, nodes.Const):
            yield item.node.name, str(item.arg.value)


def _text(text: str) -> Template:
    whole = EXPRESSION.fullmatch(text)
    if not whole:
        joined = _environment().from_string(text)
        return joined.render
    value = _environment().compile_expression(whole["expression"], undefined_to_none=False)

    def evaluated(names: Names) -> object:
        found: object = value(**names)
        return LEFT_OUT if isinstance(found, StrictUndefined) else found

    return evaluated


def _guarded(inner: Template) -> Template:
    def guarded(names: Names) -> object:
        try:
            return inner(names)
        except TemplateError as error:
            raise TemplateFault(str(error.message)) from None
        except Exception as error:  # noqa: BLE001 - a filter may raise anything, and quote the value
            kind = type(error).__name__
            raise TemplateFault(f"a filter does not fit a value ({kind})") from None

    return guarded


class _Environment(ImmutableSandboxedEnvironment):
    """A dotted name is a member, also where mappings have a method of that name."""

    def getattr(self, obj: Any, attribute: str) -> Any:  # noqa: ANN401 - as it is declared there
        """Look for members of a mapping, not for its methods."""
        if isinstance(obj, Mapping):
            return obj.get(attribute, self._missing(attribute))
        return super().getattr(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:  # noqa: ANN401 - as it is declared there
        """Look for members of a mapping, not for its methods."""
        if isinstance(obj, Mapping):
            return obj.get(argument, self._missing(argument))
        return super().getitem(obj, argument)

    def _missing(self, name: object) -> object:
        words = "is not there; a row holds only what changed, so join values in the model"
        return self.undefined(hint=f"`{name}` {words}")


@cache
def _environment() -> ImmutableSandboxedEnvironment:
    environment = _Environment(undefined=StrictUndefined, autoescape=False)
    environment.globals = {}
    return environment
