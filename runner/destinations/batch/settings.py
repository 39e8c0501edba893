"""What a connection to Batch may set (Batch contract, sections 1, 3 and 6), and its endpoints."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote

from runner.destinations.batch.replies import read_contacts, read_profiles
from runner.destinations.common.settings import OPTION_COUNT, OPTION_RATE, count, option, rate
from runner.destinations.service import Connection, Endpoint, Fragment, Setting, Target

_VERSION = re.compile(r"[0-9]+\.[0-9]+")


def _is_version(value: object) -> bool:
    return _VERSION.fullmatch(str(value)) is not None


def _are_keys(value: object) -> bool:
    keys = value if isinstance(value, list) else []
    return bool(keys) and all(isinstance(key, str) and key.strip() == key != "" for key in keys)


APP_KEYS = Setting(
    name="app_keys",
    description="The API keys of the apps (iOS, Android, Web), a list: every contact goes to each. "
    "Needed by batch.contacts.",
    check=("a list of API keys as text", _are_keys),
)
PROJECT_KEY = Setting(
    name="project_key",
    description="The key of the project (project_...). Needed by batch.profiles and batch.events.",
    check=(
        "the key as text",
        lambda value: isinstance(value, str) and value.strip() == value != "",
    ),
)
CONTACTS_VERSION = Setting(
    name="contacts_version",
    description="The version of the Custom Data API.",
    default="1.0",
    check=("a version such as 1.0, in quotes", _is_version),
)
PROFILES_VERSION = Setting(
    name="profiles_version",
    description="The version of the Profile API.",
    default="2.11",
    check=('a version such as "2.11", in quotes', _is_version),
)
CONTACTS_MAX_ROWS = Setting(
    name="contacts_max_rows",
    description="Users in one request to the Custom Data API.",
    default=10_000,
    check=OPTION_COUNT,
)
UPDATE_MAX_ROWS = Setting(
    name="update_max_rows",
    description="Profiles in one request to profiles/update.",
    default=200,
    check=OPTION_COUNT,
)
MASS_MAX_ROWS = Setting(
    name="mass_update_max_rows",
    description="Profiles in one request to profiles/mass-update.",
    default=10_000,
    check=OPTION_COUNT,
)
MAX_BYTES = Setting(
    name="max_bytes",
    description="Bytes of one request's body.",
    default=5_000_000,
    check=OPTION_COUNT,
)
CONTACTS_RATE = Setting(
    name="contacts_rate_limit",
    description="Requests to the Custom Data API in any window of so many seconds.",
    default={"requests": 1, "seconds": 1},
    check=OPTION_RATE,
)
UPDATE_RATE = Setting(
    name="update_rate_limit",
    description="Requests to profiles/update in any window of so many seconds. Batch counts "
    "profiles, 300 a second: three full requests in two seconds.",
    default={"requests": 3, "seconds": 2},
    check=OPTION_RATE,
)
MASS_RATE = Setting(
    name="mass_update_rate_limit",
    description="Requests to profiles/mass-update in any window of so many seconds.",
    default={"requests": 1, "seconds": 1},
    check=OPTION_RATE,
)
OPTIONS = (
    *(APP_KEYS, PROJECT_KEY, CONTACTS_VERSION, PROFILES_VERSION),
    *(CONTACTS_MAX_ROWS, UPDATE_MAX_ROWS, MASS_MAX_ROWS, MAX_BYTES),
    *(CONTACTS_RATE, UPDATE_RATE, MASS_RATE),
)


def contacts(connection: Connection, fragment: Fragment) -> Endpoint:
    """The bulk call of the Custom Data API, once for each app."""
    version = option(connection, CONTACTS_VERSION)
    keys = connection.options.get(APP_KEYS.name) or []
    paths = [f"/{version}/{quote(key, safe='')}/data/users" for key in keys]
    return Endpoint(
        targets=tuple(Target(path=path, opening=b"[", closing=b"]") for path in paths),
        fragment=fragment,
        verdict=read_contacts,
        headers={"X-Authorization": connection.secrets["rest_key"]},
        distinct=True,
        max_rows=count(connection, CONTACTS_MAX_ROWS),
        max_bytes=count(connection, MAX_BYTES),
        rate=rate(connection, CONTACTS_RATE, "data/users"),
        permission="a plan with the Custom Data API",
    )


def profiles(connection: Connection, fragment: Fragment, *, mass: bool) -> Endpoint:
    """The Profile API: the quick call, or the one for dumps."""
    call = "mass-update" if mass else "update"
    path = f"/{option(connection, PROFILES_VERSION)}/profiles/{call}"
    return Endpoint(
        targets=(Target(path=path, opening=b"[", closing=b"]"),),
        fragment=fragment,
        verdict=read_profiles,
        headers=project_headers(connection),
        distinct=True,
        max_rows=count(connection, MASS_MAX_ROWS if mass else UPDATE_MAX_ROWS),
        max_bytes=count(connection, MAX_BYTES),
        rate=rate(connection, MASS_RATE if mass else UPDATE_RATE, f"profiles/{call}"),
        permission="a project with the Profile API",
    )


def project_headers(connection: Connection) -> Mapping[str, str]:
    """How the Profile API is told the key and the project."""
    return {
        "Authorization": f"Bearer {connection.secrets['rest_key']}",
        "X-Batch-Project": str(connection.options.get(PROJECT_KEY.name, "")),
    }
