"""Playing seeds and sweeps, several at a time: each process has a folder and a database."""

from __future__ import annotations

import argparse
import logging
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, replace
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from threading import Thread

from tests.soak.report import line, table
from tests.soak.story import play
from tests.soak.sweep import SWEEPS, Name, sweep, sweeps_of
from tests.soak.tale import Outcome, silent
from tests.support import postgres
from tests.support.postgres import Postgres


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A seed to play, or a sweep over every statement; `server` is None on DuckDB."""

    seed: int | None = None
    sweep: Name | None = None
    steps: int | None = None
    server: Postgres | None
    home: Path


def main(arguments: Sequence[str] | None = None) -> int:
    """Play seeds, and sweeps over every statement of builds and pushes; 1 if one disagrees."""
    given = _parser().parse_args(arguments)
    with _home() as home:
        server = _server() if given.engine == "postgres" else None
        if given.seed is not None or given.sweep is not None:
            wanted = {"seed": given.seed, "sweep": given.sweep, "steps": given.steps}
            task = Task(**wanted, server=server, home=home)
            outcome, seconds = work(task, aloud=True)
            _say(line(outcome, seconds))
            _say(table([outcome]))
            return int(outcome.failure is not None)
        seeds = range(given.first, given.first + given.seeds)
        sweeps = sweeps_of(given.engine) if given.sweeps else ()
        tasks = [
            *(Task(sweep=name, server=server, home=home) for name in sweeps),
            *(Task(seed=seed, steps=given.steps, server=server, home=home) for seed in seeds),
        ]
        outcomes = list(_played(tasks, given.jobs))
    _say(table(outcomes))
    return int(any(outcome.failure for outcome in outcomes))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=main.__doc__)
    parser.add_argument("--engine", choices=("duckdb", "postgres"), default="duckdb")
    parser.add_argument("--seeds", type=int, default=10, help="how many (10)")
    parser.add_argument("--first", type=int, default=1, help="the first seed (1)")
    parser.add_argument("--seed", type=int, help="only this one, with its transcript")
    parser.add_argument("--sweep", choices=SWEEPS, help="only this sweep, with its transcript")
    parser.add_argument("--no-sweeps", dest="sweeps", action="store_false", help="seeds alone")
    parser.add_argument("--steps", type=int, help="steps of a seed, else 5 to 7")
    parser.add_argument("--jobs", type=int, default=1, help="how many at the same time (1)")
    return parser


def _played(tasks: Sequence[Task], jobs: int) -> Iterator[Outcome]:
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        for done in as_completed([pool.submit(work, task) for task in tasks]):
            outcome, seconds = done.result()
            _say(line(outcome, seconds))
            if outcome.failure:
                _say("\n".join(f"  {told}" for told in outcome.transcript))
            yield outcome


def work(task: Task, *, aloud: bool = False) -> tuple[Outcome, float]:
    """Play a seed or a sweep in this process; return how long it took."""
    began = time.monotonic()
    logging.disable()  # the servers of the destinations say when they start

    def say(told: str) -> None:
        _say(f"{time.monotonic() - began:6.1f} {told}")

    folder, server = _place(task.home, task.server)
    told = say if aloud else silent
    if task.sweep is not None:
        outcome = sweep(task.sweep, folder, server, say=told)
    else:
        outcome = play(task.seed or 0, folder, server, steps=task.steps, say=told)
    return outcome, time.monotonic() - began


@cache
def _place(home: Path, server: Postgres | None) -> tuple[Path, Postgres | None]:
    """The folder and the database of this process, which ends with the one that started it."""
    Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    folder = home / str(os.getpid())
    folder.mkdir()
    if server is None:
        return folder, None
    import psycopg2

    name = f"soak_{os.getpid()}"
    with closing(psycopg2.connect(**asdict(server))) as connection:
        connection.autocommit = True  # databases are not made inside a transaction
        with connection.cursor() as cursor:
            cursor.execute(f'create database "{name}"')
    return folder, replace(server, dbname=name)


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1.0)
    os._exit(1)


def _server() -> Postgres:
    programs = postgres.server_programs()
    if programs is None:
        raise SystemExit(postgres.MISSING)
    return postgres.start(programs, owner=os.getpid())


@contextmanager
def _home() -> Iterator[Path]:
    home = Path(tempfile.mkdtemp(prefix="tailrace-soak-"))
    try:
        yield home
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
