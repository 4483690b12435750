"""What runs of a forecast have said, line by line, and what the newest one says."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, col, select

from service.domain.act import Act
from service.domain.budgets.model import LineKind, OfAgreement, OfLine, total
from service.domain.rows import Shape, moment, one_of, own_id, reference, secured, word

NOTHING = Decimal("0.00")


@secured(Shape.APPENDED)
class Forecast(OfAgreement, table=True):
    """One run."""

    __tablename__ = "forecast"

    id: UUID = own_id()
    as_of: date
    method: str = Field(sa_type=sa.Text)
    earlier_id: UUID | None = reference("forecast", optional=True, index=False)
    made_by: UUID = reference("actor", index=False)
    made_at: datetime = moment()


@secured(Shape.APPENDED)
class ForecastLine(OfLine, table=True):
    """What a run says of one line."""

    __tablename__ = "forecast_line"
    __table_args__ = (
        one_of("kind", LineKind),
        sa.UniqueConstraint("forecast_id", "line_id"),
        sa.CheckConstraint("num_nulls(low, high) <> 1 AND low <= forecast AND forecast <= high", name="range"),
        sa.CheckConstraint("held >= 0 AND held <= tested", name="tested"),
    )

    id: UUID = own_id()
    forecast_id: UUID = reference("forecast", index=False)
    kind: str = word()
    approved: Decimal = total()
    reserved: Decimal = total()
    committed: Decimal = total()
    booked: Decimal = total()
    foreseen: Decimal = Field(
        default=NOTHING, sa_type=sa.Numeric(20, 2), nullable=False, sa_column_kwargs={"server_default": "0.00"}
    )
    going_on: Decimal = Field(
        default=NOTHING, sa_type=sa.Numeric(20, 2), nullable=False, sa_column_kwargs={"server_default": "0.00"}
    )
    going_on_grants: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    expected_new: Decimal = total()
    running: Decimal = total()
    forecast: Decimal = total()
    low: Decimal | None = Field(default=None, sa_type=sa.Numeric(20, 2))
    high: Decimal | None = Field(default=None, sa_type=sa.Numeric(20, 2))
    tested: int = 0
    held: int = 0
    earlier: Decimal | None = Field(default=None, sa_type=sa.Numeric(20, 2))


async def newest_run(act: Act, agreement_id: UUID, *conditions: sa.ColumnElement[bool]) -> UUID | None:
    """Of an agreement's runs; null where there is none."""
    runs = select(Forecast.id).where(Forecast.agreement_id == agreement_id, *conditions)
    newest = runs.order_by(col(Forecast.made_at).desc(), col(Forecast.id).desc()).limit(1)
    return (await act.session.exec(newest)).first()


async def beyond_by_now(act: Act, agreement_id: UUID, opened_by: UUID | None) -> Mapping[UUID, Decimal]:
    """By how much each line goes beyond what is approved for it (below zero: what it leaves over), EUR, as the newest
    run says for the day of the run that has opened a procedure, or a later one."""
    opener = select(col(Forecast.as_of)).where(Forecast.id == opened_by).scalar_subquery()
    since = [col(Forecast.as_of) >= opener] if opened_by is not None else []
    lines = select(ForecastLine).where(ForecastLine.forecast_id == await newest_run(act, agreement_id, *since))
    return {line.line_id: line.forecast - line.approved for line in (await act.session.exec(lines)).all()}
