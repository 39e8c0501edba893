"""The whole job on Spark, with Iceberg tables."""

from __future__ import annotations

import pytest

from tests.support.project import Project
from tests.warehouses.job import WholeJob

# pyspark's own, not the runner's
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")


class TestSpark(WholeJob):
    """The whole job on Spark."""

    @pytest.fixture
    def shop(self, spark: Project) -> Project:
        """Hand out the project on Spark."""
        return spark
