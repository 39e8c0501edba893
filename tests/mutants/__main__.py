"""Puts one fault after the other into a copy of the project and runs the test that must fail.

`python -m tests.mutants [WORD …]`: all of them, or those with one of the words in their name.
First every test named passes without a fault; then each fault is put in by itself. Exit code 1
when a fault was not noticed, broke the code or no longer fits it.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import click
import yaml


class Mutant(NamedTuple):
    """A text that stands in a file just once, what takes its place, and the test to run."""

    name: str
    file: str
    old: str
    new: str
    test: str


ROOT = Path(__file__).parents[2]
LIST = Path(__file__).with_name("faults.yml")
JOBS = int(os.environ.get("WORKERS", "2"))
LONGEST = 600
FAILED = re.compile(r"^(?:FAILED|ERROR) (\S+?::\w+)", re.MULTILINE)
# What is said of SQL, Jinja or Python that cannot even be read.
BROKEN = re.compile(
    r"Compilation Error|Parser Error|syntax error|SyntaxError|Binder Error|Catalog Error",
    re.IGNORECASE,
)


class Result(NamedTuple):
    """How a test ended: the first one that failed, if any, and all that was printed."""

    passed: bool
    failed: str
    output: str


def main(words: list[str]) -> int:
    """Try every fault; say which test noticed it."""
    faults = [Mutant(**one) for one in yaml.safe_load(LIST.read_text())]
    chosen = [fault for fault in faults if not words or any(word in fault.name for word in words)]
    tests = sorted({fault.test for fault in chosen})
    with ThreadPoolExecutor(JOBS) as workers:
        sound = list(workers.map(_run, [None] * len(tests), tests))
        for test, result in zip(tests, sound, strict=True):
            if not result.passed:
                click.echo(f"fails without any fault: {test}\n{result.output}")
        if not all(result.passed for result in sound):
            return 1
        noticed = list(workers.map(_noticed, chosen))
    click.echo(f"{sum(noticed)} of {len(chosen)} faults were noticed")
    return 0 if all(noticed) else 1


def _noticed(fault: Mutant) -> bool:
    """Whether a test failed, and not only because the fault is no SQL or Python any more."""
    result = _run(fault, fault.test)
    if result.passed:
        verdict = f"NOT NOTICED by {fault.test}"
    elif broken := BROKEN.search(result.output):
        verdict = f"BROKEN, so it proves nothing: {broken.group()}"
    else:
        verdict = f"noticed by {result.failed}"
    click.echo(f"{fault.name}: {verdict}")
    return verdict.startswith("noticed")


def _run(fault: Mutant | None, test: str) -> Result:
    with TemporaryDirectory() as place:
        copy = Path(place) / "project"
        _copy(copy)
        if fault:
            file = copy / fault.file
            text = file.read_text()
            if text.count(fault.old) != 1:
                sys.exit(f"{fault.name}: {fault.file} does not hold its text just once")
            file.write_text(text.replace(fault.old, fault.new))
        command = [sys.executable, "-m", "pytest", "-q", "-x", "-n0", "-p", "no:cacheprovider"]
        done = subprocess.run(
            [*command, *shlex.split(test)],
            cwd=copy,
            env={**os.environ, "PYTHONPATH": str(copy)},
            capture_output=True,
            text=True,
            timeout=LONGEST,
            check=False,
        )
        output = done.stdout + done.stderr
        # 1: tests failed. Anything else, such as 4 or 5, is a mistake in the list of faults.
        if done.returncode not in {0, 1}:
            sys.exit(f"{test} cannot be run:\n{output}")
        found = FAILED.search(output)
        return Result(done.returncode == 0, found.group(1) if found else test, output)


def _copy(target: Path) -> None:
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for name in listed.stdout.splitlines():
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
