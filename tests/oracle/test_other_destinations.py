"""The property test with other platforms than Braze, on DuckDB."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.oracle.batch import BATCH
from tests.oracle.changes import VALUES
from tests.oracle.histories import TIME_LIMIT, histories, report

pytestmark = TIME_LIMIT
TARGET = "type: duckdb, path: {folder}/company.duckdb, schema: {schema}, threads: 1"


def test_batch_holds_what_the_design_says(
    project_root: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Custom data of each app, profiles, and events at most once where the user chose so."""
    # Batch refuses an empty text, which is a story of its own.
    monkeypatch.setitem(VALUES, "word", [text or "z" for text in VALUES["word"][:-1]] + [None])
    report(histories(TARGET, project_root, few=4, destination=BATCH), "Batch", capsys)
