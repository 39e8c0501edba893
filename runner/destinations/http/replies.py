"""What an answer says about the rows of its request, as the connection declares it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from runner.destinations.common.settings import option
from runner.destinations.http.settings import ERRORS, MESSAGE, SUCCESS
from runner.destinations.http.templates import (
    LEFT_OUT,
    Names,
    Template,
    TemplateFault,
    expression,
    parsed,
)
from runner.destinations.service import (
    Connection,
    Reading,
    Rejection,
    Reply,
    Row,
    Settled,
    Split,
    Unbelievable,
    Verdict,
)

SUCCESSES = range(200, 300)
Errors = Mapping[str, Template]


def reader(connection: Connection, gone: frozenset[int], *, repeatable: bool) -> Reading:
    """Make the `verdict` of a connection; a status of `gone` says that a row is not there any more.

    `repeatable` false: no row is sent twice on a doubt.
    """
    success, message = (_expression(option(connection, each)) for each in (SUCCESS, MESSAGE))
    errors = {
        name: expression(text) for name, text in (connection.options.get(ERRORS.name) or {}).items()
    }

    def judged(reply: Reply, rows: Sequence[Row]) -> Verdict:
        names: Names = {"status": reply.status, **_reply(reply)}
        taken = reply.status in gone or _is_taken(success, names, reply)
        refused, unnamed = _refusals(errors, names, rows)
        if len(refused) == len(rows) or (taken and not unnamed):
            return Settled(rejections=refused)
        if taken and not repeatable and len(rows) > 1:
            return Unbelievable(reason="an error that it lists names no row that was sent")
        if not taken and success is None and reply.status in SUCCESSES:
            return Unbelievable(reason="it is an HTML page")
        return Split(rejection=unnamed[0] if taken else _refusal(reply, _text(message, names)))

    def verdict(reply: Reply, rows: Sequence[Row]) -> Verdict:
        try:
            return judged(reply, rows)
        except TemplateFault as fault:
            if reply.status in SUCCESSES:
                return Unbelievable(reason=f"what it means cannot be told, {fault}")
            return Split(rejection=_refusal(reply))

    return verdict


def _expression(text: object) -> Template | None:
    return expression(str(text)) if text else None


def _is_taken(success: Template | None, names: Names, reply: Reply) -> bool:
    if success is None:
        return reply.status in SUCCESSES and "html" not in reply.headers.get("content-type", "")
    return success(names) is True


def _reply(reply: Reply) -> Names:
    """The answer's JSON, if it is any."""
    try:
        return {"reply": parsed(reply.body.decode())}
    except ValueError:
        return {}


def _refusal(reply: Reply, words: str = "") -> Rejection:
    words = words or f"It answered {reply.status} without a message"
    return Rejection(code=f"HTTP_{reply.status}", reason=words)


def _refusals(
    errors: Errors, names: Names, rows: Sequence[Row]
) -> tuple[dict[int, Rejection], list[Rejection]]:
    """The rows that are refused, and refusals that name no row."""
    refused: dict[int, Rejection] = {}
    unnamed: list[Rejection] = []
    for error in _listed(errors, names):
        said = _rejection(errors, {**names, "error": error})
        at = _row(errors, {**names, "error": error}, rows)
        if at is None:
            unnamed.append(said)
        else:
            refused[at] = said
    return refused, unnamed


def _listed(errors: Errors, names: Names) -> Iterator[object]:
    if not errors:
        return
    try:
        found = errors["list"](names)
    except TemplateFault:  # no such list in this answer
        return
    if isinstance(found, list):
        yield from found


def _rejection(errors: Errors, names: Names) -> Rejection:
    code, reason = (_text(errors.get(part), names) for part in ("code", "reason"))
    return Rejection(code=code or "REFUSED", reason=reason or "It gives no reason")


def _text(part: Template | None, names: Names) -> str:
    found = part(names) if part else LEFT_OUT
    return "" if found is LEFT_OUT or found is None else str(found)


def _row(errors: Errors, names: Names, rows: Sequence[Row]) -> int | None:
    if "index" in errors:
        index = errors["index"](names)
        whole = isinstance(index, int) and not isinstance(index, bool)
        return index if whole and 0 <= index < len(rows) else None  # type: ignore[operator,return-value]
    wanted = _text(errors["key"], names)
    called = errors.get("of")
    found = [at for at, row in enumerate(rows) if wanted == (_called(called, row) or None)]
    return found[0] if len(found) == 1 else None


def _called(called: Template | None, row: Row) -> str:
    if called is None:
        return row.record_key
    return _text(called, {"record_key": row.record_key, "identifiers": parsed(row.identifiers)})
