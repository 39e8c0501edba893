"""How a platform logs in where a key is not enough."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runner.destinations.service import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """OAuth2: a POST of a form to a path of the connection's url gives a bearer token.

    `form(connection)` names the grant (client credentials, a refresh token) with its `secrets`. An
    answer may hold another `refresh_token`, which takes the place of the secret of that name.
    """

    path: str
    secrets: tuple[str, ...]
    form: Callable[[Connection], Mapping[str, str]]
