"""Where nothing is left to send, nothing is sent: a whole push to every service."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest

from runner.control import registrations
from runner.destinations.service import Platform, Reply, Service
from runner.options import options_of
from runner.push import push_activation
from runner.report import RunResult
from runner.warehouse import Warehouse, connect
from tests.contract.cases import name_of
from tests.contract.situations import Situation, services, situations_of
from tests.contract.vendors import Answering, nothing
from tests.support.scene import Heard
from tests.support.warehouses import SCHEMA, Built, create_control_tables, duckdb_profile

# What the warehouse registers of an activation as JSON.
SETTINGS = (
    *("identifiers", "attributes", "settings", "nulls", "on_leave", "in_doubt"),
    *("max_age", "min_age"),
)

NAME = "made_up"


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    """A DuckDB file with control tables."""
    warehouse = connect(duckdb_profile(tmp_path_factory.mktemp("warehouse")))
    create_control_tables(warehouse)
    yield warehouse
    warehouse.close()


class Line:
    """A transport to a stand-in, whatever the platform is reached by."""

    headers: Mapping[str, str] = {}

    def __init__(self, situation: Situation, vendor: Answering) -> None:
        self.connection = situation.connection
        self.options = options_of(situation.connection)
        self._vendor = vendor

    def call(
        self, method: str, path: str, body: bytes, headers: Mapping[str, str] | None = None
    ) -> Reply:
        """Ask the stand-in."""
        return self._vendor(method, path, headers or {}, body)

    def close(self) -> None:
        """Nothing is open."""


def _played(platform: Platform, service: Service) -> Situation:
    """The first situation of the service in which something is sent."""
    return next(each for each in situations_of(platform, service) if each.exchanges)


def _pushed(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, situation: Situation, rows: int
) -> tuple[RunResult, Answering, Heard]:
    """Push a delta of so many rows that are nobody's."""
    given = situation.activation
    operation = "update" if given.sync_mode == "update" else "insert"
    settings = {name: getattr(given, name) for name in SETTINGS}
    Built(
        name=NAME,
        delta_id=f"{situation.service.name} {rows}",
        shards=(rows,),
        values={
            "destination": situation.connection.name,
            "service": situation.service.name,
            "sync_mode": given.sync_mode,
            "sent_to": situation.service.name,
            "insert_rows": 0,
            f"{operation}_rows": rows,
        },
        settings=settings,
    ).build(warehouse)
    warehouse.execute(
        f"update marketing.{NAME} set _operation = ?, _identifiers = ?", [operation, "{}"]
    )
    vendor, heard = Answering(situation, nothing), Heard()
    monkeypatch.setattr("runner.push.open_transport", lambda *_: Line(situation, vendor))
    (registration,) = registrations(warehouse, SCHEMA, [NAME])
    place = situation.service, situation.platform, situation.connection
    return push_activation(warehouse, SCHEMA, registration, *place, heard), vendor, heard


@pytest.mark.parametrize(("platform", "service"), services(), ids=name_of)
def test_an_empty_delta_sends_nothing(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, platform: Platform, service: Service
) -> None:
    """Not even what is asked before rows are sent."""
    result, vendor, heard = _pushed(warehouse, monkeypatch, _played(platform, service), 0)
    assert (result.status, result.requests, heard.total, heard.pages) == ("done", 0, 0, [])
    assert vendor.asked == vendor.sent == []


@pytest.mark.parametrize(("platform", "service"), services(), ids=name_of)
def test_a_page_of_which_every_row_is_refused_sends_nothing(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, platform: Platform, service: Service
) -> None:
    """Its rows are settled by their reasons alone."""
    result, vendor, heard = _pushed(warehouse, monkeypatch, _played(platform, service), 3)
    assert (result.rejected, result.acknowledged, result.requests) == (3, 0, 0)
    assert [page.rows for page in heard.pages] == [3]
    assert vendor.sent == []
    query = "select code from marketing.tailrace_rejected_rows where delta_id = ?"
    codes = [str(code) for (code,) in warehouse.rows(query, [f"{service.name} 3"])]
    assert len(codes) == 3
    assert all(code.startswith("TAILRACE_") for code in codes)
