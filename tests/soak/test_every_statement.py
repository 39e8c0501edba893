"""A build and a push that die at one statement after the other (tests/soak/sweep.py)."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.soak.sweep import Name, struck, sweep
from tests.soak.tale import Outcome
from tests.support.postgres import Postgres

# Every statement is the matter of `make soak`, or of this variable.
EVERY = bool(os.environ.get("TAILRACE_SOAK_EVERY_STATEMENT"))
OF_A_BUILD = {
    *("lease", "synced state", "rejected rows", "watermark", "delta", "swap of the delta"),
    *("registration", "removed activations"),
}
OF_A_PUSH = {"lease", "runs", "watermark", "rejected rows"}


def _swept(name: Name, folder: Path, server: Postgres | None, stride: int) -> Outcome:
    outcome = sweep(name, folder, server, stride=None if EVERY else stride)
    assert outcome.failure is None, "\n".join([outcome.name, *outcome.transcript])
    return outcome


@pytest.mark.parametrize(
    ("name", "stride", "kinds"),
    [("build", 9, OF_A_BUILD), ("push", 25, OF_A_PUSH)],
)
def test_whatever_dies_at_a_statement_is_made_good(
    tmp_path: Path, name: Name, stride: int, kinds: set[str]
) -> None:
    """After the next build and push the destinations hold what the oracle says."""
    outcome = _swept(name, tmp_path, None, stride)
    assert kinds <= struck(outcome, name)


def test_a_push_that_was_overtaken_does_nothing_more(
    tmp_path: Path, postgres_database: Postgres
) -> None:
    """A runner that stood still while another one took its lease neither sends nor writes."""
    outcome = _swept("overtaken push", tmp_path, postgres_database, 20)
    assert outcome.counts["met: overtaken push"]
