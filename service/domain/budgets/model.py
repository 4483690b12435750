"""What a social space may spend in a year, on what, and what has become of it (deck lines 919-977; facts, section 4):
the contract, and what binds and spends money. The money itself stands in the ledger. Amounts are EUR, to the cent."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field

from service.domain.budgets.documents import ALL_OR_NONE, Documented
from service.domain.budgets.duties import HELD, Duty, held_by_usual
from service.domain.budgets.purposes import unsaid_case
from service.domain.rows import Scoped, Shape, Versioned, moment, one_of, own_id, reference, secured, word, words


class LineKind(StrEnum):
    """What a line is for: one of the three dimensions of work (deck lines 106-112), or the reserve."""

    CASE_SPECIFIC = "case_specific"  # work in single cases (einzelfallspezifisch)
    CROSS_CASE = "cross_case"  # work across cases (einzelfallübergreifend)
    CASE_UNSPECIFIC = "case_unspecific"  # work without a case (einzelfallunspezifisch)
    RESERVE = "reserve"  # kept in reserve


class AgreementState(StrEnum):
    """Where an agreement stands. Until it is active only granted claims can be committed on it."""

    DRAFT = "draft"  # the parties still change it
    ACTIVE = "active"  # in force
    YEAR_CLOSED = "year_closed"  # what it comes to is being settled: nothing of the year changes any more
    SETTLED = "settled"  # what it comes to is settled and paid
    EXPIRED = "expired"  # settled, and its last day is over: no row says so, the day does


class AllocationKind(StrEnum):
    """Money that comes on top of what was agreed, or goes back."""

    SUPPLEMENT = "supplement"  # Nachtrag
    CARRY_IN = "carry_in"  # from the year before
    RETURN = "return"  # to the agency, below zero: decided in an under-spend procedure


class AllocationState(StrEnum):
    """Money counts once a second person has released it."""

    PROPOSED = "proposed"  # waits for a second person
    WITHDRAWN = "withdrawn"  # taken back before it was released
    RELEASED = "released"  # it counts


class CommitmentBasis(StrEnum):
    """Why money is bound. A granted legal claim is never refused for lack of budget; what is voluntary can be."""

    GRANTED_CLAIM = "granted_claim"  # the law gives somebody a claim to it, and it was granted
    VOLUNTARY = "voluntary"  # freiwillige Leistung


class CommitmentState(StrEnum):
    """How far what was bound has been spent."""

    RESERVED = "reserved"  # asked for, and not granted
    COMMITTED = "committed"  # granted, and nothing booked
    PARTLY_BOOKED = "partly_booked"  # a part of it is spent
    FULLY_BOOKED = "fully_booked"  # all of it is spent
    RELEASED = "released"  # what was left is free again


class BookingState(StrEnum):
    """A booking moves money once a second person has released it; it is corrected by reversal only."""

    PROPOSED = "proposed"  # waits for a second person
    WITHDRAWN = "withdrawn"  # taken back before it was released
    RELEASED = "released"  # it has moved money
    REVERSED = "reversed"  # another posting has taken it back


class TrancheState(StrEnum):
    """A tranche is paid once two persons have planned and released it; what is withheld can still be released."""

    PLANNED = "planned"  # waits for a second person
    RELEASED = "released"  # can be paid
    PAID = "paid"  # the cash office has paid it
    WITHHELD = "withheld"  # kept back, for a stated reason


class TransferState(StrEnum):
    """A transfer moves money once a second person has released it."""

    PROPOSED = "proposed"  # waits for a second person
    WITHDRAWN = "withdrawn"  # taken back before it was released
    RELEASED = "released"  # it has moved money


def money(default: str | None = None, digits: int = 14) -> Any:
    """EUR, to the cent."""
    more = {} if default is None else {"default": Decimal(default)}
    return Field(sa_type=sa.Numeric(digits, 2), nullable=False, **more)  # type: ignore[call-overload]


def percent(default: str | None = None) -> Any:
    """From 0.00 to 100.00."""
    more = {} if default is None else {"default": Decimal(default)}
    return Field(sa_type=sa.Numeric(5, 2), nullable=False, **more)  # type: ignore[call-overload]


def total(default: str | None = None) -> Any:
    """A sum of amounts: wide enough for many of the largest."""
    return money(default, 20)


class InSpace(Scoped):
    """A row of one social space's money; null is the county's own, for cases outside of every social space."""

    social_space_id: UUID | None = reference("social_space", optional=True)


class OfAgreement(InSpace):
    agreement_id: UUID = reference("budget_agreement")


class OfLine(OfAgreement):
    line_id: UUID = reference("budget_line")


@secured(Shape.AUTHORITY)
class BudgetAgreement(InSpace, Versioned, table=True):
    """The contract on one social space's budget for one year (§§ 36a(2), 74, 77 SGB VIII). A granted claim in a space
    without one makes an empty draft, on which it stands until the agreement comes. Without a last day of its own it
    expires with the year after."""

    __tablename__ = "budget_agreement"
    __table_args__ = (
        sa.CheckConstraint("state IN ('draft', 'active', 'year_closed', 'settled')", name="state"),
        sa.Index(
            "budget_agreement_year",
            *("authority_id", "social_space_id", "fiscal_year"),
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
        sa.CheckConstraint("activated_by <> drafted_by", name="four_eyes"),
        sa.CheckConstraint("retention >= 0 AND retention < 100 AND floor >= 0", name="terms"),
        sa.CheckConstraint("expires_on >= make_date(fiscal_year, 12, 31)", name="expires_on"),
        sa.CheckConstraint(HELD, name="duties"),
    )

    id: UUID = own_id()
    contract_number: str | None = Field(default=None, sa_type=sa.Text)
    fiscal_year: int
    state: str = word(AgreementState.DRAFT)
    legal_basis: list[str] = words()
    retention: Decimal = percent("0.00")
    floor: Decimal = money("0.00")
    product_account: str | None = Field(default=None, sa_type=sa.Text)
    process: list[str] = held_by_usual(Duty.PROCESS)
    documentation: list[str] = held_by_usual(Duty.DOCUMENTATION)
    billing: list[str] = held_by_usual(Duty.BILLING)
    terms: int = 0
    drafted_by: UUID | None = reference("actor", optional=True, index=False)
    activated_by: UUID | None = reference("actor", optional=True, index=False)
    activated_on: date | None = None
    closed_through: date | None = None
    expires_on: date | None = None


@secured(Shape.REMOVABLE)
class BudgetParty(OfAgreement, table=True):
    """A provider of the network that is party to an agreement, with its share throughout the year (none where shares
    are agreed by period). One of them may lead: it speaks for all."""

    __tablename__ = "budget_party"
    __table_args__ = (
        sa.UniqueConstraint("agreement_id", "organisation_id"),
        sa.Index("budget_party_lead", "agreement_id", unique=True, postgresql_where=sa.text("lead")),
        sa.CheckConstraint("share >= 0 AND share <= 100", name="share"),
    )

    id: UUID = own_id()
    organisation_id: UUID = reference("organisation")
    share: Decimal = percent()
    lead: bool = False
    payee_number: str | None = Field(default=None, sa_type=sa.Text)


@secured(Shape.AUTHORITY)
class BudgetLine(OfAgreement, table=True):
    """One line of an agreement, with what was agreed for it; what may be spent also counts what came on top."""

    __tablename__ = "budget_line"
    __table_args__ = (
        one_of("kind", LineKind),
        sa.UniqueConstraint("agreement_id", "kind"),
        sa.CheckConstraint("agreed >= 0", name="agreed"),
    )

    id: UUID = own_id()
    kind: str = word()
    agreed: Decimal = money("0.00")


@secured(Shape.AUTHORITY)
class Allocation(OfLine, Versioned, table=True):
    """A supplement, or money carried in from the year before; below zero, what was missing then, or what goes back.
    What is carried in with an earmark is spent on that alone."""

    __tablename__ = "allocation"
    __table_args__ = (
        one_of("kind", AllocationKind),
        one_of("state", AllocationState),
        sa.CheckConstraint("amount > 0 AND kind <> 'return' OR amount < 0 AND kind <> 'supplement'", name="amount"),
        sa.CheckConstraint("released_by <> proposed_by", name="four_eyes"),
        sa.CheckConstraint("num_nonnulls(reason, carried_from) = 1", name="reason"),
        sa.CheckConstraint("earmark IS NULL OR kind = 'carry_in' AND amount > 0", name="earmark"),
        sa.Index(
            "allocation_settlement_id",
            "settlement_id",
            unique=True,
            postgresql_where=sa.text("state <> 'withdrawn'"),
        ),
    )

    id: UUID = own_id()
    kind: str = word()
    state: str = word(AllocationState.PROPOSED)
    amount: Decimal = money()
    effective_on: date
    reason: str | None = Field(default=None, sa_type=sa.Text)
    carried_from: int | None = None
    earmark: str | None = Field(default=None, sa_type=sa.Text)
    settlement_id: UUID | None = reference("settlement", optional=True, index=False)
    proposed_by: UUID = reference("actor", index=False)
    released_by: UUID | None = reference("actor", optional=True, index=False)
    released_at: datetime | None = moment(optional=True)


@secured(Shape.AUTHORITY)
class Transfer(OfLine, Versioned, table=True):
    """Money that goes from this line to another of the same agreement (deck lines 953-959)."""

    __tablename__ = "budget_transfer"
    __table_args__ = (
        one_of("state", TransferState),
        sa.CheckConstraint("amount > 0 AND line_id <> target_id", name="amount"),
        sa.CheckConstraint("released_by <> proposed_by", name="four_eyes"),
    )

    id: UUID = own_id()
    target_id: UUID = reference("budget_line")
    state: str = word(TransferState.PROPOSED)
    amount: Decimal = money()
    reason: str = Field(sa_type=sa.Text)
    proposed_by: UUID = reference("actor", index=False)
    released_by: UUID | None = reference("actor", optional=True, index=False)
    released_at: datetime | None = moment(optional=True)


@secured(Shape.AUTHORITY)
class Tranche(OfAgreement, Versioned, table=True):
    """What the network is paid in advance on a day of the year (Abschlag): money of the agreement on its way to those
    who spend it. None of the five figures changes by it."""

    __tablename__ = "tranche"
    __table_args__ = (
        one_of("state", TrancheState),
        sa.UniqueConstraint("agreement_id", "due_on"),
        sa.CheckConstraint("amount >= 0", name="amount"),
        sa.CheckConstraint("released_by <> planned_by", name="four_eyes"),
    )

    id: UUID = own_id()
    due_on: date
    amount: Decimal = money()
    state: str = word(TrancheState.PLANNED)
    planned_by: UUID = reference("actor", index=False)
    released_by: UUID | None = reference("actor", optional=True, index=False)
    released_at: datetime | None = moment(optional=True)
    paid_on: date | None = None
    reason: str | None = Field(default=None, sa_type=sa.Text)


@secured(Shape.AUTHORITY)
class TrancheShare(OfAgreement, table=True):
    """What of a tranche one provider gets."""

    __tablename__ = "tranche_share"
    __table_args__ = (
        sa.UniqueConstraint("tranche_id", "organisation_id"),
        sa.CheckConstraint("amount >= 0", name="amount"),
    )

    id: UUID = own_id()
    tranche_id: UUID = reference("tranche", index=False)
    organisation_id: UUID = reference("organisation")
    amount: Decimal = money()


@secured(Shape.AUTHORITY)
class Commitment(OfLine, Versioned, table=True):
    """Money bound for one purpose (Mittelbindung). Of a case finance knows the pseudonym; of what is unspecific, none;
    of what serves several cases the measure, and none of them (DR5). `case_digest`: see `open_shares`."""

    __tablename__ = "commitment"
    __table_args__ = (
        one_of("basis", CommitmentBasis),
        one_of("state", CommitmentState),
        sa.CheckConstraint(
            "amount > 0 AND booked >= 0 AND released >= 0 AND booked + released <= amount", name="amount"
        ),
        sa.CheckConstraint("num_nonnulls(purpose, purpose_kind) = 1", name="purpose"),
        sa.CheckConstraint("measure_id IS NULL OR case_id IS NULL", name="measure_id"),
        sa.CheckConstraint("confirmed_by <> granted_by", name="confirmed_by"),
        unsaid_case(),
    )

    id: UUID = own_id()
    basis: str = word()
    state: str = word(CommitmentState.COMMITTED)
    amount: Decimal = money()
    booked: Decimal = money("0.00")
    released: Decimal = money("0.00")
    purpose: str | None = Field(default=None, sa_type=sa.Text)
    purpose_kind: str | None = word(optional=True)
    organisation_id: UUID | None = reference("organisation", optional=True)
    outside_network: bool = False
    case_id: UUID | None = reference("case_file", optional=True)
    case_pseudonym: str | None = Field(default=None, sa_type=sa.Text)
    case_digest: UUID | None = None
    measure_id: UUID | None = reference("measure", optional=True)
    allocation_id: UUID | None = reference("allocation", optional=True)
    granted_by: UUID | None = reference("actor", optional=True, index=False)
    granted_with: UUID | None = reference("actor", optional=True, index=False)
    confirmed_by: UUID | None = reference("actor", optional=True, index=False)
    value_on: date


@secured(Shape.TENTATIVE, "import_id")
class Invoice(Scoped, Versioned, Documented, table=True):
    """What an organisation asks to be paid. It is booked in one part or several. One that an import has entered goes
    with it if that comes to nothing."""

    __tablename__ = "invoice"
    __table_args__ = (
        sa.UniqueConstraint("authority_id", "organisation_id", "compared_number"),
        sa.CheckConstraint("amount > 0 AND proposed >= 0 AND proposed <= amount", name="amount"),
        sa.CheckConstraint(ALL_OR_NONE, name="document"),
    )

    id: UUID = own_id()
    organisation_id: UUID = reference("organisation")
    number: str = Field(sa_type=sa.Text)
    compared_number: str = Field(sa_type=sa.Text, description="Equal where people would read the same number.")
    issued_on: date
    amount: Decimal = money()
    proposed: Decimal = money("0.00")
    payee_number: str | None = Field(default=None, sa_type=sa.Text)
    entered_by: UUID = reference("actor", index=False)
    import_id: UUID | None = reference("booking_import", optional=True, index=False)


@secured(Shape.AUTHORITY)
class Booking(OfLine, Versioned, table=True):
    """A part of an invoice, charged to a commitment or straight to a line; released by a second person."""

    __tablename__ = "booking"
    __table_args__ = (
        one_of("state", BookingState),
        sa.CheckConstraint("amount > 0", name="amount"),
        sa.CheckConstraint("released_by <> proposed_by", name="four_eyes"),
        sa.UniqueConstraint("authority_id", "external_number"),
    )

    id: UUID = own_id()
    invoice_id: UUID = reference("invoice")
    organisation_id: UUID = reference("organisation")
    commitment_id: UUID | None = reference("commitment", optional=True)
    case_id: UUID | None = reference("case_file", optional=True)
    amount: Decimal = money()
    value_on: date
    state: str = word(BookingState.PROPOSED)
    outside_network: bool = False
    proposed_by: UUID = reference("actor", index=False)
    released_by: UUID | None = reference("actor", optional=True, index=False)
    released_at: datetime | None = moment(optional=True)
    reversed_by: UUID | None = reference("actor", optional=True, index=False)
    reversed_at: datetime | None = moment(optional=True)
    reason: str | None = Field(default=None, sa_type=sa.Text)
    service_record_id: UUID | None = reference("service_record", optional=True, index=False)
    hours: Decimal | None = Field(default=None, sa_type=sa.Numeric(6, 2))
    external_number: str | None = Field(default=None, sa_type=sa.Text)
    import_id: UUID | None = reference("booking_import", optional=True)


def scope_of(row: Any) -> dict[str, Any]:
    """What all rows of an agreement share: of the agreement itself, or of another of its rows."""
    place = {name: getattr(row, name) for name in ("authority_id", "social_space_id")}
    return place | {"agreement_id": getattr(row, "agreement_id", row.id)}
