"""What a build leaves behind that died half-way, and what it keeps from runners until its end."""

from __future__ import annotations

from typing import Any

import yaml

from tests.support.project import OPEN, Project


def test_no_runner_has_the_activation_before_its_tests_are_judged(shop: Project) -> None:
    """While dbt's tests run, the build has the lease; at the end of the run it is free."""
    shop.people([1], table="raw_unready")
    shop.model("unready")
    shop.activation("leased_so_far", "ref('unready')")
    free = "select 1 from marketing.tailrace_activations where activation = 'leased_so_far'"
    waits = "-- depends_on: {{ ref('leased_so_far') }}\n"
    shop.write("tests/is_free.sql", f"{waits}{free} and lease_holder is null\n")
    try:
        for _ in range(2):  # registered for the first time, and again
            shop.build("unready leased_so_far is_free")
        assert shop.registration("leased_so_far").lease_holder is None
    finally:
        shop.remove("leased_so_far", "unready")
        (shop.folder / "tests" / "is_free.sql").unlink()


def test_a_delta_that_was_never_registered_is_passed_over(shop: Project) -> None:
    """A baseline for another target died before its registration: it says nothing of this one."""
    shop.people([1], table="raw_baselined")
    shop.model("baselined")
    given: dict[str, Any] = {"reads": "ref('baselined')", "guards": OPEN}
    try:
        shop.activation("half_built", **given)
        shop.build("baselined half_built")
        shop.settle("half_built")
        shop.build("half_built")
        before = shop.registration("half_built")

        shop.people([1, 2], table="raw_baselined")
        shop.activation("half_built", destination="braze_us", run_type="baseline", **given)
        shop.build("half_built")
        shop.execute(
            f"update marketing.tailrace_activations set delta_id = '{before.delta_id}', "
            "destination = 'braze', sent_to = 'braze/users', run_type = 'delta' "
            "where activation = 'half_built'"
        )
        code, _, err = shop.runner("push", "half_built")
        assert code == 2
        assert "the delta table and its registration disagree" in err

        shop.activation("half_built", **given)
        shop.build("half_built")
        assert shop.plan("half_built") == [("insert", "u2")]
        assert shop.synced("half_built") == {"u1": "acknowledged"}
        shop.push("half_built")
    finally:
        shop.remove("half_built", "baselined")


def test_an_overtaken_build_does_not_register(shop: Project) -> None:
    """Another build took its lease while it went on, so it does not register."""
    shop.people([1], table="raw_overtaken")
    shop.model("overtaken")
    shop.activation("raced", "ref('overtaken')")
    shop.build("overtaken raced")
    before = shop.registration("raced").delta_id
    steal = (
        "update marketing.tailrace_activations set lease_holder = 'build 2' "
        "where activation = 'raced'"
    )
    shop.write(
        "models/raced.yml",
        yaml.safe_dump({"models": [{"name": "raced", "config": {"post_hook": [steal]}}]}),
    )
    try:
        outcome = shop.dbt("build", "--select", "raced")
        (complaint,) = outcome.complaints
        assert complaint.endswith("took over while this one went on; build it again, alone.")
        assert shop.registration("raced").delta_id == before
    finally:
        (shop.folder / "models" / "raced.yml").unlink()
        shop.remove("raced", "overtaken")


def test_a_build_that_lost_its_lease_folds_nothing(shop: Project) -> None:
    """Each step of fold asks who has the activation: the table may be another build's by now."""
    shop.people([1], table="raw_robbed")
    shop.model("robbed")
    shop.activation("folding", "ref('robbed')", guards=OPEN)
    shop.build("robbed folding")
    shop.push("folding")
    # Two steps that a project may override stand before and after those that are to do nothing.
    holders = {"pin_session": "'build 2'", "index_delta": "tailrace.build_lease_holder()"}
    for name, holder in holders.items():
        shop.write(
            f"macros/robbery_{name}.sql",
            f"{{% macro {shop.engine}__{name}() %}}{{% if model.name == 'folding' %}}"
            "update marketing.tailrace_activations "
            f"set lease_holder = '{{{{ {holder} }}}}' where activation = 'folding'"
            "{% endif %}{% endmacro %}",
        )
    try:
        shop.build("folding")
        assert shop.synced("folding") == {}
    finally:
        for name in holders:
            (shop.folder / "macros" / f"robbery_{name}.sql").unlink()
        shop.remove("folding", "robbed")


def test_a_test_that_dbt_skipped_holds_what_was_built(shop: Project) -> None:
    """Something else failed, so dbt did not run it: nobody knows whether it would have passed."""
    shop.people([1], table="raw_skipped")
    shop.model("skipped")
    shop.activation("untested", "ref('skipped')")
    shop.write("models/broken.sql", "select * from marketing.nowhere\n")
    waits = "-- depends_on: {{ ref('untested') }} {{ ref('broken') }}\n"
    shop.write("tests/both.sql", f"{waits}select 1 as a where 1 = 0\n")
    try:
        assert not shop.dbt("build", "--select", "skipped", "untested", "broken", "both").success
        assert shop.registration("untested").hold_reason == "the test both did not run"
        shop.build("skipped untested")
        assert not shop.registration("untested").held
    finally:
        shop.remove("untested", "broken", "skipped")
        (shop.folder / "tests" / "both.sql").unlink()


def test_a_delta_that_was_lost_holds_the_next_one(shop: Project) -> None:
    """What was sent of it is not known any more, so a person decides, once."""
    shop.people([1, 2], table="raw_losing")
    shop.model("losing")
    shop.activation("lost", "ref('losing')", guards=OPEN)
    shop.build("losing lost")
    shop.push("lost")
    shop.execute("drop table marketing.lost")
    try:
        for _ in range(2):
            shop.build("lost")
            assert str(shop.registration("lost").hold_reason).startswith("its last delta was lost")
        assert shop.runner("approve", "lost")[0] == 0
        shop.push("lost")
        shop.build("lost")
        assert (shop.plan("lost"), shop.registration("lost").hold_reason) == ([], None)

        shop.execute("delete from marketing.tailrace_activations where activation = 'lost'")
        shop.build("lost")
        assert str(shop.registration("lost").hold_reason).startswith("it is not registered here")
    finally:
        shop.remove("lost", "losing")


def test_a_delta_that_was_emptied_is_lost(shop: Project) -> None:
    """An overtaken build may have put an empty delta in the place of one that was sent."""
    shop.people([1, 2], table="raw_voided")
    shop.model("voided")
    shop.activation("mirrored", "ref('voided')", guards=OPEN, sync_mode="mirror")
    try:
        shop.build("voided mirrored")
        shop.push("mirrored")
        shop.execute("delete from marketing.mirrored")
        shop.people([2], table="raw_voided")
        shop.build("mirrored")
        assert str(shop.registration("mirrored").hold_reason).startswith("its last delta was lost")
    finally:
        shop.remove("mirrored", "voided")


def test_a_build_that_plans_nothing_wears_no_hold_away(shop: Project) -> None:
    """What was lost stays lost; and the runner is told that nothing was planned."""
    shop.people([1, 2], table="raw_worn")
    shop.model("worn")
    shop.activation("losing", "ref('worn')", guards=OPEN)
    try:
        shop.build("worn losing")
        shop.push("losing")
        shop.execute("drop table marketing.losing")
        shop.build("losing", "--empty")
        assert shop.registration("losing").settings["is_empty"] is True
        shop.build("losing")
        registered = shop.registration("losing")
        assert registered.settings["is_empty"] is False
        assert str(registered.hold_reason).startswith("its last delta was lost")
    finally:
        shop.remove("losing", "worn")


def test_a_lost_registration_holds_until_somebody_approves(shop: Project) -> None:
    """A second build knows no more than the first one of what was sent last."""
    shop.people([1, 2], table="raw_unknown")
    shop.model("unknown")
    shop.activation("unregistered", "ref('unknown')", guards=OPEN, sync_mode="mirror")
    try:
        shop.build("unknown unregistered")
        shop.push("unregistered")
        shop.build("unregistered")
        shop.execute("delete from marketing.tailrace_activations where activation = 'unregistered'")
        shop.people([2, 3], table="raw_unknown")
        for flags in ([], ["--empty"], []):
            shop.build("unregistered", *flags)
            reason = shop.registration("unregistered").hold_reason
            assert str(reason).startswith("it is not registered here"), flags
        shop.runner("approve", "unregistered")
        shop.build("unregistered")
        assert shop.registration("unregistered").hold_reason is None
    finally:
        shop.remove("unregistered", "unknown")


def test_a_held_baseline_records_nothing(shop: Project) -> None:
    """Built of an empty model by accident, it forgets nobody who is at the destination."""
    shop.people([1, 2], table="raw_based")
    shop.model("based")
    given: dict[str, Any] = {"reads": "ref('based')", "sync_mode": "mirror"}
    try:
        shop.activation("held_base", **given)
        shop.build("based held_base")
        shop.push("held_base")
        shop.people([], table="raw_based")
        shop.activation("held_base", run_type="baseline", **given)
        shop.build("held_base")
        assert shop.registration("held_base").held
        shop.people([2], table="raw_based")
        shop.activation("held_base", **given)
        shop.build("held_base")
        assert shop.plan("held_base") == [("delete", "u1")]
    finally:
        shop.remove("held_base", "based")
