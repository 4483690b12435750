"""Who gets into a case and how: one-time codes for its people, transmission to a provider's worker; and out again."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel, Field
from sqlmodel import col, select

from service.domain.access.model import (
    Actor,
    CaseAccess,
    Login,
    OrganisationKind,
    columns_of,
    in_force,
    not_over,
)
from service.domain.access.operations import holds, membership_of, until
from service.domain.access.views import CaseAccessView
from service.domain.act import Act, Command, Known, operation
from service.domain.audit import entries_about
from service.domain.cases import policy
from service.domain.cases.apart import ExcludedFromCase, of_family, one_at_a_time, require_apart, take_back_offers
from service.domain.cases.confidential import keeps_out
from service.domain.cases.enrolment import EnrolmentCode
from service.domain.cases.handovers import Handover
from service.domain.cases.model import UNMERGED, Case, Participant, ParticipantKind
from service.domain.cases.planning import take_back_agreements
from service.domain.cases.representing import ends_at
from service.domain.cases.trusting import end_with_trust
from service.domain.cases.withdrawing import withdraw_offers_of
from service.domain.errors import DomainError, InvalidInput, Kind
from service.domain.policy import PROFESSIONAL, Basis, Part, Role
from service.domain.values import ClientId, Line, Moment, Text, new_id, readable

CODE_VALID = timedelta(days=14)
CODE_LENGTH = 20  # characters of 30 kinds: 98 bits, beyond guessing
BASES = {
    ParticipantKind.ADDRESSEE: Basis.SELF,
    ParticipantKind.CUSTODIAN: Basis.REPRESENTATION,
    ParticipantKind.REPRESENTATIVE: Basis.REPRESENTATION,
    ParticipantKind.TRUSTED_PERSON: Basis.TRUST,
    ParticipantKind.NETWORK_PERSON: Basis.NETWORK,
}
# A trusted person begins with nothing: part by part it is theirs to open who trusts them.
PARTS = {Basis.TRUST: (), Basis.NETWORK: (Part.STEPS,)}


@dataclass(eq=False)
class CodeRefused(DomainError):
    kind, code, title = Kind.CONFLICT, "code-refused", "This code cannot be used."
    advice = "Check each character. A code works once and for 14 days: ask your case worker for a new one."


@dataclass(eq=False)
class AssuranceTooLow(DomainError):
    kind, code, title = Kind.FORBIDDEN, "assurance-too-low", "Your login does not say surely enough who you are."
    advice = "Sign in with your eID or state account, or ask for a code that is handed to you in person."


@dataclass(eq=False)
class NotToBeEnrolled(DomainError):
    code, title = "not-to-be-enrolled", "For this participant no code can be made."
    advice = (
        "`reason` says why. Somebody is enrolled once, and custodians only of minors: undo an earlier enrolment first. "
        "Whoever works on a case hands it over before; a stand-in is ended, an invitation declined."
    )
    reason: str


@dataclass(eq=False)
class NoProviderWorker(DomainError):
    code, title = "no-provider-worker", "To this person nothing can be transmitted."
    advice = (
        "Name somebody who works for an independent provider and holds the role provider_worker; see GET /v1/staff."
    )
    actor_id: UUID


@dataclass(eq=False)
class LeadNeeded(DomainError):
    code, title = "lead-needed", "A case is always led by somebody."
    advice = "Name who leads it from now on: POST /v1/leads."


@dataclass(eq=False)
class RestsOnAssignment(DomainError):
    code, title = "rests-on-assignment", "This access rests on an assignment, and would come back with it."
    advice = "End the assignment: POST /v1/assignments/{assignment_id}/end. Its access ends with it, the same moment."
    assignment_id: UUID


class IssueCode(Command):
    """How the code is handed over."""

    in_person: bool = Field(False, description="You hand it over in person: then a login of any assurance will do.")


class IssuedCode(BaseModel):
    """A one-time code. It is shown this once and kept nowhere: hand it to the person it is for."""

    participant_id: UUID
    code: str
    expires_at: datetime


class Enrol(Command):
    """The code you were given."""

    code: Text = Field(
        min_length=1, max_length=60, description="The one-time code; dashes and small letters do not matter."
    )


class Enrolment(BaseModel):
    """You are enrolled in this case."""

    case_id: UUID
    participant_id: UUID
    basis: Basis


class Seen(BaseModel):
    """One look at the case, or one change."""

    at: datetime
    action: str


class UndoneEnrolment(BaseModel):
    """The link between login and participant is cut. `seen` is what was seen and done through it meanwhile."""

    participant_id: UUID
    seen: list[Seen]


class TransmitCase(Command):
    """Which parts of a case a provider's worker is told, what for and on what basis (§§ 64(2a) SGB VIII, 67d SGB X)."""

    id: ClientId
    actor_id: UUID = Field(description="The worker; see GET /v1/staff.")
    parts: list[Part] = Field(min_length=1, max_length=len(Part))
    purpose: Line
    legal_basis: Line
    valid_to: Moment | None = Field(None, description="Ends with this moment (RFC 3339).")


@operation(policy.ISSUE_CODE, on=Participant, answers=IssuedCode, versioned=False, raises=(NotToBeEnrolled,))
async def issue_enrolment_code(
    act: Act, participant: Participant, command: IssueCode
) -> tuple[Participant, IssuedCode]:
    """Make a one-time code for somebody in the case. Earlier codes for the same person stop working. For a trusted
    person also whoever trusts them can make it. Whose access has ended comes back by a new one, with the same login."""
    if participant.left_on is not None:
        raise NotToBeEnrolled(reason="this person has left the case")
    if participant.actor_id is not None and await _has_a_way_in(act, participant):
        raise NotToBeEnrolled(reason="this person is enrolled already")
    if participant.merged_into_id is not None:
        raise NotToBeEnrolled(reason="this is a duplicate: enrol the participant that it went into")
    await one_at_a_time(act, participant.case_id)
    if await keeps_out(act, participant):
        raise NotToBeEnrolled(reason="something is kept from them in this case")
    earlier = select(EnrolmentCode).where(
        EnrolmentCode.participant_id == participant.id, col(EnrolmentCode.used_at).is_(None)
    )
    for code in (await act.session.exec(earlier)).all():
        code.expires_at = min(code.expires_at, act.now)
    text, expires_at = readable(CODE_LENGTH), act.now + CODE_VALID
    act.add(
        EnrolmentCode(
            authority_id=participant.authority_id,
            case_id=participant.case_id,
            participant_id=participant.id,
            digest=_digest(text),
            basis=BASES[ParticipantKind(participant.kind)].value,
            in_person=command.in_person,
            expires_at=expires_at,
        )
    )
    grouped = "-".join(text[place : place + 5] for place in range(0, CODE_LENGTH, 5))
    return participant, IssuedCode(participant_id=participant.id, code=grouped, expires_at=expires_at)


@operation(policy.ENROL, answers=Enrolment, unenrolled=True, raises=(CodeRefused, AssuranceTooLow, NotToBeEnrolled))
async def enrol(act: Act, command: Enrol) -> tuple[CaseAccess, Enrolment]:
    """Link your login to your part in a case, with the one-time code you were given."""
    act.authorised = True  # by the code
    digest = _digest(command.code)
    await _set(act, "code", digest)
    found = select(EnrolmentCode).where(EnrolmentCode.digest == digest)
    code = (await act.session.exec(found)).one_or_none()
    if code is None or (act.actor.authority_id is not None and act.actor.authority_id != code.authority_id):
        raise CodeRefused
    await _introduce(act, code.authority_id)
    await one_at_a_time(act, code.case_id)  # first the case, then its codes: so does whoever makes them, or stops them
    now = found.with_for_update().execution_options(populate_existing=True)
    code = (await act.session.exec(now)).one()
    if code.used_at is not None:
        return await _enrolled_before(act, code)
    if code.expires_at <= act.now:
        raise CodeRefused
    if not (act.assured or code.in_person):
        raise AssuranceTooLow
    await _refuse_professionals(act, code.case_id)
    # Access first: only with it does row-level security show the participant.
    access = CaseAccess(
        authority_id=code.authority_id,
        case_id=code.case_id,
        actor_id=act.actor.id,
        participant_id=code.participant_id,
        basis=code.basis,
        parts=[part.value for part in PARTS.get(Basis(code.basis), Part)],
    )
    act.add(access)
    await act.session.flush()
    there = select(Participant).where(Participant.case_id == code.case_id)
    participants = {participant.id: participant for participant in (await act.session.exec(there)).all()}
    participant = participants[code.participant_id]
    if participant.actor_id not in (None, act.actor.id) or participant.left_on is not None:
        raise CodeRefused
    if await keeps_out(act, participant):
        raise CodeRefused
    if any(other.actor_id == act.actor.id for other in participants.values() if other is not participant):
        raise NotToBeEnrolled(reason="you are in this case already, as somebody else")
    access.trusted_by_id = participant.trusted_by_id
    if code.basis == Basis.REPRESENTATION:
        access.valid_to = await ends_at(act, participant)
        if access.valid_to is not None and access.valid_to <= act.now:
            raise NotToBeEnrolled(reason="they represent nobody now; custody ends on the 18th birthday")
    code.used_at = act.now
    act.change(participant, actor_id=act.actor.id)
    return access, _enrolment(code)


async def _has_a_way_in(act: Act, participant: Participant) -> bool:
    theirs = select(CaseAccess.id).where(CaseAccess.participant_id == participant.id, not_over(columns_of(CaseAccess)))
    return (await act.session.exec(theirs.where(CaseAccess.actor_id == participant.actor_id))).first() is not None


WORKING: list[Callable[[UUID], Any]] = []  # of an actor: queries for the cases that they work on without access to them


async def _refuse_professionals(act: Act, case_id: UUID) -> None:
    """Whoever works or has worked on the case, or audits it, cannot become one of its people: words and goals
    are theirs alone. Nor whoever works on another case of the family now; what was to begin there does not, without a
    word, and what is offered to them is not any more: they need not learn that there is one."""
    works = col(CaseAccess.basis).in_([basis.value for basis in (*PROFESSIONAL, Basis.AUDIT)])
    mine = select(CaseAccess).where(CaseAccess.actor_id == act.actor.id, works)
    if (await act.session.exec(mine.where(CaseAccess.case_id == case_id))).first() is not None:
        raise NotToBeEnrolled(reason="you work or have worked on this case")
    this = sa.literal(case_id, sa.Uuid())
    for apart in (each(act.actor.id).subquery().c.case_id for each in WORKING):
        theirs = sa.select(apart).where(sa.or_(apart == this, of_family(this, apart)))
        if (await (await act.session.connection()).execute(theirs)).first() is not None:
            raise NotToBeEnrolled(reason="you work or have worked on this case")
    related = of_family(this, col(CaseAccess.case_id))
    for access in (await act.session.exec(mine.where(not_over(columns_of(CaseAccess)), related))).all():
        if access.valid_from <= act.now:
            raise NotToBeEnrolled(reason="you work on a case of this family: hand it over first")
        access.valid_to = act.now
    await take_back_offers(act, case_id, Handover.receiver_id == act.actor.id)


async def _enrolled_before(act: Act, code: EnrolmentCode) -> tuple[CaseAccess, Enrolment]:
    """The same person sends the same code again: the first outcome. For everybody else the code is used up."""
    theirs = select(CaseAccess).where(
        CaseAccess.participant_id == code.participant_id, CaseAccess.actor_id == act.actor.id
    )
    access = (await act.session.exec(theirs.where(in_force(CaseAccess.__table__.c)))).first()  # type: ignore[attr-defined]
    if access is None:
        raise CodeRefused
    return access, _enrolment(code)


def _enrolment(code: EnrolmentCode) -> Enrolment:
    return Enrolment(case_id=code.case_id, participant_id=code.participant_id, basis=Basis(code.basis))


@operation(policy.UNDO_ENROLMENT, on=Participant, answers=UndoneEnrolment, versioned=False, raises=(NotToBeEnrolled,))
async def undo_enrolment(act: Act, participant: Participant) -> tuple[Participant, UndoneEnrolment]:
    """Cut a wrong link between a login and a participant. Says what was seen through it meanwhile. Goals agreed
    through it are drafts again: their owner has not agreed them. Offers made through it are withdrawn."""
    if participant.actor_id is None:
        raise NotToBeEnrolled(reason="nobody is enrolled as this participant")
    access = select(CaseAccess).where(CaseAccess.participant_id == participant.id, in_force(CaseAccess.__table__.c))  # type: ignore[attr-defined]
    for row in (await act.session.exec(access)).all():
        await end_with_trust(act, row)
    entry = entries_about(participant.case_id).c
    looks = (
        sa.select(entry.at, entry.action)
        .where(entry.actor_id == participant.actor_id)
        .order_by(entry.sequence)
        .limit(1000)
    )
    rows = (await (await act.session.connection()).execute(looks)).all()
    act.change(participant, actor_id=None)
    await take_back_agreements(act, participant)
    await withdraw_offers_of(act, participant)
    seen = [Seen(at=row.at, action=row.action) for row in rows]
    return participant, UndoneEnrolment(participant_id=participant.id, seen=seen)


@operation(
    policy.TRANSMIT, on=Case, answers=CaseAccessView, states=UNMERGED, raises=(NoProviderWorker, ExcludedFromCase)
)
async def transmit_case(act: Act, case: Case, command: TransmitCase) -> CaseAccess:
    """Give a provider's worker access to named parts of a case. Ends with the worker's membership or role, or
    earlier."""
    if command.valid_to is not None and command.valid_to <= act.now:
        raise InvalidInput(errors=[{"pointer": "#/valid_to", "detail": "lies in the past"}])
    provider = OrganisationKind.INDEPENDENT_PROVIDER
    worker = await membership_of(act, case.authority_id, provider, command.actor_id)
    if worker is None or not await holds(act, command.actor_id, Role.PROVIDER_WORKER):
        raise NoProviderWorker(actor_id=command.actor_id)
    await require_apart(act, case.id, command.actor_id)
    works_until = await until(act, worker, command.actor_id, Role.PROVIDER_WORKER)
    ends = [moment for moment in (command.valid_to, works_until) if moment is not None]
    return act.add(
        CaseAccess(
            id=command.id,
            authority_id=case.authority_id,
            case_id=case.id,
            actor_id=command.actor_id,
            membership_id=worker.id,
            basis=Basis.TRANSMISSION.value,
            parts=list(dict.fromkeys(part.value for part in command.parts)),
            purpose=command.purpose,
            legal_basis=command.legal_basis,
            valid_to=min(ends, default=None),
        )
    )


@operation(policy.END_ACCESS, on=CaseAccess, answers=CaseAccessView, raises=(LeadNeeded, RestsOnAssignment))
async def end_case_access(act: Act, caseaccess: CaseAccess) -> CaseAccess:
    """End somebody's access to a case now: the next request is refused. The lead is handed over instead, and
    a provider is released by ending its assignment."""
    if caseaccess.basis == Basis.ASSIGNMENT:
        raise LeadNeeded
    if caseaccess.assignment_id is not None:
        raise RestsOnAssignment(assignment_id=caseaccess.assignment_id)
    await end_with_trust(act, caseaccess)
    return caseaccess


async def _introduce(act: Act, authority_id: UUID) -> None:
    """Makes a new login known; an actor of the case's people has no name, their identity stands in the case."""
    await _set(act, "authority", str(authority_id))
    if act.actor.id is None:
        act.actor = Known(new_id(), authority_id)
        act.session.add(Actor(id=act.actor.id, authority_id=authority_id))
        await act.session.flush()
        act.session.add(Login(authority_id=authority_id, actor_id=act.actor.id, key=act.login))
        await act.session.flush()
    await _set(act, "actor", str(act.actor.id))


async def _set(act: Act, name: str, value: str) -> None:
    setting = sa.func.set_config(f"service.{name}", value, True)
    await (await act.session.connection()).execute(sa.select(setting))


def _digest(code: str) -> str:
    plain = "".join(character for character in code.upper() if character.isalnum())
    return hashlib.sha256(plain.encode()).hexdigest()
