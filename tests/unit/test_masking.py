"""Promises of the mask over secrets."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote, quote_plus

from hypothesis import given
from hypothesis import strategies as st

from runner.masking import MASK, masker

secrets = st.text(min_size=4, max_size=30).filter(lambda text: text.strip("*") == text)


@given(secret=secrets, before=st.text(max_size=10), after=st.text(max_size=10))
def test_a_secret_is_masked_in_every_form_it_may_be_echoed_in(
    secret: str, before: str, after: str
) -> None:
    """Plain, as JSON text, percent-encoded and in base64."""
    mask = masker([secret])
    encoded = base64.b64encode(secret.encode()).decode()
    forms = (secret, json.dumps(secret)[1:-1], quote(secret), quote_plus(secret), encoded)
    for form in forms:
        assert mask(f"<{form}>") == f"<{MASK}>"


def test_the_longer_of_two_secrets_goes_first() -> None:
    """A secret that begins with another one leaves no tail."""
    assert masker(["abc", "abcdef"])("key abcdef, key abc") == f"key {MASK}, key {MASK}"


def test_an_empty_secret_masks_nothing() -> None:
    """No text is broken up by a secret that is not set."""
    assert masker([""])("hello") == "hello"
