"""How PostgreSQL goes about the delta: it knows nothing of how many rows a step gives."""

from __future__ import annotations

import pytest

from tests.support.project import OPEN, Project

# Enough that a planner who takes a step for a handful of rows is wrong.
MANY = 20_000


@pytest.mark.parametrize(
    "shop", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True
)
def test_no_two_steps_are_joined_row_by_row(shop: Project) -> None:
    """It would take hours where a hundred thousand rows changed, and grow with their square."""
    shop.people([], table="raw_many")
    shop.execute(
        "insert into marketing.raw_many "
        f"select 'u' || i, 'n' || i from generate_series(1, {MANY}) as numbers(i)"
    )
    shop.model("many")
    shop.activation("of_many", "ref('many')", sync_mode="mirror", guards=OPEN)
    shop.build("many of_many")
    shop.settle("of_many")
    shop.build("of_many")
    shop.execute("analyze")
    shop.execute("update marketing.raw_many set name = 'Else' where id like '%5'")
    shop.execute("delete from marketing.raw_many where id like '%7'")
    shop.build("of_many", command="compile")
    delta = (shop.artifacts() / "compiled/shop/models/of_many.sql").read_text()
    plan = "\n".join(line for (line,) in shop.rows(f"explain {delta}"))
    assert "Join" in plan
    assert "Nested Loop" not in plan, plan
    shop.remove("many", "of_many")
