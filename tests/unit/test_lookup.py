"""Secrets come from the environment, from files that it names, and from the system's keyring."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from keyring.backend import KeyringBackend
from keyring.backends import fail
from keyring.errors import KeyringLocked

from runner.errors import ConfigurationError
from runner.masking import MASK, masked
from runner.rendering import is_looked_up, render
from tests.support.vault import Vault, keyring_with

FROM_KEYRING = "{{ keyring('braze', 'eu') }}"
NO_KEYRING = fail.Keyring()  # type: ignore[no-untyped-call]
ODD = " p'w\"d%41+{{ x }}\\ é "


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Begin without the variables of these tests, and with an empty keyring."""
    for name in ("SHOP_KEY", "SHOP_KEY_FILE", "SHOP_HOST"):
        monkeypatch.delenv(name, raising=False)
    with keyring_with(Vault({})):
        yield


def rendered(template: str = "{{ env_var('SHOP_KEY') }}") -> object:
    """Render one value of a file."""
    return render({"api_key": template}, "Connection shop")["api_key"]  # type: ignore[index]


@pytest.mark.parametrize("ending", ["", "\n", "\r\n"])
def test_a_file_that_the_environment_names_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    """Its content is the value, whatever it looks like, without the line break at its end."""
    (tmp_path / "key").write_bytes(f"{ODD}{ending}".encode())
    monkeypatch.setenv("SHOP_KEY_FILE", str(tmp_path / "key"))
    assert rendered() == ODD
    assert rendered("{{ env_var('SHOP_KEY', 'default') }}") == ODD
    assert masked(f"<{ODD}>") == f"<{MASK}>"


def test_inner_line_breaks_of_a_file_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A private key has many lines."""
    (tmp_path / "key").write_text("first\nsecond\n\n")
    monkeypatch.setenv("SHOP_KEY_FILE", str(tmp_path / "key"))
    assert rendered() == "first\nsecond\n"


def test_the_variable_wins_over_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """The file is looked at only where the variable is not set."""
    monkeypatch.setenv("SHOP_KEY", "from-variable")
    monkeypatch.setenv("SHOP_KEY_FILE", "/nowhere")
    assert rendered() == "from-variable"
    assert masked("from-variable") == MASK


def test_only_variables_called_as_secrets_are_masked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A host is no secret."""
    monkeypatch.setenv("SHOP_HOST", "db.example.com")
    assert rendered("{{ env_var('SHOP_HOST') }}") == "db.example.com"
    assert masked("db.example.com") == "db.example.com"


def test_a_missing_variable_names_both_places() -> None:
    """The sentence tells the variable, the key, and how to give a file instead."""
    with pytest.raises(ConfigurationError) as caught:
        rendered()
    assert str(caught.value) == (
        "Connection shop needs the environment variable SHOP_KEY for `api_key`, and it is not set: "
        "set it, or let SHOP_KEY_FILE name a file that holds it."
    )


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (None, r"it cannot be read \(No such file or directory\)"),
        (b"", "it is empty"),
        (b" \n", "it is empty"),
        (b"\xff\xfe", "it is not UTF-8 text"),
    ],
)
def test_a_file_without_a_value_is_explained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None, cause: str
) -> None:
    """A file that is not mounted, empty or no text is named, with its variable."""
    file = tmp_path / "key"
    if content is not None:
        file.write_bytes(content)
    monkeypatch.setenv("SHOP_KEY_FILE", str(file))
    sentence = f"shop needs the file .*key, which SHOP_KEY_FILE names, for `api_key`, and {cause}"
    with pytest.raises(ConfigurationError, match=sentence):
        rendered()


def test_the_keyring_is_asked() -> None:
    """An entry of service and user is the value, and masked from then on."""
    with keyring_with(Vault({("braze", "eu"): ODD})):
        assert rendered(FROM_KEYRING) == ODD
    assert masked(f"<{ODD}>") == f"<{MASK}>"


class Locked(Vault):
    """A keyring that nobody has opened."""

    def get_password(self, service: str, username: str) -> str | None:
        raise KeyringLocked("no one is here to type hunter2")


@pytest.mark.parametrize(
    ("backend", "cause"),
    [
        (Vault({}), "and there is none: make it with keyring set braze eu"),
        (NO_KEYRING, "and this system has no keyring: take the value from env_var()"),
        (Locked({}), r"and it cannot be opened \(KeyringLocked\): unlock it"),
    ],
)
def test_a_keyring_without_the_entry_is_explained(backend: KeyringBackend, cause: str) -> None:
    """No entry, no keyring and a locked one are three sentences."""
    with (
        keyring_with(backend),
        pytest.raises(ConfigurationError, match=f"entry braze, eu .* for `api_key`, {cause}") as it,
    ):
        rendered(FROM_KEYRING)
    assert "hunter2" not in str(it.value)


def test_a_missing_library_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who has not installed the extra is told its name."""
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(ConfigurationError, match=r"pip install 'tailrace\[keyring\]'"):
        rendered(FROM_KEYRING)


@pytest.mark.parametrize(
    ("template", "fetched"),
    [
        ("{{ env_var('KEY') }}", True),
        ("{{ env_var('KEY') | trim }}", True),
        ("{{ env_var('KEY') }}-us6", True),
        ("{{ env_var('KEY', '') }}", True),
        ("{{ keyring('braze', 'eu') }}", True),
        ("{{ env_var('KEY', 'k-123456') }}", False),
        ("{{ env_var('KEY', default='k-123456') }}", False),
        ("{{ 'k-123456' }}", False),
        ("{{ 'K-123456'.lower() }}", False),
        ("{# env_var('KEY') #}k-123456", False),
        ("k-{% 123456", False),
        ("k-123456", False),
        (123456, False),
    ],
)
def test_what_stands_in_the_file_is_told_from_what_is_fetched(
    template: object, *, fetched: bool
) -> None:
    """A default is written in the file too, even while it is not used."""
    assert is_looked_up(template) is fetched
