"""The table at the end of a soak: what it went through, and how often."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from tests.soak.tale import Outcome

TOTALS = (
    "builds",
    "pushes",
    "rows sent",
    "repeats",
    "rows in doubt",
    "events resolved",
    "approved",
)
PLACED = ("killed", "warehouse failed", "locked out")


def line(outcome: Outcome, seconds: float) -> str:
    """One seed in a line."""
    counts = outcome.counts
    kind = f"{outcome.engine}{', autocommit' if outcome.autocommit else ''}"
    killed = sum(number for name, number in counts.items() if "killed" in name)
    faults = sum(number for name, number in counts.items() if name.startswith("fault"))
    return (
        f"{outcome.name} ({kind}): {'DISAGREES' if outcome.failure else 'agrees'}, "
        f"{counts['builds']} builds, {counts['pushes']} pushes, {killed} killed, {faults} faults, "
        f"{counts['rows sent']} rows sent, {seconds:.0f} s, {outcome.digest}"
    )


def table(outcomes: Sequence[Outcome]) -> str:
    """All seeds of a run."""
    counts: Counter[str] = Counter()
    for outcome in outcomes:
        counts.update(outcome.counts)
    wrong = [outcome.name for outcome in outcomes if outcome.failure]
    rows: list[tuple[str, object]] = [
        ("seeds and sweeps", len(outcomes)),
        ("of these without transactions", sum(outcome.autocommit for outcome in outcomes)),
        *((name, counts.pop(name, 0)) for name in TOTALS),
    ]
    rows += [(name, counts.pop(name)) for name in _by_place(counts)]
    rows += sorted(counts.items())
    rows.append(("verdict", f"disagreement: {', '.join(wrong)}" if wrong else "all agree"))
    width = max(len(name) for name, _ in rows)
    return "\n".join(f"{name:<{width}}  {value}" for name, value in rows)


def _by_place(counts: Iterable[str]) -> list[str]:
    return sorted(name for name in counts if any(word in name for word in PLACED))
