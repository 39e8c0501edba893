"""A mistake stops dbt with one sentence: which activation, what is wrong, and the cure."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.project import Project

# One wrong argument of an activation, and what is said about it when dbt reads the project.
ARGUMENTS: list[tuple[dict[str, Any], str]] = [
    (
        {"primarykey": "id"},
        (
            'there is no argument "primarykey" (did you mean "primary_key"?); activation() takes '
            "destination, service, sync_mode, primary_key, identifiers, attributes, settings, "
            "run_type, nulls, on_leave, in_doubt, max_attempts, guards, lookback, max_age, "
            "min_age, refresh_after, shards, enabled."
        ),
    ),
    (
        {"sync_mode": "upsrt"},
        (
            'sync_mode is "upsrt"; write one of insert, update, upsert, mirror, membership, '
            'incremental (did you mean "upsert"?).'
        ),
    ),
    ({"run_type": "all"}, 'run_type is "all"; write one of delta, full, baseline.'),
    ({"nulls": "drop"}, 'nulls is "drop"; write one of send, skip.'),
    ({"on_leave": "remove"}, 'on_leave is "remove"; write one of delete, unset, ignore.'),
    ({"in_doubt": "wait"}, 'in_doubt is "wait"; write one of hold, resend, skip.'),
    (
        {"guards": {"max_delete": 5}},
        (
            'there is no guard "max_delete" (did you mean "max_delete_rows"?); write one of '
            "max_delete_share, max_delete_rows, max_duplicate_share, max_invalid_share, "
            "max_rejected_share, empty_model."
        ),
    ),
    (
        {"guards": {"max_delete_share": 120}},
        (
            "guards.max_delete_share is 120; write percent as a number from 0 to 100, "
            "such as 10 for "
            "10 %."
        ),
    ),
    (
        {"guards": {"empty_model": "stop"}},
        'guards.empty_model is "stop"; write one of hold, allow.',
    ),
    ({"destination": ""}, "destination is missing; pass destination=… to activation()."),
    ({"service": ""}, "service is missing; pass service=… to activation()."),
    ({"primary_key": ""}, "primary_key is missing; pass primary_key=… to activation()."),
    ({"identifiers": {}}, "identifiers is missing; pass identifiers=… to activation()."),
    (
        {"identifiers": ["id"]},
        (
            "identifiers is not a mapping; write {'external_id': 'customer_id'}: identifier at the "
            "destination -> column."
        ),
    ),
    (
        {"identifiers": {"external_id": 5}},
        (
            'identifiers maps "external_id" to 5; map an identifier at the destination '
            "to the name of "
            "a column."
        ),
    ),
    (
        {"primary_key": ["id", "id"]},
        "primary_key names a column twice; name each column of the key once.",
    ),
    (
        {"primary_key": 5},
        "primary_key is 5; write the name of a column, or a list of such names.",
    ),
    (
        {"attributes": "name"},
        (
            'attributes is "name"; write a mapping of name at the destination -> '
            "column, or a list of "
            "columns."
        ),
    ),
    (
        {"attributes": ["name", "name"]},
        'attributes lists "name" twice; list each attribute once.',
    ),
    (
        {"lookback": "3 months"},
        "lookback is \"3 months\"; write a whole number of days, such as '90 days'.",
    ),
    (
        {"attributes": ["_payload"]},
        (
            'the column "_payload" has the name of one of the delta\'s own columns; '
            "rename it in the "
            "model."
        ),
    ),
    (
        {"sync_mode": "incremental", "max_age": "3 weeks"},
        "max_age is \"3 weeks\"; write whole minutes, hours or days, such as '24 hours'.",
    ),
    (
        {"min_age": "10 minutes"},
        ("min_age is for events; leave it out, or send events with sync_mode = 'incremental'."),
    ),
    ({"shards": 0}, "shards is 0; write a whole number from 1."),
    ({"enabled": "no"}, 'enabled is "no"; write true or false, without quotes.'),
]
# What only the warehouse can tell, found when the activation is built.
COLUMNS: dict[str, tuple[dict[str, Any], str]] = {
    "wrong_key": (
        {"primary_key": "idd"},
        'its model has no column "idd" (did you mean "id"?); write one of id, name.',
    ),
    "wrong_identifier": (
        {"identifiers": {"external_id": "customer_number"}},
        'its model has no column "customer_number"; write one of id, name.',
    ),
    "wrong_attribute": (
        {"attributes": {"first_name": "names"}},
        'its model has no column "names" (did you mean "name"?); write one of id, name.',
    ),
    "wrong_time": (
        {
            "sync_mode": "incremental",
            "service": "events",
            "attributes": {"time": "name"},
            "max_age": "24 hours",
        },
        (
            "max_age and min_age need the time of an event; map a date or timestamp to the "
            "attribute time."
        ),
    ),
}


@pytest.mark.parametrize("shop", ["duckdb"], indirect=True)  # nothing here asks a warehouse
def test_arguments(shop: Project) -> None:
    """Every wrong argument is told when the project is read, in one sentence, with the cure."""
    shop.people([1])
    names = [f"wrong_{number}" for number in range(len(ARGUMENTS))]
    late = "{% if execute %}", "{% endif %}\n-- depends_on: {{ ref('people') }}\n"
    try:
        # One such file stops dbt; behind `if execute` each is told in the same run.
        for name, (change, _) in zip(names, ARGUMENTS, strict=True):
            shop.activation(name, config=late[0], end=late[1], **change)
        outcome = shop.dbt("run", "--select", "people", *names)
        shop.remove(*names[1:])
        shop.activation(names[0], **ARGUMENTS[0][0])
        first = shop.dbt("parse")
        shop.write(f"models/{names[0]}.sql", "{{ tailrace.activation('people') }}\n")
        nothing = shop.dbt("parse")
    finally:
        shop.remove(*names)
    said = [f"Activation {name}: {said}" for name, (_, said) in zip(names, ARGUMENTS, strict=True)]
    assert sorted(outcome.complaints) == sorted(said)
    assert first.complaints == said[:1]
    assert nothing.complaints == [
        (
            f"Activation {names[0]}: it does not say what to send; begin with "
            "activation(ref('people'), …) or with a source(…)."
        )
    ]


def test_columns(shop: Project) -> None:
    """A column that the model lacks, or no model, stops the build; other activations are built."""
    shop.table("raw_odd", "select 1 as id, 'Ada' as name")
    shop.model("odd")
    shop.model("unbuilt", "raw_odd")
    names = [*COLUMNS, "of_unbuilt", "right"]
    try:
        for name, (change, _) in COLUMNS.items():
            shop.activation(name, "ref('odd')", **change)
        shop.activation("of_unbuilt", "ref('unbuilt')")
        shop.activation("right", "ref('odd')")
        outcome = shop.dbt("build", "--select", "odd", *names)
    finally:
        shop.remove("unbuilt", *names)
    assert not outcome.success
    assert outcome.statuses["right"] == "success"
    expected = [f"Activation {name}: {said}" for name, (_, said) in COLUMNS.items()]
    assert sorted(outcome.complaints)[1:] == sorted(expected)
    unbuilt = min(outcome.complaints)
    assert unbuilt.startswith("Activation of_unbuilt: its model ")
    assert unbuilt.endswith(
        "is not in the warehouse; build it first, with dbt build --select +of_unbuilt."
    )


def test_attributes_left_out(shop: Project) -> None:
    """Every other column is sent by its lower-case name; of a membership no column is."""
    shop.table("raw_wide", """select 7 as "Id", 'Ada' as "First Name", 1 as orders""")
    shop.model("wide")
    common: dict[str, Any] = {
        "attributes": None,
        "primary_key": "id",
        "identifiers": {"external_id": "ID"},
    }
    shop.activation("wide_users", "ref('wide')", **common)
    shop.activation(
        "wide_list",
        "ref('wide')",
        **common,
        service="user_list",
        sync_mode="membership",
        settings={"audience_name": "wide"},
    )
    try:
        shop.build("wide wide_users wide_list")
    finally:
        shop.remove("wide_users", "wide_list")
    assert shop.payloads("wide_users") == {"7": {"first name": "Ada", "orders": 1}}
    assert shop.payloads("wide_list") == {"7": {}}
    assert dict(shop.registration("wide_users").settings["attributes"]) == {
        "first name": "First Name",
        "orders": "orders",
    }
