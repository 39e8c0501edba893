"""The shape of a destination service: declared data, and the few functions only it needs.

A request's body is `target.opening + endpoint.separator.join(fragments) + target.closing`, where
each row contributes one fragment. Values are spliced as the JSON text that the warehouse rendered,
so numbers keep every digit and no type is converted on the way.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from runner.destinations.access import Login, Probe
from runner.destinations.job import Job, Started

if TYPE_CHECKING:
    from runner.transport import Transport

Operation = Literal["insert", "update", "delete"]
# Stands for every name that a user may give.
ANY = "*"
SyncMode = Literal["insert", "update", "upsert", "mirror", "membership", "incremental"]


class Row(NamedTuple):
    """One row of a delta. `identifiers` and `payload` are JSON objects as text.

    `row_hash` is as the warehouse has it, for its records alone.
    """

    ordinal: int
    operation: Operation
    record_key: str
    identifiers: str
    payload: str
    row_hash: object


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimit:
    """At most `requests` in any window of `seconds`; equal `bucket` names share one limit."""

    requests: int
    seconds: float
    bucket: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where a request goes, and what stands around the rows in its body.

    `shown` is the path for messages, where the path itself holds values of a row; `method` is one
    of its own, not the endpoint's.
    """

    path: str
    shown: str = ""
    method: str = ""
    opening: bytes = b""
    closing: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """One entry of destinations.yml, checked. `options` holds every other key as written."""

    name: str
    platform: str
    url: str
    secrets: Mapping[str, str] = field(repr=False)
    options: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Activation:
    """What the warehouse registered about an activation, as far as a service needs to know.

    `max_age` and `min_age` are seconds: beyond the first an event is invalid, before the second it
    waits.
    """

    name: str
    service: str
    sync_mode: SyncMode
    identifiers: Mapping[str, str]
    attributes: Mapping[str, str]
    settings: Mapping[str, Any]
    nulls: Literal["send", "skip"]
    on_leave: Literal["delete", "unset", "ignore"]
    in_doubt: Literal["hold", "resend", "skip"]
    max_age: int | None = None
    min_age: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """Why a row was refused: the destination's own code and words."""

    code: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A destination's answer; header names are lower case, `body` was read up to a limit.

    `left_at` is when the last of its request left, by `time.monotonic`, where that is known.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    left_at: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """Every row of the page has its outcome: rejected where listed by index, else acknowledged.

    `partial` are those of the rejected rows of which something was taken all the same.
    """

    rejections: Mapping[int, Rejection]
    partial: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """The page was refused as a whole: halve it; a single row is rejected with this reason."""

    rejection: Rejection


@dataclass(frozen=True, slots=True, kw_only=True)
class Unbelievable:
    """The answer makes no sense (HTML, a row that was not sent, ...): the outcome is unknown."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadBack:
    """The page was taken, but what of it is not told: ask the `target` first.

    `read(reply)` reads a 2xx or a status that the endpoint `reads`, and may ask once more.
    """

    target: Target
    read: Callable[[Reply], Verdict]


Verdict = Settled | Split | Unbelievable | Started | ReadBack
Preparation = Generator[Target, Reply | None, Activation]
Fragment = Callable[[Row], bytes | Rejection]
Reading = Callable[[Reply, Sequence[Row]], Verdict]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """A question before every attempt to send a row: what is there already.

    `read(reply, row)` reads a 2xx or a status that the endpoint `reads`: where the row goes, that
    nothing is left to do, or why it cannot go anywhere.
    """

    ask: Callable[[Row], Target]
    read: Callable[[Reply, Row], Target | Settled | Rejection | Unbelievable]


def _no_headers(_: bytes, __: str) -> Mapping[str, str]:
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where the pages of one operation go, how their rows look there, and what its answers mean.

    Every row goes to each of the `targets`, in a request of its own for each; or, where there is a
    `route`, to the target that it names, in one request with the page's other rows of that target.
    A body has at most `max_rows` rows and `max_bytes` bytes. `headers` come on top of the
    platform's, and so do those of `sign(body, id)`; a repeated request has the same id.
    `distinct`: no two rows of a page have the same identifiers. Where there is a `lookup`, a page
    has one row, which goes where that finds. A verdict that says Started is followed by the `job`.
    `pack(body)` gives a body its form, where that is not text.
    `fragment(row)` renders one row, or returns a Rejection that needs no request.
    `verdict(reply, rows)` reads a 2xx, or a status in `reads`, by which nothing was taken. Other
    statuses and failures of the network are the transport's.
    """

    targets: tuple[Target, ...] = ()
    route: Callable[[Row], Target] | None = None
    fragment: Fragment
    verdict: Reading
    reads: frozenset[int] = frozenset({400, 413})
    sign: Callable[[bytes, str], Mapping[str, str]] = _no_headers
    lookup: Lookup | None = None
    job: Job | None = None
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    separator: bytes = b","
    pack: Callable[[bytes], bytes] | None = None
    distinct: bool = False
    max_rows: int
    max_bytes: int
    rate: RateLimit
    permission: str
    method: str = "POST"


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A key of `settings` in an activation, or an option of a connection.

    `check` says in words what a value must be, and whether one is. A `template` of a connection is
    taken as it stands: the service renders it.
    """

    name: str
    description: str
    required: bool = False
    default: object = None
    check: tuple[str, Callable[[object], bool]] | None = None
    template: bool = False


def _no_mistakes(_: Activation, __: Connection) -> Iterator[str]:
    return iter(())


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One thing a platform can do.

    A person or thing is found by exactly one of the `identifiers`; where they hold ANY, by names of
    the user's own, one or more.
    `required_options` are options that its connection must have, though others need not.
    `refused_modes` are sync modes that people would look for, with the reason why there are none.
    `mistakes(activation, connection)` yields a sentence for whatever cannot work beside what the
    declarations tell already.
    `endpoint(activation, connection, operation)` is what pages of that operation need.
    `prepared(activation, connection)` asks, before a run sends anything, what it needs to know: it
    yields requests, is sent the answers (None in a dry run, which sends only a GET), returns the
    activation with what it found in its settings, and raises a ConfigurationError where a mapping
    cannot work.
    `repeatable` is false where a repeated request doubles its effect (events).
    `minimum_audience` is how many people a list needs before the platform uses it.
    `max_age` and `min_age` are seconds: an activation must not plan events that are older when it
    is built, or younger.
    """

    name: str
    description: str
    kind: Literal["record", "membership", "event"]
    sync_modes: Mapping[SyncMode, str]
    identifiers: Mapping[str, str]
    required_attributes: tuple[str, ...] = ()
    settings: tuple[Setting, ...] = ()
    permissions: tuple[str, ...]
    leavers: str
    limits: str
    unconfirmed: tuple[str, ...] = ()
    repeatable: bool
    endpoint: Callable[[Activation, Connection, Operation], Endpoint]
    refused_modes: Mapping[SyncMode, str] = field(default_factory=dict)
    required_options: tuple[Setting, ...] = ()
    mistakes: Callable[[Activation, Connection], Iterator[str]] = _no_mistakes
    prepared: Callable[[Activation, Connection], Preparation] | None = None
    minimum_audience: int = 0
    max_age: int | None = None
    min_age: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """A platform: how it authenticates, what proves the connection, and its services.

    A connection has each of its `secrets`, and any of the `optional_secrets`. `waits` are seconds
    before each further attempt, the last ones again and again, where the vendor names them. Where
    there is a `login`, requests carry its token beside the `headers`.
    Where it is not reached by HTTP, its urls have one of the `schemes`, and `opened` gives what
    carries a request there.
    """

    name: str
    title: str
    secrets: tuple[str, ...]
    optional_secrets: tuple[str, ...] = ()
    options: tuple[Setting, ...]
    headers: Callable[[Connection], Mapping[str, str]]
    wait_after_429: Callable[[Reply], float | None]
    waits: tuple[float, ...] = ()
    login: Login | None = None
    schemes: tuple[str, ...] = ()
    opened: Callable[[Connection, Platform], Transport] | None = None
    probe: Callable[[Connection], Probe]
    services: tuple[Service, ...]
