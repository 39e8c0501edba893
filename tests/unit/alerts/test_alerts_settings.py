"""The channels of destinations.yml are checked before anything is sent."""

from __future__ import annotations

from pathlib import Path

import pytest

from runner.alerts.settings import STATES, Channel, Mail, Webhook, channels
from runner.connections import connection, load
from runner.errors import ConfigurationError
from runner.masking import masked

HOOK = "https://hooks.shop.example/services/T0/B0/planted-hook-secret"
SLACK = "type: slack, url: \"{{ env_var('HOOK') }}\""
MAIL = "type: email, to: a@b.example, from: t@b.example, host: smtp.b.example"


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A destinations file, still empty, and the variables that it may name."""
    monkeypatch.setenv("HOOK", HOOK)
    monkeypatch.setenv("SMTP_PASSWORD", "planted-mail-secret")
    return tmp_path / "destinations.yml"


def read(file: Path, text: str) -> list[Channel]:
    """The channels of a file with this text, in which nothing is wrong."""
    file.write_text(text, encoding="utf-8")
    found, mistakes = channels(file)
    assert mistakes == []
    return found


def mistake(file: Path, text: str) -> str:
    """The only mistake in a file with this text."""
    file.write_text(text, encoding="utf-8")
    found, (told,) = channels(file)
    assert found == []
    return told


def one(file: Path, entry: str) -> Channel:
    """The only channel of a file."""
    (found,) = read(file, f"alerts:\n  ops: {{{entry}}}\n")
    return found


def test_a_channel_hears_of_everything_unless_it_says_otherwise(file: Path) -> None:
    """All states of all activations, with the thresholds of the documentation."""
    found = one(file, SLACK)
    assert found.name == "ops"
    assert found.target == Webhook(kind="slack", url=HOOK)
    assert all(found.wants("braze_vips", state) for state in STATES)
    assert (found.rejected_share, found.invalid_share, found.turnover_share) == (1, 1, 30)


def test_a_channel_may_ask_for_less(file: Path) -> None:
    """Some states, some activations, other thresholds; YAML's own idea of `on` does not matter."""
    text = f"{SLACK}, on: [held, failed], activations: ['braze_*', crm], turnover_share: 50"
    for found in (one(file, text), one(file, text.replace("on:", "'on':"))):
        assert found.on == ("held", "failed")
        assert found.turnover_share == 50
        assert found.wants("braze_vips", "held")
        assert found.wants("crm", "failed")
        assert not found.wants("braze_vips", "paused")
        assert not found.wants("crm_2", "failed")
    assert one(file, f"{SLACK}, on: held").on == ("held",)


def test_a_mail_has_a_server(file: Path) -> None:
    """Submission with STARTTLS unless a port is named; a login is a choice."""
    found = one(file, MAIL).target
    assert isinstance(found, Mail)
    assert (found.to, found.sender, found.host) == (
        ("a@b.example",),
        "t@b.example",
        "smtp.b.example",
    )
    assert (found.port, found.user, found.password) == (587, None, None)
    login = "user: me, password: \"{{ env_var('SMTP_PASSWORD') }}\", port: '465'"
    found = one(file, f"{MAIL}, {login}").target
    assert isinstance(found, Mail)
    assert (found.port, found.user, found.password) == (465, "me", "planted-mail-secret")


def test_addresses_and_passwords_are_secrets(file: Path) -> None:
    """They show in no output and no representation, the path that libraries quote neither."""
    found = one(file, SLACK)
    assert "planted-hook-secret" not in repr(found)
    assert masked(f"at {HOOK}") == "at ***"
    assert masked("url: /services/T0/B0/planted-hook-secret (refused)") == "url: *** (refused)"
    login = "user: me, password: \"{{ env_var('SMTP_PASSWORD') }}\""
    assert "planted-mail-secret" not in repr(one(file, f"{MAIL}, {login}"))
    assert masked("535 planted-mail-secret") == "535 ***"


@pytest.mark.parametrize("text", ["shop: {platform: braze}\n", "alerts:\nshop: {}\n"])
def test_nobody_need_be_told(file: Path, text: str) -> None:
    """Without the entry there is no channel."""
    assert read(file, text) == []


def test_alerts_are_no_connection(file: Path) -> None:
    """They are neither loaded nor found nor proposed as one."""
    shop = "shop: {platform: braze, url: 'http://127.0.0.1:1', api_key: k}"
    file.write_text(f"alerts:\n  ops: {{{SLACK}}}\n{shop}\n", encoding="utf-8")
    assert set(load(file)) == {"shop"}
    for name in ("alerts", "alert"):
        with pytest.raises(ConfigurationError, match=r"has no connection alerts?: .*shop"):
            connection(file, name)


@pytest.mark.parametrize(
    ("entry", "sentence"),
    [
        ("type: slak, url: x", "no type of channel is called slak: did you mean slack"),
        ("url: x", "no type of channel is called None: there are: email, slack, teams, webhook"),
        ("type: [slack], url: x", "no type of channel is called"),
        (f"{SLACK}, activation: x", "unknown option activation: did you mean activations"),
        (f"{SLACK}, to: x", "unknown option to"),
        (f"{SLACK}, on: [heldd]", "no state is called heldd: did you mean held"),
        (f"{SLACK}, on: []", "`on` must be a list of at least one text"),
        (f"{SLACK}, activations: 7", "`activations` must be a list"),
        (f"{SLACK}, rejected_share: much", "`rejected_share` is 'much'; it must be a number"),
        (f"{SLACK}, turnover_share: -1", "`turnover_share` is -1; it must be"),
        (f"{SLACK}, invalid_share: .nan", "`invalid_share` is nan; it must be"),
        ("type: slack", "has no `url`"),
        ("type: slack, url: hooks.a.example/x", "must begin with https:// and name a host"),
        ("type: teams, url: \"{{ env_var('NO_HOOK') }}\"", "NO_HOOK for `url`"),
        (f"type: slack, url: '{HOOK}'", "`url` or a default for it is written in the file"),
        ("type: webhook, url: 'http://a.example/x'", "clear text: use https://"),
        ("type: webhook, url: 'ftp://a.example/x'", "must begin with https://"),
        ("type: webhook, url: 'https://a.example:x/y'", "no valid address"),
        ("type: webhook, url: 'https://me:planted-pw@a.example/y'", "holds a login"),
        ('type: webhook, url: "https://a.example/y\\nz"', "odd letter"),
        (MAIL.replace("host: smtp.b.example", ""), "has no `host`"),
        (MAIL.replace("to: a@b.example, ", ""), "`to` must be a list"),
        (MAIL.replace("to: a@b.example", "to: nobody"), "`to` holds 'nobody', which is no mail"),
        (MAIL.replace("from: t@b.example", "from: here"), "`from` holds 'here'"),
        (f"{MAIL}, port: 0", "`port` is 0"),
        (f"{MAIL}, port: 99999", "`port` is 99999"),
        (f"{MAIL}, user: me", "`user` and `password` go together"),
        (f"{MAIL}, user: me, password: planted-pw", "`password` or a default for it is written"),
    ],
)
def test_mistakes_are_explained(file: Path, entry: str, sentence: str) -> None:
    """Every mistake is one sentence that names the channel and the cure, and shows no secret."""
    told = mistake(file, f"alerts:\n  ops: {{{entry}}}\n")
    assert sentence in told
    assert told.startswith("Alert channel ops in ")
    assert "planted" not in told
    assert len(told.splitlines()) == 1


def test_a_mistake_is_of_one_channel(file: Path) -> None:
    """The others are read, whichever comes first."""
    wrong = "{type: slack, url: \"{{ env_var('NO_HOOK') }}\"}"
    text = f"alerts:\n  a: {wrong}\n  b: {{{SLACK}}}\n  c: {wrong}\n"
    file.write_text(text, encoding="utf-8")
    found, mistakes = channels(file)
    assert [channel.name for channel in found] == ["b"]
    assert [told.split()[2] for told in mistakes] == ["a", "c"]


@pytest.mark.parametrize("text", ["alerts: [x]\n", "alerts: {ops: slack}\n"])
def test_a_list_is_no_channel(file: Path, text: str) -> None:
    """What is no mapping is told as such."""
    assert "is no mapping" in mistake(file, text)


def test_this_machine_may_be_told_in_clear_text(file: Path) -> None:
    """What listens here needs neither certificate nor environment."""
    assert one(file, "type: webhook, url: 'http://127.0.0.1:8080/hook'").name == "ops"
    local = MAIL.replace("smtp.b.example", "localhost")
    assert one(file, f"{local}, user: me, password: planted-relay").name == "ops"
    assert masked("535 planted-relay") == "535 ***"
