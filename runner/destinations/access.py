"""How a platform is logged in to, and how a connection to it is proved."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runner.destinations.service import Connection, Reply


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """OAuth2: a POST of a form to a path of the connection's url gives a bearer token.

    `form(connection)` names the grant (client credentials, a refresh token) with its `secrets`. An
    answer may hold another `refresh_token`, which takes the place of the secret of that name.
    """

    path: str
    secrets: tuple[str, ...]
    form: Callable[[Connection], Mapping[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """The harmless call of `runner check`, and a function that explains its reply.

    `explain(reply, connection)` returns None when URL, key and permission are proved, else a
    sentence.
    `fallback` is another call that proves a key which lacks only the first one's permission: made
    after a 401 or 403; where it proves nothing either, the first one's sentence stands.
    """

    method: str
    path: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    explain: Callable[[Reply, Connection], str | None]
    fallback: Probe | None = None
