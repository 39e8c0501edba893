"""Writes a message by mail, through a server that takes mail from programs."""

from __future__ import annotations

import os
import smtplib
import ssl
from contextlib import suppress
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from pathlib import Path

from runner.alerts.settings import Mail
from runner.errors import UnavailableError
from runner.masking import masked
from runner.transport import is_loopback

SECONDS = 10.0
WORDS = 200
TLS_PORT = 465


def send(name: str, mail: Mail, headline: str, text: str) -> None:
    """Write one mail to all; UnavailableError says why the server took it for nobody."""
    try:
        server = _connected(mail)
        try:
            if mail.user and mail.password:
                server.login(mail.user, mail.password)
            server.send_message(_written(mail, headline, text))
            # What it took it has taken, however it says goodbye.
            with suppress(smtplib.SMTPException, OSError):
                server.quit()
        finally:
            server.close()
    except (smtplib.SMTPException, OSError, UnicodeEncodeError) as error:
        raise UnavailableError(f"{name}: {mail.host}:{mail.port} {_why(error)}.") from None


def _connected(mail: Mail) -> smtplib.SMTP:
    """A connection under TLS, but for a server on this machine that does not begin with it."""
    if mail.port == TLS_PORT:
        return smtplib.SMTP_SSL(mail.host, mail.port, timeout=SECONDS, context=_tls())
    server = smtplib.SMTP(mail.host, mail.port, timeout=SECONDS)
    try:
        if not is_loopback(f"smtp://{mail.host}"):
            server.starttls(context=_tls())
    except BaseException:
        server.close()
        raise
    return server


def _tls() -> ssl.SSLContext:
    # The authorities of the environment hold for mail too.
    bundle = os.environ.get("REQUESTS_CA_BUNDLE") or None
    if bundle and Path(bundle).is_dir():
        return ssl.create_default_context(capath=bundle)
    return ssl.create_default_context(cafile=bundle)


def _written(mail: Mail, headline: str, text: str) -> EmailMessage:
    message = EmailMessage()
    message["Subject"] = f"Tailrace: {headline}"
    message["From"] = mail.sender
    message["To"] = ", ".join(mail.to)
    message["Date"] = formatdate()
    message["Message-ID"] = make_msgid(domain=mail.sender.rpartition("@")[2].strip("<> "))
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text)
    return message


def _why(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return f"refuses the login ({error.smtp_code}): check user and password"
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return "does not offer what is needed (STARTTLS, or a login): check host and port"
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = sorted({code for code, _ in error.recipients.values()})
        return f"takes mail for none of the addresses ({', '.join(map(str, codes))}): check `to`"
    if isinstance(error, UnicodeEncodeError):
        return "takes a user and a password of ASCII letters only: choose others"
    words = masked(" ".join(str(error).split()))[:WORDS].rstrip(".") or type(error).__name__
    return f"took no mail ({words})"
