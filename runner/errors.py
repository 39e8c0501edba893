"""Errors named by what happens next, each with the exit code of the process."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """What the process tells its caller."""

    DONE = 0
    REJECTED = 1
    CONFIGURATION = 2
    HELD = 3
    UNAVAILABLE = 4


class TailraceError(Exception):
    """A condition a person can act on; its text is one sentence with the cause and the cure.

    `cause` is a word for the same that does not change from run to run.
    """

    exit_code = ExitCode.CONFIGURATION
    cause = "configuration"

    def __init__(self, text: str, *, cause: str | None = None) -> None:
        super().__init__(text)
        self.cause = cause or self.cause


class ConfigurationError(TailraceError):
    """A profile, destinations file, mapping or argument is wrong: nothing was sent."""


class HeldError(TailraceError):
    """A guard, rows in doubt or another runner stand in the way: a person must decide."""

    exit_code = ExitCode.HELD
    cause = "held"


class UnavailableError(TailraceError):
    """The destination or the warehouse cannot be reached or refuses this key."""

    exit_code = ExitCode.UNAVAILABLE
    cause = "warehouse"  # what a destination did has a word of its own


class RejectedShareError(TailraceError):
    """The destination refuses so many rows that the run was stopped or ends with a warning."""

    exit_code = ExitCode.REJECTED
    cause = "rejected_share"
