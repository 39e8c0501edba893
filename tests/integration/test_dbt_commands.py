"""Every command of dbt leaves the synced state and the next delta right."""

from __future__ import annotations

import json
import shutil
from typing import Any

import pytest

from tests.support.project import Project

EVENTS: dict[str, Any] = {
    "service": "events",
    "sync_mode": "incremental",
    "attributes": {"time": "happened_at"},
    "settings": {"event_name": "seen"},
}
NAMES = ("cmd_upsert", "cmd_mirror", "cmd_events")
ALL = " ".join(["cmd", *NAMES])
SYNCED = dict.fromkeys(["u1", "u2", "u3"], "acknowledged")
FIRST = [("insert", "u1"), ("insert", "u2"), ("insert", "u3")]
CONTROL = ("tailrace_activations", "tailrace_watermarks")


def _load(shop: Project, numbers: list[int], age: str = "0 days") -> None:
    moment = f", (current_timestamp at time zone 'UTC') - interval '{age}' as happened_at"
    shop.people(numbers, table="raw_cmd", columns=moment)


@pytest.fixture(scope="module")
def built(shop: Project) -> Project:
    """Build three activations of one model of three people, and keep a copy of all it left."""
    tables = "tables: [{name: raw_cmd}]"
    shop.write("models/cmd.yml", f"sources: [{{name: raw, schema: marketing, {tables}}}]\n")
    shop.write(
        "models/cmd.sql",
        "{{ config(materialized='view', event_time='happened_at') }}\n"
        "select * from {{ source('raw', 'raw_cmd') }}\n",
    )
    shop.activation("cmd_upsert", "ref('cmd')")
    shop.activation("cmd_mirror", "ref('cmd')", sync_mode="mirror")
    shop.activation("cmd_events", "ref('cmd')", **EVENTS)
    _load(shop, [1, 2, 3])
    shop.build(ALL)
    assert {name: shop.plan(name) for name in NAMES} == dict.fromkeys(NAMES, FIRST)
    for table in (*NAMES, *CONTROL):
        shop.table(f"saved_{table}", f"select * from marketing.{table}")
    return shop


@pytest.fixture
def commands(built: Project) -> Project:
    """Have everything as after the first build, and its rows acknowledged."""
    for table in (*NAMES, *CONTROL):
        built.table(table, f"select * from marketing.saved_{table}")
    built.execute(*(f"delete from marketing.{name}__synced" for name in NAMES))
    _load(built, [1, 2, 3])
    built.settle(*NAMES)
    return built


def test_build_again_and_full_refresh(commands: Project) -> None:
    """A second build plans nothing; --full-refresh sends every valid row again."""
    _load(commands, [1, 2])
    commands.build("cmd_mirror")  # alone
    assert commands.plan("cmd_mirror") == [("delete", "u3")]
    assert commands.plan("cmd_upsert") == FIRST

    commands.build(ALL, "--full-refresh")
    again = [("update", "u1"), ("update", "u2")]
    assert commands.plan("cmd_upsert") == again
    assert commands.plan("cmd_mirror") == [*again, ("delete", "u3")]
    assert commands.plan("cmd_events") == []
    assert commands.payloads("cmd_upsert")["u1"] == {"name": "n1"}
    assert commands.registration("cmd_mirror").run_type == "full"
    assert [commands.synced(name) for name in NAMES] == [SYNCED] * 3

    commands.build(ALL)
    assert commands.registration("cmd_mirror").run_type == "delta"
    assert commands.plan("cmd_upsert") == []


@pytest.mark.parametrize("flags", [["--empty"], ["--sample", "1 day"]])
def test_empty_and_sampled_builds(commands: Project, flags: list[str]) -> None:
    """Neither plans anything or loses what was acknowledged, and the next build is right."""
    _load(commands, [1, 2, 4], age="9 days")
    commands.build(ALL, *flags)
    for name in NAMES:
        assert commands.plan(name) == []
        assert commands.synced(name) == SYNCED
        registration = commands.registration(name)
        assert registration.hold_reason is None
        assert registration.warnings == "built with --empty or --sample: nothing is planned"
        assert registration.rows_to_send == 0
    code, out, _ = commands.runner("plan", *NAMES)
    assert code == 0
    assert "nothing is planned" in out

    commands.build(ALL)
    assert commands.plan("cmd_upsert") == [("insert", "u4")]
    assert commands.plan("cmd_mirror") == [("insert", "u4"), ("delete", "u3")]
    assert commands.plan("cmd_events") == [("insert", "u4")]


def test_compile_shows_the_whole_delta(commands: Project) -> None:
    """The compiled file is the delta's SQL; with attributes listed it needs no connection."""
    steps = ["duplicate_keys as (", "left_rows as (", "cmd_mirror__synced", "from numbered_rows"]
    path = "compiled/shop/models/cmd_mirror.sql"
    commands.build("cmd_mirror", command="compile")
    text = (commands.artifacts() / path).read_text()
    assert [step for step in steps if step not in text] == []
    assert commands.one(f"select count(*) from ({text}) as compiled") == 3

    offline = ["--no-introspect", "--no-populate-cache", "--select", *NAMES]
    outcome = commands.dbt("compile", *offline, target="nowhere")
    assert outcome.success, outcome.text
    text = (commands.artifacts("nowhere") / path).read_text()
    assert [step for step in steps if step not in text] == []


def test_show_before_and_after_the_first_build(commands: Project) -> None:
    """`dbt show` shows the rows that a build would plan, also where nothing was ever built."""
    commands.activation("cmd_new", "source('raw', 'raw_cmd')", attributes=None)
    try:
        for target, name in [("test", "cmd_new"), ("other", "cmd_new")]:
            shown = commands.dbt("show", "--select", name, "--output", "json", target=target)
            assert shown.success, shown.text
            (table,) = (result.agate_table for result in shown.result.results)
            assert list(table.columns["_operation"]) == ["insert"] * 3
            assert "happened_at" in table.rows[0]["_payload"]
    finally:
        commands.remove("cmd_new")


def test_two_targets_and_a_clone(commands: Project) -> None:
    """A clone carries nothing over, and targets with one control schema keep apart."""
    built = commands.dbt("build", "--select", *ALL.split(), shared=True)
    assert built.success, built.text
    commands.execute(
        "insert into control.tailrace_watermarks (delta_id, relation, shard, sending, acknowledged)"
        " select delta_id, relation, 0, 3, 3 from control.tailrace_activations"
    )
    state = commands.folder / "state"
    state.mkdir()
    shutil.copy(commands.artifacts(shared=True) / "manifest.json", state)
    for command in (["clone", "--state", str(state)], ["build"]):
        select = ["--select", *ALL.split()]
        done = commands.dbt(*command, *select, target="other", shared=True)
        assert done.success, done.text
        count = "select count(*) from control.tailrace_activations where target_name = 'other'"
        assert commands.one(count) == (0 if command[0] == "clone" else 3)
    for name in NAMES:
        rows = commands.rows(f"select _operation, _record_key from other.{name} order by 2")
        assert rows == FIRST
        assert commands.rows(f"select * from other.{name}__synced") == []
    registered = commands.rows(
        "select schema_name, target_name from control.tailrace_activations order by 1, 2"
    )
    assert registered == [("marketing", "test")] * 3 + [("other", "other")] * 3


def test_retry_after_a_failed_test(commands: Project) -> None:
    """What a failed test skipped is built by `dbt retry`, on the rows of then."""
    test = commands.folder / "tests" / "nobody_lacks_a_name.sql"
    test.parent.mkdir(exist_ok=True)
    test.write_text("select * from {{ ref('cmd') }} where name is null\n")
    try:
        commands.execute("update marketing.raw_cmd set name = null where id = 'u1'")
        failed = commands.dbt("build", "--select", *ALL.split())
        assert failed.statuses["cmd_upsert"] == "skipped"
        assert commands.registration("cmd_upsert").held

        _load(commands, [1, 2, 3, 4])
        retried = commands.dbt("retry")
        assert retried.success, retried.text
        assert commands.plan("cmd_mirror") == [("insert", "u4")]
        assert not commands.registration("cmd_mirror").held
        assert commands.synced("cmd_mirror") == SYNCED
    finally:
        test.unlink()


def test_docs_describe_every_column(built: Project) -> None:
    """`dbt docs generate` describes each model, source and column that the package brings."""
    built.build("package:tailrace")
    built.build(f"package:tailrace {ALL}", "--no-compile", command="docs generate")
    catalog = json.loads((built.artifacts() / "catalog.json").read_text())
    manifest = json.loads((built.artifacts() / "manifest.json").read_text())
    assert "_payload" in catalog["nodes"]["model.shop.cmd_mirror"]["columns"]
    found = {**catalog["nodes"], **catalog["sources"]}
    known = {**manifest["nodes"], **manifest["sources"]}
    ours = [key for key in found if ".tailrace." in key]
    assert len(ours) == 13
    for key in ours:
        assert known[key]["description"], key
        columns = {name.lower(): each for name, each in known[key]["columns"].items()}
        for name in found[key]["columns"]:
            assert columns[name.lower()]["description"], f"{key}.{name}"
