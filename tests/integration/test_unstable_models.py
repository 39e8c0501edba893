"""A model that gives other values each time it is read, on an engine that reads it at each step."""

from __future__ import annotations

import pytest

from tests.support.project import OPEN, Project

# Not stable, whatever it says: PostgreSQL would read the model but once otherwise.
PICK = (
    "create or replace function marketing.pick() returns double precision "
    "language sql stable as 'select random()'"
)


@pytest.mark.parametrize(
    "shop", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True
)
def test_nobody_is_deleted_who_is_still_there(shop: Project) -> None:
    """Who is gone is asked of all rows, not of those that differed in another reading."""
    shop.people(range(100), table="raw_unstable")
    shop.execute(PICK)
    shop.write(
        "models/unstable.sql",
        "{{ config(materialized='view') }} "
        "select id, case when marketing.pick() < 0.5 then 'one' else 'other' end as name "
        "from marketing.raw_unstable",
    )
    shop.activation("of_unstable", "ref('unstable')", sync_mode="mirror", guards=OPEN)
    shop.build("unstable of_unstable", command="run")
    shop.settle("of_unstable")
    shop.build("of_unstable", command="run")
    shop.build("of_unstable", command="compile")
    path = shop.artifacts() / "compiled/shop/models/of_unstable.sql"
    anew = path.read_text().replace(" as (\n", " as not materialized (\n")
    counts = dict(
        shop.rows(f"select _operation, count(*) from ({anew}) as planned group by _operation")
    )
    assert counts["update"] > 0
    assert "delete" not in counts
    shop.remove("unstable", "of_unstable")
