"""destinations.yml: the connections to platforms, checked before anything is sent.

Only the entry that is used is rendered, so another connection's missing secret stops nothing.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from runner import masking
from runner.destinations import platforms
from runner.destinations.service import Connection, Platform
from runner.errors import ConfigurationError
from runner.hints import nearest
from runner.options import OPTIONS
from runner.rendering import is_looked_up, render, render_mapping
from runner.yaml_files import read_mapping

VARIABLE = "TAILRACE_DESTINATIONS"
FILE = "destinations.yml"
ALERTS = "alerts"  # the one entry that is no connection


def find(given: Path | None, project_dir: Path | None) -> Path:
    """The destinations file: the given one, else the project's, else the variable's."""
    if given is not None:
        return given
    local = (project_dir or Path.cwd()) / FILE
    if local.is_file():
        return local
    if os.environ.get(VARIABLE):
        return Path(os.environ[VARIABLE])
    raise ConfigurationError(
        f"There is no {local}: name the destinations file with --destinations or {VARIABLE}."
    )


def load(path: Path) -> dict[str, Connection]:
    """Every connection of the file, checked."""
    return {name: connection(path, name) for name in read_mapping(path) if name != ALERTS}


def connection(path: Path, name: str) -> Connection:
    """The connection of that name, rendered and checked; no other entry is looked at.

    Its secrets are masked from then on.
    """
    entries = read_mapping(path)
    entries.pop(ALERTS, None)
    if name not in entries:
        raise ConfigurationError(f"{path} has no connection {name}: {nearest(name, entries)}")
    where = f"Connection {name} in {path}"
    entry = entries[name]
    if not isinstance(entry, Mapping):
        raise ConfigurationError(f"{where} is no mapping: give it platform, url and secrets.")
    platform = _platform(entry, where)
    _check_keys(entry, platform, where)
    templates = {setting.name for setting in platform.options if setting.template}
    looked_up = {key: value for key, value in entry.items() if key not in templates}
    values = {**entry, **render_mapping(looked_up, where)}
    # One that may be left out is held to the same rules where it is given.
    given = tuple(key for key in platform.optional_secrets if key in entry)
    secrets = (*platform.secrets, *given)
    masking.register(*(str(values[key]) for key in secrets if values.get(key)))
    address = values.get("url")
    url = _folder(address, where, platform) if platform.schemes else _url(address, where)
    for setting in platform.options:
        if isinstance(values.get(setting.name), dict) and not setting.template:
            _check_nested(entry[setting.name], values[setting.name], f"{where}: {setting.name}")
    kept = {"platform", "url", *secrets}
    return Connection(
        name=name,
        platform=platform.name,
        url=url,
        secrets={key: _secret(entry, values, key, where) for key in secrets},
        options={key: value for key, value in values.items() if key not in kept},
    )


def _platform(entry: Mapping[str, Any], where: str) -> Platform:
    known = platforms()
    name = str(render(entry.get("platform") or "", where, "platform"))
    if not name:
        raise ConfigurationError(f"{where} has no `platform`: {nearest('', known)}")
    if name not in known:
        raise ConfigurationError(f"{where}: no platform is called {name}: {nearest(name, known)}")
    return known[name]


def _check_keys(entry: Mapping[str, Any], platform: Platform, where: str) -> None:
    settings = (*platform.options, *OPTIONS)
    secrets = (*platform.secrets, *platform.optional_secrets)
    known = {"platform", "url", *secrets, *(setting.name for setting in settings)}
    for key in entry:
        if key not in known:
            raise ConfigurationError(f"{where}: unknown option {key}: {nearest(str(key), known)}")
    for setting in settings:
        if setting.required and setting.name not in entry:
            raise ConfigurationError(f"{where} has no `{setting.name}`: {setting.description}")


def _secret(entry: Mapping[str, Any], values: Mapping[str, Any], key: str, where: str) -> str:
    from runner.transport import is_loopback

    value = values.get(key)
    template = f"{key}: \"{{{{ env_var('{key.upper()}') }}}}\""
    if value is None or not str(value).strip():
        raise ConfigurationError(
            f"{where} has no `{key}`: take it from the environment, {template}."
        )
    text = str(value).strip()
    # The key of a stand-in on this machine is no secret.
    if not is_loopback(str(values["url"])):
        if not is_looked_up(entry[key]):
            raise ConfigurationError(
                f"{where}: `{key}` or a default for it is written in the file: keep it in the "
                f"environment, or in a file that {key.upper()}_FILE names, and write {template}."
            )
        if len(text) < masking.SHORTEST:
            raise ConfigurationError(f"{where}: `{key}` is too short to be one: copy it again.")
    if not text.isascii() or not text.isprintable():
        raise ConfigurationError(
            f"{where}: `{key}` holds a line break or a letter that no HTTP header can carry: "
            "copy it again."
        )
    return text


def _check_nested(entry: object, values: Mapping[str, Any], where: str) -> None:
    """Hold what a mapping names as a secret to the rules for secrets."""
    for name, value in values.items():
        if not isinstance(value, str) or not masking.names_secret(str(name)):
            continue
        masking.register(value)
        if not isinstance(entry, Mapping) or not is_looked_up(entry[name]):
            raise ConfigurationError(
                f"{where}.{name} is written in the file: keep it in the environment, and write "
                f"{name}: \"{{{{ env_var('{str(name).upper().replace('-', '_')}') }}}}\"."
            )


def _folder(value: object, where: str, platform: Platform) -> str:
    """A folder, by one of the platform's schemes."""
    url = str(value or "").strip()
    try:
        parts = urlsplit(url)
    except ValueError:
        raise ConfigurationError(f"{where}: its url is no valid address.") from None
    schemes = ", ".join(f"{scheme}://" for scheme in platform.schemes)
    if parts.scheme not in platform.schemes or not f"{parts.netloc}{parts.path}".strip("/"):
        raise ConfigurationError(
            f"{where}: its url must name a folder and begin with one of {schemes}."
        )
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise ConfigurationError(
            f"{where}: its url holds a login or a query: put those into storage_options."
        )
    return url.rstrip("/")


def _url(value: object, where: str) -> str:
    from runner.transport import is_loopback

    if not value:
        raise ConfigurationError(f"{where} has no `url`: the address of the platform's API.")
    url = str(value).strip()
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise ConfigurationError(f"{where}: its url is no valid address.") from None
    if "@" in parts.netloc:
        raise ConfigurationError(f"{where}: its url holds a login: keep secrets out of the url.")
    if parts.scheme not in {"https", "http"} or not host:
        raise ConfigurationError(f"{where}: url {url} must begin with https:// and name a host.")
    if parts.scheme == "http" and not is_loopback(url):
        raise ConfigurationError(
            f"{where}: url {url} would send secrets in clear text: use https:// (http:// is for "
            "this machine only)."
        )
    bare = f"{parts.scheme}://{parts.netloc}"
    if parts.path == "/" and url == f"{bare}/":
        raise ConfigurationError(f"{where}: url {url} ends with a slash: write {bare}.")
    if url != bare:
        raise ConfigurationError(
            f"{where}: url {bare} must be the host alone, without path or query: the services "
            f"add theirs; write {bare}."
        )
    return url
