"""Frames of several years: what a social space can plan with beyond the year (deck lines 933, 951).

A frame says what each of its years gets and what they make together; it is agreed by two persons and never changed,
only replaced by another. The agreement of a year belongs to the frame of its social space that holds the year: it takes
effect, and is supplemented, within what the frame has for it.

A frame may say what of it each provider can rely on: the agreement of a year takes effect with no less, and a frame in
its place has no less for a year for which it is too late to give notice."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Annotated, Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict
from pydantic import Field as Told
from sqlmodel import col, select

from service.domain.access.model import Authority
from service.domain.access.operations import is_provider
from service.domain.act import Act, Command, operation
from service.domain.budgets import policy
from service.domain.budgets.amounts import WHOLE
from service.domain.budgets.committing import require_no_member
from service.domain.budgets.contract import BudgetFrame, FrameShare, FrameState, FrameYear
from service.domain.budgets.duties import GrantsAndBills
from service.domain.budgets.model import AgreementState, BudgetAgreement
from service.domain.budgets.network import NewNetworkShare
from service.domain.budgets.readiness import frame_of
from service.domain.budgets.relying import FrameShareView, LessThanSecured, keep_secured, not_kept, secured_of
from service.domain.budgets.views import BudgetAgreementView, revised_of
from service.domain.context import text
from service.domain.errors import DomainError, InvalidInput
from service.domain.policy import Reader, Row
from service.domain.spaces.model import SocialSpace
from service.domain.values import Amount, ClientId, Line, Money
from service.domain.views import Many, One, Record, Sql, link, view

ZERO = Decimal("0.00")
_agreement: Any = BudgetAgreement.__table__  # type: ignore[attr-defined]


def _agreement_of(row: Row, *shown: Any) -> Any:
    """The agreement of a frame's year; of its years, what is in force."""
    agreement = _agreement.alias()
    columns = [each(agreement.c) for each in shown]
    query = sa.select(*columns).where(
        agreement.c.authority_id == row.authority_id,
        agreement.c.social_space_id.is_not_distinct_from(row.social_space_id),
        agreement.c.fiscal_year == row.fiscal_year,
    )
    return agreement, query


def _in_force(row: Row, reader: Reader) -> sa.ColumnElement[Any]:
    agreement, query = _agreement_of(row, revised_of)
    standing = query.where(agreement.c.state != text(AgreementState.DRAFT)).correlate_except(agreement)
    return sa.func.coalesce(standing.scalar_subquery(), sa.literal_column("0.00"))


def _agreement_id(row: Row, reader: Reader) -> sa.ColumnElement[Any]:
    agreement, query = _agreement_of(row, lambda columns: columns.id)
    found: sa.ColumnElement[Any] = query.correlate_except(agreement).scalar_subquery()
    return found


@view(BudgetFrame, policy.READ_FRAME, plural="budget_frames", filters=("social_space_id", "state"))
class BudgetFrameView(Record):
    """What a social space can plan with for several years."""

    id: UUID
    authority_id: UUID
    social_space_id: UUID | None = Told(description="Null: the county's own, for cases outside of every social space.")
    contract_number: str | None
    state: FrameState
    first_year: int = Told(description="The first calendar year it is for.")
    last_year: int = Told(description="The last.")
    total: Money = Told(description="What its years make together, EUR.")
    notice_months: int = Told(description="How many months before a year's end either side gives notice.")
    earlier_frame_id: UUID | None = Told(description="The frame in whose place it was proposed.")
    proposed_by: UUID = Told(description="Who proposed it; somebody else agrees it.")
    agreed_by: UUID | None = Told(description="Who agreed it.")
    agreed_on: date | None = Told(description="Since when it holds.")
    version: int


@view(FrameYear, policy.READ_FRAME_YEAR, plural="frame_years", filters=("frame_id", "fiscal_year"))
class FrameYearView(Record):
    """What a frame has for one of its years, and what of it is in force."""

    id: UUID
    frame_id: UUID = Told(description="The frame it belongs to.")
    fiscal_year: int
    amount: Money = Told(description="What the year's agreement can come to with its supplements, EUR.")
    in_force: Annotated[Money, Sql(_in_force)] = Told(description="What its agreement in force comes to, EUR.")
    agreement_id: Annotated[UUID | None, Sql(_agreement_id)] = Told(
        description="The year's agreement, if there is one."
    )


link(BudgetFrameView, "years", Many("frame_id"), FrameYearView)
link(FrameYearView, "frame", One("frame_id"), BudgetFrameView)
link(
    BudgetAgreementView,
    "frame_year",
    One(lambda there, here, reader: there.id == frame_of(here, "id")),
    FrameYearView,
    "What the frame of its social space has for its year; null without one.",
)


link(BudgetFrameView, "shares", Many("frame_id"), FrameShareView)
link(FrameShareView, "frame", One("frame_id"), BudgetFrameView)


@dataclass(eq=False)
class FrameDoesNotFit(DomainError):
    code, title = "frame-does-not-fit", "The years of the frame do not fit."
    advice = "`place` says where. Years follow each other, and their amounts make the total."
    place: str


@dataclass(eq=False)
class FrameExists(DomainError):
    code, title = "frame-exists", "A year of the frame belongs to another one already."
    advice = "Propose it in place of that one: `earlier_frame_id`. It then has to hold what is in force of its years."
    frame_id: UUID
    fiscal_year: int


class NewFrameYear(BaseModel):
    """What one of the years gets."""

    model_config = ConfigDict(extra="forbid")

    fiscal_year: int = Told(ge=2000, le=2100, description="The calendar year.")
    amount: Amount = Told(description="EUR: for all lines, with supplements.")
    shares: list[NewNetworkShare] = Told(
        default_factory=list,
        max_length=50,
        description="What of it each provider can rely on, in percent, rounded down to the cent; together 100.00 at "
        "most.",
    )


class ProposeBudgetFrame(Command):
    """What a social space can plan with for several years."""

    id: ClientId
    authority_id: UUID
    social_space_id: UUID | None = Told(None, description="Left out: for cases outside of every social space.")
    contract_number: Line | None = None
    years: list[NewFrameYear] = Told(min_length=2, max_length=20, description="One after the other.")
    total: Amount = Told(description="What they make together, EUR.")
    notice_months: int = Told(0, ge=0, le=36, description="How many months before a year's end notice is given.")
    earlier_frame_id: UUID | None = Told(None, description="The agreed frame in whose place it is proposed.")


def wrong_year(years: list[NewFrameYear], total: Decimal) -> str | None:
    """What is wrong with the years of a frame, and where; null if they follow each other and make the total."""
    for number, (year, following) in enumerate(pairwise(years), 1):
        if following.fiscal_year != year.fiscal_year + 1:
            return f"year {number}: {following.fiscal_year} does not follow {year.fiscal_year}"
    if (whole := sum((year.amount for year in years), ZERO)) != total:
        return f"total: the years make {whole}, not {total}"
    return None


@operation(
    policy.PROPOSE_FRAME,
    within=Authority,
    answers=BudgetFrameView,
    raises=(FrameDoesNotFit, FrameExists, GrantsAndBills),
)
async def propose_budget_frame(act: Act, command: ProposeBudgetFrame) -> BudgetFrame:
    """Propose what a social space can plan with for several years. Somebody else agrees it. Nobody secures money for
    whom they work for."""
    authority = await act.load(Authority, command.authority_id)
    if command.social_space_id is not None:
        there = select(SocialSpace.id).where(
            SocialSpace.id == command.social_space_id, SocialSpace.authority_id == authority.id
        )
        if (await act.session.exec(there)).first() is None:
            detail = "is no social space of this authority"
            raise InvalidInput(errors=[{"pointer": "#/social_space_id", "detail": detail}])
    if (place := wrong_year(command.years, command.total)) is not None:
        raise FrameDoesNotFit(place=place)
    await _check_shares(act, authority.id, command.years)
    relying = {share.organisation_id for year in command.years for share in year.shares}
    await require_no_member(act, authority.id, relying, act.actor.id)
    frame = BudgetFrame(
        **command.model_dump(exclude={"years"}),
        first_year=command.years[0].fiscal_year,
        last_year=command.years[-1].fiscal_year,
        proposed_by=act.actor.id,
    )
    await _replaced(act, frame)
    act.add(frame)
    await act.session.flush()
    scope: dict[str, Any] = {
        "authority_id": frame.authority_id,
        "social_space_id": frame.social_space_id,
        "frame_id": frame.id,
    }
    act.session.add_all(FrameYear(**scope, **year.model_dump(exclude={"shares"})) for year in command.years)
    act.session.add_all(
        FrameShare(**scope, fiscal_year=year.fiscal_year, organisation_id=share.organisation_id, amount=part)
        for year in command.years
        for share in year.shares
        if (part := secured_of(year.amount, share.share))
    )
    await act.session.flush()
    await _check(act, frame)
    return frame


@operation(
    policy.AGREE_FRAME,
    on=BudgetFrame,
    answers=BudgetFrameView,
    states=(FrameState.PROPOSED,),
    raises=(FrameDoesNotFit, FrameExists, LessThanSecured, GrantsAndBills),
)
async def agree_budget_frame(act: Act, budgetframe: BudgetFrame) -> BudgetFrame:
    """Agree what somebody else has proposed. From then on its years keep to it; the frame it replaces ends. What is in
    force of its years has no less for a provider than the frame. Nobody secures money for whom they work for."""
    relying = select(FrameShare.organisation_id).where(FrameShare.frame_id == budgetframe.id).distinct()
    organisations = (await act.session.exec(relying)).all()
    await require_no_member(act, budgetframe.authority_id, organisations, act.actor.id)
    if (replaced := await _replaced(act, budgetframe)) is not None:
        act.change(replaced, state=FrameState.REPLACED.value)
        for year in await _years(act, replaced):
            year.holds = False
        await act.session.flush()
    in_force = await _check(act, budgetframe)
    for year in await _years(act, budgetframe):
        year.holds = True
    await act.session.flush()
    for agreement in in_force:
        await keep_secured(act, agreement)
    act.change(budgetframe, state=FrameState.AGREED.value, agreed_by=act.actor.id, agreed_on=act.today)
    return budgetframe


async def _check_shares(act: Act, authority_id: UUID, years: list[NewFrameYear]) -> None:
    errors = []
    for place, year in enumerate(years):
        pointer, named = f"#/years/{place}/shares", [share.organisation_id for share in year.shares]
        for number, organisation_id in enumerate(named):
            if not await is_provider(act, authority_id, organisation_id):
                detail = "is no independent provider of this authority"
                errors.append({"pointer": f"{pointer}/{number}/organisation_id", "detail": detail})
            if organisation_id in named[:number]:
                errors.append({"pointer": f"{pointer}/{number}/organisation_id", "detail": "is named twice"})
        if sum((share.share for share in year.shares), ZERO) > WHOLE:
            errors.append({"pointer": pointer, "detail": "all shares together would be more than 100.00"})
    if errors:
        raise InvalidInput(errors=errors)


async def _replaced(act: Act, frame: BudgetFrame) -> BudgetFrame | None:
    """The frame in whose place it stands, which nobody changes meanwhile."""
    if frame.earlier_frame_id is None:
        return None
    there = select(BudgetFrame).where(
        BudgetFrame.id == frame.earlier_frame_id,
        BudgetFrame.authority_id == frame.authority_id,
        col(BudgetFrame.social_space_id).is_not_distinct_from(frame.social_space_id),
        BudgetFrame.state == FrameState.AGREED.value,
    )
    found = (await act.session.exec(there.with_for_update(key_share=True))).first()
    if found is None:
        detail = "is no agreed frame of this social space"
        raise InvalidInput(errors=[{"pointer": "#/earlier_frame_id", "detail": detail}])
    return found


async def _years(act: Act, frame: BudgetFrame) -> list[FrameYear]:
    years = select(FrameYear).where(FrameYear.frame_id == frame.id).order_by(col(FrameYear.fiscal_year))
    return list((await act.session.exec(years)).all())


async def _check(act: Act, frame: BudgetFrame) -> list[BudgetAgreement]:
    """No year belongs to another frame, each holds what is in force of it (which is answered), and providers keep what
    they relied on."""
    years = await _years(act, frame)
    if place := await not_kept(act, frame, {year.fiscal_year: f"year {number}" for number, year in enumerate(years)}):
        raise FrameDoesNotFit(place=place)
    held = select(FrameYear).where(
        FrameYear.authority_id == frame.authority_id,
        col(FrameYear.social_space_id).is_not_distinct_from(frame.social_space_id),
        col(FrameYear.holds),
        col(FrameYear.fiscal_year).in_([year.fiscal_year for year in years]),
    )
    for other in (await act.session.exec(held.order_by(col(FrameYear.fiscal_year)))).all():
        if other.frame_id != frame.earlier_frame_id:
            raise FrameExists(frame_id=other.frame_id, fiscal_year=other.fiscal_year)
    agreements = select(BudgetAgreement).where(
        BudgetAgreement.authority_id == frame.authority_id,
        col(BudgetAgreement.social_space_id).is_not_distinct_from(frame.social_space_id),
        col(BudgetAgreement.fiscal_year).in_([year.fiscal_year for year in years]),
    )
    # Held, drafts too, so that none takes effect and no supplement is released past what is looked at here.
    held_all = agreements.order_by(col(BudgetAgreement.id)).with_for_update(read=True)
    every = (await act.session.exec(held_all)).all()
    in_force = [agreement for agreement in every if agreement.state != AgreementState.DRAFT]
    for agreement in in_force:
        whole = (await (await act.session.connection()).execute(_REVISED, {"of": agreement.id})).scalar_one()
        for number, year in enumerate(years):
            if year.fiscal_year == agreement.fiscal_year and whole > year.amount:
                raise FrameDoesNotFit(place=f"year {number}: {whole} are in force of it already")
    return in_force


_REVISED = sa.select(revised_of(_agreement.c)).where(_agreement.c.id == sa.bindparam("of", type_=sa.Uuid()))
