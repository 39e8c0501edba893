"""Pushes of one activation, and a webhook that hears of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.alerts import Hook
from tests.support.destination import serving
from tests.support.scene import Scene
from tests.support.scene import scene as new_scene


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    """A scene in which nothing is tried for long."""
    monkeypatch.setattr("runner.asking.FIRST_WAIT", 0.001)
    with new_scene(tmp_path) as made:
        made.options = {"attempts": 1}
        yield made


@pytest.fixture
def hook() -> Iterator[Hook]:
    """A webhook that takes everything."""
    hook = Hook()
    with serving(hook):
        yield hook
