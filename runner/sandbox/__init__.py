"""A local stand-in for Braze, strict to its contract, for tests and demos.

Needs the extra `sandbox`. What is held and how it changes (`state`, `track`, `subscriptions`,
`deletion`, `lookups`) knows nothing of HTTP; `sandbox` answers requests, `app` serves them.
"""

from __future__ import annotations

from runner.sandbox.faults import Fault, Faults
from runner.sandbox.journal import Call
from runner.sandbox.limits import RateLimit
from runner.sandbox.sandbox import API_KEY, Answer, Sandbox, Settings
from runner.sandbox.server import Server, run, serve_in_thread
from runner.sandbox.state import Profile, Rules, State

__all__ = [
    "API_KEY",
    "Answer",
    "Call",
    "Fault",
    "Faults",
    "Profile",
    "RateLimit",
    "Rules",
    "Sandbox",
    "Server",
    "Settings",
    "State",
    "run",
    "serve_in_thread",
]
