"""What stands already, as far as some rows of a file are concerned: lines, commitments, invoices, earlier bookings, and
the rows before them. Asked for many rows at once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col, select

from service.domain.access.model import Membership, Organisation, OrganisationKind, columns_of, in_force
from service.domain.act import Act
from service.domain.budgets.charging import granted, granting
from service.domain.budgets.counting import rows_of
from service.domain.budgets.duties import GrantsAndBills
from service.domain.budgets.imports.model import BookingImport
from service.domain.budgets.imports.rows import ImportedRow, RowFault
from service.domain.budgets.invoice_numbers import compared
from service.domain.budgets.model import BudgetAgreement, BudgetLine, BudgetParty, Commitment
from service.domain.budgets.settlement import worked_out_anew
from service.domain.cases.apart import ExcludedFromCase, is_own
from service.domain.errors import DomainError, InvalidInput


@dataclass(eq=False)
class Superseded(DomainError):
    code, title = "superseded", "Another job has taken this one's place."
    advice = "Look at the import: `job_id` names the job that counts."


@dataclass
class Bill:
    """An invoice: what is left of it, and of a new one how much it is. Nothing is known of one that is not there."""

    left: Decimal | None = None
    amount: Decimal | None = None


@dataclass
class Standing:
    lines: dict[UUID, BudgetLine]
    agreements: dict[UUID, BudgetAgreement]
    commitments: dict[UUID, Commitment]
    organisations: frozenset[UUID]
    parties: dict[UUID, dict[UUID, bool]]  # by agreement, those of its network; whether they lead
    anew: frozenset[UUID]  # agreements whose year is worked out anew
    members: frozenset[tuple[UUID, UUID]]  # of whoever grants: who works for which of the organisations
    own: frozenset[UUID]  # commitments for a case of the family of whoever has sent the file
    booked: dict[str, Any]
    rows: dict[str, int]
    bills: dict[tuple[UUID, str], Bill] = field(default_factory=dict)

    def is_known(self, row: ImportedRow) -> bool:
        """Whether it is booked already. Raises RowFault where its number was used for something else, or twice."""
        if (earlier := self.rows.get(row.external_number)) is not None:
            advice = "Give each booking a number of its own, or leave out what is there twice."
            raise RowFault("external_number", "row-repeated", f"is that of row {earlier}, too", advice)
        before = self.booked.get(row.external_number)
        if before is None:
            return False
        place = "commitment_id" if row.commitment_id else "line_id"
        named = ["amount", "organisation_id", place, *(["value_on"] if row.value_on else [])]
        if differs := [name for name in named if getattr(before, name) != getattr(row, name)]:
            advice = "Reverse the booking that has this number, or give this one another."
            raise RowFault("external_number", "row-reused", f"was booked with another {', '.join(differs)}", advice)
        return True

    def place_of(self, row: ImportedRow) -> tuple[Commitment | None, BudgetLine]:
        """What it is charged to. Raises InvalidInput."""
        if row.organisation_id not in self.organisations:
            detail = "is no organisation of this authority"
            raise InvalidInput(errors=[{"pointer": "#/organisation_id", "detail": detail}])
        commitment = self.commitments.get(row.commitment_id) if row.commitment_id else None
        named = commitment.line_id if commitment is not None else row.line_id
        line = self.lines.get(named) if named is not None else None
        if line is None or (commitment is None and row.commitment_id is not None):
            pointer = "#/commitment_id" if row.commitment_id else "#/line_id"
            raise InvalidInput(errors=[{"pointer": pointer, "detail": "is none of this authority"}])
        return commitment, line

    def check_granting(self, row: ImportedRow, commitment: Commitment | None, by: UUID) -> None:
        """Raises GrantsAndBills where somebody who grants or pays it is of whoever is paid, ExcludedFromCase where
        whoever has sent it pays for a case of their own family."""
        if row.commitment_id in self.own:
            raise ExcludedFromCase(actor_id=by)
        if any((actor, row.organisation_id) in self.members for actor in granting(commitment, row.organisation_id, by)):
            raise GrantsAndBills

    def bill_of(self, row: ImportedRow) -> Bill:
        return self.bills.setdefault((row.organisation_id, compared(row.invoice_number)), Bill())


async def seen_of(act: Act, one: BookingImport, job_id: UUID, rows: Sequence[ImportedRow]) -> Standing:
    """`job_id`: of the check, whose earlier rows count as booked."""
    theirs = one.authority_id
    bound = await _commitments(act, theirs, job_id, {row.commitment_id for row in rows if row.commitment_id})
    wanted = {row.line_id for row in rows if row.line_id} | {each.line_id for each in bound.values()}
    lines = select(BudgetLine).where(col(BudgetLine.id).in_(wanted), BudgetLine.authority_id == theirs)
    found = {line.id: line for line in (await act.session.exec(lines)).all()}
    held = {line.agreement_id for line in found.values()}
    agreements = (await act.session.exec(select(BudgetAgreement).where(col(BudgetAgreement.id).in_(held)))).all()
    party = select(BudgetParty.agreement_id, BudgetParty.organisation_id, BudgetParty.lead)
    parties: dict[UUID, dict[UUID, bool]] = {agreement_id: {} for agreement_id in held}
    for agreement, its, leads in (await act.session.exec(party.where(col(BudgetParty.agreement_id).in_(held)))).all():
        parties[agreement][its] = leads
    organisation = select(Organisation.id).where(Organisation.authority_id == theirs)
    named = {row.organisation_id for row in rows}
    standing = Standing(
        lines=found,
        agreements={each.id: each for each in agreements},
        commitments=bound,
        organisations=frozenset((await act.session.exec(organisation.where(col(Organisation.id).in_(named)))).all()),
        parties=parties,
        anew=await worked_out_anew(act, held),
        members=await _members(act, named, {one.imported_by}.union(*map(granted, bound.values()))),
        own=await _own(act, bound, one.imported_by),
        booked={},
        rows={},
    )
    asked: dict[str, Any] = {"authority": theirs, "job": job_id, "numbers": [row.external_number for row in rows]}
    for each in await rows_of(act, _BOOKED, **asked):
        standing.booked[each.external_number] = each
    for each in await rows_of(act, _STAGED, job=job_id, numbers=asked["numbers"]):
        standing.rows[each.external_number] = each.row_number
    pairs = list({(row.organisation_id, compared(row.invoice_number)) for row in rows})
    bills = {"organisations": [pair[0] for pair in pairs], "numbers": [pair[1] for pair in pairs]}
    for each in await rows_of(act, _BILLS, authority=theirs, job=job_id, **bills):
        standing.bills[each.organisation_id, each.number] = Bill(each.whole - each.taken, each.amount)
    return standing


_BOOKED = """SELECT external_number, amount, value_on, line_id, commitment_id, organisation_id FROM booking
             WHERE authority_id = :authority AND external_number = ANY(:numbers)"""
_STAGED = """SELECT external_number, row_number FROM booking_import_row
             WHERE job_id = :job AND external_number = ANY(:numbers)"""
_BILLS = """
SELECT asked.organisation_id, asked.number, before.amount, coalesce(invoice.amount - invoice.proposed, before.amount)
           AS whole, coalesce(before.taken, 0) AS taken
FROM unnest(CAST(:organisations AS uuid[]), CAST(:numbers AS text[])) AS asked (organisation_id, number)
LEFT JOIN invoice ON invoice.authority_id = :authority AND invoice.organisation_id = asked.organisation_id
    AND invoice.compared_number = asked.number
LEFT JOIN LATERAL (
    SELECT sum(amount) AS taken, max(invoice_amount) AS amount FROM booking_import_row AS earlier
    WHERE earlier.job_id = :job AND earlier.organisation_id = asked.organisation_id
        AND earlier.compared_number = asked.number
) AS before ON true
WHERE invoice.id IS NOT NULL OR before.amount IS NOT NULL
"""
_TAKEN = """SELECT commitment_id, sum(amount) AS amount FROM booking_import_row
            WHERE job_id = :job AND commitment_id = ANY(:wanted) GROUP BY commitment_id"""


async def _members(act: Act, organisations: set[UUID], actors: set[UUID]) -> frozenset[tuple[UUID, UUID]]:
    query = (
        select(Membership.actor_id, Membership.organisation_id)
        .join(Organisation, col(Organisation.id) == col(Membership.organisation_id))
        .where(
            col(Membership.organisation_id).in_(organisations),
            col(Membership.actor_id).in_(actors),
            Organisation.kind == OrganisationKind.INDEPENDENT_PROVIDER.value,
            in_force(columns_of(Membership)),
        )
    )
    return frozenset((await act.session.exec(query)).all())


async def _own(act: Act, commitments: Iterable[UUID], actor_id: UUID) -> frozenset[UUID]:
    family = is_own(col(Commitment.case_id), sa.literal(actor_id, sa.Uuid()), act.today)
    query = select(Commitment.id).where(col(Commitment.id).in_(list(commitments)), family)
    return frozenset((await act.session.exec(query)).all())


async def _commitments(act: Act, authority_id: UUID, job_id: UUID, wanted: set[UUID]) -> dict[UUID, Commitment]:
    """As they would be with the rows before; not to be written so."""
    if not wanted:
        return {}
    query = select(Commitment).where(col(Commitment.id).in_(wanted), Commitment.authority_id == authority_id)
    found = {each.id: each for each in (await act.session.exec(query)).all()}
    for each in found.values():
        act.session.expunge(each)
    for row in await rows_of(act, _TAKEN, job=job_id, wanted=list(found)):
        found[row.commitment_id].booked += row.amount
    return found
