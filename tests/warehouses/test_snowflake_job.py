"""The whole job on Snowflake: build, push, change, build, push, and nothing more to send."""

from __future__ import annotations

from tests.support.project import Project


def test_mirror(snow: Project) -> None:
    """Inserts, updates and deletes reach the destination, and a second build plans nothing."""
    snow.people([1, 2, 3])
    snow.activation("mirrored", sync_mode="mirror")
    snow.build("people mirrored")
    assert snow.plan("mirrored") == [("insert", "u1"), ("insert", "u2"), ("insert", "u3")]
    snow.push("mirrored")
    assert set(snow.profiles()) == {"u1", "u2", "u3"}
    snow.build("people mirrored")
    assert snow.plan("mirrored") == []

    snow.people([1, 2, 4])
    snow.execute("update marketing.raw_people set name = 'new' where id = 'u1'")
    snow.build("people mirrored")
    expected = [("insert", "u4"), ("update", "u1"), ("delete", "u3")]
    assert snow.plan("mirrored") == expected
    snow.push("mirrored")
    held = {key: values["name"] for key, values in snow.profiles().items()}
    assert held == {"u1": "new", "u2": "n2", "u4": "n4"}
    snow.build("people mirrored")
    assert snow.plan("mirrored") == []
