"""Tailrace as a package of another dbt project: what comes along, and whom its segments hold."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from runner.profiles import Profile, load
from runner.warehouse import connect
from tests.support.warehouses import SCHEMA, duckdb_profile, postgres_profile

# Who is a member on which day; bob-1 and bob-10 would be one key if the parts were merely joined.
PEOPLE = """
select 1 as day, 'ada' as name, 1 as shop union all
select 1, 'bob', 10 union all
select 2, 'bob', 10 union all
select 2, 'bob1', 0 union all
select 2, cast(null as varchar(9)), 3 union all
select 3, 'ada', 1 union all
select 3, 'ada', 1
"""
SEGMENTS = {
    "by_name": "{{ config(tags=['segment'], meta={'primary_key': 'name'}) }}",
    "by_name_and_shop": "{{ config(tags=['segment'], meta={'primary_key': ['name', 'shop']}) }}",
    "keyless": "{{ config(tags=['segment']) }}",
}
INSTALLED = {
    "shop": {"people", *SEGMENTS},
    "tailrace": {
        "segment_memberships",
        "tailrace_activation_status",
        "tailrace_rejections",
        "tailrace_run_history",
    },
}
# The demo has models of these names too, with other columns.
NAMESAKES = {
    "customers": "select 1 as id, 'ada@shop.example' as mail",
    "orders": "select 7 as number, cast(null as integer) as customer_id",
    "vip_customers": "select * from {{ ref('customers') }}",
    "braze_customers": """
        {{ tailrace.activation(
            ref('customers'), destination='braze', service='users', sync_mode='upsert',
            primary_key='id', identifiers={'external_id': 'id'}, attributes={'email': 'mail'}
        ) }}
    """,
}
COLUMNS = {"customers": "id", "orders": "number", "vip_customers": "id", "braze_customers": "mail"}
# Segment, member key, is member; on the third day the second segment is not built.
DAY_1 = [
    ("by_name", "ada", True),
    ("by_name", "bob", True),
    ("by_name_and_shop", "3:ada|1:1", True),
    ("by_name_and_shop", "3:bob|2:10", True),
]
DAY_2 = [
    ("by_name", "ada", False),
    ("by_name", "bob", True),
    ("by_name", "bob1", True),
    ("by_name_and_shop", "3:ada|1:1", False),
    ("by_name_and_shop", "3:bob|2:10", True),
    ("by_name_and_shop", "4:bob1|1:0", True),
]
DAY_3 = [
    ("by_name", "ada", True),
    ("by_name", "bob", False),
    ("by_name", "bob1", False),
    *DAY_2[3:],
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A user's dbt project with the package installed from this checkout."""

    folder: Path
    profile: Profile

    def dbt(self, *arguments: str, day: int = 1) -> str:
        """Run dbt there and give back what it says."""
        environment = {**os.environ, "DBT_PROFILES_DIR": str(self.folder), "DAY": str(day)}
        done = subprocess.run(
            [Path(sys.executable).parent / "dbt", "--no-use-colors", *arguments],
            cwd=self.folder,
            env=environment,
            check=False,
            text=True,
            capture_output=True,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout

    def models(self) -> dict[str, set[str]]:
        """List the enabled models, seeds and tests of each package, after a build."""
        nodes = json.loads((self.folder / "target" / "manifest.json").read_text())["nodes"]
        found: dict[str, set[str]] = {}
        for node in nodes.values():
            if node["config"]["enabled"] and node["resource_type"] != "operation":
                found.setdefault(node["package_name"], set()).add(node["name"])
        return found

    def descriptions(self) -> dict[str, str]:
        """What the user's own models are said to be."""
        nodes = json.loads((self.folder / "target" / "manifest.json").read_text())["nodes"]
        return {
            node["name"]: node["description"]
            for node in nodes.values()
            if node["package_name"] == "shop" and node["resource_type"] == "model"
        }

    def memberships(self, columns: str) -> list[tuple[object, ...]]:
        """Read the model segment_memberships, in order."""
        with closing(connect(self.profile)) as warehouse:
            relation = SCHEMA.table(warehouse, "segment_memberships")
            rows = warehouse.rows(f"select {columns} from {relation} order by segment, member_key")
            return [tuple(row) for row in rows]


@pytest.fixture(params=["duckdb", pytest.param("postgres", marks=pytest.mark.postgres)])
def project(request: pytest.FixtureRequest, tmp_path: Path, project_root: Path) -> Project:
    """Write a project with segments and install the package in it as a team would."""
    if request.param == "postgres":
        postgres_profile(tmp_path, request.getfixturevalue("postgres_database"))
    else:
        duckdb_profile(tmp_path)
    members = "select name, shop from {{ ref('people') }} where day = {{ env_var('DAY') }}"
    segments = {name: f"{config}\n{members}\n" for name, config in SEGMENTS.items()}
    return _installed(tmp_path, project_root, {"people": PEOPLE, **segments})


def _installed(folder: Path, package: Path, models: dict[str, str]) -> Project:
    (folder / "models").mkdir()
    for name, text in models.items():
        (folder / "models" / f"{name}.sql").write_text(text)
    settings = {"name": "shop", "version": "1.0.0", "profile": "shop"}
    (folder / "dbt_project.yml").write_text(yaml.safe_dump(settings))
    packages = {"packages": [{"local": str(package)}]}
    (folder / "packages.yml").write_text(yaml.safe_dump(packages))
    profile = load(profiles_dir=folder, profile="shop", target="test")
    project = Project(folder=folder, profile=profile)
    project.dbt("deps")
    return project


def test_a_project_that_installs_the_package(project: Project) -> None:
    """Only the observability models come along, and memberships are kept from build to build."""
    state = "segment, member_key, is_member"
    times = "member_key, entered_at, left_at"

    said = project.dbt("build", day=1)
    assert project.models() == INSTALLED
    assert said.count("Segment keyless: its memberships are not kept") == 1
    assert "add meta = {'primary_key': 'the_column'} to its config" in said
    assert project.memberships(state) == DAY_1
    ada_first, bob_first, *_ = project.memberships(times)

    project.dbt("build", day=2)
    assert project.memberships(state) == DAY_2
    ada_gone, bob_still, *_ = project.memberships(times)
    assert bob_still == bob_first
    assert ada_gone[:2] == ada_first[:2]
    assert ada_gone[2] is not None

    project.dbt("build", "--empty", day=3)
    project.dbt("build", "--select", "people by_name segment_memberships", day=3)
    assert project.memberships(state) == DAY_3
    ada_back, *_ = project.memberships(times)
    assert ada_back[2] is None
    assert str(ada_back[1]) > str(ada_gone[2])


def test_a_users_models_may_be_called_like_those_of_the_demo(
    tmp_path: Path, project_root: Path
) -> None:
    """Neither a model nor a test of the demo comes along, whichever names the user takes."""
    duckdb_profile(tmp_path)
    project = _installed(tmp_path, project_root, NAMESAKES)
    entries = {
        name: {
            "name": name,
            "description": f"The shop's own {name}.",
            "columns": [{"name": column, "data_tests": ["not_null"]}],
        }
        for name, column in COLUMNS.items()
    }
    listing = tmp_path / "models" / "_models.yml"
    listing.write_text(yaml.safe_dump({"models": list(entries.values())}))
    tests = {name: f"not_null_{name}_{column}" for name, column in COLUMNS.items()}

    said = project.dbt("build")
    assert "[WARNING]" not in said
    assert project.models() == {
        "shop": {*NAMESAKES, *tests.values()},
        "tailrace": INSTALLED["tailrace"],
    }
    assert project.descriptions() == {name: entry["description"] for name, entry in entries.items()}

    (tmp_path / "models" / "vip_customers.sql").unlink()
    del entries["vip_customers"]
    listing.write_text(yaml.safe_dump({"models": list(entries.values())}))
    assert "[WARNING]" not in project.dbt("parse")
    assert project.models()["shop"] == {*NAMESAKES, *tests.values()} - {
        "vip_customers",
        tests["vip_customers"],
    }
