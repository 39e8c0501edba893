"""Why a delta is held, as people read it."""

from __future__ import annotations

from tests.support.project import Project

TESTS = """
models:
  - name: reasoned
    columns:
      - name: _operation
        data_tests: [{accepted_values: {name: only_inserts, arguments: {values: [insert]}}}]
"""
GUARDS = [
    (
        "it would delete 3 of 3 synced rows, more than max_delete_share (10 %) and "
        "max_delete_rows (1) allow"
    ),
    "the model is empty while 3 rows are synced",
]
TEST = "the test only_inserts failed"


def test_the_reasons_read_as_a_sentence(shop: Project) -> None:
    """Several reasons stand with `; ` between them, each once, wherever they are shown."""
    shop.people([1, 2, 3], table="raw_reasoned_people")
    shop.model("reasoned_people")
    shop.activation(
        "reasoned", "ref('reasoned_people')", sync_mode="mirror", guards={"max_delete_rows": 1}
    )
    shop.write("models/reasoned.yml", TESTS)
    try:
        shop.build("reasoned_people reasoned")
        shop.settle("reasoned")
        shop.people([], table="raw_reasoned_people")
        shop.build("reasoned", command="run")
        assert shop.registration("reasoned").hold_reason == "; ".join(GUARDS)

        reason = "; ".join([*GUARDS, TEST])
        for _ in range(2):
            assert not shop.dbt("test", "--select", "reasoned").success
            assert shop.registration("reasoned").hold_reason == reason
        for command in ("plan", "status"):
            assert f"  held      {reason}\n" in shop.runner(command, "reasoned")[1]
        sentence = f"reasoned is held: {reason}. Look at it with runner plan reasoned, then"
        assert sentence in shop.runner("push", "reasoned")[2]
        assert sentence in shop.one(
            "select message from marketing.tailrace_runs where activation = 'reasoned'"
        )
        said = shop.runner("approve", "reasoned")[1]
        assert f", although {reason}. The next runner push sends 3 delete." in said

        shop.people([1, 2, 3], table="raw_reasoned_people")
        shop.build("reasoned", command="run")
        assert not shop.registration("reasoned").held
        shop.write("models/reasoned.yml", TESTS.replace("[insert]", "[update]"))
        shop.execute("insert into marketing.raw_reasoned_people values ('u4', 'n4')")
        assert not shop.dbt("build", "--select", "reasoned").success
        assert shop.registration("reasoned").hold_reason == TEST
    finally:
        shop.remove("reasoned", "reasoned_people")
        (shop.folder / "models" / "reasoned.yml").unlink()
