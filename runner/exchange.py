"""One HTTP request and its answer by libcurl: in bounded time and size, sure of what was sent."""

from __future__ import annotations

import select
import threading
from collections.abc import Mapping, Sequence
from functools import partial
from http import HTTPStatus
from io import BytesIO
from pathlib import Path
from time import monotonic
from typing import cast

import pycurl

from runner.destinations.service import Reply

# What libcurl would add of its own.
UNASKED = ("Expect:", "Accept:", "Content-Type:")
WITHOUT_LENGTH = ("GET", "DELETE")
# Bytes of a body that leave at once.
PART = 256 * 1024
MICROSECONDS = 1_000_000
# Until the last of a request had left; before libcurl 8.10 only until its first could.
LEFT = getattr(pycurl, "POSTTRANSFER_TIME_T", pycurl.PRETRANSFER_TIME_T)


class ExchangeError(Exception):
    """No whole answer came; `code` is libcurl's, `sent` unless it is certain that nothing was."""

    def __init__(self, words: str, code: int, *, sent: bool) -> None:
        super().__init__(words)
        self.code = code
        self.sent = sent


class Exchange:
    """One connection that is kept from request to request; for one thread at a time.

    `connect_seconds` are for name, socket, proxy and TLS; `seconds` for a request and its answer.
    """

    def __init__(
        self,
        *,
        proxy: str | None,
        certificates: str,
        connect_seconds: float,
        seconds: float,
        max_answer: int,
    ) -> None:
        self._curl = curl = pycurl.Curl()
        self._max_answer = max_answer
        self._begun = False
        curl.setopt(pycurl.NOSIGNAL, 1)
        curl.setopt(pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1)
        # Nothing of the environment but what the caller has read there.
        curl.setopt(pycurl.PROXY, proxy or "")
        curl.setopt(pycurl.NOPROXY, "")
        is_folder = Path(certificates).is_dir()
        for folder, file in (
            (pycurl.CAPATH, pycurl.CAINFO),
            (pycurl.PROXY_CAPATH, pycurl.PROXY_CAINFO),
        ):
            curl.setopt(file, None if is_folder else certificates)
            curl.setopt(folder, certificates if is_folder else None)
        curl.setopt(pycurl.SSL_VERIFYPEER, 1)
        curl.setopt(pycurl.SSL_VERIFYHOST, 2)
        curl.setopt(pycurl.CONNECTTIMEOUT_MS, _milliseconds(connect_seconds))
        curl.setopt(pycurl.TIMEOUT_MS, _milliseconds(connect_seconds + seconds))
        curl.setopt(pycurl.UPLOAD_BUFFERSIZE, PART)
        # Asks for plain bytes, and takes others too.
        curl.setopt(pycurl.ACCEPT_ENCODING, "identity")
        # In the main thread: Ctrl-C is heard where libcurl comes by, about once a second.
        curl.setopt(pycurl.XFERINFOFUNCTION, _go_on)
        # An identifier may be called `..`.
        curl.setopt(pycurl.PATH_AS_IS, 1)

    def ask(self, method: str, url: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        """Send one request and read its answer, whatever its status; headers by lower-case names.

        Raises ExchangeError where none came whole.
        """
        curl, given, taken, lines = self._curl, BytesIO(body), BytesIO(), list[bytes]()
        self._describe(method, url, body, headers)
        # A body that cannot be had again: one that could, libcurl sends a second time where a kept
        # connection breaks, though the first may have been taken.
        curl.setopt(pycurl.READFUNCTION, given.read)
        curl.setopt(pycurl.WRITEFUNCTION, partial(_take, taken, self._max_answer))
        curl.setopt(pycurl.HEADERFUNCTION, lines.append)
        began = monotonic()
        try:
            curl.perform()
        except pycurl.error as error:
            code, words = cast("tuple[int, str]", error.args)
            if taken.tell() > self._max_answer:
                words = f"its answer is over {self._max_answer} bytes"
            raise ExchangeError(words, code, sent=self._begun or given.tell() > 0) from None
        status = curl.getinfo(pycurl.RESPONSE_CODE)
        if status < HTTPStatus.OK:
            # Some versions of libcurl end well where a second try was not possible.
            raise ExchangeError("no answer came", 0, sent=True)
        return Reply(
            status=status,
            headers=_named(lines),
            body=taken.getvalue(),
            left_at=began + curl.getinfo(LEFT) / MICROSECONDS,
        )

    def close(self) -> None:
        """Hang up."""
        self._curl.close()

    def _begin(self, *_: object) -> int:
        """Hear that the connection stands, and the request leaves now."""
        self._begun = True
        return pycurl.PREREQFUNC_OK

    def _was_left(self) -> bool:
        """Whether the other side hung up since; libcurl itself looks but once a second."""
        kept = self._curl.getinfo(pycurl.ACTIVESOCKET)
        if kept < 0:
            return False
        # Nothing is awaited, so what can be read is its end.
        if not hasattr(select, "poll"):  # Windows
            return bool(select.select([kept], [], [], 0)[0])
        poll = select.poll()
        poll.register(kept, select.POLLIN)
        return bool(poll.poll(0))

    def _describe(self, method: str, url: str, body: bytes, headers: Mapping[str, str]) -> None:
        curl = self._curl
        curl.setopt(pycurl.URL, url)
        curl.setopt(pycurl.HTTPHEADER, [*UNASKED, *_lines(headers)])
        if body or method not in WITHOUT_LENGTH:
            curl.setopt(pycurl.POST, 1)
            curl.setopt(pycurl.POSTFIELDSIZE_LARGE, len(body))
        else:
            curl.setopt(pycurl.HTTPGET, 1)
        curl.setopt(pycurl.CUSTOMREQUEST, method)
        # Without a body nothing keeps libcurl from a second try but a connection of its own.
        is_lone = not body and method != "GET"
        curl.setopt(pycurl.FRESH_CONNECT, int(is_lone or self._was_left()))
        # A body that was begun tells as much, and each of these calls waits for the interpreter.
        self._begun = False
        curl.setopt(pycurl.PREREQFUNCTION, None if body else self._begin)
        is_main = threading.current_thread() is threading.main_thread()
        curl.setopt(pycurl.NOPROGRESS, int(not is_main))


def _take(taken: BytesIO, most: int, part: bytes) -> int:
    """Keep a part of an answer, unpacked; libcurl gives up where fewer bytes are taken."""
    taken.write(part)
    return len(part) if taken.tell() <= most else 0


def _go_on(*_: object) -> int:
    return 0


def _milliseconds(seconds: float) -> int:
    # Zero would mean libcurl's own limit.
    return max(1, int(seconds * 1000))


def _lines(headers: Mapping[str, str]) -> Sequence[str]:
    lines = [f"{name}: {value}" for name, value in headers.items()]
    if not all(line.isprintable() for line in lines):
        raise ValueError("a header of a request holds a line break")
    return lines


def _named(lines: Sequence[bytes]) -> Mapping[str, str]:
    """Headers of the last answer; interim ones come before it."""
    named: dict[str, str] = {}
    for line in lines:
        if line.startswith(b"HTTP/"):
            named.clear()
            continue
        name, _, value = line.decode("latin-1").partition(":")
        if name.strip():
            named[name.strip().lower()] = value.strip()
    return named
