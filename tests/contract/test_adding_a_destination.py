"""The worked example of docs/adding-a-destination.md works, as it stands there."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

from runner.destinations.service import Platform
from tests.contract import situations, test_situations

PAGE = Path(__file__).parents[2] / "docs" / "adding-a-destination.md"


def test_the_worked_example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its module passes its own situations through the suite."""
    blocks = re.findall(r"```(?:python|yaml)\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    code, shared, played = blocks
    module = ModuleType("acme_example")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    exec(compile(code, str(PAGE), "exec"), module.__dict__)  # noqa: S102 - our own page
    platform: Platform = module.__dict__["PLATFORM"]
    folder = tmp_path / platform.name
    folder.mkdir()
    (folder / "_platform.yml").write_text(shared)
    (folder / "contacts.yml").write_text(played)
    monkeypatch.setattr(situations, "FOLDER", tmp_path)
    (service,) = platform.services
    *sent, refused = situations.situations_of(platform, service)
    for situation in sent:
        test_situations.test_requests_and_outcomes(situation)
    test_situations.test_refusals(refused)
    test_situations.test_has_situations(platform, service)
    test_situations.test_situations_refuse_one_row_and_all(platform, service)
