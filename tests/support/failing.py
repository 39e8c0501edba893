"""Pushes that fail, and what is counted of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from runner.circuit import Circuit, circuit_of
from runner.report import RunResult
from tests.support.destination import Answer
from tests.support.scene import TABLE, Scene, scene
from tests.support.warehouses import SCHEMA

REFUSED = Answer(status=401)
FAILING = Answer(status=500)


@contextmanager
def failing_scene(folder: Path) -> Iterator[Scene]:
    """A scene with a delta of five rows, one attempt a request, and a pause after three pushes."""
    with scene(folder) as made:
        made.options = {"attempts": 1, "pause_after": 3}
        made.build(("insert", 5))
        yield made


def circuit(made: Scene) -> Circuit:
    """The circuit as it is recorded."""
    return circuit_of(made.warehouse, SCHEMA, made.registration)


def fail(made: Scene, times: int, answer: Answer = REFUSED) -> RunResult:
    """Push so often against that answer; the last result."""
    made.destination.behave = lambda _: answer
    return [made.push() for _ in range(times)][-1]


def replace_delta(made: Scene, delta_id: str) -> None:
    """Let another build have made the same delta."""
    made.warehouse.execute(f"update {TABLE} set _delta_id = ?", [delta_id])
    made.warehouse.execute("update marketing.tailrace_activations set delta_id = ?", [delta_id])
