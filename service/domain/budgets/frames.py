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
from service.domain.access.reader import Setting
from service.domain.act import Act, Command, operation
from service.domain.budgets import policy
from service.domain.budgets.amounts import WHOLE
from service.domain.budgets.contract import BudgetFrame, FrameShare, FrameState, FrameYear
from service.domain.budgets.model import AgreementState, BudgetAgreement
from service.domain.budgets.network import NewNetworkShare, network_of
from service.domain.budgets.readiness import frame_of
from service.domain.budgets.splitting import split
from service.domain.budgets.tranches import revised
from service.domain.budgets.views import BudgetAgreementView, revised_of
from service.domain.context import text
from service.domain.errors import DomainError, InvalidInput
from service.domain.policy import Reader, Row
from service.domain.spaces.model import SocialSpace
from service.domain.values import Amount, ClientId, Line, Money
from service.domain.views import Many, One, Record, Sql, link, view

ZERO = Decimal("0.00")
_agreement: Any = BudgetAgreement.__table__  # type: ignore[attr-defined]
_frame: Any = BudgetFrame.__table__  # type: ignore[attr-defined]


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


def _holds(row: Row, reader: Reader) -> sa.ColumnElement[Any]:
    year = FrameYear.__table__.alias()  # type: ignore[attr-defined]
    mine = sa.and_(year.c.frame_id == row.frame_id, year.c.fiscal_year == row.fiscal_year, year.c.holds)
    found: sa.ColumnElement[Any] = sa.exists().where(mine).correlate_except(year)
    return found


def _notice_until(row: Row, reader: Reader) -> sa.ColumnElement[Any]:
    frame = _frame.alias()
    begins = sa.func.make_date(row.fiscal_year, sa.literal_column("1"), sa.literal_column("1"))
    months = sa.func.make_interval(sa.literal_column("0"), frame.c.notice_months)
    last = sa.cast(begins - months, sa.Date()) - sa.literal_column("1")
    found: sa.ColumnElement[Any] = (
        sa.select(last).where(frame.c.id == row.frame_id).correlate_except(frame).scalar_subquery()
    )
    return found


@view(
    FrameShare,
    policy.READ_FRAME_SHARE,
    plural="frame_shares",
    filters=("frame_id", "organisation_id", "fiscal_year"),
)
class FrameShareView(Record):
    """What a provider can rely on in one of the coming years: the agreement of that year has no less for it."""

    id: UUID
    frame_id: UUID = Told(description="The frame that says so.")
    fiscal_year: int
    organisation_id: UUID
    amount: Money = Told(description="EUR: its part of the year's agreement, at least.")
    holds: Annotated[bool, Sql(_holds)] = Told(description="Whether the frame is agreed, and no other in its place.")
    notice_until: Annotated[date, Sql(_notice_until)] = Told(
        description="The last day on which another frame can have less of the year for it."
    )


link(BudgetFrameView, "shares", Many("frame_id"), FrameShareView)
link(FrameShareView, "frame", One("frame_id"), BudgetFrameView)


@dataclass(eq=False)
class LessThanSecured(DomainError):
    code, title = "less-than-secured", "A provider would get less than the frame of several years has secured for it."
    advice = "It can rely on `secured` (EUR) of the year and would get `gets`: change its share, or what is agreed."
    organisation_id: UUID
    secured: str
    gets: str


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


class ProposeBudgetFrame(Command):
    """What a social space can plan with for several years."""

    id: ClientId
    authority_id: UUID
    social_space_id: UUID | None = Told(None, description="Left out: for cases outside of every social space.")
    contract_number: Line | None = None
    years: list[NewFrameYear] = Told(min_length=2, max_length=20, description="One after the other.")
    total: Amount = Told(description="What they make together, EUR.")
    shares: list[NewNetworkShare] = Told(
        default_factory=list,
        max_length=50,
        description="What of each year each provider can rely on, in percent; together 100.00 at most.",
    )
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


@operation(policy.PROPOSE_FRAME, within=Authority, answers=BudgetFrameView, raises=(FrameDoesNotFit, FrameExists))
async def propose_budget_frame(act: Act, command: ProposeBudgetFrame) -> BudgetFrame:
    """Propose what a social space can plan with for several years. Somebody else agrees it."""
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
    await _check_shares(act, authority.id, command.shares)
    frame = BudgetFrame(
        **command.model_dump(exclude={"years", "shares"}),
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
    act.session.add_all(FrameYear(**scope, **year.model_dump()) for year in command.years)
    percents = [share.share for share in command.shares]
    for year in command.years:
        parts = split(year.amount, [*percents, WHOLE - sum(percents)])
        act.session.add_all(
            FrameShare(**scope, fiscal_year=year.fiscal_year, organisation_id=share.organisation_id, amount=part)
            for share, part in zip(command.shares, parts, strict=False)
            if part
        )
    await act.session.flush()
    await _check(act, frame)
    return frame


@operation(
    policy.AGREE_FRAME,
    on=BudgetFrame,
    answers=BudgetFrameView,
    states=(FrameState.PROPOSED,),
    raises=(FrameDoesNotFit, FrameExists),
)
async def agree_budget_frame(act: Act, budgetframe: BudgetFrame) -> BudgetFrame:
    """Agree what somebody else has proposed. From then on its years keep to it; the frame it replaces ends."""
    if (replaced := await _replaced(act, budgetframe)) is not None:
        act.change(replaced, state=FrameState.REPLACED.value)
        for year in await _years(act, replaced):
            year.holds = False
        await act.session.flush()
    await _check(act, budgetframe)
    for year in await _years(act, budgetframe):
        year.holds = True
    act.change(budgetframe, state=FrameState.AGREED.value, agreed_by=act.actor.id, agreed_on=act.today)
    return budgetframe


async def keep_secured(act: Act, agreement: BudgetAgreement) -> None:
    """Raises LessThanSecured where a provider's part of the agreement, by its share of the year's days, is less than
    the frame that holds the year has for it."""
    query = (
        select(FrameShare)
        .join(FrameYear, (col(FrameYear.frame_id) == col(FrameShare.frame_id)) & col(FrameYear.holds))
        .where(
            FrameYear.authority_id == agreement.authority_id,
            col(FrameYear.social_space_id).is_not_distinct_from(agreement.social_space_id),
            FrameYear.fiscal_year == agreement.fiscal_year,
            FrameShare.fiscal_year == agreement.fiscal_year,
        )
    )
    secured = (await act.session.exec(query.order_by(col(FrameShare.id)))).all()
    if not secured:
        return
    weights = (await network_of(act, agreement)).of_year()
    parts = split(await revised(act, agreement.id), [weight for _, weight in weights]) if weights else []
    gets = {organisation: part for (organisation, _), part in zip(weights, parts, strict=True)}
    for each in secured:
        if (part := gets.get(each.organisation_id, ZERO)) < each.amount:
            raise LessThanSecured(organisation_id=each.organisation_id, secured=str(each.amount), gets=str(part))


async def _check_shares(act: Act, authority_id: UUID, shares: list[NewNetworkShare]) -> None:
    errors = []
    for number, share in enumerate(shares):
        if not await is_provider(act, authority_id, share.organisation_id):
            detail = "is no independent provider of this authority"
            errors.append({"pointer": f"#/shares/{number}/organisation_id", "detail": detail})
        if share.organisation_id in [each.organisation_id for each in shares[:number]]:
            errors.append({"pointer": f"#/shares/{number}/organisation_id", "detail": "is named twice"})
    if sum((share.share for share in shares), ZERO) > WHOLE:
        errors.append({"pointer": "#/shares", "detail": "all shares together would be more than 100.00"})
    if errors:
        raise InvalidInput(errors=errors)


async def _keep_promised(act: Act, frame: BudgetFrame, years: list[FrameYear]) -> None:
    """No less for a provider than the frame before had, of a year for which it is too late to give notice."""
    if frame.earlier_frame_id is None:
        return
    shares: Any = FrameShare.__table__  # type: ignore[attr-defined]
    query = sa.select(shares, _notice_until(shares.c, Setting()).label("notice_until"))
    rows = await (await act.session.connection()).execute(query.where(shares.c.frame_id == frame.earlier_frame_id))
    mine = select(FrameShare).where(FrameShare.frame_id == frame.id)
    now = {(each.fiscal_year, each.organisation_id): each.amount for each in (await act.session.exec(mine)).all()}
    numbers = {year.fiscal_year: number for number, year in enumerate(years)}
    for row in rows:
        less = now.get((row.fiscal_year, row.organisation_id), ZERO) < row.amount
        if less and row.notice_until < act.today and row.fiscal_year >= act.today.year:
            number = numbers.get(row.fiscal_year)
            where = f"year {number}" if number is not None else f"the year {row.fiscal_year}"
            raise FrameDoesNotFit(
                place=f"{where}: {row.organisation_id} can rely on {row.amount}; notice was due by {row.notice_until}"
            )


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


async def _check(act: Act, frame: BudgetFrame) -> None:
    """No year belongs to another frame, each holds what is in force of it, and providers have what they rely on."""
    years = await _years(act, frame)
    await _keep_promised(act, frame, years)
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
    for agreement in (await act.session.exec(held_all)).all():
        if agreement.state == AgreementState.DRAFT:
            continue
        whole = (await (await act.session.connection()).execute(_REVISED, {"of": agreement.id})).scalar_one()
        for number, year in enumerate(years):
            if year.fiscal_year == agreement.fiscal_year and whole > year.amount:
                raise FrameDoesNotFit(place=f"year {number}: {whole} are in force of it already")


_REVISED = sa.select(revised_of(_agreement.c)).where(_agreement.c.id == sa.bindparam("of", type_=sa.Uuid()))
