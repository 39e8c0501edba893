"""fakesnow's server on the port that is given, with what it distorts on the wire put right."""

from __future__ import annotations

import sys

import pyarrow as pa  # type: ignore[import-not-found]  # make test-warehouses installs it
from fakesnow import arrow, cli  # type: ignore[import-not-found]  # as above

_timestamps = arrow.timestamp_to_sf_struct


def _with_nulls(timestamps: pa.Array | pa.ChunkedArray) -> pa.StructArray:
    """Timestamps as fakesnow sends them; it sends a null as some moment, mostly 1970-01-01."""
    sent = _timestamps(timestamps)
    nulls = timestamps.is_null()
    if isinstance(nulls, pa.ChunkedArray):
        nulls = nulls.combine_chunks()
    return pa.StructArray.from_arrays(sent.flatten(), fields=list(sent.type), mask=nulls)


if __name__ == "__main__":
    arrow.timestamp_to_sf_struct = _with_nulls
    cli.main(["-s", "-p", sys.argv[1]])
