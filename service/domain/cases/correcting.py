"""What was written into the wrong case is taken out of it, or moved to where it belongs. The people of the wrong case
do not see it any more, nothing is lost, and whoever leads the case learns who has seen it meanwhile, so that these can
be told (facts, PR4; § 35(1) SGB I)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel, Field
from sqlmodel import SQLModel, col, select

from service.domain.access.model import Membership, Organisation, columns_of
from service.domain.act import Act, Command, Lock, operation
from service.domain.audit import AuditEntry
from service.domain.cases import policy
from service.domain.cases.enrolment import EnrolmentCode
from service.domain.cases.known import KnownPerson
from service.domain.cases.model import (
    Audience,
    Case,
    Goal,
    GoalState,
    Participant,
    ParticipantKind,
    Person,
    Question,
    Suggestion,
)
from service.domain.cases.picture import SituationEntry
from service.domain.cases.represented import FormerName
from service.domain.cases.representing import end_representations
from service.domain.cases.taking_out import take_out
from service.domain.cases.views import ParticipantView
from service.domain.errors import DomainError, InvalidInput
from service.domain.events import Event
from service.domain.policy import Action

MOST_SEEN = 1000


class EntryKind(StrEnum):
    """What can be in the wrong case: words of those who work on it. Other people's words are their own."""

    SUGGESTION = "suggestion"
    SITUATION_ENTRY = "situation_entry"
    GOAL = "goal"


# The table, and the views that show its rows.
ENTRIES: dict[EntryKind, tuple[Any, str]] = {
    EntryKind.SUGGESTION: (Suggestion, "Suggestion"),
    EntryKind.SITUATION_ENTRY: (SituationEntry, "SituationEntry"),
    EntryKind.GOAL: (Goal, "Goal"),
}


@dataclass(eq=False)
class NotToBeMoved(DomainError):
    code, title = "not-to-be-moved", "This cannot be taken out of the case any more."
    advice = "`reason` says why. What people have said, wanted or agreed is theirs, and stays where they did."
    reason: str


class WithdrawEntry(Command):
    """What is in the wrong case, and where it belongs."""

    kind: EntryKind = Field(description="What sort of entry it is.")
    entry_id: UUID = Field(description="Which one: of this case.")
    into_case_id: UUID | None = Field(
        None, description="Where it belongs: a case you lead, too. Left out, it is there for its author alone."
    )


class MoveParticipant(Command):
    """In which case they belong."""

    into_case_id: UUID = Field(description="A case you lead, too.")


class SeenBy(BaseModel):
    """Somebody who has read such entries of the case since this one was there."""

    at: datetime = Field(description="When.")
    organisation: str | None = Field(description="For whom they work; null for the people of the case.")
    function: str | None = Field(description="As what; null for the people of the case.")


class WithdrawnEntry(BaseModel):
    """It is out of the case. Whoever is listed may have seen it: tell them that it does not belong there."""

    entry_id: UUID = Field(description="What was taken out.")
    case_id: UUID = Field(description="Where it is now.")
    seen: list[SeenBy] = Field(description="Who may have read it, in the order in which they did.")


@operation(policy.WITHDRAW_ENTRY, on=Case, answers=WithdrawnEntry, versioned=False, raises=(NotToBeMoved,))
async def withdraw_entry(act: Act, case: Case, command: WithdrawEntry) -> tuple[Case, WithdrawnEntry]:
    """Take what was written into the wrong case out of it, or move it to the case in which it belongs. Nobody else in
    this case reads it any more, and providers that were told of it are told to remove it; where it is not moved, its
    author still reads it. Says who may have seen it."""
    table, view = ENTRIES[command.kind]
    entry = await act.load(table, command.entry_id, lock=Lock.ALONE, action=Action(act.action.name, policy.WITHDRAWN))
    if entry.case_id != case.id:
        raise InvalidInput(errors=[{"pointer": "#/entry_id", "detail": "is no such entry of this case"}])
    await _refuse_own_words(act, entry)
    told = await take_out(act, entry)
    seen = await _seen(act, entry, view, told)
    if command.into_case_id is None:
        act.change(entry, audience=Audience.AUTHOR.value, audience_of=[])
    else:
        into = await act.load(Case, command.into_case_id, lock=Lock.ALONE)
        act.change(entry, **await _there(act, entry, into))
        act.change(into)
        act.tells(into)
    act.change(case)
    return case, WithdrawnEntry(entry_id=entry.id, case_id=entry.case_id, seen=seen)


@operation(policy.MOVE_PARTICIPANT, on=Participant, answers=ParticipantView, raises=(NotToBeMoved,))
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
    if participant.actor_id is not None or await hangs_by(act, participant.id):
        raise NotToBeMoved(reason="they have a login there, or something hangs by them")
    await take_out(act, participant)
    codes = select(EnrolmentCode).where(EnrolmentCode.participant_id == participant.id)
    for code in (await act.session.exec(codes)).all():
        code.expires_at = min(code.expires_at, act.now)
    await end_representations(act, participant)
    for table in (Person, KnownPerson, FormerName):
        theirs: Any = select(table).where(col(table.participant_id) == participant.id)
        for row in (await act.session.exec(theirs)).all():
            act.change(row, case_id=into.id)
    act.change(participant, case_id=into.id)
    for each in (case, into):
        act.change(each)
        act.tells(each)
    return participant


async def _refuse_own_words(act: Act, entry: Any) -> None:
    own = select(Participant.id).where(Participant.case_id == entry.case_id, Participant.actor_id == entry.author_id)
    if (await act.session.exec(own)).first() is not None:
        raise NotToBeMoved(reason="it is somebody's own")
    if isinstance(entry, Goal) and entry.state != GoalState.DRAFT:
        raise NotToBeMoved(reason="its owner has agreed it")


async def _there(act: Act, entry: Any, into: Case) -> dict[str, Any]:
    """What an entry says of its place, in the other case. Nobody there is one of those it was named to."""
    named = {"audience": Audience.AUTHOR.value, "audience_of": []} if entry.audience == Audience.NAMED else {}
    if isinstance(entry, Goal):
        detail = "a goal is somebody's in this case: propose it there anew, and leave this out"
        raise InvalidInput(errors=[{"pointer": "#/into_case_id", "detail": detail}])
    if isinstance(entry, Suggestion):
        asked = select(Question).where(Question.id == entry.question_id)
        numeral = (await act.session.exec(asked)).one().numeral
        there = select(Question.id).where(Question.case_id == into.id, Question.numeral == numeral)
        question = (await act.session.exec(there.order_by(col(Question.position).desc()).limit(1))).one()
        return {"case_id": into.id, "question_id": question, **named}
    return {"case_id": into.id, **named}


async def _seen(act: Act, taken: Any, view: str, told: set[UUID]) -> list[SeenBy]:
    """Who has read entries of this kind in the case since this one came, or the mailbox of an organisation that was
    told of this one: more than that is not on record."""
    entry: Any = AuditEntry.__table__.c  # type: ignore[attr-defined]
    event: Any = Event.__table__.c  # type: ignore[attr-defined]
    membership = columns_of(Membership)
    organisation: Any = Organisation.__table__.c  # type: ignore[attr-defined]
    came = sa.select(sa.func.min(event.at)).where(event.subject_id == taken.id, event.case_id == taken.case_id)
    working = sa.and_(
        membership.actor_id == entry.actor_id,
        membership.valid_from <= entry.at,
        sa.or_(membership.valid_to.is_(None), membership.valid_to > entry.at),
    )
    mailbox = sa.and_(organisation.id.in_(told), entry.action.regexp_match(r"^read .*\mDelivery\M"))
    looks = (
        sa.select(entry.at, organisation.name, membership.function)
        .select_from(sa.outerjoin(AuditEntry, Membership, working).outerjoin(Organisation))
        .where(entry.cases.contains([taken.case_id]), entry.at >= came.scalar_subquery())
        .where(sa.or_(entry.action.regexp_match(rf"^read .*\m{view}\M"), mailbox), entry.actor_id != act.actor.id)
        .order_by(entry.sequence)
        .limit(MOST_SEEN)
    )
    rows = (await (await act.session.connection()).execute(looks)).all()
    return [SeenBy(at=row.at, organisation=row.name, function=row.function) for row in rows]


async def hangs_by(act: Act, participant_id: UUID) -> bool:
    """Whether any other row names them: by whatever capability."""
    own = {"person", "known_person", "former_name", "representation", "enrolment_code"}
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
