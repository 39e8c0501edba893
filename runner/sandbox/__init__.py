"""Local stand-ins for platforms, strict to their contracts, for tests and demos.

Needs the extra `sandbox`. Each folder is a platform: what it holds and how that changes knows
nothing of HTTP; `app` serves it, and `sandbox` is what all of them have.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from runner.sandbox.faults import Fault, Faults
from runner.sandbox.journal import Call
from runner.sandbox.limits import RateLimit
from runner.sandbox.sandbox import API_KEY, Answer, Sandbox, Settings
from runner.sandbox.server import Server, run, serve_in_thread

__all__ = [
    "API_KEY",
    "Answer",
    "Call",
    "Fault",
    "Faults",
    "RateLimit",
    "Sandbox",
    "Server",
    "Settings",
    "run",
    "serve_in_thread",
    "stand_ins",
    "start",
]


def stand_ins() -> tuple[str, ...]:
    """The platforms that have a stand-in: a folder each."""
    return tuple(sorted(each.name for each in iter_modules(__path__) if each.ispkg))


def start(platform: str) -> Sandbox:
    """The stand-in of a platform, with nobody in it."""
    module = import_module(f"{__name__}.{platform}")
    made: Sandbox = module.STAND_IN()
    return made
