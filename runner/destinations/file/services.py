"""`file.csv`, `file.jsonl` and `file.parquet`: one page of a delta is one file."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from runner.destinations.common import jsontext
from runner.destinations.common.jsontext import Member
from runner.destinations.common.rows import payload_of, told_operation
from runner.destinations.common.settings import count
from runner.destinations.file.settings import MAX_BYTES, MAX_ROWS
from runner.destinations.service import (
    ANY,
    Activation,
    Connection,
    Endpoint,
    Operation,
    RateLimit,
    Rejection,
    Reply,
    Row,
    Service,
    Settled,
    SyncMode,
    Target,
    Verdict,
)

OWN = ("_operation", "_record_key", "_changed")
# Where the disk or the store is the limit, there is nothing to wait for.
FREE = RateLimit(requests=1_000_000, seconds=1.0, bucket="files")


def _mistakes(activation: Activation, _: Connection) -> Sequence[str]:
    names = [*activation.identifiers, *activation.attributes]
    twice = sorted({name for name in names if names.count(name) > 1})
    taken = sorted(set(names) & set(OWN))
    return [
        *(f"`{name}` is both identifier and attribute: a column has one value" for name in twice),
        *(f"`{name}` is a column of the file's own: rename the attribute" for name in taken),
    ]


def columns(activation: Activation) -> list[str]:
    """The columns of a file with cells, in order."""
    return [*activation.identifiers, *activation.attributes, *OWN]


def _values(activation: Activation, row: Row) -> dict[str, Member] | Rejection:
    """The identifiers of a row, and the attributes that it has."""
    try:
        identifiers = jsontext.members(row.identifiers)
    except ValueError:
        return Rejection(code="TAILRACE_BAD_JSON", reason="The identifiers are not a JSON object")
    for name in activation.identifiers:
        value = identifiers[name].value if name in identifiers else None
        if isinstance(value, bool) or value in (None, ""):
            words = f"`{name}` is not text, or is empty"
            return Rejection(code="TAILRACE_NO_IDENTIFIER", reason=words)
    payload = payload_of(row)
    return payload if isinstance(payload, Rejection) else identifiers | payload


def _cells(activation: Activation, row: Row) -> list[str | None] | Rejection:
    """Each column's text: a JSON text's own, what JSON says of anything else, None for a null."""
    values = _values(activation, row)
    if isinstance(values, Rejection):
        return values
    names = [*activation.identifiers, *activation.attributes]
    cells = [_text(values[name]) if name in values else None for name in names]
    changed = [name for name in values if name not in activation.identifiers]
    told = told_operation(activation, row.operation)
    return [*cells, told, row.record_key, json.dumps(changed, ensure_ascii=False)]


def _text(member: Member) -> str | None:
    if member.value is None or isinstance(member.value, str):
        return member.value
    return member.text


def _csv(activation: Activation, row: Row) -> bytes | Rejection:
    cells = _cells(activation, row)
    return cells if isinstance(cells, Rejection) else ",".join(map(_quoted, cells)).encode()


def _quoted(text: str | None) -> str:
    """A cell by RFC 4180; a null is nothing, an empty text a pair of quotes."""
    if text is None:
        return ""
    if text and not set(text) & set('",\r\n') and text == text.strip():
        return text
    doubled = text.replace('"', '""')
    return f'"{doubled}"'


def _jsonl(activation: Activation, row: Row) -> bytes | Rejection:
    values = _values(activation, row)
    if isinstance(values, Rejection):
        return values
    members = [f"{json.dumps(name)}:{each.text}" for name, each in values.items()]
    told = told_operation(activation, row.operation)
    own = [f'"_operation":"{told}"', f'"_record_key":{json.dumps(row.record_key)}']
    return jsontext.joined([*members, *own]).encode()


def _parquet(activation: Activation, row: Row) -> bytes | Rejection:
    cells = _cells(activation, row)
    return cells if isinstance(cells, Rejection) else json.dumps(cells).encode()


def _packed(names: Sequence[str], body: bytes) -> bytes:
    from runner.destinations.file.packing import parquet

    return parquet(names, body)


def _verdict(_: Reply, __: Sequence[Row]) -> Verdict:
    """A file is there as a whole, or its transport says why not."""
    return Settled(rejections={})


def _endpoint_of(
    form: str, fragment: Callable[[Activation, Row], bytes | Rejection]
) -> Callable[[Activation, Connection, Operation], Endpoint]:
    def endpoint(activation: Activation, connection: Connection, operation: Operation) -> Endpoint:
        head = {"csv": ",".join(map(_quoted, columns(activation))) + "\r\n", "parquet": "["}
        tail = {"csv": "\r\n", "jsonl": "\n", "parquet": "]"}
        between = {"csv": b"\r\n", "jsonl": b"\n", "parquet": b","}
        target = Target(
            path=f"/{activation.name}/{told_operation(activation, operation)}.{form}",
            opening=head.get(form, "").encode(),
            closing=tail[form].encode(),
        )
        return Endpoint(
            targets=(target,),
            fragment=partial(fragment, activation),
            verdict=_verdict,
            separator=between[form],
            pack=partial(_packed, columns(activation)) if form == "parquet" else None,
            max_rows=count(connection, MAX_ROWS),
            max_bytes=count(connection, MAX_BYTES),
            rate=FREE,
            permission="writing files",
            method="WRITE",
        )

    return endpoint


_MODES: Mapping[SyncMode, str] = {
    "insert": "Each record once, with the operation insert.",
    "update": "What changed, with the operation update.",
    "upsert": "New records (insert) and what changed (update).",
    "mirror": "As upsert; who leaves has the operation delete, or null attributes by `on_leave`.",
}
REFUSED_MODES: Mapping[SyncMode, str] = {
    "membership": "a file has the operation of each row beside its identifiers: use mirror",
    "incremental": "a file that was written twice would hold events twice: use insert, by which "
    "each key is written once, and again only after a failure",
}


def _service(
    form: str, what: str, fragment: Callable[[Activation, Row], bytes | Rejection]
) -> Service:
    return Service(
        name=f"file.{form}",
        description=what,
        kind="record",
        sync_modes=_MODES,
        refused_modes=REFUSED_MODES,
        identifiers={ANY: "names of your own, one or more"},
        permissions=("writing, and on disks and SFTP renaming, in the folder of the connection",),
        leavers="Mirror only: a row with the operation `delete`; with on_leave `unset` an update "
        "with nulls; `ignore` writes nothing.",
        limits="As the connection says: max_rows and max_bytes a file.",
        repeatable=True,
        mistakes=lambda activation, connection: iter(_mistakes(activation, connection)),
        endpoint=_endpoint_of(form, fragment),
    )


CSV = _service(
    "csv",
    "CSV by RFC 4180 in UTF-8: identifiers, all attributes, `_operation`, `_record_key` and "
    "`_changed`, the attributes that a row has, as a JSON list. A null is an empty cell, an empty "
    'text is `""`; what is neither text nor null is written as JSON.',
    _csv,
)
JSONL = _service(
    "jsonl",
    "JSON lines: an object a row with its identifiers, the attributes that it has, `_operation` "
    "and `_record_key`.",
    _jsonl,
)
PARQUET = _service(
    "parquet",
    "Parquet: the columns of file.csv, all of them text, so that no file has another schema.",
    _parquet,
)
