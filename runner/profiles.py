"""dbt's profiles.yml, read without dbt: which warehouse, and how to log in."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from runner import masking
from runner.errors import ConfigurationError
from runner.hints import nearest
from runner.rendering import render, render_mapping
from runner.yaml_files import read_mapping

# A login inside of an address or a connection string.
EMBEDDED = re.compile(
    r"\w*(?:pass|pwd|token|secret|key)\w*\s*=\s*(?:'([^']+)'|([^\s;&']+))|://[^/@\s:]*:([^@\s]+)@",
    re.IGNORECASE,
)
# dbt's adapters call the same thing by several names.
DATABASE_KEYS = ("database", "dbname", "project", "catalog")
SCHEMA_KEYS = ("schema", "dataset")


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One target of a dbt profile, rendered.

    `control_schema` is the var `tailrace_schema` of the project, None where it is not set;
    `project_dir` is None where there is no project.
    """

    name: str
    target: str
    type: str
    database: str | None
    schema: str
    credentials: Mapping[str, Any] = field(repr=False)
    profiles_dir: Path
    project_dir: Path | None = None
    control_schema: str | None = None


def load(
    *,
    project_dir: Path | None = None,
    profiles_dir: Path | None = None,
    profile: str | None = None,
    target: str | None = None,
) -> Profile:
    """Find and render the target as dbt does; arguments win over DBT_* variables, then files.

    Without a project the profile is the one that is named, or the only one there is. Its secrets
    are masked from then on.
    """
    root = find_project(project_dir)
    project = read_mapping(root / "dbt_project.yml") if root else {}
    folder = _profiles_dir(profiles_dir, root)
    profiles = read_mapping(folder / "profiles.yml")
    profiles.pop("config", None)  # dbt's own settings of old
    wanted = profile or os.environ.get("DBT_PROFILE") or _text(project, "profile", root)
    name = _profile_name(wanted, profiles, folder)
    outputs, default = _outputs(profiles[name], name, folder)
    chosen = target or os.environ.get("DBT_TARGET") or default
    where = f"Target {chosen} of profile {name} in {folder / 'profiles.yml'}"
    if not isinstance(outputs.get(chosen), dict):
        hint = nearest(chosen, map(str, outputs))
        raise ConfigurationError(f"Profile {name} has no target {chosen}: {hint}")
    credentials = render_mapping(outputs[chosen], where)
    masking.register(*_secrets(credentials))
    return Profile(
        name=name,
        target=chosen,
        type=str(_first(credentials, ("type",), where)),
        database=_optional(credentials, DATABASE_KEYS),
        schema=str(_first(credentials, SCHEMA_KEYS, where)),
        credentials=credentials,
        profiles_dir=folder,
        project_dir=root,
        control_schema=_control_schema(project, root),
    )


def find_project(given: Path | None) -> Path | None:
    """The folder of the dbt project: the given one, else this one or one above; None without."""
    named = given or (Path(os.environ["DBT_PROJECT_DIR"]) if _set("DBT_PROJECT_DIR") else None)
    if named:
        return named.resolve()
    here = Path.cwd()
    folders = (here, *here.parents)
    return next((folder for folder in folders if (folder / "dbt_project.yml").is_file()), None)


def _profiles_dir(given: Path | None, root: Path | None) -> Path:
    if given is None and _set("DBT_PROFILES_DIR"):
        given = Path(os.environ["DBT_PROFILES_DIR"])
    if given is not None:
        if not (given / "profiles.yml").is_file():
            raise ConfigurationError(
                f"There is no profiles.yml in {given}: name its folder with --profiles-dir."
            )
        return given.resolve()
    places = [folder for folder in (root, Path.cwd(), Path.home() / ".dbt") if folder]
    for folder in places:
        if (folder / "profiles.yml").is_file():
            return folder.resolve()
    looked = ", ".join(str(folder) for folder in dict.fromkeys(places))
    raise ConfigurationError(
        f"No profiles.yml was found in {looked}: name its folder with --profiles-dir."
    )


def _profile_name(wanted: str | None, profiles: dict[str, Any], folder: Path) -> str:
    if wanted is None:
        if len(profiles) == 1:
            return next(iter(profiles))
        raise ConfigurationError(
            f"{folder / 'profiles.yml'} holds several profiles and there is no dbt project here "
            f"to choose one: name one of {', '.join(profiles)} with --profile."
        )
    if wanted not in profiles:
        hint = nearest(wanted, profiles)
        raise ConfigurationError(f"{folder / 'profiles.yml'} has no profile {wanted}: {hint}")
    return wanted


def _outputs(entry: object, name: str, folder: Path) -> tuple[dict[str, Any], str]:
    if not isinstance(entry, dict) or not isinstance(entry.get("outputs"), dict):
        raise ConfigurationError(
            f"Profile {name} in {folder / 'profiles.yml'} has no `outputs`: add a target there."
        )
    default = render(entry.get("target", "default"), f"Profile {name}", "target")
    return entry["outputs"], str(default)


def _control_schema(project: dict[str, Any], root: Path | None) -> str | None:
    variables = project.get("vars")
    if not isinstance(variables, dict):
        return None
    own = [variables[key] for key in (project.get("name"), "tailrace") if key in variables]
    for scope in (*own, variables):
        if isinstance(scope, dict) and scope.get("tailrace_schema"):
            return str(render(scope["tailrace_schema"], str(root), "vars.tailrace_schema"))
    return None


def _text(mapping: dict[str, Any], key: str, root: Path | None) -> str | None:
    value = mapping.get(key)
    return str(render(value, str(root), key)) if value else None


def _set(variable: str) -> bool:
    return bool(os.environ.get(variable))


def _optional(mapping: Mapping[str, Any], keys: tuple[str, ...]) -> str | None:
    return next((str(mapping[key]) for key in keys if mapping.get(key)), None)


def _first(mapping: Mapping[str, Any], keys: tuple[str, ...], where: str) -> str:
    found = _optional(mapping, keys)
    if found is None and keys == SCHEMA_KEYS and mapping.get("type") == "duckdb":
        return "main"
    if found is None:
        raise ConfigurationError(f"{where} has no `{keys[0]}`: add it, as dbt needs it too.")
    return found


def _secrets(value: object, name: str = "") -> Iterator[str]:
    """Values whose own key is called as secrets are, and logins inside of any other text."""
    match value:
        case dict():
            for key, item in value.items():
                yield from _secrets(item, str(key))
        case list():
            for item in value:
                yield from _secrets(item, name)
        case _ if masking.names_secret(name) and not isinstance(value, bool | None):
            yield str(value)
        case str():
            yield from (part for found in EMBEDDED.findall(value) for part in found if part)
        case _:
            pass
