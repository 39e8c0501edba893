"""Keeps secrets out of every text that leaves the runner."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable
from urllib.parse import quote, quote_plus

MASK = "***"


def masker(secrets: Iterable[str]) -> Callable[[str], str]:
    """A function that replaces each secret, also where it was escaped on the way.

    A destination may echo a secret as JSON text, percent-encoded or in base64.
    """
    forms = {form for secret in secrets if secret for form in _forms(secret)}
    longest_first = sorted(forms, key=len, reverse=True)

    def masked(text: str) -> str:
        for form in longest_first:
            text = text.replace(form, MASK)
        return text

    return masked


def _forms(secret: str) -> set[str]:
    return {
        secret,
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        quote(secret),
        quote(secret, safe=""),
        quote_plus(secret),
        base64.b64encode(secret.encode()).decode(),
    }
