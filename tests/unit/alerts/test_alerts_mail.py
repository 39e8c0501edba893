"""Promises of a message by mail."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from runner import masking
from runner.alerts import mail
from runner.alerts.settings import Mail
from runner.errors import UnavailableError
from tests.support.alerts import silence
from tests.support.mailbox import Mailbox, taking_mail
from tests.support.sockets import certificate, listening, with_tls

PASSWORD = "planted-mail-secret"


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    """A server on this machine that takes everything."""
    with taking_mail(Mailbox()) as mailbox:
        yield mailbox


def mail_to(
    port: int, *, login: bool = False, to: tuple[str, ...] = ("data@shop.example",)
) -> Mail:
    """Settings of a channel to a server on this machine."""
    masking.register(PASSWORD)
    return Mail(
        to=to,
        sender="Tailrace <tailrace@shop.example>",
        host="127.0.0.1",
        port=port,
        user="sender" if login else None,
        password=PASSWORD if login else None,
    )


def send(settings: Mail) -> None:
    """Write one message."""
    mail.send("data_team", settings, "braze_vips -> braze_eu: failed", "failed: überall")


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the server for one on another machine."""
    monkeypatch.setattr(mail, "is_loopback", lambda _: False)


def test_a_mail_says_what_it_is_about(mailbox: Mailbox) -> None:
    """Subject, sender, recipients and text; other programs are told not to answer.

    The server's farewell is an error, which changes nothing: it took the mail before.
    """
    send(mail_to(mailbox.port, to=("a@shop.example", "b@shop.example")))
    (message,) = mailbox.received
    assert message["Subject"] == "Tailrace: braze_vips -> braze_eu: failed"
    assert message["From"] == "Tailrace <tailrace@shop.example>"
    assert message["To"] == "a@shop.example, b@shop.example"
    assert message["Message-ID"].endswith("@shop.example>")
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Date"]
    assert message.get_content().strip() == "failed: überall"
    assert mailbox.recipients == ["a@shop.example", "b@shop.example"]


@pytest.mark.usefixtures("elsewhere")
def test_another_machine_is_written_to_under_tls_only(mailbox: Mailbox) -> None:
    """A server without STARTTLS gets neither mail nor login."""
    mailbox.login = ("sender", PASSWORD)
    with pytest.raises(UnavailableError, match=r"data_team: .* does not offer .*STARTTLS"):
        send(mail_to(mailbox.port, login=True))
    assert not mailbox.received
    assert not mailbox.logged_in


@pytest.mark.usefixtures("elsewhere")
def test_the_login_goes_over_tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After STARTTLS, with a certificate of an authority that the environment names."""
    own = certificate(tmp_path)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(own))
    with taking_mail(Mailbox(certificate=own, login=("sender", PASSWORD))) as mailbox:
        send(mail_to(mailbox.port, login=True))
    assert mailbox.secured
    assert mailbox.logged_in
    assert len(mailbox.received) == 1


@pytest.mark.usefixtures("elsewhere")
def test_a_certificate_that_is_not_right_gets_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that anybody could have put there is not logged in to."""
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    own = certificate(tmp_path)
    with (
        taking_mail(Mailbox(certificate=own, login=("sender", PASSWORD))) as mailbox,
        pytest.raises(UnavailableError, match=r"took no mail .*certificate verify failed"),
    ):
        send(mail_to(mailbox.port, login=True))
    assert not mailbox.logged_in
    assert not mailbox.received


def test_one_port_begins_with_tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On port 465 the handshake comes before the first word."""
    own = certificate(tmp_path)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(own))
    mailbox = Mailbox(login=("sender", PASSWORD))
    with listening(with_tls(own, mailbox.serve)) as place:
        port = int(place.rpartition(":")[2])
        monkeypatch.setattr(mail, "TLS_PORT", port)
        send(mail_to(port, login=True))
    assert mail.TLS_PORT != 465
    assert mailbox.logged_in
    assert len(mailbox.received) == 1


def test_a_refused_login_is_told_without_the_password() -> None:
    """Also where the server says it."""
    with (
        taking_mail(Mailbox(login=("sender", "another"))) as mailbox,
        pytest.raises(UnavailableError, match=r"refuses the login \(535\): check user") as caught,
    ):
        send(mail_to(mailbox.port, login=True))
    assert PASSWORD not in str(caught.value)
    assert not mailbox.received


def test_a_password_that_no_login_can_carry_is_told() -> None:
    """The protocol's logins know ASCII alone."""
    with (
        taking_mail(Mailbox(login=("sender", PASSWORD))) as mailbox,
        pytest.raises(UnavailableError, match="a password of ASCII letters only") as caught,
    ):
        send(replace(mail_to(mailbox.port, login=True), password="überaus-geheim"))
    assert "geheim" not in str(caught.value)


def test_addresses_that_nobody_has_are_told(mailbox: Mailbox) -> None:
    """By their codes; one that is right is enough."""
    mailbox.refused = ("a@shop.example",)
    send(mail_to(mailbox.port, to=("a@shop.example", "b@shop.example")))
    assert mailbox.recipients == ["b@shop.example"]
    with pytest.raises(UnavailableError, match=r"none of the addresses \(550\): check `to`"):
        send(mail_to(mailbox.port, to=("a@shop.example",)))
    assert len(mailbox.received) == 1


def test_a_server_that_says_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """The time limit ends the wait."""
    monkeypatch.setattr(mail, "SECONDS", 0.05)
    with (
        listening(silence) as place,
        pytest.raises(UnavailableError, match=r"took no mail \(.*timed out"),
    ):
        send(mail_to(int(place.rpartition(":")[2])))


def test_a_server_that_is_not_there_is_told() -> None:
    """With host and port."""
    with pytest.raises(UnavailableError, match=r"data_team: 127.0.0.1:1 took no mail \(.*refused"):
        send(mail_to(1))
