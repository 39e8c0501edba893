"""What a connection to Dotdigital may set (Dotdigital contract, sections 4, 7 and 9)."""

from __future__ import annotations

import re

from runner.destinations.common.settings import OPTION_COUNT, OPTION_RATE, text, whole
from runner.destinations.service import Setting


def _are_seconds(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(_seconds(each) for each in value)


def _seconds(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value > 0


IMPORT_MAX_ROWS = Setting(
    name="import_max_rows",
    description="Contacts in one import (U1).",
    default=10_000,
    check=OPTION_COUNT,
)
IMPORT_MAX_BYTES = Setting(
    name="import_max_bytes",
    description="Bytes of one import's body; Dotdigital takes 50 MB.",
    default=20_000_000,
    check=OPTION_COUNT,
)
IMPORT_RATE = Setting(
    name="import_rate_limit",
    description="Imports begun in any window of so many seconds (U2). Dotdigital works on 25 at a "
    "time: concurrency bounds those of this connection.",
    default={"requests": 60, "seconds": 60},
    check=OPTION_RATE,
)
SINGLE_RATE = Setting(
    name="single_rate_limit",
    description="All other requests in any window of so many seconds (U2).",
    default={"requests": 600, "seconds": 60},
    check=OPTION_RATE,
)
POLL_SECONDS = Setting(
    name="poll_seconds",
    description="Seconds before each question whether an import has ended, the last one again and "
    "again.",
    default=[5, 10, 20, 30],
    check=("a list of numbers of seconds above 0", _are_seconds),
)
IMPORT_SECONDS = Setting(
    name="import_seconds",
    description="Seconds for which a run waits for one import; the next run asks for it again.",
    default=3600,
    check=("a whole number of seconds above 0", lambda value: whole(value) is not None),
)
MAX_TEXT = Setting(
    name="max_text",
    description="Characters that a text data field takes (unconfirmed).",
    default=1000,
    check=OPTION_COUNT,
)
OPTIONS = (
    *(IMPORT_MAX_ROWS, IMPORT_MAX_BYTES, IMPORT_RATE, SINGLE_RATE),
    *(POLL_SECONDS, IMPORT_SECONDS, MAX_TEXT),
)

_CUSTOM = re.compile(r"[-A-Za-z0-9_]{1,50}")
CUSTOM_IDENTIFIER = Setting(
    name="custom_identifier",
    description="What the identifier `custom` is called in the account.",
    check=(
        "1 to 50 letters, digits, - or _",
        lambda value: isinstance(value, str) and _CUSTOM.fullmatch(value) is not None,
    ),
)
LIST = Setting(
    name="list",
    description="The name of the list, which is made (private) where there is none.",
    check=text(128),
)
LIST_ID = Setting(
    name="list_id",
    description="The number of a list that is there already.",
    check=("a whole number above 0", lambda value: whole(value) is not None),
)
