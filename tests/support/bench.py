"""A sender on a bench: scripted answers, and a clock that only sleeping moves."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import replace

from runner.asking import Asker, StoppedError
from runner.delivery import Outcome
from runner.destinations.service import RateLimit, Reading, Reply, Row, Service
from runner.following import Follower, JobNews
from runner.limits import Limiter
from runner.pages import Page
from runner.sending import InDoubt, Sender
from runner.transport import HttpTransport
from tests.support.destination import connection_to, platform, read, service

OK = Reply(status=201, headers={}, body=b'{"message": "success"}')
Scripted = Reply | Exception
QUICK = RateLimit(requests=1000, seconds=1.0, bucket="all")


def reply(status: int, body: bytes = b"", **headers: str) -> Reply:
    """An answer; underscores of header names stand for dashes."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status=status, headers=named, body=body)


class ScriptedTransport(HttpTransport):
    """Answers with a list, the last one again and again; `refuse` answers by the keys sent."""

    def __init__(self, *script: Scripted, **options: object) -> None:
        super().__init__(connection_to("https://shop.example", **options), platform())
        self.script = list(script)
        self.sent: list[list[str]] = []

    def call(
        self, method: str, path: str, body: bytes, headers: Mapping[str, str] | None = None
    ) -> Reply:
        """Note the keys and play the next answer."""
        self.sent.append([row["key"] for row in json.loads(body)["rows"]])
        answer = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


class Vendor(HttpTransport):
    """Notes methods, paths and bodies, and plays a list of answers, the last one for ever."""

    def __init__(self, *script: Scripted, **options: object) -> None:
        super().__init__(connection_to("https://shop.example", **options), platform())
        self.script = list(script)
        self.asked: list[str] = []

    def call(
        self, method: str, path: str, body: bytes, headers: Mapping[str, str] | None = None
    ) -> Reply:
        """Play the next answer."""
        self.asked.append(f"{method} {path} {body.decode()}".rstrip())
        answer = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


class RefusingTransport(ScriptedTransport):
    """Refuses any page that holds one of the bad keys, as a whole."""

    def __init__(self, bad: set[str]) -> None:
        super().__init__(OK)
        self.bad = bad

    def call(
        self, method: str, path: str, body: bytes, headers: Mapping[str, str] | None = None
    ) -> Reply:
        """Answer 400 when a bad key is among the rows."""
        super().call(method, path, body, headers)
        return reply(400, b"bad row") if self.bad & set(self.sent[-1]) else OK


class Bench:
    """A sender whose sleeps only move its clock, and what it announced; waits are the longest."""

    def __init__(
        self,
        transport: HttpTransport,
        *,
        served: Service | None = None,
        verdict: Reading = read,
        in_doubt: InDoubt = "hold",
        stop_after: float = math.inf,
        rate: RateLimit = QUICK,
        waits: tuple[float, ...] = (),
        jitter: Callable[[float, float], float] = max,
    ) -> None:
        self.now = 0.0
        self.stop_after = stop_after
        self.verdict = verdict
        self.retries: list[tuple[int, float, str]] = []
        limiter = Limiter(rate, clock=lambda: self.now)
        self.news: list[JobNews] = []
        self.asker = Asker(
            transport,
            replace(platform(), waits=waits),
            retry=lambda attempt, wait, cause: self.retries.append((attempt, wait, cause)),
            pause=self.pause,
            limiter=lambda _: limiter,
            clock=lambda: self.now,
            jitter=jitter,
        )
        self.follower = Follower(self.asker, self.news.append)
        self.sender = Sender(self.asker, served or service(), in_doubt, self.news.append)

    def pause(self, seconds: float) -> None:
        """Move the clock on; the run stops after a while."""
        self.now += seconds
        if self.now > self.stop_after:
            raise StoppedError

    def deliver(self, count: int = 4, *paths: str) -> Outcome:
        """Send a page of so many rows, to each of these paths."""
        return self.sender.deliver(page_of(count, *paths, verdict=self.verdict))


def page_of(count: int, *paths: str, verdict: Reading = read) -> Page:
    """A page with keys k0, k1 and so on, which goes to each of these paths (else to one)."""
    rows = [
        Row(
            ordinal=index + 1,
            operation="insert",
            record_key=f"k{index}",
            identifiers="{}",
            payload="{}",
            row_hash="",
        )
        for index in range(count)
    ]
    target = connection_to("https://shop.example")
    served = service(max_rows=count, paths=paths or ("/track",), verdict=verdict)
    return Page(
        operation="insert",
        endpoint=served.endpoint(None, target, "insert"),  # type: ignore[arg-type]  # unused there
        rows=rows,
        fragments=[json.dumps({"key": row.record_key}).encode() for row in rows],
        first_ordinal=1,
        last_ordinal=count,
    )
