"""Which states hold of an activation after its push, which ended, and what to say of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from runner.alerts.facts import Facts
from runner.alerts.settings import Channel
from runner.circuit import Circuit
from runner.control import Registration
from runner.errors import ExitCode
from runner.masking import masked
from runner.wording import amount, noun

IN_DOUBT = "in_doubt"
LONGEST = 1000
# What a sentence quotes are others' words: of a destination or a warehouse, maybe about a person.
QUOTED = re.compile(r"""(?<!\w)(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")(?!\w)""", re.DOTALL)
ADDRESS = re.compile(r"[^\s@,;<>()'\"]+@[^\s@,;<>()'\"]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """A state that holds; it is the same one as long as its key is."""

    name: str
    key: str
    sentence: str


def channel_state(name: str) -> str:
    """The state of the settings that a state is told under."""
    return "held" if name == IN_DOUBT else name


def state_name(key: str) -> str:
    """The state of a key."""
    return key.partition(":")[0]


def judged(facts: Facts, channel: Channel) -> dict[str, State | None]:
    """The states that hold; None for those that do not. What a run cannot tell is not in it."""
    return dict((*_run(facts), *_waiting(facts), *_shares(facts, channel)))


def _run(facts: Facts) -> Iterator[tuple[str, State | None]]:
    result = facts.result
    if result.status == "failed":
        name = facts.registration.activation_name
        sentence = _public(result.message.removeprefix(f"{name}: "))
        yield _holds("failed", sentence, detail=result.cause or "unknown")
    elif result.exit_code in {ExitCode.DONE, ExitCode.REJECTED}:
        # A push that was held or paused proves nothing.
        yield "failed", None


def _waiting(facts: Facts) -> Iterator[tuple[str, State | None]]:
    registration = facts.registration
    name = registration.activation_name
    held = f"{registration.hold_reason}. Look at it with runner plan {name}, then release it with "
    held += f"runner approve {name}."
    yield _holds("held", held) if registration.held else ("held", None)
    doubt = f"{amount(facts.events_in_doubt, 'event')} may or may not have reached "
    doubt += f"{registration.destination}: decide with runner resolve {name} --resend or --skip."
    yield _holds(IN_DOUBT, doubt) if facts.events_in_doubt else (IN_DOUBT, None)
    circuit = facts.circuit
    yield _holds("paused", _pause(name, circuit)) if circuit.is_paused else ("paused", None)


def _shares(facts: Facts, channel: Channel) -> Iterator[tuple[str, State | None]]:
    registration, result = facts.registration, facts.result
    name = registration.activation_name
    sent = result.acknowledged + result.rejected
    if sent:
        share = 100 * result.rejected / sent
        told = f"{result.rejected:,} of {amount(sent, 'row')} of this run {_were(result.rejected)} "
        told += f"rejected ({share:.1f} %): runner status {name} tells the reasons."
        yield _above("rejected", share, channel.rejected_share, told)
    if registration.settings.get("is_empty"):
        return
    invalid, rows = registration.invalid_rows, registration.model_rows
    share = 100 * invalid / rows if rows else 0.0
    told = f"{invalid:,} of {amount(rows, 'row')} of the model cannot be sent ({share:.1f} %): "
    yield _above("invalid", share, channel.invalid_share, f"{told}runner plan {name} tells why.")
    if _has_turnover(registration):
        left, synced = registration.delete_rows, registration.synced_rows
        share = 100 * (facts.entered_rows + left) / synced
        told = (
            f"{facts.entered_rows:,} entered and {left:,} left, of {amount(synced, 'synced row')} "
        )
        told += f"({share:.1f} %): runner plan {name} shows some of them."
        yield _above("turnover", share, channel.turnover_share, told)


def _has_turnover(registration: Registration) -> bool:
    """Whether rows come and go, and this delta shows how many."""
    mode, given = registration.sync_mode, registration.settings
    leaves = mode == "membership" or (mode == "mirror" and given.get("on_leave") != "ignore")
    # A first or a full delta holds every row.
    return leaves and registration.run_type == "delta" and registration.synced_rows > 0


def _above(name: str, share: float, threshold: float, told: str) -> tuple[str, State | None]:
    return _holds(name, told) if share > threshold else (name, None)


def _holds(name: str, sentence: str, *, detail: str = "") -> tuple[str, State]:
    key = f"{name}: {detail}" if detail else name
    # Masked before it is cut: half a secret is no longer found.
    return name, State(name=name, key=key, sentence=masked(sentence)[:LONGEST])


def _were(count: int) -> str:
    return noun(count, "was", "were")


def _pause(name: str, circuit: Circuit) -> str:
    if not circuit.resumes_itself:
        return f"by a person; runner resume {name} lets it go on."
    return (
        f"{circuit.pushes} failed for one cause ({circuit.cause}); it resumes by itself when the "
        f"cause is gone, or by runner resume {name}."
    )


def _public(sentence: str) -> str:
    return ADDRESS.sub("…", QUOTED.sub("'…'", sentence))
