"""The property test through Redshift's adapter."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.oracle.histories import TIME_LIMIT, histories, report

pytestmark = TIME_LIMIT


def test_destination_holds_what_the_design_says_on_redshift(
    project_root: Path, redshift_output: dict[str, object], capsys: pytest.CaptureFixture[str]
) -> None:
    """What is said in Redshift's words plans and sends what the oracle says."""
    named = {**redshift_output, "schema": "{schema}"}
    target = ", ".join(f"{key}: {json.dumps(value)}" for key, value in named.items())
    target = target.replace('"{schema}"', "{schema}")
    report(histories(target, project_root, few=4, start=177), "Redshift", capsys)
