"""Forecasts: what each line will have cost at the end of the year, said on a day and never changed (deck line 977).

A forecast is what is booked and bound on its day, what grants of earlier years have foreseen for it, what help that
goes on beyond its grant takes until the end of the year (`going_on`), what is expected to be granted until then, and
what runs on besides. The last two are a controller's to say, with the method by which they were found. Each run keeps
its inputs, and beside them what the run before had said. All amounts are EUR.

A line may be told as a range, too. Beside it stands how often ranges of earlier years have held for that line of the
space, as far as it was known on the day of the run; and once the year is worked out, what came."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import AfterValidator, BaseModel, ConfigDict
from pydantic import Field as Told
from sqlmodel import col, func, select

from service.domain.act import Act, Command, operation
from service.domain.budgets import policy
from service.domain.budgets.amounts import Agreed
from service.domain.budgets.expiring import NOT_EXPIRED
from service.domain.budgets.forecasts import NOTHING, Forecast, ForecastLine, newest_run
from service.domain.budgets.foreseen import foreseen_for
from service.domain.budgets.going_on import GoingOn, going_on_for
from service.domain.budgets.ledger import OF_LINE, AccountKind, LedgerAccount, LedgerDay
from service.domain.budgets.model import (
    AgreementState,
    BudgetAgreement,
    BudgetLine,
    LineKind,
    scope_of,
)
from service.domain.budgets.procedures import open_where_over
from service.domain.budgets.settlement import Settlement, SettlementLine, SettlementState
from service.domain.budgets.underspending import open_where_left_over
from service.domain.budgets.views import BudgetAgreementView
from service.domain.context import text
from service.domain.errors import InvalidInput
from service.domain.policy import Reader, Row
from service.domain.values import ClientId, Day, Money, Words
from service.domain.views import Many, One, Record, Sql, link, view

_EXPECTED, _RUNNING = (
    "What is expected to be granted until the end of the year, EUR.",
    "What runs on besides, without a grant in a case, EUR.",
)
_LOW, _HIGH = "The least that the line may have cost, EUR.", "The most that the line may have cost, EUR."


def _came(row: Row, reader: Reader) -> sa.ColumnElement[Any]:
    """What was booked on the line in the end, as its settlement says."""
    there, whole = SettlementLine.__table__.alias(), Settlement.__table__.alias()  # type: ignore[attr-defined]
    query = sa.select(there.c.booked).join_from(there, whole, whole.c.id == there.c.settlement_id)
    query = query.where(there.c.line_id == row.line_id, whole.c.state != text(SettlementState.REWORKED))
    return query.correlate_except(there, whole).scalar_subquery()


def _hit_rate(row: Row, reader: Reader) -> sa.ColumnElement[Any]:
    share = row.held * sa.literal_column("100.00") / sa.func.nullif(row.tested, sa.literal_column("0"))
    return sa.func.round(share, sa.literal_column("2"))


def _grants(row: Row, reader: Reader) -> sa.ColumnElement[Any]:
    few = row.going_on_grants.between(sa.literal_column("1"), sa.literal_column("4"))
    return sa.case((few, sa.null()), else_=row.going_on_grants)


@view(Forecast, policy.READ_PROCEDURE, plural="forecasts", filters=("agreement_id", "as_of"), orders=("as_of",))
class ForecastView(Record):
    """What each line will have cost at the end of the year, as it was said on one day. It is never changed."""

    id: UUID
    agreement_id: UUID
    as_of: date
    method: str = Told(description="How it was found what is to come.")
    earlier_id: UUID | None = Told(description="The run before, with which it compares.")
    made_by: UUID = Told(description="Who made it.")
    made_at: datetime = Told(description="When.")


@view(ForecastLine, policy.READ_PROCEDURE, plural="forecast_lines", filters=("agreement_id", "forecast_id", "kind"))
class ForecastLineView(Record):
    """What a run says of one line, and from what."""

    id: UUID
    agreement_id: UUID
    forecast_id: UUID = Told(description="The run.")
    line_id: UUID
    kind: LineKind
    approved: Money
    reserved: Money
    committed: Money
    booked: Money
    foreseen: Money = Told(description="Granted in earlier years for this one, and not bound in it on that day, EUR.")
    going_on: Money = Told(
        description="What granted help takes until the end of the year beyond its grant, by the cost of its days: it "
        "has no end, or its days are over and it is not ended. Without an end its grant is for the days until the "
        "end of the year in which it began. Of help that has begun without a decision, what all of its days are meant "
        "to cost. EUR."
    )
    going_on_grants: Annotated[int | None, Sql(_grants)] = Told(
        description="Of how much help; null below five: beside the amount it would say what single help costs."
    )
    expected_new: Money = Told(description=_EXPECTED)
    running: Money = Told(description=_RUNNING)
    forecast: Money = Told(description="All of it together: what the line will have cost, EUR.")
    variance: Annotated[Money, Sql(lambda row, reader: row.forecast - row.approved)] = Told(
        description="Forecast less approved, EUR: above zero, the line will be over."
    )
    low: Money | None = Told(description=f"{_LOW} Null where no range was told.")
    high: Money | None = Told(description=f"{_HIGH} Null where no range was told.")
    tested: int = Told(
        description="So many ranges of this line, said in earlier years of the space, could be tested then."
    )
    held: int = Told(description="In so many of them lay what came.")
    hit_rate: Annotated[Money | None, Sql(_hit_rate)] = Told(
        description="The same in percent; null where none could be tested."
    )
    earlier: Money | None = Told(description="What the run before had said, EUR.")
    came: Annotated[Money | None, Sql(_came)] = Told(
        description="What was booked in the end, EUR; null before the year is worked out."
    )
    within: Annotated[bool | None, Sql(lambda row, reader: _came(row, reader).between(row.low, row.high))] = Told(
        description="Whether that lay in the range; null while it is not known, or where no range was told."
    )


link(BudgetAgreementView, "forecasts", Many("agreement_id"), ForecastView)
link(ForecastView, "lines", Many("forecast_id"), ForecastLineView)
link(ForecastView, "earlier", One("earlier_id"), ForecastView)


class Expectation(BaseModel):
    """What is to come on one line."""

    model_config = ConfigDict(extra="forbid")

    kind: LineKind
    expected_new: Agreed = Told(NOTHING, description=_EXPECTED)
    running: Agreed = Told(NOTHING, description=_RUNNING)
    low: Agreed | None = Told(None, description=f"{_LOW} With `high`, or neither.")
    high: Agreed | None = Told(None, description=f"{_HIGH} With `low`, or neither.")


def _each_once(lines: list[Expectation]) -> list[Expectation]:
    if len({line.kind for line in lines}) != len(lines):
        raise ValueError("must name each line once")
    return lines


class RunForecast(Command):
    """From what is to be forecast."""

    id: ClientId
    as_of: Day | None = Told(None, description="The day up to which money is counted; today, if left out.")
    method: Words = Told(description="How it was found what is to come.")
    lines: Annotated[list[Expectation], AfterValidator(_each_once)] = Told(
        default_factory=list, max_length=4, description="What is to come; nothing on a line that is left out."
    )


@operation(policy.FORECAST, on=BudgetAgreement, answers=ForecastView, guards=(NOT_EXPIRED,))
async def run_forecast(act: Act, budgetagreement: BudgetAgreement, command: RunForecast) -> Forecast:
    """Say what each line will have cost at the end of the year. The run keeps its figures and inputs, whatever is
    posted later; the next one compares with it. Where it leaves over more than the rule on under-spend says, it opens
    the under-spend procedure, and where it goes further beyond what is approved for a line than the rule on over-spend
    says, the over-spend procedure of that line; as long as the agreement is in force."""
    as_of = command.as_of or act.today
    if as_of > act.today:
        raise InvalidInput(errors=[{"pointer": "#/as_of", "detail": "lies in the future"}])
    earlier_id = await newest_run(act, budgetagreement.id)
    said = select(col(ForecastLine.line_id), col(ForecastLine.forecast)).where(ForecastLine.forecast_id == earlier_id)
    earlier = dict((await act.session.exec(said)).all())
    run = act.add(
        Forecast(
            id=command.id,
            **scope_of(budgetagreement),
            as_of=as_of,
            method=command.method,
            earlier_id=earlier_id,
            made_by=act.actor.id,
            made_at=act.now,
        )
    )
    await act.session.flush()
    to_come = {each.kind.value: each for each in command.lines}
    held = await _held(act, budgetagreement.id, as_of)
    tested = await _tested(act, budgetagreement)
    granted_before = await foreseen_for(act, budgetagreement, as_of)
    going_on = await going_on_for(act, budgetagreement, as_of)
    left_over, over = NOTHING, dict[UUID, Decimal]()
    for line in (await act.session.exec(select(BudgetLine).where(BudgetLine.agreement_id == budgetagreement.id))).all():
        figures = {kind: held.get((line.id, kind.value), NOTHING) for kind in OF_LINE}
        expected = to_come.get(line.kind) or Expectation(kind=LineKind(line.kind))
        approved = sum(figures.values(), NOTHING)
        taken: dict[str, Any] = {kind.value: figures[kind] for kind in OF_LINE if kind is not AccountKind.FREE}
        known: dict[str, Any] = tested.get(line.kind, {})
        taken["foreseen"] = granted_before.get(line.kind, NOTHING)
        beyond = going_on.get(line.kind, GoingOn())
        taken["going_on"] = beyond.amount
        forecast = sum(taken.values(), NOTHING) + expected.expected_new + expected.running
        if not _fits(expected, forecast):
            detail = f"`low` and `high` of {line.kind} must have the forecast between them: {forecast}"
            raise InvalidInput(errors=[{"pointer": "#/lines", "detail": detail}])
        left_over += approved - forecast
        over[line.id] = forecast - approved
        act.session.add(
            ForecastLine(
                **scope_of(budgetagreement),
                line_id=line.id,
                forecast_id=run.id,
                kind=line.kind,
                approved=approved,
                going_on_grants=beyond.grants,
                expected_new=expected.expected_new,
                running=expected.running,
                forecast=forecast,
                low=expected.low,
                high=expected.high,
                earlier=earlier.get(line.id),
                **taken,
                **known,
            )
        )
    if budgetagreement.state == AgreementState.ACTIVE:
        await open_where_left_over(act, run, left_over)
        await open_where_over(act, run, over)
    return run


def _fits(expected: Expectation, forecast: Decimal) -> bool:
    if expected.low is None or expected.high is None:
        return expected.low is expected.high
    return expected.low <= forecast <= expected.high


async def _tested(act: Act, agreement: BudgetAgreement) -> dict[str, dict[str, int]]:
    """By the kind of a line: how many ranges of earlier years of the space can be tested, and how many have held."""
    query = (
        select(
            col(ForecastLine.kind),
            func.count(),
            func.count().filter(col(SettlementLine.booked).between(ForecastLine.low, ForecastLine.high)),
        )
        .join(SettlementLine, col(SettlementLine.line_id) == col(ForecastLine.line_id))
        .join(Settlement, col(Settlement.id) == col(SettlementLine.settlement_id))
        .join(BudgetAgreement, col(BudgetAgreement.id) == col(ForecastLine.agreement_id))
        .where(
            Settlement.state != SettlementState.REWORKED.value,
            BudgetAgreement.authority_id == agreement.authority_id,
            col(BudgetAgreement.social_space_id).is_not_distinct_from(agreement.social_space_id),
            BudgetAgreement.fiscal_year < agreement.fiscal_year,
            col(ForecastLine.low).is_not(None),
        )
        .group_by(col(ForecastLine.kind))
    )
    return {kind: {"tested": of, "held": held} for kind, of, held in (await act.session.exec(query)).all()}


async def _held(act: Act, agreement_id: UUID, as_of: date) -> dict[tuple[UUID | None, str], Decimal]:
    """What each account of the lines held at the end of the day."""
    query = (
        select(col(LedgerAccount.line_id), col(LedgerAccount.kind), func.sum(LedgerDay.moved))
        .join(LedgerDay, col(LedgerDay.account_id) == col(LedgerAccount.id))
        .where(LedgerAccount.agreement_id == agreement_id, LedgerDay.value_on <= as_of)
        .group_by(col(LedgerAccount.line_id), col(LedgerAccount.kind))
    )
    return {(line, kind): moved for line, kind, moved in (await act.session.exec(query)).all()}
