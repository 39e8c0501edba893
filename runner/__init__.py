"""Tailrace runner: sends the delta tables that dbt built to their destinations."""

from __future__ import annotations

__version__ = "0.1.0"
