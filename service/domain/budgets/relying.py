"""What providers can rely on of a frame of several years: in its agreements, and in any frame in its place."""

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_DOWN, Decimal
from typing import Annotated, Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field as Told
from sqlmodel import col, select

from service.domain.access.reader import Setting
from service.domain.act import Act
from service.domain.budgets import policy
from service.domain.budgets.amounts import WHOLE
from service.domain.budgets.contract import BudgetFrame, FrameShare, FrameYear
from service.domain.budgets.model import BudgetAgreement
from service.domain.budgets.network import network_of
from service.domain.budgets.splitting import CENT, split
from service.domain.budgets.tranches import revised
from service.domain.errors import DomainError
from service.domain.policy import Reader, Row
from service.domain.values import Money
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


@dataclass(eq=False)
class LessThanSecured(DomainError):
    code, title = "less-than-secured", "A provider would get less than the frame of several years has secured for it."
    advice = "It can rely on `secured` (EUR) of the year and would get `gets`: change its share, or what is agreed."
    organisation_id: UUID
    secured: str
    gets: str


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
    before = (await connection.execute(query.where(shares.c.frame_id == frame.earlier_frame_id))).all()
    now = (await connection.execute(query.where(shares.c.frame_id == frame.id))).all()
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
