"""Importing bookings: a file is brought, checked, and released by a second person, who decides what becomes of rows
that do not fit. Its money is posted all at once, or none of it."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field
from sqlmodel import col, select

from service.domain.access.model import Authority, Membership, Organisation, OrganisationKind, columns_of, in_force
from service.domain.act import Act, Command, operation
from service.domain.budgets import policy
from service.domain.budgets.charging import GRANTED, FourEyes
from service.domain.budgets.duties import GrantsAndBills
from service.domain.budgets.imports.model import BookingImport, BookingImportRow, ImportState
from service.domain.budgets.imports.views import BookingImportView
from service.domain.budgets.model import BudgetLine, Commitment
from service.domain.cases.apart import ExcludedFromCase, is_own
from service.domain.errors import DomainError
from service.domain.jobs.model import Job, JobKind, JobUnit
from service.domain.jobs.operations import StartJob, start
from service.domain.jobs.views import JobView
from service.domain.values import ClientId


@dataclass(eq=False)
class FileMissing(DomainError):
    code, title = "file-missing", "There is no whole file yet."
    advice = "Send it first: POST /v1/booking-imports/{id}/file with Content-Type text/csv."


@dataclass(eq=False)
class FaultyRows(DomainError):
    code, title = "faulty-rows", "Some rows cannot be booked."
    advice = (
        "GET /v1/job-findings?job_id=… names each of them. Send the file again without them, or release it with "
        "`partial` to book the others."
    )
    job_id: UUID
    faulty: int


@dataclass(eq=False)
class NothingToPost(DomainError):
    code, title = "nothing-to-post", "There is no row in it that could be booked."
    advice = "`known` rows were booked before, `faulty` ones are named by GET /v1/job-findings."
    known: int
    faulty: int


@dataclass(eq=False)
class ImportUnderWay(DomainError):
    code, title = "import-under-way", "An import of this authority is being posted."
    advice = (
        "Wait for its job to end, or resume or cancel it; then try again. Another import has to be checked again first."
    )
    import_id: UUID


@dataclass(eq=False)
class ImportNotReleased(DomainError):
    code, title = "import-not-released", "A checked file has bookings that would change the year."
    advice = (
        "Let somebody else release it (POST /v1/booking-imports/{id}/release) and wait for its job to end, or send "
        "another file in its place and have that checked. Then try again."
    )
    import_id: UUID


@dataclass(eq=False)
class CheckAgain(DomainError):
    code, title = "check-again", "Another import was posted since this file was checked."
    advice = "Check it again: POST /v1/booking-imports/{id}/check. What was booked meanwhile is then known."


class StartBookingImport(Command):
    """Whose bookings."""

    id: ClientId
    authority_id: UUID


class ReleaseBookingImport(Command):
    """What becomes of the rest when some rows do not fit."""

    id: ClientId
    partial: bool = Field(False, description="Book the valid rows although others are faulty. Else all or none.")


@operation(policy.START_IMPORT, within=Authority, answers=BookingImportView)
async def start_booking_import(act: Act, command: StartBookingImport) -> BookingImport:
    """Begin to import bookings from another program. The file is sent to it, then checked."""
    authority = await act.load(Authority, command.authority_id)
    return act.add(BookingImport(id=command.id, authority_id=authority.id, imported_by=act.actor.id))


@operation(
    policy.CHECK_IMPORT,
    on=BookingImport,
    answers=JobView,
    states=(ImportState.OPEN, ImportState.CHECKING, ImportState.CHECKED),
    raises=(FileMissing,),
)
async def check_booking_import(act: Act, bookingimport: BookingImport, command: StartJob) -> Job:
    """Have every row looked at by the rules that hold for a single booking. Nothing is booked: this is the dry run."""
    if bookingimport.digest is None:
        raise FileMissing
    subject: dict[str, Any] = {"subject_id": bookingimport.id, "total": bookingimport.size}
    job = start(act, command.id, JobKind.CHECK_BOOKINGS, bookingimport.authority_id, JobUnit.BYTES, **subject)
    await act.session.flush()
    act.change(
        bookingimport,
        state=ImportState.CHECKING.value,
        job_id=job.id,
        **dict.fromkeys(("valid", "faulty", "known", "amount", "checked_bytes", "checked_rows"), 0),
    )
    return job


@operation(
    policy.RELEASE_IMPORT,
    on=BookingImport,
    answers=JobView,
    states=(ImportState.CHECKED,),
    versioned=True,
    raises=(FourEyes, FaultyRows, ExcludedFromCase, GrantsAndBills, NothingToPost, ImportUnderWay, CheckAgain),
)
async def release_booking_import(act: Act, bookingimport: BookingImport, command: ReleaseBookingImport) -> Job:
    """Release what somebody else has imported: its money is booked. Two persons, neither of whom granted any of it."""
    if bookingimport.faulty and not command.partial:
        assert bookingimport.checked_job_id is not None
        raise FaultyRows(job_id=bookingimport.checked_job_id, faulty=bookingimport.faulty)
    if not bookingimport.valid:
        raise NothingToPost(known=bookingimport.known, faulty=bookingimport.faulty)
    await require_turn(act, bookingimport)
    await require_apart(act, bookingimport)
    subject: dict[str, Any] = {"subject_id": bookingimport.id, "total": bookingimport.valid}
    job = start(act, command.id, JobKind.POST_BOOKINGS, bookingimport.authority_id, JobUnit.ROWS, **subject)
    await act.session.flush()
    act.change(
        bookingimport,
        state=ImportState.POSTING.value,
        partial=command.partial,
        released_by=act.actor.id,
        job_id=job.id,
        claimed=0,
        written=0,
    )
    return job


async def require_apart(act: Act, one: BookingImport) -> None:
    """Whoever releases it has granted nothing of it, and pays nothing with it to their own organisation, or for a case
    of their own family. Raises FourEyes, ExcludedFromCase, GrantsAndBills."""
    rows = (
        select(BookingImportRow.row_number)
        .join(Commitment, col(Commitment.id) == col(BookingImportRow.commitment_id), isouter=True)
        .where(BookingImportRow.job_id == one.checked_job_id)
        .limit(1)
    )
    granted = sa.literal(act.actor.id).in_([col(getattr(Commitment, name)) for name in GRANTED])
    if (await act.session.exec(rows.where(granted))).first() is not None:
        raise FourEyes
    family = is_own(col(Commitment.case_id), sa.literal(act.actor.id, sa.Uuid()), act.today)
    if (await act.session.exec(rows.where(family))).first() is not None:
        raise ExcludedFromCase(actor_id=act.actor.id)
    own = (
        select(Membership.organisation_id)
        .join(Organisation, col(Organisation.id) == col(Membership.organisation_id))
        .where(
            Membership.actor_id == act.actor.id,
            Organisation.kind == OrganisationKind.INDEPENDENT_PROVIDER.value,
            in_force(columns_of(Membership)),
        )
    )
    if (await act.session.exec(rows.where(col(BookingImportRow.organisation_id).in_(own)))).first() is not None:
        raise GrantsAndBills


async def require_written(act: Act, agreement_id: UUID) -> None:
    """Once an import has posted to an agreement, its bookings are there only when its job has ended: until then they do
    not add up to what is booked. Whoever asks holds the agreement. Raises ImportUnderWay."""
    touched = (
        select(BookingImportRow.job_id)
        .join(BudgetLine, col(BudgetLine.id) == col(BookingImportRow.line_id))
        .where(BookingImportRow.job_id == BookingImport.checked_job_id, BudgetLine.agreement_id == agreement_id)
    )
    half = select(BookingImport.id).where(
        col(BookingImport.posted_at).is_not(None), col(BookingImport.ended_at).is_(None), touched.exists()
    )
    if (found := (await act.session.exec(half.limit(1))).first()) is not None:
        raise ImportUnderWay(import_id=found)


async def require_none_late(act: Act, agreement_id: UUID, year: int) -> None:
    """What a checked file has for an agreement on a day after its year is not posted once the year is worked out.
    Raises ImportNotReleased."""
    late = (
        select(BookingImport.id)
        .join(BookingImportRow, col(BookingImportRow.job_id) == col(BookingImport.checked_job_id))
        .join(BudgetLine, col(BudgetLine.id) == col(BookingImportRow.line_id))
        .where(
            BudgetLine.agreement_id == agreement_id,
            BookingImportRow.value_on > date(year, 12, 31),
            col(BookingImport.state).in_([ImportState.CHECKED.value, ImportState.POSTING.value]),
        )
    )
    if (found := (await act.session.exec(late.limit(1))).first()) is not None:
        raise ImportNotReleased(import_id=found)


async def require_turn(act: Act, one: BookingImport) -> None:
    """Imports of an authority are posted one after the other, each with a check that knows those before it. Raises
    ImportUnderWay, CheckAgain."""
    others = select(BookingImport).where(BookingImport.authority_id == one.authority_id, BookingImport.id != one.id)
    posting = (await act.session.exec(others.where(BookingImport.state == ImportState.POSTING.value))).first()
    if posting is not None:
        raise ImportUnderWay(import_id=posting.id)
    since = others.where(col(BookingImport.ended_at) > one.checked_at)
    if (await act.session.exec(since.limit(1))).first() is not None:
        raise CheckAgain
