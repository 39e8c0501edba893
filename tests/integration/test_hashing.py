"""Addresses, numbers and names are hashed in the warehouse, by each network's rules."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256

import pytest

from tests.support.project import Project

ANA = "5d0b4c0b" * 8  # stands for a hash that was made before
Case = tuple[str, str, str | None, str | None]
# Macro, network, value, and what is hashed of it; None is null.
CASES: list[Case] = [
    ("email", "", "  Ana.B+news@Example.org ", "ana.b+news@example.org"),
    ("email", "", "É@example.org", "é@example.org"),
    ("email", "", "", None),
    ("email", "", "   ", None),
    ("email", "", None, None),
    ("email", "google", "An.a.B+news+x@GMail.com", "anab@gmail.com"),
    ("email", "google", "a.b@googlemail.com", "ab@googlemail.com"),
    ("email", "google", "a.b+c@example.org", "a.b+c@example.org"),
    ("email", "google", "a.b@notgmail.com", "a.b@notgmail.com"),
    ("phone", "", "+46 (70) 123-45-67", "46701234567"),
    ("phone", "", "0046701234567", "46701234567"),
    ("phone", "", "+0000", None),
    ("phone", "", "none", None),
    ("phone", "google", "0046 70 1234567", "+46701234567"),
    ("phone", "x", "46701234567", "+46701234567"),
    ("phone", "google", "+000", None),
    ("name", "", " Anne-Marie O'Neil ", "anne-marie o'neil"),
    ("name", "meta", " Anne-Marie [O'Neil_é] ", "annemarieoneilé"),
    ("name", "meta", "--", None),
]


@pytest.fixture
def hashes(shop: Project) -> Iterator[Project]:
    """A project with a model of hashes, which is taken away again."""
    yield shop
    shop.remove("hashes")


def _literal(value: str | None) -> str:
    return "null" if value is None else "'" + value.replace("'", "''") + "'"


def test_what_is_hashed(hashes: Project) -> None:
    """The same on each engine, and as Python's own SHA-256 has it."""
    columns = [
        f"{{{{ tailrace.hashed_{macro}({_argument(value)}, '{network}') }}}} as c{at}"
        for at, (macro, network, value, _) in enumerate(CASES)
    ]
    hashes.write("models/hashes.sql", "select " + ",\n".join(columns))
    hashes.build("hashes", command="run")
    (found,) = hashes.rows("select * from marketing.hashes")
    wanted = [
        None if normal is None else sha256(normal.encode()).hexdigest() for _, _, _, normal in CASES
    ]
    assert list(found) == wanted


def _argument(value: str | None) -> str:
    return '"' + _literal(value).replace('"', '\\"') + '"'


@pytest.mark.parametrize("macro", ["email", "phone", "name"])
def test_what_is_hashed_already_passes(hashes: Project, macro: str) -> None:
    """In small letters; a text that only looks like a hash is hashed."""
    almost = "g" + ANA[1:]
    columns = [
        f"{{{{ tailrace.hashed_{macro}({_argument(text)}) }}}} as c{at}"
        for at, text in enumerate((ANA, f" {ANA.upper()} ", almost))
    ]
    hashes.write("models/hashes.sql", "select " + ", ".join(columns))
    hashes.build("hashes", command="run")
    ((plain, capitals, other),) = hashes.rows("select * from marketing.hashes")
    assert plain == capitals == ANA
    assert other != almost
    assert len(other) == 64
