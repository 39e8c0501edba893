"""The body of a request for people to look at: names and structure stay, every value is hidden."""

from __future__ import annotations

import json
from collections.abc import Collection

HIDDEN = "…"


def concealed(body: str, attributes: Collection[str]) -> str:
    """The body without a value; what an attribute holds is hidden whole, with its own names."""
    try:
        document = json.loads(body)
    except ValueError:
        return HIDDEN
    if isinstance(document, dict):
        # The outermost names are the service's own, whatever an attribute is called.
        shown: object = {name: _hidden(value, attributes) for name, value in document.items()}
    else:
        shown = _hidden(document, attributes)
    return json.dumps(shown, ensure_ascii=False, separators=(",", ":"))


def _hidden(value: object, attributes: Collection[str]) -> object:
    if isinstance(value, dict):
        return {
            name: HIDDEN if name in attributes else _hidden(each, attributes)
            for name, each in value.items()
        }
    if isinstance(value, list):
        return [_hidden(each, attributes) for each in value]
    return HIDDEN
