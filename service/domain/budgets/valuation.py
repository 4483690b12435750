"""What work is worth: rules that both sides have agreed on, and the work that providers have recorded by them (deck
line 975, «Verfahren der Bewertung der Leistungen»).

A rule is never changed: another version takes its place from a month on. What was recorded keeps the version that it
was valued by, and so does the booking that is made of it. All amounts are EUR, exact to the cent."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field as Told
from sqlmodel import Field

from service.domain.budgets import policy
from service.domain.budgets.model import OfAgreement, OfLine, money
from service.domain.budgets.views import BookingView, BudgetAgreementView, CommitmentView
from service.domain.rows import Shape, Versioned, moment, one_of, own_id, reference, secured, word
from service.domain.values import Money
from service.domain.views import Many, One, Record, link, view


class ValuationKind(StrEnum):
    """What a rule's amount is for."""

    HOUR = "hour"  # an hour of work
    FLAT_RATE = "flat_rate"  # a month, however many hours it took
    PROJECT = "project"  # the whole of it, once


class ValuationRuleState(StrEnum):
    """A rule holds once the other side has agreed to what was proposed. Until then it can be taken back."""

    PROPOSED = "proposed"  # waits for the other side
    AGREED = "agreed"  # it holds
    WITHDRAWN = "withdrawn"  # taken back before it was agreed


class ServiceRecordState(StrEnum):
    """Where recorded work stands. It is billed as long as a booking of it is proposed or released."""

    RECORDED = "recorded"  # done, and not billed
    BILLED = "billed"  # a booking of it is proposed or released
    WITHDRAWN = "withdrawn"  # taken back before it was billed


@secured(Shape.AUTHORITY)
class ValuationRule(OfAgreement, Versioned, table=True):
    """A version of what an hour, a month or a project of a provider, or of any in the network, is worth."""

    __tablename__ = "valuation_rule"
    __table_args__ = (
        one_of("kind", ValuationKind),
        one_of("state", ValuationRuleState),
        sa.Index(
            "valuation_rule_number",
            *("agreement_id", "kind", "organisation_id", "number"),
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
        sa.CheckConstraint("amount > 0", name="amount"),
        sa.CheckConstraint(
            "extract(day FROM valid_from) = 1 AND valid_through > valid_from "
            "AND extract(day FROM valid_through + 1) = 1",
            name="months",
        ),
        sa.CheckConstraint("(state = 'agreed') = (agreed_by IS NOT NULL)", name="agreed"),
        sa.CheckConstraint("agreed_by <> proposed_by", name="four_eyes"),
    )

    id: UUID = own_id()
    kind: str = word()
    number: int
    organisation_id: UUID | None = reference("organisation", optional=True)
    amount: Decimal = money()
    valid_from: date
    valid_through: date | None = None
    state: str = word(ValuationRuleState.PROPOSED)
    proposed_by: UUID = reference("actor", index=False)
    agreed_by: UUID | None = reference("actor", optional=True, index=False)
    agreed_on: date | None = None


@secured(Shape.AUTHORITY)
class ServiceRecord(OfLine, Versioned, table=True):
    """What a provider has done in a month on a commitment (Leistungsnachweis), and what it was worth then."""

    __tablename__ = "service_record"
    __table_args__ = (
        one_of("kind", ValuationKind),
        one_of("state", ServiceRecordState),
        sa.Index(
            "service_record_once",
            *("commitment_id", "month", "kind"),
            unique=True,
            postgresql_where=sa.text("state <> 'withdrawn'"),
        ),
        sa.Index(
            "service_record_project",
            "commitment_id",
            unique=True,
            postgresql_where=sa.text("state <> 'withdrawn' AND kind = 'project'"),
        ),
        sa.CheckConstraint("amount > 0 AND rate > 0 AND hours > 0", name="amount"),
        sa.CheckConstraint("amount = round(CASE kind WHEN 'hour' THEN hours ELSE 1 END * rate, 2)", name="valued"),
    )

    id: UUID = own_id()
    commitment_id: UUID = reference("commitment", index=False)
    organisation_id: UUID = reference("organisation")
    case_id: UUID | None = reference("case_file", optional=True)
    month: date
    kind: str = word()
    hours: Decimal | None = Field(default=None, sa_type=sa.Numeric(6, 2))
    rule_id: UUID = reference("valuation_rule")
    rate: Decimal = money()
    amount: Decimal = money()
    state: str = word(ServiceRecordState.RECORDED)
    recorded_by: UUID = reference("actor", index=False)
    recorded_at: datetime = moment()


@view(
    ValuationRule,
    policy.READ_VALUATION,
    plural="valuation_rules",
    filters=("agreement_id", "organisation_id", "kind", "state"),
    orders=("valid_from",),
)
class ValuationRuleView(Record):
    """A version of what work is worth. Of those that are agreed, the one that begins last counts; of two that begin
    together, the one with the higher number."""

    id: UUID
    agreement_id: UUID
    kind: ValuationKind = Told(description="What its amount is for.")
    number: int = Told(description="Which version of this kind, for this provider or the network; from 1.")
    organisation_id: UUID | None = Told(description="The provider it is for; null: any of the network.")
    amount: Money
    valid_from: date = Told(description="The first day of a month: from then on it counts.")
    valid_through: date | None = Told(description="The last day it counts; null: until another takes its place.")
    state: ValuationRuleState
    proposed_by: UUID = Told(description="Who proposed it for the agency; the other side agrees.")
    agreed_by: UUID | None = Told(description="Who agreed; null as long as nobody has.")
    agreed_on: date | None = Told(description="When they agreed.")
    version: int


@view(
    ServiceRecord,
    policy.READ_BOOKING,
    plural="service_records",
    filters=("agreement_id", "line_id", "commitment_id", "organisation_id", "state"),
    orders=("month",),
    subject="case_id",
)
class ServiceRecordView(Record):
    """What a provider has done in a month, and what it was worth by the rule of that time."""

    id: UUID
    agreement_id: UUID
    line_id: UUID
    commitment_id: UUID = Told(description="What it was done on.")
    organisation_id: UUID
    month: date = Told(description="The first day of the month.")
    kind: ValuationKind = Told(description="How it was valued.")
    hours: Money | None = Told(description="Hours that it took, with two decimals; null where nobody has said so.")
    rule_id: UUID = Told(description="The version of the rule that it was valued by.")
    rate: Money = Told(description="The rule's amount at that time, EUR.")
    amount: Money
    state: ServiceRecordState
    recorded_by: UUID = Told(description="Who recorded it for the provider.")
    recorded_at: datetime = Told(description="When, UTC.")
    version: int


link(BudgetAgreementView, "valuation_rules", Many("agreement_id"), ValuationRuleView)
link(CommitmentView, "service_records", Many("commitment_id"), ServiceRecordView)
link(ServiceRecordView, "rule", One("rule_id"), ValuationRuleView)
link(BookingView, "service_record", One("service_record_id"), ServiceRecordView)
