"""A stand-in for Batch."""

from __future__ import annotations

from runner.sandbox.batch.state import Profile, State
from runner.sandbox.batch.workspace import Batch, Settings

__all__ = ["STAND_IN", "Batch", "Profile", "Settings", "State"]

STAND_IN = Batch
