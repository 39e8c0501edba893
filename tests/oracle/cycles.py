"""One cycle of the property test: change the source, build, push with faults, compare."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from runner.errors import ExitCode
from runner.report import RunResult
from runner.sandbox import Fault
from tests.oracle.changes import change
from tests.oracle.project import event_rows
from tests.oracle.rules import EventRules, ModelRow
from tests.oracle.verdict import compare_events, compare_records
from tests.oracle.world import Activation, World

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

    seed: int
    steps: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    operations: dict[str, Counter[str]] = field(default_factory=dict)


def run(world: World, cycle: Cycle, tally: Tally) -> None:
    """Take one cycle through dbt and the runner, and hold the result against the oracle."""
    mapped, now = list(world.mapped), list(world.people)
    for what, place, choice in cycle.changes:
        change(world, what, place, choice)
        tally.counts[f"change: {what}"] += 1
    world.before = now
    for activation in world.activations:
        tally.counts["rows in doubt"] += world.doubt(activation)
        activation.destination.time_passes(activation.server.sandbox)
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
        planned.update(operation.operation for operation in activation.order.values())
        _push(world, activation, push, tally)


def rows_of(world: World, activation: Activation) -> list[ModelRow]:
    """The rows of the model that an activation sends."""
    events = isinstance(activation.rules, EventRules)
    return event_rows(world.events) if events else world.people


def _compare_plan(world: World, activation: Activation, *, full: bool) -> None:
    rows = rows_of(world, activation)
    activation.planned = activation.rules.plan(rows, full=full)
    activation.order = world.delta(activation)
    activation.settled.clear()
    found, wanted = Counter(activation.order.values()), Counter(list(activation.planned))
    missing, surplus = list((wanted - found).elements()), list((found - wanted).elements())
    assert not missing, f"{activation.name}: not planned: {missing}; instead: {surplus}"
    assert not surplus, f"{activation.name}: planned for no reason: {surplus}"
    ranks = [(shard, RANKS[each.operation]) for (shard, _), each in activation.order.items()]
    assert ranks == sorted(ranks), f"{activation.name}: deletes come last"


def _push(world: World, activation: Activation, push: Push, tally: Tally) -> None:
    sandbox = activation.server.sandbox
    refused = {str(world.identifiers[place]) for place in push.refused}
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
    sent, settled = len(activation.order), activation.settled.total()
    assert settled == sent, f"{activation.name}: {settled} of {sent} settled"
    if clean:
        assert result.rejected == 0, f"{activation.name}: {result.rejected} rows were refused"
        _compare_destination(world, activation)


def _compare_destination(world: World, activation: Activation) -> None:
    rules, destination = activation.rules, activation.destination
    sandbox = activation.server.sandbox
    if isinstance(rules, EventRules):
        compare_events(activation.name, rules, destination.events(sandbox))
        return
    for held in destination.held(sandbox, activation.service):
        compare_records(
            activation.name,
            rules,
            rows_of(world, activation),
            held,
            remapped=activation.remapped,
            updates_create=destination.updates_create,
        )
