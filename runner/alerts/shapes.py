"""A message in the words of each kind of channel. Nothing in it is about a person."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from runner.alerts.settings import WebhookKind
from runner.alerts.states import State


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What changed for one activation: states that began, and names of those that ended."""

    activation: str
    destination: str
    run_id: str
    began: Sequence[State]
    ended: Sequence[str]
    counts: Mapping[str, int]

    @property
    def headline(self) -> str:
        """The activation, and what became of it; all there is to say of states that ended."""
        place = f"{self.activation} -> {self.destination}"
        names = ", ".join(state.name for state in self.began)
        return f"{place}: {names or self._resolved}"

    @property
    def details(self) -> list[str]:
        """One line for each state that began, and one for those that ended."""
        lines = [f"{state.name}: {state.sentence}" for state in self.began]
        return [*lines, self._resolved] if self.began and self.ended else lines

    @property
    def _resolved(self) -> str:
        return f"resolved: {', '.join(self.ended)}"


def text(message: Message) -> str:
    """The message as plain lines."""
    return "\n".join([message.headline, *message.details])


def body(message: Message, kind: WebhookKind) -> bytes:
    """The message as the JSON that this kind of webhook takes."""
    shape = {"slack": _slack, "teams": _teams, "webhook": _flat}[kind]
    return json.dumps(shape(message)).encode()


def _slack(message: Message) -> dict[str, Any]:
    # The three letters by which Slack's own markup begins, a mention of everybody too.
    escaped = text(message).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return {"text": escaped}


def _teams(message: Message) -> dict[str, Any]:
    """A message with one Adaptive Card; its runs of text, unlike a TextBlock, are no Markdown."""
    headline = {"type": "TextRun", "text": message.headline, "weight": "Bolder"}
    lines = [{"type": "TextRun", "text": line} for line in message.details]
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.2",
        "body": [{"type": "RichTextBlock", "inlines": [run]} for run in (headline, *lines)],
    }
    attachment = {
        "contentType": "application/vnd.microsoft.card.adaptive",
        "contentUrl": None,
        "content": card,
    }
    return {"type": "message", "attachments": [attachment]}


def _flat(message: Message) -> dict[str, Any]:
    return {
        "event": "alert" if message.began else "resolved",
        "activation": message.activation,
        "destination": message.destination,
        "states": [state.name for state in message.began],
        "resolved": list(message.ended),
        "message": text(message),
        "run_id": message.run_id or None,
        "counts": dict(message.counts),
    }
