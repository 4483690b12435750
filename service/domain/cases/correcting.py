"""Who somebody is, and in which case, put right. Custody follows the days of birth of the case's young people: what a
wrong one has ended goes on."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field
from sqlmodel import SQLModel, col, select

from service.domain.act import Act, Command, Guard, Lock, Patch, operation
from service.domain.cases import policy
from service.domain.cases.enrolment import EnrolmentCode
from service.domain.cases.known import FAMILY, KnownPerson, digests_of
from service.domain.cases.model import Case, Goal, Participant, ParticipantKind, Person
from service.domain.cases.representing import end_custody, reopen_custody
from service.domain.cases.taking_out import take_out
from service.domain.cases.views import ParticipantView
from service.domain.errors import DomainError, InvalidInput
from service.domain.policy import Action, Reader, Row
from service.domain.values import Day, Language, Line


@dataclass(eq=False)
class NotToBeMoved(DomainError):
    code, title = "not-to-be-moved", "This cannot be taken out of the case any more."
    advice = "`reason` says why. What people have said, wanted or agreed is theirs, and stays where they did."
    reason: str


@dataclass(eq=False)
class NobodyNamed(DomainError):
    code, title = "nobody-named", "Who this participant is does not stand here."
    advice = "There is nothing to correct: add them anew, with their name."


@dataclass(eq=False)
class IsDuplicate(DomainError):
    code, title = "is-duplicate", "This participant is a duplicate: another one goes on."
    advice = "Correct the one that `merged_into_id` of this participant names."


def _is_named(reader: Reader, row: Row) -> sa.ColumnElement[bool]:
    person: Any = Person.__table__.alias()  # type: ignore[attr-defined]
    return sa.select(person.c.participant_id).where(person.c.participant_id == row.id).correlate_except(person).exists()


NAMED = Guard(_is_named, "who they are stands in the case", NobodyNamed)
NO_DUPLICATE = Guard(lambda reader, row: row.merged_into_id.is_(None), "they are nobody's duplicate", IsDuplicate)


class MoveParticipant(Command):
    """In which case they belong."""

    into_case_id: UUID = Field(description="A case you lead, too.")


class CorrectPerson(Patch):
    """What was wrong, as it is right; what you leave out stays."""

    name: Line = Field(default=None)  # type: ignore[assignment]
    born_on: Day = Field(default=None)  # type: ignore[assignment]
    language: Language = Field(default=None)  # type: ignore[assignment]


@operation(policy.MOVE_PARTICIPANT, on=Participant, answers=ParticipantView, raises=(NotToBeMoved,))
async def move_participant(act: Act, participant: Participant, command: MoveParticipant) -> Participant:
    """Move somebody who was added to the wrong case to the one in which they belong, as long as nothing hangs by them
    there: no login, no words, goals or steps. Codes that were made for them stop working, and providers that were told
    of them are told to remove that. Custody in the other case ends on an addressee's 18th birthday; in this one what
    that birthday has ended goes on."""
    leading = Action(act.action.name, policy.CHANGE.rule)
    case = await act.load(Case, participant.case_id, lock=Lock.ALONE, action=leading)
    into = await act.load(Case, command.into_case_id, lock=Lock.ALONE, action=leading)
    if into.authority_id != participant.authority_id:
        raise InvalidInput(errors=[{"pointer": "#/into_case_id", "detail": "is of another authority"}])
    if participant.kind == ParticipantKind.TRUSTED_PERSON:
        raise NotToBeMoved(reason="somebody there trusts them, and nobody else can say whom to trust")
    if participant.merged_into_id is not None:
        raise NotToBeMoved(reason="it is a duplicate of somebody there")
    if participant.actor_id is not None or await _hangs_by(act, participant.id):
        raise NotToBeMoved(reason="they have a login there, or something hangs by them")
    await take_out(act, participant)
    codes = select(EnrolmentCode).where(EnrolmentCode.participant_id == participant.id)
    for code in (await act.session.exec(codes)).all():
        code.expires_at = min(code.expires_at, act.now)
    for table in (KnownPerson, Person):
        theirs: Any = select(table).where(col(table.participant_id) == participant.id)
        for row in (await act.session.exec(theirs)).all():
            act.change(row, case_id=into.id)
    act.change(participant, case_id=into.id)
    born_on = await _born_on(act, participant)
    if born_on is not None:
        await reopen_custody(act, case.id, born_on)
        await end_custody(act, into.id, born_on)
    for each in (case, into):
        act.change(each)
        act.tells(each)
    return participant


@operation(policy.CORRECT_PERSON, on=Participant, answers=ParticipantView, guards=(NAMED, NO_DUPLICATE))
async def correct_person(act: Act, participant: Participant, command: CorrectPerson) -> Participant:
    """Correct somebody's name, day of birth or language (merge patch: what you leave out stays). Custody follows an
    addressee's day of birth: what a wrong one has ended goes on, and ends on the right 18th birthday."""
    if command.born_on is not None and command.born_on > act.today:
        raise InvalidInput(errors=[{"pointer": "#/born_on", "detail": "lies in the future"}])
    before = await _born_on(act, participant)
    theirs = select(Person).where(Person.participant_id == participant.id)
    person = (await act.session.exec(theirs.with_for_update())).one()
    act.change(person, **command.model_dump(exclude_unset=True))
    act.change(participant)
    if participant.kind in FAMILY and person.born_on is not None:
        await recognise(act, person)
    after = await _born_on(act, participant)
    if before is not None and before != after:
        await reopen_custody(act, participant.case_id, before)
    if after is not None:
        await end_custody(act, participant.case_id, after)
    return participant


async def _born_on(act: Act, participant: Participant) -> date | None:
    """On which day somebody was born whose coming of age ends custody; as it is by now."""
    if participant.kind != ParticipantKind.ADDRESSEE:
        return None
    await act.session.flush()
    born = select(col(Person.born_on)).where(Person.participant_id == participant.id)
    return (await act.session.exec(born)).one_or_none()


async def recognise(act: Act, person: Person) -> None:
    """Whoever asks by the right name and day finds the family, and by the wrong one no longer."""
    assert person.born_on is not None
    digest = digests_of(act.keys(), person.authority_id, person.name, person.born_on)[0]
    theirs = select(KnownPerson).where(KnownPerson.participant_id == person.participant_id)
    known = (await act.session.exec(theirs)).one_or_none()
    if known is not None:
        known.digest = digest
        return
    of_case = {"authority_id": person.authority_id, "case_id": person.case_id}
    act.session.add(KnownPerson(participant_id=person.participant_id, digest=digest, **of_case))


async def _hangs_by(act: Act, participant_id: UUID) -> bool:
    """Whether any other row names them: by whatever capability."""
    own = {"person", "known_person", "enrolment_code"}
    naming = [
        sa.exists().where(col(Goal.shared_with).contains([participant_id])),
        *(
            sa.exists().where(key.parent == participant_id)
            for table in SQLModel.metadata.sorted_tables
            for key in table.foreign_keys
            if key.column.table.name == "participant" and table.name not in own
        ),
    ]
    return bool((await (await act.session.connection()).execute(sa.select(sa.or_(*naming)))).scalar_one())
