"""Where a value of a YAML file may come from: the environment, a file it names, the keyring."""

from __future__ import annotations

import os
from pathlib import Path

from runner import masking


class LookupFailedError(Exception):
    """A value is not where a template looks for it: what is needed, and what to do about it."""

    def __init__(self, needed: str, cure: str) -> None:
        super().__init__(needed, cure)
        self.needed = needed
        self.cure = cure


def env_var(name: str, default: str | None = None) -> str:
    """The environment variable, else the content of the file that `<name>_FILE` names."""
    value = os.environ.get(name)
    if value is None and os.environ.get(f"{name}_FILE"):
        return _content(f"{name}_FILE")
    if value is None:
        value = default
    if value is None:
        raise LookupFailedError(
            f"the environment variable {name}",
            f"and it is not set: set it, or let {name}_FILE name a file that holds it",
        )
    if masking.names_secret(name):
        masking.register(value)
    return value


def _content(variable: str) -> str:
    path = Path(os.environ[variable])
    needed = f"the file {path}, which {variable} names,"
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise LookupFailedError(
            needed, f"and it cannot be read ({error.strerror}): mount it, or correct {variable}"
        ) from None
    except UnicodeDecodeError:
        raise LookupFailedError(needed, "and it is not UTF-8 text: write it as UTF-8") from None
    if not text.strip():
        raise LookupFailedError(needed, "and it is empty: write the value into it")
    # Whoever mounts a file mounts a secret. Editors and echo end it with a line break.
    value = text.removesuffix("\n").removesuffix("\r")
    masking.register(value)
    return value


def keyring(service: str, user: str) -> str:
    """The password that the system's keyring holds for a user of a service."""
    needed = f"the entry {service}, {user} of the system's keyring"
    try:
        import keyring as library
        from keyring.errors import KeyringError, NoKeyringError
    except ModuleNotFoundError:
        raise LookupFailedError(
            needed, "and the library for it is not installed: pip install 'tailrace[keyring]'"
        ) from None
    try:
        value = library.get_password(service, user)
    except NoKeyringError:
        raise LookupFailedError(
            needed, "and this system has no keyring: take the value from env_var()"
        ) from None
    except KeyringError as error:
        raise LookupFailedError(
            needed, f"and it cannot be opened ({type(error).__name__}): unlock it, then try again"
        ) from None
    if not value:
        raise LookupFailedError(
            needed, f"and there is none: make it with keyring set {service} {user}"
        )
    masking.register(value)
    return value
