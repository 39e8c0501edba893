"""What a destination may do to a page, each with what follows from it."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from tests.support.destination import Answer, Request
from tests.support.sockets import certificate, listening, reset, with_tls

# What follows from it: `again`, `stop` and `split` leave no doubt that nothing was taken.
Consequence = Literal["again", "stop", "split", "uncounted", "unknown"]


@dataclass(frozen=True, kw_only=True)
class Misbehaviour:
    """How the destination answers, or where it is found instead; `said` is in the run's message."""

    then: Consequence
    said: str
    answers: Callable[[Request], Answer] = lambda _: Answer()
    found: Callable[[str, Path], AbstractContextManager[str]] = lambda url, _: nullcontext(url)
    requests: int | None = None
    patience: float = 60.0


def is_bad(key: str) -> bool:
    """Whether a key is that of the bad row: one in twenty."""
    return int(key.partition("-")[2]) % 20 == 5


def has_bad(request: Request) -> bool:
    """Whether the bad row is in the page."""
    return any(map(is_bad, request.keys))


def all_keys(_: str) -> bool:
    """The whole page is taken, whatever the answer says."""
    return True


def no_key(_: str) -> bool:
    """Nothing is taken, whatever the answer says."""
    return False


def limited(**headers: str) -> Callable[[Request], Answer]:
    """429 with these headers."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _: Answer(status=429, headers=named)


def success(**more: object) -> bytes:
    """The body of a success."""
    return json.dumps({"message": "success", **more}).encode()


def unknown(
    said: str,
    takes: Callable[[str], bool],
    *,
    patience: float = 60.0,
    **answer: Any,  # noqa: ANN401 - of an Answer
) -> Misbehaviour:
    """An answer that leaves open what was taken; only the destination knows."""
    return Misbehaviour(
        then="unknown",
        said=said,
        answers=lambda _: Answer(takes=takes, **answer),
        patience=patience,
    )


def bad_row_refused(status: int) -> Callable[[Request], Answer]:
    """A page with the bad row is refused as a whole."""
    return lambda request: Answer(status=status, body=b"no") if has_bad(request) else Answer()


def bad_row_uncounted(request: Request) -> Answer:
    """The bad row is not taken, and all that tells is a count."""
    count = len(request.keys) - has_bad(request)
    return Answer(
        body=success(attributes_processed=count, events_processed=count),
        takes=lambda key: not is_bad(key),
    )


@contextmanager
def nowhere(_: str, __: Path) -> Iterator[str]:
    """Nobody listens any more."""
    with socket.create_server(("127.0.0.1", 0)) as left:
        place = "http://{}:{}".format(*left.getsockname())
    yield place


@contextmanager
def unresolved(_: str, __: Path) -> Iterator[str]:
    """A name that stands for no address."""
    yield "https://no-such-host.invalid"


@contextmanager
def without_tls(url: str, _: Path) -> Iterator[str]:
    """TLS is asked for where there is none."""
    yield url.replace("http", "https")


@contextmanager
def untrusted(_: str, folder: Path) -> Iterator[str]:
    """A certificate that nobody vouches for."""
    with listening(with_tls(certificate(folder), lambda _: None)) as place:
        yield f"https://{place}"


@contextmanager
def resetting(_: str, __: Path) -> Iterator[str]:
    """The connection is reset amid the handshake."""

    def serve(connection: socket.socket) -> None:
        connection.recv(65536)
        reset(connection)

    with listening(serve) as place:
        yield f"https://{place}"


LIMITED = "over its rate limit (429): gave up after"
ODD = "gave an answer that makes no sense"
NO_ANSWER = "no usable answer came"
MISBEHAVIOURS: dict[str, Misbehaviour] = {
    "429": Misbehaviour(then="again", said=LIMITED, answers=limited()),
    "429, seconds": Misbehaviour(
        then="again", said=LIMITED, answers=limited(x_ratelimit_retry_after="0.01")
    ),
    "429, seconds of a window": Misbehaviour(
        then="again", said=LIMITED, answers=limited(x_ratelimit_reset="0.01")
    ),
    "429, standard header": Misbehaviour(
        then="again", said=LIMITED, answers=limited(retry_after="0.01")
    ),
    "429, a moment gone by": Misbehaviour(
        then="again", said=LIMITED, answers=limited(x_ratelimit_reset="1000000001")
    ),
    "429, a moment far off": Misbehaviour(
        then="again",
        said="it asks to wait 3600 s",
        answers=limited(x_ratelimit_reset="32000000000"),
        requests=1,
    ),
    "429, an hour": Misbehaviour(
        then="again",
        said="it asks to wait 3600 s",
        answers=limited(x_ratelimit_retry_after="3600"),
        requests=1,
    ),
    "401": Misbehaviour(
        then="stop", said="the permission users.track", answers=lambda _: Answer(status=401)
    ),
    "403": Misbehaviour(
        then="stop", said="the permission users.track", answers=lambda _: Answer(status=403)
    ),
    "404": Misbehaviour(then="stop", said="check url", answers=lambda _: Answer(status=404)),
    "a redirect on the host": Misbehaviour(
        then="stop",
        said="which is not followed",
        answers=lambda _: Answer(status=308, headers={"Location": "/track2"}),
    ),
    "a redirect to another host": Misbehaviour(
        then="stop",
        said="which is not followed",
        answers=lambda _: Answer(status=307, headers={"Location": "http://127.0.0.2:9/track"}),
    ),
    "nobody listens": Misbehaviour(then="again", said="cannot be reached", found=nowhere),
    "an unknown host": Misbehaviour(then="again", said="cannot be reached", found=unresolved),
    "no TLS": Misbehaviour(then="stop", said="TLS failed", found=without_tls),
    "an untrusted certificate": Misbehaviour(then="stop", said="TLS failed", found=untrusted),
    "a reset handshake": Misbehaviour(then="again", said="cannot be reached", found=resetting),
    "413": Misbehaviour(then="split", said="", answers=bad_row_refused(413)),
    "400": Misbehaviour(then="split", said="", answers=bad_row_refused(400)),
    "fewer counts": Misbehaviour(
        then="uncounted", said="counts fewer rows", answers=bad_row_uncounted
    ),
    "500, taken": unknown("answered 500", all_keys, status=500),
    "500": unknown("answered 500", no_key, status=500),
    "504": unknown("answered 504", all_keys, status=504),
    "a cut, taken": unknown(NO_ANSWER, all_keys, cut=0),
    "a cut": unknown(NO_ANSWER, no_key, cut=0),
    "a cut within the answer": unknown(NO_ANSWER, all_keys, cut=5),
    "silence, taken": unknown("timed out", all_keys, silence=0.2, cut=0, patience=0.1),
    "silence": unknown("timed out", no_key, silence=0.2, cut=0, patience=0.1),
    "a head that drips": unknown("timed out", all_keys, drips="head", patience=0.1),
    "a body that drips": unknown("timed out", all_keys, drips="body", patience=0.1),
    "HTML": unknown(ODD, no_key, status=200, body=b"<!doctype html><h1>Back soon</h1>"),
    "half a JSON": unknown(ODD, all_keys, body=b'{"message": "succ'),
    "no content": unknown(ODD, all_keys, status=204, body=b""),
    "unknown rows": unknown(ODD, all_keys, body=success(errors=[{"type": "odd", "index": 10}])),
    "an endless answer": unknown("its answer is over", all_keys, body=b" " * 10_500_000),
}
