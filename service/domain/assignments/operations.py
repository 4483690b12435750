"""A provider is assigned, names its worker, reports, and is released: access comes and ends with the assignment."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pydantic import Field
from sqlmodel import col, select

import service.domain.assignments.delivering  # noqa: F401 (follows every change)
from service.domain.access.model import CaseAccess, OrganisationKind, columns_of, in_force
from service.domain.access.operations import end, holds, is_provider, membership_of, until
from service.domain.act import Act, Command, operation
from service.domain.assignments import policy
from service.domain.assignments.model import Assignment, ProviderRecord, RecordKind
from service.domain.assignments.views import AssignmentView, ProviderRecordView
from service.domain.cases.access import NoProviderWorker
from service.domain.cases.apart import ExcludedFromCase, require_apart, require_not_own
from service.domain.cases.going_on import CASE_STATES_GOING_ON, GOES_ON
from service.domain.cases.hearing import Hearing
from service.domain.cases.model import Audience, Case
from service.domain.errors import DomainError, InvalidInput
from service.domain.policy import Basis, Part, Role
from service.domain.values import ClientId, Line, Moment, Words


@dataclass(eq=False)
class AssignmentEnded(DomainError):
    code, title = "assignment-ended", "This assignment has ended."
    advice = "Nobody works on it any more. The agency can make a new one."


class AssignProvider(Command):
    """Who is to work in the case, on what, and which parts of it they are told, what for and on what basis
    (§§ 64(2a) SGB VIII, 67d SGB X)."""

    id: ClientId
    organisation_id: UUID = Field(description="An independent provider; see GET /v1/organisations.")
    task: Line = Field(description="What is to be done, in a line that names no person.")
    parts: list[Part] = Field(min_length=1, max_length=len(Part))
    purpose: Line
    legal_basis: Line
    valid_to: Moment | None = Field(None, description="Ends with this moment (RFC 3339).")


class NameWorker(Command):
    """Who works on it from now on."""

    actor_id: UUID = Field(description="A worker of your organisation; see GET /v1/staff.")


class NoteDown(Command):
    """Something for the provider's own workers on this case."""

    id: ClientId
    words: Words = Field(description="The note.")
    replaces_id: UUID | None = Field(None, description="The note that this one corrects.")


class RecordProgress(Hearing):
    """How it goes: for whoever leads the case, and its people."""

    id: ClientId
    words: Words = Field(description="The report.")
    replaces_id: UUID | None = Field(None, description="The report that this one corrects.")


@operation(policy.ASSIGN, on=Case, answers=AssignmentView, states=CASE_STATES_GOING_ON, guards=(GOES_ON,))
async def assign_provider(act: Act, case: Case, command: AssignProvider) -> Assignment:
    """Assign an independent provider. What it is told of the case is named here, and is all that it is told."""
    if not await is_provider(act, case.authority_id, command.organisation_id):
        detail = "is no independent provider of this authority"
        raise InvalidInput(errors=[{"pointer": "#/organisation_id", "detail": detail}])
    if command.valid_to is not None and command.valid_to <= act.now:
        raise InvalidInput(errors=[{"pointer": "#/valid_to", "detail": "lies in the past"}])
    # Whoever changes something in the case shares its key until the end (delivering.py). The door's own lock lets them.
    await act.session.exec(select(Case.id).where(Case.id == case.id).with_for_update())
    return act.add(
        Assignment(
            id=command.id,
            authority_id=case.authority_id,
            case_id=case.id,
            case_pseudonym=case.pseudonym,
            organisation_id=command.organisation_id,
            task=command.task,
            parts=list(dict.fromkeys(part.value for part in command.parts)),
            purpose=command.purpose,
            legal_basis=command.legal_basis,
            valid_to=command.valid_to,
        )
    )


@operation(
    policy.NAME_WORKER,
    on=Assignment,
    answers=AssignmentView,
    raises=(NoProviderWorker, ExcludedFromCase, AssignmentEnded),
)
async def name_worker(act: Act, assignment: Assignment, command: NameWorker) -> Assignment:
    """Name who works on an assignment. Whoever was named before is refused from the next request on."""
    await _require_in_force(act, assignment)
    await require_not_own(act, assignment.case_id)
    kind, organisation_id = OrganisationKind.INDEPENDENT_PROVIDER, assignment.organisation_id
    works = await membership_of(act, assignment.authority_id, kind, command.actor_id, organisation_id)
    if works is None or not await holds(act, command.actor_id, Role.PROVIDER_WORKER):
        raise NoProviderWorker(actor_id=command.actor_id)
    await require_apart(act, assignment.case_id, command.actor_id)
    present = await _accesses(act, assignment)
    if [access.actor_id for access in present] == [command.actor_id]:
        return assignment
    for access in present:
        end(act, access)
    works_until = await until(act, works, command.actor_id, Role.PROVIDER_WORKER)
    ends = [moment for moment in (assignment.valid_to, works_until) if moment is not None]
    act.add(
        CaseAccess(
            authority_id=assignment.authority_id,
            case_id=assignment.case_id,
            actor_id=command.actor_id,
            membership_id=works.id,
            assignment_id=assignment.id,
            basis=Basis.TRANSMISSION.value,
            parts=assignment.parts,
            purpose=assignment.purpose,
            legal_basis=assignment.legal_basis,
            valid_to=min(ends, default=None),
        )
    )
    act.change(assignment)
    return assignment


@operation(policy.END, on=Assignment, answers=AssignmentView, raises=(AssignmentEnded,))
async def end_assignment(act: Act, assignment: Assignment) -> Assignment:
    """End an assignment now, and with it its worker's access: the next request is refused."""
    await _require_in_force(act, assignment)
    for access in await _accesses(act, assignment):
        end(act, access)
    end(act, assignment)
    return assignment


@operation(policy.RECORD_PROGRESS, on=Assignment, answers=ProviderRecordView)
async def record_progress(act: Act, assignment: Assignment, command: RecordProgress) -> ProviderRecord:
    """Report how it goes. A report is never changed: a correction is a new one that names what it replaces."""
    return await _recorded(act, assignment, RecordKind.PROGRESS, command, command.audience, command.audience_of)


@operation(policy.NOTE_DOWN, on=Assignment, answers=ProviderRecordView)
async def note_down(act: Act, assignment: Assignment, command: NoteDown) -> ProviderRecord:
    """Note something for your own organisation's workers on this case. Neither the agency nor the family reads it."""
    return await _recorded(act, assignment, RecordKind.NOTE, command, Audience.ALL, [])


async def _require_in_force(act: Act, assignment: Assignment) -> None:
    """By the database's time, which access is measured by."""
    going_on = select(Assignment.id).where(Assignment.id == assignment.id, in_force(columns_of(Assignment)))
    if (await act.session.exec(going_on)).one_or_none() is None:
        raise AssignmentEnded


async def _recorded(
    act: Act,
    assignment: Assignment,
    kind: RecordKind,
    command: RecordProgress | NoteDown,
    audience: Audience,
    audience_of: list[UUID],
) -> ProviderRecord:
    if command.replaces_id is not None:
        earlier = select(ProviderRecord.id).where(
            ProviderRecord.id == command.replaces_id,
            ProviderRecord.assignment_id == assignment.id,
            ProviderRecord.kind == kind.value,
            ProviderRecord.author_id == act.actor.id,
        )
        if (await act.session.exec(earlier)).one_or_none() is None:
            detail = f"is no {kind} of yours on this assignment"
            raise InvalidInput(errors=[{"pointer": "#/replaces_id", "detail": detail}])
    return act.add(
        ProviderRecord(
            id=command.id,
            authority_id=assignment.authority_id,
            case_id=assignment.case_id,
            assignment_id=assignment.id,
            organisation_id=assignment.organisation_id,
            kind=kind.value,
            words=command.words,
            replaces_id=command.replaces_id,
            author_id=act.actor.id,
            audience=audience.value,
            audience_of=audience_of,
        )
    )


async def _accesses(act: Act, assignment: Assignment) -> Any:
    """What is in force of it, locked, so that two who name a worker do not leave two behind."""
    found = select(CaseAccess).where(CaseAccess.assignment_id == assignment.id, in_force(columns_of(CaseAccess)))
    return (await act.session.exec(found.order_by(col(CaseAccess.id)).with_for_update())).all()
