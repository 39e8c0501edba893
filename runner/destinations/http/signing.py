"""How a request says who sends it: a token, a login, a signature."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections.abc import Mapping
from urllib.parse import quote

from runner.destinations.common.settings import option
from runner.destinations.http.settings import (
    HEADERS,
    SIGNATURE,
    SIGNATURE_HEADER,
    TOKEN_HEADER,
    TOKEN_PARAMETER,
    USERNAME,
)
from runner.destinations.service import Connection

ENCODED = "whsec_"
BAD_KEY = f"signing_secret that is no base64 after {ENCODED}"


def headers(connection: Connection) -> Mapping[str, str]:
    """The headers of every request."""
    found = {"Content-Type": "application/json"}
    token, password = (connection.secrets.get(name) for name in ("token", "password"))
    if password:
        login = f"{option(connection, USERNAME) or ''}:{password}"
        found["Authorization"] = f"Basic {base64.b64encode(login.encode()).decode()}"
    elif token and option(connection, TOKEN_HEADER):
        found[str(option(connection, TOKEN_HEADER))] = token
    elif token and not option(connection, TOKEN_PARAMETER):
        found["Authorization"] = f"Bearer {token}"
    return {**found, **(connection.options.get(HEADERS.name) or {})}


def with_token(connection: Connection, path: str) -> str:
    """A path with the token as a parameter, where that is how it is carried."""
    name, token = option(connection, TOKEN_PARAMETER), connection.secrets.get("token")
    if not name or not token:
        return path
    return f"{path}{'&' if '?' in path else '?'}{quote(str(name), safe='')}={quote(token, safe='')}"


def signature(connection: Connection, body: bytes, request_id: str) -> Mapping[str, str]:
    """The headers that prove the body: by Standard Webhooks 1.0, or the plain HMAC in hex."""
    secret = connection.secrets.get("signing_secret")
    if not secret:
        return {}
    if option(connection, SIGNATURE) == "hex":
        code = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        return {str(option(connection, SIGNATURE_HEADER)): f"sha256={code}"}
    message, moment = f"msg_{request_id}", str(int(time.time()))
    signed = f"{message}.{moment}.".encode() + body
    code = base64.b64encode(hmac.new(_key(secret), signed, hashlib.sha256).digest()).decode()
    return {
        "webhook-id": message,
        "webhook-timestamp": moment,
        "webhook-signature": f"v1,{code}",
    }


def _key(secret: str) -> bytes:
    """A key with that prefix is bytes in base64, any other is its own letters."""
    if not secret.startswith(ENCODED):
        return secret.encode()
    return base64.b64decode(secret.removeprefix(ENCODED), validate=True)


def has_readable_key(connection: Connection) -> bool:
    """Whether the signing secret, if there is one, is what its prefix says."""
    try:
        return _key(connection.secrets.get("signing_secret", "")) is not None
    except ValueError:
        return False
