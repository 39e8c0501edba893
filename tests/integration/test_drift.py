"""The activation itself changes: its columns, key, destination, mode or name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.erasing import erase
from tests.support.project import OPEN, Project

EVENTS: dict[str, Any] = {
    "service": "events",
    "sync_mode": "incremental",
    "primary_key": "event_id",
    "identifiers": {"external_id": "id"},
    "attributes": {"time": "happened_at"},
    "settings": {"event_name": "x"},
    "guards": OPEN,
}


@pytest.fixture
def people(shop: Project) -> Iterator[Project]:
    """Two people in a table of their own, and a clean project afterwards."""
    shop.execute("drop table if exists marketing.raw_drifters cascade")
    shop.people([1, 2], table="raw_drifters", columns=", 10 * i as score")
    shop.model("drifters")
    yield shop
    erase(shop, "drifted", "happened", "happened_anew")
    shop.remove("drifters")


def drifted(shop: Project, **arguments: object) -> None:
    """Write and build the activation."""
    usual = {"sync_mode": "mirror", "attributes": ["name", "score"], "guards": OPEN}
    given: dict[str, Any] = usual | arguments
    shop.activation("drifted", "ref('drifters')", **given)
    shop.build("drifters drifted")


@pytest.fixture
def synced(people: Project) -> Project:
    """Both of them were sent."""
    drifted(people)
    people.settle("drifted")
    return people


def change(shop: Project, columns: str) -> None:
    """Let the model have other columns."""
    shop.execute("drop view if exists marketing.drifters")
    source = "{{ target.schema }}.raw_drifters"
    config = "{{ config(materialized='view') }}"
    shop.write("models/drifters.sql", f"{config} select {columns} from {source}\n")


def test_a_dropped_column_fails_the_build_and_changes_nothing(synced: Project) -> None:
    """The sentence names the column; what was registered and sent stays as it was."""
    before = synced.registration("drifted").delta_id
    change(synced, "id, name, score as points")
    outcome = synced.dbt("build", "--select", "drifters", "drifted")
    assert not outcome.success
    (complaint,) = outcome.complaints
    assert "score" in complaint
    assert "points" in complaint
    assert synced.registration("drifted").delta_id == before
    assert synced.registration("drifted").lease_holder is None
    # Mapped anew, only what is new to the destination is sent.
    drifted(synced, attributes={"name": "name", "points": "points"})
    assert synced.payloads("drifted") == {"u1": {"points": 10}, "u2": {"points": 20}}


def test_a_retyped_column_sends_what_reads_differently(synced: Project) -> None:
    """A number that becomes text is another value; a key that becomes text is the same key."""
    change(synced, "id, name, cast(score as varchar(9)) as score")
    synced.build("drifters drifted")
    assert synced.payloads("drifted") == {"u1": {"score": "10"}, "u2": {"score": "20"}}
    change(synced, "cast(id as varchar(20)) as id, name, cast(score as bigint) as score")
    synced.build("drifters drifted")
    assert synced.plan("drifted") == []


def test_a_new_primary_key_of_records_writes_them_again_and_deletes_nobody(
    synced: Project,
) -> None:
    """The records are known by their identifiers, so nobody is lost; a warning says so."""
    drifted(synced, primary_key="name", identifiers={"external_id": "id"})
    registration = synced.registration("drifted")
    assert registration.warnings == (
        "its primary key changed from id to name, so every record is written again"
    )
    assert synced.plan("drifted") == [("insert", "n1"), ("insert", "n2")]
    assert not registration.held


def test_a_new_destination_starts_afresh_and_deletes_nobody(synced: Project) -> None:
    """Nothing of what was sent elsewhere counts, and all of it is known upon return."""
    synced.people([1], table="raw_drifters", columns=", 10 * i as score")
    drifted(synced, destination="braze_us")
    registration = synced.registration("drifted")
    assert synced.plan("drifted") == [("insert", "u1")]
    assert registration.warnings == (
        "it was sent to braze/users before, where everything stays as it is"
    )
    assert not registration.held
    synced.settle("drifted")

    # Back again, deletes wait for a person, however often it is built.
    for _ in range(2):
        drifted(synced)
        registration = synced.registration("drifted")
        assert synced.plan("drifted") == [("delete", "u2")]
        assert registration.hold_reason == (
            "it was sent to braze_us/users before, came back, and would delete 1 row here"
        )
    code, _, _ = synced.runner("approve", "drifted")
    assert code == 0
    synced.settle("drifted")
    drifted(synced)
    registration = synced.registration("drifted")
    assert (registration.hold_reason, registration.warnings) == (None, None)
    found = synced.rows("select _sent_to, _record_key from marketing.drifted__synced order by 1")
    assert found == [("braze/users", "u1"), ("braze_us/users", "u1")]


def test_a_new_service_starts_afresh_and_deletes_nobody(synced: Project) -> None:
    """A record says nothing of a list, nor a list of a record: in either direction."""
    listed: dict[str, Any] = {"service": "user_list", "sync_mode": "membership", "attributes": None}
    synced.people([1], table="raw_drifters", columns=", 10 * i as score")
    drifted(synced, **listed)
    registration = synced.registration("drifted")
    assert synced.plan("drifted") == [("insert", "u1")]
    assert registration.warnings == (
        "it was sent to braze/users before, where everything stays as it is"
    )
    assert not registration.held
    synced.settle("drifted")

    # Who left in between waits for a person, at each of the two.
    drifted(synced)
    assert synced.plan("drifted") == [("delete", "u2")]
    assert synced.registration("drifted").hold_reason == (
        "it was sent to braze/user_list before, came back, and would delete 1 row here"
    )
    assert synced.runner("approve", "drifted")[0] == 0
    synced.settle("drifted")
    synced.people([2], table="raw_drifters", columns=", 10 * i as score")
    drifted(synced, **listed)
    assert synced.plan("drifted") == [("insert", "u2"), ("delete", "u1")]
    assert synced.registration("drifted").hold_reason == (
        "it was sent to braze/users before, came back, and would delete 1 row here"
    )
    found = synced.rows("select _sent_to, _record_key from marketing.drifted__synced order by 1")
    assert found == [("braze/user_list", "u1"), ("braze/users", "u1")]


def test_a_service_may_be_written_both_ways(synced: Project) -> None:
    """`users` and `braze.users` are one target."""
    drifted(synced, service="braze.users")
    assert synced.plan("drifted") == []


def test_a_list_of_another_name_is_another_list(synced: Project) -> None:
    """The settings of a membership say which list it is; those of records do not."""
    erase(synced, "drifted")
    listed: dict[str, Any] = {"sync_mode": "membership", "service": "user_list"}
    listed["attributes"] = None
    drifted(synced, **listed, settings={"audience_name": "one"})
    synced.settle("drifted")
    drifted(synced, **listed, settings={"audience_name": "two"})
    assert synced.plan("drifted") == [("insert", "u1"), ("insert", "u2")]


def test_records_do_not_become_events(synced: Project) -> None:
    """What was sent of records says nothing of events, so another name is asked for."""
    synced.activation(
        "drifted", "ref('drifters')", **{**EVENTS, "primary_key": "id", "attributes": []}
    )
    outcome = synced.dbt("build", "--select", "drifted")
    (complaint,) = outcome.complaints
    assert complaint.endswith(
        "its sync mode changed from mirror to incremental, and what was sent of records says "
        "nothing of events; give the new one a name of its own."
    )


def test_events_are_not_sent_twice_under_another_key_or_name(people: Project) -> None:
    """A new primary key or a new name is held until a person says that it is meant."""
    columns = "id, id as event_id, name as other_id, current_timestamp as happened_at"
    change(people, columns)
    people.activation("happened", "ref('drifters')", **EVENTS)
    people.build("drifters happened")
    people.settle("happened")
    people.activation("happened", "ref('drifters')", **{**EVENTS, "primary_key": "other_id"})
    for _ in range(2):
        people.build("happened")
        assert people.registration("happened").hold_reason == (
            "its primary key changed from event_id to other_id, so events that were sent are "
            "planned again"
        )
    people.activation("happened", "ref('drifters')", **EVENTS)
    people.build("happened")
    assert (people.plan("happened"), people.registration("happened").held) == ([], False)

    people.remove("happened")
    people.activation("happened_anew", "ref('drifters')", **EVENTS)
    people.build("happened_anew")
    assert "happened, which sent events to the same place, is no longer in the project" in str(
        people.registration("happened_anew").hold_reason
    )
    erase(people, "happened_anew")
    # Under its old alias the new file keeps the history.
    alias = "{{ config(alias='happened') }}"
    people.activation("happened_anew", "ref('drifters')", config=alias, **EVENTS)
    people.build("happened_anew")
    assert people.plan("happened") == []
    assert people.registration("happened_anew").removed_at is None


def test_events_are_not_sent_twice_after_a_detour(people: Project) -> None:
    """Another target, or a build of nothing, in between does not wear the hold away."""
    change(people, "id, id as event_id, name as other_id, current_timestamp as happened_at")
    new_key = {**EVENTS, "primary_key": "other_id"}
    changed = "its primary key changed from event_id to other_id, so events that were sent are"

    def held(name: str, **arguments: object) -> str:
        people.activation(name, "ref('drifters')", **{**new_key, **arguments})
        people.build(f"drifters {name}")
        return str(people.registration(name).hold_reason)

    people.activation("happened", "ref('drifters')", **EVENTS)
    people.build("drifters happened")
    people.settle("happened")
    assert held("happened", destination="braze_test") == "None"
    people.settle("happened")
    assert changed in held("happened")

    people.people([], table="raw_drifters", columns=", 10 * i as score")
    assert held("happened") == "None"
    people.people([1, 2], table="raw_drifters", columns=", 10 * i as score")
    assert changed in held("happened")

    people.remove("happened")
    assert held("happened_anew", destination="braze_test") == "None"
    people.settle("happened_anew")
    assert "no longer in the project" in held("happened_anew")


def test_tenants_do_not_remove_each_other(people: Project) -> None:
    """One project is built for several schemas that share the control tables."""
    tenant = "{{ config(schema=var('tenant', 'one')) }}"
    people.activation("drifted", "ref('drifters')", config=tenant, guards=OPEN)
    for name in ("one", "two"):
        people.build("drifters drifted", "--vars", f"tenant: {name}")
    found = people.rows(
        "select schema_name, removed_at from marketing.tailrace_activations "
        "where activation = 'drifted' order by 1"
    )
    assert found == [("marketing_one", None), ("marketing_two", None)]
    people.execute("delete from marketing.tailrace_activations where activation = 'drifted'")


def test_a_build_respects_the_longer_lease(synced: Project) -> None:
    """A runner beats by the time that its delta was registered with, not by this build's."""
    synced.execute(
        "update marketing.tailrace_activations set lease_holder = 'run-7', settings = "
        "replace(settings, '\"lease_seconds\": 120', '\"lease_seconds\": 1200'), "
        "lease_heartbeat_at = (current_timestamp at time zone 'UTC') - interval '300 seconds' "
        "where activation = 'drifted'"
    )
    outcome = synced.dbt("build", "--select", "drifted")
    assert "the runner (run run-7) is sending its delta" in outcome.complaints[0]
    synced.execute(
        "update marketing.tailrace_activations set lease_holder = null where activation = 'drifted'"
    )


def test_no_runner_sends_what_is_still_being_built(synced: Project) -> None:
    """The lease of a build that died holds runners back until the activation is built again."""
    synced.execute(
        "update marketing.tailrace_activations set lease_holder = 'build 1' "
        "where activation = 'drifted'"
    )
    code, _, err = synced.runner("push", "drifted")
    assert code == 3
    assert "drifted is being built: wait for that run of dbt to end; if it died, build" in err
    synced.build("drifted")
    assert synced.registration("drifted").lease_holder is None
    synced.push("drifted")
