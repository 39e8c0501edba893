"""How the rows of a run go: what their pages need, who delivers them, who has some already."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from runner.delivery import Outcome
from runner.destinations.service import Endpoint, Operation, Row
from runner.jobs import Jobs
from runner.pages import Page, cut, render


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """`deliver` is called in worker threads; `endpoint` is what pages of an operation need.

    `given` names the jobs that earlier runs gave pages of this delta to, by shard, first and last
    ordinal; `jobs` is where further ones are recorded, None where there are none.
    """

    endpoint: Callable[[Operation], Endpoint]
    deliver: Callable[[Page], Outcome]
    jobs: Jobs | None = None
    given: Mapping[tuple[int, int, int], str] = field(default_factory=dict)

    def pages(self, shard: int, chunks: Iterable[Sequence[Row]]) -> Iterator[Page]:
        """Cut the rows of a shard; a page that was given to a job has its name."""
        for page in cut(render(chunks, self.endpoint), self.endpoint):
            page.job = self.given.get((shard, page.first_ordinal, page.last_ordinal))
            yield page
