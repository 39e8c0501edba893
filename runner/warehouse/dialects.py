"""Where engines depart from each other, seen from the runner: their clocks, labels and errors."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from runner.errors import UnavailableError
from runner.warehouse import MissingRelationError, StatementLostError
from runner.warehouse.lake import LakeConnection

# Drivers have no common errors, only words.
MISSING = ("does not exist", "not found", "undefinedtable", "table_or_view_not_found")
# The session ended before: the server took nothing of the statement.
EXPIRED = (
    *("token has expired", "session no longer exists", "session has expired"),
    *("invalid sessionhandle", "cursor from closed connection", "connection already closed"),
    *("connection is closed", "connection is not open"),
)
# The connection broke off, and the statement may have been taken.
BROKEN = (
    *("server closed the connection", "server socket closed", "terminating connection"),
    *("broken pipe", "connection reset", "connection timed out", "connection aborted"),
    "exceeded, last exception",
)
# Another session was first, or there were too many: the engine undid the statement.
COLLIDED = (
    *("could not serialize access", "concurrent update", "serializable isolation violation"),
    *("deadlock detected", "delta_concurrent", "concurrentappendexception"),
    *("commitfailedexception", "found conflicting files"),
    *("concurrentmodificationexception", "waiters for this lock exceeds"),
    *("too many table update operations", "too many dml statements outstanding"),
    *("exceeded rate limits", "retrying the job may solve the problem"),
)


def _no_labels(_: Mapping[str, str]) -> dict[str, object]:
    return {}


def _query_tag(labels: Mapping[str, str]) -> dict[str, object]:
    return {"_statement_params": {"QUERY_TAG": json.dumps(dict(labels))}}


# Lower-case letters, digits, _ and -, at most 63 of them.
_NO_LABEL = re.compile(r"[^a-z0-9_-]")


def _job_labels(labels: Mapping[str, str]) -> dict[str, object]:
    written = {name: _NO_LABEL.sub("_", text.lower())[:63] for name, text in labels.items()}
    return {"labels": written}


def _as_opened(handle: Any) -> Any:  # noqa: ANN401 - drivers have no common type
    return handle


def _bigquery(client: Any) -> Any:  # noqa: ANN401 - as above
    from runner.warehouse.bigquery import BigQueryConnection

    return BigQueryConnection(client)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """What an engine's driver takes.

    `ago` has a hole for the seconds; `labelled` gives what the cursor's execute takes beside a
    statement, so that the engine's log of statements names the run; `connection` makes cursors
    of what the adapter opened.
    """

    placeholder: str = "%s"
    now: str = "current_timestamp"
    ago: str = "(current_timestamp - interval '{} seconds')"
    transactional: bool = True
    labelled: Callable[[Mapping[str, str]], dict[str, object]] = _no_labels
    connection: Callable[[Any], Any] = _as_opened


_UTC = "(current_timestamp at time zone 'UTC')"
# A timestamp is a point in time here, whatever the session's zone.
_LAKE = Dialect(
    placeholder="?",
    now="current_timestamp()",
    ago="(current_timestamp() - make_dt_interval(0, 0, 0, {}))",
    transactional=False,
    connection=LakeConnection,
)
_REDSHIFT_UTC = "(cast(sysdate as timestamptz) at time zone 'UTC')"
DIALECTS = {
    "duckdb": Dialect(placeholder="?", now=_UTC, ago=f"({_UTC} - interval '{{}} seconds')"),
    "postgres": Dialect(now=_UTC, ago=f"({_UTC} - interval '{{}} seconds')"),
    # sysdate follows the session's zone; the seconds to go back may be negative.
    "redshift": Dialect(now=_REDSHIFT_UTC, ago=f"dateadd(second, -({{}}), {_REDSHIFT_UTC})"),
    "spark": _LAKE,
    "databricks": _LAKE,
    "snowflake": Dialect(
        now="sysdate()", ago="dateadd(second, -({}), sysdate())", labelled=_query_tag
    ),
    # A timestamp is a point in time here, whatever the session's zone.
    "bigquery": Dialect(
        placeholder="?",
        now="current_timestamp()",
        ago="timestamp_sub(current_timestamp(), interval {} second)",
        transactional=False,
        labelled=_job_labels,
        connection=_bigquery,
    ),
}


def failure(sentence: str, said: str) -> UnavailableError:
    """The error that a driver's words stand for; `sentence` is what a person is told."""
    words = said.lower()

    def says(known: tuple[str, ...]) -> bool:
        return any(each in words for each in known)

    if says(EXPIRED):
        return StatementLostError(sentence, session_lost=True, untaken=True)
    if says(BROKEN):
        return StatementLostError(sentence, session_lost=True, untaken=False)
    if says(COLLIDED):
        return StatementLostError(sentence, session_lost=False, untaken=True)
    return MissingRelationError(sentence) if says(MISSING) else UnavailableError(sentence)
