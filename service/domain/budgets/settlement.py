"""The end of a year: by which rules over- and under-spend are shared, and what came of it (deck lines 969-977).

A settlement is worked out once, from figures that no longer change, and then only goes on or is disputed. All amounts
are EUR."""

from collections.abc import Collection
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field as Told
from sqlmodel import Field, col, select

from service.domain.act import Act
from service.domain.budgets import policy
from service.domain.budgets.model import LineKind, OfAgreement, OfLine, money, percent, total
from service.domain.budgets.payees import (
    AS_WHOM_PAID,
    WHERE_BOOKED,
    ContractNumber,
    Payee,
    PayeeNumber,
    ProductAccount,
    named_by,
)
from service.domain.budgets.views import BudgetAgreementView
from service.domain.rows import Shape, Versioned, one_of, own_id, reference, secured, word
from service.domain.values import Money
from service.domain.views import Many, One, Record, Sql, link, view


class Direction(StrEnum):
    """Which way a year went."""

    OVERSPEND = "overspend"  # more was spent than there was
    UNDERSPEND = "underspend"  # money is left


class SettlementState(StrEnum):
    """Where a settlement stands between the agency and the network. Paid is the end; so is reworked, for another takes
    its place."""

    PREPARED = "prepared"  # worked out, and nothing proved
    PROOF_RECEIVED = "proof_received"  # the network has proved what it used
    CHECKED = "checked"  # the agency has checked that
    AGREED = "agreed"  # the network says that it is right
    DISPUTED = "disputed"  # the network says why it is not
    REWORKED = "reworked"  # another has taken its place
    PAID = "paid"  # what is left was paid or carried over


@secured(Shape.APPENDED)
class DeviationRule(OfAgreement, table=True):
    """How over- or under-spend is shared, agreed before the year begins. The newest of each direction counts."""

    __tablename__ = "deviation_rule"
    __table_args__ = (
        one_of("direction", Direction),
        sa.UniqueConstraint("agreement_id", "direction", "number"),
        sa.CheckConstraint(
            "threshold_amount IS NULL OR threshold_amount > 0 AND threshold = 0", name="threshold_amount"
        ),
    )

    id: UUID = own_id()
    direction: str = word()
    number: int
    threshold: Decimal = percent("0.00")
    threshold_amount: Decimal | None = Field(default=None, sa_type=sa.Numeric(14, 2))
    agreed_on: date


@secured(Shape.APPENDED)
class DeviationBand(OfAgreement, table=True):
    """A part of the rest, in percent of what was agreed, and who bears it or keeps it."""

    __tablename__ = "deviation_band"
    __table_args__ = (
        sa.UniqueConstraint("rule_id", "position"),
        sa.CheckConstraint("agency + network + carry = 100", name="whole"),
        sa.CheckConstraint("above >= 0 AND up_to > above", name="reach"),
    )

    id: UUID = own_id()
    rule_id: UUID = reference("deviation_rule", index=False)
    position: int
    above: Decimal = percent()
    up_to: Decimal | None = Field(default=None, sa_type=sa.Numeric(5, 2))
    agency: Decimal = percent()
    network: Decimal = percent()
    carry: Decimal = percent()


@secured(Shape.AUTHORITY)
class MonitoredService(OfAgreement, table=True):
    """What is paid beside the budget (§§ 78a-g SGB VIII): shown, and no part of any settlement (§ 78d(1): no
    compensation afterwards)."""

    __tablename__ = "monitored_service"

    id: UUID = own_id()
    name: str = Field(sa_type=sa.Text)
    legal_basis: str = Field(sa_type=sa.Text)
    planned: Decimal = money()
    actual: Decimal = money()


@secured(Shape.AUTHORITY)
class Settlement(OfAgreement, Versioned, table=True):
    """What a year comes to, and who bears what of it."""

    __tablename__ = "settlement"
    __table_args__ = (
        one_of("state", SettlementState),
        sa.Index("settlement_standing", "agreement_id", unique=True, postgresql_where=sa.text("state <> 'reworked'")),
        sa.CheckConstraint("checked_by <> prepared_by AND paid_by <> checked_by", name="four_eyes"),
        sa.CheckConstraint("checked_by <> proved_by", name="proof_checked"),
    )

    id: UUID = own_id()
    state: str = word(SettlementState.PREPARED)
    revised: Decimal = total()
    approved: Decimal = total()
    booked: Decimal = total()
    outside: Decimal = total()
    advanced: Decimal = total()
    carried_in: Decimal = total()
    overspent: Decimal = total()
    underspent: Decimal = total()
    agency: Decimal = total()
    network: Decimal = total()
    carried: Decimal = total()
    payment: Decimal = total()
    carried_line_id: UUID = reference("budget_line", index=False)
    proof: str | None = Field(default=None, sa_type=sa.Text)
    dispute: str | None = Field(default=None, sa_type=sa.Text)
    prepared_by: UUID = reference("actor", index=False)
    prepared_on: date
    proved_by: UUID | None = reference("actor", optional=True, index=False)
    proof_on: date | None = None
    checked_by: UUID | None = reference("actor", optional=True, index=False)
    checked_on: date | None = None
    agreed_by: UUID | None = reference("actor", optional=True, index=False)
    agreed_on: date | None = None
    disputed_on: date | None = None
    reworked_by: UUID | None = reference("actor", optional=True, index=False)
    reworked_on: date | None = None
    paid_by: UUID | None = reference("actor", optional=True, index=False)
    paid_on: date | None = None


@secured(Shape.APPENDED)
class SettlementLine(OfLine, table=True):
    """What a line comes to: what it had, what it spent, what it got from other lines or gave them."""

    __tablename__ = "settlement_line"
    __table_args__ = (one_of("kind", LineKind), sa.UniqueConstraint("settlement_id", "line_id"))

    id: UUID = own_id()
    settlement_id: UUID = reference("settlement", index=False)
    kind: str = word()
    approved: Decimal = total()
    booked: Decimal = total()
    covered: Decimal = total()


@secured(Shape.APPENDED)
class Compensation(OfAgreement, table=True):
    """What of the rest lies in a band of the rule, and who bears or keeps it."""

    __tablename__ = "compensation"
    __table_args__ = (one_of("direction", Direction),)

    id: UUID = own_id()
    settlement_id: UUID = reference("settlement")
    direction: str = word()
    above: Decimal = percent()
    up_to: Decimal | None = Field(default=None, sa_type=sa.Numeric(5, 2))
    amount: Decimal = total()
    agency: Decimal = total()
    network: Decimal = total()
    carry: Decimal = total()


@secured(Shape.APPENDED)
class SettlementShare(OfAgreement, table=True):
    """What of the network's part one provider bears (above zero) or keeps (below), and what it is still paid (below
    zero: pays back)."""

    __tablename__ = "settlement_share"
    __table_args__ = (sa.UniqueConstraint("settlement_id", "organisation_id"),)

    id: UUID = own_id()
    settlement_id: UUID = reference("settlement", index=False)
    organisation_id: UUID = reference("organisation")
    network: Decimal = total()
    payment: Decimal | None = Field(default=None, sa_type=sa.Numeric(20, 2))


async def worked_out_anew(act: Act, agreements: Collection[UUID]) -> frozenset[UUID]:
    """Of which of the agreements a settlement was set aside, so that what was missing in it can still be booked."""
    query = select(Settlement.agreement_id).where(
        col(Settlement.agreement_id).in_(agreements), Settlement.state == SettlementState.REWORKED.value
    )
    return frozenset((await act.session.exec(query)).all())


_ABOVE, _UP_TO = "From this percent of what was agreed on.", "Up to this percent; null: without end."


@view(DeviationRule, policy.READ_LINE, plural="deviation_rules", filters=("agreement_id", "direction"))
class DeviationRuleView(Record):
    """How over- or under-spend is shared. The one with the highest number of its direction counts."""

    id: UUID
    agreement_id: UUID
    direction: Direction
    number: int = Told(description="1 for the first of its direction; each later one replaces those before.")
    threshold: Money = Told(
        description="Percent of what is agreed: a forecast that leaves over more opens the under-spend procedure, one "
        "that goes further beyond what is approved for a line the over-spend procedure (0.00: only below zero)."
    )
    threshold_amount: Money | None = Told(description="The same as an amount, EUR, in its place; or null.")
    agreed_on: date = Told(description="Since when it stands there.")


@view(
    DeviationBand,
    policy.READ_LINE,
    plural="deviation_bands",
    filters=("agreement_id", "rule_id"),
    orders=("position",),
)
class DeviationBandView(Record):
    """A part of what is over or under in the end, in percent of what was agreed, and who bears or keeps it."""

    id: UUID
    rule_id: UUID = Told(description="The rule it belongs to.")
    position: int = Told(description="Its place in the rule, from 0.")
    above: Money = Told(description=_ABOVE)
    up_to: Money | None = Told(description=_UP_TO)
    agency: Money = Told(description="Percent that the agency bears or gets back.")
    network: Money = Told(description="Percent that the network bears or keeps.")
    carry: Money = Told(description="Percent that is carried to the next year.")


@view(MonitoredService, policy.READ_LINE, plural="monitored_services", filters=("agreement_id",))
class MonitoredServiceView(Record):
    """What is paid beside the budget (§§ 78a-g SGB VIII): shown, and no part of any settlement."""

    id: UUID
    agreement_id: UUID
    name: str
    legal_basis: str
    planned: Money = Told(description="EUR.")
    actual: Money = Told(description="EUR.")
    deviation: Annotated[Money, Sql(lambda row, reader: row.actual - row.planned)] = Told(
        description="Actual less planned, EUR. Nobody compensates it."
    )


@view(Settlement, policy.READ_TRANCHE, plural="settlements", filters=("agreement_id", "state"))
class SettlementView(Record):
    """What a year comes to, and who bears what of it."""

    id: UUID
    agreement_id: UUID
    state: SettlementState
    revised: Money = Told(description="What was agreed, with supplements: what the percents of the bands are of.")
    approved: Money
    booked: Money
    outside: Money = Told(description="Booked for providers outside of the network: the agency's, and not shared.")
    advanced: Money = Told(description="What the network was paid in tranches, EUR.")
    carried_in: Money = Told(description="What it had kept from the year before, EUR; below zero: what was missing.")
    overspent: Money = Told(description="What is missing after lines have covered each other, EUR.")
    underspent: Money = Told(description="What is left after lines have covered each other, EUR.")
    agency: Money = Told(description="What the agency pays on top; below zero: what it gets back. EUR.")
    network: Money = Told(description="What the network bears; below zero: what it keeps. EUR.")
    carried: Money = Told(description="What the next year begins with, EUR; below zero: what it begins without.")
    payment: Money = Told(description="What the agency still pays the network; below zero: what it gets back. EUR.")
    proof: str | None = Told(description="The proof of use (Verwendungsnachweis): where it is filed.")
    dispute: str | None = Told(description="Why the network did not agree; it stays there.")
    prepared_by: UUID = Told(description="Who prepared it; somebody else checks it.")
    prepared_on: date = Told(description="The day on which it was worked out.")
    proved_by: UUID | None = Told(description="Who handed it in; somebody else checks it.")
    proof_on: date | None = Told(description="When the proof of use came.")
    checked_by: UUID | None = Told(description="Who checked it; somebody else has it paid.")
    checked_on: date | None = Told(description="When it was checked.")
    agreed_by: UUID | None = Told(description="Who agreed to it for the network; for the agency where there is none.")
    agreed_on: date | None = Told(description="When they agreed.")
    disputed_on: date | None = Told(description="When the network disagreed.")
    reworked_by: UUID | None = Told(description="Who set it aside, disputed, to have the year worked out anew.")
    reworked_on: date | None = Told(description="When it was set aside.")
    paid_by: UUID | None = Told(description="Who had it paid and posted.")
    paid_on: date | None = Told(description="When it was posted.")
    version: int


@view(SettlementLine, policy.READ_TRANCHE, plural="settlement_lines", filters=("settlement_id", "agreement_id"))
class SettlementLineView(Record):
    """What a line comes to."""

    id: UUID
    settlement_id: UUID
    line_id: UUID
    kind: LineKind
    approved: Money
    booked: Money
    covered: Money = Told(description="What it got from other lines; below zero: what it gave them. EUR.")


@view(Compensation, policy.READ_TRANCHE, plural="compensations", filters=("settlement_id", "agreement_id"))
class CompensationView(Record):
    """What of the rest lies in a band of the rule, and who bears or keeps it."""

    id: UUID
    settlement_id: UUID
    direction: Direction
    above: Money = Told(description=_ABOVE)
    up_to: Money | None = Told(description=_UP_TO)
    amount: Money
    agency: Money = Told(description="What the agency bears or gets back, EUR.")
    network: Money = Told(description="What the network bears or keeps, EUR.")
    carry: Money = Told(description="What is carried to the next year, EUR.")


@view(
    SettlementShare,
    policy.READ_SHARE,
    plural="settlement_shares",
    filters=("settlement_id", "agreement_id", "organisation_id"),
    tabular=True,
)
class SettlementShareView(Record):
    """What a settlement comes to for one provider, with all that a cash office needs: as CSV it is the file to pay
    from."""

    id: UUID
    settlement_id: UUID
    agreement_id: UUID
    organisation_id: UUID
    state: Annotated[SettlementState, named_by(Settlement, "state", "settlement_id")] = Told(
        description="Of the settlement: it is paid from once it is agreed."
    )
    contract_number: ContractNumber
    product_account: ProductAccount = Told(description=WHERE_BOOKED)
    payee_number: PayeeNumber = Told(description=AS_WHOM_PAID)
    payee: Payee = Told(description="The provider's name.")
    network: Money = Told(description="What of the network's part the provider bears; below zero: what it keeps. EUR.")
    payment: Money | None = Told(
        description="What it is still paid; below zero: what it pays back. All of them make the settlement's. EUR; "
        "null where the year was settled before this was told."
    )


link(BudgetAgreementView, "deviation_rules", Many("agreement_id"), DeviationRuleView)
link(DeviationRuleView, "bands", Many("rule_id"), DeviationBandView)
link(BudgetAgreementView, "monitored_services", Many("agreement_id"), MonitoredServiceView)
link(BudgetAgreementView, "settlements", Many("agreement_id"), SettlementView)
link(SettlementView, "agreement", One("agreement_id"), BudgetAgreementView)
link(SettlementView, "lines", Many("settlement_id"), SettlementLineView)
link(SettlementView, "compensations", Many("settlement_id"), CompensationView)
link(SettlementView, "shares", Many("settlement_id"), SettlementShareView)
