"""Tells each channel what changed since it was told last, and notes it in the warehouse."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import click

from runner.alerts import shapes, webhook
from runner.alerts.facts import Facts, facts_of
from runner.alerts.settings import Channel, Webhook
from runner.alerts.shapes import Message
from runner.alerts.states import State, channel_state, judged, state_name
from runner.alerts.told import record, told
from runner.control import ControlSchema, Registration
from runner.errors import TailraceError
from runner.report import RunResult
from runner.warehouse import Warehouse


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What is new to a channel: states that began or ended, and the keys that are past."""

    began: Sequence[State]
    ended: Sequence[str]
    past: Collection[str]


class Alerts:
    """The channels, for as long as one command runs."""

    def __init__(self, channels: Sequence[Channel]) -> None:
        self._channels = channels
        self._unreachable: set[str] = set()

    def tell(
        self,
        warehouse: Warehouse,
        schema: ControlSchema,
        registration: Registration,
        result: RunResult,
    ) -> None:
        """Tell every channel what changed by this push; what fails is a warning, told next time."""
        if not self._channels:
            return
        name = registration.activation_name
        try:
            facts = facts_of(warehouse, schema, registration, result)
            known = told(warehouse, schema, registration)
        except TailraceError as error:
            warn(f"nobody was told of {name}: {error}")
            return
        if facts is None:
            return
        for channel in self._channels:
            self._tell_one(warehouse, schema, facts, channel, known.get(channel.name, set()))

    def _tell_one(
        self,
        warehouse: Warehouse,
        schema: ControlSchema,
        facts: Facts,
        channel: Channel,
        known: Collection[str],
    ) -> None:
        name = facts.registration.activation_name
        change = changed(judged(facts, channel), channel, name, known)
        if (change.began or change.ended) and not self._delivered(channel, _message(facts, change)):
            return
        keys = [state.key for state in change.began]
        try:
            if keys or change.past:
                record(
                    warehouse,
                    schema,
                    facts.registration,
                    channel.name,
                    began=keys,
                    ended=change.past,
                )
        except TailraceError as error:
            warn(f"{channel.name} was told of {name} and may be told again: {error}")

    def _delivered(self, channel: Channel, message: Message) -> bool:
        if channel.name in self._unreachable:
            return False
        try:
            _deliver(channel, message)
        except webhook.RefusedMessageError as error:
            cause = str(error)
        except TailraceError as error:
            # Every other activation would wait for it as long.
            self._unreachable.add(channel.name)
            cause = f"{error} It is not tried again by this push."
        except Exception as error:  # noqa: BLE001 - whatever it is, the push has ended well
            cause = f"{channel.name}: {type(error).__name__}."
        else:
            return True
        warn(f"{message.activation} was not told, the next push tells it: {cause}")
        return False


def changed(
    states: Mapping[str, State | None], channel: Channel, activation: str, known: Collection[str]
) -> Change:
    """Compare what holds now with what the channel was told of that activation."""
    began: list[State] = []
    ended: list[str] = []
    past: list[str] = []
    for name, state in states.items():
        wanted = channel.wants(activation, channel_state(name))
        before = [key for key in known if state_name(key) == name]
        lasting = state.key if state and wanted else None
        past += [key for key in before if key != lasting]
        if state and wanted and state.key not in before:
            began.append(state)
        elif before and wanted and not state:
            ended.append(name)
    return Change(began=began, ended=ended, past=past)


def _message(facts: Facts, change: Change) -> Message:
    registration, result = facts.registration, facts.result
    counts = {
        "acknowledged": result.acknowledged,
        "inserted": result.operations.get("insert", 0),
        "updated": result.operations.get("update", 0),
        "deleted": result.operations.get("delete", 0),
        "rejected": result.rejected,
        "invalid": registration.invalid_rows,
    }
    return Message(
        activation=registration.activation_name,
        destination=registration.destination,
        run_id=result.run_id,
        began=change.began,
        ended=change.ended,
        counts=counts,
    )


def _deliver(channel: Channel, message: Message) -> None:
    target = channel.target
    if isinstance(target, Webhook):
        webhook.post(channel.name, target, shapes.body(message, target.kind))
    else:
        # Not before: its imports take longer than all else that a push needs.
        from runner.alerts import mail

        mail.send(channel.name, target, message.headline, shapes.text(message))


def warn(text: str) -> None:
    """Say in one line of stderr who was not told, and why."""
    click.echo(f"Warning: alerts: {text}", err=True)
