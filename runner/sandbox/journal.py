"""What was asked of the stand-in: the last requests, and counts of all of them."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b

TAKEN = range(200, 300)
# Headers that hold a key, on one platform or another.
SECRET = frozenset({"authorization", "x-authorization", "apikey"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request as it came in; header names are lower case, `query` keeps repeated names."""

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    query: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    too_large: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A request and how it ended.

    `status` is None where no reply was sent, `answer` is what processing it gave, seen by the
    client or not (None: not processed).
    """

    number: int
    call: Call
    status: int | None
    fault: str | None
    answer: int | None

    def view(self) -> dict[str, object]:
        """The entry for people and tests, without the key."""
        masked = {name: "***" for name in self.call.headers if name in SECRET}
        return {
            "number": self.number,
            "method": self.call.method,
            "path": self.call.path,
            "query": [list(pair) for pair in self.call.query],
            "headers": {**self.call.headers, **masked},
            "body": self.call.body.decode("utf-8", "replace"),
            "status": self.status,
            "fault": self.fault,
            "answer": self.answer,
        }


@dataclass(slots=True, kw_only=True)
class Journal:
    """`statuses` counts (place, status or fault); `repeats` the bodies taken before.

    Who POSTs to a path in `reading` only asks.
    """

    keep: int
    reading: Collection[str] = frozenset()
    entries: deque[Entry] = field(init=False)
    statuses: Counter[tuple[str, str]] = field(default_factory=Counter)
    repeats: int = 0
    total: int = 0
    _seen: set[bytes] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.entries = deque(maxlen=self.keep)

    def write(
        self, call: Call, place: str, *, status: int | None, fault: str | None, answer: int | None
    ) -> None:
        """Add a request to the counts of a place and, for a while, to the entries."""
        self.total += 1
        self.statuses[place, str(status or fault)] += 1
        if answer in TAKEN and call.method != "GET" and call.path not in self.reading:
            digest = blake2b(call.path.encode() + b"\n" + call.body, digest_size=16).digest()
            self.repeats += digest in self._seen
            self._seen.add(digest)
        self.entries.append(
            Entry(number=self.total, call=call, status=status, fault=fault, answer=answer)
        )

    def by_path(self) -> dict[str, dict[str, int]]:
        """How many requests to each path ended with each status or fault."""
        paths: dict[str, dict[str, int]] = {}
        for (path, status), count in sorted(self.statuses.items()):
            paths.setdefault(path, {})[status] = count
        return paths
