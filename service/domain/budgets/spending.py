"""Spending: what is bound without a case, invoices, and the bookings they become. Two persons release money, neither of
whom granted what it is for (settled: Money)."""

from dataclasses import dataclass
from datetime import date
from functools import partial
from uuid import UUID

from pydantic import Field, model_validator
from sqlmodel import select

from service.domain.access.model import Authority
from service.domain.act import Act, Command, operation
from service.domain.budgets import policy
from service.domain.budgets.charging import (
    Charge,
    ExceedsCommitment,
    ExceedsInvoice,
    FourEyes,
    check_charge,
    check_invoice_date,
    check_value_date,
    each_bills,
    granting,
    not_granted_by,
    spent,
    within,
)
from service.domain.budgets.committing import is_outside_network, require_no_member
from service.domain.budgets.duties import DoesNotBill, GrantsAndBills
from service.domain.budgets.holding import AgreementNotActive, held_agreement
from service.domain.budgets.invoice_numbers import compared
from service.domain.budgets.ledger import AccountKind, BudgetShort, Move, PeriodClosed, PostingKind, account_of, post
from service.domain.budgets.model import (
    Booking,
    BookingState,
    BudgetLine,
    Commitment,
    Invoice,
)
from service.domain.budgets.network import parties_of
from service.domain.budgets.settlement import worked_out_anew
from service.domain.budgets.valuation import ServiceRecord, ServiceRecordState
from service.domain.budgets.views import BookingView, InvoiceView
from service.domain.budgets.without_case import require_organisation
from service.domain.cases.apart import ExcludedFromCase, require_not_own
from service.domain.errors import DomainError, InvalidInput
from service.domain.values import Amount, ClientId, Day, Line


@dataclass(eq=False)
class DuplicateInvoice(DomainError):
    code, title = "duplicate-invoice", "This organisation has sent an invoice with this number already."
    advice = "Look at `invoice_id`. If it is another invoice, ask for one with a number of its own."
    invoice_id: UUID


class EnterInvoice(Command):
    """An invoice as it came."""

    id: ClientId
    authority_id: UUID
    organisation_id: UUID
    number: Line
    issued_on: Day
    amount: Amount
    payee_number: Line | None = Field(
        None, description="As whom the cash office pays it, where the agreement does not say that."
    )


class ProposeBooking(Command):
    """How much of the invoice is charged to what: to a commitment, or (not for cases) straight to a line; or recorded
    work, which says both."""

    id: ClientId
    amount: Amount | None = Field(None, description="EUR; left out for recorded work, which is worth its own amount.")
    commitment_id: UUID | None = None
    line_id: UUID | None = None
    service_record_id: UUID | None = Field(None, description="Recorded work that is not billed yet.")
    value_on: Day | None = Field(None, description="The day it counts for; today, if left out.")

    @model_validator(mode="after")
    def _one_place(self) -> "ProposeBooking":
        if sum(each is not None for each in (self.commitment_id, self.line_id, self.service_record_id)) != 1:
            raise ValueError("name a commitment, a line, or recorded work")
        if (self.amount is None) is (self.service_record_id is None):
            raise ValueError("say an amount, except for recorded work: that has its own")
        return self


class ReverseBooking(Command):
    """Why, and for which day."""

    reason: Line
    value_on: Day | None = Field(None, description="The day the reversal counts for; today, if left out.")


@operation(policy.ENTER_INVOICE, within=Authority, answers=InvoiceView, raises=(DuplicateInvoice, GrantsAndBills))
async def enter_invoice(act: Act, command: EnterInvoice) -> Invoice:
    """Enter an invoice. It moves nothing until it is booked. Nobody enters for the agency what their own organisation
    bills."""
    authority = await act.load(Authority, command.authority_id)
    await require_organisation(act, authority.id, command.organisation_id)
    await require_no_member(act, authority.id, [command.organisation_id], act.actor.id)
    check_invoice_date(command.issued_on, act.today)
    number = compared(command.number)
    same = select(Invoice.id).where(
        Invoice.authority_id == authority.id,
        Invoice.organisation_id == command.organisation_id,
        Invoice.compared_number == number,
    )
    if (earlier := (await act.session.exec(same)).first()) is not None:
        raise DuplicateInvoice(invoice_id=earlier)
    return act.add(Invoice(entered_by=act.actor.id, compared_number=number, **command.model_dump()))


@operation(
    policy.PROPOSE_BOOKING,
    on=Invoice,
    answers=BookingView,
    raises=(
        *(AgreementNotActive, DoesNotBill, ExceedsInvoice, ExceedsCommitment),
        *(ExcludedFromCase, FourEyes, GrantsAndBills),
    ),
)
async def propose_booking(act: Act, invoice: Invoice, command: ProposeBooking) -> Booking:
    """Propose to book an invoice, or a part of it. Somebody else releases it: only then money moves."""
    left = invoice.amount - invoice.proposed
    work = await _work(act, command.service_record_id)
    commitment = await _commitment(act, work.commitment_id if work is not None else command.commitment_id)
    line = await _line(act, commitment.line_id if commitment is not None else command.line_id)
    if line is None or line.authority_id != invoice.authority_id:
        pointer = "#/commitment_id" if command.line_id is None else "#/line_id"
        raise InvalidInput(errors=[{"pointer": pointer, "detail": "is none of this authority"}])
    value_on = command.value_on or act.today
    agreement = await held_agreement(act, line.agreement_id)
    late = bool(await worked_out_anew(act, [agreement.id]))
    amount = work.amount if work is not None else command.amount
    assert amount is not None  # one of both has it
    charge = Charge(amount, value_on, invoice.organisation_id, late)
    parties = [] if each_bills(agreement) else await parties_of(act, agreement.id)
    leads = {party.organisation_id: party.lead for party in parties}
    check_charge(charge, line, agreement, commitment, leads, today=act.today, by=act.actor.id)
    await _grants(act, booking_of=invoice, commitment=commitment)
    if amount > left:
        raise ExceedsInvoice(left=str(left))
    act.change(invoice, proposed=invoice.proposed + amount)
    if work is not None:
        act.change(work, state=ServiceRecordState.BILLED.value)
    return act.add(
        Booking(
            id=command.id,
            authority_id=line.authority_id,
            social_space_id=line.social_space_id,
            agreement_id=line.agreement_id,
            line_id=line.id,
            invoice_id=invoice.id,
            organisation_id=invoice.organisation_id,
            commitment_id=commitment.id if commitment is not None else None,
            case_id=commitment.case_id if commitment is not None else None,
            service_record_id=command.service_record_id,
            hours=work.hours if work is not None else None,
            amount=amount,
            value_on=value_on,
            outside_network=await is_outside_network(act, line.agreement_id, invoice.organisation_id),
            proposed_by=act.actor.id,
        )
    )


@operation(
    policy.WITHDRAW_BOOKING,
    on=Booking,
    answers=BookingView,
    states=(BookingState.PROPOSED,),
    raises=(ExcludedFromCase,),
)
async def withdraw_booking(act: Act, booking: Booking) -> Booking:
    """Take a proposal back. Nothing has moved."""
    await require_not_own(act, booking.case_id)
    await _give_back(act, booking)
    act.change(booking, state=BookingState.WITHDRAWN.value)
    return booking


@operation(
    policy.RELEASE_BOOKING,
    on=Booking,
    answers=BookingView,
    states=(BookingState.PROPOSED,),
    keyed=True,
    raises=(ExceedsCommitment, BudgetShort, PeriodClosed, ExcludedFromCase, FourEyes, GrantsAndBills),
)
async def release_booking(act: Act, booking: Booking) -> Booking:
    """Release what somebody else has proposed: the money is booked."""
    commitment = await _commitment(act, booking.commitment_id)
    if commitment is not None:
        not_granted_by(act.actor.id, commitment)
        within(commitment, booking.amount)
        act.change(commitment, **spent(commitment, booking.amount))
    await _grants(act, booking_of=booking, commitment=commitment)
    act.change(booking, state=BookingState.RELEASED.value, released_by=act.actor.id, released_at=act.now)
    source = AccountKind.FREE if commitment is None else AccountKind.COMMITTED
    _post(act, booking, PostingKind.BOOK, source, AccountKind.BOOKED, booking.value_on)
    return booking


@operation(
    policy.REVERSE_BOOKING,
    on=Booking,
    answers=BookingView,
    states=(BookingState.RELEASED,),
    keyed=True,
    raises=(PeriodClosed, ExcludedFromCase, FourEyes),
)
async def reverse_booking(act: Act, booking: Booking, command: ReverseBooking) -> Booking:
    """Take a booking back by a posting the other way; the booking itself stays. By somebody who has not released it."""
    value_on = command.value_on or act.today
    line = await _line(act, booking.line_id)
    assert line is not None
    agreement = await held_agreement(act, line.agreement_id)
    check_value_date(agreement, value_on, booking.value_on, today=act.today, late=True)
    await _give_back(act, booking)  # the invoice before the commitment: in the order in which proposing locks them
    commitment = await _commitment(act, booking.commitment_id)
    if commitment is not None:
        not_granted_by(act.actor.id, commitment)
        act.change(commitment, **spent(commitment, -booking.amount))
    act.change(
        booking,
        state=BookingState.REVERSED.value,
        reversed_by=act.actor.id,
        reversed_at=act.now,
        reason=command.reason,
    )
    target = AccountKind.FREE if commitment is None else AccountKind.COMMITTED
    _post(act, booking, PostingKind.REVERSE, AccountKind.BOOKED, target, value_on)
    return booking


async def _grants(act: Act, booking_of: Invoice | Booking, commitment: Commitment | None) -> None:
    """Raises GrantsAndBills where somebody who grants or pays it is of whoever is paid."""
    paid = booking_of.organisation_id
    await require_no_member(act, booking_of.authority_id, [paid], *granting(commitment, paid, act.actor.id))


def _post(
    act: Act, booking: Booking, kind: PostingKind, source: AccountKind, target: AccountKind, value_on: date
) -> None:
    line = booking.line_id
    move = Move(kind, account_of(line, source), account_of(line, target), booking.amount, booking.id)
    act.at_last(partial(post, act, [move], value_on))


async def _give_back(act: Act, booking: Booking) -> None:
    """What was taken of the invoice for this booking; and the work it was for can be billed anew."""
    found = select(Invoice).where(Invoice.id == booking.invoice_id).with_for_update(key_share=True)
    invoice = (await act.session.exec(found.execution_options(populate_existing=True))).one()
    act.change(invoice, proposed=invoice.proposed - booking.amount)
    if booking.service_record_id is not None:
        work = await _held_work(act, booking.service_record_id)
        assert work is not None
        act.change(work, state=ServiceRecordState.RECORDED.value)


async def _work(act: Act, id: UUID | None) -> ServiceRecord | None:
    """Recorded work, which nobody bills or takes back meanwhile."""
    if id is None:
        return None
    work = await _held_work(act, id)
    if work is None or work.state != ServiceRecordState.RECORDED:
        detail = "is none of this authority" if work is None else f"is {work.state}: it is paid once"
        raise InvalidInput(errors=[{"pointer": "#/service_record_id", "detail": detail}])
    return work


async def _held_work(act: Act, id: UUID) -> ServiceRecord | None:
    found = select(ServiceRecord).where(ServiceRecord.id == id).with_for_update(key_share=True)
    return (await act.session.exec(found.execution_options(populate_existing=True))).one_or_none()


async def _commitment(act: Act, id: UUID | None) -> Commitment | None:
    """Held; raises ExcludedFromCase where it is for a case of one's own family."""
    if id is None:
        return None
    found = select(Commitment).where(Commitment.id == id).with_for_update(key_share=True)
    commitment = (await act.session.exec(found.execution_options(populate_existing=True))).one_or_none()
    if commitment is None:
        raise InvalidInput(errors=[{"pointer": "#/commitment_id", "detail": "is none of this authority"}])
    await require_not_own(act, commitment.case_id)
    return commitment


async def _line(act: Act, id: UUID | None) -> BudgetLine | None:
    return (await act.session.exec(select(BudgetLine).where(BudgetLine.id == id))).one_or_none()
