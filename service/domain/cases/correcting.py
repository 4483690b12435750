"""In which case somebody belongs, put right."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import SQLModel, col, select

from service.domain.act import Act, Command, Lock, operation
from service.domain.cases import policy
from service.domain.cases.apart import ExcludedFromCase, let_relatives_out
from service.domain.cases.enrolment import EnrolmentCode
from service.domain.cases.known import KnownPerson
from service.domain.cases.model import Case, Participant, ParticipantKind, Person
from service.domain.cases.represented import FormerName
from service.domain.cases.representing import end_representations
from service.domain.cases.taking_out import take_out
from service.domain.cases.views import ParticipantView
from service.domain.errors import DomainError, InvalidInput
from service.domain.policy import Action


@dataclass(eq=False)
class NotToBeMoved(DomainError):
    code, title = "not-to-be-moved", "This cannot be taken out of the case any more."
    advice = "`reason` says why. What people have said, wanted or agreed is theirs, and stays where they did."
    reason: str


class MoveParticipant(Command):
    """In which case they belong."""

    into_case_id: UUID = Field(description="A case you lead, too.")


@operation(policy.MOVE_PARTICIPANT, on=Participant, answers=ParticipantView, raises=(NotToBeMoved, ExcludedFromCase))
async def move_participant(act: Act, participant: Participant, command: MoveParticipant) -> Participant:
    """Move somebody who was added to the wrong case to the one in which they belong, as long as nothing hangs by them
    there: no login, no words, goals or steps. Codes that were made for them stop working, and providers that were told
    of them are told to remove that. Whom they represent there, and who represents them, is said anew."""
    leading = Action(act.action.name, policy.CHANGE.rule)
    case = await act.load(Case, participant.case_id, lock=Lock.ALONE, action=leading)
    into = await act.load(Case, command.into_case_id, lock=Lock.ALONE, action=leading)
    if into.authority_id != participant.authority_id:
        raise InvalidInput(errors=[{"pointer": "#/into_case_id", "detail": "is of another authority"}])
    if participant.kind == ParticipantKind.TRUSTED_PERSON:
        raise NotToBeMoved(reason="somebody there trusts them, and nobody else can say whom to trust")
    if participant.merged_into_id is not None:
        raise NotToBeMoved(reason="it is a duplicate of somebody there")
    if participant.actor_id is not None or await hangs_by(act, participant):
        raise NotToBeMoved(reason="they have a login there, or something hangs by them")
    await take_out(act, participant)
    codes = select(EnrolmentCode).where(EnrolmentCode.participant_id == participant.id)
    for code in (await act.session.exec(codes)).all():
        code.expires_at = min(code.expires_at, act.now)
    await end_representations(act, participant)
    for table in (KnownPerson, Person, FormerName):
        theirs: Any = select(table).where(col(table.participant_id) == participant.id)
        for row in (await act.session.exec(theirs)).all():
            act.change(row, case_id=into.id)
    act.change(participant, case_id=into.id)
    await let_relatives_out(act, into.id)
    for each in (case, into):
        act.change(each)
        act.tells(each)
    return participant


async def hangs_by(act: Act, participant: Participant) -> bool:
    """Whether any other row names them: by whatever capability, alone or among others."""
    own = {"person", "known_person", "former_name", "representation", "enrolment_code"}
    tables = [table for table in SQLModel.metadata.sorted_tables if table.name not in own]
    naming = [
        sa.exists().where(key.parent == participant.id)
        for table in tables
        for key in table.foreign_keys
        if key.column.table.name == "participant"
    ]
    naming += [
        sa.exists().where(table.c.case_id == participant.case_id, column.contains([participant.id]))
        for table in tables
        for column in table.c
        if "case_id" in table.c and isinstance(column.type, ARRAY) and isinstance(column.type.item_type, sa.Uuid)
    ]
    return bool((await (await act.session.connection()).execute(sa.select(sa.or_(*naming)))).scalar_one())
