"""A stand-in for Braze."""

from __future__ import annotations

from runner.sandbox.braze.state import Profile, Rules, State
from runner.sandbox.braze.workspace import PERMISSIONS, Braze, Settings

__all__ = ["PERMISSIONS", "STAND_IN", "Braze", "Profile", "Rules", "Settings", "State"]

STAND_IN = Braze
