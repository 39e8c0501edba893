"""A company as it was at one moment, to go back to as often as it takes."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from contextlib import closing
from copy import deepcopy
from dataclasses import asdict
from pathlib import Path

from tests.soak.book import Book
from tests.soak.company import Company
from tests.soak.destination import Destination
from tests.support.postgres import Postgres


class Copy:
    """The warehouse, the books and what the destinations hold; the project's files stay."""

    def __init__(self, company: Company) -> None:
        company.wait_for_the_dead()
        self._company = company
        self._books = _copied(company.books)
        self._states = [deepcopy(each.state) for each in _destinations(company.books)]
        self._people, self._events = list(company.people), list(company.events)
        self._save()

    def restore(self) -> None:
        """Put everything back."""
        company = self._company
        company.wait_for_the_dead()
        company.books[:] = _copied(self._books)
        company.people, company.events = list(self._people), list(self._events)
        for destination, state in zip(_destinations(company.books), self._states, strict=True):
            destination.lie_in_wait(None)
            destination.news()
            with destination.lock:
                destination.state = deepcopy(state)
        if company.server:
            _clone(company.server, of=self._name, to=company.server.dbname)
            return
        for file, saved in self._files():
            file.unlink(missing_ok=True)
            if saved.exists():
                shutil.copyfile(saved, file)

    def close(self) -> None:
        """Remove the copy of the warehouse."""
        if self._company.server:
            _command(self._company.server, f'drop database if exists "{self._name}"')
        for _, saved in self._files():
            saved.unlink(missing_ok=True)

    def _save(self) -> None:
        if self._company.server:
            _clone(self._company.server, of=self._company.server.dbname, to=self._name)
            return
        for file, saved in self._files():
            saved.unlink(missing_ok=True)
            if file.exists():
                shutil.copyfile(file, saved)

    @property
    def _name(self) -> str:
        return f"{self._company.server.dbname}_as_it_was" if self._company.server else ""

    def _files(self) -> list[tuple[Path, Path]]:
        names = ("company.duckdb", "company.duckdb.wal")
        folder = self._company.folder
        return [(folder / name, folder / f"{name}.as_it_was") for name in names]


def _copied(books: Sequence[Book]) -> list[Book]:
    """Copies of books, which share the servers and destinations: those are real."""
    stands = [stand for book in books for stand in book.stands.values()]
    shared = {id(each): each for stand in stands for each in (stand.server, stand.destination)}
    return deepcopy(list(books), shared)


def _destinations(books: Sequence[Book]) -> list[Destination]:
    return [stand.destination for book in books for stand in book.stands.values()]


def _clone(server: Postgres, *, of: str, to: str) -> None:
    _command(server, f'drop database if exists "{to}"')
    _command(server, f'create database "{to}" template "{of}"')


def _command(server: Postgres, sql: str) -> None:
    import psycopg2

    with closing(psycopg2.connect(**{**asdict(server), "dbname": "postgres"})) as connection:
        connection.autocommit = True  # databases are not made inside a transaction
        with connection.cursor() as cursor:
            cursor.execute(sql)
