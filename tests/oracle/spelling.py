"""What the types of the small company's tables are called, where an engine has another word."""

from __future__ import annotations

WORDS = {
    # an account may let plain `timestamp` have a zone
    "snowflake": {"timestamp": "timestamp_ntz"},
    # a timestamp would be that of the session's zone
    "spark": {"text": "string", "timestamp": "timestamp_ntz"},
    "bigquery": {
        "text": "string",
        "decimal(20,2)": "numeric(20, 2)",
        "float": "float64",
        "timestamp": "datetime",
    },
}
# What an engine's project says beside.
PROJECT = {
    "spark": "models: {+file_format: iceberg}\nvars: {tailrace_file_format: iceberg}\n",
}


def spelled(kind: str, engine: str) -> str:
    """A type in the words of an engine."""
    return WORDS.get(engine, {}).get(kind, kind)
