"""Parts of an activation's shards: what one of several runners pushes."""

from __future__ import annotations

import re
from dataclasses import dataclass

import click

_WRITTEN = re.compile(r"([1-9]\d{0,3})/([1-9]\d{0,3})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """The part `number` of `parts`, counted from 1; written 2/8."""

    number: int
    parts: int

    @classmethod
    def parse(cls, written: str) -> Part:
        """Read 2/8. Raises click.BadParameter."""
        found = _WRITTEN.fullmatch(written)
        if not found or int(found[1]) > int(found[2]):
            raise click.BadParameter(f"{written!r} is no part: write 2/8 for the second of eight.")
        return cls(number=int(found[1]), parts=int(found[2]))

    def has(self, shard: int) -> bool:
        """Whether a shard is in this part; shards are counted from 0."""
        return shard % self.parts == self.number - 1

    def __str__(self) -> str:
        return f"{self.number}/{self.parts}"


WHOLE = Part(number=1, parts=1)
