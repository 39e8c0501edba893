"""From outcomes to watermarks: counts a run's rows and records them in the order of the delta."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from runner.control import ControlSchema, Registration
from runner.destinations.service import Operation, Rejection
from runner.errors import RejectedShareError, UnavailableError
from runner.inflight import Passage
from runner.warehouse import Warehouse
from runner.watermarks import RejectedRow, record_rejected, settle
from runner.wording import amount

# Guards of a run: more than half of the rows refused, once so many have an outcome.
JUDGED_AFTER = 200
# With `in_doubt: skip`, that many pages in a row without an answer are an outage.
SKIPPED_PAGES = 8
MAX_WAITING_REJECTIONS = 1000

NOT_SENT = Rejection(
    code="not_sent",
    reason="The run stopped before this row was sent, while later rows of it were taken.",
)


class Settler:
    """Takes settled pages of one shard after the other and writes their watermark."""

    def __init__(
        self, warehouse: Warehouse, schema: ControlSchema, registration: Registration, run_id: str
    ) -> None:
        self._warehouse = warehouse
        self._schema = schema
        self._registration = registration
        self._run_id = run_id
        self._shard = 0
        self._doubted = 0
        self._ordinal = 0
        self._written = 0
        self._waiting: dict[int, RejectedRow] = {}
        self._skipped_pages = 0
        self.operations: Counter[Operation] = Counter()
        self.rejected = 0
        self.skipped = 0
        self.not_sent = 0

    @property
    def ordinal(self) -> int:
        """Up to which ordinal the shard is settled, recorded or not."""
        return self._ordinal

    @property
    def acknowledged(self) -> int:
        """Rows that the destination took."""
        return self.operations.total()

    @property
    def settled(self) -> int:
        """Rows of this run that have their outcome."""
        return self.acknowledged + self.rejected + self.skipped + self.not_sent

    @property
    def must_write(self) -> bool:
        """Whether more refusals wait than should be held in memory."""
        return len(self._waiting) >= MAX_WAITING_REJECTIONS

    @property
    def has_news(self) -> bool:
        """Whether anything was taken that is not recorded yet."""
        return self._ordinal != self._written

    def begin(self, shard: int, ordinal: int, doubted: int) -> None:
        """Go on with a shard that is settled up to this ordinal, and was perhaps sent further."""
        self._shard = shard
        self._doubted = doubted
        self._ordinal = self._written = ordinal

    def take(self, passages: Iterable[Passage]) -> None:
        """Count pages that follow each other; rows known not to be sent are recorded as such.

        A page that was taken before an interrupt is not taken again.
        """
        for passage in passages:
            if passage.page.last_ordinal > self._ordinal:
                self._take(passage)

    def _take(self, passage: Passage) -> None:
        page, outcome = passage.page, passage.outcome
        if outcome is None:
            raise ValueError(f"page {passage.number} has no outcome yet")
        refused, missed = _refused(passage, self._doubted), _missed(passage, self._doubted)
        for item in refused + missed:
            self._waiting[item.row.ordinal] = item
        self.rejected += len(refused)
        self.not_sent += len(missed)
        self.skipped += len(outcome.skipped)
        lost = len(outcome.rejections) + len(missed) + len(outcome.skipped)
        self.operations[page.operation] += len(page.rows) - lost
        skipped_whole = bool(page.rows) and len(outcome.skipped) == len(page.rows)
        self._skipped_pages = self._skipped_pages + 1 if skipped_whole else 0
        self._ordinal = page.last_ordinal

    def judge(self) -> None:
        """Raise when so many rows are refused, or pages unanswered, that the run must stop."""
        name = self._registration.activation_name
        judged = self.acknowledged + self.rejected
        if judged >= JUDGED_AFTER and self.rejected * 2 > judged:
            raise RejectedShareError(
                f"{name} stopped with {self.rejected:,} of {amount(judged, 'row')} rejected: read "
                f"the reasons with runner status {name} and correct the mapping."
            )
        if self._skipped_pages >= SKIPPED_PAGES:
            raise UnavailableError(
                f"{name}: {self._skipped_pages} requests in a row got no usable answer, so the "
                "run stopped before more events are skipped: push again later.",
                cause="skipped_pages",
            )

    def write(self) -> None:
        """Record what was taken: rejected rows and watermark together."""
        if not self.has_news:
            return
        settle(
            self._warehouse,
            self._schema,
            self._registration,
            self._run_id,
            self._shard,
            self._ordinal,
            [self._waiting[ordinal] for ordinal in sorted(self._waiting)],
        )
        self._written = self._ordinal
        self._waiting = {}

    def note(self, passages: Sequence[Passage]) -> int:
        """Record which rows of pages beyond the watermark are not in doubt; return their number.

        They were refused, or surely not sent.
        """
        refused = [item for passage in passages for item in _refused(passage, self._doubted)]
        missed = [item for passage in passages for item in _missed(passage, self._doubted)]
        self.rejected += len(refused)
        self.not_sent += len(missed)
        place = (self._warehouse, self._schema, self._registration, self._run_id)
        record_rejected(*place, self._shard, refused + missed)
        return len(refused) + len(missed)

    def withdraw(self, ordinal: int) -> None:
        """Lower `sending`: rows after this ordinal are known not to have been sent.

        Not where another run wrote the mark since: its rows may have been.
        """
        table = self._schema.table(self._warehouse, "tailrace_watermarks")
        registration = self._registration
        self._warehouse.execute(
            f"update {table} set sending = ?, updated_at = {self._warehouse.now} "  # noqa: S608
            "where relation = ? and delta_id = ? and shard = ? and sending > ? and run_id = ?",
            [
                ordinal,
                registration.relation,
                registration.delta_id,
                self._shard,
                ordinal,
                self._run_id,
            ],
        )


def _refused(passage: Passage, doubted: int) -> list[RejectedRow]:
    """The rows of a page that were refused, by the destination or before the request.

    An earlier run may have sent rows up to the ordinal `doubted`.
    """
    page, outcome = passage.page, passage.outcome
    number = passage.number
    refused = [
        RejectedRow(row=row, page=number, rejection=why, in_doubt=row.ordinal <= doubted)
        for row, why in page.refused
    ]
    for index, why in outcome.rejections.items() if outcome else ():
        row = page.rows[index]
        unsure = row.ordinal <= doubted or (outcome is not None and index in outcome.doubted)
        refused.append(RejectedRow(row=row, page=number, rejection=why, in_doubt=unsure))
    return refused


def _missed(passage: Passage, doubted: int) -> list[RejectedRow]:
    """The rows of a page that this run surely did not send; the next build plans them again."""
    rows, unsent = passage.page.rows, passage.outcome.unsent if passage.outcome else ()
    return [
        RejectedRow(
            row=rows[index],
            page=passage.number,
            rejection=NOT_SENT,
            in_doubt=rows[index].ordinal <= doubted,
        )
        for index in sorted(unsent)
    ]
