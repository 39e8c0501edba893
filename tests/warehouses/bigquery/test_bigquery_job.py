"""The whole job on BigQuery."""

from __future__ import annotations

import pytest

from tests.support.project import Project
from tests.warehouses.job import WholeJob


class TestBigQuery(WholeJob):
    """The whole job on BigQuery."""

    @pytest.fixture
    def shop(self, big: Project) -> Project:
        """Hand out the project on BigQuery."""
        return big
