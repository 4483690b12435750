"""What of budgets takes long, as jobs: the settlements of a whole year, and the release of a month's figures. Each is
done by the very operation that anybody calls, in the name of whoever started the job, with its rules and its record;
its ids are told from the job's, so that what was done before the worker was killed is done once."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, timedelta
from time import monotonic
from typing import Any
from uuid import UUID

from pydantic import Field
from sqlmodel import col, select

from service.domain.access.model import Authority
from service.domain.act import Act, Command, operation
from service.domain.budgets import policy
from service.domain.budgets.counting import Spending
from service.domain.budgets.figures import FigureRelease
from service.domain.budgets.model import AgreementState, BudgetAgreement
from service.domain.budgets.releases import (
    NothingToRelease,
    Overtaken,
    ReleaseFigures,
    ReleaseTakesTooLong,
    basis_of,
    in_time,
    publishing,
    release_figures,
    worked_out,
)
from service.domain.budgets.settling import PrepareSettlement, prepare_settlement
from service.domain.errors import DomainError, Unavailable
from service.domain.jobs.carrying import Carrying, carries_out
from service.domain.jobs.model import Job, JobFinding, JobKind, JobUnit
from service.domain.jobs.operations import start
from service.domain.jobs.views import JobView
from service.domain.values import ClientId, Day, Words, id_within
from service.storage.writing import fetch_row

FIRST_SPAN = 8  # days of postings that are counted first in one transaction
ENOUGH = 1.0  # seconds that counting should take at a time
LONGEST_LOOK = 8  # seconds that any statement may take: nobody waits for one that only reads
LONGEST_WORK = 600.0  # seconds, of working out what to keep back: no transaction waits for it


class StartSettlements(Command):
    """Which year to settle."""

    id: ClientId
    authority_id: UUID
    fiscal_year: int = Field(strict=True, ge=1970, le=2199, description="The calendar year.")


class StartFigureRelease(Command):
    """Which month's figures to publish."""

    id: ClientId
    authority_id: UUID
    as_of: Day = Field(description="The last day of a month that is over.")
    reason: Words | None = Field(None, description="Why, where the month has been released before. It is published.")


@operation(policy.START_SETTLEMENTS, within=Authority, answers=JobView)
async def start_settlements(act: Act, command: StartSettlements) -> Job:
    """Work out what the year comes to for each agreement in force. The job goes on without those that are not ready,
    and says of each why (`/v1/job-findings`)."""
    authority = await act.load(Authority, command.authority_id)
    found = select(BudgetAgreement.id).where(
        BudgetAgreement.authority_id == authority.id,
        BudgetAgreement.fiscal_year == command.fiscal_year,
        BudgetAgreement.state == AgreementState.ACTIVE.value,
    )
    agreements = [str(each) for each in (await act.session.exec(found.order_by(col(BudgetAgreement.id)))).all()]
    said = {"agreements": agreements}
    unit, many = JobUnit.AGREEMENTS, len(agreements)
    return start(act, command.id, JobKind.SETTLE_YEAR, authority.id, unit, total=many, said=said)


@operation(policy.START_RELEASE, within=Authority, answers=JobView, raises=(NothingToRelease,))
async def start_figure_release(act: Act, command: StartFigureRelease) -> Job:
    """Publish the figures of a month's end, however many postings its year has; `subject_id` is the release that comes
    of it. The job fails for the reasons for which `POST /v1/figure-releases` refuses; nobody who posts waits for it."""
    authority = await act.load(Authority, command.authority_id)
    agreed = select(BudgetAgreement.id).where(
        BudgetAgreement.authority_id == authority.id, BudgetAgreement.fiscal_year == command.as_of.year
    )
    if (await act.session.exec(agreed.limit(1))).first() is None:
        raise NothingToRelease
    said = {"as_of": command.as_of.isoformat(), "reason": command.reason}
    release = id_within(command.id, "release")
    kind, unit, days = JobKind.RELEASE_FIGURES, JobUnit.DAYS, command.as_of.timetuple().tm_yday
    return start(act, command.id, kind, authority.id, unit, total=days, subject_id=release, said=said)


@carries_out(JobKind.SETTLE_YEAR)
async def settle_year(work: Carrying) -> None:
    agreements = [UUID(each) for each in work.said["agreements"]]
    for done, agreement in enumerate(agreements):
        await work.progress(done)
        try:
            command = PrepareSettlement(id=id_within(work.id, str(agreement)))
            await work.perform(prepare_settlement, command, agreement)
        except Unavailable:
            raise
        except DomainError as error:
            await _note(work, agreement, done + 1, error)
    await work.progress(len(agreements), may_end=False)


async def _note(work: Carrying, agreement: UUID, number: int, error: DomainError) -> None:
    """Once, however often the job is begun."""
    finding = work.finding(number, "", error.code, error.title, error.advice, agreement)
    finding.id = id_within(work.id, str(agreement), error.code)
    async with work.short(policy.START_SETTLEMENTS) as act:
        if await act.session.get(JobFinding, finding.id) is None:
            act.session.add(finding)
            await act.session.flush()
            await work.count(act, 1)


@carries_out(JobKind.RELEASE_FIGURES)
async def release_month(work: Carrying) -> None:
    """Postings are counted some days at a time, each in a transaction that only reads, so that nobody waits however
    many there are; then what was worked out is published at once. Broken off, it is counted anew."""
    assert work.subject_id is not None
    said: dict[str, Any] = {"id": work.subject_id, "authority_id": work.authority_id, "reason": work.said["reason"]}
    command = ReleaseFigures(as_of=date.fromisoformat(work.said["as_of"]), **said)
    published = release_figures
    while True:
        async with work.short(policy.RELEASE_FIGURES) as act:
            await act.load(Authority, command.authority_id)
            there = await act.session.get(FigureRelease, command.id) is not None
            basis = None if there else await basis_of(act, command)
        if basis is not None:
            counting = _Counting(work)
            figures = await worked_out(counting.look, counting.add, command, basis, LONGEST_WORK)
            published = publishing(basis, figures)
        try:
            await work.perform(published, command)
        except Overtaken:
            continue
        break
    days = command.as_of.timetuple().tm_yday
    await work.progress(days, days, may_end=False)


class _Counting:
    """Reads in short transactions, of as many days as can be counted in about `ENOUGH`."""

    def __init__(self, work: Carrying) -> None:
        self.work, self.span, self.done, self.total = work, FIRST_SPAN, 0, 0

    @asynccontextmanager
    async def look(self) -> AsyncIterator[Act]:
        async with self.work.short(policy.RELEASE_FIGURES) as act:
            with in_time():
                await fetch_row(act.session, "SELECT set_config('statement_timeout', $1, true)", (f"{LONGEST_LOOK}s",))
                yield act

    async def add(self, spending: Spending) -> None:
        first, end = spending.days
        self.total += (end - first).days + 1
        while first <= end:
            await self.work.progress(self.done, self.total)
            last = min(first + timedelta(days=self.span - 1), end)
            began = monotonic()
            try:
                async with self.look() as act:
                    await spending.add(act, first, last)
            except ReleaseTakesTooLong:
                if self.span == 1:
                    raise
                self.span = max(1, self.span // FIRST_SPAN)
                continue
            self.done += (last - first).days + 1
            first = last + timedelta(days=1)
            self.span = max(1, min(2 * self.span, int(self.span * ENOUGH / max(monotonic() - began, 0.001))))
