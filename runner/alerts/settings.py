"""The channels that `alerts` of destinations.yml names, checked before anything is sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Literal, get_args
from urllib.parse import urlsplit

from runner import masking
from runner.connections import ALERTS
from runner.errors import ConfigurationError
from runner.hints import nearest
from runner.rendering import is_looked_up, render_mapping
from runner.yaml_files import read_mapping

STATES = ("failed", "held", "paused", "rejected", "invalid", "turnover")
SHARES = {"rejected_share": 1.0, "invalid_share": 1.0, "turnover_share": 30.0}
COMMON = ("type", "activations", "on", *SHARES)
WebhookKind = Literal["slack", "teams", "webhook"]
WEBHOOK = ("url",)
MAIL = ("to", "from", "host", "port", "user", "password")
OWN = {**dict.fromkeys(get_args(WebhookKind), WEBHOOK), "email": MAIL}
SUBMISSION = 587
LAST_PORT = 65535


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """An address that takes JSON; whoever knows it can post, so it is a secret."""

    kind: WebhookKind
    url: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A mail server, and who writes to whom; no user: the server asks for no login."""

    to: tuple[str, ...]
    sender: str
    host: str
    port: int
    user: str | None
    password: str | None = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """Whom to tell, of what; shares in percent."""

    name: str
    target: Webhook | Mail
    activations: tuple[str, ...]
    on: tuple[str, ...]
    rejected_share: float
    invalid_share: float
    turnover_share: float

    def wants(self, activation: str, state: str) -> bool:
        """Whether it asked to be told of that state of that activation."""
        concerned = any(fnmatchcase(activation, pattern) for pattern in self.activations)
        return concerned and state in self.on


def channels(path: Path) -> tuple[list[Channel], list[str]]:
    """Every channel of the file, and a sentence for each that is wrong; their secrets are masked.

    None of either where it has no `alerts`.
    """
    entries = read_mapping(path).get(ALERTS)
    if entries is None:
        return [], []
    if not isinstance(entries, Mapping):
        return [], [f"{path}: `{ALERTS}` is no mapping of names to channels."]
    found: list[Channel] = []
    mistakes: list[str] = []
    for name, entry in entries.items():
        try:
            found.append(_channel(str(name), entry, path))
        except ConfigurationError as error:
            mistakes.append(str(error))
    return found, mistakes


def _channel(name: str, entry: object, path: Path) -> Channel:
    where = f"Alert channel {name} in {path}"
    if not isinstance(entry, Mapping):
        raise ConfigurationError(f"{where} is no mapping: give it a type and what that asks for.")
    # YAML takes the bare word `on` for true.
    given = {"on" if key is True else str(key): value for key, value in entry.items()}
    values = render_mapping(given, where)
    kind = values.get("type")
    if not isinstance(kind, str) or kind not in OWN:
        known = nearest(str(kind or ""), OWN)
        raise ConfigurationError(f"{where}: no type of channel is called {kind}: {known}")
    for key in given:
        if key not in (*COMMON, *OWN[kind]):
            known = nearest(key, (*COMMON, *OWN[kind]))
            raise ConfigurationError(f"{where}: unknown option {key}: {known}")
    target = _mail(given, values, where) if kind == "email" else _webhook(given, values, where)
    shares = {key: _share(values.get(key, default), key, where) for key, default in SHARES.items()}
    return Channel(
        name=name,
        target=target,
        activations=_texts(values.get("activations", "*"), "activations", where),
        on=_states(values.get("on", list(STATES)), where),
        **shares,
    )


def _webhook(given: Mapping[str, Any], values: Mapping[str, Any], where: str) -> Webhook:
    from runner.transport import is_loopback

    url = _text(values, "url", where)
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise ConfigurationError(f"{where}: its url is no valid address.") from None
    # Errors of a connection name what stands after the host.
    masking.register(url, url.partition(parts.netloc or url)[2])
    if parts.scheme not in {"https", "http"} or not host:
        raise ConfigurationError(f"{where}: its url must begin with https:// and name a host.")
    if parts.scheme == "http" and not is_loopback(url):
        raise ConfigurationError(
            f"{where}: its url would send in clear text: use https:// (http:// is for this "
            "machine only)."
        )
    if "@" in parts.netloc:
        raise ConfigurationError(f"{where}: its url holds a login, and none is sent: leave it out.")
    if not url.isascii() or not url.isprintable() or " " in url:
        raise ConfigurationError(f"{where}: its url holds a space or an odd letter: copy it again.")
    if not is_loopback(url):
        _refuse_clear(given, "url", where)
    return Webhook(kind=values["type"], url=url)


def _mail(given: Mapping[str, Any], values: Mapping[str, Any], where: str) -> Mail:
    from runner.transport import is_loopback

    host = _text(values, "host", where)
    user, password = values.get("user"), values.get("password")
    if password:
        masking.register(str(password))
    if bool(user) != bool(password):
        raise ConfigurationError(f"{where}: `user` and `password` go together: give both or none.")
    if password and not is_loopback(f"smtp://{host}"):
        _refuse_clear(given, "password", where)
        if len(str(password)) < masking.SHORTEST:
            raise ConfigurationError(f"{where}: `password` is too short to be one: copy it again.")
    return Mail(
        to=tuple(_address(each, "to", where) for each in _texts(values.get("to"), "to", where)),
        sender=_address(_text(values, "from", where), "from", where),
        host=host,
        port=_port(values.get("port", SUBMISSION), where),
        user=str(user) if user else None,
        password=str(password) if password else None,
    )


def _refuse_clear(given: Mapping[str, Any], key: str, where: str) -> None:
    if not is_looked_up(given[key]):
        raise ConfigurationError(
            f"{where}: `{key}` or a default for it is written in the file, and it is a secret: "
            f"keep it in the environment and write {key}: \"{{{{ env_var('NAME') }}}}\"."
        )


def _text(values: Mapping[str, Any], key: str, where: str) -> str:
    text = str(values.get(key) or "").strip()
    if not text:
        raise ConfigurationError(f"{where} has no `{key}`.")
    return text


def _texts(value: object, key: str, where: str) -> tuple[str, ...]:
    found = [value] if isinstance(value, str) else value
    if not isinstance(found, list) or not found or not all(isinstance(one, str) for one in found):
        raise ConfigurationError(f"{where}: `{key}` must be a list of at least one text.")
    return tuple(found)


def _states(value: object, where: str) -> tuple[str, ...]:
    states = _texts(value, "on", where)
    for state in states:
        if state not in STATES:
            known = nearest(state, STATES)
            raise ConfigurationError(f"{where}: no state is called {state}: {known}")
    return states


def _address(text: str, key: str, where: str) -> str:
    if "@" not in text or not text.isprintable():
        raise ConfigurationError(f"{where}: `{key}` holds {text!r}, which is no mail address.")
    return text


def _port(value: object, where: str) -> int:
    text = str(value)
    if not text.isdecimal() or not 0 < int(text) <= LAST_PORT:
        raise ConfigurationError(f"{where}: `port` is {value!r}; it must be a number up to 65535.")
    return int(text)


def _share(value: object, key: str, where: str) -> float:
    try:
        share = float(str(value))
    except ValueError:
        share = -1.0
    if not 0 <= share < float("inf"):
        raise ConfigurationError(
            f"{where}: `{key}` is {value!r}; it must be a number of percent, 0 or more."
        )
    return share
