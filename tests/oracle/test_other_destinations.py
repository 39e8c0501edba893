"""The property test with other platforms than Braze, on DuckDB."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.oracle.batch import BATCH
from tests.oracle.changes import VALUES
from tests.oracle.dotdigital import DOTDIGITAL
from tests.oracle.histories import TIME_LIMIT, histories, report
from tests.oracle.voyado import VOYADO

pytestmark = TIME_LIMIT
TARGET = "type: duckdb, path: {folder}/company.duckdb, schema: {schema}, threads: 1"
# An empty text is refused by default, which is a story of its own.
FULL = [text or "z" for text in VALUES["word"][:-1]] + [None]


def test_batch_holds_what_the_design_says(
    project_root: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Custom data of each app, profiles, and events at most once where the user chose so."""
    monkeypatch.setitem(VALUES, "word", FULL)
    report(histories(TARGET, project_root, few=4, destination=BATCH), "Batch", capsys)


def test_voyado_holds_what_the_design_says(
    project_root: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody is created twice, whatever got lost between a look-up and a write."""
    monkeypatch.setitem(VALUES, "word", FULL)
    report(histories(TARGET, project_root, few=4, destination=VOYADO), "Voyado", capsys)


def test_dotdigital_holds_what_the_design_says(
    project_root: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No import is lost or overtaken by a later one, whoever is killed while it is at work."""
    monkeypatch.setitem(VALUES, "word", FULL)
    report(histories(TARGET, project_root, few=4, destination=DOTDIGITAL), "Dotdigital", capsys)
