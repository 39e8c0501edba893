"""Names and values that look like SQL, Jinja or placeholders are only ever names and values.

TAILRACE_QUOTING_EXAMPLES makes the search for what nobody thought of longer.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path

import duckdb
import psycopg2
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.support.erasing import erase
from tests.support.project import OPEN, Project

EXAMPLES = int(os.environ.get("TAILRACE_QUOTING_EXAMPLES", "4"))
ODD = [
    "select",
    'a"b',
    "it's",
    "Ünïcode 😀",
    "with space",
    "semi;colon",
    "{{ jinja }}",
    "{% raw %}",
    "{# gone #}",
    "'; drop table x; --",
    "{{ 1/0 }}",
    "$$",
    "back\\slash",
    "\\",
    "%s",
    "%(x)s",
    "?",
    ":x",
    "a.b",
    "`tick`",
    "[x]",
    "null",
    "/* x",
    "-- x",
    "line\nbreak",
    "tab\there",
]


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _fill(
    shop: Project, table: str, columns: Sequence[str], rows: Sequence[Sequence[object]]
) -> None:
    """Make a table of text columns with these names; values are bound, names are quoted here."""
    relation = f"marketing.{table}"
    listed = ", ".join(f"{_quoted(name)} text" for name in columns)
    script = [
        "create schema if not exists marketing",
        f"drop table if exists {relation} cascade",
        f"create table {relation} ({listed})",
    ]
    marks = ", ".join(["%s" if shop.engine == "postgres" else "?"] * len(columns))
    given = shop.profile.credentials
    if shop.engine == "postgres":
        names = ("host", "port", "user", "password", "dbname")
        with closing(psycopg2.connect(**{name: given[name] for name in names})) as connection:
            with connection.cursor() as cursor:
                for statement in script:
                    cursor.execute(statement)
                cursor.executemany(f"insert into {relation} values ({marks})", rows)
            connection.commit()
        return
    with closing(duckdb.connect(given["path"])) as duck:
        for statement in script:
            duck.execute(statement)
        duck.executemany(f"insert into {relation} values ({marks})", rows)


@pytest.fixture
def odd(shop: Project) -> Iterator[Project]:
    """Forget what the stand-in holds, before and after."""
    shop.server.sandbox.reset()
    shop.model("qu_people")
    yield shop
    shop.server.sandbox.reset()
    shop.remove("qu", "qu_people")


def _activate(shop: Project, attributes: Mapping[str, str]) -> None:
    """Write an activation whose key has two odd columns."""
    shop.activation(
        "qu",
        "ref('qu_people')",
        sync_mode="mirror",
        primary_key=["primary key", "order by"],
        identifiers={"external_id": "order by"},
        attributes=dict(attributes),
        guards=OPEN,
    )


def _push(shop: Project) -> int:
    """Build and push; 1 where rows were refused."""
    shop.build("qu_people qu", command="run")
    code, out, err = shop.runner("push", "qu", "--verbose")
    assert code in {0, 1}, out + err
    return code


def test_odd_names_and_values_arrive_as_they_are(odd: Project) -> None:
    """Columns, attributes, keys and values of any letters pass dbt, warehouse and runner."""
    rows = [[key, f"p {key}", *ODD[at:], *ODD[:at]] for at, key in enumerate(ODD)]
    expected = {row[0]: dict(zip(ODD, row[2:], strict=True)) for row in rows}
    _fill(odd, "raw_qu_people", ["order by", "primary key", *ODD], rows)
    _activate(odd, {name: name for name in ODD})
    odd.server.sandbox.refuse({key: f"refused: {key}" for key in ODD[5:]})
    assert _push(odd) == 1
    query = "select record_key, identifiers, reason from marketing.tailrace_rejected_rows"
    refused = odd.rows(f"{query} where activation = 'qu'")
    assert sorted(refused) == sorted(
        (
            f"{len(key) + 2}:p {key}|{len(key)}:{key}",
            json.dumps({"external_id": key}, ensure_ascii=False, separators=(",", ":")),
            f"refused: {key}",
        )
        for key in ODD[5:]
    )
    odd.server.sandbox.refuse()
    assert _push(odd) == 0
    assert odd.profiles() == expected
    # One value changes, one row leaves.
    rows[0][2], expected[ODD[0]][ODD[0]] = "{{ 2 }}", "{{ 2 }}"
    expected.pop(rows.pop()[0])
    _fill(odd, "raw_qu_people", ["order by", "primary key", *ODD], rows)
    assert _push(odd) == 0
    assert odd.profiles() == expected
    assert odd.rows("select _operation, _changed from marketing.qu order by _ordinal") == [
        ("update", json.dumps([ODD[0]])),
        ("delete", None),
    ]


def test_the_packages_own_names_are_refused(odd: Project, project_root: Path) -> None:
    """A column that is called as a step towards the delta could decide what is sent."""
    macros = project_root / "macros" / "diff"
    steps = "".join(file.read_text() for file in macros.glob("*.sql"))
    refused = set(re.findall(r"'(_\w+)'", (macros / "package_columns.sql").read_text()))
    assert "_planned" in refused
    assert not set(re.findall(r"\bas (_[a-z_]*[a-z])\b", steps)) - refused
    for name in ("_Planned", "_value_12", "_key_1"):
        _activate(odd, {"x": name})
        (told,) = odd.dbt("parse").complaints
        assert f"the column {json.dumps(name)} has the name of one of the delta's own" in told


# PostgreSQL has no NUL and cuts names after 63 bytes; Braze keeps `_` and 255 letters to itself.
LETTERS = st.characters(codec="utf-8", exclude_characters="\0")
PIECES = st.sampled_from(
    ["'", '"', "\\", "{{", "}}", "{%", "%}", "{#", "#}", ";", "--", "$$", "%s"]
)
TEXTS = st.lists(PIECES | st.text(LETTERS, max_size=5), min_size=1, max_size=8).map("".join)
COLUMNS = TEXTS.filter(lambda name: 0 < len(name.encode()) <= 63 and not name.startswith("_"))


def _distinct(texts: st.SearchStrategy[str], size: int) -> st.SearchStrategy[list[str]]:
    return st.lists(texts, min_size=size, max_size=size, unique_by=lambda name: name.casefold())


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[str], list[str], list[list[str]]]:
    """Names of columns, as many names of attributes, and rows of a key and a value each."""
    columns = draw(_distinct(COLUMNS, 12))
    attributes = draw(_distinct(COLUMNS, 12))
    keys = draw(st.lists(TEXTS.filter(str.strip), min_size=12, max_size=12, unique=True))
    rows = [[key, draw(TEXTS), *(draw(TEXTS) for _ in columns)] for key in keys]
    return columns, attributes, rows


@pytest.mark.timeout(300 + 30 * EXAMPLES)
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(table=tables())
def test_any_names_and_values_arrive_as_they_are(
    odd: Project, table: tuple[list[str], list[str], list[list[str]]]
) -> None:
    """What nobody thought of, twelve columns and rows a build."""
    columns, attributes, rows = table
    odd.server.sandbox.reset()
    erase(odd, "qu")
    _fill(odd, "raw_qu_people", ["order by", "primary key", *columns], rows)
    _activate(odd, dict(zip(attributes, columns, strict=True)))
    assert _push(odd) == 0
    assert odd.profiles() == {row[0]: dict(zip(attributes, row[2:], strict=True)) for row in rows}


@pytest.mark.parametrize(
    "shop", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True
)
def test_columns_that_differ_in_case_alone_are_refused(odd: Project) -> None:
    """PostgreSQL knows them apart, a mapping does not: the wrong one could be sent."""
    _fill(odd, "raw_qu_people", ["order by", "primary key", "Name", "name", "Ort"], [])
    odd.build("qu_people", command="run")
    _activate(odd, {"x": "Name"})
    (told,) = odd.dbt("run", "--select", "qu").complaints
    assert 'its model has several columns that are called "name" but for the case' in told
    _activate(odd, {"x": "Ort"})
    odd.build("qu", command="run")
