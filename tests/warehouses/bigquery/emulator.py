"""BigQuery's protocol on this machine: bqemulator, with DuckDB behind it."""

from __future__ import annotations

from pathlib import Path

PROGRAM = Path(__file__).with_name("mended_bqemulator.py")


def bigquery_output(port: int, dataset: str) -> dict[str, object]:
    """A target of a profile; without the server the driver would try for ten minutes."""
    return {
        "type": "bigquery",
        "method": "oauth-secrets",
        "token": "a-made-up-token",
        "project": "shop-1",
        "dataset": dataset,
        "location": "EU",
        "api_endpoint": f"http://127.0.0.1:{port}",
        "job_retries": 0,
        "threads": 1,
    }
