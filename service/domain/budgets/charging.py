"""What may be charged to what: the one place of these rules, whether a booking is proposed alone or comes in a file."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from service.domain.budgets.duties import DoesNotBill, DutyHolder
from service.domain.budgets.holding import AgreementNotActive
from service.domain.budgets.model import (
    AgreementState,
    BudgetAgreement,
    BudgetLine,
    Commitment,
    CommitmentState,
    LineKind,
)
from service.domain.errors import DomainError, InvalidInput, Kind

GRANTED = ("granted_by", "granted_with", "confirmed_by")
"""Of a commitment: who bound or decided it, with whom it was decided (§ 36(2) SGB VIII), and who has confirmed it."""


@dataclass(eq=False)
class FourEyes(DomainError):
    kind, code, title = Kind.FORBIDDEN, "four-eyes", "Whoever granted this cannot take part in paying for it."
    advice = "Let two other controllers propose and release it."


@dataclass(eq=False)
class ExceedsInvoice(DomainError):
    code, title = "exceeds-invoice", "This is more than is left of the invoice."
    advice = "Propose at most `left` (EUR)."
    left: str


@dataclass(eq=False)
class ExceedsCommitment(DomainError):
    code, title = "exceeds-commitment", "This is more than is still bound."
    advice = "Book at most `left` (EUR). For more the case worker decides again."
    left: str


@dataclass(frozen=True)
class Charge:
    """An amount (EUR) that counts for a day, of an organisation's invoice. `late`: what was missing in a year that is
    worked out anew, after its books were closed."""

    amount: Decimal
    value_on: date
    organisation_id: UUID
    late: bool = False


def check_charge(
    charge: Charge,
    line: BudgetLine,
    agreement: BudgetAgreement,
    commitment: Commitment | None,
    parties: Mapping[UUID, bool],
    *,
    today: date,
    by: UUID,
) -> None:
    """Whether it may be charged to the commitment, or without one straight to the line. `parties`: of the agreement's,
    whether they lead; needed where not each of them bills. Raises InvalidInput (which names the field),
    AgreementNotActive, DoesNotBill, FourEyes, ExceedsCommitment."""
    _check_biller(charge.organisation_id, agreement, parties)
    earliest = commitment.value_on if commitment is not None else None
    check_value_date(agreement, charge.value_on, earliest, today=today, late=charge.late)
    if commitment is None:
        if line.kind == LineKind.CASE_SPECIFIC:
            detail = "what is paid for a case is charged to the commitment of its decision"
            raise InvalidInput(errors=[{"pointer": "#/line_id", "detail": detail}])
        if agreement.state != AgreementState.ACTIVE:
            raise AgreementNotActive
        return
    for_itself = commitment.organisation_id in (None, charge.organisation_id)
    if not for_itself and not bills_for(charge.organisation_id, commitment.organisation_id, agreement, parties):
        detail = "is bound for another organisation than the one that sent the invoice"
        raise InvalidInput(errors=[{"pointer": "#/commitment_id", "detail": detail}])
    not_granted_by(by, commitment)
    within(commitment, charge.amount)


def each_bills(agreement: BudgetAgreement) -> bool:
    """Whether each provider of the network bills for itself."""
    return DutyHolder.PROVIDERS in agreement.billing


def _check_biller(organisation_id: UUID, agreement: BudgetAgreement, parties: Mapping[UUID, bool]) -> None:
    """Who is outside of the network can be chosen, and bills, whatever its parties have agreed (§ 5 SGB VIII)."""
    if organisation_id in parties and not bills_for(organisation_id, organisation_id, agreement, parties):
        raise DoesNotBill(billing=list(agreement.billing))


def bills_for(
    organisation_id: UUID, other_id: UUID | None, agreement: BudgetAgreement, parties: Mapping[UUID, bool]
) -> bool:
    """Whether one party bills for another: where not each does so for itself, whoever leads (any of them, where none
    does) bills for all."""
    if each_bills(agreement):
        return organisation_id == other_id
    speaks = parties.get(organisation_id, False) or not any(parties.values())
    return organisation_id in parties and other_id in parties and speaks


def check_value_date(
    agreement: BudgetAgreement, value_on: date, earliest: date | None, *, today: date, late: bool = False
) -> None:
    """A day of the agreement's year, after the last closed month. `late`: what was booked in a year that is closed to
    its end is reversed on a later day, and what was missing in one that is worked out anew is booked on one: the year's
    own figures stay what they were."""
    errors = []
    if value_on > today:
        errors.append("lies in the future")
    closed = agreement.closed_through == date(agreement.fiscal_year, 12, 31)
    if value_on.year != agreement.fiscal_year and not (late and closed and value_on.year > agreement.fiscal_year):
        errors.append(f"must lie in {agreement.fiscal_year}, the agreement's year")
    if earliest is not None and value_on < earliest:
        errors.append(f"must not be before {earliest}")
    if agreement.closed_through is not None and value_on <= agreement.closed_through:
        errors.append(f"the books are closed through {agreement.closed_through}")
    if agreement.state in (AgreementState.YEAR_CLOSED, AgreementState.SETTLED):
        errors.append("the year is settled")
    if errors:
        raise InvalidInput(errors=[{"pointer": "#/value_on", "detail": detail} for detail in errors])


def granted(commitment: Commitment) -> set[UUID]:
    """Who granted it, or a row with `GRANTED` of it."""
    return {each for name in GRANTED if (each := getattr(commitment, name)) is not None}


def granting(commitment: Commitment | None, paid: UUID, by: UUID) -> set[UUID]:
    """Who is to be of nobody who is paid: whoever pays, and grants where nothing was bound; and whoever granted what
    was bound for nobody by name, or for another for which the organisation bills by now (or who has confirmed that
    since). What was bound for itself was granted to it then."""
    if commitment is None or commitment.organisation_id == paid:
        return {by}
    if commitment.organisation_id is not None and commitment.confirmed_by is not None:
        return {by, commitment.confirmed_by}
    return {by, *granted(commitment)}


def not_granted_by(actor_id: UUID, commitment: Commitment) -> None:
    if actor_id in granted(commitment):
        raise FourEyes


def within(commitment: Commitment, amount: Decimal) -> None:
    left = commitment.amount - commitment.booked - commitment.released
    if commitment.state == CommitmentState.RESERVED:
        left = Decimal("0.00")  # asked for, not granted
    if amount > left:
        raise ExceedsCommitment(left=str(left))


def spent(commitment: Commitment, amount: Decimal) -> dict[str, Any]:
    """What a commitment says of itself once so much more (or, below zero, less) is booked on it."""
    booked = commitment.booked + amount
    whole = booked + commitment.released == commitment.amount
    if booked == 0:
        state = CommitmentState.RELEASED if whole else CommitmentState.COMMITTED
    else:
        state = CommitmentState.FULLY_BOOKED if whole else CommitmentState.PARTLY_BOOKED
    return {"booked": booked, "state": state.value}


def check_invoice_date(issued_on: date, today: date) -> None:
    if issued_on > today:
        raise InvalidInput(errors=[{"pointer": "#/issued_on", "detail": "lies in the future"}])
