"""Posting an import: what it takes of invoices is taken batch by batch, its money is posted in one short transaction,
all or none, and then its bookings are written, batch by batch.

Until that one transaction no figure knows of it, and it can be given back; after it nothing can be refused any more.
Each batch stands in a transaction with where to go on, so that a worker may be killed anywhere (docs/decisions/)."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from typing import Any
from uuid import UUID

import asyncpg
from sqlmodel import col, select

from service.domain.act import Act, Lock
from service.domain.budgets import policy
from service.domain.budgets.charging import GRANTED, ExceedsInvoice, not_granted_by, spent, within
from service.domain.budgets.counting import rows_of
from service.domain.budgets.holding import AgreementNotActive
from service.domain.budgets.imports.model import BookingImport, ImportState
from service.domain.budgets.imports.operations import CheckAgain, require_apart, require_turn
from service.domain.budgets.imports.standing import Superseded
from service.domain.budgets.ledger import LOCK, AccountKind, BudgetShort, Move, PostingKind, account_of, post
from service.domain.budgets.model import AgreementState, BudgetAgreement, BudgetLine
from service.domain.errors import DomainError, Unavailable
from service.domain.jobs.carrying import Cancelled, Carrying, carries_out
from service.domain.jobs.model import JobKind
from service.domain.working import record
from service.storage.writing import fetch_row

CLAIMED, WRITTEN = 5_000, 5_000  # rows of a batch
MOST = 10_000  # postings of one import: 60,000 took 12 s beside other work, and everybody waits for the accounts
NOTHING = Decimal("0.00")

_SUMS = """SELECT value_on, line_id, commitment_id, sum(amount) AS amount FROM booking_import_row
           WHERE job_id = :job GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"""
_COUNT = f"SELECT count(*) FROM ({_SUMS}) AS asked"
_BATCH = "SELECT * FROM booking_import_row WHERE job_id = $1 AND row_number > $2 ORDER BY row_number LIMIT $3"
_KNOWN = f"""
SELECT 1 FROM ({_BATCH}) AS part JOIN booking ON booking.authority_id = part.authority_id
    AND booking.external_number = part.external_number LIMIT 1
"""
_BACK = "SELECT * FROM booking_import_row WHERE job_id = $1 AND row_number <= $2 ORDER BY row_number DESC LIMIT $3"
_ENTER = f"""
INSERT INTO invoice (id, authority_id, organisation_id, number, compared_number, issued_on, amount, proposed,
                     entered_by, import_id, version)
SELECT DISTINCT ON (organisation_id, compared_number) gen_random_uuid(), authority_id, organisation_id, invoice_number,
       compared_number, issued_on, invoice_amount, 0, $4::uuid, $5::uuid, 1
FROM ({_BATCH}) AS part ORDER BY organisation_id, compared_number, row_number
ON CONFLICT (authority_id, organisation_id, compared_number) DO NOTHING
"""
# What somebody has proposed to book of it meanwhile makes it an invoice like any other. Nobody does at this moment: to
# give back what was taken of it has locked it.
_LEAVE_OUT = f"""
DELETE FROM invoice USING ({_BACK}) AS part
WHERE invoice.import_id = $4::uuid AND invoice.proposed = 0 AND invoice.authority_id = part.authority_id
    AND invoice.organisation_id = part.organisation_id AND invoice.compared_number = part.compared_number
    AND NOT EXISTS (SELECT FROM booking WHERE booking.invoice_id = invoice.id)
"""


def _take(batch: str, sign: str) -> str:
    return f"""
    WITH part AS MATERIALIZED ({batch}), taken AS (
        UPDATE invoice SET proposed = proposed {sign} wanted.amount, version = version + 1, updated_at = $4::timestamptz
        FROM (SELECT authority_id, organisation_id, compared_number, sum(amount) AS amount FROM part
              GROUP BY 1, 2, 3) AS wanted
        WHERE invoice.authority_id = wanted.authority_id AND invoice.organisation_id = wanted.organisation_id
            AND invoice.compared_number = wanted.compared_number
    )
    SELECT min(row_number) AS first, max(row_number) AS last, count(*) AS rows FROM part
    """


_BOUND = f"""SELECT id, amount, booked, released, state, {", ".join(GRANTED)}, case_id FROM commitment
             WHERE id = ANY(:wanted) ORDER BY id FOR NO KEY UPDATE"""
_SPEND = """
UPDATE commitment SET booked = after.booked, state = after.state, version = version + 1, updated_at = $4::timestamptz
FROM unnest($1::uuid[], $2::numeric[], $3::text[]) AS after (id, booked, state) WHERE commitment.id = after.id
"""
_WRITE = f"""
WITH part AS MATERIALIZED ({_BATCH}), booked AS (
    INSERT INTO booking (id, authority_id, social_space_id, agreement_id, line_id, invoice_id, organisation_id,
                         commitment_id, case_id, amount, value_on, state, outside_network, proposed_by, released_by,
                         released_at, external_number, import_id, version)
    SELECT part.booking_id, part.authority_id, line.social_space_id, line.agreement_id, line.id, invoice.id,
           part.organisation_id, part.commitment_id, commitment.case_id, part.amount, part.value_on, 'released',
           part.outside_network, $5::uuid, $6::uuid, $7::timestamptz, part.external_number, $4::uuid, 1
    FROM part JOIN budget_line AS line ON line.id = part.line_id
    JOIN invoice ON invoice.authority_id = part.authority_id AND invoice.organisation_id = part.organisation_id
        AND invoice.compared_number = part.compared_number
    LEFT JOIN commitment ON commitment.id = part.commitment_id
)
SELECT max(row_number) AS last, count(*) AS rows FROM part
"""


@dataclass(eq=False)
class ImportShort(DomainError):
    code, title = "import-short", "There is not enough left for all of it."
    advice = (
        "`value_on` is the first day for which it does not last, with what is booked for the days before; `asked` and "
        "`left` (EUR) are that day's. Supplement the line, or leave rows out."
    )
    value_on: str
    asked: str
    left: str


@dataclass(eq=False)
class ImportTooLarge(DomainError):
    code, title = "import-too-large", "Its money cannot be posted in one short moment."
    advice = (
        "There is a posting for each value date and commitment or line: `postings` of them, of which one import has "
        "`most` at the most. Split the file by value date, so that rows that share a posting stay together, and import "
        "the parts one after the other."
    )
    postings: int
    most: int


@carries_out(JobKind.POST_BOOKINGS)
async def post_import(work: Carrying) -> None:
    try:
        if not await _begin(work):
            await _claim(work)
            await _post(work)
    except Unavailable:
        raise
    except (Cancelled, DomainError):
        if not await _posted_or_given_back(work):
            raise
    await _write(work)


async def _begin(work: Carrying) -> bool:
    """Whether it is posted already. If not, it is begun, also once more after it was cancelled or refused, by somebody
    who may release it and now does; what is posted, any controller may finish."""
    async with work.short(policy.FINISH_IMPORT) as act:
        one = await _held(work, act, ImportState.CHECKED, ImportState.POSTING, ImportState.POSTED)
        if one.posted_at is not None:
            return True
        await act.load(BookingImport, one.id, action=policy.RELEASE_IMPORT)
        if one.state == ImportState.CHECKED:
            await require_turn(act, one)
        if one.state == ImportState.CHECKED or one.released_by != act.actor.id:
            await require_apart(act, one)
            act.change(one, state=ImportState.POSTING.value, released_by=act.actor.id)
        return False


async def _held(work: Carrying, act: Act, *states: ImportState) -> BookingImport:
    one = await act.load(BookingImport, work.subject_id, lock=Lock.ALONE)
    if one.job_id != work.id or one.state not in states:
        raise Superseded
    return one


async def _claim(work: Carrying) -> None:
    """Enter the invoices that are not there yet, and take of each what is to be booked of it. Raises CheckAgain where
    another import has booked one of its numbers while this one was being checked."""
    done = 0
    while True:
        await work.progress(done)
        async with work.short(policy.RELEASE_IMPORT) as act:
            one = await _held(work, act, ImportState.POSTING)
            asked = (one.checked_job_id, one.claimed, CLAIMED)
            if await fetch_row(act.session, _KNOWN, asked) is not None:
                raise CheckAgain
            await fetch_row(act.session, _ENTER, (*asked, one.imported_by, one.id))
            try:
                row = await fetch_row(act.session, _take(_BATCH, "+"), (*asked, act.now))
            except asyncpg.CheckViolationError:
                raise ExceedsInvoice(left="less than when it was checked") from None
            if not row["rows"]:
                return
            one.claimed = row["last"]
            done = _done(one)


async def _posted_or_given_back(work: Carrying) -> bool:
    """Whether another worker has posted it meanwhile. If none has: as if it had not been begun, from the last batch
    back to the first."""
    while True:
        async with work.short(policy.FINISH_IMPORT) as act:
            one = await _held(work, act, ImportState.CHECKED, ImportState.POSTING, ImportState.POSTED)
            if one.posted_at is not None:
                return True
            if one.state == ImportState.CHECKED:
                return False
            asked = (one.checked_job_id, one.claimed, CLAIMED)
            row = await fetch_row(act.session, _take(_BACK, "-"), (*asked, act.now))
            await fetch_row(act.session, _LEAVE_OUT, (*asked, one.id))
            one.claimed = (row["first"] or 1) - 1
            if not row["rows"]:
                act.change(one, state=ImportState.CHECKED.value)
                return False


async def _post(work: Carrying) -> None:
    """The one transaction that books: after it, the money is posted and everybody is told once. Should two workers be
    at it, one posts; and nobody posts what another has begun to give back."""
    async with work.short(policy.RELEASE_IMPORT) as act:
        one = await _held(work, act, ImportState.POSTING, ImportState.POSTED)
        if one.posted_at is not None:
            return
        if await fetch_row(act.session, _BATCH, (one.checked_job_id, one.claimed, 1)) is not None:
            raise Superseded
        act.change(one, posted_at=act.now, released_by=act.actor.id)
        assert one.checked_job_id is not None
        await post_sums(act, one, one.checked_job_id)
        await record(work.desk, act, one)


async def post_sums(act: Act, one: BookingImport, job_id: UUID) -> None:
    """All money of a check's rows: of each commitment and line, and each value date, one posting. Raises
    ImportTooLarge, ImportShort, AgreementNotActive, PeriodClosed, ExceedsCommitment, FourEyes."""
    ((postings,),) = await rows_of(act, _COUNT, job=job_id)
    if postings > MOST:  # before any of them is in memory
        raise ImportTooLarge(postings=postings, most=MOST)
    sums = await rows_of(act, _SUMS, job=job_id)
    await _bind(act, sums)
    lines = {row.line_id for row in sums}
    agreement = select(BudgetAgreement.state).join(BudgetLine, col(BudgetLine.agreement_id) == col(BudgetAgreement.id))
    held = agreement.where(col(BudgetLine.id).in_(lines)).order_by(col(BudgetAgreement.id))
    states = (await act.session.exec(held.with_for_update(read=True, of=BudgetAgreement))).all()
    if {AgreementState.YEAR_CLOSED.value, AgreementState.SETTLED.value} & {*states}:  # since it was checked
        raise AgreementNotActive
    await act.session.flush()
    moves = {day: [_move(one, row) for row in rows] for day, rows in groupby(sums, lambda row: row.value_on)}
    accounts = {account for each in moves.values() for move in each for account in (move.source, move.target)}
    await fetch_row(act.session, LOCK, (sorted(accounts),))
    for day, each in sorted(moves.items()):
        try:
            await post(act, each, day)
        except BudgetShort as error:
            raise ImportShort(value_on=day.isoformat(), asked=error.asked, left=error.left) from None


def _move(one: BookingImport, row: Any) -> Move:
    held = AccountKind.FREE if row.commitment_id is None else AccountKind.COMMITTED
    source, target = account_of(row.line_id, held), account_of(row.line_id, AccountKind.BOOKED)
    return Move(PostingKind.BOOK, source, target, row.amount, row.commitment_id or one.id)


async def _bind(act: Act, sums: Sequence[Any]) -> None:
    """What is booked on commitments stands on them."""
    booked: dict[UUID, Decimal] = defaultdict(lambda: NOTHING)
    for row in sums:
        if row.commitment_id is not None:
            booked[row.commitment_id] += row.amount
    if not booked:
        return
    found = await rows_of(act, _BOUND, wanted=list(booked))
    for commitment in found:
        not_granted_by(act.actor.id, commitment)
        within(commitment, booked[commitment.id])
    after = [spent(commitment, booked[commitment.id]) for commitment in found]
    columns = ([each.id for each in found], *([each[name] for each in after] for name in ("booked", "state")))
    await fetch_row(act.session, _SPEND, (*columns, act.now))
    act.cases.extend({each.case_id for each in found if each.case_id is not None})


async def _write(work: Carrying) -> None:
    while True:
        async with work.short(policy.FINISH_IMPORT) as act:
            one = await _held(work, act, ImportState.POSTING, ImportState.POSTED)
            asked = (one.checked_job_id, one.written, WRITTEN)
            by = (one.id, one.imported_by, one.released_by, one.posted_at)
            row = await fetch_row(act.session, _WRITE, (*asked, *by))
            if row["rows"]:
                one.written = row["last"]
            elif one.state == ImportState.POSTING:
                await fetch_row(act.session, _REMOVE, (one.id,))
                act.change(one, state=ImportState.POSTED.value, ended_at=act.now)
            done = _done(one) if row["rows"] else one.valid
        await work.progress(done, may_end=False)
        if not row["rows"]:
            return


def _done(one: BookingImport) -> int:
    """In rows: half of a row's work is what it takes of its invoice, the other half its booking."""
    return one.valid * (one.claimed + one.written) // (2 * one.checked_rows)


_REMOVE = "DELETE FROM booking_import_piece WHERE import_id = $1"
