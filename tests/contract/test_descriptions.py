"""The vendors' API descriptions can be trusted to refuse what is wrong."""

from __future__ import annotations

import json
from typing import Any

import pytest
from openapi_core.exceptions import OpenAPIError

from tests.contract.descriptions import canaries, described, validate

CASES = [(platform, canary) for platform in described() for canary in canaries(platform)]


@pytest.mark.parametrize(("platform", "canary"), CASES, ids=lambda value: str(value)[:60])
def test_canary(platform: str, canary: dict[str, Any]) -> None:
    """A description accepts its good canaries and refuses its bad ones."""
    body = json.dumps(canary["body"]).encode()
    if canary["expect"] == "accept":
        validate(platform, canary["method"], canary["path"], body)
    else:
        with pytest.raises(OpenAPIError):
            validate(platform, canary["method"], canary["path"], body)
