"""Two participants of a case who are one person become one. Within a case nobody sees more by that, so whatever names
the duplicate names the other one from then on: words, goals, steps, invitations, ways in. The duplicate stays, and says
who it is; what was said under which of the two is not kept, so this is not taken back (cases are: `uniting.py`)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import SQLModel, col, select

from service.domain.act import Act, Command, Lock, operation
from service.domain.cases import policy
from service.domain.cases.apart import ExcludedFromCase, one_at_a_time
from service.domain.cases.completing import recognise
from service.domain.cases.enrolment import EnrolmentCode
from service.domain.cases.known import FAMILY
from service.domain.cases.model import Case, Goal, Participant, ParticipantKind, Person
from service.domain.cases.represented import Representation
from service.domain.cases.representing import unite_representations
from service.domain.cases.views import ParticipantView
from service.domain.errors import DomainError, InvalidInput
from service.domain.rows import MODELS

# Who each of the two is said to be, was called, and was let in as.
KEPT_APART = {"person", "known_person", "former_name", "enrolment_code"}

ONCE = {  # where somebody stands but once, as long as a row is present: beside which, and what to say where both do
    "answer": ("question_id", "both have words on the same question"),
    "consultation_participant": ("consultation_id", "both are invited to the same consultation"),
    "confidential_counselling": ("case_id", "both are counselled without their custodians' knowledge: end one of them"),
}


@dataclass(eq=False)
class NotOnePerson(DomainError):
    code, title = "not-one-person", "These two cannot become one participant."
    advice = "`reason` says why, and what to put right first. Merging is not taken back."
    reason: str


class MergeParticipant(Command):
    """Whose duplicate it is."""

    into_id: UUID = Field(description="The participant that goes on: of this case, and of the same kind.")


@operation(policy.MERGE_PARTICIPANT, on=Participant, answers=ParticipantView, raises=(NotOnePerson, ExcludedFromCase))
async def merge_participant(act: Act, participant: Participant, command: MergeParticipant) -> Participant:
    """Merge a duplicate into the participant who is the same person in this case. Whatever named the duplicate names
    that one from then on: words, goals, steps, help, invitations, a login. Nothing is lost, and it is not taken back;
    the duplicate stays, and says whose it was."""
    into = await act.load(Participant, command.into_id, lock=Lock.ALONE)
    if into.case_id != participant.case_id or into.id == participant.id:
        raise InvalidInput(errors=[{"pointer": "#/into_id", "detail": "must be another participant of this case"}])
    await one_at_a_time(act, participant.case_id)
    # Whoever adds something that names one of them shares its key until the end: afterwards nothing new does.
    both = select(Participant.id).where(col(Participant.id).in_([participant.id, into.id]))
    await act.session.exec(both.order_by(col(Participant.id)).with_for_update())
    await _refuse_two_persons(act, participant, into)
    await _refuse_both_standing(act, participant, into)
    actor_id = into.actor_id or participant.actor_id
    act.change(participant, actor_id=None, merged_into_id=into.id)
    await act.session.flush()
    act.change(into, actor_id=actor_id)
    await _name_instead(act, participant, into)
    await unite_representations(act, into)
    codes = select(EnrolmentCode).where(EnrolmentCode.participant_id == participant.id)
    for code in (await act.session.exec(codes)).all():
        code.expires_at = min(code.expires_at, act.now)
    case = await act.load(Case, participant.case_id, action=policy.CHANGE)
    for each in (case, into):
        act.tells(each)
    return participant


async def _refuse_two_persons(act: Act, participant: Participant, into: Participant) -> None:
    if participant.merged_into_id is not None or into.merged_into_id is not None:
        raise NotOnePerson(reason="one of them is a duplicate already: name who it went into")
    if participant.kind != into.kind or participant.kind == ParticipantKind.TRUSTED_PERSON:
        raise NotOnePerson(reason="they are not of the same kind, or trusted: whom to trust is for an addressee to say")
    if into.left_on is not None and participant.left_on is None:
        raise NotOnePerson(reason="the one who is to go on has left the case: let them come back first")
    if participant.actor_id is not None and into.actor_id is not None:
        raise NotOnePerson(reason="each of them has a login: undo the wrong enrolment first")
    persons = select(Person).where(col(Person.participant_id).in_([participant.id, into.id]))
    known = {each.participant_id: each for each in (await act.session.exec(persons.with_for_update())).all()}
    born = {each.born_on for each in known.values()} - {None}
    if len(born) > 1:
        raise NotOnePerson(reason="they were born on different days: correct the wrong one first")
    if born and into.id in known:
        act.change(known[into.id], born_on=born.pop())
        if into.kind in FAMILY:
            await recognise(act, into, known[into.id])


async def _refuse_both_standing(act: Act, participant: Participant, into: Participant) -> None:
    for name, (beside, reason) in ONCE.items():
        there = SQLModel.metadata.tables[name].c
        present = [there[name].is_(None) for name in ("replaced_at", "ended_on") if name in there]
        rows = sa.select(there[beside]).where(
            there.case_id == into.case_id, there.participant_id.in_([participant.id, into.id]), *present
        )
        twice = rows.group_by(there[beside]).having(sa.func.count(there.participant_id.distinct()) > 1).limit(1)
        if (await (await act.session.connection()).execute(twice)).first() is not None:
            raise NotOnePerson(reason=reason)
    two = [participant.id, into.id]
    each_other = select(Representation.id).where(
        col(Representation.participant_id).in_(two), col(Representation.represented_id).in_(two)
    )
    if (await act.session.exec(each_other.limit(1))).first() is not None:
        raise NotOnePerson(reason="one of them represents the other, or did")


async def _name_instead(act: Act, duplicate: Participant, into: Participant) -> None:
    for model, names, lists in _naming():
        columns = model.__table__.c  # type: ignore[attr-defined]
        found = sa.or_(
            *(columns[name] == duplicate.id for name in names),
            *(columns[name].contains([duplicate.id]) for name in lists),
        )
        rows: Any = select(model).where(columns.case_id == duplicate.case_id, found, columns.id != duplicate.id)
        for row in (await act.session.exec(rows.order_by(columns.id).with_for_update())).all():
            values: dict[str, Any] = {name: into.id for name in names if getattr(row, name) == duplicate.id}
            for name in lists:
                instead = (into.id if each == duplicate.id else each for each in getattr(row, name))
                values[name] = list(dict.fromkeys(instead))
            act.change(row, **values)
            if isinstance(row, Goal):  # nobody shares a goal with themselves
                row.shared_with = [each for each in row.shared_with if each != row.participant_id]
            act.tells(row)


def _naming() -> Iterator[tuple[type[SQLModel], list[str], list[str]]]:
    """What names participants, of whatever capability: by a key, or in a list of ids."""
    for table, model in sorted(MODELS.items(), key=lambda each: each[0].name):
        names = [key.parent.name for key in table.foreign_keys if key.column.table.name == "participant"]
        names = [name for name in names if name != "merged_into_id"]
        lists = [
            each.name for each in table.c if isinstance(each.type, ARRAY) and isinstance(each.type.item_type, sa.Uuid)
        ]
        if (names or lists) and "case_id" in table.c and table.name not in KEPT_APART:
            yield model, names, lists
