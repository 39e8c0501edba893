"""Platforms and services are found by listing the folder."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace

import pytest

from runner import destinations
from runner.destinations.braze import PLATFORM
from runner.destinations.checks import refusal
from runner.errors import ConfigurationError
from tests.contract.situations import activation_of, connection_to


def test_platforms_are_found() -> None:
    """Every module of the folder with a PLATFORM is a platform under its own name."""
    assert destinations.platforms()["braze"] is PLATFORM
    assert all(name == each.name for name, each in destinations.platforms().items())


def test_names_of_services_begin_with_their_platform() -> None:
    """A service's full name says its platform, and no name is there twice."""
    for platform in destinations.platforms().values():
        names = [each.name for each in platform.services]
        assert len(set(names)) == len(names)
        assert all(name.startswith(f"{platform.name}.") for name in names)


def test_service_by_name() -> None:
    """A service is found by its full name."""
    assert destinations.service("braze.users") in PLATFORM.services


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("braze.user", "There is no destination service braze.user: did you mean braze.users?"),
        ("users", "did you mean braze.users?"),
        ("service", "There is no destination service service: "),
        ("", "there are: batch.contacts, batch.events"),
    ],
)
def test_unknown_service(name: str, hint: str) -> None:
    """An unknown name is answered with the nearest one, or with all."""
    with pytest.raises(ConfigurationError, match=re.escape(hint)):
        destinations.service(name)


def test_finding_is_light() -> None:
    """Looking up a service imports neither dbt nor an HTTP client."""
    program = (
        "import sys; from runner.destinations import service; service('braze.users'); "
        "print([name for name in ('dbt', 'requests', 'yaml', 'jinja2') if name in sys.modules])"
    )
    found = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    assert found.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("ages", "sentence"),
    [
        ({"max_age": None, "min_age": 600}, "no event that is older than 24 hours: give the"),
        ({"max_age": 86_401, "min_age": 600}, "give the activation max_age = '24 hours', or less"),
        ({"max_age": 3600, "min_age": 599}, "give the activation min_age = '10 minutes', or more"),
        ({"max_age": 86_400, "min_age": 600}, None),
    ],
)
def test_a_service_demands_an_age(ages: dict[str, int | None], sentence: str | None) -> None:
    """Before anything is sent; within its limits an activation says what it likes."""
    platform = destinations.platforms()["batch"]
    events = replace(destinations.service("batch.events"), min_age=600)
    activation = activation_of(
        events,
        sync_mode="incremental",
        attributes={"time": "at"},
        settings={"event_name": "bought"},
        **ages,
    )
    found = refusal(platform, events, activation, connection_to(platform, project_key="project_x"))
    assert (sentence is None and found is None) or (sentence and sentence in str(found))
