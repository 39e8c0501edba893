"""What a reply of Braze says about the rows of its page (Braze contract, sections 3.8 and 11).

Rows that a 2xx does not name in `errors` are taken (section 12, rule 4), unless its count says that
fewer were: then nobody knows which. Attributes, deletes and memberships may be repeated, so they
are sent in smaller pages until a row that is not counted stands alone and is rejected; events may
not, so all of theirs are of unknown outcome. Whether the count leaves out users whom
`_update_existing_only` ignores is unconfirmed: if so they were not written, and are told as such.
An answer without a count (subscriptions have none) is believed by its message.
A 400 takes nothing, so rows that it does not name are sent again in smaller pages.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from runner.destinations.common.jsontext import answered
from runner.destinations.service import (
    Reading,
    Rejection,
    Reply,
    Row,
    Settled,
    Split,
    Unbelievable,
    Verdict,
)

BAD_REQUEST = 400
TOO_LARGE = 413
SUCCESS = range(200, 300)
# /users/delete may answer with this count alone (Braze contract, section 6).
DELETED = "deleted"
UNCOUNTED = Rejection(
    code="NOT_COUNTED",
    reason="Braze answered success, but its count says that it did not take this row.",
)
_CODE = re.compile(r"[A-Z][A-Z0-9_]+")


class _Errors(NamedTuple):
    """The texts of `errors`: by row, and those that name no row."""

    named: Mapping[int, list[str]]
    unnamed: list[str]

    def rejections(self) -> dict[int, Rejection]:
        return {index: _rejection(texts) for index, texts in self.named.items()}


class _NonsenseError(Exception):
    """The reply contradicts itself or the request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    """What was sent: so many rows in one array, and whether sending them twice is harmless."""

    array: str
    counts: tuple[str, ...]
    rows: int
    repeatable: bool

    def accepted(self, body: Mapping[str, object] | None, refusal: Rejection) -> Verdict:
        """Read a 2xx, which is believed only with a body that says success."""
        if body is None:
            raise _NonsenseError("the answer is not a JSON object")
        message = body.get("message")
        if message is None and not (DELETED in self.counts and DELETED in body):
            raise _NonsenseError("the answer has no message")
        if message not in (None, "success"):
            return self.refused(body, refusal)
        errors = _errors(body, self.rows, self.array)
        blameless = self.rows - len(errors.named)
        uncounted = self._count(body) < blameless
        if uncounted and not self.repeatable:
            raise _NonsenseError("the answer counts fewer rows than it has no errors for")
        if errors.unnamed and blameless:
            if self.repeatable or self.rows == 1:
                return Split(rejection=_rejection(errors.unnamed))
            raise _NonsenseError("the answer has errors that name no row")
        if uncounted:
            return Split(rejection=UNCOUNTED)
        return Settled(rejections=errors.rejections())

    def refused(self, body: Mapping[str, object], refusal: Rejection) -> Verdict:
        """Read a refusal: settled if it names every row, else halved down to the cause."""
        errors = _errors(body, self.rows, self.array)
        if not self.repeatable and set(self.counts) & set(body) and self._count(body):
            raise _NonsenseError("the answer refuses the page and counts rows of it as taken")
        if len(errors.named) == self.rows:
            return Settled(rejections=errors.rejections())
        return Split(rejection=_rejection(errors.unnamed) if errors.unnamed else refusal)

    def _count(self, body: Mapping[str, object]) -> int:
        """The rows taken; all of them where the answer gives no count."""
        taken = self.rows
        for key in self.counts:
            count = body.get(key, self.rows)
            if not isinstance(count, int) or isinstance(count, bool) or not 0 <= count <= self.rows:
                raise _NonsenseError(f"`{key}` is not a count of the rows sent")
            taken = min(taken, count)
        return taken


def reader(array: str, *, repeatable: bool, deletes: bool = False) -> Reading:
    """Make the `verdict` for pages of that array of /users/track, and of deletes where there are.

    `repeatable` false: rows that may have been taken are never sent again of our own accord.
    """
    counts = (f"{array}_processed", DELETED) if deletes else (f"{array}_processed",)

    def verdict(reply: Reply, rows: Sequence[Row]) -> Verdict:
        page = _Page(array=array, counts=counts, rows=len(rows), repeatable=repeatable)
        body = answered(reply.body)
        refusal = _page_rejection(reply.status, body or {})
        try:
            if reply.status == TOO_LARGE:
                return Split(rejection=refusal)
            if reply.status == BAD_REQUEST:
                return page.refused(body or {}, refusal)
            if reply.status in SUCCESS:
                return page.accepted(body, refusal)
        except _NonsenseError as nonsense:
            return Unbelievable(reason=str(nonsense))
        return Unbelievable(reason=f"status {reply.status} does not settle a page")

    return verdict


def _errors(body: Mapping[str, object], rows: int, array: str) -> _Errors:
    entries = body.get("errors")
    if entries is None:
        entries = []
    if not isinstance(entries, list):
        raise _NonsenseError("`errors` is not a list")
    found = _Errors({}, [])
    named: dict[int, list[str]] = {}
    for entry in entries:
        index = entry.get("index") if isinstance(entry, dict) else None
        if isinstance(entry, dict) and entry.get("input_array") not in (None, array):
            raise _NonsenseError("`errors` names an array that was not sent")
        if index is None:
            found.unnamed.append(_text(entry))
        elif isinstance(index, int) and not isinstance(index, bool) and 0 <= index < rows:
            named.setdefault(index, []).append(_text(entry))
        else:
            raise _NonsenseError("`errors` names a row that was not sent")
    return found._replace(named=named)


def _text(entry: object) -> str:
    """The vendor's own words, as given."""
    if isinstance(entry, str):
        return entry
    if isinstance(entry, dict):
        for key in ("type", "message", "error"):
            if isinstance(entry.get(key), str):
                return str(entry[key])
    return json.dumps(entry, ensure_ascii=False)


def _rejection(texts: list[str]) -> Rejection:
    code = texts[0] if _CODE.fullmatch(texts[0]) else "BRAZE_ERROR"
    return Rejection(code=code, reason="; ".join(texts))


def _page_rejection(status: int, body: Mapping[str, object]) -> Rejection:
    """Why the whole page was refused; a JSON parse failure says it in `error`."""
    for key in ("message", "error"):
        text = body.get(key)
        if isinstance(text, str) and text:
            return Rejection(code=f"HTTP_{status}", reason=text)
    return Rejection(code=f"HTTP_{status}", reason=f"Braze answered {status} without a message")
