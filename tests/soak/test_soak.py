"""A short soak: what `make soak` does at length (tests/soak/run.py)."""

from __future__ import annotations

from pathlib import Path

from tests.soak.story import play
from tests.soak.tale import Outcome
from tests.support.postgres import Postgres

SEEDS = (1, 2, 3, 4, 5, 6)
SEEDS_OF_POSTGRES = (1, 2, 3)
STEPS = 2


def _told(outcome: Outcome) -> str:
    return "\n".join([f"{outcome.engine}, {outcome.name}", *outcome.transcript])


def test_nothing_is_lost_or_doubled_under_faults_on_duckdb(tmp_path: Path) -> None:
    """Builds and pushes are killed, refused and cut off; then the destination is as it must be."""
    for seed in SEEDS:
        outcome = play(seed, tmp_path, None, steps=STEPS)
        assert outcome.failure is None, _told(outcome)


def test_nothing_is_lost_or_doubled_under_faults_on_postgres(
    tmp_path: Path, postgres_database: Postgres
) -> None:
    """PostgreSQL keeps the same promises, also where two processes meet."""
    for seed in SEEDS_OF_POSTGRES:
        outcome = play(seed, tmp_path, postgres_database, steps=STEPS)
        assert outcome.failure is None, _told(outcome)


def test_a_seed_goes_the_same_way_twice(tmp_path: Path) -> None:
    """What a seed found can be looked at again."""
    once, again = (play(11, tmp_path, None, steps=STEPS) for _ in range(2))
    assert once.transcript == again.transcript
    assert once.digest == again.digest
