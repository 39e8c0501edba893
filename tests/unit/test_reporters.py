"""What a push tells: lines for logs, JSON for programs, a bar for people."""

from __future__ import annotations

import io
import json
import re
import sys
from typing import Any

import pytest

from runner.errors import ExitCode
from runner.masking import register
from runner.report import PageReport, RunResult
from runner.reporters import JsonReporter, PlainReporter, TerminalReporter, reporter_for

PAGE = PageReport(
    page=3,
    shard=0,
    first_ordinal=151,
    last_ordinal=225,
    operation="insert",
    rows=75,
    acknowledged=74,
    rejected=1,
    status=201,
    attempts=1,
)
DONE = RunResult(
    status="done", acknowledged=1204, rejected=2, requests=17, operations={"insert": 1204}
)


class Clock:
    """A clock that goes only when told to."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def plain(clock: Clock, **options: Any) -> PlainReporter:  # noqa: ANN401
    """A plain reporter of the vips."""
    return PlainReporter("vips", "braze_eu", clock=clock, **options)


def test_plain_progress_is_throttled(capsys: pytest.CaptureFixture[str]) -> None:
    """A log gets a line every five seconds, however many pages there are."""
    clock = Clock()
    reporter = plain(clock)
    reporter.started("vips", 1000)
    for second in range(12):
        clock.now = float(second)
        reporter.page(PAGE)
        reporter.progress(second * 10)
    assert capsys.readouterr().out.splitlines() == [
        "started activation=vips destination=braze_eu rows=1000",
        "progress activation=vips settled=50 rows=1000 per_second=10",
        "progress activation=vips settled=100 rows=1000 per_second=10",
    ]


def test_plain_lines_are_one_an_event(capsys: pytest.CaptureFixture[str]) -> None:
    """Pages show when asked for; values with spaces, quotes or line breaks are quoted."""
    reporter = plain(Clock(), verbose=True)
    reporter.page(PAGE)
    reporter.retry(2, 1.25, 'said "no"\nthen hung up')
    reporter.warning("two rows")
    assert capsys.readouterr().out.splitlines() == [
        (
            "page activation=vips page=3 shard=0 ordinals=151-225 operation=insert rows=75 "
            "acknowledged=74 rejected=1 status=201 attempts=1"
        ),
        r'retry activation=vips attempt=2 wait=1.2s cause="said \"no\"\nthen hung up"',
        'warning activation=vips text="two rows"',
    ]


def test_the_end_says_what_was_done_and_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    """Counts go to stdout with the place to look for reasons."""
    clock = Clock()
    reporter = plain(clock)
    clock.now = 2.5
    reporter.finished(DONE)
    out, err = capsys.readouterr()
    assert out.splitlines() == [
        (
            "vips -> braze_eu: done; 1,204 inserted, 0 updated, 0 deleted, 2 rejected in 2.5 s "
            "(17 requests)"
        ),
        "  Reasons: runner status vips. Rejected rows are planned again by the next dbt build.",
    ]
    assert err == ""


def test_what_went_wrong_goes_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    """A failed push says so on stderr, with the activation's name exactly once."""
    for message in ("vips: a guard holds it.", "a guard holds it."):
        held = RunResult(status="held", requests=1, message=message, exit_code=ExitCode.HELD)
        plain(Clock()).finished(held)
        out, err = capsys.readouterr()
        assert "vips -> braze_eu: held" in out
        assert out.endswith("(1 request)\n")
        assert err == "vips: a guard holds it.\n"


def test_json_is_one_object_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    """A program reads events, and at the end everything about the run."""
    clock = Clock()
    reporter = JsonReporter("vips", "braze_eu", verbose=True, clock=clock)
    reporter.started("vips", 5)
    reporter.progress(1)
    reporter.page(PAGE)
    reporter.retry(1, 2.0, "é")
    reporter.warning("w")
    reporter.request("POST", "https://a.b/x", {"authorization": "***"}, '{"a": 1}')
    reporter.finished(DONE)
    out, err = capsys.readouterr()
    events = [json.loads(line) for line in out.splitlines()]
    assert [event["event"] for event in events] == [
        "started",
        "page",
        "retry",
        "warning",
        "request",
        "finished",
    ]
    assert {event["activation"] for event in events} == {"vips"}
    assert events[-1]["operations"] == {"insert": 1204}
    assert events[-1]["exit_code"] == 0
    assert err == ""


def test_a_dry_run_shows_requests_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    """People can read a request, and are told that none was sent."""
    reporter = plain(Clock(), dry_run=True)
    reporter.request("POST", "https://a.b/x", {"authorization": "***"}, '{"a": 1}')
    reporter.finished(RunResult(status="done", message="vips: 1 request shown, none sent."))
    assert capsys.readouterr().out == (
        'POST https://a.b/x\nauthorization: ***\n\n{"a": 1}\n\nvips: 1 request shown, none sent.\n'
    )


def test_a_terminal_gets_a_bar(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bar is on stderr and the summary on stdout, whatever rich would make of the words."""
    with TerminalReporter("vips", "braze_eu", verbose=True) as reporter:
        reporter.started("vips", 10)
        reporter.page(PAGE)
        reporter.retry(1, 2.0, "[bold]it[/bold] hung up")
        reporter.warning("[/]")
        reporter.progress(10)
        reporter.finished(DONE)
    out, err = capsys.readouterr()
    assert out.startswith("vips -> braze_eu: done; 1,204 inserted")
    assert "[bold]it[/bold] hung up" in err
    assert "page=3" in err


def test_a_narrow_terminal_breaks_no_secret_in_two(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bar's lines are broken at the terminal's width; what is masked is masked before that."""
    monkeypatch.setenv("COLUMNS", "20")
    register("a-secret-as-long-as-the-line")
    with TerminalReporter("vips", "braze_eu") as reporter:
        reporter.retry(1, 2.0, "it echoed a-secret-as-long-as-the-line")
        reporter.warning("it echoed a-secret-as-long-as-the-line")
        reporter.request("POST", "https://a.b", {"key": "a-secret-as-long-as-the-line"}, "{}")
    out, err = capsys.readouterr()
    assert (out + err).count("***") == 3
    assert not re.search("secret|as-long|the-line", out + err)


def test_the_reporter_fits_who_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    """JSON wins, then a terminal's bar, else plain lines."""

    class Screen(io.StringIO):
        def isatty(self) -> bool:
            return True

    def kind(*, as_json: bool) -> type:
        return type(reporter_for("v", "d", as_json=as_json, verbose=False, dry_run=False))

    monkeypatch.setattr(sys, "stdout", Screen())
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    assert kind(as_json=False) is PlainReporter
    monkeypatch.setattr(sys, "stderr", Screen())
    assert kind(as_json=False) is TerminalReporter
    assert kind(as_json=True) is JsonReporter
