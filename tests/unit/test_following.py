"""A page that a destination works on: followed to its end, and never lost."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

import pytest

from runner.delivery import Outcome
from runner.destinations.job import Job, Started
from runner.destinations.service import Rejection, Reply, Row, Settled, Target, Unbelievable
from runner.errors import UnavailableError
from runner.pages import Page
from runner.transport import NotSentError, UnknownOutcomeError
from tests.support.bench import QUICK, Bench, Scripted, Vendor, page_of, reply

ACCEPTED = reply(202, b'"j1"')
GOES_ON = reply(200, b'"going on"')
DONE = reply(200, b"[]")
SENT = 'POST /track {"rows":[{"key": "k0"},{"key": "k1"}]}'


def _read(found: Reply, rows: Sequence[Row]) -> Settled | Unbelievable | None:
    """A list of the keys that failed, or text while it goes on."""
    if found.status == 404:
        return Unbelievable(reason="no such job")
    told = json.loads(found.body)
    if isinstance(told, str):
        return None
    places = {row.record_key: index for index, row in enumerate(rows)}
    bad = Rejection(code="BAD", reason="so it says")
    return Settled(rejections={places.get(key, 99): bad for key in told})


JOB = Job(
    ask=lambda job: Target(path=f"/jobs/{job}", method="GET"),
    read=_read,
    rate=QUICK,
    waits=(5.0, 10.0),
    patience=100.0,
)


def _page(count: int = 2) -> Page:
    page = page_of(count, verdict=lambda found, _: Started(job=json.loads(found.body)))
    page.endpoint = replace(page.endpoint, job=JOB)
    return page


def _delivered(*script: Scripted, job: str | None = None) -> tuple[Outcome, Vendor, Bench]:
    vendor = Vendor(*script, attempts=2)
    bench, page = Bench(vendor), _page()
    page.job = job
    return bench.sender.deliver(page), vendor, bench


def test_a_job_is_asked_for_until_it_ends() -> None:
    """With the waits of its kind, the last one again and again; it is told of before."""
    outcome, vendor, bench = _delivered(ACCEPTED, GOES_ON, GOES_ON, GOES_ON, reply(200, b'["k1"]'))
    assert vendor.asked == [SENT, *["GET /jobs/j1"] * 4]
    assert bench.now == 5 + 10 + 10 + 10
    assert list(outcome.rejections) == [1]
    assert (outcome.doubted, outcome.unknown, outcome.cause) == (frozenset(), frozenset(), None)
    assert [(news.job, news.is_open) for news in bench.news] == [("j1", True)]


def test_a_job_that_an_earlier_run_began_is_asked_for_and_not_begun_again() -> None:
    """At once, since it may have ended long ago."""
    outcome, vendor, bench = _delivered(DONE, job="j0")
    assert vendor.asked == ["GET /jobs/j0"]
    assert (bench.now, outcome.rejections, bench.news) == (0, {}, [])


@pytest.mark.parametrize("failure", [reply(503), reply(429), NotSentError("x")], ids=repr)
def test_a_question_that_fails_is_asked_again(failure: Scripted) -> None:
    """A failed question says nothing of the job; two in a row end the run with the job open."""
    outcome, _, bench = _delivered(ACCEPTED, failure, GOES_ON, failure, DONE)
    assert (outcome.rejections, outcome.unknown) == ({}, frozenset())
    assert len(bench.retries) == 2
    outcome, _, bench = _delivered(ACCEPTED, failure)
    assert outcome.unknown == {0, 1}
    assert "gave up after 2 attempts" in str(outcome.cause)
    assert [news.is_open for news in bench.news] == [True]


def test_a_job_that_ends_without_a_word_leaves_its_rows_in_doubt() -> None:
    """It is not asked for again: the next run sends them again."""
    outcome, _, bench = _delivered(ACCEPTED, reply(404))
    assert outcome.unknown == {0, 1}
    assert "makes no sense: no such job" in str(outcome.cause)
    assert [news.is_open for news in bench.news] == [True, False]


def test_a_report_of_other_rows_is_not_believed() -> None:
    """Neither is any of it."""
    outcome, _, bench = _delivered(ACCEPTED, reply(200, b'["k1", "k7"]'))
    assert not outcome.rejections
    assert outcome.unknown == {0, 1}
    assert [news.is_open for news in bench.news] == [True, False]


def test_patience_ends_and_the_job_stays_open() -> None:
    """A run that waited long enough says so; the next one asks again."""
    outcome, _, bench = _delivered(ACCEPTED, GOES_ON)
    assert outcome.unknown == {0, 1}
    assert str(outcome.cause) == (
        "shop still works on job j1: push again later, which asks for it again."
    )
    assert bench.now <= 100
    assert [news.is_open for news in bench.news] == [True]


def test_a_run_that_stops_leaves_the_rows_in_doubt() -> None:
    """Their job may take them yet."""
    vendor = Vendor(ACCEPTED, GOES_ON)
    bench = Bench(vendor, stop_after=20)
    outcome = bench.sender.deliver(_page())
    assert outcome.unknown == {0, 1}
    assert outcome.cause is None


def test_an_answer_that_got_lost_begins_another_job() -> None:
    """Whose id nobody knows; what it was given may be given again."""
    outcome, vendor, _ = _delivered(UnknownOutcomeError("cut"), ACCEPTED, DONE)
    assert vendor.asked == [SENT, SENT, "GET /jobs/j1"]
    assert (outcome.rejections, outcome.unknown) == ({}, frozenset())


def test_a_job_of_an_earlier_delta_is_waited_for() -> None:
    """However it ends; what cannot be heard of stops the run."""
    for end in (DONE, reply(404), reply(200, b'["k9"]')):
        vendor = Vendor(GOES_ON, end)
        bench = Bench(vendor)
        bench.follower.outlast(_page().endpoint, "j0", bench.pause)
        assert (vendor.asked, bench.now) == (["GET /jobs/j0"] * 2, 5)
    bench = Bench(Vendor(GOES_ON))
    with pytest.raises(UnavailableError, match="still works on job j0"):
        bench.follower.outlast(_page().endpoint, "j0", bench.pause)
