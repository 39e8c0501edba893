"""A token by OAuth2, kept in memory alone and asked for again before it ends."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from urllib.parse import urlencode

from runner.destinations.access import Login
from runner.destinations.common.jsontext import answered
from runner.destinations.service import Connection, Reply
from runner.errors import UnavailableError
from runner.masking import register

OK = 200
# Seconds before its end at which a token is not used any more.
EARLY = 30.0
# Where the answer does not say how long it lives.
LIFETIME = 300.0
FORM = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}

# What a header can carry.
_CARRIED = re.compile(r"[!-~]+")

Post = Callable[[str, bytes, Mapping[str, str]], Reply]


class Token:
    """The token of one connection, shared by all threads; `post(path, body, headers)` asks."""

    def __init__(
        self,
        login: Login,
        connection: Connection,
        post: Post,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._login = login
        self._connection = connection
        self._post = post
        self._clock = clock
        self._lock = threading.Lock()
        self._value = ""
        self._ends = 0.0

    def value(self, refused: str = "") -> str:
        """A token, not the one that was refused. Raises UnavailableError where none comes."""
        with self._lock:
            if self._value == refused or self._clock() >= self._ends:
                self._value, lives = self._asked()
                self._ends = self._clock() + lives - EARLY
            return self._value

    def _asked(self) -> tuple[str, float]:
        body = urlencode(self._login.form(self._connection)).encode()
        reply = self._post(self._login.path, body, FORM)
        told = answered(reply.body) or {}
        value, lives = told.get("access_token"), told.get("expires_in")
        if reply.status != OK or not isinstance(value, str) or not _CARRIED.fullmatch(value):
            raise UnavailableError(
                f"{self._connection.name} gives no token ({reply.status}): check "
                f"{' and '.join(self._login.secrets)}, and that they belong to "
                f"{self._connection.url}.",
                cause="key_refused",
            )
        register(value)
        self._keep(told.get("refresh_token"))
        return value, float(lives) if isinstance(lives, int | float) else LIFETIME

    def _keep(self, fresh: object) -> None:
        """Use a refresh token that replaces the one before, as long as this process lives."""
        if isinstance(fresh, str) and "refresh_token" in self._connection.secrets:
            register(fresh)
            secrets = {**self._connection.secrets, "refresh_token": fresh}
            self._connection = replace(self._connection, secrets=secrets)
