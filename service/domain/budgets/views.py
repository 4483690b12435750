"""What is published of agreements and of the money that is bound and spent on them. All amounts are EUR."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field

from service.domain.access.views import OrganisationView
from service.domain.budgets import policy, purposes
from service.domain.budgets.contract import Voice
from service.domain.budgets.duties import DutyHolder
from service.domain.budgets.expiring import state_of
from service.domain.budgets.ledger import AccountKind, LedgerAccount, Posting, PostingKind
from service.domain.budgets.model import (
    AgreementState,
    Allocation,
    AllocationKind,
    AllocationState,
    Booking,
    BookingState,
    BudgetAgreement,
    BudgetLine,
    BudgetParty,
    Commitment,
    CommitmentBasis,
    CommitmentState,
    Invoice,
    LineKind,
    Transfer,
    TransferState,
)
from service.domain.budgets.open_shares import at_which_is_told
from service.domain.budgets.overspend import BudgetAlert, OverspendProcedure, ProcedureState
from service.domain.budgets.readiness import ReadinessItem, disagreeing_of, missing_of
from service.domain.cases.views import CaseView
from service.domain.context import text
from service.domain.policy import Reader, Row
from service.domain.spaces.views import SocialSpaceView
from service.domain.values import Money
from service.domain.views import Many, One, Record, Sql, link, view
from service.domain.words import saying

ZERO: Any = sa.literal_column("0.00")
accounts: Any = LedgerAccount.__table__  # type: ignore[attr-defined]


def _held(*kinds: AccountKind) -> Sql:
    """What the line's accounts of these kinds hold now, together."""

    def expression(row: Row, reader: Reader) -> sa.ColumnElement[Any]:
        account = accounts.alias()
        wanted = account.c.kind.in_([sa.literal_column(f"'{kind}'") for kind in kinds])
        query = sa.select(sa.func.sum(account.c.balance)).where(account.c.line_id == row.id, wanted)
        return query.correlate_except(account).scalar_subquery()

    return Sql(expression)


def _earmarked(row: Row, reader: Reader) -> sa.ColumnElement[Any]:
    account = accounts.alias()
    query = sa.select(sa.func.coalesce(sa.func.sum(account.c.earmarked), ZERO)).where(account.c.line_id == row.id)
    return query.correlate_except(account).scalar_subquery()


def revised_of(row: Row) -> sa.ColumnElement[Any]:
    """What is agreed for all lines of an agreement, with the supplements and returns that have been released."""
    line, on_top = BudgetLine.__table__.alias(), Allocation.__table__.alias()  # type: ignore[attr-defined]
    agreed = sa.select(sa.func.coalesce(sa.func.sum(line.c.agreed), ZERO)).where(line.c.agreement_id == row.id)
    released = sa.select(sa.func.coalesce(sa.func.sum(on_top.c.amount), ZERO)).where(
        on_top.c.agreement_id == row.id,
        on_top.c.kind != sa.literal_column(f"'{AllocationKind.CARRY_IN}'"),
        on_top.c.state == sa.literal_column(f"'{AllocationState.RELEASED}'"),
    )
    parts = (query.correlate_except(there).scalar_subquery() for query, there in ((agreed, line), (released, on_top)))
    return next(parts) + next(parts)


SETTLED = saying(
    "Mit der Schlussabrechnung ausgeglichen.",
    "Evened out by the settlement of the year.",
    "Am Ende vom Jahr wurde alles ausgeglichen.",
)


def _outcome(row: Row, reader: Reader) -> sa.ColumnElement[Any]:
    """What somebody said; nobody says it where the year's settlement closed it."""
    closed = row.state == sa.literal_column(f"'{ProcedureState.CLOSED}'")
    return sa.func.coalesce(row.outcome, sa.case((closed, text(SETTLED[reader.language]))))


def _retained(row: Row) -> sa.ColumnElement[Any]:
    return sa.func.round(revised_of(row) * row.retention / sa.literal_column("100"), sa.literal_column("2"))


@view(
    BudgetAgreement,
    policy.READ_AGREEMENT,
    plural="budget_agreements",
    filters=("social_space_id", "fiscal_year", "state"),
    orders=("fiscal_year",),
)
class BudgetAgreementView(Record):
    """The contract on a social space's budget for one year."""

    id: UUID
    authority_id: UUID
    social_space_id: UUID | None = Field(description="Null: the county's own, for cases outside of every social space.")
    fiscal_year: int = Field(description="The calendar year it is for.")
    contract_number: str | None
    state: Annotated[AgreementState, Sql(state_of)] = Field(description="As it is today: it expires by its last day.")
    legal_basis: list[str]
    revised: Annotated[Money, Sql(lambda row, reader: revised_of(row))] = Field(
        description="What is agreed for all lines, with the supplements and returns that have been released, EUR."
    )
    retention: Money = Field(description="Percent of what is agreed that is paid only with the settlement.")
    retained: Annotated[Money, Sql(lambda row, reader: _retained(row))] = Field(
        description="What of it is paid only with the settlement, EUR. The tranches make the rest."
    )
    floor: Money = Field(description="What the line for case-unspecific work never falls below by transfers or cover.")
    product_account: str | None = Field(description="Where the authority's cash office books what is paid.")
    process: list[DutyHolder] = Field(
        description="Who calls both sides together when money runs out, or is left: gives notice in a procedure."
    )
    documentation: list[DutyHolder] = Field(description="Who hands in the proof of what the money was used for.")
    billing: list[DutyHolder] = Field(
        description="Who of the network asks to be paid. The agency grants, and never bills."
    )
    terms: int = Field(description="The number of the version of its terms; 0 where a granted claim made it, empty.")
    missing: Annotated[list[ReadinessItem], Sql(lambda row, reader: missing_of(row))] = Field(
        description="What a draft needs before it can take effect; empty when nothing is missing, and once it has."
    )
    disagreeing: Annotated[list[Voice], Sql(lambda row, reader: disagreeing_of(row))] = Field(
        description="In which functions somebody disagrees with this version of the terms."
    )
    activated_on: date | None = Field(description="Since when money counts; null for a draft.")
    closed_through: date | None = Field(description="The books are closed through this day; null while all are open.")
    expires_on: date | None = Field(
        description="The last day on which anything is claimed of it, once settled; null: the last of the year after."
    )
    version: int


@view(BudgetParty, policy.READ_LINE, plural="budget_parties", filters=("agreement_id", "organisation_id"))
class BudgetPartyView(Record):
    """A provider of the network that is party to an agreement."""

    id: UUID
    agreement_id: UUID
    organisation_id: UUID
    share: Money = Field(description="Its share throughout the year, in percent; 0.00 where shares are by period.")
    lead: bool = Field(description="It leads the network and alone speaks for it.")
    payee_number: str | None = Field(description="As whom the authority's cash office pays it.")


@view(
    BudgetLine,
    policy.READ_LINE,
    plural="budget_lines",
    filters=("agreement_id", "kind", "social_space_id"),
)
class BudgetLineView(Record):
    """One line of an agreement, with its five figures as they are now (`/budget-figures` tells them for any date)."""

    id: UUID
    agreement_id: UUID
    social_space_id: UUID | None
    kind: LineKind
    agreed: Money = Field(description="As the contract says, without what came on top.")
    approved: Annotated[Money, _held(*(AccountKind(k) for k in ("free", "reserved", "committed", "booked")))]
    reserved: Annotated[Money, _held(AccountKind.RESERVED)]
    committed: Annotated[Money, _held(AccountKind.COMMITTED)]
    booked: Annotated[Money, _held(AccountKind.BOOKED)]
    free: Annotated[Money, _held(AccountKind.FREE)]
    earmarked: Annotated[Money, Sql(_earmarked)] = Field(
        description="What of `free` was carried in for a purpose and is not bound for it yet, EUR."
    )


@view(Allocation, policy.READ_ALLOCATION, plural="allocations", filters=("agreement_id", "line_id", "state", "kind"))
class AllocationView(Record):
    """A supplement, or money carried in from the year before; below zero, what was missing then, or what goes back to
    the agency."""

    id: UUID
    agreement_id: UUID
    line_id: UUID
    kind: AllocationKind
    state: AllocationState
    amount: Money
    effective_on: date = Field(description="From when it counts.")
    reason: Annotated[str, Sql(purposes.reason)] = Field(
        description="Somebody's words; of what a settlement carries over, in your language."
    )
    settlement_id: UUID | None = Field(description="The settlement of the year before that it comes from.")
    earmark: str | None = Field(
        description="What it is kept for: bound only by what names it. Null: for all the line is."
    )
    proposed_by: UUID = Field(description="Who proposed it; somebody else releases it.")
    released_by: UUID | None
    released_at: datetime | None
    version: int


@view(Transfer, policy.READ_TRANSFER, plural="transfers", filters=("agreement_id", "line_id", "target_id", "state"))
class TransferView(Record):
    """Money that goes from one line to another of the same agreement."""

    id: UUID
    agreement_id: UUID
    line_id: UUID = Field(description="The line that gives.")
    target_id: UUID = Field(description="The line that gets.")
    state: TransferState
    amount: Money
    reason: str
    proposed_by: UUID = Field(description="Who proposed it; somebody else releases it.")
    released_by: UUID | None
    released_at: datetime | None
    version: int


@view(
    Commitment,
    policy.READ_COMMITMENT,
    plural="commitments",
    filters=("agreement_id", "line_id", "state", "basis", "organisation_id", "measure_id"),
    subject="case_id",
)
class CommitmentView(Record):
    """Money bound for one purpose."""

    id: UUID
    agreement_id: UUID
    line_id: UUID
    basis: CommitmentBasis
    state: CommitmentState
    amount: Money
    booked: Money = Field(description="What of it has been booked.")
    released: Money = Field(description="What of it was given back.")
    purpose: Annotated[str, Sql(purposes.purpose)] = Field(
        description="What for: somebody's words; of what was granted in a case, the kind of support, in your language."
    )
    organisation_id: UUID | None = Field(description="Who provides it.")
    outside_network: bool = Field(description="The provider is no party to the agreement (§ 5 SGB VIII).")
    case_pseudonym: str | None = Field(description="Of what is granted in a case; null for everything else.")
    measure_id: UUID | None = Field(description="The measure it pays for, however many cases that serves; or null.")
    allocation_id: UUID | None = Field(description="The money carried in for a purpose that it is spent from; or null.")
    confirmed_by: UUID | None = Field(
        description="Who has confirmed the grant of somebody who is paid by now; or null."
    )
    value_on: date = Field(description="Since when it is bound.")
    version: int


@view(Invoice, policy.READ_INVOICE, plural="invoices", filters=("organisation_id", "number"), orders=("issued_on",))
class InvoiceView(Record):
    """What an organisation asks to be paid."""

    id: UUID
    organisation_id: UUID
    number: str = Field(description="The organisation's own; it never has two invoices with one number.")
    issued_on: date
    amount: Money
    proposed: Money = Field(description="What of it stands in bookings, released or not.")
    payee_number: str | None = Field(description="As whom the cash office pays it, where the agreement does not say.")
    document_name: str | None = Field(description="The name of the file that it came as; null where none is named.")
    document_location: str | None = Field(description="Where that is filed.")
    document_media_type: str | None = Field(description="For example application/pdf.")
    document_size: int | None = Field(description="Bytes.")
    document_digest: str | None = Field(description="SHA-256 of its bytes, in hex.")
    version: int


@view(
    Booking,
    policy.READ_BOOKING,
    plural="bookings",
    filters=("invoice_id", "commitment_id", "line_id", "agreement_id", "state", "import_id", "external_number"),
    orders=("value_on",),
    subject="case_id",
)
class BookingView(Record):
    """A part of an invoice, charged to a commitment or straight to a line."""

    id: UUID
    invoice_id: UUID
    agreement_id: UUID
    line_id: UUID
    commitment_id: UUID | None
    organisation_id: UUID
    amount: Money
    value_on: date = Field(description="The day it counts for.")
    state: BookingState
    outside_network: bool = Field(description="The organisation is no party to the agreement.")
    proposed_by: UUID = Field(description="Who proposed it; somebody else releases it.")
    released_by: UUID | None
    released_at: datetime | None
    reversed_by: UUID | None
    reversed_at: datetime | None
    reason: str | None = Field(description="Why it was reversed.")
    service_record_id: UUID | None = Field(
        description="The recorded work that is paid, with the version of the rule that it was valued by; or null."
    )
    hours: Money | None = Field(description="Hours that it took, with two decimals; of recorded work.")
    external_number: str | None = Field(description="As the program calls it from which it was imported.")
    import_id: UUID | None = Field(description="The import it came with; its posting is that of the import.")
    version: int


@view(
    Posting,
    policy.READ_POSTING,
    plural="postings",
    filters=("agreement_id", "kind", "value_on", "subject_id"),
    orders=("value_on",),
)
class PostingView(Record):
    """One movement in the ledger. It is never changed and never removed."""

    id: UUID
    agreement_id: UUID
    kind: PostingKind
    from_account_id: UUID = Field(description="The account it left.")
    to_account_id: UUID = Field(description="The account it went to.")
    amount: Money
    value_on: date = Field(description="The day it counts for.")
    at: Annotated[datetime, Sql(at_which_is_told)] = Field(
        description="When; of a case's share of what is open to others only the day, as 00:00 in Germany."
    )
    subject_id: UUID = Field(
        description="What moved it: an agreement, allocation, transfer, commitment, booking, import or settlement."
    )


@view(
    OverspendProcedure,
    policy.READ_PROCEDURE,
    plural="overspend_procedures",
    filters=("agreement_id", "line_id", "state"),
)
class OverspendProcedureView(Record):
    """What is to be done about a line on which granted claims have bound more than there is (its alerts say how much),
    or that by a forecast will cost more than its rule on over-spend lets pass (then it has none)."""

    id: UUID
    agreement_id: UUID
    line_id: UUID
    state: ProcedureState
    opened_on: date
    forecast_id: UUID | None = Field(description="The forecast that opened it; null where granted claims did.")
    outcome: Annotated[str | None, Sql(_outcome)] = Field(description="What was done about it; null while it is open.")
    closed_on: date | None
    version: int


@view(BudgetAlert, policy.READ_PROCEDURE, plural="budget_alerts", filters=("agreement_id", "line_id", "procedure_id"))
class BudgetAlertView(Record):
    """A line went below zero, or further below."""

    id: UUID
    agreement_id: UUID
    line_id: UUID
    procedure_id: UUID = Field(description="The over-spend procedure it belongs to.")
    free: Money = Field(description="What the line had left then: below zero.")
    at: datetime


link(BudgetAgreementView, "lines", Many("agreement_id"), BudgetLineView)
link(BudgetAgreementView, "parties", Many("agreement_id"), BudgetPartyView)
link(BudgetAgreementView, "allocations", Many("agreement_id"), AllocationView)
link(BudgetAgreementView, "transfers", Many("agreement_id"), TransferView)
link(BudgetAgreementView, "overspend_procedures", Many("agreement_id"), OverspendProcedureView)
link(BudgetAgreementView, "social_space", One("social_space_id"), SocialSpaceView)
link(BudgetPartyView, "organisation", One("organisation_id"), OrganisationView)
link(BudgetLineView, "agreement", One("agreement_id"), BudgetAgreementView)
link(BudgetLineView, "allocations", Many("line_id"), AllocationView)
link(OverspendProcedureView, "alerts", Many("procedure_id"), BudgetAlertView)
link(CommitmentView, "line", One("line_id"), BudgetLineView)
link(CommitmentView, "bookings", Many("commitment_id"), BookingView)
link(BookingView, "invoice", One("invoice_id"), InvoiceView)
link(CaseView, "commitments", Many("case_id"), CommitmentView)
