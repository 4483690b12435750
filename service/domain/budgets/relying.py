"""What providers can rely on of a frame of several years: in its agreements, and in any frame in its place; until they
give it up, because they leave, and the agency has accepted that."""

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_DOWN, Decimal
from typing import Annotated, Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field as Told
from sqlmodel import col, select

from service.domain.access.reader import Setting
from service.domain.act import Act, Command, operation
from service.domain.budgets import policy
from service.domain.budgets.amounts import WHOLE
from service.domain.budgets.contract import BudgetFrame, FrameShare, FrameShareState, FrameYear
from service.domain.budgets.model import BudgetAgreement
from service.domain.budgets.network import network_of
from service.domain.budgets.splitting import CENT, split
from service.domain.budgets.tranches import revised
from service.domain.errors import DomainError
from service.domain.policy import Reader, Row
from service.domain.values import Money, Words
from service.domain.views import Record, Sql, view

ZERO = Decimal("0.00")
_frame: Any = BudgetFrame.__table__  # type: ignore[attr-defined]


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
    filters=("frame_id", "organisation_id", "fiscal_year", "state"),
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
    state: FrameShareState = Told(description="Whether it can rely on it still.")
    given_up_because: str | None = Told(description="Why it gives it up; null for what is secured.")
    given_up_by: UUID | None = Told(description="Who says so; somebody else accepts it.")
    given_up_on: date | None = Told(description="When.")
    accepted_by: UUID | None = Told(description="Who has accepted it for the agency.")
    accepted_on: date | None = Told(description="Since when nobody relies on it any more.")
    version: int


@dataclass(eq=False)
class LessThanSecured(DomainError):
    code, title = "less-than-secured", "A provider would get less than the frame of several years has secured for it."
    advice = (
        "It can rely on `secured` (EUR) of the year and would get `gets`: change its share, or what is agreed. A "
        "provider that leaves gives up what it relied on (POST /v1/frame-shares/{id}/give-up)."
    )
    organisation_id: UUID
    secured: str
    gets: str


class GiveUpFrameShare(Command):
    """Why a provider does not rely on it any more."""

    because: Words = Told(description="Such as that it leaves the network. It names no person.")


@operation(
    policy.GIVE_UP_SHARE,
    on=FrameShare,
    answers=FrameShareView,
    states=(FrameShareState.SECURED,),
)
async def give_up_frame_share(act: Act, frameshare: FrameShare, command: GiveUpFrameShare) -> FrameShare:
    """Give up what a frame has secured for one's organisation in a year. It is secured until the agency has accepted
    that. The agency itself says so only for a provider of which nobody manages anything here."""
    act.change(
        frameshare,
        state=FrameShareState.OFFERED.value,
        given_up_because=command.because,
        given_up_by=act.actor.id,
        given_up_on=act.today,
    )
    return frameshare


@operation(policy.KEEP_SHARE, on=FrameShare, answers=FrameShareView, states=(FrameShareState.OFFERED,))
async def keep_frame_share(act: Act, frameshare: FrameShare) -> FrameShare:
    """Keep what one was about to give up, as long as the agency has not accepted it."""
    nothing = dict.fromkeys(("given_up_because", "given_up_by", "given_up_on"))
    act.change(frameshare, state=FrameShareState.SECURED.value, **nothing)
    return frameshare


@operation(policy.ACCEPT_GIVING_UP, on=FrameShare, answers=FrameShareView, states=(FrameShareState.OFFERED,))
async def accept_given_up_frame_share(act: Act, frameshare: FrameShare) -> FrameShare:
    """Accept for the agency that a provider gives up what it relied on. From then on the agreement of that year can
    have less for it, and another frame, too."""
    act.change(
        frameshare,
        state=FrameShareState.GIVEN_UP.value,
        accepted_by=act.actor.id,
        accepted_on=act.today,
    )
    return frameshare


def secured_of(amount: Decimal, percent: Decimal) -> Decimal:
    """A provider's part of a year, EUR: rounded down, so that it gets no less however the agreement's cents fall."""
    return (amount * percent / WHOLE).quantize(CENT, ROUND_DOWN)


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
            FrameShare.state != FrameShareState.GIVEN_UP.value,
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


async def not_kept(act: Act, frame: BudgetFrame, places: dict[int, str]) -> str | None:
    """Where a frame has less for a provider than the frame before, of a year for which it is too late to give notice,
    or would make it early enough again; null where it does neither. `places`: what its years are called."""
    shares: Any = FrameShare.__table__  # type: ignore[attr-defined]
    query = sa.select(shares, _notice_until(shares.c, Setting()).label("notice_until"))
    connection = await act.session.connection()
    kept_up = shares.c.state != FrameShareState.GIVEN_UP.value
    before = (await connection.execute(query.where(shares.c.frame_id == frame.earlier_frame_id, kept_up))).all()
    now = (await connection.execute(query.where(shares.c.frame_id == frame.id, kept_up))).all()
    mine = {(each.fiscal_year, each.organisation_id): each for each in now}
    for row in before:
        if row.notice_until >= act.today or row.fiscal_year < act.today.year:
            continue
        kept = mine.get((row.fiscal_year, row.organisation_id))
        where = places.get(row.fiscal_year, f"the year {row.fiscal_year}")
        if kept is None or kept.amount < row.amount:
            return f"{where}: {row.organisation_id} can rely on {row.amount}; notice was due by {row.notice_until}"
        if kept.notice_until >= act.today:
            return f"notice_months: of {row.fiscal_year} notice was due by {row.notice_until}"
    return None
