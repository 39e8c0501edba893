"""What is written for people cannot go stale: it is compared with the code."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from runner.cli import cli

MACRO = re.compile(r"{%-?\s*macro\s+(\w+)\s*\((.*?)\)\s*-?%}", re.DOTALL)
TEST = re.compile(r"{%-?\s*(?:data_)?test\s+(\w+)\s*\((.*?)\)\s*-?%}", re.DOTALL)


def _commands() -> Mapping[str, click.Command]:
    return cli.commands


def _entries(folder: Path, kind: str) -> dict[str, dict[str, Any]]:
    """Collect the entries of one kind (models, macros …) from a folder's YAML files."""
    found: dict[str, dict[str, Any]] = {}
    for file in sorted([*folder.rglob("*.yml"), *folder.rglob("*.yaml")]):
        for entry in (yaml.safe_load(file.read_text()) or {}).get(kind, []):
            assert entry["name"] not in found, f"{entry['name']} is described twice"
            found[entry["name"]] = entry
    return found


def _described(text: object) -> bool:
    return isinstance(text, str) and bool(text.strip())


def _parameters(signature: str) -> list[str]:
    """Take the parameters' names out of a macro's signature, whatever their defaults hold."""
    bare = re.sub(r"'[^']*'|\"[^\"]*\"|\[[^\]]*\]|\{[^}]*\}", "", signature)
    return [part.split("=")[0].strip() for part in bare.split(",") if part.strip()]


def _public_macros(root: Path) -> dict[str, list[str]]:
    macros: dict[str, list[str]] = {}
    for file in sorted((root / "macros").rglob("*.sql")):
        for name, signature in MACRO.findall(file.read_text()):
            if not name.startswith("_") and "__" not in name:
                macros[name] = _parameters(signature)
    return macros


def _code(markdown: str) -> list[str]:
    blocks = re.findall(r"^```\w*\n(.*?)^```", markdown, re.DOTALL | re.MULTILINE)
    lines = [line.split(" #")[0] for block in blocks for line in block.splitlines()]
    prose = re.sub(r"^```.*?^```", "", markdown, flags=re.DOTALL | re.MULTILINE)
    return lines + re.findall(r"`([^`\n]+)`", prose)


@pytest.fixture(scope="module")
def documents(project_root: Path) -> dict[str, list[str]]:
    """Collect the commands that the README and the pages of docs/ show."""
    pages = [project_root / "README.md", *sorted((project_root / "docs").glob("*.md"))]
    return {page.name: _code(page.read_text()) for page in pages}


def test_documented_make_verbs_exist(documents: dict[str, list[str]], project_root: Path) -> None:
    """Every `make verb` in the documents is a verb of the Makefile."""
    verbs = set(re.findall(r"^([a-z]+):", (project_root / "Makefile").read_text(), re.MULTILINE))
    shown = {
        (page, verb)
        for page, lines in documents.items()
        for line in lines
        for verb in re.findall(r"(?:^|\s)make ([a-z]+)", line)
    }
    assert {"demo", "test"} <= {verb for _, verb in shown}
    assert not {(page, verb) for page, verb in shown if verb not in verbs}


def test_documented_commands_exist(documents: dict[str, list[str]]) -> None:
    """Every `runner command --option` in the documents is one that the program takes."""
    commands = _commands()
    shared = {option for parameter in cli.params for option in parameter.opts}
    wrong = []
    seen = set()
    for page, lines in documents.items():
        for line in lines:
            for name, rest in re.findall(r"(?:^|[\s/])runner ([a-z]+)([^|;&]*)", line):
                seen.add(name)
                command = commands.get(name)
                known = {opt for par in command.params for opt in par.opts} if command else set()
                unknown = set(re.findall(r"--[a-z-]+", rest)) - known - shared - {"--help"}
                if not command or unknown:
                    wrong.append((page, line, sorted(unknown)))
    assert {"push", "plan"} <= seen
    assert not wrong


@pytest.mark.parametrize("name", sorted(_commands()))
def test_every_command_explains_itself(name: str) -> None:
    """The help of a command says what it does, shows an example and explains each option."""
    command = _commands()[name]
    text = f"{command.help or ''}\n{command.epilog or ''}"
    assert _described(command.help)
    assert f"runner {name}" in text, "the help shows no example"
    silent = [
        parameter.opts
        for parameter in command.params
        if isinstance(parameter, click.Option) and not _described(parameter.help)
    ]
    assert not silent


def test_every_public_macro_is_described(project_root: Path) -> None:
    """Every public macro has a description and each of its arguments has one, with a type."""
    described = _entries(project_root / "macros", "macros")
    macros = _public_macros(project_root)
    assert "activation" in macros
    wrong = []
    for name, parameters in macros.items():
        entry = described.get(name, {})
        arguments = entry.get("arguments") or []
        complete = all(_described(one.get("description")) and one.get("type") for one in arguments)
        names = [one["name"] for one in arguments]
        if not (_described(entry.get("description")) and complete and names == parameters):
            wrong.append((name, parameters, names))
    assert not wrong


def test_descriptions_describe_macros_that_exist(project_root: Path) -> None:
    """No description outlives its macro or its generic test."""
    tests = {
        f"test_{name}"
        for file in (project_root / "macros").rglob("*.sql")
        for name, _ in TEST.findall(file.read_text())
    }
    every = {
        name
        for file in (project_root / "macros").rglob("*.sql")
        for name, _ in MACRO.findall(file.read_text())
    }
    assert not set(_entries(project_root / "macros", "macros")) - every - tests


def test_every_model_and_column_is_described(project_root: Path) -> None:
    """Every model has a description, and so has each of its listed columns."""
    described = _entries(project_root / "models", "models")
    models = {file.stem for file in (project_root / "models").rglob("*.sql")}
    assert models
    assert not models ^ set(described)
    silent = [
        (name, part.get("name"))
        for name, entry in described.items()
        for part in [entry, *entry.get("columns", [])]
        if not _described(part.get("description"))
    ]
    assert not silent
