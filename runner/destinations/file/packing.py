"""Parquet of columns of text."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence

from runner.errors import ConfigurationError


def parquet(names: Sequence[str], body: bytes) -> bytes:
    """A JSON list of rows, each the texts of these columns, as a Parquet file."""
    try:
        import pyarrow as pa  # type: ignore[import-untyped]  # it brings no types
        from pyarrow.parquet import write_table  # type: ignore[import-untyped]  # as above
    except ImportError:
        raise ConfigurationError(
            "Parquet needs pyarrow: pip install 'tailrace[parquet]'."
        ) from None
    rows = json.loads(body)
    texts = pa.string()
    arrays = [pa.array([row[at] for row in rows], texts) for at in range(len(names))]
    file = io.BytesIO()
    write_table(pa.table(arrays, names=list(names)), file)
    return file.getvalue()
