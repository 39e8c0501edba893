"""An activation is an ordinary model: names, aliases, schemas, versions, hooks and threads."""

from __future__ import annotations

import json

import pytest

from tests.support.project import Project

OWN = """
{{ config(
    tags=['mine'], meta={'owner': 'crm'}, schema='crm', alias='Crm_People',
    pre_hook="create table if not exists marketing.hooked (at_ text)",
    post_hook="insert into marketing.hooked select 'after' where exists (select 1 from {{ this }})"
) }}
"""
VERSIONS = """
models:
  - name: versioned
    latest_version: 2
    versions: [{v: 1}, {v: 2}]
  - name: of_versions
    latest_version: 2
    versions: [{v: 1}, {v: 2}]
  - {name: switched_off, config: {enabled: false}}
"""
CALL = (
    "{{{{ tailrace.activation({}, destination='braze', service='users', sync_mode='upsert', "
    "primary_key='id', identifiers={{'external_id': 'id'}}, attributes=['name']) }}}}\n"
)


def _write_models(shop: Project) -> list[str]:
    """Write one activation of each kind and return their names."""
    shop.people([1])
    shop.activation("own_config", config=OWN)
    shop.write(
        "models/fleeting.sql",
        "{{ config(materialized='ephemeral') }} select 'e' as id, 'E' as name",
    )
    shop.activation("of_fleeting", "ref('fleeting')")
    shop.activation("of_fleeting_all", "ref('fleeting')", attributes=None)
    shop.activation("switched_off")
    shop.activation("disabled", enabled=False)
    for version in (1, 2):
        shop.write(f"models/versioned_v{version}.sql", f"select 'v{version}' as id, 'V' as name")
        reads = f"ref('versioned', version={version})"
        shop.write(f"models/of_versions_v{version}.sql", CALL.format(reads))
    shop.write("models/versions.yml", VERSIONS)
    return [
        "own_config",
        "of_fleeting",
        "of_fleeting_all",
        "of_versions",
        "versioned",
        "disabled",
        "switched_off",
    ]


def test_what_an_activation_may_be(shop: Project) -> None:
    """Own config is kept, every kind of model can be sent, and nothing that is off is built."""
    names = _write_models(shop)
    try:
        outcome = shop.dbt("build", "--select", "people", "fleeting", *names)
        listed = shop.dbt("ls", "--select", "tag:mine,tag:activation", "--output", "name")
    finally:
        shop.remove("own_config", "of_fleeting", "of_fleeting_all", "switched_off", "disabled")
        shop.remove("versioned_v1", "versioned_v2", "of_versions_v1", "of_versions_v2", "fleeting")
        (shop.folder / "models" / "versions.yml").unlink()
    assert sorted(outcome.complaints) == [
        (
            "Activation of_fleeting: its model fleeting is ephemeral, so its rows "
            "cannot be counted; "
            "materialize it as a view or a table."
        ),
        (
            "Activation of_fleeting_all: its columns cannot be looked up, since its "
            "model is ephemeral "
            "or dbt may not ask the warehouse; materialize it as a view, or list the columns in "
            "attributes."
        ),
    ]
    assert "own_config" in listed.text.splitlines()
    manifest = json.loads((shop.artifacts() / "manifest.json").read_text())["nodes"]
    own = manifest["model.shop.own_config"]["config"]
    assert own["meta"]["owner"] == "crm"
    assert own["meta"]["tailrace"]["service"] == "users"
    assert {"model.shop.disabled", "model.shop.switched_off"} & set(manifest) == set()
    assert shop.rows("select * from marketing.hooked") == [("after",)]
    registered = shop.registration("own_config")
    assert (registered.schema_name, registered.table_name) == ("marketing_crm", "Crm_People")
    shop.push("own_config")
    assert shop.one("""select count(*) from marketing_crm."Crm_People" """) == 1
    assert shop.plan("of_versions_v1") == [("insert", "v1")]
    assert shop.plan("of_versions_v2") == [("insert", "v2")]


def test_ten_activations_in_four_threads(shop: Project) -> None:
    """Activations that are built at the same time do not get into each other's way."""
    names = [f"parallel_{number}" for number in range(10)]
    shop.people(range(20))
    for name in names:
        shop.activation(name)
    try:
        for _ in range(3):
            shop.build("people parallel_*", "--threads", "4")
            shop.settle(*names)
        assert {name: len(shop.synced(name)) for name in names} == dict.fromkeys(names, 20)
        assert [shop.plan(name) for name in names] == [[]] * 10
    finally:
        shop.remove(*names)


@pytest.mark.parametrize(
    "shop", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True
)
def test_long_names(shop: Project) -> None:
    """PostgreSQL's 63 bytes: names work up to the limit, longer ones are refused at first sight."""
    longest, too_long = "a" * 55, "b" * 56
    shop.people([1])
    shop.activation(longest)
    try:
        for _ in range(2):
            shop.build(f"people {longest}")
            shop.settle(longest)
        assert shop.synced(longest) == {"u1": "acknowledged"}
        shop.activation(too_long)
        refused = shop.dbt("parse")
    finally:
        shop.remove(longest, too_long)
    assert refused.complaints == [
        (
            f"Activation {too_long}: its name has 56 bytes and PostgreSQL allows 55 "
            "beside the ending "
            "__synced; give the model a shorter name or alias."
        )
    ]
