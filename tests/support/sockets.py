"""A listener that does with each connection whatever a test wants, and a certificate for it."""

from __future__ import annotations

import shutil
import socket
import ssl
import struct
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

Serve = Callable[[socket.socket], None]


@contextmanager
def listening(serve: Serve) -> Iterator[str]:
    """Let `serve` talk on each connection, in a thread of its own; yields host and port."""
    threads: list[threading.Thread] = []

    def talk(connection: socket.socket) -> None:
        # The client may hang up at any word.
        with suppress(OSError), connection:
            connection.settimeout(30)
            serve(connection)

    def accept() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                threads.append(threading.Thread(target=talk, args=(connection,)))
                threads[-1].start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        accepting = threading.Thread(target=accept)
        accepting.start()
        try:
            yield "127.0.0.1:{1}".format(*listener.getsockname())
        finally:
            # Closing alone does not wake a thread that accepts.
            listener.shutdown(socket.SHUT_RDWR)
            for thread in [accepting, *threads]:
                thread.join()


def request_on(connection: socket.socket) -> bytes:
    """Read one request, up to the end of its body."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(65536) or _hung_up()
    head, _, body = data.partition(b"\r\n\r\n")
    length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
    while len(body) < int(length or 0):
        body += connection.recv(65536) or _hung_up()
    return head + b"\r\n\r\n" + body


def drip(connection: socket.socket, data: bytes, seconds: float) -> None:
    """Send single bytes, with a pause after each."""
    for byte in data:
        connection.sendall(bytes([byte]))
        time.sleep(seconds)


def reset(connection: socket.socket) -> None:
    """Close without a farewell: the client sees a reset."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def certificate(folder: Path, name: str = "IP:127.0.0.1") -> Path:
    """Make a certificate that signs itself, with its key in the same file."""
    program = shutil.which("openssl")
    if program is None:
        pytest.skip("openssl makes the certificates of these tests")
    made, key = folder / "certificate.pem", folder / "key.pem"
    subprocess.run(
        [
            *(program, "req", "-x509", "-nodes", "-days", "2", "-subj", "/CN=shop"),
            *("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"),
            *("-addext", f"subjectAltName={name}", "-keyout", str(key), "-out", str(made)),
        ],
        check=True,
        capture_output=True,
    )
    made.write_bytes(made.read_bytes() + key.read_bytes())
    return made


def with_tls(certificate: Path, serve: Serve) -> Serve:
    """The same behind a handshake."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    def secured(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as wrapped:
            serve(wrapped)

    return secured


def as_proxy(serve: Serve) -> Serve:
    """The same behind a proxy: the answer to CONNECT comes first."""

    def tunnel(connection: socket.socket) -> None:
        request_on(connection)
        connection.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
        serve(connection)

    return tunnel


def _hung_up() -> bytes:
    raise ConnectionError("the client hung up")
