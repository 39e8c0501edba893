"""The whole job on Snowflake, and what only Snowflake has."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from runner.warehouse import connect
from tests.support.project import Project
from tests.warehouses.fakesnow_server import snowflake_profile
from tests.warehouses.job import WholeJob

SnowflakeCursor: Any = pytest.importorskip("snowflake.connector.cursor").SnowflakeCursor


class TestSnowflake(WholeJob):
    """The whole job on Snowflake."""

    now = "sysdate()"

    @pytest.fixture
    def shop(self, snow: Project) -> Project:
        """Hand out the project on Snowflake."""
        return snow


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
