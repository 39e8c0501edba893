"""The demo's purchases are the whole history that they are said to be."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

Purchase = tuple[date, int, int, int]


def _purchases(file: Path) -> Iterator[Purchase]:
    with file.open(newline="") as lines:
        for line in csv.DictReader(lines):
            day = date.fromisoformat(line["ordered_on"])
            for entry in line["purchases"].split(" "):
                customer, cds, cents = map(int, entry.split(":"))
                yield day, customer, cds, cents


@pytest.fixture(scope="module")
def purchases(project_root: Path) -> list[Purchase]:
    """Unpack the seed without dbt."""
    return list(_purchases(project_root / "seeds" / "cdnow_days.csv"))


def test_nothing_is_missing(purchases: list[Purchase]) -> None:
    """69,659 purchases of 167,881 CDs for 2,500,315.63 dollars, as in the published history."""
    assert len(purchases) == 69_659
    assert sum(cds for _, _, cds, _ in purchases) == 167_881
    assert sum(cents for *_, cents in purchases) == 250_031_563


def test_every_customer_is_there(purchases: list[Purchase]) -> None:
    """The 23,570 customers are numbered without a gap, so five digits name each."""
    assert {customer for _, customer, _, _ in purchases} == set(range(1, 23_571))


def test_the_months_are_those_told(purchases: list[Purchase]) -> None:
    """The history goes from 1 January 1997 to 30 June 1998, each day on one line, in order."""
    days = [day for day, *_ in purchases]
    assert (days[0], days[-1]) == (date(1997, 1, 1), date(1998, 6, 30))
    assert days == sorted(days)


def test_first_purchases_are_of_the_first_quarter(purchases: list[Purchase]) -> None:
    """All customers came in the first quarter of 1997, as the note on the data says."""
    first: dict[int, date] = {}
    for day, customer, _, _ in purchases:
        first.setdefault(customer, day)
    assert max(first.values()) <= date(1997, 3, 31)


def test_packing_loses_no_order(project_root: Path) -> None:
    """A day has one line, whose purchases are sorted: equal data gives an equal file."""
    by_day: dict[date, list[tuple[int, int, int]]] = {}
    for day, *purchase in _purchases(project_root / "seeds" / "cdnow_days.csv"):
        customer, cds, cents = purchase
        by_day.setdefault(day, []).append((customer, cds, cents))
    lines = (project_root / "seeds" / "cdnow_days.csv").read_text().splitlines()[1:]
    assert len(lines) == len(by_day)
    assert all(entries == sorted(entries) for entries in by_day.values())
