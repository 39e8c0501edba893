"""How the source of a history changes: people and events come, go, and become others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from tests.oracle.project import Event, hours_ago
from tests.oracle.rules import ModelRow

Key = tuple[str | None, ...]

KEYS: list[Key] = [
    ("a", "b-c"),
    ("a-b", "c"),
    ("a", "b"),
    ("1", "2|1:x"),
    ("", "x"),
    ("é😀", "'"),
    ("a", None),
]
IDENTIFIERS: list[str | None] = ["u1", "u2", "u3", "u4", "u5", "u6", "q\"'\\", "", None]
VALUES: dict[str, list[str | None]] = {
    "word": ["x", "", 'é😀 "quoted"\n\\u000a', "y", None],
    "amount": ["1.50", "-0.01", "123456789012345678.90", None],
    "big": ["9007199254740993", "0", None],
}
# What may change, as often as it is drawn.
CHANGES = (
    ("insert",) * 6 + ("value",) * 6 + ("delete",) * 4 + ("identifier",) * 3 + ("swap", "key") * 2
    + ("repeat",) + ("event",) * 4 + ("undo",) * 3 + ("map",)
)  # fmt: skip


class Source(Protocol):
    """What changes: the rows of now, those of the step before, and what is mapped.

    `keys` and `identifiers` are those that a row may get.
    """

    keys: Sequence[Key]
    identifiers: Sequence[str | None]
    people: list[ModelRow]
    before: list[ModelRow]
    events: list[Event]
    mapped: list[str]


def change(source: Source, what: str, place: int, choice: int) -> None:
    """Change the source in one way; every number means something."""
    people = source.people
    keys = {row.key for row in people}
    if what == "insert" and source.keys[place % len(source.keys)] in keys and choice % 8:
        what = "value"
    if what == "undo":
        source.people = list(source.before)
    elif what == "map":
        name = list(VALUES)[choice % 3]
        others = [each for each in source.mapped if each != name]
        source.mapped = others if name in source.mapped and others else sorted({*others, name})
    elif what == "event":
        number = f"e{choice % 40}"
        # Of today, too old, or yet to come.
        hours = (*range(1, 18), *range(36, 40), *range(-16, -12))[choice % 25]
        time = hours_ago(hours)
        source.events.append((number, source.identifiers[place % 6] or "u1", time))
    elif what == "insert" or not people:
        values = {name: options[choice % len(options)] for name, options in VALUES.items()}
        key, identifier = (
            source.keys[place % len(source.keys)],
            source.identifiers[choice % len(source.identifiers)],
        )
        people.append(ModelRow(key, identifier, values))
    else:
        _change_row(source, what, place % len(people), choice)


def _change_row(source: Source, what: str, place: int, choice: int) -> None:
    people = source.people
    row = people[place]
    if what == "delete":
        del people[place]
    elif what == "value":
        name = list(VALUES)[choice % 3]
        options = VALUES[name]
        people[place] = row._replace(values={**row.values, name: options[choice % len(options)]})
    elif what == "identifier":
        people[place] = row._replace(
            identifier=source.identifiers[choice % len(source.identifiers)]
        )
    elif what == "swap":
        other = choice % len(people)
        people[place] = row._replace(identifier=people[other].identifier)
        people[other] = people[other]._replace(identifier=row.identifier)
    elif what == "key":
        people[place] = row._replace(key=source.keys[choice % len(source.keys)])
    elif what == "repeat":
        people.append(row)
