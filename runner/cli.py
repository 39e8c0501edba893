"""The command line: what can be asked of the runner. Each command's work is in `commands`."""

from __future__ import annotations

import functools
import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import click

from runner import __version__
from runner.errors import ExitCode, TailraceError
from runner.masking import mask_output
from runner.parts import Part

if TYPE_CHECKING:
    from runner.commands.place import Place

# The commands import their work when they run, so that --help answers at once.

INTERRUPTED = 130
FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)

AS_JSON = click.option("--json", "as_json", is_flag=True, help="Write JSON to stdout.")
DESTINATIONS = click.option(
    "--destinations",
    type=FILE,
    help="The destinations file; else destinations.yml of the project, or TAILRACE_DESTINATIONS.",
)
PROJECT_DIR = click.option(
    "--project-dir", type=FOLDER, help="The dbt project, if there is one here; as for dbt."
)
WAREHOUSE = (
    click.option("--profiles-dir", type=FOLDER, help="Where profiles.yml is; as for dbt."),
    click.option("--profile", help="The profile; needed only where no dbt project names it."),
    click.option("--target", "-t", help="The target of the profile; as for dbt."),
    click.option("--schema", help="The schema of the control tables; else the target's own."),
)


def place_options(*options: Callable[..., Any]) -> Callable[..., Any]:
    """Add options to a command, which receives them as one `place`."""

    def decorate(command: Callable[..., int]) -> Callable[..., int]:
        @functools.wraps(command)
        def called(**values: Any) -> int:  # noqa: ANN401 - click passes what was parsed
            from runner.commands.place import Place

            known = {name: values.pop(name) for name in PLACE_FIELDS if name in values}
            return command(place=Place(**known), **values)

        for option in reversed(options):
            called = option(called)
        return called

    return decorate


PLACE_FIELDS = (
    "project_dir",
    "profiles_dir",
    "profile",
    "target",
    "destinations",
    "schema",
    "as_json",
)
ACTIVATIONS = click.argument("activations", nargs=-1)
NAME = click.argument("activation")
PART = "Send one of N parts of the shards, beside runners that send the others."
SHOW_VALUES = click.option(
    "--show-values", is_flag=True, help="Show people's data; else keys are hashed."
)


EXIT_CODES = (
    "Exit codes: 0 done, 1 rows rejected beyond the threshold, 2 usage or configuration, 3 held by "
    "a guard, in doubt, paused, removed, or another runner or a build has it, 4 destination or "
    "warehouse unavailable, 130 stopped by Ctrl-C."
)


@click.group(
    epilog=EXIT_CODES,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="runner")
def cli() -> None:
    """Send the delta tables that dbt built to their destinations.

    ACTIVATIONS are names or globs ('braze_*'); without any, all of them are meant.
    """


@cli.command(epilog=f"Example: runner push 'braze_*' --limit 100\n\n{EXIT_CODES}")
@ACTIVATIONS
@click.option("--limit", type=click.IntRange(min=1), help="Stop after so many rows of each.")
@click.option("--shard", "part", type=Part.parse, default="1/1", metavar="I/N", help=PART)
@click.option(
    "--dry-run", is_flag=True, help="Show the first requests, values hidden, and send nothing."
)
@click.option(
    "--show-values", is_flag=True, help="With --dry-run: show people's data, as it would be sent."
)
@click.option("--verbose", is_flag=True, help="Tell of every page.")
@place_options(PROJECT_DIR, *WAREHOUSE, DESTINATIONS, AS_JSON)
def push(
    place: Place,
    activations: Sequence[str],
    limit: int | None,
    part: Part,
    dry_run: bool,
    show_values: bool,
    verbose: bool,
) -> int:
    """Send what is not settled yet."""
    from runner.commands.push import push as work

    if show_values and not dry_run:
        raise click.UsageError("--show-values goes with --dry-run: a push shows nobody's data.")
    return work(
        place,
        activations,
        limit=limit,
        part=part,
        dry_run=dry_run,
        verbose=verbose,
        show_values=show_values,
    )


@cli.command(epilog="Example: runner plan braze_customers --sample 10")
@ACTIVATIONS
@click.option(
    "--sample", type=click.IntRange(0, 100), default=3, show_default=True, help="Rows to show."
)
@SHOW_VALUES
@place_options(PROJECT_DIR, *WAREHOUSE, AS_JSON)
def plan(place: Place, activations: Sequence[str], sample: int, show_values: bool) -> int:
    """Show what the next push would do."""
    from runner.commands.plan import plan as work

    return work(place, activations, sample=sample, show_values=show_values)


@cli.command(epilog="Example: runner status --json")
@ACTIVATIONS
@SHOW_VALUES
@place_options(PROJECT_DIR, *WAREHOUSE, AS_JSON)
def status(place: Place, activations: Sequence[str], show_values: bool) -> int:
    """Show how far each activation is, and what waits for a person."""
    from runner.commands.status import status as work

    return work(place, activations, show_values=show_values)


@cli.command(epilog="Example: runner approve braze_customers")
@NAME
@place_options(PROJECT_DIR, *WAREHOUSE, AS_JSON)
def approve(place: Place, activation: str) -> int:
    """Release the delta that a guard holds, and record who did so."""
    from runner.commands.decide import approve as work

    return work(place, activation)


@cli.command(epilog="Example: runner resolve braze_purchases --resend")
@NAME
@click.option("--resend", is_flag=True, help="Send the rows in doubt again.")
@click.option("--skip", is_flag=True, help="Never send them again.")
@place_options(PROJECT_DIR, *WAREHOUSE, AS_JSON)
def resolve(place: Place, activation: str, resend: bool, skip: bool) -> int:
    """Settle events of which nobody knows whether they arrived."""
    from runner.commands.decide import resolve as work

    if resend == skip:
        raise click.UsageError(
            "Say either --resend (some may arrive twice) or --skip (some may be lost)."
        )
    return work(place, activation, "resend" if resend else "skip")


@cli.command(epilog="Example: runner pause braze_customers")
@NAME
@place_options(PROJECT_DIR, *WAREHOUSE, AS_JSON)
def pause(place: Place, activation: str) -> int:
    """Let no push send anything, until `runner resume`."""
    from runner.commands.decide import pause as work

    return work(place, activation)


@cli.command(epilog="Example: runner resume braze_customers")
@NAME
@place_options(PROJECT_DIR, *WAREHOUSE, AS_JSON)
def resume(place: Place, activation: str) -> int:
    """End a pause, that of a person or one after repeated failures."""
    from runner.commands.decide import resume as work

    return work(place, activation)


@cli.command(epilog="Example: runner retry braze_customers")
@NAME
@place_options(PROJECT_DIR, *WAREHOUSE, AS_JSON)
def retry(place: Place, activation: str) -> int:
    """Let the next dbt build plan refused rows again, those that rest too."""
    from runner.commands.decide import retry as work

    return work(place, activation)


@cli.command(epilog="Example: runner forget braze_customers --key - < key.txt")
@NAME
@click.option(
    "--key",
    "keys",
    multiple=True,
    required=True,
    help="The key; once for each column of the primary key, in its order. "
    "- alone: standard input, a line a column.",
)
@place_options(PROJECT_DIR, *WAREHOUSE, AS_JSON)
def forget(place: Place, activation: str, keys: Sequence[str]) -> int:
    """Remove a person's key from what is kept of what was sent."""
    from runner.commands.forget import forget as work

    return work(place, activation, keys)


@cli.command(epilog="Example: runner check braze_eu")
@click.argument("connections", nargs=-1)
@place_options(PROJECT_DIR, DESTINATIONS, AS_JSON)
def check(place: Place, connections: Sequence[str]) -> int:
    """Prove URL and key of CONNECTIONS, or of all, by one harmless call each."""
    from runner.commands.check import check as work

    return work(place, connections)


@cli.command(epilog="Example: runner services")
@place_options(AS_JSON)
def services(place: Place) -> int:
    """Show what the platforms can do: modes, identifiers, limits, permissions."""
    from runner.commands.services import services as work

    return work(place)


@cli.command(epilog="Example: runner sandbox batch --port 8750")
@click.argument("platform", default="braze")
@click.option("--host", default="127.0.0.1", show_default=True, help="A loopback address.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8750,
    show_default=True,
    help="Where to listen; 0 takes a free port.",
)
def sandbox(platform: str, host: str, port: int) -> int:
    """Serve a local stand-in for a platform (Braze unless named) until Ctrl-C."""
    from runner.commands.sandbox import sandbox as work

    return work(platform, host, port)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command and end the process with its exit code; no secret shows on the way."""
    mask_output()
    signal.signal(signal.SIGTERM, _as_interrupt)
    try:
        code = cli.main(arguments, prog_name="runner", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        code = ExitCode.CONFIGURATION
    except TailraceError as error:
        click.echo(f"Error: {error}", err=True)
        code = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("Stopped. What is settled is recorded: the same command goes on.", err=True)
        code = INTERRUPTED
    except BrokenPipeError:
        # Who read our output has closed it; nothing more can be written at exit either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = ExitCode.DONE
    sys.exit(int(code or 0))


def _as_interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
