"""The house rules that no linter knows, for every file that git tracks."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

MACHINE_PATH = re.compile(
    r"(?<![\w.])/(?:work|farm|root)/|/opt/(?:pypi|wheels)|extra[-_]index[-_]url"
)
UNFINISHED = re.compile(r"\b(?:TODO|FIXME|XX[X]|HACK)\b")
MACRO = re.compile(r"{%-?\s*(?:macro|test|data_test|materialization)\s+(\w+)")
WALL_CLOCK = re.compile(
    r"\btime\.(?:time|strftime)(?:_ns)?\b|\bfrom time import\b.*\btime(?:_ns)?\b"
    r"|\b(?:datetime|date)\.(?:now|utcnow|today)\b|\b(?:localtime|gmtime|ctime|formatdate)\("
)
# Files that may ask what time it is on this machine, and why it decides nothing about a row.
ASKS_THE_TIME = {
    "runner/alerts/mail.py": "the Date of a mail",
    "runner/destinations/file/writing.py": "the name of a file says when it was begun",
    "runner/destinations/http/signing.py": "a signature says when it was made",
    "runner/sandbox/sandbox.py": "the sandbox plays the platform, whose clock it is",
    "runner/sandbox/braze/state.py": "the sandbox plays the platform, whose clock it is",
}
WRITTEN_ELSEWHERE = ("LICENSE", "tests/specs/")  # their words, kept as they are
COMPILED = "tests/warehouses/golden_sql/"  # written by dbt, a whole build in a file


@pytest.fixture(scope="module")
def tracked(project_root: Path) -> list[Path]:
    """List what git tracks."""
    listing = subprocess.run(
        ["git", "ls-files", "-z"], cwd=project_root, capture_output=True, text=True, check=True
    )
    files = [project_root / name for name in listing.stdout.split("\0") if name]
    assert project_root / "pyproject.toml" in files
    return [file for file in files if file.is_file()]


def _texts(files: list[Path]) -> Iterator[tuple[Path, str]]:
    for file in files:
        content = file.read_bytes()
        if b"\0" not in content[:8000] and not content.startswith(b"\x1f\x8b"):
            yield file, content.decode()


def _own_texts(files: list[Path], root: Path) -> Iterator[tuple[str, str]]:
    for file, text in _texts(files):
        name = file.relative_to(root).as_posix()
        if not name.startswith(WRITTEN_ELSEWHERE):
            yield name, text


def test_modules_and_macros_stay_short(tracked: list[Path], project_root: Path) -> None:
    """A module or a macro file is read in one go: fewer than 300 lines."""
    long = {
        name: lines
        for name, text in _own_texts(tracked, project_root)
        if name.endswith((".py", ".sql"))
        and not name.startswith(COMPILED)
        and (lines := len(text.splitlines())) >= 300
    }
    assert not long


def test_functions_stay_short(tracked: list[Path], project_root: Path) -> None:
    """A function does one thing: at most 40 lines."""
    long = {
        f"{name}:{node.lineno} {node.name}": lines
        for name, text in _own_texts(tracked, project_root)
        if name.endswith(".py")
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (lines := (node.end_lineno or node.lineno) - node.lineno + 1) > 40
    }
    assert not long


def test_no_file_is_large(tracked: list[Path], project_root: Path) -> None:
    """A clone stays quick: no file over 1 MB."""
    large = [file.relative_to(project_root) for file in tracked if file.stat().st_size > 1_000_000]
    assert not large


def test_nothing_names_one_machine(tracked: list[Path], project_root: Path) -> None:
    """No file holds a path or a package source of the machine it was written on."""
    named = [
        f"{name}:{number}"
        for name, text in _own_texts(tracked, project_root)
        for number, line in enumerate(text.splitlines(), 1)
        if MACHINE_PATH.search(line)
    ]
    assert not named


def test_nothing_is_left_unfinished(tracked: list[Path], project_root: Path) -> None:
    """What is in the tree is done: no marks for later in code or SQL."""
    marks = [
        f"{name}:{number}"
        for name, text in _own_texts(tracked, project_root)
        if name.endswith((".sql", ".yml", ".yaml", ".sh"))
        for number, line in enumerate(text.splitlines(), 1)
        if UNFINISHED.search(line)
    ]
    assert not marks


def test_no_decision_rests_on_this_machines_clock(tracked: list[Path], project_root: Path) -> None:
    """Clocks are set and disagree: the runner waits by one that no one sets, the rest is SQL."""
    asking = {
        name
        for name, text in _own_texts(tracked, project_root)
        if name.startswith("runner/") and name.endswith(".py") and WALL_CLOCK.search(text)
    }
    assert asking == set(ASKS_THE_TIME)


def test_text_files_end_cleanly(tracked: list[Path], project_root: Path) -> None:
    """No line ends with blanks and every text file ends with exactly one newline."""
    untidy = [
        name
        for name, text in _own_texts(tracked, project_root)
        if text and (re.search(r"[ \t]\n", text) or not re.search(r"[^\n]\n\Z", text))
    ]
    assert not untidy


def test_every_deliberate_fault_fits_its_file_once(project_root: Path) -> None:
    """What was moved is still tried: a fault that fits nowhere tries nothing."""
    faults = yaml.safe_load((project_root / "tests/mutants/faults.yml").read_text())
    fits = {
        fault["name"]: (project_root / fault["file"]).read_text().count(fault["old"])
        for fault in faults
    }
    assert {name: times for name, times in fits.items() if times != 1} == {}


def test_one_public_macro_a_file(project_root: Path) -> None:
    """A macro is found by its name: one public macro a file, and the file bears its name."""
    stray = {}
    for file in sorted((project_root / "macros").rglob("*.sql")):
        names = MACRO.findall(file.read_text())
        public = [name for name in names if not name.startswith("_") and "__" not in name]
        private_file = file.stem.startswith("_") and file.stem in names and not public
        if public != [file.stem] and not private_file:
            stray[file.relative_to(project_root).as_posix()] = names
    assert not stray
