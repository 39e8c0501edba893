"""`runner sandbox`: a local stand-in for Braze."""

from __future__ import annotations

import click

from runner.errors import ConfigurationError, ExitCode


def sandbox(host: str, port: int) -> ExitCode:
    """Serve until Ctrl-C."""
    try:
        from runner.sandbox import run
    except ModuleNotFoundError as error:
        if error.name and error.name.startswith("runner"):
            raise
        raise ConfigurationError(
            f"The sandbox needs {error.name}, which is not installed: "
            "pip install 'tailrace[sandbox]'."
        ) from None
    run(host, port, announce=click.echo)
    return ExitCode.DONE
