"""How PostgreSQL goes about the delta: it knows nothing of how many rows a step gives."""

from __future__ import annotations

import pytest

from tests.support.project import OPEN, Project

# Enough that a planner who takes a step for a handful of rows is wrong.
MANY = 20_000


@pytest.mark.parametrize(
    "shop", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True
)
def test_steps_are_joined_at_once_and_by_what_is_worked_out(shop: Project) -> None:
    """Row by row would take hours where a hundred thousand changed, and grow with their square.

    A hash that the join works out anew is worked out by one process, once more for every row; and
    that process compares one number a row, and texts only where two numbers are the same.
    """
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
    plan = [line for (line,) in shop.rows(f"explain {delta}")]
    joined = [line for line in plan if "Hash Cond:" in line]
    assert len(joined) > 1
    assert not [line for line in plan if "Nested Loop" in line], plan
    assert not [line for line in joined if "hashtextextended" in line], joined
    whole = next(at for at, line in enumerate(plan) if "Hash Full Join" in line)
    assert "_record_key" not in plan[whole + 1], plan
    shop.remove("many", "of_many")
