"""Looks for secrets in all that a project says, writes and stores."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from urllib.parse import quote, quote_plus

from tests.support.project import Project


def small_percent(encoded: str) -> str:
    """A percent-encoded text with small letters after each sign."""
    return re.sub("%[0-9A-F]{2}", lambda found: found[0].lower(), encoded)


def stored(shop: Project) -> Iterator[tuple[str, str]]:
    """Every value of every table of the warehouse."""
    tables = shop.rows(
        "select table_schema, table_name from information_schema.tables "
        "where table_schema not in ('information_schema', 'pg_catalog')"
    )
    assert {"tailrace_runs", "tailrace_rejected_rows"} <= {table for _, table in tables}
    for schema, table in tables:
        rows = shop.rows(f'select * from "{schema}"."{table}"')
        yield f"table {schema}.{table}", "\n".join(str(value) for row in rows for value in row)


def written(folder: Path) -> Iterator[tuple[str, str]]:
    """Every file below a folder, whatever is in it."""
    for file in folder.rglob("*"):
        if file.is_file():
            yield str(file), file.read_bytes().decode("utf-8", "replace")


def forms(secret: str) -> set[str]:
    """How a secret may be written by those who do not mask it."""
    data = secret.encode()
    return {
        secret,
        *(json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]),
        *(repr(secret)[1:-1], ascii(secret)[1:-1], repr(data)[2:-1], html.escape(secret)),
        *(
            quote(secret),
            quote(secret, safe=""),
            quote_plus(secret),
            small_percent(quote_plus(secret)),
        ),
        *(base64.b64encode(b"x" * shift + data).decode()[4:-4] for shift in range(3)),
    }


def leaks(secrets: Sequence[str], texts: Mapping[str, str]) -> list[str]:
    """Where ten letters of a secret stand together, in any form."""
    found = []
    for secret in secrets:
        pieces = {form[at : at + 10] for form in forms(secret) for at in range(len(form) - 9)}
        found += [
            f"{piece!r} of {secret!r} in {name}"
            for name, text in texts.items()
            for piece in pieces
            if piece in text
        ]
    return found
