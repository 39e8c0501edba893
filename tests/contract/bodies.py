"""Bodies of requests in any form, read back."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from decimal import Decimal

from pyarrow.parquet import read_table  # type: ignore[import-untyped]  # it brings no types


def readable(path: str, body: bytes) -> bytes:
    """The body itself, and of Parquet its rows as JSON."""
    return json.dumps(_rows(body)).encode() if path.endswith(".parquet") else body


def values(path: str, body: bytes) -> list[object]:
    """Every value in a body; None for an empty cell."""
    form = path.rpartition(".")[2]
    if form == "csv":
        rows = csv.reader(io.StringIO(body.decode(), newline=""), strict=True)
        return [cell or None for row in rows for cell in row]
    if form == "jsonl":
        return [leaf for line in body.decode().split("\n") if line for leaf in _leaves(_read(line))]
    return list(_leaves(_read(readable(path, body).decode()))) if body else []


def _rows(body: bytes) -> list[dict[str, str | None]]:
    rows: list[dict[str, str | None]] = read_table(io.BytesIO(body)).to_pylist()
    return rows


def _read(text: str) -> object:
    return json.loads(text, parse_float=Decimal)


def _leaves(value: object) -> Iterator[object]:
    if isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _leaves(part)
    else:
        yield value
