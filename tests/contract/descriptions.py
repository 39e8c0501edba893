"""The vendors' own API descriptions, as a check on requests."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from openapi_core import OpenAPI
from openapi_core.testing import MockRequest

FOLDER = Path(__file__).parents[1] / "specs"


@cache
def _description(platform: str) -> OpenAPI:
    return OpenAPI.from_file_path(str(FOLDER / f"{platform}.json"))


def described() -> list[str]:
    """The platforms whose vendor publishes a description."""
    return sorted(
        path.stem for path in FOLDER.glob("*.json") if not path.stem.endswith(".canaries")
    )


def canaries(platform: str) -> list[Any]:
    """Requests that the description must accept or refuse."""
    path = FOLDER / f"{platform}.canaries.json"
    return list(json.loads(path.read_text(encoding="utf-8"))["tests"])


def _host(platform: str) -> str:
    text = (FOLDER / f"{platform}.json").read_text(encoding="utf-8")
    return str(json.loads(text)["servers"][0]["url"])


def validate(platform: str, method: str, path: str, body: bytes) -> None:
    """Raise OpenAPIError when the vendor's description does not allow the request."""
    named = json.loads((FOLDER / f"{platform}.canaries.json").read_text(encoding="utf-8"))
    headers = {**named["headers"], "Content-Type": "application/json"}
    request = MockRequest(_host(platform), method, path, headers=headers, data=body)
    _description(platform).validate_request(request)
