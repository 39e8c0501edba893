"""How tests run the runner."""

from __future__ import annotations

from collections.abc import Callable

Run = Callable[..., tuple[int, str, str]]  # arguments -> exit code, stdout, stderr
