"""Which request a fault of the stand-in strikes, and which faults there cannot be."""

from __future__ import annotations

import pytest

from runner.sandbox.faults import Fault, FaultError, Faults, fault_from


def test_a_script_may_wait_for_its_path() -> None:
    """A fault for one endpoint leaves the others alone and keeps its place."""
    faults = Faults()
    faults.plan([Fault(kind="html", path="/users/delete"), None])
    assert faults.draw("/users/track") is None
    assert faults.draw("/users/delete") == Fault(kind="html", path="/users/delete")
    assert not faults.script[0]


def test_the_dice_are_seeded() -> None:
    """The same seed strikes the same requests."""
    wanted = {"chances": [{"kind": "html", "probability": 0.5}], "seed": 7}
    draws = []
    for _ in range(2):
        faults = Faults()
        faults.configure(wanted)
        draws.append([faults.draw("/users/track") is not None for _ in range(50)])
    assert draws[0] == draws[1]
    assert set(draws[0]) == {True, False}


@pytest.mark.parametrize(
    "wanted",
    [
        {"kind": "html", "colour": "red"},
        {"kind": "silence", "seconds": 301},
        {"kind": "silence", "seconds": "long"},
        {"kind": "server_error", "status": 404},
        {"kind": "server_error", "status": "500"},
        {"kind": "rate_limited", "dialect": "loud"},
        {"kind": "html", "times": 0},
        {"kind": "html", "processed": 1},
        {"seconds": 1},
    ],
)
def test_a_fault_that_cannot_be_is_refused(wanted: object) -> None:
    """Bounded waits, known kinds, known keys."""
    with pytest.raises(FaultError):
        fault_from(wanted)
