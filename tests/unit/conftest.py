"""What tests of several modules need."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from runner.warehouse import Warehouse, connect
from tests.support.warehouses import ENGINES, create_control_tables, engine_profile


@pytest.fixture(params=ENGINES)
def warehouse(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Warehouse]:
    """Hand out a warehouse of each engine with empty control tables."""
    with closing(connect(engine_profile(request, tmp_path))) as connection:
        create_control_tables(connection)
        yield connection
