"""One cycle of the property test: change the source, build, push with faults, compare."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from runner.errors import ExitCode
from runner.report import RunResult
from runner.sandbox import Fault
from tests.oracle.rules import EventRules, ModelRow, frame, reasons
from tests.oracle.world import GROUP, Activation, World

KEYS: list[tuple[str | None, ...]] = [
    ("a", "b-c"),
    ("a-b", "c"),
    ("a", "b"),
    ("1", "2|1:x"),
    ("", "x"),
    ("é😀", "'"),
    ("a", None),
]
IDENTIFIERS = ["u1", "u2", "u3", "u4", "u5", "u6", "q\"'\\", "", None]
VALUES: dict[str, list[str | None]] = {
    "word": ["x", "", 'é😀 "quoted"\n\\u000a', "y", None],
    "amount": ["1.50", "-0.01", "123456789012345678.90", None],
    "big": ["9007199254740993", "0", None],
}
RANKS = {"insert": 1, "update": 2, "delete": 3}


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """How one push goes.

    Who is refused; at which write the runner is killed, if at all, just before or after it; what
    goes wrong with which request; and whether the same delta is pushed once more, undisturbed.
    """

    refused: tuple[int, ...] = ()
    fatal_write: int | None = None
    after: bool = False
    fault: Fault | None = None
    faulty_request: int = 0
    again: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Cycle:
    """Changes as (what, place, choice), how to build, and a push for each activation."""

    changes: tuple[tuple[str, int, int], ...]
    full: bool
    pushes: tuple[Push, ...]


@dataclass(slots=True, kw_only=True)
class Tally:
    """What a run went through, for its report."""

    steps: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    operations: dict[str, Counter[str]] = field(default_factory=dict)


def change(world: World, what: str, place: int, choice: int) -> None:
    """Change the source in one way; every number means something."""
    people = world.people
    keys = {row.key for row in people}
    if what == "insert" and KEYS[place % len(KEYS)] in keys and choice % 8:
        what = "value"
    if what == "undo":
        world.people = list(world.before)
    elif what == "map":
        name = list(VALUES)[choice % 3]
        others = [each for each in world.mapped if each != name]
        world.mapped = others if name in world.mapped and others else sorted({*others, name})
    elif what == "event":
        number = f"e{choice % 40}"
        time = f"2026-01-{1 + choice % 28:02} 10:00:00"
        world.events.append((number, IDENTIFIERS[place % 6] or "u1", time))
    elif what == "insert" or not people:
        values = {name: options[choice % len(options)] for name, options in VALUES.items()}
        key, identifier = KEYS[place % len(KEYS)], IDENTIFIERS[choice % len(IDENTIFIERS)]
        people.append(ModelRow(key, identifier, values))
    else:
        _change_row(people, what, place % len(people), choice)


def _change_row(people: list[ModelRow], what: str, place: int, choice: int) -> None:
    row = people[place]
    if what == "delete":
        del people[place]
    elif what == "value":
        name = list(VALUES)[choice % 3]
        options = VALUES[name]
        people[place] = row._replace(values={**row.values, name: options[choice % len(options)]})
    elif what == "identifier":
        people[place] = row._replace(identifier=IDENTIFIERS[choice % len(IDENTIFIERS)])
    elif what == "swap":
        other = choice % len(people)
        people[place] = row._replace(identifier=people[other].identifier)
        people[other] = people[other]._replace(identifier=row.identifier)
    elif what == "key":
        people[place] = row._replace(key=KEYS[choice % len(KEYS)])
    elif what == "repeat":
        people.append(row)


def run(world: World, cycle: Cycle, tally: Tally) -> None:
    """Take one cycle through dbt and the runner, and hold the result against the oracle."""
    mapped, now = list(world.mapped), list(world.people)
    for what, place, choice in cycle.changes:
        change(world, what, place, choice)
        tally.counts[f"change: {what}"] += 1
    world.before = now
    for activation in world.activations:
        tally.counts["rows in doubt"] += world.doubt(activation)
    world.expire_leases()
    if world.mapped != mapped:
        for activation in world.activations:
            activation.remapped |= set(mapped) - set(world.mapped)
        world.write_models()
    world.build(*(["--full-refresh"] if cycle.full else []))
    tally.steps += 1
    for activation, push in zip(world.activations, cycle.pushes, strict=True):
        _compare_plan(world, activation, full=cycle.full)
        planned = tally.operations.setdefault(activation.name, Counter())
        planned.update(operation.operation for operation in activation.order)
        _push(world, activation, push, tally)


def rows_of(world: World, activation: Activation) -> list[ModelRow]:
    """The rows of the model that an activation sends."""
    if not isinstance(activation.rules, EventRules):
        return world.people
    return [
        ModelRow((key,), identifier, {"time": time.replace(" ", "T") + "Z", "event_id": key})
        for key, identifier, time in world.events
    ]


def _compare_plan(world: World, activation: Activation, *, full: bool) -> None:
    rows = rows_of(world, activation)
    activation.planned = activation.rules.plan(rows, full=full)
    activation.order = world.delta(activation)
    activation.settled = 0
    found, wanted = Counter(activation.order), Counter(list(activation.planned))
    missing, surplus = list((wanted - found).elements()), list((found - wanted).elements())
    assert not missing, f"{activation.name}: not planned: {missing}; instead: {surplus}"
    assert not surplus, f"{activation.name}: planned for no reason: {surplus}"
    ranks = [RANKS[operation.operation] for operation in activation.order]
    assert ranks == sorted(ranks), f"{activation.name}: deletes come last"


def _push(world: World, activation: Activation, push: Push, tally: Tally) -> None:
    sandbox = activation.server.sandbox
    refused = {str(IDENTIFIERS[place]) for place in push.refused}
    sandbox.refuse(dict.fromkeys(refused, "TEST_REFUSAL"))
    if push.fault:
        sandbox.faults.plan([*[None] * push.faulty_request, push.fault])
    result = world.push(activation, push.fatal_write, after=push.after)
    world.learn(activation)
    sandbox.faults.clear()
    tally.counts["pushes"] += 1
    tally.counts["pushes with refusals"] += bool(push.refused)
    if result is None:
        tally.counts["runners killed"] += 1
    elif result.exit_code == ExitCode.UNAVAILABLE and push.fault:
        tally.counts[f"runs ended by {push.fault.kind}"] += 1
    else:
        _compare_end(world, activation, result, clean=not push.refused)
        return
    if push.again:
        _push_again(world, activation)


def _push_again(world: World, activation: Activation) -> None:
    world.expire_leases()
    activation.server.sandbox.refuse({})
    result = world.push(activation)
    world.learn(activation)
    assert result is not None
    rules = activation.rules
    if isinstance(rules, EventRules) and rules.in_doubt == "hold" and world.in_doubt(activation):
        assert result.exit_code == ExitCode.HELD, f"{activation.name}: {result.message}"
        return
    _compare_end(world, activation, result, clean=True)


def _compare_end(world: World, activation: Activation, result: RunResult, *, clean: bool) -> None:
    assert result.exit_code in {ExitCode.DONE, ExitCode.REJECTED}, result.message
    sent = len(activation.order)
    assert activation.settled == sent, f"{activation.name}: {activation.settled} of {sent} settled"
    if clean:
        assert result.rejected == 0, f"{activation.name}: {result.rejected} rows were refused"
        _compare_destination(world, activation)


def _compare_destination(world: World, activation: Activation) -> None:
    rules = activation.rules
    rows = rows_of(world, activation)
    if isinstance(rules, EventRules):
        _compare_events(activation)
        return
    invalid = reasons(rows)
    resting = {key for (key, _, _), count in rules.refusals.items() if count >= rules.max_attempts}
    valid = [row for number, row in enumerate(rows) if number not in invalid]
    due = [row for row in valid if frame(row.key) not in resting]
    kept = set(rules.claims)
    holds = _memberships if activation.service != "braze.users" else _profiles
    found = holds(activation)
    missing = {str(row.identifier) for row in due} - set(found)
    if rules.mode != "update":
        assert not missing, f"{activation.name}: the destination lacks {missing}"
    if rules.mode == "membership" or (rules.mode == "mirror" and rules.on_leave == "delete"):
        assert set(found) <= kept, f"{activation.name}: still there: {set(found) - kept}"
    if rules.mode in {"upsert", "mirror", "update"} and activation.service == "braze.users":
        for row in due:
            if str(row.identifier) in found:
                _compare_profile(activation, row, found[str(row.identifier)])


def _compare_profile(activation: Activation, row: ModelRow, found: dict[str, str]) -> None:
    for name in activation.rules.attributes:
        value = row.values[name]
        if value is not None:
            held = found.get(name)
            assert held == value, (
                f"{activation.name}: {row.identifier} {name} is {held!r}, not {value!r}"
            )
        elif activation.rules.nulls == "send" and name not in activation.remapped:
            assert name not in found, f"{activation.name}: {row.identifier} still has {name}"


def _compare_events(activation: Activation) -> None:
    state = activation.server.state
    counts = Counter(
        str(event["properties"]["event_id"])  # type: ignore[index]  # the tests' own events
        for profile in state.profiles.values()
        for event in profile.events
    )
    rules = activation.rules
    assert isinstance(rules, EventRules)
    for key, claim in rules.claims.items():
        if not claim.doubtful and rules.in_doubt != "skip":  # which gives up what got no answer
            assert counts[key] >= 1, f"{activation.name}: event {key} never arrived"
        if rules.in_doubt != "resend":
            assert counts[key] <= 1, f"{activation.name}: event {key} came {counts[key]} times"


def _profiles(activation: Activation) -> dict[str, dict[str, str]]:
    return {
        identifier: {name: str(value) for name, value in profile.custom_attributes.items()}
        for identifier, profile in activation.server.state.by_external_id.items()
    }


def _memberships(activation: Activation) -> dict[str, dict[str, str]]:
    profiles = activation.server.state.by_external_id.items()
    if activation.service == "braze.user_list":
        return {key: {} for key, each in profiles if each.custom_attributes.get("the_list") is True}
    return {key: {} for key, each in profiles if each.subscriptions.get(GROUP) == "subscribed"}
