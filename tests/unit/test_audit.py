"""`make audit` fails for a vulnerable pin, and says aloud when it cannot know of any."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from scripts import audit

Fake = Callable[[str, str], None]
VULNERABLE = {"id": "CVE-2019-10906", "fix_versions": ["2.10.1"]}


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fake:
    """Put a program in the place of pip-audit: shell lines for the known pin and for the lock."""

    def put(known: str, lock: str = "exit 9") -> None:
        program = tmp_path / "pip-audit"
        program.write_text(f'#!/bin/sh\ncase "$2" in *known.txt) {known};; *) {lock};; esac\n')
        program.chmod(0o755)
        monkeypatch.setattr(audit, "PROGRAM", program)

    return put


def said(*packages: dict[str, Any]) -> str:
    """The shell line that says what pip-audit would say of these packages."""
    return f"echo '{json.dumps({'dependencies': packages})}'; exit 1"


FOUND = said({"name": "jinja2", "version": "2.10", "vulns": [VULNERABLE]})
UNKNOWN = {"name": "agate", "skip_reason": "not found"}
GOOD = {"name": "click", "version": "8.4.2", "vulns": []}


@pytest.mark.parametrize(
    ("known", "why"),
    [
        ("echo 'ConnectionError: no route' >&2; exit 1", "ConnectionError: no route"),
        (said({"name": "jinja2", "skip_reason": "not found here"}), "not found here"),
        (said({"name": "jinja2", "version": "2.10", "vulns": []}), "finds nothing in jinja2==2.10"),
        ("exit 3", "exit code 3"),
    ],
)
def test_without_data_the_audit_is_skipped_aloud(
    fake: Fake, capsys: pytest.CaptureFixture[str], known: str, why: str
) -> None:
    """No network, a mirror without packages and one without vulnerabilities fail nobody's build."""
    fake(known, said(GOOD))
    assert audit.audit(audit.LOCK) == 0
    out = capsys.readouterr().out
    assert "was SKIPPED" in out
    assert why in out
    assert "audited," not in out


def test_a_vulnerable_pin_fails(fake: Fake, capsys: pytest.CaptureFixture[str]) -> None:
    """The pin is named with its vulnerability and the version that mends it."""
    fake(FOUND, said(GOOD, {"name": "x", "version": "1.0", "vulns": [VULNERABLE, {"id": "Y-1"}]}))
    assert audit.audit(audit.LOCK) == 1
    out, err = capsys.readouterr()
    assert err.splitlines() == [
        "x 1.0: CVE-2019-10906, mended in 2.10.1",
        "x 1.0: Y-1, mended in no version yet",
    ]
    assert out == "2 pins audited, 1 of them vulnerable.\n"


def test_good_pins_pass(fake: Fake, capsys: pytest.CaptureFixture[str]) -> None:
    """What could not be looked up is told, and counts neither as good nor as bad."""
    fake(FOUND, said(GOOD, UNKNOWN))
    assert audit.audit(audit.LOCK) == 0
    assert capsys.readouterr().out.splitlines() == [
        "agate was not audited: not found",
        "1 pins audited, 0 of them vulnerable.",
    ]


def test_an_audit_that_breaks_off_fails(fake: Fake, capsys: pytest.CaptureFixture[str]) -> None:
    """A lock that cannot be read, or an outage half way, is no good news."""
    fake(FOUND, "echo 'ERROR: line 3 of the lock' >&2; exit 1")
    assert audit.audit(audit.LOCK) == 1
    assert "broke off: ERROR: line 3" in capsys.readouterr().err


def test_pip_audit_takes_these_options(tmp_path: Path) -> None:
    """The program that is installed reads the lock's form; it fails at a line that is no pin."""
    bad = tmp_path / "bad.txt"
    bad.write_text("jinja2=2.10\n")
    assert "at line 1" in audit.ask(bad).failure
