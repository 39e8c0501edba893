"""Every output of profiles.example.yml is one that its adapter takes."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
import yaml
from dbt.adapters.factory import load_plugin
from dbt.config.renderer import ProfileRenderer
from dbt_common.context import set_invocation_context

EXAMPLE = Path(__file__).parents[2] / "profiles.example.yml"
OUTPUTS = yaml.safe_load(EXAMPLE.read_text(encoding="utf-8"))["tailrace"]["outputs"]


@pytest.mark.parametrize("name", OUTPUTS)
def test_an_adapter_takes_it(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys that the adapter does not know, or that are missing, would be told here."""
    for variable in re.findall(r"env_var\('(\w+)'\)", EXAMPLE.read_text(encoding="utf-8")):
        monkeypatch.setenv(variable, "made-up")
    set_invocation_context(os.environ)
    output = ProfileRenderer({}).render_data(OUTPUTS[name])
    kind = output.pop("type")
    output.pop("threads", None)
    credentials = load_plugin(kind)
    data = credentials.translate_aliases(output)
    credentials.validate(data)
    found = credentials.from_dict(data)
    unknown = set(data) - {*found.to_dict(omit_none=False), *vars(found)}
    assert not unknown, f"dbt does not know {unknown} of {name}"
    assert found.type == kind
