"""An auditor reads a sampled case: with a purpose, for a time, and only once the data-protection officer has approved
(§ 67c(3) SGB X; facts, section 5). Whoever leads the case has no say in it. What the auditor reads is on record, and
shown to those whom it is about, like everybody else's looks."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from pydantic import Field
from sqlmodel import select

from service.domain.access.model import Authority, CaseAccess, OrganisationKind
from service.domain.access.operations import end, membership_of, until
from service.domain.act import Act, Command, operation
from service.domain.cases import policy
from service.domain.cases.apart import ExcludedFromCase, is_relative, require_not_own
from service.domain.cases.audits import AuditRequest, AuditRequestState
from service.domain.cases.sketch_model import CaseSketch
from service.domain.cases.wording import AUDIT_REQUEST_STATES
from service.domain.errors import DomainError, InvalidInput
from service.domain.policy import AUDITED, Basis, Role
from service.domain.values import ClientId, Line, Moment
from service.domain.views import Record, Sql, view
from service.domain.words import label

LONGEST_AUDIT = timedelta(days=90)


@dataclass(eq=False)
class NotToBeAudited(DomainError):
    code, title = "not-to-be-audited", "This case cannot be opened for this audit."
    advice = "`reason` says why. Whoever has, or has had, a part in a case does not audit it; ask a colleague to."
    reason: str


class RequestAuditAccess(Command):
    """Which case, what for, on what basis, and until when."""

    id: ClientId
    authority_id: UUID
    pseudonym: Line = Field(description="Under which the case stands in commitments and bookings.")
    purpose: Line = Field(description="What is examined, and why this case.")
    legal_basis: Line = Field(description="For example § 67c Abs. 3 SGB X.")
    valid_to: Moment = Field(description="Ends with this moment (RFC 3339), at most 90 days from now.")


class RefuseAuditAccess(Command):
    """Why the case is not opened."""

    reason: Line


@view(
    AuditRequest,
    policy.READ_AUDIT_REQUEST,
    plural="audit_requests",
    filters=("case_id", "state"),
    subject="case_id",
)
class AuditRequestView(Record):
    """An auditor asks to read one case until a moment; the data-protection officer decides."""

    id: UUID
    case_id: UUID
    pseudonym: str
    purpose: str = Field(description="What is examined, and why this case.")
    legal_basis: str
    valid_to: datetime = Field(description="Until then at the latest, exclusively.")
    requested_by_id: UUID = Field(description="The auditor.")
    state: AuditRequestState
    state_label: Annotated[str, Sql(label("state", AUDIT_REQUEST_STATES))] = Field(description="In your language.")
    decided_by_id: UUID | None = Field(description="Who has approved, refused or ended it last; null while it waits.")
    refused_because: str | None = Field(description="Why it was refused, if it was.")
    case_access_id: UUID | None = Field(description="What it has opened; null until it is approved.")
    version: int


@operation(policy.REQUEST_AUDIT, within=Authority, answers=AuditRequestView, raises=(NotToBeAudited,))
async def request_audit_access(act: Act, command: RequestAuditAccess) -> AuditRequest:
    """Ask to read one case, as a sample of an audit. It opens nothing yet."""
    authority = await act.load(Authority, command.authority_id)
    if not act.now < command.valid_to <= act.now + LONGEST_AUDIT:
        raise InvalidInput(errors=[{"pointer": "#/valid_to", "detail": "must lie ahead, and at most 90 days"}])
    named = select(CaseSketch).where(CaseSketch.pseudonym == command.pseudonym, CaseSketch.authority_id == authority.id)
    sketch = (await act.session.exec(named)).one_or_none()
    if sketch is None:
        raise InvalidInput(errors=[{"pointer": "#/pseudonym", "detail": "is no case of this authority"}])
    await _refuse_partial(act, sketch.case_id, act.actor.id)
    return act.add(
        AuditRequest(
            id=command.id,
            authority_id=authority.id,
            case_id=sketch.case_id,
            pseudonym=sketch.pseudonym,
            purpose=command.purpose,
            legal_basis=command.legal_basis,
            valid_to=command.valid_to,
            requested_by_id=act.actor.id,
        )
    )


@operation(
    policy.APPROVE_AUDIT,
    on=AuditRequest,
    answers=AuditRequestView,
    states=(AuditRequestState.REQUESTED,),
    raises=(NotToBeAudited, ExcludedFromCase),
)
async def approve_audit_access(act: Act, auditrequest: AuditRequest) -> AuditRequest:
    """Open the case to the auditor from now on: what it is about, who is in it, what was arranged and decided. It ends
    on the day asked for, or earlier with the auditor's role or membership. Nobody's own words are opened."""
    await require_not_own(act, auditrequest.case_id)
    await _refuse_partial(act, auditrequest.case_id, auditrequest.requested_by_id)
    # Not before: whoever asks is not told by it that a case is about their own family.
    if await is_relative(act, auditrequest.case_id, auditrequest.requested_by_id):
        raise NotToBeAudited(reason="the auditor has, or has had, a part in this case or in another of the family")
    agency = OrganisationKind.PUBLIC_AGENCY
    member = await membership_of(act, auditrequest.authority_id, agency, auditrequest.requested_by_id)
    role_ends = await until(act, member, auditrequest.requested_by_id, Role.AUDITOR)
    ends = min(auditrequest.valid_to, role_ends or auditrequest.valid_to)
    if ends <= act.now:
        raise NotToBeAudited(reason="the time that was asked for, or the auditor's role, is over")
    access = act.add(
        CaseAccess(
            authority_id=auditrequest.authority_id,
            case_id=auditrequest.case_id,
            actor_id=auditrequest.requested_by_id,
            membership_id=member.id if member else None,
            basis=Basis.AUDIT.value,
            parts=[part.value for part in AUDITED],
            purpose=auditrequest.purpose,
            legal_basis=auditrequest.legal_basis,
            valid_to=ends,
        )
    )
    await act.session.flush()
    decided = {"decided_by_id": act.actor.id, "case_access_id": access.id}
    act.change(auditrequest, state=AuditRequestState.APPROVED.value, **decided)
    return auditrequest


@operation(
    policy.REFUSE_AUDIT,
    on=AuditRequest,
    answers=AuditRequestView,
    states=(AuditRequestState.REQUESTED,),
    raises=(ExcludedFromCase,),
)
async def refuse_audit_access(act: Act, auditrequest: AuditRequest, command: RefuseAuditAccess) -> AuditRequest:
    """Refuse to open the case, with a reason."""
    await require_not_own(act, auditrequest.case_id)
    refused = {"decided_by_id": act.actor.id, "refused_because": command.reason}
    act.change(auditrequest, state=AuditRequestState.REFUSED.value, **refused)
    return auditrequest


@operation(
    policy.END_AUDIT,
    on=AuditRequest,
    answers=AuditRequestView,
    states=(AuditRequestState.APPROVED,),
    raises=(ExcludedFromCase,),
)
async def end_audit_access(act: Act, auditrequest: AuditRequest) -> AuditRequest:
    """Close the case to the auditor now: the next request is refused."""
    await require_not_own(act, auditrequest.case_id)
    opened = select(CaseAccess).where(CaseAccess.id == auditrequest.case_access_id)
    end(act, (await act.session.exec(opened)).one())
    act.change(auditrequest, state=AuditRequestState.ENDED.value, decided_by_id=act.actor.id)
    return auditrequest


async def _refuse_partial(act: Act, case_id: UUID, actor_id: UUID) -> None:
    """Nobody examines what they have worked on, or what is about themselves."""
    ever = select(CaseAccess.id).where(
        CaseAccess.case_id == case_id, CaseAccess.actor_id == actor_id, CaseAccess.basis != Basis.AUDIT.value
    )
    if (await act.session.exec(ever)).first() is not None:
        raise NotToBeAudited(reason="the auditor has, or has had, a part in this case")
