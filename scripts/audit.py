"""Whether a pinned dependency has a known vulnerability: pip-audit, asked about requirements.lock.

A mirror may know every package and no vulnerability, and pip-audit then finds none. So it is first
asked about a version that is known to be vulnerable; where it does not find that, nothing can be
told, which is said aloud and fails nobody's build.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

LOCK = Path(__file__).parents[1] / "requirements.lock"
PROGRAM = Path(sys.executable).parent / "pip-audit"
# The sandbox of this version can be left (CVE-2019-10906).
KNOWN = "jinja2==2.10"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What pip-audit says of each requirement; `failure` are its last words if it says nothing."""

    packages: tuple[dict[str, Any], ...] = ()
    failure: str = ""

    @property
    def vulnerable(self) -> list[dict[str, Any]]:
        """Packages with at least one known vulnerability."""
        return [package for package in self.packages if package.get("vulns")]

    @property
    def unknown(self) -> dict[str, str]:
        """Packages that could not be looked up, and why."""
        skipped = [package for package in self.packages if "skip_reason" in package]
        return {package["name"]: package["skip_reason"] for package in skipped}


def ask(requirements: Path) -> Report:
    """Ask pip-audit about the pins of a file, which it reads as they are."""
    pins = ["--requirement", str(requirements), "--no-deps", "--disable-pip"]
    command = [str(PROGRAM), *pins, "--format", "json", "--progress-spinner", "off"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        return Report(packages=tuple(json.loads(done.stdout)["dependencies"]))
    except (ValueError, LookupError):
        words = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        errors = [line for line in words if "error" in line.lower()]
        return Report(failure=(errors or words)[-1])


def audit(lock: Path) -> int:
    """Tell what is known of the lock's pins: 1 if one is vulnerable or the audit breaks off."""
    with TemporaryDirectory() as folder:
        known = Path(folder) / "known.txt"
        known.write_text(KNOWN + "\n", encoding="utf-8")
        probe = ask(known)
    if not probe.vulnerable:
        why = probe.failure or next(iter(probe.unknown.values()), f"it finds nothing in {KNOWN}")
        print(f"{'!' * 72}\nThe audit of dependencies was SKIPPED: no data on vulnerabilities.")
        print(f"pip-audit says: {why}\n{'!' * 72}")
        return 0
    report = ask(lock)
    if report.failure:
        print(f"The audit of dependencies broke off: {report.failure}", file=sys.stderr)
        return 1
    for package in report.vulnerable:
        for found in package["vulns"]:
            mended = ", ".join(found.get("fix_versions") or []) or "no version yet"
            name = f"{package['name']} {package['version']}"
            print(f"{name}: {found['id']}, mended in {mended}", file=sys.stderr)
    for name, why in report.unknown.items():
        print(f"{name} was not audited: {why}")
    count = len(report.packages) - len(report.unknown)
    print(f"{count} pins audited, {len(report.vulnerable)} of them vulnerable.")
    return int(bool(report.vulnerable))


if __name__ == "__main__":
    sys.exit(audit(LOCK))
