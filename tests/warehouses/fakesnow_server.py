"""Snowflake's protocol on this machine: fakesnow's server, with DuckDB behind it."""

from __future__ import annotations

from pathlib import Path

from runner.profiles import Profile
from tests.support.warehouses import SCHEMA, written_profile

PROGRAM = Path(__file__).with_name("mended_fakesnow.py")


def snowflake_profile(folder: Path, port: int, database: str) -> Profile:
    """A profile of a database of the server, which makes it at the first login."""
    output: dict[str, object] = {
        "type": "snowflake",
        "account": "fakesnow",
        "user": "fake",
        "password": "a-made-up-password",
        "host": "localhost",
        "port": port,
        "protocol": "http",
        "database": database,
        "schema": SCHEMA.schema,
        "warehouse": "WH",
        "threads": 1,
    }
    return written_profile(folder, output)
