"""Tranches: what the network is paid in advance over the year, so that it can plan (deck lines 933, 951).

What is agreed, with its supplements, less what is retained for the settlement, is divided to the cent over the days of
the calendar, and each tranche over the providers by their shares of its day. A supplement is divided over the tranches
still to come: tranches and retention together are what is agreed, on every day (facts: DR8)."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field
from sqlmodel import col, select

from service.domain.act import Act
from service.domain.budgets import policy
from service.domain.budgets.model import (
    BudgetAgreement,
    BudgetParty,
    Tranche,
    TrancheShare,
    TrancheState,
    scope_of,
)
from service.domain.budgets.network import network_of
from service.domain.budgets.payees import (
    AS_WHOM_PAID,
    WHERE_BOOKED,
    ContractNumber,
    Payee,
    PayeeNumber,
    ProductAccount,
    named_by,
)
from service.domain.budgets.splitting import CENT, split
from service.domain.budgets.views import BudgetAgreementView, revised_of
from service.domain.policy import Reader, Row
from service.domain.values import Money, new_id
from service.domain.views import Many, One, Record, Sql, link, view

ZERO, WHOLE = Decimal("0.00"), Decimal(100)


class TrancheCalendar(StrEnum):
    """On which days tranches are due."""

    MONTHLY = "monthly"  # on the first of each month
    MID_QUARTER = "mid_quarter"  # on the 15th of February, May, August and November
    OWN = "own"  # on the days that are named

    def days(self, year: int) -> list[date]:
        """None for days of one's own."""
        match self:
            case TrancheCalendar.MONTHLY:
                return [date(year, month, 1) for month in range(1, 13)]
            case TrancheCalendar.MID_QUARTER:
                return [date(year, month, 15) for month in (2, 5, 8, 11)]
        return []


def _sum_of(*states: TrancheState) -> Sql:
    """What a party gets of the tranches in these states together."""

    def expression(row: Row, reader: Reader) -> sa.ColumnElement[Any]:
        share = TrancheShare.__table__.alias()  # type: ignore[attr-defined]
        tranche = Tranche.__table__.alias()  # type: ignore[attr-defined]
        query = (
            sa.select(sa.func.coalesce(sa.func.sum(share.c.amount), sa.literal_column("0.00")))
            .join_from(share, tranche, tranche.c.id == share.c.tranche_id)
            .where(
                share.c.agreement_id == row.agreement_id,
                share.c.organisation_id == row.organisation_id,
                tranche.c.state.in_([sa.literal_column(f"'{state}'") for state in states]),
            )
        )
        return query.correlate_except(share, tranche).scalar_subquery()

    return Sql(expression)


@view(Tranche, policy.READ_TRANCHE, plural="tranches", filters=("agreement_id", "state", "due_on"), orders=("due_on",))
class TrancheView(Record):
    """What the network is paid in advance on one day."""

    id: UUID
    agreement_id: UUID
    due_on: date = Field(description="The day from which it can be released.")
    amount: Money
    state: TrancheState
    planned_by: UUID = Field(description="Who planned it; somebody else releases it.")
    released_by: UUID | None
    released_at: datetime | None
    paid_on: date | None = Field(description="The day on which the cash office paid it.")
    reason: str | None = Field(description="Why it was withheld.")
    version: int


@view(
    TrancheShare,
    policy.READ_SHARE,
    plural="tranche_shares",
    filters=("tranche_id", "agreement_id", "organisation_id"),
    tabular=True,
)
class TrancheShareView(Record):
    """What of a tranche one provider gets, with all that a cash office needs: as CSV it is the file to pay from."""

    id: UUID
    tranche_id: UUID
    agreement_id: UUID
    organisation_id: UUID
    due_on: Annotated[date, named_by(Tranche, "due_on", "tranche_id")] = Field(
        description="The day on which it is due."
    )
    state: Annotated[TrancheState, named_by(Tranche, "state", "tranche_id")]
    contract_number: ContractNumber
    product_account: ProductAccount = Field(description=WHERE_BOOKED)
    payee_number: PayeeNumber = Field(description=AS_WHOM_PAID)
    payee: Payee = Field(description="The provider's name.")
    amount: Money


@view(BudgetParty, policy.READ_SHARE, plural="secured_funds", filters=("agreement_id", "organisation_id"))
class SecuredFundView(Record):
    """What a provider can rely on in the agreement's year: its part of all tranches, but those that are withheld."""

    id: UUID
    agreement_id: UUID
    organisation_id: UUID
    secured: Annotated[Money, _sum_of(TrancheState.PLANNED, TrancheState.RELEASED, TrancheState.PAID)] = Field(
        description="Paid, released or planned, EUR."
    )
    paid: Annotated[Money, _sum_of(TrancheState.PAID)] = Field(description="Paid already, EUR.")
    held_back: Annotated[Money, _sum_of(TrancheState.WITHHELD)] = Field(description="Withheld for a reason, EUR.")


link(BudgetAgreementView, "tranches", Many("agreement_id"), TrancheView)
link(TrancheView, "shares", Many("tranche_id"), TrancheShareView)
link(TrancheShareView, "tranche", One("tranche_id"), TrancheView)


async def revised(act: Act, agreement_id: UUID) -> Decimal:
    """What is agreed for all lines, with the supplements that have been released, EUR."""
    agreement: Any = BudgetAgreement.__table__  # type: ignore[attr-defined]
    query = sa.select(revised_of(agreement.c)).where(agreement.c.id == agreement_id)
    found: Decimal = (await (await act.session.connection()).execute(query)).scalar_one()
    return found


async def held_tranches(act: Act, agreement_id: UUID) -> Sequence[Tranche]:
    """The tranches of an agreement, which nobody changes meanwhile."""
    held = select(Tranche).where(Tranche.agreement_id == agreement_id).order_by(col(Tranche.id))
    held = held.with_for_update(key_share=True).execution_options(populate_existing=True)
    return (await act.session.exec(held)).all()


def tranche_of(act: Act, agreement: BudgetAgreement, due_on: date) -> Tranche:
    """Planned for a day; how much, `spread` says."""
    return Tranche(id=new_id(), **scope_of(agreement), due_on=due_on, amount=ZERO, planned_by=act.actor.id)


async def spread(act: Act, agreement: BudgetAgreement) -> None:
    """Divide what is not yet released over the tranches that are planned, and each of them over the providers."""
    await act.session.flush()
    tranches = await held_tranches(act, agreement.id)
    planned = sorted((each for each in tranches if each.state == TrancheState.PLANNED), key=lambda each: each.due_on)
    if not tranches:
        return
    whole = await revised(act, agreement.id)
    retained = (whole * agreement.retention / WHOLE).quantize(CENT, ROUND_HALF_UP)
    left = whole - retained - sum(each.amount for each in tranches if each.state != TrancheState.PLANNED)
    if not planned and left > ZERO:  # agreed after the last one was released
        day = max(act.today, max(each.due_on for each in tranches) + timedelta(days=1))
        planned = [act.add(tranche_of(act, agreement, day))]
        await act.session.flush()
    network = await network_of(act, agreement)
    shares = select(TrancheShare).where(TrancheShare.agreement_id == agreement.id)
    standing = {(each.tranche_id, each.organisation_id): each for each in (await act.session.exec(shares)).all()}
    for tranche, amount in zip(planned, split(max(left, ZERO), [1] * len(planned)), strict=True):
        if amount != tranche.amount:
            act.change(tranche, amount=amount)
        weights = network.on(min(tranche.due_on, date(agreement.fiscal_year, 12, 31)))
        parts = split(amount, [share for _, share in weights])
        for (organisation_id, _), part in zip(weights, parts, strict=True):
            share = standing.get((tranche.id, organisation_id))
            if share is None:
                of_it = {"tranche_id": tranche.id, "organisation_id": organisation_id}
                share = TrancheShare(**scope_of(agreement), **of_it, amount=part)
                act.session.add(share)
            share.amount = part
