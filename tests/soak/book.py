"""The book of one activation: what the oracle knows of it, and whether the tables agree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from runner.sandbox import Server
from tests.oracle.braze import events_of, held_by
from tests.oracle.rules import Claim, EventRules, ModelRow, Operation, Plan, Rules
from tests.oracle.verdict import compare_events, compare_records
from tests.soak.agreement import plan_mistakes, synced_mistakes
from tests.soak.destination import FOREIGN, Asked, Destination, Item, robbed
from tests.soak.tables import NO_MARK, Place, Seen

UNCOUNTED = "fewer_counts"  # a fault that says of rows that they were not taken
DELETE_GUARDS = ("max_delete_rows", "max_delete_share")
OWN_CODES, NOT_SENT = "TAILRACE_", "not_sent"  # refused, or held back, by the runner itself


@dataclass(slots=True, kw_only=True)
class Stand:
    """A place that an activation sends to: the server, and what is known to be there.

    `touched` are the identifiers that were or may have been written on behalf of the activation;
    events in doubt were `given_up` by a person, or `resent` so many times.
    """

    server: Server[Destination]
    destination: Destination
    claims: dict[str, Claim] = field(default_factory=dict)
    touched: set[str] = field(default_factory=set)
    given_up: set[str] = field(default_factory=set)
    resent: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True, kw_only=True)
class Book:
    """One activation: how it is written now, what its current delta is, and what became of it.

    `written` and `target` are in the file of the model; `rows` and `planned` belong to the delta
    that is registered. `is_overlapped`: two runners sent it, as one was taken for dead.
    `is_removed` from the project; `is_paused` by a person.
    """

    name: str
    service: str
    rules: Rules
    stands: dict[str, Stand]
    target: str
    settings: dict[str, Any]
    shards: int = 1
    guards: dict[str, int] = field(default_factory=dict)
    written: list[str] = field(default_factory=list)
    remapped: set[str] = field(default_factory=set)
    seen: Seen = field(default_factory=Seen)
    base: str | None = None
    rows: list[ModelRow] = field(default_factory=list)
    planned: Plan = field(default_factory=dict)
    order: dict[Place, Operation] = field(default_factory=dict)
    places: dict[Item, Place] = field(default_factory=dict)
    settled: Counter[int] = field(default_factory=Counter)
    asked: set[Item] = field(default_factory=set)
    taken: set[Item] = field(default_factory=set)
    acknowledged: set[Item] = field(default_factory=set)
    refused: set[Item] = field(default_factory=set)
    deleting: bool = False
    is_overlapped: bool = False
    is_removed: bool = False
    is_paused: bool = False
    tally: Counter[str] = field(default_factory=Counter)

    @property
    def is_events(self) -> bool:
        """Whether it sends events."""
        return isinstance(self.rules, EventRules)

    @property
    def stand(self) -> Stand:
        """Where the registered delta is sent."""
        return self.stands[self.seen.target or self.target]

    @property
    def left(self) -> int:
        """How many rows of the delta are not settled."""
        return len(self.order) - self.settled.total()

    @property
    def is_torn(self) -> bool:
        """Whether the table holds another delta than the registered one: a build died.

        The other one may well have the same rows.
        """
        others = self.seen.delta_ids - {str(self.seen.delta_id)}
        return self.seen.delta != self.order or bool(others)

    def fail(self, text: str) -> None:
        """Say what is wrong."""
        raise AssertionError(f"{self.name}: {text}")

    def item(self, operation: Operation) -> Item:
        """What a request asks when it carries this operation."""
        leaves = operation.operation == "delete"
        if self.is_events:
            return Item("event", operation.key)
        if self.rules.mode == "membership":
            return Item("leave" if leaves else "enter", operation.identifier)
        return Item(
            "delete" if leaves and self.rules.on_leave == "delete" else "write",
            operation.identifier,
        )

    def hear(self, news: Sequence[Asked]) -> None:
        """Take note of requests for the current delta: only what it holds, deletes last."""
        for asked in news:
            for item in asked.items:
                self._hear(item)
            self.tally["rows sent"] += len(asked.items)
            self.tally["rows refused"] += len(asked.refused)
            if asked.fault:
                self.tally[f"fault: {asked.fault}"] += 1
            self.tally["repeats"] += len(asked.taken & self.taken)
            self.asked |= set(asked.items)
            self.taken |= asked.taken
            self.refused |= asked.refused
            if asked.fault == UNCOUNTED:
                # It may have been taken all the same.
                self.refused |= set(asked.items)
            if asked.answered:
                self.acknowledged |= asked.taken
        if lost := robbed(self.stand.destination):
            self.fail(f"others' records were changed: {lost}")

    def hear_late(self, news: Sequence[Asked], doubts: set[Item]) -> None:
        """Take note of requests of a runner whose delta was replaced while it sent a chunk."""
        for asked in news:
            self.tally["rows sent late"] += len(asked.items)
            if surplus := sorted(set(asked.items) - doubts):
                self.fail(f"sent late, and the watermarks knew nothing of it: {surplus}")

    def _hear(self, item: Item) -> None:
        place = self.places.get(item)
        if place is None:
            self.fail(f"{item} was sent, which the delta does not hold")
            return
        leaves = self.order[place].operation == "delete"
        if leaves and item.name not in self.stand.touched:
            self.fail(f"{item} was sent, and never anything else for it")
        if self.deleting and not leaves and self.shards == 1 and not self.is_overlapped:
            self.fail(f"{item} was sent after a delete")
        self.deleting = self.deleting or leaves

    def learn(self, seen: Seen) -> None:
        """Hold what the watermarks say against what the destination was asked and answered."""
        before, self.seen = self.seen, seen
        if seen.delta_id != before.delta_id:
            self.fail("its delta changed without a build")
        if seen.delta_ids == {seen.delta_id} and seen.delta != self.order:
            self.fail("rows of its delta changed without a build")
        for shard, (sending, acknowledged) in sorted(seen.marks.items()):
            for ordinal in range(self.settled[shard] + 1, acknowledged + 1):
                self._settle((shard, ordinal))
            self.settled[shard] = max(self.settled[shard], acknowledged)
            written = (self.order[shard, number + 1] for number in range(max(sending, 0)))
            names = {each.identifier for each in written if each.operation != "delete"}
            self.stand.touched |= names
        self._check_marks(seen)

    def _settle(self, place: Place) -> None:
        operation = self.order[place]
        content = self.planned[operation]
        item, refusal = self.item(operation), self.seen.refused.get(place)
        if refusal is None:
            if item not in self.acknowledged and not self._was_given_up(operation):
                self.fail(f"{item} is recorded as acknowledged, and was not")
            self.rules.acknowledged(operation, content)
        elif refusal.code != NOT_SENT:
            if item not in self.refused and not refusal.code.startswith(OWN_CODES):
                self.fail(f"{item} is recorded as refused ({refusal.code}), and was not")
            if item in self.taken and not refusal.in_doubt:
                self.fail(f"{item} was taken before it was refused, and nobody doubts it")
            self.rules.refused(operation, content)

    def _was_given_up(self, operation: Operation) -> bool:
        skips = isinstance(self.rules, EventRules) and self.rules.in_doubt == "skip"
        return skips or operation.key in self.stand.given_up

    def _check_marks(self, seen: Seen) -> None:
        for item in sorted(self.taken):
            shard, ordinal = self.places[item]
            sending, acknowledged = seen.marks.get(shard, NO_MARK)
            if ordinal > max(sending, acknowledged):
                self.fail(f"{item} was taken, and the watermarks know nothing of it")

    def doubts(self) -> set[Item]:
        """What may or may not have arrived, by the watermarks of the current delta."""
        return {self.item(self.order[place]) for place in self.seen.in_doubt()}

    def rebuilt(self, seen: Seen, rows: list[ModelRow], *, full: bool) -> None:
        """A build registered a new delta: it must hold what the oracle plans, and nothing else."""
        before = self.seen
        self._fold(before)
        moved = self._move(before, seen)
        self.rows = list(rows)
        self.rules.attributes = list(self.written)
        self.planned = self.rules.plan(self.rows, full=full)
        self.seen, self.order = seen, seen.delta or {}
        self.places = {self.item(operation): place for place, operation in self.order.items()}
        self.settled, self.deleting, self.is_overlapped = Counter(), False, False
        for heard in (self.asked, self.taken, self.acknowledged, self.refused):
            heard.clear()
        for mistake in (
            *plan_mistakes(self.order, self.planned),
            *synced_mistakes(seen, self.rules),
        ):
            self.fail(mistake)
        self._check_hold(seen, moved=moved)

    def _check_hold(self, seen: Seen, *, moved: bool) -> None:
        """Deletes are held where it came back to an old target, and where a guard says so."""
        deletes = sum(each.operation == "delete" for each in self.order.values())
        most, share = (self.guards.get(name, 100) for name in DELETE_GUARDS)
        guarded = deletes > most and 100 * deletes > share * len(self.rules.claims)
        held = seen.hold_reason is not None
        self.tally["held"] += held
        if held != ((moved and deletes > 0) or guarded):
            self.fail(f"hold: {seen.hold_reason!r}; moved: {moved}, deletes: {deletes}")

    def _fold(self, before: Seen) -> None:
        """What the build made of rows that were sent and never settled."""
        for place in before.in_doubt() + before.refused_in_doubt():
            operation = self.order[place]
            self.rules.doubted(operation, self.planned[operation])
            self.tally["rows in doubt"] += 1
        for (shard, ordinal), refusal in sorted(before.refused.items()):
            # Where refusals and watermark are no transaction, a refusal may stand alone.
            if ordinal > self.settled[shard] and refusal.code != NOT_SENT:
                operation = self.order[shard, ordinal]
                self.rules.refused(operation, self.planned[operation])

    def _move(self, before: Seen, seen: Seen) -> bool:
        """Turn to what is known of the place that it is sent to now; whether it was elsewhere."""
        if self.order and not before.is_held:
            self.base = before.target
        target = str(seen.target)
        if before.target not in {None, target}:
            self.rules.refusals.clear()
        self.rules.claims = self.stands[target].claims
        return self.base not in {None, target}

    def judge(self) -> None:
        """Hold the destination against the oracle, once all of the delta is settled.

        Rows that were refused are planned again by the next build.
        """
        state = self.stand.destination.state
        if isinstance(self.rules, EventRules):
            self.judge_events()
            return
        if self.seen.refused:
            return
        held = held_by(state, self.service)
        found = {name: values for name, values in held.items() if name not in FOREIGN}
        compare_records(self.name, self.rules, self.rows, found, remapped=self.remapped)

    def judge_events(self) -> None:
        """At any time: no event is lost that was acknowledged, none came more often than it may."""
        if isinstance(self.rules, EventRules) and self.seen.delta_id is not None:
            stand = self.stand
            counts, given_up = events_of(stand.destination.state), frozenset(stand.given_up)
            compare_events(self.name, self.rules, counts, given_up=given_up, resent=stand.resent)

    def doubtful_events(self) -> set[str]:
        """Events that wait for a person: of this delta, and of earlier ones that went there."""
        current = {self.order[place].key for place in self.seen.in_doubt()}
        here = [row for row in self.seen.synced if row.target == self.seen.target]
        return current | {row.key for row in here if row.status == "in_doubt"}

    def resolved(self, seen: Seen, choice: str) -> int:
        """A person decided on events in doubt; return on how many the tables followed him."""
        stand, before = self.stand, self.doubtful_events()
        known = set(stand.given_up)
        if choice == "skip":
            stand.given_up |= before
        else:
            # Taken or not: the watermarks forget it, since a person wants them once more.
            self.taken -= {Item("event", key) for key in before}
        self.learn(seen)
        decided = before - self.doubtful_events()
        stand.given_up = known | decided if choice == "skip" else known
        if choice == "resend":
            stand.resent.update(decided)
            for key in decided & set(stand.claims):
                if stand.claims[key].doubtful:
                    del stand.claims[key]
        return len(decided)
