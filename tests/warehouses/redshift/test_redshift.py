"""The whole way through the unmodified dbt-redshift and its driver, on a PostgreSQL server.

The adapter, the driver, the protocol and what dbt and the runner say to it are Redshift's. The
engine is not: nobody sees here whether Redshift takes each statement (some of what its documents
say it lacks is refused at the door, no more), its limits of 65,535 bytes a text and 16 MB a
statement, how it writes floats and SUPER, its own hash, its isolation of transactions, what runs
on the leader node alone, distribution and sort keys, late-binding views, or how long it takes.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.project import OPEN, Project
from tests.support.typed_values import ODD_JSON, ODD_TEXT
from tests.warehouses.redshift.proxy import translated


def _literal(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


LISTED: dict[str, Any] = {
    "service": "user_list",
    "sync_mode": "membership",
    "attributes": None,
    "settings": {"audience_name": "vip"},
    "guards": OPEN,
}
EVENTS: dict[str, Any] = {
    "service": "events",
    "sync_mode": "incremental",
    "identifiers": {"external_id": "person"},
    "attributes": {"time": "happened_at"},
    "settings": {"event_name": "seen"},
    "lookback": "10 days",
    "guards": OPEN,
}
# Value, and the JSON text that is sent.
TYPES = {
    "beyond_float": ("cast(9007199254740993 as bigint)", "9007199254740993"),
    "bytes": ("to_varbyte('00ff61', 'hex')", '"AP9h"'),
    "controls": ("chr(31) || chr(1) || chr(12)", '"\\u001F\\u0001\\f"'),
    "day": ("cast('2026-03-01' as date)", '"2026-03-01"'),
    "document": ("json_parse('{\"a\": [1, null]}')", '{"a":[1,null]}'),
    "money": ("cast(1.5 as numeric(10, 2))", "1.50"),
    "no": ("false", "false"),
    "nothing": ("cast(null as boolean)", "null"),
    "odd": (f"cast({_literal(ODD_TEXT)} as varchar(99))", ODD_JSON),
    "share": ("cast(0.1 as float8)", "0.1"),
    "small": ("cast(-7 as smallint)", "-7"),
    "yes": ("true", "true"),
    "zoned": (
        "cast('2026-03-01 09:30:00.5+05:45' as timestamptz)",
        '"2026-03-01T03:45:00.500000Z"',
    ),
    "zoneless": ("cast('2026-03-01 09:30:00' as timestamp)", '"2026-03-01T09:30:00Z"'),
}


def test_a_mirror(shop: Project) -> None:
    """New, changed and gone rows reach the destination, and the next build plans nothing."""
    shop.people([1, 2, 3])
    shop.activation("mirrored", sync_mode="mirror", guards=OPEN)
    shop.build("people mirrored")
    assert shop.plan("mirrored") == [("insert", "u1"), ("insert", "u2"), ("insert", "u3")]
    shop.push("mirrored")
    assert shop.profiles() == {f"u{n}": {"name": f"n{n}"} for n in (1, 2, 3)}

    shop.table(
        "raw_people",
        "select 'u' || cast(i as varchar(9)) as id, case when i = 2 then 'new' "
        "else 'n' || cast(i as varchar(9)) end as name from generate_series(2, 4) as n (i)",
    )
    shop.build("mirrored")
    assert shop.plan("mirrored") == [("insert", "u4"), ("update", "u2"), ("delete", "u1")]
    shop.push("mirrored")
    assert shop.profiles() == {"u2": {"name": "new"}, "u3": {"name": "n3"}, "u4": {"name": "n4"}}

    shop.build("mirrored")
    assert shop.plan("mirrored") == []
    assert set(shop.synced("mirrored").values()) == {"acknowledged"}


def test_a_membership(shop: Project) -> None:
    """Who enters is added, who leaves is removed, and the next build plans nothing."""
    shop.people([1, 2])
    shop.activation("known")
    shop.activation("listed", **LISTED)
    shop.build("people known listed")
    shop.push("known", "listed")
    assert {key: held["vip"] for key, held in shop.profiles().items()} == {"u1": True, "u2": True}
    shop.people([2, 3])
    shop.build("listed")
    assert shop.plan("listed") == [("insert", "u3"), ("delete", "u1")]
    shop.push("listed")
    shop.build("listed")
    assert shop.plan("listed") == []
    assert sorted(shop.synced("listed")) == ["u2", "u3"]
    assert {key: held["vip"] for key, held in shop.profiles().items()} == {"u1": False, "u2": True}


def test_events(shop: Project) -> None:
    """An event is sent once, a late one never, and one too old to come again is forgotten."""
    events = (
        "select 'e' || cast(i as varchar(9)) as id, 'u1' as person, "
        "(cast(sysdate as timestamptz) at time zone 'UTC') - i * interval '1 day' as happened_at "
        "from generate_series({}, {}) as n (i)"
    )
    shop.model("happenings")
    shop.table("raw_happenings", events.format(1, 3))
    shop.activation("happened", "ref('happenings')", **EVENTS)
    shop.build("happenings happened")
    assert shop.plan("happened") == [("insert", "e1"), ("insert", "e2"), ("insert", "e3")]
    shop.push("happened")
    shop.table("raw_happenings", events.format(0, 20))
    shop.build("happened")
    assert shop.plan("happened") == [("insert", f"e{n}") for n in (0, 4, 5, 6, 7, 8, 9)]
    assert shop.registration("happened").late_rows == 11
    shop.push("happened")
    shop.build("happened")
    assert shop.plan("happened") == []

    shop.execute(
        "update marketing.happened__synced set _event_time = dateadd(day, -30, _event_time) "
        "where _record_key = 'e1'"
    )
    shop.table("raw_happenings", events.format(4, 20))
    shop.build("happened")
    assert shop.plan("happened") == []
    forgotten = "select count(*) from marketing.happened__synced where _status = 'forgotten'"
    assert shop.one(forgotten) == 1
    assert "e1" not in shop.synced("happened")


def test_every_type(shop: Project) -> None:
    """Each value has the JSON text that it has elsewhere, and nothing is planned again."""
    selected = [f"{value} as {name}" for name, (value, _) in TYPES.items()]
    shop.model("kinds")
    shop.execute("drop table if exists marketing.raw_kinds cascade")
    shop.table("raw_kinds", f"select cast('k' as varchar(9)) as id, {', '.join(selected)}")
    shop.activation("kind", "ref('kinds')", attributes=None, sync_mode="mirror")
    shop.build("kinds kind")
    payload = shop.one("select _payload from marketing.kind")
    lines = [line for line in payload.split("\n") if line.startswith('"')]
    expected = {name: text for name, (_, text) in TYPES.items() if text != "null"}
    assert lines == [f'"{name}":{text}' for name, text in sorted(expected.items())]
    assert json.loads(payload)["odd"] == ODD_TEXT
    shop.settle("kind")
    shop.build("kind")
    assert shop.plan("kind") == []


def test_values_that_json_cannot_hold(shop: Project) -> None:
    """A float that is no number makes its row invalid."""
    shop.model("endless")
    shop.table("raw_endless", "select 1 as id, cast('NaN' as float8) as share")
    shop.activation("ending", "ref('endless')", attributes=["share"], guards=OPEN)
    shop.build("endless ending")
    found = shop.rows("select _operation, _invalid_reason from marketing.ending")
    assert found == [("invalid", "share is not a finite value")]


def test_names(shop: Project) -> None:
    """Names with quotes and backslashes are names, in columns and at the destination."""
    shop.model("named")
    shop.table("raw_named", "select 1 as id, 'x' as \"a b\", 'y' as \"it's\"")
    attributes = {"back\\slash": "a b", 'qu"ote': "it's", "é": "id"}
    shop.activation("naming", "ref('named')", attributes=attributes)
    shop.build("named naming")
    assert shop.payloads("naming") == {"1": {"back\\slash": "x", 'qu"ote': "y", "é": 1}}
    shop.push("naming")
    shop.build("naming")
    assert shop.plan("naming") == []


def test_a_lost_answer(shop: Project) -> None:
    """Rows that a push may have sent are written again, in full."""
    shop.people([1, 2, 3, 4])
    shop.activation("doubted", shards=2)
    shop.build("people doubted")
    first = shop.plan("doubted")
    assert len(first) == 4
    shop.settle("doubted", up_to=0, sending=9)
    shop.build("doubted")
    assert sorted(shop.plan("doubted")) == sorted(first)
    shop.push("doubted")
    shop.build("doubted")
    assert shop.plan("doubted") == []


def test_guards_and_run_types(shop: Project) -> None:
    """A model that is suddenly empty is held; a baseline counts all as synced."""
    shop.people([1, 2])
    shop.activation("guarded", sync_mode="mirror")
    shop.activation("based", run_type="baseline")
    shop.activation("refreshed", refresh_after="30 days")
    shop.build("people guarded based refreshed")
    assert set(shop.synced("based")) == set()
    shop.push("guarded", "refreshed")
    shop.people([])
    shop.build("guarded based refreshed")
    assert set(shop.synced("based")) == {"u1", "u2"}
    assert shop.plan("refreshed") == []
    assert shop.runner("push", "guarded")[0] == 3
    assert shop.runner("approve", "guarded")[0] == 0
    shop.push("guarded")
    assert shop.profiles() == {}


def test_models_of_the_package(shop: Project) -> None:
    """The views over the control tables are made, and the package's tests run."""
    shop.people([1])
    shop.activation("observed")
    shop.write(
        "models/observed.yml",
        "models:\n  - name: observed\n    data_tests: [tailrace.synced_state_consistent, "
        "tailrace.delta_within_bounds]\n",
    )
    shop.build("people observed package:tailrace")
    shop.push("observed")
    shop.build("people observed package:tailrace")
    found = shop.rows(
        "select planned_rows, is_held, is_sending, last_run_status "
        "from marketing.tailrace_activation_status where activation = 'observed'"
    )
    assert found == [(0, False, False, "done")]
    durations = shop.rows("select duration_seconds from marketing.tailrace_run_history")
    assert all(0 <= seconds < 600 for (seconds,) in durations)


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("select sysdate, 'sysdate'", "select sysdate(), 'sysdate'"),
        ("select dateadd(day, -1, t)", "select dateadd('day', -1, t)"),
        ("select 'a\\'now()'", "select 'a\\'now()'"),
        ("select substr(a, 1)", 'select "Redshift lacks substr("'),
        ("(a varchar) diststyle key distkey (a) sortkey (a)", "(a varchar)   "),
        ("select a is  distinct from b", 'select "Redshift lacks is distinct from"'),
    ],
)
def test_the_door(written: str, sent: str) -> None:
    """Only what stands outside of quotes is translated, and what Redshift lacks fails."""
    assert translated(written) == sent
