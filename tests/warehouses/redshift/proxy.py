"""A door to a PostgreSQL server that Redshift's driver takes for Redshift.

It leaves out the settings that only Redshift knows at a start, tells Redshift's version, writes
what PostgreSQL cannot parse in words that it can, and lets no statement through that uses what
Redshift's documents say it lacks.
"""

from __future__ import annotations

import re
import socket
import socketserver
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedIOBase

from tests.support.postgres import Postgres

NO_TLS_REQUEST = 80877103
START_UP = ("user", "database", "application_name", "client_encoding")
VERSION = b"server_version\x008.0.2\x00"
# Quoted text and comments, which stay; a clock without brackets; keys of a table's layout; a part
# of a date without quotes.
WORDS = re.compile(
    r"(?P<kept>'(?:[^'\\]|''|\\.)*'|\"[^\"]*\"|\$\$.*?\$\$|/\*.*?\*/|--[^\n]*)"
    r"|\b(?P<clock>sysdate)\b"
    r"|(?P<layout>\bdiststyle\s+\w+|\bdistkey\s*\([^)]*\)|(?:\bcompound\s+)?\bsortkey\s*\([^)]*\))"
    r"|\b(?P<call>dateadd|datediff)\s*\(\s*(?P<part>[a-z]+)\s*,",
    re.IGNORECASE | re.DOTALL,
)
# Functions of the leader node alone, which no statement on a table may call, and what was never
# there. A MERGE may ask no more than whether there is a row.
LACKING = re.compile(
    r"\b(substr|now|isfinite|to_jsonb?|hash(int8|text)extended|pg_sleep|clock_timestamp)\s*\("
    r"|\b(current_timestamp|jsonb|create\s+index|is\s+(?:not\s+)?distinct\s+from)\b"
    r"|\b(when\s+matched\s+and)\b|\binterval\s+(?='-)"
    # a window that is partitioned by a constant under a name
    r"|\b\d+\s+as\s+(?P<constant>\w+)\b(?=.*\bpartition\s+by\s+(?P=constant)\b)",
    re.IGNORECASE | re.DOTALL,
)


def translated(sql: str) -> str:
    """A statement in PostgreSQL's words, or one that fails and names what Redshift lacks."""
    bare = WORDS.sub(lambda found: "''" if found["kept"] else found[0], sql)
    if lacking := LACKING.search(bare):
        return f'select "Redshift lacks {" ".join(lacking[0].split())}"'
    return WORDS.sub(_word, sql)


def _word(found: re.Match[str]) -> str:
    if found["clock"]:
        return "sysdate()"
    if found["layout"]:
        return ""
    if found["call"]:
        return f"{found['call']}('{found['part']}',"
    return found[0]


@contextmanager
def redshift_door(server: Postgres) -> Iterator[int]:
    """The port of a door to the server, on this machine, as long as the block lasts."""
    session = type("BoundSession", (_Session,), {"address": (server.host, server.port)})
    with _Door(("127.0.0.1", 0), session) as door:
        thread = threading.Thread(target=door.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield door.server_address[1]
        finally:
            door.shutdown()
            thread.join()


class _Door(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False


class _Session(socketserver.StreamRequestHandler):
    address: tuple[str, int]
    disable_nagle_algorithm = True  # many small messages: each would wait for the answer to another

    def handle(self) -> None:
        with socket.create_connection(self.address) as upstream:
            upstream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            opening = _opening(self.rfile, self.connection)
            upstream.sendall(opening)
            answers = threading.Thread(
                target=_answer, args=(upstream, self.connection), daemon=True
            )
            answers.start()
            try:
                for kind, body in _messages(self.rfile):
                    upstream.sendall(_framed(kind, _request(kind, body)))
            except ConnectionError:
                return


def _opening(client: BufferedIOBase, connection: socket.socket) -> bytes:
    (size,) = struct.unpack("!i", client.read(4))
    body = client.read(size - 4)
    (code,) = struct.unpack("!i", body[:4])
    if code == NO_TLS_REQUEST:
        connection.sendall(b"N")
        return _opening(client, connection)
    words = body[4:].rstrip(b"\0").split(b"\0")
    given = dict(zip(words[::2], words[1::2], strict=False))
    kept = {name: given[name.encode()] for name in START_UP if name.encode() in given}
    settings = b"".join(name.encode() + b"\0" + value + b"\0" for name, value in kept.items())
    return _framed(b"", body[:4] + settings + b"\0")


def _answer(upstream: socket.socket, client: socket.socket) -> None:
    """Pass on what the server says, the version that it tells before the first query excepted."""
    stream = upstream.makefile("rb")
    try:
        for kind, body in _messages(stream):
            is_version = kind == b"S" and body.startswith(b"server_version\0")
            client.sendall(_framed(kind, VERSION if is_version else body))
            if kind == b"Z":
                break
        while data := stream.read1(65536):
            client.sendall(data)
        client.shutdown(socket.SHUT_RDWR)
    except OSError:
        return


def _messages(stream: BufferedIOBase) -> Iterator[tuple[bytes, bytes]]:
    while head := stream.read(5):
        (size,) = struct.unpack("!i", head[1:])
        yield head[:1], stream.read(size - 4)


def _framed(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("!i", len(body) + 4) + body


def _request(kind: bytes, body: bytes) -> bytes:
    if kind == b"Q":
        return translated(body[:-1].decode()).encode() + b"\0"
    if kind == b"P":
        name, sql, types = body.split(b"\0", 2)
        return b"\0".join([name, translated(sql.decode()).encode(), types])
    return body
