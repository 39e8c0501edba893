"""A list that is too small for its platform is no failure, and no secret."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.destination import service
from tests.support.scene import Scene
from tests.support.scene import scene as new_scene


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    """A scene of one activation."""
    with new_scene(tmp_path) as made:
        yield made


def test_a_list_that_the_platform_would_not_use_is_sent_with_a_warning(scene: Scene) -> None:
    """It counts the valid rows of the model; a list that is large enough is no news."""
    scene.service = replace(service(), minimum_audience=38)
    scene.build(("insert", 12))
    counts = "update marketing.tailrace_activations set model_rows = ?, invalid_rows = 3"
    scene.warehouse.execute(counts, [40])
    assert scene.push().status == "done"
    assert scene.heard.warnings == [
        (
            "braze_vips: its model has 37 valid rows, and Stub uses no list of fewer than 38: "
            "widen the segment."
        )
    ]
    scene.warehouse.execute(counts, [41])
    scene.push()
    assert scene.heard.warnings == []
