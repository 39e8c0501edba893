"""Promises of the rate limiter, on a clock that only moves when someone sleeps."""

from __future__ import annotations

import heapq
import threading
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.destinations.service import Connection, RateLimit
from runner.limits import Limiter, limiter_for


class Clock:
    """A clock that sleeping moves forward."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        """The time now."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Move on by that much."""
        assert seconds > 0
        self.now += seconds


class Slept(Exception):  # noqa: N818 - not an error: it hands the thread's turn over
    """A simulated thread wants to sleep."""


def rate(requests: int, seconds: float) -> RateLimit:
    """A limit in a bucket of its own."""
    return RateLimit(requests=requests, seconds=seconds, bucket="track")


def grants_of(limiter: Limiter, clock: Clock, count: int) -> list[float]:
    """The moments at which one thread that always wants more was let through."""
    grants = []
    for _ in range(count):
        limiter.acquire(clock.sleep)
        grants.append(clock.now)
    return grants


def most_in_any_window(grants: list[float], seconds: float) -> int:
    """The largest number of grants in a half-open window of that length."""
    most = first = 0
    for last, at in enumerate(grants):
        while at - grants[first] >= seconds:
            first += 1
        most = max(most, last - first + 1)
    return most


@pytest.mark.parametrize(("requests", "seconds"), [(1, 1.0), (10, 1.0), (300, 1.0), (3000, 3.0)])
def test_a_busy_thread_gets_97_percent_of_the_limit_and_never_more_than_it(
    requests: int, seconds: float
) -> None:
    """Sustains at least 97 % of the limit and exceeds it in no window."""
    clock = Clock()
    count = requests * 20
    grants = grants_of(Limiter(rate(requests, seconds), clock=clock), clock, count)
    assert most_in_any_window(grants, seconds) <= requests
    sustained = (count - 1) / (grants[-1] - grants[0]) * seconds if count > 1 else requests
    assert sustained >= 0.97 * requests


@settings(max_examples=60, deadline=None)
@given(
    requests=st.integers(1, 40),
    seconds=st.sampled_from([0.5, 1.0, 3.0]),
    late=st.lists(st.floats(0, 0.3), min_size=1, max_size=50),
    pauses=st.lists(st.sampled_from([0.0, 0.0, 0.01, 2.0]), min_size=1, max_size=50),
)
def test_no_window_holds_too_many_however_late_the_caller_wakes(
    requests: int, seconds: float, late: list[float], pauses: list[float]
) -> None:
    """Sleeping too long and idling between requests never lead to a burst above the limit."""
    clock = Clock()
    limiter = Limiter(rate(requests, seconds), clock=clock)
    turn = 0

    def sleep(wait: float) -> None:
        nonlocal turn
        turn += 1
        clock.now += wait + late[turn % len(late)]

    grants = []
    for index in range(requests * 4):
        clock.now += pauses[index % len(pauses)]
        limiter.acquire(sleep)
        grants.append(clock.now)
    assert most_in_any_window(grants, seconds) <= requests


def test_the_first_requests_do_not_leave_in_one_burst() -> None:
    """Slots are spaced: a fresh limiter does not let its whole window through at once."""
    clock = Clock()
    grants = grants_of(Limiter(rate(100, 1.0), clock=clock), clock, 100)
    assert most_in_any_window(grants, 0.1) <= 20


@settings(max_examples=60, deadline=None)
@given(requests=st.integers(1, 40), held_up=st.lists(st.floats(0, 0.4), min_size=1, max_size=40))
def test_a_request_that_is_held_up_after_its_turn_counts_when_it_leaves(
    requests: int, held_up: list[float]
) -> None:
    """No window has too many that left in it, as long as the limiter hears of it in time."""
    clock = Clock()
    limiter = Limiter(rate(requests, 1.0), clock=clock)
    left = []
    for index in range(requests * 4):
        turn = limiter.acquire(clock.sleep)
        left.append(clock.now + held_up[index % len(held_up)])
        limiter.left(turn, left[-1])
    assert most_in_any_window(sorted(left), 1.0) <= requests


def test_what_is_heard_late_of_a_request_changes_no_other_ones_place() -> None:
    """Its place may be another's by now: an answer can take longer than a window."""
    clock = Clock()
    limiter = Limiter(rate(2, 1.0), clock=clock)
    first = limiter.acquire(clock.sleep)
    for _ in range(3):
        limiter.acquire(clock.sleep)
    limiter.left(first, clock.now + 100)
    limiter.acquire(clock.sleep)
    assert clock.now < 110


def test_few_requests_wait_for_nothing() -> None:
    """A small share of the window may leave at once; then the pace begins."""
    clock = Clock()
    limiter = Limiter(rate(20_000, 60.0), clock=clock)
    assert grants_of(limiter, clock, 98) == [100.0] * 98
    assert grants_of(limiter, clock, 4)[-1] > 100.0


@pytest.mark.parametrize(("requests", "seconds"), [(300, 1.0), (3000, 3.0), (20_000, 60.0)])
def test_a_run_right_after_a_busy_one_does_not_exceed_the_limit(
    requests: int, seconds: float
) -> None:
    """What a new run sends at once finds room beside what the last one sent at its pace."""
    clock = Clock()
    grants = grants_of(Limiter(rate(requests, seconds), clock=clock), clock, requests * 3)
    grants += grants_of(Limiter(rate(requests, seconds), clock=clock), clock, requests * 3)
    assert most_in_any_window(grants, seconds) <= requests


def test_a_hold_lets_nothing_through_and_no_burst_after_it() -> None:
    """After `hold_until(30)` nothing is granted for 30 s, then the even pace goes on."""
    clock = Clock()
    limiter = Limiter(rate(10, 1.0), clock=clock)
    grants_of(limiter, clock, 5)
    held_at = clock.now
    limiter.hold_until(30)
    grants = grants_of(limiter, clock, 20)
    assert grants[0] >= held_at + 30
    assert all(later > earlier for earlier, later in pairwise(grants))


def test_a_hold_also_stops_a_thread_that_already_waits_for_its_slot() -> None:
    """A slot reserved before the hold is given back, not used."""
    clock = Clock()
    limiter = Limiter(rate(1, 1.0), clock=clock)
    grants_of(limiter, clock, 1)
    held_until = clock.now + 60

    def sleep(wait: float) -> None:
        limiter.hold_until(held_until - clock.now)
        clock.sleep(wait)

    limiter.acquire(sleep)
    assert clock.now >= held_until


def test_many_threads_share_one_limit() -> None:
    """Fifty threads that wait at the same time are let through one slot after the other."""
    clock = Clock()
    limiter = Limiter(rate(20, 1.0), clock=clock)
    lock = threading.Lock()
    waiting: list[tuple[float, int]] = []
    gates = [threading.Event() for _ in range(50)]
    grants: list[float] = []
    parked = threading.Semaphore(0)

    def work(number: int) -> None:
        def sleep(wait: float) -> None:
            with lock:
                heapq.heappush(waiting, (clock.now + wait, number))
            parked.release()
            gates[number].wait()
            gates[number].clear()

        limiter.acquire(sleep)
        grants.append(clock.now)
        parked.release()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(50)]
    for thread in threads:
        thread.start()
    for _ in threads:
        parked.acquire()
    while waiting:
        at, number = heapq.heappop(waiting)
        clock.now = max(clock.now, at)
        gates[number].set()
        parked.acquire()
    for thread in threads:
        thread.join()
    assert len(grants) == 50
    assert most_in_any_window(sorted(grants), 1.0) <= 20


def test_giving_up_while_waiting_grants_nothing() -> None:
    """An exception from `sleep` leaves the limiter and is no request."""
    clock = Clock()
    limiter = Limiter(rate(1, 1.0), clock=clock)
    grants_of(limiter, clock, 1)

    def sleep(wait: float) -> None:
        raise Slept

    with pytest.raises(Slept):
        limiter.acquire(sleep)
    assert len(grants_of(limiter, clock, 1)) == 1


def connection(url: str, key: str) -> Connection:
    """A connection of that address and key."""
    return Connection(
        name="braze_eu", platform="braze", url=url, secrets={"api_key": key}, options={}
    )


def test_address_key_and_bucket_together_name_a_limit() -> None:
    """Two connections with the same address and key share a limiter; any difference parts them."""
    track, delete = rate(3, 1.0), RateLimit(requests=3, seconds=1.0, bucket="delete")
    one = limiter_for(connection("https://a.example", "k1"), track)
    assert limiter_for(connection("https://a.example", "k1"), track) is one
    assert limiter_for(connection("https://b.example", "k1"), track) is not one
    assert limiter_for(connection("https://a.example", "k2"), track) is not one
    assert limiter_for(connection("https://a.example", "k1"), delete) is not one
