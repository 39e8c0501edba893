"""An activation that leaves the project, comes back, or gets another name; and rows tried again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.project import Project


@pytest.fixture
def leavers(shop: Project) -> Iterator[Project]:
    """Two people in a table of their own, sent by one activation; a clean project afterwards."""
    shop.people([1, 2], table="raw_leavers")
    shop.model("leavers")
    shop.activation("leaving", "ref('leavers')", sync_mode="mirror")
    shop.build("leavers leaving")
    shop.push("leaving")
    yield shop
    shop.remove("leavers", "leaving", "renamed")


def removed(shop: Project, *names: str) -> dict[str, bool]:
    """Whether each of these activations is registered as removed."""
    listed = ", ".join(f"'{name}'" for name in names)
    query = (
        "select activation, removed_at is not null from marketing.tailrace_activations "
        f"where activation in ({listed})"
    )
    return {name: bool(is_removed) for name, is_removed in shop.rows(query)}


def test_a_removed_activation_is_left_alone_until_it_is_back(leavers: Project) -> None:
    """Nobody is deleted anywhere; put back, it goes on from what was sent."""
    assert removed(leavers, "leaving") == {"leaving": False}
    before = leavers.profiles()
    leavers.build("leaving")
    leavers.remove("leaving")
    leavers.build("leavers")
    assert removed(leavers, "leaving") == {"leaving": True}
    code, _, err = leavers.runner("push", "leaving")
    assert code == 3
    assert "leaving was removed from the project shop" in err
    leavers.execute("drop table marketing.leaving")
    code, _, err = leavers.runner("push", "leav*")
    assert (code, err) == (0, "Left out, since the project no longer has them: leaving.\n")
    assert leavers.profiles() == before
    assert sorted(leavers.synced("leaving")) == ["u1", "u2"]
    leavers.people([2, 3], table="raw_leavers")
    leavers.activation("leaving", "ref('leavers')", sync_mode="mirror")
    leavers.build("leavers leaving", command="run")
    assert removed(leavers, "leaving") == {"leaving": False}
    assert sorted(leavers.plan("leaving")) == [("delete", "u1"), ("insert", "u3")]


def test_a_renamed_activation_is_a_removed_and_a_new_one(leavers: Project) -> None:
    """The old one is marked at the end of the same build; under its old name it is back."""
    leavers.remove("leaving")
    leavers.activation("renamed", "ref('leavers')", sync_mode="mirror")
    leavers.build("leavers renamed")
    assert removed(leavers, "leaving", "renamed") == {"leaving": True, "renamed": False}
    code, out, err = leavers.runner("push", "renamed")
    assert (code, "left out" in err.lower()) == (0, False)
    assert "renamed -> braze: done" in out
    state = leavers.runner("status", "renamed", "leaving")[1]
    assert state.index("renamed -> braze") < state.index("leaving was removed from the project")
    leavers.remove("renamed")
    leavers.activation("leaving", "ref('leavers')", sync_mode="mirror")
    leavers.build("leavers")
    assert removed(leavers, "leaving", "renamed") == {"leaving": False, "renamed": True}


def test_a_retry_lets_the_next_build_plan_a_row_that_rests(leavers: Project) -> None:
    """Without it the row rests; the retry alone plans nothing."""
    guards = {"max_rejected_share": 100}
    leavers.people([1, 2, 3], table="raw_leavers")
    leavers.activation("leaving", "ref('leavers')", max_attempts=1, guards=guards)
    leavers.server.sandbox.refuse({"u3": "TEST_REFUSAL"})
    leavers.build("leavers leaving")
    leavers.push("leaving")
    leavers.server.sandbox.refuse({})
    leavers.build("leaving")
    assert leavers.plan("leaving") == [("resting", "u3")]
    state = leavers.runner("status", "leaving", "--show-values")[1]
    assert "resting   1 row until a value changes; to try again: runner retry leaving" in state
    out = leavers.runner("retry", "leaving")[1]
    assert "1 refused row, 1 of which rested, is tried again once dbt build has planned it" in out
    assert leavers.plan("leaving") == [("resting", "u3")]
    leavers.build("leaving")
    assert leavers.plan("leaving") == [("insert", "u3")]
    leavers.push("leaving")
    assert leavers.profiles()["u3"] == {"name": "n3"}


def test_the_views_tell_of_pauses_and_removals(leavers: Project) -> None:
    """What `runner status` says of them can be asked of the warehouse too."""
    leavers.people([1, 2, 3], table="raw_leavers")
    leavers.build("leaving tailrace_activation_status tailrace_run_history")
    columns = "is_paused, paused_by, failures_in_a_row, failure_cause, removed_at is null"
    query = f"select {columns} from marketing.tailrace_activation_status where activation = "
    query += "'leaving'"
    assert leavers.rows(query) == [(False, None, 0, None, True)]
    destinations = leavers.folder / "destinations.yml"
    good = destinations.read_text()
    leavers.write("destinations.yml", good.replace(leavers.server.api_key, "another-key"))
    for _ in range(5):
        assert leavers.runner("push", "leaving")[0] == 4
    assert leavers.runner("push", "leaving")[0] == 3
    assert leavers.rows(query) == [(True, "tailrace", 5, "key_refused", True)]
    runs = "select cause from marketing.tailrace_run_history where status = 'paused'"
    assert leavers.rows(runs) == [("paused",)]
    leavers.write("destinations.yml", good)
    assert "leaving resumes" in leavers.push("leaving")
    assert leavers.rows(query) == [(False, None, 0, None, True)]
    leavers.remove("leaving")
    leavers.build("leavers")
    assert leavers.rows(query)[0][-1] is False
