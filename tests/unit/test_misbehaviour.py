"""Whatever a destination does to a page: what is settled, what is in doubt, what is sent again.

Of two pages the first one is pushed while the destination misbehaves, for as long as that push
lasts; afterwards it is well, and what is left is pushed.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest

from runner.decisions import resolve, rows_in_doubt
from runner.destinations.braze.replies import reader
from runner.errors import ExitCode
from runner.report import RunResult
from tests.support.destination import OK, Answer, service
from tests.support.misbehaviours import MISBEHAVIOURS, Misbehaviour, is_bad
from tests.support.scene import Scene, keys
from tests.support.scene import scene as new_scene
from tests.support.warehouses import SCHEMA

Policy = Literal["records", "hold", "skip", "resend"]
ATTEMPTS = 2
PAGE = 10


@pytest.fixture(scope="module", params=["records", "hold", "skip", "resend"])
def stage(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Scene, Policy]]:
    """A delta with two pages for each misbehaviour, of records or of events under a policy."""
    policy: Policy = request.param
    repeatable = policy == "records"
    verdict = reader("attributes" if repeatable else "events", repeatable=repeatable)
    with new_scene(tmp_path_factory.mktemp("stage")) as made:
        made.service = service(repeatable=repeatable, max_rows=PAGE, verdict=verdict)
        rows = 2 * PAGE * len(MISBEHAVIOURS)
        made.build(("insert", rows), in_doubt="hold" if repeatable else policy)
        yield made, policy


def begin(scene: Scene, name: str) -> int:
    """Take everything before the misbehaviour's two pages as settled; returns the last of it."""
    settled = 2 * PAGE * list(MISBEHAVIOURS).index(name)
    for table in ("watermarks", "rejected_rows", "runs"):
        scene.warehouse.execute(f"delete from marketing.tailrace_{table}")
    scene.warehouse.execute(
        "insert into marketing.tailrace_watermarks (relation, delta_id, shard, sending, "
        "acknowledged) select relation, delta_id, 0, ?, ? from marketing.tailrace_activations",
        [settled, settled],
    )
    scene.destination.requests.clear()
    scene.destination.taken.clear()
    return settled


@dataclass(frozen=True, kw_only=True)
class Expected:
    """How the push of the first page ends; watermarks as rows of the page."""

    exit_code: ExitCode
    sending: int
    acknowledged: int
    requests: int | None


def expected(bad: Misbehaviour, policy: Policy) -> Expected:
    """What the consequence means for records, and for events under each policy."""
    gone = ExitCode.UNAVAILABLE
    if bad.then in {"stop", "again"}:
        requests = 1 if bad.then == "stop" else bad.requests or ATTEMPTS
        return Expected(exit_code=gone, sending=0, acknowledged=0, requests=requests)
    if bad.then == "split" or (bad.then == "uncounted" and policy == "records"):
        refused = ExitCode.REJECTED
        return Expected(exit_code=refused, sending=PAGE, acknowledged=PAGE, requests=None)
    if policy == "skip":
        done = ExitCode.DONE
        return Expected(exit_code=done, sending=PAGE, acknowledged=PAGE, requests=1)
    requests = 1 if policy == "hold" else ATTEMPTS
    return Expected(exit_code=gone, sending=PAGE, acknowledged=0, requests=requests)


def suffer(scene: Scene, bad: Misbehaviour, folder: Path) -> RunResult:
    """Push the first page while the destination misbehaves."""
    well = scene.destination.url
    scene.destination.behave = bad.answers
    half = bad.patience / 2
    scene.options = {"attempts": ATTEMPTS, "connect_timeout": half, "read_timeout": half}
    try:
        with bad.found(well, folder) as scene.destination.url:
            return scene.push(limit=PAGE)
    finally:
        scene.destination.url = well
        scene.destination.behave = lambda _: OK
        scene.options = {}


@pytest.mark.parametrize("name", MISBEHAVIOURS)
def test_a_misbehaving_destination(
    stage: tuple[Scene, Policy], name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The push ends in time and says why, and the next one completes what is not in doubt."""
    monkeypatch.setattr("runner.asking.FIRST_WAIT", 0.001)
    (scene, policy), bad = stage, MISBEHAVIOURS[name]
    settled = begin(scene, name)
    result, wanted = suffer(scene, bad, tmp_path), expected(bad, policy)

    marks = {0: (settled + wanted.sending, settled + wanted.acknowledged)}
    assert (result.exit_code, scene.marks()) == (wanted.exit_code, marks)
    assert [run[1] for run in scene.runs()] == [wanted.exit_code]
    if wanted.exit_code is ExitCode.UNAVAILABLE:
        assert bad.said in result.message
    if wanted.requests:
        assert (result.requests, result.acknowledged) == (wanted.requests, 0)
        assert len(scene.heard.retries) == result.retries == wanted.requests - 1
    is_refused = wanted.exit_code is ExitCode.REJECTED
    rejected = [key for key in keys(settled + 1, settled + PAGE) if is_refused and is_bad(key)]
    assert [f"0-{ordinal}" for ordinal, _, _ in scene.rejected()] == rejected

    events = 0 if policy == "records" else wanted.sending - wanted.acknowledged
    assert rows_in_doubt(scene.warehouse, SCHEMA, scene.registration) == (events, 0)
    if events and policy == "hold":
        decide(scene, keys(settled + 1, settled + PAGE))
    assert scene.push(limit=settled + 2 * PAGE - scene.marks()[0][1]).exit_code is ExitCode.DONE
    assert scene.marks() == {0: (settled + 2 * PAGE,) * 2}
    check_taken(scene, bad, policy, settled, rejected)


def decide(scene: Scene, page: list[str]) -> None:
    """Nothing is sent before a person decides, who looks the events up."""
    requests = len(scene.destination.requests)
    assert scene.push().exit_code is ExitCode.HELD
    assert len(scene.destination.requests) == requests
    came = page[0] in scene.destination.keys
    resolve(scene.warehouse, SCHEMA, scene.registration, "skip" if came else "resend")


def check_taken(
    scene: Scene, bad: Misbehaviour, policy: Policy, settled: int, rejected: list[str]
) -> None:
    """A row is taken twice only where that is harmless or was chosen."""
    taken = Counter(scene.destination.keys)
    rest = keys(settled + PAGE + 1, settled + 2 * PAGE)
    page = [key for key in keys(settled + 1, settled + PAGE) if key not in rejected]
    assert set(taken) <= {*page, *rest}
    assert {taken[key] for key in rest} == {1}
    times = {taken[key] for key in page}
    if bad.then in {"again", "stop", "split"} or (bad.then, policy) == ("unknown", "hold"):
        assert times == {1}
    elif policy in {"hold", "skip"}:
        assert max(times) <= 1
    else:
        assert min(times) >= 1


@pytest.mark.parametrize(
    "answer", [Answer(status=429, headers={"Retry-After": "250"}), Answer(status=503)]
)
def test_an_interrupt_ends_a_long_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: Answer
) -> None:
    """Ctrl-C while a request waits to be sent again: it is not, and what is settled is recorded."""
    monkeypatch.setattr("runner.asking.FIRST_WAIT", 60.0)

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("tests.support.scene.Heard.retry", interrupted)
    with new_scene(tmp_path) as scene:
        scene.destination.behave = lambda request: OK if request.number == 1 else answer
        scene.options = {"concurrency": 1, "connect_timeout": 1, "read_timeout": 1}
        scene.build(("insert", 30))
        with pytest.raises(KeyboardInterrupt):
            scene.push()
        workers = [one for one in threading.enumerate() if one.name.startswith("tailrace")]
        for worker in workers:
            worker.join(timeout=5)
        assert not any(worker.is_alive() for worker in workers)
        assert len(scene.destination.requests) == 2
        assert scene.marks()[0][1] == 10
        assert scene.lease() is None
