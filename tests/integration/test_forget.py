"""Erasing people, from the build to the destination and back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.project import OPEN, Project

ODD = "a|1:b é😀'"
NOW = "current_timestamp at time zone 'UTC'"
# Everybody in the raw table: `zoe` is sent, `rex` refused, `dup` invalid, `ann` stays.
PEOPLE = ("ann", "dup", "dup", "rex", "zoe")
EVENTS: dict[str, Any] = {
    "service": "events",
    "sync_mode": "incremental",
    "identifiers": {"external_id": "person"},
    "attributes": {"time": "happened_at"},
    "settings": {"event_name": "seen"},
}
BOUNDS = {"tailrace.delta_within_bounds": {"arguments": {"max_rows": 4}}}
ACTIVATIONS = ("fg_upsert", "fg_mirror", "fg_pair", "fg_events")


def _fill(shop: Project, *people: str) -> None:
    rows = " union all ".join(f"select '{name}' as p" for name in people)
    odd = ODD.replace("'", "''")
    shop.table(
        "raw_fg",
        f"select p || '-key' as id, '{odd}' as name, p || '-person' as person, "
        f"{NOW} as happened_at from ({rows}) as people",
    )


@pytest.fixture
def sent(shop: Project) -> Iterator[Project]:
    """Have four activations pushed, none of them folded."""
    shop.server.sandbox.reset()
    _fill(shop, *PEOPLE)
    for model in ("fg_stayers", "fg_leavers"):
        shop.model(model, "raw_fg")
    guards: dict[str, Any] = {"guards": {**OPEN, "max_rejected_share": 100}}
    shop.activation("fg_upsert", "ref('fg_stayers')", shards=3, **guards)
    shop.activation("fg_mirror", "ref('fg_leavers')", sync_mode="mirror", **guards)
    shop.activation("fg_pair", "ref('fg_stayers')", primary_key=["id", "name"], **guards)
    shop.activation("fg_events", "ref('fg_stayers')", **EVENTS, **guards)
    tests = ["tailrace.synced_state_consistent", BOUNDS]
    models = [{"name": name, "data_tests": tests} for name in ACTIVATIONS]
    shop.write("models/fg.yml", json.dumps({"models": models}))
    shop.server.sandbox.refuse({"rex-key": "TEST_REFUSAL", "rex-person": "TEST_REFUSAL"})
    shop.build("fg_stayers fg_leavers fg_upsert fg_mirror fg_pair fg_events", command="run")
    shop.push(*ACTIVATIONS)
    yield shop
    shop.server.sandbox.refuse({})
    shop.remove(*ACTIVATIONS, "fg_stayers", "fg_leavers")
    # Else the next activation of events would be taken for this one under a new name.
    shop.execute("delete from marketing.tailrace_activations where activation like 'fg_%'")
    (shop.folder / "models" / "fg.yml").unlink()


def _forget(shop: Project, name: str, *key: str, code: int = 0) -> str:
    found, out, err = shop.runner("forget", name, *(word for one in key for word in ("--key", one)))
    assert found == code, out + err
    assert not [one for one in key if one in out + err]
    return out + err


def _tables_with(shop: Project, text: str) -> set[str]:
    """The tables of the schema that hold a text anywhere, but for the user's own."""
    tables = shop.rows(
        "select table_name from information_schema.tables where table_schema = 'marketing' "
        "and table_type = 'BASE TABLE'"
    )
    return {
        name
        for (name,) in tables
        if not name.startswith("raw_")
        and shop.one(
            f"select count(*) from marketing.{name} as t where cast(t as varchar) like '%{text}%'"
        )
    }


def test_people_are_erased(sent: Project) -> None:
    """Nothing is left of them and nothing comes back, except what a model still has."""
    for name in ("zoe", "rex", "dup"):
        _forget(sent, "fg_upsert", f"{name}-key")
        _forget(sent, "fg_pair", f"{name}-key", ODD)
        _forget(sent, "fg_events", f"{name}-key")
    for name in ("rex", "dup"):  # the destination holds no record of them
        _forget(sent, "fg_mirror", f"{name}-key")
        assert _tables_with(sent, f"{name}-") == set()
    assert "fg_mirror: braze holds the record" in _forget(sent, "fg_mirror", "zoe-key", code=3)
    assert _tables_with(sent, "zoe-key") == {"fg_mirror", "fg_events__synced"}
    assert _tables_with(sent, "zoe-person") == set()
    for name in ACTIVATIONS:
        sent.push(name)
    tested = sent.dbt("test", "--select", *ACTIVATIONS)
    assert tested.success, tested.text

    sent.model("fg_leavers", "raw_fg where id = 'ann-key'")
    sent.build("fg_leavers fg_mirror fg_upsert fg_events", command="run")
    assert ("insert", "zoe-key") in sent.plan("fg_upsert")  # not folded, and still in the model
    assert ("insert", "zoe-key") not in sent.plan("fg_events")  # never sent twice
    assert sent.plan("fg_mirror") == [("delete", "zoe-key")]
    assert "was not told yet" in _forget(sent, "fg_mirror", "zoe-key", code=3)
    sent.push("fg_mirror")
    assert "zoe-key" not in sent.profiles()
    _forget(sent, "fg_mirror", "zoe-key")
    assert not _tables_with(sent, "zoe-key") & {"fg_mirror", "fg_mirror__synced"}
    assert "check the value of id" in _forget(sent, "fg_mirror", "zoe-key", code=2)

    sent.build("fg_mirror", command="run")
    assert sent.plan("fg_mirror") == []
    assert sent.synced("fg_mirror") == {"ann-key": "acknowledged"}


def test_a_delta_whose_last_row_was_forgotten_was_not_lost(shop: Project) -> None:
    """The next build is held for no reason otherwise."""
    shop.people([1], table="raw_alone")
    shop.model("alone")
    shop.activation("fg_alone", "ref('alone')", guards=OPEN)
    try:
        shop.build("alone fg_alone")
        shop.push("fg_alone")
        shop.people([2], table="raw_alone")
        _forget(shop, "fg_alone", "u1")
        shop.build("fg_alone")
        assert shop.registration("fg_alone").hold_reason is None
        assert shop.plan("fg_alone") == [("insert", "u2")]
    finally:
        shop.remove("fg_alone", "alone")
