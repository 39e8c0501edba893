"""What nearly every row looks like, as one pattern: such a row is spliced without a further look.

It matches only what `identify` and `check_attributes` let pass, and text that is written as it
stands. Whatever it does not know goes the long way, so it may be narrow.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from runner.destinations.braze.fields import CHOICES, FIELD_TYPES, FORMS, TIMES
from runner.destinations.braze.identity import MAX_EXTERNAL_ID
from runner.destinations.braze.values import Limits
from runner.destinations.common.rows import identifier_of
from runner.destinations.service import Activation

# All but quotes, backslashes and control signs: as ranges, which are matched in less time.
_TEXT = r'"[\x5d-\U0010ffff\x23-\x5b\x20\x21]%s"'
_BOOLEAN = "true|false"
_NUMBER = r"-?(?:0|[1-9][0-9]{0,99}+)(?:\.[0-9]{1,99}+)?+"
# Printable ASCII that JSON does not escape; and of that, what an address has around its sign.
_SIGN = r"[\x20\x21\x23-\x5b\x5d-\x7e]"
_LETTER = r"[\x21\x23-\x3f\x41-\x5b\x5d-\x7e]"
_IDENTIFIERS = {
    "external_id": f"{_SIGN}{{1,{MAX_EXTERNAL_ID}}}+",
    "braze_id": f"{_SIGN}+",
    "email": f"{_LETTER}+@{_LETTER}+",
    "phone": r"\+[1-9][0-9]{1,14}",
}


def usual_row(activation: Activation, limits: Limits) -> re.Pattern[str] | None:
    """The pattern of a row's identifiers and payload, one after the other as they were rendered.

    None where the identifier is sent in another form than it comes.
    """
    name = identifier_of(activation)
    if name not in _IDENTIFIERS:
        return None
    # By name, as the warehouse writes them; an update holds some of them.
    members = "".join(_member(name, limits) for name in sorted(activation.attributes))
    return re.compile(rf'\{{"{name}":"{_IDENTIFIERS[name]}"\}}\{{(?="){members}\}}')


def _member(name: str, limits: Limits) -> str:
    values = "|".join(["null", *_values(name, limits)])
    written = "|".join({re.escape(json.dumps(name, ensure_ascii=only)) for only in (True, False)})
    return rf'(?:(?:{written}):(?:{values})(?:,(?=")|(?=\}})))?+'


def _values(name: str, limits: Limits) -> Iterator[str]:
    """What an attribute may hold beside null, where a pattern can tell."""
    kind = FIELD_TYPES.get(name)
    if kind is None:
        yield from (_TEXT % f"{{0,{limits.string}}}+", _NUMBER, _BOOLEAN)
    elif kind is bool:
        yield _BOOLEAN
    elif name in CHOICES:
        yield from (f'"{choice}"' for choice in CHOICES[name])
    elif name in FORMS:
        yield f'"(?:{FORMS[name][0].pattern})"'
    elif kind is str and name != "dob" and name not in TIMES:
        yield _TEXT % "*+"
