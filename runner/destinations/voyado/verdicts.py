"""What became of a contact that was written: what Voyado took, and what it has no field for.

A name that the tenant does not have is ignored in silence, so every mapped name is looked for in
the contact once a run: in the answer, or read back where the answer does not hold it (contract,
section 6).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from runner.destinations.common.jsontext import answered
from runner.destinations.common.paths import step
from runner.destinations.common.rows import payload_of
from runner.destinations.service import (
    ReadBack,
    Reading,
    Rejection,
    Reply,
    Row,
    Settled,
    Target,
    Unbelievable,
    Verdict,
)
from runner.destinations.voyado.fields import written
from runner.destinations.voyado.replies import found_id, refusal

SUCCESS = range(200, 300)
TAKEN = Settled(rejections={})


def verdict_by(find: Callable[[Row], Target], read: Callable[[str], Target]) -> Reading:
    """The verdict on writes; `find(row)` asks for a contact's id, `read(id)` for the contact."""
    checked: set[str] = set()

    def verdict(reply: Reply, rows: Sequence[Row]) -> Verdict:
        (row,) = rows
        if reply.status not in SUCCESS:
            return Settled(rejections={0: refusal(reply)})
        body = answered(reply.body) if reply.body else {}
        if body is None:
            return Unbelievable(reason="it is no JSON object")
        if isinstance(body.get("attributes"), dict):
            return _compared(checked, row, reply)
        if _names(row) <= checked:
            return TAKEN
        compared = partial(_compared, checked, row)
        contact = step(str(body.get("id") or ""))
        if contact:
            return ReadBack(target=read(contact), read=compared)
        return ReadBack(target=find(row), read=partial(_found, read, compared))

    return verdict


def _found(
    read: Callable[[str], Target], compared: Callable[[Reply], Verdict], reply: Reply
) -> Verdict:
    contact = step(found_id(reply))
    return ReadBack(target=read(contact), read=compared) if contact else compared(reply)


def _compared(checked: set[str], row: Row, reply: Reply) -> Verdict:
    """Whether the contact has every name; where it is silent about them, so it is about others."""
    body = answered(reply.body)
    if reply.status not in SUCCESS or body is None:
        return Unbelievable(reason="it does not hold the contact that was written")
    attributes, names = body.get("attributes"), _names(row)
    if not isinstance(attributes, dict):
        attributes = dict.fromkeys(names)
    unknown = sorted(names - attributes.keys())
    checked.update(names.difference(unknown))
    if not unknown:
        return TAKEN
    words = (
        f"Voyado took the contact without {', '.join(f'`{name}`' for name in unknown)}: it has no "
        "field of that name"
    )
    rejection = Rejection(code="UNKNOWN_FIELD", reason=words)
    return Settled(rejections={0: rejection}, partial=frozenset({0}))


def _names(row: Row) -> set[str]:
    found = payload_of(row)
    return set() if isinstance(found, Rejection) else set(written(found))
