"""The verdict: whether a destination holds what the oracle says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tests.oracle.destination import Held
from tests.oracle.rules import EventRules, ModelRow, Rules, frame, reasons


def compare_records(
    name: str,
    rules: Rules,
    rows: Sequence[ModelRow],
    found: Held,
    *,
    remapped: set[str],
    updates_create: bool = False,
) -> None:
    """Raise AssertionError where records or memberships are not as section 4 of the design says.

    `remapped` are attributes that were not mapped for a while: their old values may be left.
    """
    invalid = reasons(list(rows))
    resting = {key for (key, _, _), count in rules.refusals.items() if count >= rules.max_attempts}
    valid = [row for number, row in enumerate(rows) if number not in invalid]
    due = [row for row in valid if frame(row.key) not in resting]
    kept = set(rules.claims)
    missing = {str(row.identifier) for row in due} - set(found)
    if rules.mode != "update" or updates_create:
        assert not missing, f"{name}: the destination lacks {sorted(missing)}"
    if rules.mode == "membership" or (rules.mode == "mirror" and rules.on_leave == "delete"):
        assert set(found) <= kept, f"{name}: still there: {sorted(set(found) - kept)}"
    if rules.mode == "mirror" and rules.on_leave == "unset":
        for gone in set(found) - kept:
            left = set(found[gone]) & set(rules.attributes) - remapped
            assert not left, f"{name}: {gone}, who left, still has {sorted(left)}"
    if rules.mode in {"upsert", "mirror", "update"}:
        for row in due:
            if str(row.identifier) in found:
                _compare_profile(name, rules, row, found[str(row.identifier)], remapped)


def _compare_profile(
    name: str, rules: Rules, row: ModelRow, found: Mapping[str, str], remapped: set[str]
) -> None:
    for attribute in rules.attributes:
        value = row.values[attribute]
        if value is not None:
            held = found.get(attribute)
            assert held == value, f"{name}: {row.identifier} {attribute} is {held!r}, not {value!r}"
        elif rules.nulls == "send" and attribute not in remapped:
            assert attribute not in found, f"{name}: {row.identifier} still has {attribute}"


def compare_events(
    name: str,
    rules: EventRules,
    counts: Mapping[str, int],
    *,
    given_up: frozenset[str] = frozenset(),
    resent: Mapping[str, int] | None = None,
) -> None:
    """Raise AssertionError where an event is lost or came twice, against the activation's choice.

    A person may have given up events, or had them sent once more so many times.
    """
    for key, claim in rules.claims.items():
        if not claim.doubtful and key not in given_up and rules.in_doubt != "skip":
            # `skip` gives up what got no answer
            assert counts.get(key, 0) >= 1, f"{name}: event {key} never arrived"
        if rules.in_doubt != "resend":
            allowed = 1 + (resent or {}).get(key, 0)
            found = counts.get(key, 0)
            assert found <= allowed, f"{name}: event {key} came {found} times"
