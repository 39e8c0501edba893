"""What a connection to an endpoint of the user's own declares."""

from __future__ import annotations

import re
from collections.abc import Mapping

from runner.destinations.common.settings import (
    OPTION_COUNT,
    OPTION_RATE,
    Check,
    one_of,
    option,
    text,
)
from runner.destinations.service import Connection, Operation, Setting

# These are about the caller, or say that nobody knows.
NEVER_REFUSING = frozenset({401, 403, 408, 425, 429})
METHODS = ("POST", "PUT", "PATCH", "DELETE")
# What RFC 9110 calls a token.
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")
_HEADER_TEXT = re.compile(r"[ -~]+")
ERROR_KEYS = frozenset({"list", "index", "key", "of", "code", "reason"})


def _is_header(value: object) -> bool:
    return isinstance(value, str) and _HEADER.fullmatch(value) is not None


def _are_headers(value: object) -> bool:
    return isinstance(value, dict) and all(
        _is_header(name)
        and isinstance(text, str)
        and text.isascii()
        and text.isprintable()
        and text
        for name, text in value.items()
    )


def _is_path(value: object) -> bool:
    return isinstance(value, str) and value.startswith("/") and not set(value) & set("\r\n#")


def _is_request(value: object) -> bool:
    return isinstance(value, dict) and set(value) <= {"method", "path", "row", "body"}


def _is_check(value: object) -> bool:
    if not isinstance(value, dict) or not set(value) <= {"method", "path"}:
        return False
    return _is_path(value.get("path", "/")) and value.get("method", "GET") in PROBING


def _are_errors(value: object) -> bool:
    if not isinstance(value, dict) or not {"list", "reason"} <= set(value) <= ERROR_KEYS:
        return False
    return ("index" in value) != ("key" in value) and all(
        isinstance(each, str) for each in value.values()
    )


def _are_refusing(value: object) -> bool:
    statuses = value if isinstance(value, list) else []
    return bool(statuses) and set(statuses) <= set(range(400, 500)) - NEVER_REFUSING


PROBING = ("GET", "HEAD", *METHODS)
_PATH: Check = ("text that begins with a slash", _is_path)
_HEADERS: Check = ("a mapping of names of headers to texts", _are_headers)
_HEADER_NAME: Check = ("the name of a header, such as X-Api-Key", _is_header)
PATH = Setting(
    name="path",
    description="The path of a request, with expressions of a row; their values are "
    "percent-encoded, and rows of one path share requests.",
    required=True,
    check=_PATH,
    template=True,
)
METHOD = Setting(
    name="method", description="The method of a request.", default="POST", check=one_of(*METHODS)
)
ROW = Setting(
    name="row",
    description="What a row becomes, as value templates; left out, its operation, identifiers and "
    "attributes.",
    template=True,
)
BODY = Setting(
    name="body",
    description='What stands around it: "{{ row }}" is the row of a request of its own, '
    '"{{ rows }}" the list of those of a page; null sends no body.',
    default="{{ row }}",
    template=True,
)
DELETE = Setting(
    name="delete",
    description="Another method, path, row or body for rows that left.",
    check=("a mapping with method, path, row or body", _is_request),
    template=True,
)
HEADERS = Setting(name="headers", description="Headers of every request.", check=_HEADERS)
TOKEN_HEADER = Setting(
    name="token_header",
    description="The header that carries the token; left out, it is the bearer of Authorization.",
    check=_HEADER_NAME,
)
TOKEN_PARAMETER = Setting(
    name="token_parameter",
    description="The parameter of the URL that carries the token, where there is no other way.",
    check=text(100),
)
USERNAME = Setting(name="username", description="Who logs in by password (Basic).", check=text(500))
SIGNATURE = Setting(
    name="signature",
    description="How signing_secret signs a body: `standard` as Standard Webhooks say, `hex` by "
    "`sha256=` and the HMAC-SHA256 of the body in one header.",
    default="standard",
    check=one_of("standard", "hex"),
)
SIGNATURE_HEADER = Setting(
    name="signature_header",
    description="The header of a signature in hex.",
    default="X-Signature-256",
    check=_HEADER_NAME,
)
SUCCESS = Setting(
    name="success",
    description="An expression of `status` and `reply`, the answer's JSON, that tells whether the "
    "rows were taken; left out, any 2xx that is no HTML page, and a 404 or 410 to what `delete` "
    "declares for a path with expressions.",
    template=True,
)
REFUSING = Setting(
    name="refusing",
    description="Statuses that refuse the rows of a request, and not the connection.",
    default=[400, 409, 413, 422],
    check=("a list of statuses from 400 to 499, without 401, 403, 408, 425 and 429", _are_refusing),
)
MESSAGE = Setting(
    name="message",
    description="An expression that finds why a request was refused.",
    template=True,
)
ERRORS = Setting(
    name="errors",
    description="Where an answer names the rows that were refused: `list`, and of each `error` its "
    "`index`, or its `key` which equals `of` of the row (record_key if left out), its `code` and "
    "its `reason`.",
    check=("a mapping with list, reason, index or key, of and code, all expressions", _are_errors),
    template=True,
)
CHECK = Setting(
    name="check",
    description="Method and path of a harmless request, for `runner check`.",
    default={"method": "GET", "path": "/"},
    check=("a mapping with method and path", _is_check),
)
MAX_ROWS = Setting(
    name="max_rows",
    description='Rows of one request whose body has "{{ rows }}".',
    default=100,
    check=OPTION_COUNT,
)
MAX_BYTES = Setting(
    name="max_bytes",
    description="Bytes of one request's body.",
    default=1_000_000,
    check=OPTION_COUNT,
)
RATE_LIMIT = Setting(
    name="rate_limit",
    description="Requests in any window of so many seconds.",
    default={"requests": 10, "seconds": 1},
    check=OPTION_RATE,
)
OPTIONS = (
    *(PATH, METHOD, ROW, BODY, DELETE, HEADERS),
    *(TOKEN_HEADER, TOKEN_PARAMETER, USERNAME, SIGNATURE, SIGNATURE_HEADER),
    *(SUCCESS, REFUSING, MESSAGE, ERRORS, CHECK, MAX_ROWS, MAX_BYTES, RATE_LIMIT),
)


def declared(connection: Connection, setting: Setting, operation: Operation) -> object:
    """What a connection says of a request, which may be another for rows that left."""
    leaving = connection.options.get(DELETE.name) if operation == "delete" else None
    for place in (leaving, connection.options):
        # A body that is null is a body: none.
        if isinstance(place, Mapping) and setting.name in place:
            return place[setting.name]
    return option(connection, setting)
