"""A stand-in for Voyado Engage."""

from __future__ import annotations

from runner.sandbox.voyado.state import Contact, State
from runner.sandbox.voyado.workspace import Settings, Voyado

__all__ = ["STAND_IN", "Contact", "Settings", "State", "Voyado"]

STAND_IN = Voyado
