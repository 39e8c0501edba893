"""A short soak: what `make soak` does at length (tests/soak/run.py)."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.soak.story import play
from tests.soak.tale import Outcome
from tests.support.postgres import Postgres

STEPS = 2
# The last one is played twice; each has a meeting, so that both engines replay one.
SEEDS = {"duckdb": (9,), "postgres": (3, 15)}
# What the seeds of each engine must have gone through, by how its counts begin; builds are killed
# in test_every_statement.py.
MET = ("met: ", "fault: ", "pushes with people refused", "push killed: ")


def _told(outcome: Outcome) -> str:
    return "\n".join([f"{outcome.engine}, {outcome.name}", *outcome.transcript])


@pytest.mark.parametrize("engine", SEEDS)
def test_nothing_is_lost_or_doubled_under_faults(
    tmp_path: Path, request: pytest.FixtureRequest, engine: str
) -> None:
    """Builds and pushes die, meet, are refused and cut off; the destination is as it must be.

    The last seed goes the same way twice, so what a seed found can be looked at again.
    """
    server: Postgres | None = None
    if engine == "postgres":
        server = request.getfixturevalue("postgres_database")
    outcomes = [play(seed, tmp_path, server, steps=STEPS) for seed in SEEDS[engine]]
    for outcome in outcomes:
        assert outcome.failure is None, _told(outcome)
    last = outcomes[-1]
    again = play(SEEDS[engine][-1], tmp_path, server, steps=STEPS)
    assert again.transcript == last.transcript
    assert again.digest == last.digest
    assert any(name.startswith("met: ") for name in last.counts)
    counts = sum((outcome.counts for outcome in outcomes), Counter())
    missing = [each for each in MET if not any(name.startswith(each) for name in +counts)]
    assert not missing, f"the seeds went through none of these: {missing}"
