"""dbt's profiles.yml, read without dbt: which warehouse, and how to log in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One target of a dbt profile, rendered. `project_dir` is None where there is no project."""

    name: str
    target: str
    type: str
    database: str | None
    schema: str
    credentials: Mapping[str, Any] = field(repr=False)
    profiles_dir: Path
    project_dir: Path | None

    def masked(self, text: str) -> str:
        """Return the text without any secret of the credentials."""
        for value in _secrets(self.credentials):
            text = text.replace(value, "***")
        return text


SECRET_WORDS = ("pass", "token", "secret", "key", "credential", "private")


def _secrets(value: object, *, secret: bool = False) -> list[str]:
    if isinstance(value, dict):
        return [
            found
            for name, item in value.items()
            for found in _secrets(
                item, secret=secret or any(word in str(name).lower() for word in SECRET_WORDS)
            )
        ]
    if isinstance(value, list):
        return [found for item in value for found in _secrets(item, secret=secret)]
    return [str(value)] if secret and value not in (None, "", True, False) else []
