"""What a reply of Batch says about the rows of its page (Batch contract, sections 1 and 3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from runner.destinations.common.jsontext import answered
from runner.destinations.service import Rejection, Reply, Row, Settled, Split, Unbelievable, Verdict

SUCCESS = range(200, 300)
PARTIAL = "SUCCESS_WITH_PARTIAL_ERRORS"


def read_contacts(reply: Reply, _: Sequence[Row]) -> Verdict:
    """Any 2xx takes the page, anything else refuses it whole (U1, U6)."""
    if reply.status in SUCCESS:
        return Settled(rejections={})
    return Split(rejection=_refusal(reply))


def read_profiles(reply: Reply, rows: Sequence[Row]) -> Verdict:
    """A 202 names the edits of which something was refused, a 400 refuses all of them."""
    if reply.status not in SUCCESS:
        return Split(rejection=_refusal(reply))
    body = answered(reply.body) or {}
    if body.get("code") == "SUCCESS":
        return Settled(rejections={})
    errors = body.get("errors")
    if body.get("code") != PARTIAL or not isinstance(errors, list) or not errors:
        return Unbelievable(reason="the answer says neither success nor what was refused")
    rejections: dict[int, Rejection] = {}
    partial: set[int] = set()
    for error in errors:
        index = error.get("bulk_index") if isinstance(error, dict) else None
        if not isinstance(index, int) or isinstance(index, bool) or not 0 <= index < len(rows):
            return Unbelievable(reason="it names an edit that was not sent")
        said = _rejection(error)
        known = rejections.get(index)
        # The whole row counts as refused, so that the next build sends all of it again.
        rejections[index] = said if known is None else _joined(known, said)
        if error.get("attribute") is not None:
            partial.add(index)
    return Settled(rejections=rejections, partial=frozenset(partial))


def _joined(one: Rejection, other: Rejection) -> Rejection:
    return Rejection(code=one.code, reason=f"{one.reason}; {other.reason}")


def _rejection(error: Mapping[str, Any]) -> Rejection:
    words = str(error.get("reason") or "Batch gives no reason")
    attribute = error.get("attribute")
    code = str(error.get("category") or "BATCH_ERROR").upper()
    return Rejection(code=code, reason=f"`{attribute}`: {words}" if attribute else words)


def _refusal(reply: Reply) -> Rejection:
    body = answered(reply.body) or {}
    code = body.get("error_code") or body.get("code") or f"HTTP_{reply.status}"
    words = body.get("error_message") or body.get("message")
    if not isinstance(words, str) or not words:
        words = f"Batch answered {reply.status} without a message"
    return Rejection(code=str(code), reason=words)
