"""What a company sends, and where: its activations, and the stand-ins that they are sent to."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack

from runner.sandbox import serve_in_thread
from tests.oracle.braze import KINDS, acquaint
from tests.soak.book import Book, Stand
from tests.soak.company import PEOPLE
from tests.soak.destination import Destination, befriend


def open_book(
    stack: ExitStack, name: str, *, shards: int = 1, guards: Mapping[str, int] | None = None
) -> Book:
    """An activation with two places to send to, which know some people, until the stack ends."""
    service, rules_of, settings = KINDS[name]
    rules = rules_of()
    stands = {}
    for place in ("a", "b"):
        destination = Destination()
        acquaint(destination.state, rules.mode, PEOPLE)
        befriend(destination)
        server = stack.enter_context(serve_in_thread(destination))
        stands[f"{name}_{place}"] = Stand(server=server, destination=destination)
    return Book(
        name=name,
        service=service,
        rules=rules,
        stands=stands,
        target=f"{name}_a",
        settings=settings,
        shards=shards,
        guards=dict(guards or {}),
    )
