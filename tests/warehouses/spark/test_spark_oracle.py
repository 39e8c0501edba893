"""The property test on Spark, with Iceberg tables."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.oracle.histories import TIME_LIMIT, histories, report

pytestmark = [
    TIME_LIMIT,
    # pyspark's own, not the runner's
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),
]
# A kind of each mode: a cycle of all twelve takes minutes here.
NAMES = ("sent_insert", "sent_update", "sent_upsert", "sent_mirror", "sent_list", "sent_held")


@pytest.mark.usefixtures("session")
def test_destination_holds_what_the_design_says_on_spark(
    project_root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Spark plans and sends what the oracle says, as DuckDB and PostgreSQL do."""
    target = "type: spark, method: session, host: none, schema: {schema}, threads: 1"
    report(histories(target, project_root, few=2, names=NAMES), "Spark", capsys)
