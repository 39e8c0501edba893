"""What a channel is told of, and in which shape."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from runner.alerts import shapes
from runner.alerts.shapes import Message
from runner.alerts.states import State
from runner.alerts.tell import changed
from tests.support.alerts import channel


def state(name: str, key: str = "") -> State:
    """A state that holds."""
    return State(name=name, key=key or name, sentence="It says why.")


def names(**options: Any) -> tuple[list[str], list[str], set[str]]:  # noqa: ANN401
    """What began, what ended, and the keys that are past."""
    change = changed(activation="braze_vips", **options)
    return [state.key for state in change.began], list(change.ended), set(change.past)


def test_a_state_is_told_once() -> None:
    """When it begins, and when it has ended; never between, never when it did not hold."""
    lasts, over = {"held": state("held")}, {"held": None}
    assert names(states=lasts, channel=channel(), known=set()) == (["held"], [], set())
    assert names(states=lasts, channel=channel(), known={"held"}) == ([], [], set())
    assert names(states=over, channel=channel(), known={"held"}) == ([], ["held"], {"held"})
    assert names(states=over, channel=channel(), known=set()) == ([], [], set())
    assert names(states={}, channel=channel(), known={"held"}) == ([], [], set())


def test_another_cause_is_another_failure() -> None:
    """It replaces the first, which did not end."""
    now = {"failed": state("failed", "failed: tls")}
    assert names(states=now, channel=channel(), known={"failed: key_refused"}) == (
        ["failed: tls"],
        [],
        {"failed: key_refused"},
    )


def test_what_a_channel_did_not_ask_for_is_forgotten_in_silence() -> None:
    """So that it is told when the channel asks for it again."""
    ask = channel("failed")
    for held in (state("held"), None):
        assert names(states={"held": held}, channel=ask, known={"held"}) == ([], [], {"held"})
    assert names(states={"held": state("held")}, channel=ask, known=set()) == ([], [], set())


def test_events_in_doubt_are_told_under_held() -> None:
    """Whoever hears of holds hears of them, as of another state."""
    states = {"held": state("held"), "in_doubt": state("in_doubt")}
    began, _, _ = names(states=states, channel=channel("held"), known={"held"})
    assert began == ["in_doubt"]
    assert names(states=states, channel=channel("failed"), known=set())[0] == []


MESSAGE = Message(
    activation="braze_vips",
    destination="braze_eu",
    run_id="run-1",
    began=[State(name="failed", key="failed: x", sentence="<!channel> & *[it](failed)*.")],
    ended=["held"],
    counts={"acknowledged": 5},
)


def test_slack_takes_text_without_markup_of_its_own() -> None:
    """A message calls nobody and leads nowhere."""
    document = json.loads(shapes.body(MESSAGE, "slack"))
    assert document == {
        "text": "braze_vips -&gt; braze_eu: failed\n"
        "failed: &lt;!channel&gt; &amp; *[it](failed)*.\n"
        "resolved: held"
    }


def test_teams_takes_an_adaptive_card() -> None:
    """In runs of text, which are no Markdown."""
    document = json.loads(shapes.body(MESSAGE, "teams"))
    assert document["type"] == "message"
    (attachment,) = document["attachments"]
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    card = attachment["content"]
    assert (card["type"], card["version"]) == ("AdaptiveCard", "1.2")
    assert {block["type"] for block in card["body"]} == {"RichTextBlock"}
    texts = [run["text"] for block in card["body"] for run in block["inlines"]]
    assert texts == shapes.text(MESSAGE).split("\n")


def test_a_webhook_takes_what_the_documentation_says(project_root: Path) -> None:
    """Flat JSON, every name of which is documented."""
    document = json.loads(shapes.body(MESSAGE, "webhook"))
    assert document == {
        "event": "alert",
        "activation": "braze_vips",
        "destination": "braze_eu",
        "states": ["failed"],
        "resolved": ["held"],
        "message": shapes.text(MESSAGE),
        "run_id": "run-1",
        "counts": {"acknowledged": 5},
    }
    page = (project_root / "docs" / "alerts.md").read_text()
    assert all(f'"{name}"' in page for name in document)


def test_what_ended_is_one_line() -> None:
    """There is no more to say."""
    resolved = replace(MESSAGE, began=[], ended=["failed", "held"])
    assert shapes.text(resolved) == "braze_vips -> braze_eu: resolved: failed, held"
    assert json.loads(shapes.body(resolved, "webhook"))["event"] == "resolved"
