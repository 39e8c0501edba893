"""A stand-in for Dotdigital."""

from __future__ import annotations

from runner.sandbox.dotdigital.state import Contact, State
from runner.sandbox.dotdigital.workspace import Dotdigital, Settings

__all__ = ["STAND_IN", "Contact", "Dotdigital", "Settings", "State"]

STAND_IN = Dotdigital
