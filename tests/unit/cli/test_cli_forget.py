"""`runner forget`: what it says, what it must not say, and where the key may come from."""

from __future__ import annotations

import io
import json

import pytest

from runner.control import registrations
from runner.lease import WholeLease
from runner.warehouse import Warehouse
from runner.watermarks import settle
from tests.support.commands import Run
from tests.support.warehouses import SCHEMA, Built, all_rows, built

KEY = "key-0-2"
HASH = "27cd748cd2ba"
PAIR = {"primary_key": ["shop", "no"]}


@pytest.fixture
def sent(warehouse: Warehouse) -> Warehouse:
    """Have everything sent, and nothing folded."""
    settle(warehouse, SCHEMA, built(warehouse), "run-1", 0, 5, [])
    return warehouse


def typed(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """Put a text on standard input."""
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))


def lease(warehouse: Warehouse) -> object:
    """Who has the activation."""
    return all_rows(warehouse, "tailrace_activations", "lease_holder")[0][0]


def test_counts_are_said_and_no_key(run: Run, sent: Warehouse) -> None:
    """A person's key is shown hashed, as plan does, with what was removed and what was not."""
    code, out, err = run("forget", "braze_vips", "--key", KEY)
    assert (code, err) == (0, "")
    assert out.startswith(f"braze_vips: removed key #{HASH}: 1 row of the delta.\n")
    assert "While the model has the key, the next build plans it again." in out
    assert "What braze_eu holds stays unless this activation deleted it" in out
    assert "tailrace_segment_memberships and the warehouse's other tables stay" in out
    assert KEY not in out
    assert lease(sent) is None
    code, out, err = run("forget", "braze_vips", "--key", KEY)
    assert (code, out) == (2, "")
    assert "nothing was removed" in err
    assert KEY not in err
    assert lease(sent) is None


def test_json(run: Run, sent: Warehouse) -> None:
    """Counts by table, for machines."""
    document = json.loads(run("forget", "braze_vips", "--key", KEY, "--json")[1])
    counts = {"synced_rows": 0, "delta_rows": 1, "rejected_rows": 0}
    assert document == {"activation": "braze_vips", "key_hash": HASH, **counts}


def test_events_keep_their_key(run: Run, warehouse: Warehouse) -> None:
    """That the key of an event stays is said."""
    one = built(warehouse, values={"sync_mode": "incremental", "service": "events"})
    warehouse.execute(
        f"insert into {one.synced_state(warehouse)} (_record_key, _identifiers, _status) "
        "values ('e-1', '{\"external_id\":\"u1\"}', 'acknowledged')"
    )
    _, out, _ = run("forget", "braze_vips", "--key", "e-1")
    assert "1 event blanked in the synced state" in out
    assert "The key of an event that was sent stays" in out
    assert "plans it again" not in out


@pytest.mark.parametrize("text", [f"{KEY}\n", KEY, f"{KEY}\r\n"])
def test_a_key_from_standard_input(
    run: Run, sent: Warehouse, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    """The key need not stand on the command line."""
    typed(monkeypatch, text)
    code, out, err = run("forget", "braze_vips", "--key", "-")
    assert code == 0, err
    assert HASH in out


def test_a_key_of_several_columns(
    run: Run, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Values are taken in the order of the primary key, from either place."""
    one = built(warehouse, settings=PAIR)
    settle(warehouse, SCHEMA, one, "run-1", 0, 5, [])
    delta = one.delta(warehouse)
    for ordinal, key in ((1, "3:a|b|1:c"), (2, "1:-|1:-"), (3, "0:|2:é😀")):
        warehouse.execute(f"update {delta} set _record_key = ? where _ordinal = ?", [key, ordinal])
    assert run("forget", "braze_vips", "--key", "c", "--key", "a|b")[0] == 2
    assert run("forget", "braze_vips", "--key", "a|b", "--key", "c")[0] == 0
    assert run("forget", "braze_vips", "--key", "-", "--key", "-")[0] == 0
    typed(monkeypatch, "\né😀\n")
    assert run("forget", "braze_vips", "--key", "-")[0] == 0
    assert len(all_rows(warehouse, "braze_vips", "_ordinal")) == 2


@pytest.mark.parametrize(
    ("settings", "given", "sentence"),
    [
        (
            PAIR,
            ["--key", "a"],
            "has the primary key shop, no, and 1 value was given: write --key 2",
        ),
        (PAIR, ["--key", "-"], "shop, no, and 3 values were given: write --key 2 times, in this"),
        ({}, ["--key", "a", "--key", "b"], "primary key id, and 2 values were given: write --key"),
    ],
)
def test_a_wrong_number_of_values(
    run: Run,
    warehouse: Warehouse,
    monkeypatch: pytest.MonkeyPatch,
    settings: dict[str, object],
    given: list[str],
    sentence: str,
) -> None:
    """The sentence names the columns of the key."""
    Built(settings=settings).build(warehouse)
    typed(monkeypatch, "a\nb\nc\n")
    code, _, err = run("forget", "braze_vips", *given)
    assert code == 2
    assert sentence in err


def test_no_key_at_all(run: Run, sent: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    """Empty input is no empty key."""
    assert run("forget", "braze_vips")[0] == 2
    typed(monkeypatch, "")
    assert "and 0 values were given" in run("forget", "braze_vips", "--key", "-")[2]


def test_a_push_goes_first(run: Run, sent: Warehouse) -> None:
    """Beside a live runner nothing is removed."""
    WholeLease(sent, SCHEMA, registrations(sent, SCHEMA)[0], "run-2").take()
    code, _, err = run("forget", "braze_vips", "--key", KEY)
    assert code == 3
    assert "is being pushed by another runner" in err
    assert len(all_rows(sent, "braze_vips", "_ordinal")) == 5
    assert lease(sent) == "run-2"


def test_plan_status_and_push_go_on(run: Run, sent: Warehouse) -> None:
    """A delta without its last row still agrees with its registration."""
    assert run("forget", "braze_vips", "--key", "key-0-5")[0] == 0
    assert "5 of 5 settled" in run("plan")[1]
    assert "5 of 5 rows" in run("status")[1]
    assert run("push")[0] == 0
