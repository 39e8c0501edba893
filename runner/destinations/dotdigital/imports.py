"""The bulk import: a job that is asked for until its report comes (Dotdigital contract, 4)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from runner.destinations.common.jsontext import answered
from runner.destinations.common.paths import step
from runner.destinations.common.rows import identifier_of
from runner.destinations.common.settings import count, option, rate
from runner.destinations.dotdigital.identity import CONTACTS, name_of, value_of
from runner.destinations.dotdigital.replies import refusal
from runner.destinations.dotdigital.settings import (
    IMPORT_MAX_BYTES,
    IMPORT_MAX_ROWS,
    IMPORT_RATE,
    IMPORT_SECONDS,
    POLL_SECONDS,
    SINGLE_RATE,
)
from runner.destinations.job import Job, Started
from runner.destinations.service import (
    Activation,
    Connection,
    Endpoint,
    Fragment,
    Rejection,
    Reply,
    Row,
    Settled,
    Split,
    Target,
    Unbelievable,
    Verdict,
)

IMPORT = f"{CONTACTS}/import"
ACCEPTED = 202
REFUSED = (400, 413)
NOT_FOUND = 404
_NOT_NAMED = Rejection(
    code="NOT_REPORTED",
    reason="Dotdigital's report names this contact neither as taken nor as failed: it is probably "
    "suppressed in the account",
)
_ADVICE = {
    "RejectedByWatchdog": "Dotdigital's watchdog stopped it: ask their support before more is sent",
    "ExceedsAllowedContactLimit": "the account has no room for so many contacts",
}


def endpoint(activation: Activation, connection: Connection, fragment: Fragment) -> Endpoint:
    """Contacts in an import, which creates whom Dotdigital does not know."""
    opening = b'{"mergeOption":"overwrite","contacts":['
    waits = option(connection, POLL_SECONDS)
    return Endpoint(
        targets=(Target(path=IMPORT, method="PUT", opening=opening, closing=b"]}"),),
        fragment=fragment,
        verdict=_started,
        job=Job(
            ask=lambda job: Target(path=f"{IMPORT}/{step(job)}", method="GET"),
            read=partial(_report, activation),
            rate=rate(connection, SINGLE_RATE, "single"),
            waits=tuple(float(each) for each in waits) if isinstance(waits, list) else (30.0,),
            patience=count(connection, IMPORT_SECONDS),
        ),
        distinct=True,
        max_rows=count(connection, IMPORT_MAX_ROWS),
        max_bytes=count(connection, IMPORT_MAX_BYTES),
        rate=rate(connection, IMPORT_RATE, "import"),
        permission="importing contacts",
    )


def _started(reply: Reply, _: Sequence[Row]) -> Verdict:
    if reply.status in REFUSED:
        return Split(rejection=refusal(reply))
    job = (answered(reply.body) or {}).get("importId")
    if reply.status != ACCEPTED or not isinstance(job, str) or step(job) is None:
        return Unbelievable(reason="it does not name the import")
    return Started(job=job)


def _report(
    activation: Activation, reply: Reply, rows: Sequence[Row]
) -> Settled | Unbelievable | None:
    if reply.status == NOT_FOUND:
        return Unbelievable(reason="it does not know the import any more")
    body = answered(reply.body) or {}
    status = body.get("status")
    if status == "NotFinished":
        return None
    if status != "Finished":
        more = f"; {_ADVICE[status]}" if status in _ADVICE else ""
        return Unbelievable(reason=f"the import ended as {status}{more}")
    named = {part: _named(activation, body.get(part)) for part in ("created", "updated")}
    taken, counted = {*named["created"], *named["updated"]}, body.get("summary") or {}
    failed = _named(activation, body.get("failures"))
    told = sum(len(body.get(part) or ()) for part in named)
    if told < sum(_count(counted.get(key)) for key in ("newContacts", "updatedContacts")):
        return Unbelievable(reason="its report names fewer contacts than it counts")
    rejections: dict[int, Rejection] = {}
    partial_: set[int] = set()
    for index, row in enumerate(rows):
        value = str(value_of(activation, row)).lower()
        if value in failed:
            rejections[index] = _failure(failed[value])
            if value in taken:
                # The contact went through, and something that came with it did not.
                partial_.add(index)
        elif value not in taken:
            rejections[index] = _NOT_NAMED
    return Settled(rejections=rejections, partial=frozenset(partial_))


def _count(value: object) -> int:
    return value if isinstance(value, int) else 0


def _named(activation: Activation, entries: Any) -> dict[str, Mapping[str, Any]]:  # noqa: ANN401
    """The entries of a part of the report, by what finds their contacts."""
    return dict(_found(activation, entries)) if isinstance(entries, list) else {}


def _found(
    activation: Activation, entries: Sequence[Any]
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for entry in entries:
        if isinstance(entry, dict):
            own = entry.get("identifiers") or {}
            by_id = identifier_of(activation) == "contactId"
            value = entry.get("contactId", own.get("contactId")) if by_id else None
            value = own.get(name_of(activation)) if value is None else value
            yield str(value).lower(), entry


def _failure(entry: Mapping[str, Any]) -> Rejection:
    reasons = [each for each in entry.get("failures") or () if isinstance(each, dict)]
    codes = [str(each.get("failureCode") or "FAILED") for each in reasons]
    words = "; ".join(str(each.get("description") or each.get("failureCode")) for each in reasons)
    return Rejection(
        code=codes[0] if codes else "FAILED", reason=words or "Dotdigital gives no reason"
    )
