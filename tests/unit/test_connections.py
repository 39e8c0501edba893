"""destinations.yml is checked before anything is sent."""

from __future__ import annotations

from pathlib import Path

import pytest

from runner.connections import connection, find, load
from runner.errors import ConfigurationError
from runner.masking import masked

GOOD = """
braze_eu:
  platform: braze
  url: https://rest.fra-01.braze.eu
  dashboard_url: https://dashboard-01.braze.eu
  api_key: "{{ env_var('BRAZE_KEY') }}"
  attempts: 3
sandbox:
  platform: braze
  url: http://127.0.0.1:8750
  api_key: sandbox-key
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Write a good destinations file."""
    path = tmp_path / "destinations.yml"
    path.write_text(GOOD, encoding="utf-8")
    return path


def test_a_connection_is_rendered(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Secrets come from the environment, are told from options, and never show."""
    monkeypatch.setenv("BRAZE_KEY", "k-123456")
    found = connection(file, "braze_eu")
    assert (found.name, found.platform) == ("braze_eu", "braze")
    assert found.url == "https://rest.fra-01.braze.eu"
    assert found.secrets == {"api_key": "k-123456"}
    assert found.options == {"dashboard_url": "https://dashboard-01.braze.eu", "attempts": 3}
    assert "k-123456" not in repr(found)
    assert masked("no such key: k-123456") == "no such key: ***"
    assert set(load(file)) == {"braze_eu", "sandbox"}


def test_only_the_used_connection_is_rendered(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another connection's missing secret stops nothing; one's own is named with its key."""
    monkeypatch.delenv("BRAZE_KEY", raising=False)
    assert connection(file, "sandbox").secrets == {"api_key": "sandbox-key"}
    with pytest.raises(ConfigurationError, match=r"braze_eu in .* BRAZE_KEY for `api_key`"):
        connection(file, "braze_eu")


@pytest.mark.parametrize(
    ("entry", "sentence"),
    [
        ("{url: 'https://a.b', api_key: k}", "no `platform`: there are: .*braze"),
        ("{platform: brase, url: 'https://a.b', api_key: k}", "did you mean braze"),
        ("{platform: braze, api_key: k}", "has no `url`"),
        (
            "{platform: braze, url: 'https://a.b/', api_key: k}",
            "ends with a slash: write https://a",
        ),
        ("{platform: braze, url: 'https://a.b/v2', api_key: k}", "without path"),
        ("{platform: braze, url: 'https://a.b?x=1', api_key: k}", "without path or query"),
        ("{platform: braze, url: 'http://a.b', api_key: k}", "clear text: use https"),
        ("{platform: braze, url: 'http://localhost.a.b', api_key: k}", "clear text"),
        ("{platform: braze, url: 'rest.braze.eu', api_key: k}", "must begin with https"),
        ("{platform: braze, url: 'https://', api_key: k}", "name a host"),
        ("{platform: braze, url: 'https://a.b:x', api_key: k}", "no valid address"),
        ("{platform: braze, url: 'https://me:pw@a.b', api_key: k}", "keep secrets out"),
        ("{platform: braze, url: 'https://a.b', api_key: k, atempts: 1}", "did you mean attempts"),
        ("{platform: braze, url: 'https://a.b'}", r"env_var\('API_KEY'\)"),
        ("{platform: braze, url: 'https://a.b', api_key: ''}", "has no `api_key`"),
        ('{platform: braze, url: "https://a.b", api_key: "{{ env_var(\'KEY\') }}"}', "line break"),
        ("[platform]", "is no mapping"),
    ],
)
def test_mistakes_are_explained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, entry: str, sentence: str
) -> None:
    """Every mistake is one sentence that names the connection and the cure."""
    path = tmp_path / "destinations.yml"
    path.write_text(f"crm: {entry}\n", encoding="utf-8")
    monkeypatch.setenv("KEY", "k-12\n3456")
    with pytest.raises(ConfigurationError, match=sentence) as caught:
        connection(path, "crm")
    assert str(caught.value).startswith("Connection crm in ")
    assert "me:pw" not in str(caught.value)


@pytest.mark.parametrize("written", ["k-123456", "{{ env_var('KEY', 'k-123456') }}"])
def test_a_secret_in_the_file_is_refused(tmp_path: Path, written: str) -> None:
    """Whoever reads the file would have the key: one sentence says where it belongs."""
    path = tmp_path / "destinations.yml"
    path.write_text(f'crm: {{platform: braze, url: "https://a.b", api_key: "{written}"}}')
    with pytest.raises(ConfigurationError) as caught:
        connection(path, "crm")
    assert str(caught.value) == (
        f"Connection crm in {path}: `api_key` or a default for it is written in the file: keep it "
        "in the environment, or in a file that API_KEY_FILE names, and write "
        "api_key: \"{{ env_var('API_KEY') }}\"."
    )
    path.write_text(path.read_text().replace("https://a.b", "http://127.0.0.1:8750"))
    assert connection(path, "crm").secrets == {"api_key": "k-123456"}


def test_a_secret_of_a_few_letters_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It could not be masked without hiding every text, and no platform gives such a key."""
    path = tmp_path / "destinations.yml"
    path.write_text("crm: {platform: braze, url: 'https://a.b', api_key: \"{{ env_var('KEY') }}\"}")
    monkeypatch.setenv("KEY", "abc")
    with pytest.raises(ConfigurationError, match="`api_key` is too short to be one"):
        connection(path, "crm")


@pytest.mark.parametrize("option", ["verify: false", "tls: false", "insecure: true"])
def test_tls_cannot_be_switched_off(tmp_path: Path, option: str) -> None:
    """No option leads around the check of certificates."""
    path = tmp_path / "destinations.yml"
    path.write_text(f"crm: {{platform: braze, url: 'https://a.b', api_key: k, {option}}}")
    with pytest.raises(ConfigurationError, match="unknown option"):
        connection(path, "crm")


@pytest.mark.parametrize("url", ["http://127.0.0.1:8750", "http://localhost", "http://[::1]:80"])
def test_this_machine_may_be_called_in_clear_text(tmp_path: Path, url: str) -> None:
    """The sandbox needs no certificate."""
    path = tmp_path / "destinations.yml"
    path.write_text(f"crm: {{platform: braze, url: '{url}', api_key: k}}", encoding="utf-8")
    assert connection(path, "crm").url == url


def test_an_unknown_connection_names_the_nearest(file: Path) -> None:
    """A misspelt destination is answered with the one that was probably meant."""
    with pytest.raises(ConfigurationError, match="did you mean braze_eu"):
        connection(file, "braze_ue")


def test_a_broken_file_shows_no_line_of_it(tmp_path: Path) -> None:
    """A mistake in YAML names the line's number only: the line may hold a secret."""
    path = tmp_path / "destinations.yml"
    path.write_text("crm:\n  api_key: hunter2-{{ x }}: y\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="line 2") as caught:
        load(path)
    assert "hunter2" not in str(caught.value)


def test_the_file_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: Path) -> None:
    """The option wins, then the project's file, then the variable."""
    monkeypatch.delenv("TAILRACE_DESTINATIONS", raising=False)
    other = tmp_path / "other"
    other.mkdir()
    assert find(Path("given.yml"), tmp_path) == Path("given.yml")
    assert find(None, tmp_path) == file
    monkeypatch.chdir(tmp_path)
    assert find(None, None) == file
    with pytest.raises(ConfigurationError, match="--destinations or TAILRACE_DESTINATIONS"):
        find(None, other)
    monkeypatch.setenv("TAILRACE_DESTINATIONS", "named.yml")
    assert find(None, other) == Path("named.yml")
