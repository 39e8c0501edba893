"""Histories in which a runner dies while the destination works on what it was given."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from runner.sandbox import serve_in_thread
from tests.oracle.dotdigital import DOTDIGITAL
from tests.oracle.rules import ModelRow, Rules
from tests.oracle.world import Activation, World

SUBMITTED = "tailrace_jobs"
ANN = ("a", "1")
ANNE = "u1@example.org"
OLD = {"word": "old", "amount": "1.00", "big": None}
NEW = {"word": "new", "amount": "1.00", "big": None}


@pytest.fixture
def company(tmp_path: Path, project_root: Path) -> Iterator[tuple[World, Activation]]:
    """A company with one person, whose import no push has heard the end of."""
    (tmp_path / "profiles.yml").write_text(
        f"company: {{target: t, outputs: {{t: {{type: duckdb, path: {tmp_path}/company.duckdb}}}}}}"
    )
    duckdb.connect(str(tmp_path / "company.duckdb")).close()
    with serve_in_thread(DOTDIGITAL.start()) as server:
        upsert = Activation(
            name="imported",
            service="dotdigital.contacts",
            rules=Rules(mode="upsert"),
            server=server,
            destination=DOTDIGITAL,
        )
        world = World(tmp_path, project_root, [upsert])
        world.people = [ModelRow(ANN, ANNE, OLD)]
        world.build()
        assert world.push(upsert, SUBMITTED, after=True) is None
        world.expire_leases()
        yield world, upsert


def _asked(activation: Activation) -> list[str]:
    """The methods and paths that came in, without a job asked for twice in a row."""
    entries = activation.server.sandbox.journal.entries
    asked = [f"{each.call.method} {each.call.path.rpartition('-')[2]}" for each in entries]
    return [now for before, now in zip(["", *asked], asked, strict=False) if now != before]


def _words(activation: Activation) -> list[object]:
    contacts = activation.server.sandbox.state.contacts.values()
    return [each.data_fields["word"] for each in contacts]


def test_an_import_that_a_dead_run_began_is_asked_for_and_not_begun_again(
    company: tuple[World, Activation],
) -> None:
    """Its id was recorded; the rows are settled by its report, and then it is forgotten."""
    world, upsert = company
    result = world.push(upsert)
    assert result is not None
    assert (result.status, result.operations["insert"]) == ("done", 1)
    assert len(upsert.server.sandbox.state.imports) == 1
    with world.warehouse() as warehouse:
        table = world.schema.table(warehouse, "tailrace_jobs")
        assert list(warehouse.rows(f"select job from {table}")) == []


def test_a_later_delta_waits_for_the_imports_of_an_earlier_one(
    company: tuple[World, Activation],
) -> None:
    """Else an old value could be written after a new one."""
    world, upsert = company
    world.people = [ModelRow(ANN, ANNE, NEW)]
    world.build()
    before = len(_asked(upsert))
    result = world.push(upsert)
    assert result is not None
    assert result.status == "done"
    assert _words(upsert) == ["new"]
    first, second = "000000000001", "000000000002"
    asked = [each for each in _asked(upsert)[before:] if "fields" not in each]
    assert asked == [f"GET {first}", "PUT /contacts/v3/import", f"GET {second}"]


def test_a_job_that_nobody_knows_any_more_is_begun_again(
    company: tuple[World, Activation],
) -> None:
    """The run that finds out stops with its rows in doubt; the next one sends them again."""
    world, upsert = company
    imports = upsert.server.sandbox.state.imports
    imports.clear()
    lost = world.push(upsert)
    assert lost is not None
    assert "does not know the import any more" in lost.message
    world.expire_leases()
    result = world.push(upsert)
    assert result is not None
    assert (result.status, _words(upsert)) == ("done", ["old"])


def test_a_warehouse_without_the_table_is_told_the_cure(
    company: tuple[World, Activation],
) -> None:
    """Control tables of an older version lack it."""
    world, upsert = company
    with world.warehouse() as warehouse:
        warehouse.execute(f"drop table {world.schema.table(warehouse, 'tailrace_jobs')}")
    result = world.push(upsert)
    assert result is not None
    assert "tailrace_jobs does not exist" in result.message
    assert "run dbt build first" in result.message
