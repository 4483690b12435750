"""In which matters somebody represents another, and until when (settled: Words). With the last day the access ends; on
the 18th birthday custody does, whatever was said."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from pydantic import Field
from sqlmodel import col, select

from service.domain.access.model import CaseAccess, columns_of, in_force, not_over
from service.domain.access.operations import end
from service.domain.act import Act, Command, Guard, operation
from service.domain.cases import policy
from service.domain.cases.model import OF_KIND, Participant, ParticipantKind, Person
from service.domain.cases.views import ParticipantView
from service.domain.clock import after, majority
from service.domain.errors import DomainError
from service.domain.values import Day, Line


@dataclass(eq=False)
class NotRepresenting(DomainError):
    code, title = "not-representing", "This person represents nobody."
    advice = "Only custodians and representatives do. Access of others is ended: POST /v1/case-accesses/{id}/end."


class LimitRepresentation(Command):
    """As the order, the law or the power of attorney says."""

    represents_in: Line | None = Field(
        None, description="In which matters, for example «Gesundheitssorge, Aufenthalt»; null for all of them."
    )
    represents_until: Day | None = Field(None, description="The last day (Europe/Berlin); null until further notice.")


REPRESENTING = Guard(
    lambda reader, row: row.kind.in_([kind.value for kind in OF_KIND]), "they represent somebody", NotRepresenting
)


@operation(policy.LIMIT_REPRESENTATION, on=Participant, answers=ParticipantView, guards=(REPRESENTING,))
async def limit_representation(act: Act, participant: Participant, command: LimitRepresentation) -> Participant:
    """Say in which matters somebody represents another, and until when. Access ends after that day, at once if it is
    over; what has ended stays closed. The matters are told to whoever works with them; they open and close nothing."""
    act.change(participant, represents_in=command.represents_in, represents_until=command.represents_until)
    until = await ends_at(act, participant)
    theirs = select(CaseAccess).where(
        CaseAccess.participant_id == participant.id,
        in_force(columns_of(CaseAccess)),
    )
    for access in (await act.session.exec(theirs)).all():
        if until is not None and until <= act.now:
            end(act, access)
        else:
            act.change(access, valid_to=until)
    return participant


async def ends_at(act: Act, participant: Participant) -> datetime | None:
    """When the representation is over: after its last day, and custody when the first of the case's young people comes
    of age, so that it is closed rather than open by mistake. Null where nothing ends it."""
    ends = [after(participant.represents_until)] if participant.represents_until is not None else []
    if participant.kind == ParticipantKind.CUSTODIAN:
        ends += [majority(day) for day in await _born(act, participant.case_id)]
    return min(ends, default=None)


async def end_custody(act: Act, case_id: UUID, born_on: date) -> None:
    """On the 18th birthday custodians' access ends, also if the birthday became known after they were enrolled."""
    at = majority(born_on)
    theirs = (
        select(CaseAccess)
        .join(Participant, col(Participant.id) == col(CaseAccess.participant_id))
        .where(CaseAccess.case_id == case_id, Participant.kind == ParticipantKind.CUSTODIAN.value)
        .where(not_over(columns_of(CaseAccess)))  # what somebody has ended stays theirs to have ended
    )
    for access in (await act.session.exec(theirs)).all():
        act.change(access, valid_to=at if access.valid_to is None else min(access.valid_to, at))


async def reopen_custody(act: Act, case_id: UUID, born_on: date) -> None:
    """A day of birth was wrong, or is nobody's in this case any more: what that 18th birthday has ended, or would have,
    goes on to the end it has without it. What somebody ended stays closed, and so does a login that was cut off."""
    theirs = (
        select(CaseAccess, Participant)
        .join(Participant, col(Participant.id) == col(CaseAccess.participant_id))
        .where(
            CaseAccess.case_id == case_id,
            CaseAccess.valid_to == majority(born_on),
            Participant.kind == ParticipantKind.CUSTODIAN.value,
            col(Participant.actor_id) == col(CaseAccess.actor_id),
        )
    )
    for access, participant in (await act.session.exec(theirs)).all():
        act.change(access, valid_to=await ends_at(act, participant))


async def _born(act: Act, case_id: UUID) -> list[date]:
    born = (
        select(col(Person.born_on))
        .join(Participant, col(Participant.id) == col(Person.participant_id))
        .where(
            Participant.case_id == case_id,
            Participant.kind == ParticipantKind.ADDRESSEE.value,
            col(Participant.merged_into_id).is_(None),
        )
    )
    return [day for day in (await act.session.exec(born)).all() if day is not None]
