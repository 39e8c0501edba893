"""The state of an activation in lines for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from runner.commands.words import being_built, counted, doubts_end
from runner.lease import SHARED
from runner.wording import amount, noun


def lines(state: dict[str, Any]) -> Iterator[str]:
    """One activation of `runner status`: how far it is, then what is in its way."""
    if "error" in state or "removed_at" in state:
        yield state.get("error") or state["message"]
        return
    name = state["activation"]
    yield f"{name} -> {state['destination']} {state['service']}, built {state['built_at']}"
    if state["rows"]:
        yield f"  settled   {state['settled']:,} of {amount(state['rows'], 'row')}"
    else:
        yield "  settled   nothing to send"
    yield f"  last run  {_run(state)}"
    if state["pushed_by"] == SHARED:
        yield "  running   several runs are pushing it now, a part of its shards each"
    elif state["pushed_by"]:
        yield f"  running   run {state['pushed_by']} is pushing it now"
    if state["building_since"]:
        yield being_built(name, state["building_since"])
    yield from _circuit(name, state)
    if state["held"]:
        yield f"  held      {state['hold_reason']}"
        yield f"            to send it all the same: runner approve {name}"
    yield from _doubts(name, state)
    yield from _rejected(name, state)


def _run(state: dict[str, Any]) -> str:
    run = state["last_run"]
    if run is None:
        return "never pushed"
    if run["status"] == "running" and not state["pushed_by"]:
        return (
            f"running since {run['started_at']}, without a sign of life: if it died, the next push "
            "takes over"
        )
    counts = {name: run[name] or 0 for name in ("acknowledged", "rejected")}
    requests, retries = run["requests"] or 0, run["retries"] or 0
    counts |= {noun(requests, "request"): requests, noun(retries, "retry", "retries"): retries}
    told = counted(counts) if any(counts.values()) else "nothing sent"
    # What a killed run did is known to the watermarks alone.
    done = "" if run["status"] == "died" else f"; {told}"
    message = f" - {run['message']}" if run["message"] and not _is_told(state) else ""
    return f"{run['status']} at {run['started_at']}{done}{message}"


def _is_told(state: dict[str, Any]) -> bool:
    """Whether the lines below say what the message of the last run says."""
    told = (state["failure_reason"], state["hold_reason"] if state["held"] else None)
    message = state["last_run"]["message"]
    return state["last_run"]["status"] == "paused" or any(one and one in message for one in told)


def _circuit(name: str, state: dict[str, Any]) -> Iterator[str]:
    if state["paused_at"]:
        yield f"  paused    since {state['paused_at']} by {state['paused_by']}"
    if state["failures"]:
        cause, reason = state["failure_cause"], state["failure_reason"]
        yield f"  failures  {state['failures']:,} in a row ({cause}): {reason}"
    if state["resumes_itself"]:
        yield (
            "            it resumes by itself when the cause is gone; at once: runner resume "
            f"{name}"
        )
    elif state["paused_at"]:
        yield f"            to go on: runner resume {name}"


def _doubts(name: str, state: dict[str, Any]) -> Iterator[str]:
    if not state["rows_in_doubt"]:
        return
    yield (
        f"  in doubt  {amount(state['rows_in_doubt'], 'event')} may or may not have arrived; "
        + doubts_end(name, state["rows_in_doubt"], state["in_doubt_policy"])
    )
    for each in state["in_doubt"]:
        first, last = each["first_ordinal"], each["last_ordinal"]
        yield f"            shard {each['shard']}, ordinals {first:,} to {last:,}"
    yield f"            {_listed(state['keys_in_doubt'], state['rows_in_doubt'])}"


def _rejected(name: str, state: dict[str, Any]) -> Iterator[str]:
    for each in state["rejected"]:
        attempts = amount(each["attempts"], "time")
        told = f" (refused up to {attempts})" if each["attempts"] else ""
        yield f"  rejected  {amount(each['rows'], 'row')}, {each['code']}: {each['reason']}{told}"
    if state["resting_rows"]:
        yield (
            f"  resting   {amount(state['resting_rows'], 'row')} until a value changes; to try "
            f"again: runner retry {name}"
        )
        yield f"            {_listed(state['resting_keys'], state['resting_rows'])}"


def _listed(keys: Sequence[str], count: int) -> str:
    more = f" and {count - len(keys):,} more" if count > len(keys) else ""
    return ", ".join(keys) + more
