"""Trusted persons: chosen by an addressee, who lets them see part by part and takes it back at any time (settled:
Access). It takes no reason, and nobody's consent."""

from typing import Any

from pydantic import Field
from sqlmodel import select

from service.domain.access.model import CaseAccess, columns_of, in_force
from service.domain.access.operations import end
from service.domain.access.views import CaseAccessView
from service.domain.act import Act, Command, operation
from service.domain.cases import policy
from service.domain.cases.model import Case, Participant, ParticipantKind, Person
from service.domain.cases.views import ParticipantView
from service.domain.errors import InvalidInput
from service.domain.policy import CONFIDED, Part
from service.domain.values import ClientId, Language, Line


class NameTrustedPerson(Command):
    """Whom you trust. They see nothing until they are enrolled and you let them."""

    id: ClientId
    name: Line
    language: Language = Language.DE


class LetSee(Command):
    """Which parts of the case they may see from now on: these and no others."""

    parts: list[Part] = Field(
        max_length=len(Part), description="None at all, or any but `persons`: who the others are is not yours to tell."
    )


@operation(policy.NAME_TRUSTED_PERSON, on=Case, answers=ParticipantView)
async def name_trusted_person(act: Act, case: Case, command: NameTrustedPerson) -> Participant:
    """Name somebody you trust. A one-time code lets them in; what they see is yours to say, part by part."""
    mine = select(Participant.id).where(
        Participant.case_id == case.id,
        Participant.actor_id == act.actor.id,
        Participant.kind == ParticipantKind.ADDRESSEE.value,
    )
    of_case: dict[str, Any] = {"authority_id": case.authority_id, "case_id": case.id}
    participant = Participant(
        id=command.id,
        kind=ParticipantKind.TRUSTED_PERSON.value,
        trusted_by_id=(await act.session.exec(mine)).one(),
        joined_on=act.today,
        **of_case,
    )
    act.add(participant)
    await act.session.flush()
    act.add(Person(participant_id=participant.id, name=command.name, language=command.language.value, **of_case))
    return participant


@operation(policy.LET_SEE, on=CaseAccess, answers=CaseAccessView)
async def let_see(act: Act, caseaccess: CaseAccess, command: LetSee) -> CaseAccess:
    """Say what somebody you trust may see of your case. What you leave out is closed with their next request."""
    if not CONFIDED.issuperset(command.parts):
        detail = "who the others in the case are is not yours to tell"
        raise InvalidInput(errors=[{"pointer": "#/parts", "detail": detail}])
    act.change(caseaccess, parts=list(dict.fromkeys(part.value for part in command.parts)))
    return caseaccess


async def end_with_trust(act: Act, access: CaseAccess) -> None:
    """With somebody's own access that of the people they trust ends."""
    end(act, access)
    if access.participant_id is None:
        return
    trusted = select(CaseAccess).where(
        CaseAccess.trusted_by_id == access.participant_id,
        in_force(columns_of(CaseAccess)),
    )
    for other in (await act.session.exec(trusted)).all():
        end(act, other)
