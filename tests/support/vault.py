"""A keyring in memory, in place of the system's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import keyring
from keyring.backend import KeyringBackend


class Vault(KeyringBackend):
    """Holds passwords by service and user."""

    priority = 1

    def __init__(self, entries: Mapping[tuple[str, str], str]) -> None:
        self.entries = dict(entries)

    def get_password(self, service: str, username: str) -> str | None:
        """Look an entry up."""
        return self.entries.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        """Make an entry."""
        self.entries[service, username] = password


@contextmanager
def keyring_with(backend: KeyringBackend) -> Iterator[None]:
    """Let the library ask this keyring for as long as the block lasts."""
    before = keyring.get_keyring()
    keyring.set_keyring(backend)
    try:
        yield
    finally:
        keyring.set_keyring(before)
