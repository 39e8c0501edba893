"""Guards judge every delta at its build, and a person's approval releases that delta only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Event, Thread

import pytest

from tests.support.project import OPEN, Project


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A mirror of the numbers `before`, settled, then built on the numbers `after`."""

    before: Sequence[int]
    after: Sequence[int | None]
    guards: dict[str, object] = field(default_factory=dict)
    held: str | None = None
    warned: str | None = None


# The defaults of the design, section 5, at the threshold and on both sides of it.
CASES: dict[str, Case] = {
    "deletes_few_rows": Case(before=range(900), after=range(100, 900)),
    "deletes_too_many": Case(
        before=range(1009), after=range(101, 1009), held="it would delete 101 of 1009 synced rows"
    ),
    "deletes_at_share": Case(before=range(1010), after=range(101, 1010)),
    "deletes_allowed": Case(
        before=range(300), after=range(150), guards={"max_delete_share": 50, "max_delete_rows": 1}
    ),
    "deletes_own_rows": Case(
        before=range(20),
        after=range(3, 20),
        guards={"max_delete_rows": 2},
        held="it would delete 3 of 20 synced rows",
    ),
    "emptied": Case(before=range(2), after=[], held="the model is empty while 2 rows are synced"),
    "emptied_gladly": Case(before=range(2), after=[], guards={"empty_model": "allow"}),
    "empty_from_start": Case(before=[], after=[]),
    "duplicates_at_share": Case(
        before=[], after=[*range(19), 0], held="2 rows have duplicate keys", warned="2 rows share"
    ),
    "duplicates_below": Case(before=[], after=[*range(20), 0], warned="2 rows share"),
    "invalid_at_share": Case(before=[], after=[*range(19), None]),
    "invalid_above": Case(before=[], after=[*range(18), None], held="1 row is invalid"),
}


def _load(shop: Project, numbers: dict[str, Sequence[int | None]]) -> None:
    for name, values in numbers.items():
        listed = ", ".join("(null)" if value is None else f"({value})" for value in values)
        rows = f"(values {listed or '(0)'}) as numbers (id) where {bool(values)}"
        shop.table(f"raw_{name}", f"select cast(id as integer) as id, 'n' as name from {rows}")


def test_every_guard_at_its_threshold(shop: Project) -> None:
    """Just above, a delta is held and its reason says so; at the threshold and below it is not."""
    tables = ", ".join(f"{{name: raw_{name}}}" for name in CASES)
    shop.write(
        "models/guards.yml",
        f"sources: [{{name: guarded, schema: marketing, tables: [{tables}]}}]\n",
    )
    for name, case in CASES.items():
        reads = f"source('guarded', 'raw_{name}')"
        shop.activation(name, reads, sync_mode="mirror", guards=case.guards)
    _load(shop, {name: case.before for name, case in CASES.items()})
    try:
        shop.build(" ".join(CASES))
        shop.settle(*CASES)
        _load(shop, {name: case.after for name, case in CASES.items()})
        shop.build(" ".join(CASES))
    finally:
        shop.remove(*CASES)
        (shop.folder / "models" / "guards.yml").unlink()
    for name, case in CASES.items():
        registration = shop.registration(name)
        assert registration.held == bool(case.held), f"{name}: {registration.hold_reason}"
        assert (registration.hold_reason or "").startswith(case.held or ""), name
        assert (registration.warnings or "").startswith(case.warned or ""), name
        assert bool(registration.warnings) == bool(case.warned), name


def test_approval_releases_one_delta(shop: Project) -> None:
    """A held delta is refused with exit code 3 until approved; the next build is judged anew."""
    shop.server.sandbox.reset()
    shop.people(range(1, 5))
    shop.activation("held", sync_mode="mirror", guards={"max_delete_rows": 1})
    shop.build("people held")
    shop.push("held")
    shop.people([1, 2])
    shop.build("held")
    reason = "it would delete 2 of 4 synced rows"

    code, out, err = shop.runner("push", "held")
    assert code == 3
    assert f"held is held: {reason}" in out + err
    assert "release it with runner approve held" in out + err
    code, out, _ = shop.runner("plan", "held")
    assert (code, reason in out, "runner approve held" in out) == (0, True, True)
    assert len(shop.profiles()) == 4

    assert shop.runner("approve", "held")[0] == 0
    shop.push("held")
    assert sorted(shop.profiles()) == ["u1", "u2"]

    shop.people([])
    shop.build("held")
    assert shop.registration("held").approved_by is None
    assert shop.runner("push", "held")[0] == 3
    assert sorted(shop.profiles()) == ["u1", "u2"]


TESTS = """
models:
  - name: tested
    columns: [{name: name, data_tests: [{not_null: {config: {severity: %s}}}]}]
  - name: of_tested
    columns:
      - name: _invalid_reason
        data_tests: [{accepted_values: {arguments: {values: [none]}}}]
"""


@pytest.mark.parametrize("command", ["build", "test"])
def test_failed_tests_hold(shop: Project, command: str) -> None:
    """A failed test of the activation or its model holds the delta; a warning does not."""
    shop.table("raw_tested", "select 'a' as id, 'Ada' as name")
    shop.model("tested")
    shop.activation("of_tested", "ref('tested')", guards=OPEN)
    shop.activation("of_others", guards=OPEN)
    names = ["tested", "of_tested", "of_others"]
    shop.people([1])
    yml = shop.folder / "models" / "tested.yml"
    try:
        shop.write("models/tested.yml", TESTS % "error")
        shop.build(" ".join(["people", *names]))
        assert not shop.registration("of_tested").held

        shop.execute("insert into marketing.raw_tested values ('b', null)")
        failed = shop.dbt(command, "--select", *names)
        assert not failed.success
        if command == "build":
            assert failed.statuses["of_tested"] == "skipped"
        registration = shop.registration("of_tested")
        assert registration.held
        assert "not_null_tested_name" in str(registration.hold_reason)
        assert not shop.registration("of_others").held
        assert shop.runner("push", "of_tested")[0] == 3

        shop.write("models/tested.yml", TESTS % "warn")
        shop.build(" ".join(names))
        assert not shop.registration("of_tested").held

        shop.execute("insert into marketing.raw_tested values (null, 'Eve')")
        assert not shop.dbt("build", "--select", *names).success
        assert "accepted_values" in str(shop.registration("of_tested").hold_reason)
    finally:
        shop.remove("of_tested", "tested")
        yml.unlink()


def test_a_live_push_refuses_the_build(shop: Project) -> None:
    """A build during a push stops and leaves the delta; the lease of a dead runner stops none."""
    shop.people([1, 2])
    shop.activation("leased")
    shop.build("people leased")
    registered = shop.registration("leased")
    for age, refused in [("10 seconds", True), ("300 seconds", False)]:
        shop.execute(
            "update marketing.tailrace_activations set lease_holder = 'run-7', lease_heartbeat_at "
            f"= (current_timestamp at time zone 'UTC') - interval '{age}' "
            "where activation = 'leased'"
        )
        shop.people([1, 2, 3])
        outcome = shop.dbt("build", "--select", "leased")
        assert outcome.success != refused
        if refused:
            assert outcome.complaints == [
                (
                    "Activation leased: the runner (run run-7) is sending its delta, which was "
                    "left "
                    "alone; build again when that push has ended."
                )
            ]
            assert shop.plan("leased") == [("insert", "u1"), ("insert", "u2")]
            assert shop.registration("leased").delta_id == registered.delta_id
    assert shop.plan("leased") == [("insert", "u1"), ("insert", "u2"), ("insert", "u3")]


# One process has DuckDB's file, so no runner can be alive during a build there.
@pytest.mark.parametrize(
    "shop", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True, scope="session"
)
def test_a_clock_that_jumped_kills_no_runner(shop: Project) -> None:
    """However old a sign of life seems, a runner that gives another one is alive."""
    shop.people([1, 2])
    shop.activation("leaping")
    shop.build("people leaping")
    before = shop.registration("leaping")
    beat = (
        "update marketing.tailrace_activations set lease_holder = 'run-7', lease_heartbeat_at = "
        "(current_timestamp at time zone 'UTC') - interval '300 seconds' "
        "where activation = 'leaping'"
    )
    shop.execute(beat)
    ended = Event()

    def live() -> None:
        while not ended.wait(0.05):
            shop.execute(beat)

    runner = Thread(target=live)
    runner.start()
    try:
        outcome = shop.dbt("build", "--select", "leaping")
    finally:
        ended.set()
        runner.join()
    assert not outcome.success
    assert "run run-7 seems to have died" in outcome.text
    assert "the runner (run run-7) is sending its delta" in outcome.complaints[-1]
    assert shop.registration("leaping").delta_id == before.delta_id
