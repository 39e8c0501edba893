"""What a connection to a folder may set."""

from __future__ import annotations

from runner.destinations.common.settings import OPTION_COUNT
from runner.destinations.service import Setting

STORAGE_OPTIONS = Setting(
    name="storage_options",
    description="What fsspec's file system of that scheme is opened with, for example key and "
    "secret of s3; left out, the login of the environment is used.",
    check=("a mapping", lambda value: isinstance(value, dict)),
)
MAX_ROWS = Setting(
    name="max_rows", description="Rows of one file.", default=100_000, check=OPTION_COUNT
)
MAX_BYTES = Setting(
    name="max_bytes",
    description="Bytes of one file before it is packed; it is held in memory.",
    default=50_000_000,
    check=OPTION_COUNT,
)
OPTIONS = (STORAGE_OPTIONS, MAX_ROWS, MAX_BYTES)
