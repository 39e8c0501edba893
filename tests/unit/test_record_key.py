"""A composite key as one text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace

import duckdb
import jinja2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.forget import record_key as framed

PARTS = st.text(st.sampled_from("0123:|-a' é😀"), max_size=6)


@pytest.fixture(scope="module")
def record_key(project_root: Path) -> Callable[[Sequence[tuple[str, ...]]], list[str]]:
    """Give the macro's keys for tuples of one length, worked out by DuckDB."""
    environment = jinja2.Environment(extensions=["jinja2.ext.do"], autoescape=False)  # noqa: S701
    macro = (project_root / "macros" / "diff" / "record_key.sql").read_text()
    environment.globals |= {"return": str, "tailrace": SimpleNamespace(text_type=lambda: "text")}
    template = environment.from_string(macro + "{{ record_key(columns) }}")
    connection = duckdb.connect()

    def keys(tuples: Sequence[tuple[str, ...]]) -> list[str]:
        columns = [f"c{place}" for place in range(len(tuples[0]))]
        rows = ", ".join("(" + ", ".join("?" * len(columns)) + ")" for _ in tuples)
        key, names = template.render(columns=columns), ", ".join(columns)
        query = f"select {key} from (values {rows}) as t ({names})"
        return [one for (one,) in connection.execute(query, sum(tuples, ())).fetchall()]

    return keys


@given(
    tuples=st.integers(2, 4).flatmap(
        lambda size: st.lists(st.tuples(*[PARTS] * size), min_size=2, max_size=20, unique=True)
    )
)
def test_no_two_keys_are_one_text(
    record_key: Callable[[Sequence[tuple[str, ...]]], list[str]], tuples: list[tuple[str, ...]]
) -> None:
    """Whatever the parts of a composite key hold, two different keys are two texts."""
    assert len(set(record_key(tuples))) == len(tuples)


@given(
    tuples=st.integers(2, 4).flatmap(
        lambda size: st.lists(st.tuples(*[PARTS] * size), min_size=1, max_size=20)
    )
)
def test_the_runner_frames_a_key_as_the_warehouse_does(
    record_key: Callable[[Sequence[tuple[str, ...]]], list[str]], tuples: list[tuple[str, ...]]
) -> None:
    """A key that a person types is found, whatever its parts hold."""
    assert [framed(parts) for parts in tuples] == record_key(tuples)
