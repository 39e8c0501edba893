"""The whole job on Snowflake: build, push, change, build, push, and nothing more to send."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from runner.sandbox import Fault
from runner.warehouse import connect
from tests.support.project import OPEN, Project
from tests.warehouses.fakesnow_server import snowflake_profile

SnowflakeCursor: Any = pytest.importorskip("snowflake.connector.cursor").SnowflakeCursor
GROUP = "11111111-2222-3333-4444-555555555555"
EVENTS: dict[str, Any] = {
    "service": "events",
    "sync_mode": "incremental",
    "attributes": {"time": "happened_at"},
    "settings": {"event_name": "seen"},
    "in_doubt": "hold",
    "guards": OPEN,
}
WATCHED = """
models:
  - name: watched
    data_tests: [{tailrace.valid_primary_key: {arguments: {columns: [id]}}}]
  - name: watching
    data_tests:
      - tailrace.synced_state_consistent
      - tailrace.delta_within_bounds: {arguments: {max_rows: 10}}
"""


def test_mirror(snow: Project) -> None:
    """Inserts, updates and deletes reach the destination, and a second build plans nothing."""
    snow.people([1, 2, 3])
    snow.activation("mirrored", sync_mode="mirror")
    snow.build("people mirrored")
    assert snow.plan("mirrored") == [("insert", "u1"), ("insert", "u2"), ("insert", "u3")]
    snow.push("mirrored")
    assert set(snow.profiles()) == {"u1", "u2", "u3"}
    snow.build("people mirrored")
    assert snow.plan("mirrored") == []

    snow.people([1, 2, 4])
    snow.execute("update marketing.raw_people set name = 'new' where id = 'u1'")
    snow.build("people mirrored")
    expected = [("insert", "u4"), ("update", "u1"), ("delete", "u3")]
    assert snow.plan("mirrored") == expected
    snow.push("mirrored")
    held = {key: values["name"] for key, values in snow.profiles().items()}
    assert held == {"u1": "new", "u2": "n2", "u4": "n4"}
    snow.build("people mirrored")
    assert snow.plan("mirrored") == []


def test_membership(snow: Project) -> None:
    """Who enters a list is added, who leaves it is removed, and the other members stay."""
    snow.people([1, 2], table="raw_members")
    snow.model("members")
    snow.activation(
        "listed",
        "ref('members')",
        service="subscription_status",
        sync_mode="membership",
        attributes=None,
        settings={"subscription_group_id": GROUP},
        guards=OPEN,
    )
    snow.build("members listed")
    snow.push("listed")
    snow.people([2, 3], table="raw_members")
    snow.build("listed")
    assert snow.plan("listed") == [("insert", "u3"), ("delete", "u1")]
    snow.push("listed")
    snow.build("listed")
    assert snow.plan("listed") == []
    assert snow.synced("listed") == {"u2": "acknowledged", "u3": "acknowledged"}


def test_events_in_doubt(snow: Project) -> None:
    """Events are sent once; one whose answer never came waits until a person resolves it."""
    snow.people([7], table="raw_seen", columns=", sysdate() as happened_at")
    snow.model("seen")
    snow.activation("events", "ref('seen')", **EVENTS)
    snow.build("seen events")
    snow.server.sandbox.faults.plan([Fault(kind="cut_after")])
    assert snow.runner("push", "events")[0] == 4
    assert snow.runner("push", "events")[0] == 3
    snow.build("events")
    assert snow.synced("events") == {"u7": "in_doubt"}
    code, out, _ = snow.runner("status", "events")
    assert code == 0
    assert "in doubt" in out
    assert snow.runner("resolve", "events", "--skip")[0] == 0
    assert snow.synced("events") == {"u7": "skipped"}

    snow.people([7, 8], table="raw_seen", columns=", sysdate() as happened_at")
    snow.build("events")
    assert snow.plan("events") == [("insert", "u8")]
    snow.push("events")
    snow.build("events")
    assert snow.plan("events") == []
    with snow.server.sandbox.lock:
        assert len(snow.server.state.by_external_id["u8"].events) == 1


def test_guards_and_refusals(snow: Project) -> None:
    """A held delta is shown, refused and approved, and a refused row is planned again."""
    snow.people([21, 22, 23], table="raw_held")
    snow.model("held")
    snow.activation("guarded", "ref('held')", sync_mode="mirror", shards=2)
    snow.build("held guarded")
    snow.server.sandbox.refuse({"u22": "TEST_REFUSAL"})
    assert snow.runner("push", "guarded")[0] == 1
    snow.server.sandbox.refuse({})
    snow.build("guarded")
    assert snow.plan("guarded") == [("insert", "u22")]
    snow.push("guarded")

    snow.people([], table="raw_held")
    snow.build("guarded")
    code, out, _ = snow.runner("plan", "guarded")
    assert code == 0
    assert "the model is empty while 3 rows are synced" in out
    assert snow.runner("push", "guarded")[0] == 3
    assert snow.runner("approve", "guarded")[0] == 0
    snow.push("guarded")
    assert not {"u21", "u22", "u23"} & set(snow.profiles())


def test_package_models_and_tests(snow: Project) -> None:
    """The observability models and the generic tests run on Snowflake as they do elsewhere."""
    snow.people([31], table="raw_watched")
    snow.model("watched")
    snow.activation("watching", "ref('watched')")
    snow.write("models/watching.yml", WATCHED)
    snow.build("watched watching package:tailrace")
    query = (
        "select open_rows, is_held from marketing.tailrace_activation_status "
        "where activation = 'watching'"
    )
    assert snow.rows(query) == [(1, False)]
    (snow.folder / "models" / "watching.yml").unlink()


def test_labels(snow: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """The log of statements names the run and the activation, unless the user has a label."""
    said: list[str] = []
    execute = SnowflakeCursor.execute

    def listen(cursor: object, command: str, *values: object, **options: object) -> object:
        said.append(command.strip())
        return execute(cursor, command, *values, **options)

    monkeypatch.setattr(SnowflakeCursor, "execute", listen)
    snow.people([41], table="raw_labelled")
    snow.model("labelled")
    snow.activation("labels", "ref('labelled')")
    snow.build("labelled labels")
    begin, end = (
        next(place for place, sql in enumerate(said) if f"session {word} query_tag" in sql)
        for word in ("set", "unset")
    )
    labels = json.loads(said[begin].split("'")[1])
    assert (labels["app"], labels["activation"]) == ("tailrace", "labels")
    assert any("lease_holder" in sql for sql in said[begin:end])
    assert any("transient table" in sql for sql in said[begin:end])
    assert any("merge into" in sql for sql in said[begin:end])

    said.clear()
    snow.activation("labels", "ref('labelled')", config="{{ config(query_tag='mine') }}")
    snow.build("labels")
    assert [sql.splitlines()[0] for sql in said if "session set query_tag" in sql] == [
        "alter session set query_tag = 'mine'"
    ]


def test_quoted_names(snowflake_port: int, tmp_path: Path) -> None:
    """Where the project quotes names, the runner does, and small letters stay small."""
    profile = snowflake_profile(tmp_path, snowflake_port, "SHOP")
    project = {"name": "shop", "profile": "shop", "quoting": {"identifier": True}}
    for folder, name in ((None, "SHOP.marketing.Mine"), (tmp_path, 'SHOP.marketing."Mine"')):
        (tmp_path / "dbt_project.yml").write_text(json.dumps(project))
        with closing(connect(replace(profile, project_dir=folder))) as warehouse:
            assert warehouse.relation("SHOP", "marketing", "Mine") == name


def test_compiled_without_a_connection(snow: Project) -> None:
    """What dbt compiles without asking for columns finds them all the same."""
    snow.people([61])
    snow.activation("unasked")
    snow.build("people unasked")
    done = snow.dbt("compile", "--no-introspect", "--select", "unasked")
    assert done.success, done.text
    (compiled,) = [each.node.compiled_code for each in done.result.results]
    assert 'model_row."ID"' in compiled  # the stand-in does not tell them apart
    assert snow.rows(f"select _operation from ({compiled}) as compiled") == [("insert",)]


def test_nothing_built(snow: Project) -> None:
    """Where no control tables are, the runner says that nothing was built yet."""
    code, _, err = snow.runner("status", "--schema", "nowhere")
    assert code == 2
    assert "No activation was built yet in schema nowhere" in err
    assert snow.rows("select 'all' as said where 'a % b' like '%b'") == [("all",)]
