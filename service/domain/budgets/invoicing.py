"""The document that an invoice came as, and the file from which the cash office pays what is booked.

The service keeps no such documents: it knows where one is filed, and its digest, so that whoever opens it can tell that
it is the one on which money was released."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field, StringConstraints

from service.domain.act import Act, Command, operation
from service.domain.budgets import policy
from service.domain.budgets.model import Booking, BookingState, Invoice
from service.domain.budgets.payees import (
    AS_WHOM_PAID,
    WHERE_BOOKED,
    ContractNumber,
    Payee,
    ProductAccount,
    named_by,
    payee_number,
)
from service.domain.budgets.views import InvoiceView
from service.domain.errors import DomainError
from service.domain.periods import between
from service.domain.policy import Reader, Row
from service.domain.values import Line, Money
from service.domain.views import Default, Record, Sql, view

LARGEST = 2**40  # bytes: more is no invoice
MediaType = Annotated[str, StringConstraints(pattern=r"^[a-z]+/[a-z0-9][a-z0-9.+-]{0,126}$")]
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


def _payee_number(row: Row, reader: Reader) -> sa.ColumnElement[Any]:
    """Of a party, as agreed; of anybody else, as the invoice says."""
    invoice = Invoice.__table__.alias()  # type: ignore[attr-defined]
    said = sa.select(invoice.c.payee_number).where(invoice.c.id == row.invoice_id).correlate_except(invoice)
    return sa.func.coalesce(payee_number(row, reader), said.scalar_subquery())


@view(
    Booking,
    policy.READ_INVOICE,
    plural="invoice_payments",
    filters=("agreement_id", "invoice_id", "organisation_id", "state", "outside_network", "value_on"),
    orders=("value_on",),
    defaults={"outside_network": Default("true", lambda today: True, unless=("id",))},
    ranges={**between("released_at", "released_"), **between("reversed_at", "reversed_")},
    tabular=True,
    subject="case_id",
)
class InvoicePaymentView(Record):
    """What is paid of an invoice, with all that a cash office needs: as CSV it is the file to pay from. A file has what
    was released since the one before, and beside it what was reversed since: that is asked back, or set off. Providers
    of the network are not in it unless asked for: they have had advances, and what they are still paid, the settlement
    says."""

    id: UUID = Field(description="Of the booking.")
    invoice_id: UUID
    agreement_id: UUID
    organisation_id: UUID
    invoice_number: Annotated[str, named_by(Invoice, "number", "invoice_id")] = Field(
        description="The organisation's own."
    )
    issued_on: Annotated[date, named_by(Invoice, "issued_on", "invoice_id")] = Field(description="When it was issued.")
    value_on: date = Field(description="The day it counts for.")
    state: BookingState = Field(description="It is paid from once it is released, and no more once it is reversed.")
    released_at: datetime | None = Field(description="When it was released: from then on it is paid.")
    reversed_at: datetime | None = Field(description="When it was reversed: what was paid before is asked back.")
    outside_network: bool = Field(description="The organisation is no party to the agreement, and has had no advances.")
    contract_number: ContractNumber
    product_account: ProductAccount = Field(description=WHERE_BOOKED)
    payee_number: Annotated[str | None, Sql(_payee_number)] = Field(description=AS_WHOM_PAID)
    payee: Payee = Field(description="The organisation's name.")
    amount: Money
    document_digest: Annotated[str | None, named_by(Invoice, "document_digest", "invoice_id")] = Field(
        description="SHA-256 of the invoice's document, in hex; null where none is named."
    )


@dataclass(eq=False)
class DocumentStands(DomainError):
    code, title = "document-stands", "Something of this invoice is proposed or booked already."
    advice = "It stays. Reverse or withdraw what is booked of the invoice first; then name another."


class NameDocument(Command):
    """Where the invoice's document is filed, and how it is told from any other."""

    document_name: Line = Field(description="The name of the file.")
    document_location: Line = Field(description="Where it is filed: a file number, or an address in the agency.")
    document_media_type: MediaType = Field(description="For example application/pdf.")
    document_size: int = Field(ge=1, le=LARGEST, description="Bytes.")
    document_digest: Digest = Field(description="SHA-256 of its bytes, in hex: sha256sum says it.")


@operation(policy.NAME_DOCUMENT, on=Invoice, answers=InvoiceView, raises=(DocumentStands,))
async def name_invoice_document(act: Act, invoice: Invoice, command: NameDocument) -> Invoice:
    """Name the document that an invoice came as, or another, as long as nothing of the invoice is proposed or booked:
    whoever releases it sees what they release."""
    if invoice.proposed:
        raise DocumentStands
    act.change(invoice, **command.model_dump())
    return invoice
