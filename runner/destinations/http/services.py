"""`http.records`, `http.membership` and `http.events`: rows to an endpoint of the user's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from jinja2 import TemplateError

from runner.destinations.common.rows import told_operation
from runner.destinations.common.settings import option
from runner.destinations.http import templates
from runner.destinations.http.requests import endpoint, frame_of, path_of
from runner.destinations.http.settings import (
    BODY,
    DELETE,
    ERRORS,
    MESSAGE,
    PATH,
    ROW,
    SUCCESS,
    USERNAME,
    declared,
)
from runner.destinations.http.signing import BAD_KEY, has_readable_key
from runner.destinations.service import (
    ANY,
    Activation,
    Connection,
    Endpoint,
    Operation,
    Service,
    SyncMode,
)

IDENTIFIERS: Mapping[str, str] = {ANY: "names of your own, one or more"}
_WHAT = {name: f"{{{{ {name} }}}}" for name in ("operation", "identifiers", "attributes")}
RECORD_ROW: Mapping[str, str] = _WHAT
MEMBER_ROW = {name: _WHAT[name] for name in ("operation", "identifiers")}
EVENT_ROW = {"id": "{{ record_key }}"} | {
    name: _WHAT[name] for name in ("identifiers", "attributes")
}
_ANSWER: Mapping[str, None] = {"status": None, "reply": None}
_LIMITS = "As the connection says: max_rows, max_bytes and rate_limit."
_PERMISSIONS = ("whatever your endpoint asks for",)


def _mistakes(activation: Activation, connection: Connection) -> Iterator[str]:
    row: Mapping[str, Mapping[str, object] | None] = {
        "operation": None,
        "record_key": None,
        "identifiers": activation.identifiers,
        "attributes": activation.attributes,
    }
    operations: tuple[Operation, ...] = ("insert", "delete")
    for operation in operations[: 1 + (DELETE.name in connection.options)]:
        where = f"in its connection {connection.name}, " + ("delete." * (operation == "delete"))
        for setting in (PATH, ROW):
            value = declared(connection, setting, operation)
            for mistake in templates.mistakes(value, row):
                yield f"{where}{setting.name}: {mistake.rstrip('.?')}"
        try:
            frame_of(declared(connection, BODY, operation))
        except templates.TemplateFault as fault:
            yield f"{where}{BODY.name}: {fault}"
        try:
            path_of(str(declared(connection, PATH, operation)))
        except TemplateError as error:
            yield f"{where}{PATH.name}: {error.message}"
    if _leavers_pass_for_others(activation, connection):
        yield (
            f"its connection {connection.name} tells rows that left from no others: declare "
            '`delete`, or let row or path hold "{{ operation }}"'
        )
    yield from _reading_mistakes(connection, row)
    if "password" in connection.secrets and not option(connection, USERNAME):
        yield f"its connection {connection.name} has a password and no username"
    if not has_readable_key(connection):
        yield f"its connection {connection.name} has a {BAD_KEY}"


def _leavers_pass_for_others(activation: Activation, connection: Connection) -> bool:
    own_row = connection.options.get(ROW.name)
    if told_operation(activation, "delete") != "delete" or own_row is None:
        return False
    if activation.sync_mode not in {"mirror", "membership"} or activation.on_leave == "ignore":
        return False
    asked = (own_row, connection.options.get(PATH.name))
    return DELETE.name not in connection.options and not any(
        templates.known_to(each, "operation") for each in asked
    )


def _reading_mistakes(
    connection: Connection, row: Mapping[str, Mapping[str, object] | None]
) -> Iterator[str]:
    errors = connection.options.get(ERRORS.name) or {}
    known: dict[str, Mapping[str, Mapping[str, object] | None]] = {
        SUCCESS.name: _ANSWER,
        MESSAGE.name: _ANSWER,
        **{f"{ERRORS.name}.{part}": {**_ANSWER, "error": None} for part in errors},
        f"{ERRORS.name}.list": _ANSWER,
        f"{ERRORS.name}.of": {name: row[name] for name in ("record_key", "identifiers")},
    }
    texts = {SUCCESS.name: option(connection, SUCCESS), MESSAGE.name: option(connection, MESSAGE)}
    texts |= {f"{ERRORS.name}.{part}": text for part, text in errors.items()}
    for name, text in texts.items():
        if text is None:
            continue
        where = f"in its connection {connection.name}, {name}"
        for mistake in templates.mistakes(text, known[name]):
            yield f"{where}: {mistake.rstrip('.?')}"
        try:
            templates.expression(str(text))
        except TemplateError as error:
            yield f"{where}: {error.message}"


def _to(
    row: Mapping[str, str], *, repeatable: bool
) -> Callable[[Activation, Connection, Operation], Endpoint]:
    return lambda activation, connection, operation: endpoint(
        activation, connection, operation, dict(row), repeatable=repeatable
    )


_MODES: Mapping[SyncMode, str] = {
    "insert": "Sends each record once, with the operation insert.",
    "update": "Sends what changed, with the operation update.",
    "upsert": "Sends new records (insert) and what changed (update).",
    "mirror": "As upsert; who leaves is sent with the operation delete, by `on_leave`.",
}

RECORDS = Service(
    name="http.records",
    description="Records to an endpoint of your own; what its requests look like stands in its "
    "connection.",
    kind="record",
    sync_modes=_MODES,
    identifiers=IDENTIFIERS,
    permissions=_PERMISSIONS,
    leavers="Mirror only: sent with the operation `delete`, for which the connection may declare "
    "another request; with on_leave `unset` the attributes are null, `ignore` sends nothing.",
    limits=_LIMITS,
    repeatable=True,
    mistakes=_mistakes,
    endpoint=_to(RECORD_ROW, repeatable=True),
)

MEMBERSHIP = Service(
    name="http.membership",
    description="Who enters and who leaves a list, to an endpoint of your own.",
    kind="membership",
    sync_modes={"membership": "Who enters is sent with insert, who leaves with delete."},
    identifiers=IDENTIFIERS,
    permissions=_PERMISSIONS,
    leavers="Sent with the operation `delete`.",
    limits=_LIMITS,
    repeatable=True,
    mistakes=_mistakes,
    endpoint=_to(MEMBER_ROW, repeatable=True),
)

EVENTS = Service(
    name="http.events",
    description="Events to an endpoint of your own; `id` is the event's key, by which it can tell "
    "a repeat.",
    kind="event",
    sync_modes={"incremental": "Each event once, ever; nothing is taken back."},
    identifiers=IDENTIFIERS,
    permissions=_PERMISSIONS,
    leavers="Nothing: an event that happened is never taken back.",
    limits=_LIMITS,
    repeatable=False,
    mistakes=_mistakes,
    endpoint=_to(EVENT_ROW, repeatable=False),
)
