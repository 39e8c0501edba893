"""Whether the tables of a fresh build agree with the oracle: its delta, and its synced state."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping

from tests.oracle.rules import EventRules, Operation, Plan, Rules
from tests.soak.tables import Place, Seen, Synced

RANKS = {"insert": 1, "update": 2, "delete": 3}


def plan_mistakes(order: Mapping[Place, Operation], planned: Plan) -> Iterator[str]:
    """What a delta lacks or holds for no reason; deletes come last, ordinals are dense."""
    found, wanted = Counter(order.values()), Counter(list(planned))
    missing, surplus = list((wanted - found).elements()), list((found - wanted).elements())
    if missing or surplus:
        yield f"not planned: {missing}; planned for no reason: {surplus}"
    ranks = [(place[0], RANKS[each.operation]) for place, each in order.items()]
    if ranks != sorted(ranks):
        yield "deletes do not come last"
    for shard in sorted({place[0] for place in order}):
        ordinals = [ordinal for each, ordinal in order if each == shard]
        if ordinals != list(range(1, len(ordinals) + 1)):
            yield f"ordinals are not dense: {ordinals}"


def synced_mistakes(seen: Seen, rules: Rules) -> Iterator[str]:
    """Just after a build the synced state is what was acknowledged, and what is in doubt."""
    rows = [row for row in seen.synced if row.target == seen.target]
    if isinstance(rules, EventRules):
        found: dict[str, object] = dict.fromkeys(row.key for row in rows)
        wanted: dict[str, object] = dict.fromkeys(rules.claims)
    else:
        found = {row.identifier: _content(row) for row in rows}
        wanted = {
            name: (claim.key, None if claim.doubtful else claim.values)
            for name, claim in rules.claims.items()
        }
    if len(found) != len(rows) or found != wanted:
        yield f"the synced state is {found}, not {wanted}"


def _content(row: Synced) -> tuple[str, dict[str, str] | None]:
    if row.status != "acknowledged":
        return row.key, None
    values = json.loads(row.attributes, parse_float=str, parse_int=str)
    # A null stands for a value that nobody knows.
    known = {name: "?" if value is None else str(value) for name, value in values.items()}
    return row.key, known
