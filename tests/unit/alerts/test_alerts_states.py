"""Which states hold of an activation after a push."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from runner import masking
from runner.alerts.facts import Facts
from runner.alerts.states import State, judged
from runner.circuit import SYSTEM, Circuit
from runner.control import Registration
from runner.errors import ExitCode
from runner.report import RunResult
from runner.warehouse import connect
from tests.support.alerts import channel
from tests.support.warehouses import built, create_control_tables, duckdb_profile

DONE = RunResult(status="done", acknowledged=100)
FAILED = RunResult(
    status="failed",
    cause="key_refused",
    message="braze_vips: shop refuses the key (401): check the key.",
    exit_code=ExitCode.UNAVAILABLE,
)
NOW = datetime(2030, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def registration(tmp_path_factory: pytest.TempPathFactory) -> Registration:
    """An activation of a thousand rows."""
    warehouse = connect(duckdb_profile(tmp_path_factory.mktemp("warehouse")))
    create_control_tables(warehouse)
    values = {"model_rows": 1000, "synced_rows": 1000, "insert_rows": 100}
    try:
        return built(warehouse, values=values)
    finally:
        warehouse.close()


def facts(registration: Registration, result: RunResult = DONE, **changes: Any) -> Facts:  # noqa: ANN401
    """What is known after a push."""
    values = {"events_in_doubt": 0, "entered_rows": registration.insert_rows, "circuit": Circuit()}
    return Facts(registration=registration, result=result, **{**values, **changes})


def holding(facts: Facts, **options: Any) -> dict[str, str]:  # noqa: ANN401
    """The states that hold, with their sentences."""
    states = judged(facts, channel(**options))
    return {name: state.sentence for name, state in states.items() if state}


def test_a_push_that_ended_well_ends_what_was(registration: Registration) -> None:
    """Nothing holds, and all of it is known."""
    states = judged(facts(registration), channel())
    assert states == dict.fromkeys(("failed", "held", "in_doubt", "paused", "rejected", "invalid"))


def test_a_failure_is_known_by_its_cause(registration: Registration) -> None:
    """Whatever else its sentence says; whose it is says the headline."""
    found = judged(facts(registration, FAILED), channel())["failed"]
    sentence = "shop refuses the key (401): check the key."
    assert found == State(name="failed", key="failed: key_refused", sentence=sentence)


@pytest.mark.parametrize(
    "result",
    [
        RunResult(status="held", cause="in_doubt", exit_code=ExitCode.HELD),
        RunResult(status="paused", cause="paused", exit_code=ExitCode.HELD),
        RunResult(status="stopped", cause="interrupted", exit_code=ExitCode.UNAVAILABLE),
    ],
)
def test_a_push_that_tried_nothing_ends_no_failure(
    registration: Registration, result: RunResult
) -> None:
    """It does not show that the destination takes rows again, nor how many it refuses."""
    states = judged(facts(registration, result), channel())
    assert "failed" not in states
    assert "rejected" not in states


def test_what_waits_for_a_person_names_the_command(registration: Registration) -> None:
    """A guard's reason, events in doubt, and a pause, each with its way out."""
    held = replace(registration, hold_reason="it would delete 500 of 1000 synced rows")
    by_itself = Circuit(failures=3, cause="key_refused", paused_at=NOW, paused_by=SYSTEM)
    states = holding(facts(held, FAILED, events_in_doubt=7, circuit=by_itself))
    assert states["held"].startswith("it would delete 500 of 1000 synced rows. ")
    assert "runner plan braze_vips" in states["held"]
    assert "runner approve braze_vips" in states["held"]
    assert states["in_doubt"].startswith("7 events may or may not have reached braze_eu: ")
    assert "runner resolve braze_vips --resend or --skip" in states["in_doubt"]
    assert states["paused"].startswith("3 pushes in a row failed for one cause (key_refused); ")
    assert "runner resume braze_vips" in states["paused"]
    by_hand = Circuit(paused_at=NOW, paused_by="ada@laptop")
    paused = holding(facts(held, FAILED, circuit=by_hand))["paused"]
    assert paused == "by a person; runner resume braze_vips lets it go on."


def test_an_approved_hold_is_over(registration: Registration) -> None:
    """A person has decided."""
    held = replace(registration, hold_reason="it would delete", approved_at=NOW)
    assert "held" not in holding(facts(held))


@pytest.mark.parametrize(
    ("acknowledged", "rejected", "expected"), [(99, 1, False), (98, 2, True), (0, 1, True)]
)
def test_rejected_rows_are_a_share_of_the_run(
    registration: Registration, acknowledged: int, rejected: int, *, expected: bool
) -> None:
    """Above the channel's threshold, not at it."""
    result = RunResult(status="done", acknowledged=acknowledged, rejected=rejected)
    assert ("rejected" in holding(facts(registration, result))) is expected
    assert "rejected" not in holding(facts(registration, result), rejected_share=100)


def test_rejected_rows_are_told_with_their_number(registration: Registration) -> None:
    """And with the command that tells why."""
    result = RunResult(status="rejected", acknowledged=98, rejected=2)
    assert holding(facts(registration, result))["rejected"] == (
        "2 of 100 rows of this run were rejected (2.0 %): runner status braze_vips tells the "
        "reasons."
    )


@pytest.mark.parametrize(("invalid", "expected"), [(0, False), (10, False), (11, True)])
def test_invalid_rows_are_a_share_of_the_model(
    registration: Registration, invalid: int, *, expected: bool
) -> None:
    """Whether or not the push sent a row."""
    some = replace(registration, invalid_rows=invalid)
    states = holding(facts(some, RunResult(status="done")))
    assert ("invalid" in states) is expected
    if expected:
        assert states["invalid"] == (
            "11 of 1,000 rows of the model cannot be sent (1.1 %): runner plan braze_vips tells "
            "why."
        )


@pytest.mark.parametrize(
    ("changes", "settings", "expected"),
    [
        ({"sync_mode": "mirror"}, {}, True),
        ({"sync_mode": "mirror"}, {"on_leave": "unset"}, True),
        ({"sync_mode": "membership"}, {}, True),
        ({"sync_mode": "mirror"}, {"on_leave": "ignore"}, None),
        ({"sync_mode": "upsert"}, {}, None),
        ({"sync_mode": "membership", "run_type": "full"}, {}, None),
        ({"sync_mode": "membership", "synced_rows": 0}, {}, None),
        ({"sync_mode": "membership", "insert_rows": 100}, {}, False),
    ],
)
def test_turnover_is_told_of_what_comes_and_goes(
    registration: Registration,
    changes: dict[str, Any],
    settings: dict[str, str],
    *,
    expected: bool | None,
) -> None:
    """Entered and left together, of the synced rows; where it shows, and is not the first load."""
    rows = {"insert_rows": 101, "delete_rows": 200, "synced_rows": 1000}
    found = judged(
        facts(replace(registration, **{**rows, **changes}, settings=settings)), channel()
    )
    if expected is None:
        assert "turnover" not in found
    else:
        assert (found["turnover"] is not None) is expected
    state = found.get("turnover")
    if state:
        assert state.sentence.startswith("101 entered and 200 left, of 1,000 synced rows (30.1 %)")


def test_a_build_without_rows_tells_nothing_of_shares(registration: Registration) -> None:
    """With --empty or --sample the counts mean nothing."""
    empty = replace(
        registration,
        sync_mode="membership",
        invalid_rows=500,
        insert_rows=900,
        settings={"is_empty": True},
    )
    assert not {"invalid", "turnover"} & set(judged(facts(empty), channel()))


def test_no_secret_is_passed_on(registration: Registration) -> None:
    """Not half of one either, where a long sentence is cut."""
    masking.register("planted-secret")
    failed = replace(FAILED, message="x" * 990 + " planted-secret")
    sentence = holding(facts(registration, failed))["failed"]
    assert sentence == "x" * 990 + " ***"
    assert len(holding(facts(registration, replace(FAILED, message="x" * 2000)))["failed"]) == 1000


@pytest.mark.parametrize(
    "words",
    [
        '\'{"error": "ada@planted.example is blocked"}\'',
        '"it\'s planted"',
        r"'planted \'planted\' planted'",
        "planted@shop.example",
    ],
)
def test_others_words_are_not_passed_on(registration: Registration, words: str) -> None:
    """What a destination or a warehouse says may be about a person; the rest of it stays."""
    message = f"shop answered 422 to POST /users, {words}, so the run's pages stopped; isn't it."
    failed = replace(FAILED, message=message)
    sentence = holding(facts(registration, failed))["failed"]
    assert "planted" not in sentence
    assert sentence.startswith("shop answered 422 to POST /users, ")
    assert sentence.endswith(", so the run's pages stopped; isn't it.")
