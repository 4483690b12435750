"""What of budgets takes long, as jobs: the settlements of a whole year, and the release of a month's figures. Each is
done by the very operation that anybody calls, in the name of whoever started the job, with its rules and its record;
its ids are told from the job's, so that what was done before the worker was killed is done once."""

from datetime import date
from typing import Any
from uuid import UUID

from pydantic import Field
from sqlmodel import col, select

from service.domain.access.model import Authority
from service.domain.act import Act, Command, operation
from service.domain.budgets import policy
from service.domain.budgets.model import AgreementState, BudgetAgreement
from service.domain.budgets.releases import NothingToRelease, ReleaseFigures, release_figures
from service.domain.budgets.settling import PrepareSettlement, prepare_settlement
from service.domain.errors import DomainError, Unavailable
from service.domain.jobs.carrying import Carrying, carries_out
from service.domain.jobs.model import Job, JobFinding, JobKind, JobUnit
from service.domain.jobs.operations import start
from service.domain.jobs.views import JobView
from service.domain.values import ClientId, Day, Words, id_within


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
    """Publish the figures of a month's end when there is time for it; `subject_id` is the release that comes of it. The
    job fails for the reasons for which `POST /v1/figure-releases` refuses."""
    authority = await act.load(Authority, command.authority_id)
    agreed = select(BudgetAgreement.id).where(
        BudgetAgreement.authority_id == authority.id, BudgetAgreement.fiscal_year == command.as_of.year
    )
    if (await act.session.exec(agreed.limit(1))).first() is None:
        raise NothingToRelease
    said = {"as_of": command.as_of.isoformat(), "reason": command.reason}
    release = id_within(command.id, "release")
    kind, unit = JobKind.RELEASE_FIGURES, JobUnit.RELEASES
    return start(act, command.id, kind, authority.id, unit, total=1, subject_id=release, said=said)


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
    await work.progress(0)
    assert work.subject_id is not None
    said: dict[str, Any] = {"id": work.subject_id, "authority_id": work.authority_id, "reason": work.said["reason"]}
    command = ReleaseFigures(as_of=date.fromisoformat(work.said["as_of"]), **said)
    await work.perform(release_figures, command)
    await work.progress(1, may_end=False)
