"""The main job as a user types it: dbt and the runner as programs, two months, every exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest
import yaml

from runner.sandbox import Server, serve_in_thread
from runner.sandbox.braze import Braze

PROFILE = {"type": "duckdb", "path": "shop.duckdb", "schema": "marketing"}
ACTIVATION = """
{{ tailrace.activation(
    ref('customers'), destination='braze', service='users', sync_mode='mirror',
    primary_key='id', identifiers={'external_id': 'id'}, attributes={'first_name': 'name'}
) }}
"""
MONTHS = [
    {"u1": "Ada", "u2": "Bob", "u3": "Eve"},
    {"u1": "Ada", "u2": "Bert", "u4": "Dan"},
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """A folder as a user has it, and the key of the destination in the environment alone."""

    folder: Path
    server: Server[Braze]

    def run(self, program: str, *arguments: str, key: str | None = None) -> tuple[int, str]:
        """Run dbt or the runner: exit code and output."""
        done = subprocess.run(
            [Path(sys.executable).parent / program, *arguments],
            cwd=self.folder,
            env={
                **os.environ,
                "DBT_PROFILES_DIR": str(self.folder),
                "BRAZE_API_KEY": key or self.server.api_key,
                "NO_COLOR": "1",
            },
            check=False,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        assert "Traceback" not in done.stdout, done.stdout
        assert self.server.api_key not in done.stdout
        return done.returncode, done.stdout

    def runner(self, *arguments: str, key: str | None = None) -> tuple[int, str]:
        """Run the runner."""
        return self.run("runner", *arguments, key=key)

    def month(self, people: dict[str, str]) -> None:
        """Fill the warehouse with a month's customers and build."""
        with duckdb.connect(str(self.folder / "shop.duckdb")) as connection:
            connection.execute("create or replace table customers_now (id text, name text)")
            for person in people.items():
                connection.execute("insert into customers_now values (?, ?)", person)
        code, said = self.run("dbt", "build", "--select", "customers", "braze_customers")
        assert code == 0, said


@pytest.fixture
def shop(tmp_path: Path, project_root: Path) -> Iterator[Shop]:
    """Write the project as the README tells a user to."""
    settings = {"name": "shop", "version": "1.0.0", "profile": "shop"}
    files: dict[str, object] = {
        "dbt_project.yml": settings,
        "packages.yml": {"packages": [{"local": str(project_root)}]},
        "profiles.yml": {"shop": {"target": "dev", "outputs": {"dev": PROFILE}}},
    }
    for name, content in files.items():
        (tmp_path / name).write_text(yaml.safe_dump(content))
    models = tmp_path / "models"
    models.mkdir()
    (models / "customers.sql").write_text("select * from main.customers_now")
    (models / "braze_customers.sql").write_text(ACTIVATION)
    with serve_in_thread(Braze()) as server:
        (tmp_path / "destinations.yml").write_text(
            f"braze:\n  platform: braze\n  url: {server.url}\n  attempts: 1\n"
            "  api_key: \"{{ env_var('BRAZE_API_KEY') }}\"\n"
        )
        shop = Shop(folder=tmp_path, server=server)
        assert shop.run("dbt", "deps")[0] == 0
        yield shop


def _held(shop: Shop) -> dict[str, object]:
    held = shop.server.sandbox.state.by_external_id.items()
    return {key: profile.fields.get("first_name") for key, profile in held}


def test_two_months(shop: Shop) -> None:
    """Builds and pushes leave the destination as the model says; every exit code occurs."""
    shop.month(MONTHS[0])
    code, said = shop.runner("plan")
    assert code == 0
    assert "to send   3 insert" in said
    code, said = shop.runner("push", "--dry-run", "braze_customers")
    assert code == 0
    assert "/users/track" in said
    assert "1 request shown, none sent" in said
    assert _held(shop) == {}

    assert shop.runner("push", key="a-wrong-key")[0] == 4
    assert shop.runner("push", "brase_customers")[0] == 2
    code, said = shop.runner("push")
    assert code == 0, said
    assert _held(shop) == MONTHS[0]

    shop.month(MONTHS[1])
    code, said = shop.runner("plan", "--json")
    (plan,) = json.loads(said)["activations"]
    assert plan["operations"] == {"insert": 1, "update": 1, "delete": 1}
    shop.server.sandbox.refuse({"u4": "TEST_REFUSAL"})
    code, said = shop.runner("push", "--json")
    assert code == 1, said
    shop.server.sandbox.refuse({})
    assert _held(shop) == {"u1": "Ada", "u2": "Bert"}
    code, said = shop.runner("status", "--json")
    (status,) = json.loads(said)["activations"]
    assert code == 0
    assert status["last_run"]["exit_code"] == 1
    assert status["rejected"][0]["rows"] == 1

    shop.month({})
    code, said = shop.runner("push")
    assert code == 3
    assert "the model is empty while 2 rows are synced" in said
    assert _held(shop) == {"u1": "Ada", "u2": "Bert"}
