"""Each extra of the package, installed alone as a user would: `python -m tests.warehouses.extras`.

The runner must start, the adapter must be there, and a warehouse that cannot be reached must give a
sentence and no traceback. The environments are made in a folder that is removed afterwards.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import venv
from pathlib import Path

import yaml

from tests.warehouses.offline.project import TARGETS

PACKAGE = Path(__file__).parents[2]
PATIENCE = 180  # seconds; a driver that tries for longer than this would look dead to its user
# What keeps a driver from trying for minutes.
IMPATIENT: dict[str, dict[str, object]] = {
    "bigquery": {
        "api_endpoint": "http://127.0.0.1:1",
        "job_retries": 0,
        "job_retry_deadline_seconds": 5,
    },
    "snowflake": {"host": "127.0.0.1", "port": 1, "protocol": "http", "connect_timeout": 5},
    "duckdb": {"path": "no/such/folder/shop.duckdb"},
}
# No setting of a profile keeps these from it.
TIRELESS = ("databricks",)


def install(extra: str, folder: Path) -> Path:
    """Make an environment with the runner and one extra; give back its programs' folder."""
    programs = folder / "venv" / "bin"
    venv.create(folder / "venv", with_pip=True)
    wanted = [f"{PACKAGE}[{extra}]", "dbt-core<1.12"]  # 1.12 needs a download from elsewhere
    pip = [
        str(programs / "python"),
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
    ]
    subprocess.run([*pip, *wanted], check=True)
    return programs


def faults(extra: str, folder: Path, programs: Path) -> list[str]:
    """Say what is wrong with the environment of an extra."""
    output = TARGETS[extra] | IMPATIENT.get(extra, {})
    profile = {"shop": {"target": "test", "outputs": {"test": output}}}
    (folder / "profiles.yml").write_text(yaml.safe_dump(profile))
    found: list[str] = []
    for command in (["runner", "--help"], ["python", "-c", f"import dbt.adapters.{extra}"]):
        done = _run([str(programs / command[0]), *command[1:]], folder)
        if done.returncode:
            found.append(f"{' '.join(command)}: {done.stderr[-500:]}")
    if extra in TIRELESS:
        print(f"{extra}: it starts; its driver tries for minutes, so none was asked.", flush=True)
        return found
    status = [str(programs / "runner"), "status", "--profiles-dir", str(folder)]
    try:
        done = _run([*status, "--profile", "shop", "--target", "test"], folder)
    except subprocess.TimeoutExpired:
        return [*found, f"runner status: it says nothing for {PATIENCE} seconds"]
    sentence = done.stderr.strip()
    print(f"{extra}: exit code {done.returncode}: {sentence[-400:]}", flush=True)
    if not done.returncode or not sentence or "Traceback" in done.stdout + done.stderr:
        found.append(f"runner status: exit code {done.returncode}, {sentence[-2000:]}")
    return found


def _run(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=PATIENCE, check=False
    )


def main() -> int:
    """Try every extra; 0 if all is well."""
    wrong: list[str] = []
    for extra in TARGETS:
        with tempfile.TemporaryDirectory(prefix="tailrace-extra-") as made:
            folder = Path(made)
            wrong += [f"{extra}: {each}" for each in faults(extra, folder, install(extra, folder))]
    print("\n".join(wrong or ["Every extra works alone."]))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
