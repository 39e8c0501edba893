"""`runner sandbox`: a local stand-in for a platform."""

from __future__ import annotations

import click

from runner.errors import ConfigurationError, ExitCode


def sandbox(platform: str, host: str, port: int) -> ExitCode:
    """Serve until Ctrl-C.

    Raises ConfigurationError for a platform that has none.
    """
    try:
        from runner.sandbox import run, stand_ins, start
    except ModuleNotFoundError as error:
        if error.name and error.name.startswith("runner"):
            raise
        raise ConfigurationError(
            f"The sandbox needs {error.name}, which is not installed: "
            "pip install 'tailrace[sandbox]'."
        ) from None
    if platform not in stand_ins():
        raise ConfigurationError(
            f"There is no sandbox of `{platform}`: choose one of {', '.join(stand_ins())}."
        )
    run(start(platform), host, port, announce=click.echo)
    return ExitCode.DONE
