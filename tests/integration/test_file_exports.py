"""The delta as files, from the build to what another program reads."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
import yaml

from tests.support.project import OPEN, Project


@pytest.fixture
def exports(shop: Project, tmp_path: Path) -> Iterator[Path]:
    """A folder, and a connection to it beside the one of the project."""
    file = shop.folder / "destinations.yml"
    before = file.read_text()
    declared = {"platform": "file", "url": tmp_path.as_uri()}
    file.write_text(yaml.safe_dump({**yaml.safe_load(before), "exports": declared}))
    yield tmp_path
    file.write_text(before)


def _fill(shop: Project, *people: tuple[str, str]) -> None:
    rows = (
        f"select '{key}' as id, cast({name} as varchar(9)) as name, cast(1.5 as decimal(9, 2)) "
        "as score"
        for key, name in people
    )
    shop.table("raw_exported_people", " union all ".join(rows))


def _read(folder: Path) -> list[tuple[object, ...]]:
    files = duckdb.read_csv(f"{folder}/exported/*.csv", all_varchar=True)
    return sorted(files.project("external_id, name, score, _operation").fetchall(), key=str)


def test_files_hold_the_delta(shop: Project, exports: Path) -> None:
    """Every push adds files, with who left among them; one without a delta adds none."""
    _fill(shop, ("u1", "'a,\"b\"'"), ("u2", "null"))
    shop.model("exported_people")
    shop.activation(
        "exported",
        "ref('exported_people')",
        destination="exports",
        service="csv",
        sync_mode="mirror",
        attributes={"name": "name", "score": "score"},
        guards=OPEN,
    )
    shop.build("exported_people exported")
    shop.push("exported")
    first: list[tuple[object, ...]] = [
        ("u1", 'a,"b"', "1.50", "insert"),
        ("u2", None, "1.50", "insert"),
    ]
    assert _read(exports) == first
    _fill(shop, ("u1", "'Ada'"))
    shop.build("exported_people exported")
    shop.push("exported")
    later: list[tuple[object, ...]] = [("u1", "Ada", None, "update"), ("u2", None, None, "delete")]
    assert _read(exports) == sorted(first + later, key=str)
    shop.build("exported_people exported")
    shop.push("exported")
    assert len([path for path in exports.rglob("*") if path.is_file()]) == 3
    shop.remove("exported", "exported_people")
