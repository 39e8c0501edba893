"""Random histories of changes, builds and pushes, with refusals, faults and kills.

TAILRACE_ORACLE_CYCLES, _HISTORIES and _SEED make the run longer or another one; `make oracle` does.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pytest
from hypothesis import HealthCheck, Phase, assume, given, seed, settings
from hypothesis import strategies as st

from runner.sandbox import Fault, serve_in_thread
from tests.oracle.braze import BRAZE
from tests.oracle.changes import CHANGES
from tests.oracle.cycles import Cycle, Push, Tally, run
from tests.oracle.destination import Destination
from tests.oracle.world import Activation, World
from tests.support.postgres import Postgres

CYCLES = int(os.environ.get("TAILRACE_ORACLE_CYCLES", "0"))
HISTORIES = int(os.environ.get("TAILRACE_ORACLE_HISTORIES", "1"))
SEED = int(os.environ.get("TAILRACE_ORACLE_SEED", "0"))
# A cycle takes seconds, on Spark a minute or two; five each are a fault.
TIME_LIMIT = pytest.mark.timeout(300 * (CYCLES or 8) * HISTORIES)

FAULTS = (
    Fault(kind="cut_after"),
    Fault(kind="cut_before"),
    Fault(kind="server_error", processed=True),
    Fault(kind="server_error"),
    Fault(kind="html", processed=True),
)
places = st.integers(0, 99)
pushes = st.one_of(
    st.just(Push()),
    st.just(Push()),
    st.builds(Push, refused=st.lists(st.integers(0, 6), max_size=3).map(tuple)),
    st.builds(Push, fatal_write=st.integers(1, 14), after=st.booleans(), again=st.booleans()),
    st.builds(
        Push, fault=st.sampled_from(FAULTS), faulty_request=st.integers(0, 2), again=st.booleans()
    ),
)


def _cycles(activations: int) -> st.SearchStrategy[Cycle]:
    return st.builds(
        Cycle,
        changes=st.lists(
            st.tuples(st.sampled_from(CHANGES), places, places), min_size=1, max_size=6
        ).map(tuple),
        full=st.sampled_from([False] * 14 + [True]),
        pushes=st.tuples(*[pushes] * activations),
    )


@contextmanager
def _activations(destination: Destination, names: Collection[str]) -> Iterator[list[Activation]]:
    """Every activation with a stand-in of its own that knows some people already."""
    with ExitStack() as stack:
        activations = []
        for name in names:
            service, rules_of, options = destination.kinds[name]
            rules = rules_of()
            activation = Activation(
                name=name,
                service=service,
                rules=rules,
                server=stack.enter_context(serve_in_thread(destination.start())),
                destination=destination,
                settings=options,
            )
            destination.acquaint(activation.server.sandbox, rules.mode)
            activations.append(activation)
        yield activations


def _write_profile(folder: Path, output: str, schema: str) -> None:
    target = output.format(folder=folder, schema=schema)
    (folder / "profiles.yml").write_text(f"company: {{target: t, outputs: {{t: {{{target}}}}}}}\n")
    if "duckdb" in target:
        duckdb.connect(str(folder / "company.duckdb")).close()


def on_postgres(server: Postgres) -> str:
    """A database of PostgreSQL as a target."""
    return (
        f"type: postgres, host: {server.host}, port: {server.port}, user: {server.user}, "
        f"password: '{server.password}', dbname: {server.dbname}, schema: {{schema}}, threads: 1"
    )


def histories(
    output: str,
    package: Path,
    *,
    few: int = 8,
    start: int = 5,
    destination: Destination = BRAZE,
    names: Collection[str] = (),
    parts: int = 1,
) -> Tally:
    """Play them on a target, the inside of a mapping of YAML, with activations of a destination.

    `names` are kinds of activations, all unless named; `few` are the cycles of a history and
    `start` is the seed where the environment names none; so many runners share each activation.
    """
    kinds = names or tuple(destination.kinds)
    tally = Tally(seed=SEED or start)

    @seed(tally.seed)
    @settings(
        max_examples=HISTORIES,
        phases=[Phase.generate],
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data())
    def live(choices: st.DataObject) -> None:
        assume(choices.draw(st.integers(0, 1 << 32)))  # the first that is drawn is the dullest
        with TemporaryDirectory() as place, _activations(destination, kinds) as activations:
            _write_profile(Path(place), output, f"history_{tally.steps}")
            world = World(Path(place), package, activations, parts)
            world.identifiers = destination.identifiers
            _play(world, choices, CYCLES or few, tally)

    live()
    return tally


def _play(world: World, choices: st.DataObject, count: int, tally: Tally) -> None:
    for number in range(1, count + 1):
        cycle = choices.draw(_cycles(len(world.activations)))
        try:
            run(world, cycle, tally)
        except AssertionError as error:
            error.add_note(f"in cycle {number} of {count}, seed {tally.seed}: {cycle}")
            raise


def report(tally: Tally, engine: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Show what a run went through, whatever pytest captures."""
    lines = [
        f"\n{engine}, seed {tally.seed}: {tally.steps} cycles of change, build and push a mode"
    ]
    lines += [f"  {name}: {number}" for name, number in sorted(tally.counts.items())]
    for name, operations in tally.operations.items():
        lines.append(f"  planned in {name}: {dict(sorted(operations.items()))}")
    with capsys.disabled():
        sys.stdout.write("\n".join(lines) + "\n")
