"""A mail server under a test's control."""

from __future__ import annotations

import base64
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import BinaryIO

from tests.support.sockets import listening


@dataclass
class Mailbox:
    """Takes mail; `certificate`: offers STARTTLS, `login`: asks for it, `refused`: addresses."""

    certificate: Path | None = None
    login: tuple[str, str] | None = None
    refused: tuple[str, ...] = ()
    port: int = 0
    received: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    secured: bool = False
    logged_in: bool = False

    def serve(self, connection: socket.socket) -> None:
        """Talk on one connection until the client leaves."""
        connection.sendall(b"220 here\r\n")
        self._talk(connection)

    def _talk(self, connection: socket.socket) -> None:
        with connection.makefile("rb") as reader:
            while line := reader.readline().decode().strip():
                verb = line.partition(" ")[0].upper()
                if verb == "DATA":
                    connection.sendall(b"354 go on\r\n")
                answer = self._data(reader) if verb == "DATA" else self._answer(verb, line)
                connection.sendall(f"{answer}\r\n".encode())
                if verb == "STARTTLS":
                    break
            else:
                return
        self._secure(connection)

    def _secure(self, connection: socket.socket) -> None:
        assert self.certificate
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate)
        with context.wrap_socket(connection, server_side=True) as wrapped:
            self.secured = True
            self._talk(wrapped)

    def _answer(self, verb: str, line: str) -> str:
        match verb:
            case "EHLO":
                offers = ["here", *(["AUTH PLAIN"] if self.login else [])]
                offers += ["STARTTLS"] if self.certificate and not self.secured else []
                return "".join(f"250-{offer}\r\n" for offer in offers) + "250 8BITMIME"
            case "AUTH":
                given = base64.b64decode(line.split()[2]).decode().split("\0")[1:]
                self.logged_in = tuple(given) == self.login
                return "235 welcome" if self.logged_in else f"535 not {given[1]}"
            case "RCPT":
                address = line.partition("<")[2].partition(">")[0]
                if address in self.refused:
                    return "550 nobody is called so"
                self.recipients.append(address)
            case "STARTTLS":
                return "220 go on"
            case "QUIT":
                return "451 not now"  # a farewell that no client should mind
            case _:
                pass
        return "250 ok"

    def _data(self, reader: BinaryIO) -> str:
        lines = list(iter(reader.readline, b".\r\n"))
        self.received.append(message_from_bytes(b"".join(lines), policy=policy.default))
        return "250 taken"


@contextmanager
def taking_mail(mailbox: Mailbox) -> Iterator[Mailbox]:
    """Let it listen on a free port of this machine."""
    with listening(mailbox.serve) as place:
        mailbox.port = int(place.rpartition(":")[2])
        yield mailbox
