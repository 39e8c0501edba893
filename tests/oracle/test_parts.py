"""The property test where four runners share each activation, on PostgreSQL."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.oracle.histories import TIME_LIMIT, histories, on_postgres, report
from tests.support.postgres import Postgres

pytestmark = [TIME_LIMIT, pytest.mark.postgres]


def test_four_runners_send_what_one_would(
    project_root: Path, postgres_database: Postgres, capsys: pytest.CaptureFixture[str]
) -> None:
    """At once, each its part of the shards; one of them may be killed while the others go on."""
    target = on_postgres(postgres_database)
    report(histories(target, project_root, few=3, parts=4), "PostgreSQL, four runners", capsys)
