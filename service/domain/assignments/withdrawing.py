"""What was written into the wrong case, or should not stand there, is taken out of it, or moved to where it belongs.
Nobody of the case sees it any more, and no provider. Nothing is lost: that it was there stays on record, and whoever
leads the case learns who has seen it meanwhile, so that these can be told (facts, PR4; § 35(1) SGB I, § 84 SGB X)."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel, Field
from sqlmodel import col, select

from service.domain.access.model import CaseAccess, Membership, Organisation, columns_of, not_over
from service.domain.access.operations import end
from service.domain.act import Act, Lock, operation
from service.domain.assignments.model import ProviderRecord
from service.domain.assignments.policy import READ_RECORD
from service.domain.audit import entries_about
from service.domain.budgets.ledger import PeriodClosed
from service.domain.cases import policy
from service.domain.cases.correcting import NotToBeMoved
from service.domain.cases.model import (
    TO_DO,
    Audience,
    Case,
    CaseState,
    Goal,
    GoalState,
    Question,
    Step,
    StepState,
    Suggestion,
)
from service.domain.cases.picture import SituationEntry
from service.domain.cases.policy import LEADING
from service.domain.cases.taking_out import ENTRIES, FOR_ITS_AUTHOR, Entry, WithdrawEntry, stays, take_out
from service.domain.cases.tick_offs import TickOff
from service.domain.cases.withdrawals import EntryKind, Withdrawal, WithdrawnBecause
from service.domain.decisions.annulling import StillBooked, annul
from service.domain.decisions.model import Decision
from service.domain.decisions.perspectives import Perspective
from service.domain.decisions.policy import READ_DECISION, READ_PERSPECTIVE, READ_SETTING
from service.domain.decisions.setting_changes import SettingChange
from service.domain.errors import InvalidInput
from service.domain.events import Event
from service.domain.policy import Action, Part
from service.domain.views import view_of

MOST_SEEN = 1000


class SeenBy(BaseModel):
    """Somebody who has read such entries of the case since this one was there."""

    at: datetime = Field(description="When.")
    organisation: str | None = Field(description="For whom they work; null for the people of the case.")
    function: str | None = Field(description="As what; null for the people of the case.")


class WithdrawnEntry(BaseModel):
    """It is out of the case. Whoever is listed may have seen it: tell them that it does not belong there."""

    withdrawal_id: UUID = Field(description="Under which it is on record; see GET /v1/cases/{id}/withdrawals.")
    entry_id: UUID = Field(description="What was taken out.")
    case_id: UUID = Field(description="Where it is now.")
    seen: list[SeenBy] = Field(description="Who may have read it, in the order in which they did.")


@operation(
    policy.WITHDRAW_ENTRY,
    on=Case,
    answers=WithdrawnEntry,
    versioned=False,
    raises=(NotToBeMoved, StillBooked, PeriodClosed),
)
async def withdraw_entry(act: Act, case: Case, command: WithdrawEntry) -> tuple[Withdrawal, WithdrawnEntry]:
    """Take what does not belong in this case out of it, or move it to the case in which it belongs. Nobody else in this
    case reads it any more, and providers that were told of it are told to remove it; where it is not moved, its author
    still reads it. That it was there, who took it out and why stays on record for them, for whoever could read it and
    for audits. A decision is annulled, and what it has bound is free again. Says who may have seen it."""
    known = ENTRIES[command.kind]
    taking_out = Action(act.action.name, known.rule)
    entry = await act.load(known.table, command.entry_id, lock=Lock.ALONE, action=taking_out)
    if entry.case_id != case.id:
        raise InvalidInput(errors=[{"pointer": "#/entry_id", "detail": "is no such entry of this case"}])
    author_id = getattr(entry, known.author)
    await _refuse_own_words(act, case, author_id)
    into = None
    if command.into_case_id is not None:
        await act.load(Case, case.id, action=policy.MOVE_ENTRY)
        into = await act.load(Case, command.into_case_id, lock=Lock.ALONE)
    if into is not None and (
        into.id == case.id or into.authority_id != case.authority_id or into.state == CaseState.MERGED
    ):
        detail = "must be another case of this authority, that was not merged"
        raise InvalidInput(errors=[{"pointer": "#/into_case_id", "detail": detail}])
    left = await known.leaves(act, entry, command, into)
    told = await take_out(act, entry)
    withdrawal = Withdrawal(
        authority_id=case.authority_id,
        case_id=case.id,
        kind=command.kind.value,
        entry_id=entry.id,
        part=known.part.value,
        because=command.because.value,
        reason=command.reason,
        into_case_id=command.into_case_id,
        withdrawn_by_id=act.actor.id,
        withdrawn_at=act.now,
        author_id=author_id,
        **await known.heard(act, entry),
    )
    seen = await _seen(act, entry, view_of(known.table.__table__).name, told)
    act.change(entry, **left)
    act.change(case)
    act.tells(case)
    if into is not None:
        act.change(into)
        act.tells(into)
        act.tells(entry)  # since when it is there: whoever takes it out again is told who has read it by then
    answer = WithdrawnEntry(withdrawal_id=withdrawal.id, entry_id=entry.id, case_id=entry.case_id, seen=seen)
    return act.add(withdrawal), answer


async def _refuse_own_words(act: Act, case: Case, author_id: UUID) -> None:
    """Of whoever is one of the people of the case, or was."""
    own = select(CaseAccess.id).where(
        CaseAccess.case_id == case.id, CaseAccess.actor_id == author_id, col(CaseAccess.participant_id).is_not(None)
    )
    if (await act.session.exec(own)).first() is not None:
        raise NotToBeMoved(reason="it is somebody's own")


async def _moves(act: Act, entry: Any, command: WithdrawEntry, into: Case | None) -> dict[str, Any]:
    """Nobody in the other case is one of those it was named to."""
    if into is None:
        return FOR_ITS_AUTHOR
    return {"case_id": into.id, **(FOR_ITS_AUTHOR if entry.audience == Audience.NAMED else {})}


async def _moves_to_question(
    act: Act, suggestion: Suggestion, command: WithdrawEntry, into: Case | None
) -> dict[str, Any]:
    """To the same question there."""
    moved = await _moves(act, suggestion, command, into)
    if into is not None:
        asked = select(Question).where(Question.id == suggestion.question_id)
        numeral = (await act.session.exec(asked)).one().numeral
        there = select(Question.id).where(Question.case_id == into.id, Question.numeral == numeral)
        latest = there.order_by(col(Question.cycle).desc(), col(Question.position).desc()).limit(1)
        moved["question_id"] = (await act.session.exec(latest)).one()
    return moved


async def _drops_draft(act: Act, goal: Goal, command: WithdrawEntry, into: Case | None) -> dict[str, Any]:
    stays(into, "a goal is somebody's in this case: propose it there anew, and leave this out")
    if goal.state != GoalState.DRAFT:
        raise NotToBeMoved(reason="its owner has agreed it")
    return FOR_ITS_AUTHOR


async def _drops_step(act: Act, step: Step, command: WithdrawEntry, into: Case | None) -> dict[str, Any]:
    """It is nobody's to do any more, and links to it end."""
    stays(into, "a step leads to a goal of this case: plan it there anew, and leave this out")
    word = select(TickOff.id).where(TickOff.step_id == step.id)
    if step.state not in TO_DO or (await act.session.exec(word)).first() is not None:
        raise NotToBeMoved(reason="somebody has ticked it off, or said something about it")
    links = select(CaseAccess).where(CaseAccess.step_id == step.id, not_over(columns_of(CaseAccess)))
    for access in (await act.session.exec(links.with_for_update())).all():
        end(act, access)
    done = {"state": StepState.NOT_DONE.value, "remark": command.reason, "finished_at": act.now}
    return {**FOR_ITS_AUTHOR, **done}


async def _drops_record(act: Act, record: ProviderRecord, command: WithdrawEntry, into: Case | None) -> dict[str, Any]:
    stays(into, "it reports on an assignment of this case: ask the provider to report there, and leave this out")
    return FOR_ITS_AUTHOR


async def _stays(act: Act, entry: Any, command: WithdrawEntry, into: Case | None) -> dict[str, Any]:
    stays(into, "it is about somebody in this case, or their help: record it there anew, and leave this out")
    return FOR_ITS_AUTHOR


async def _annuls(act: Act, decision: Decision, command: WithdrawEntry, into: Case | None) -> dict[str, Any]:
    stays(into, "a decision is about an element of this case: decide there anew, and leave this out")
    if command.because is not WithdrawnBecause.WRONG_CASE:
        detail = "of a decision must be wrong_case: whoever sees it otherwise decides anew, or ends the help"
        raise InvalidInput(errors=[{"pointer": "#/because", "detail": detail}])
    if decision.annulled_on is not None:
        raise NotToBeMoved(reason="it is annulled already")
    await annul(act, decision)
    return {"annulled_on": act.today}


ENTRIES |= {
    EntryKind.SUGGESTION: Entry(Suggestion, LEADING & policy.READ_ANSWER, Part.QUESTIONS, _moves_to_question),
    EntryKind.SITUATION_ENTRY: Entry(SituationEntry, LEADING & policy.READ_SITUATION, Part.CONCERN, _moves),
    EntryKind.GOAL: Entry(Goal, LEADING & policy.READ_GOAL, Part.GOALS, _drops_draft),
    EntryKind.STEP: Entry(Step, LEADING & policy.READ_STEP, Part.STEPS, _drops_step),
    EntryKind.PROVIDER_RECORD: Entry(ProviderRecord, LEADING & READ_RECORD, Part.CONCERN, _drops_record),
    EntryKind.DECISION: Entry(Decision, LEADING & READ_DECISION, Part.ARRANGEMENT, _annuls, author="decided_by_id"),
    EntryKind.SETTING_CHANGE: Entry(SettingChange, LEADING & READ_SETTING, Part.ARRANGEMENT, _stays),
    EntryKind.PERSPECTIVE: Entry(Perspective, LEADING & READ_PERSPECTIVE, Part.ARRANGEMENT, _stays),
}


async def _seen(act: Act, taken: Any, view: str, told: set[UUID]) -> list[SeenBy]:
    """Who has read entries of this kind in the case since this one came (the last time), or the mailbox of an
    organisation that was told of this one: more than that is not on record."""
    entries = entries_about(taken.case_id)
    entry: Any = entries.c
    event: Any = Event.__table__.c  # type: ignore[attr-defined]
    membership = columns_of(Membership)
    organisation: Any = Organisation.__table__.c  # type: ignore[attr-defined]
    elsewhere = sa.select(sa.func.max(event.at)).where(event.subject_id == taken.id, event.case_id != taken.case_id)
    came = sa.select(sa.func.min(event.at)).where(
        event.subject_id == taken.id,
        event.case_id == taken.case_id,
        event.at > sa.func.coalesce(elsewhere.scalar_subquery(), sa.text("'-infinity'")),
    )
    working = sa.and_(
        membership.actor_id == entry.actor_id,
        membership.valid_from <= entry.at,
        sa.or_(membership.valid_to.is_(None), membership.valid_to > entry.at),
    )
    mailbox = sa.and_(organisation.id.in_(told), entry.action.regexp_match(r"^read .*\mDelivery\M"))
    looks = (
        sa.select(entry.at, organisation.name, membership.function)
        .select_from(sa.outerjoin(entries, Membership, working).outerjoin(Organisation))
        .where(entry.at >= came.scalar_subquery())
        .where(sa.or_(entry.action.regexp_match(rf"^read .*\m{view}\M"), mailbox), entry.actor_id != act.actor.id)
        .order_by(entry.sequence)
        .limit(MOST_SEEN)
    )
    rows = (await (await act.session.connection()).execute(looks)).all()
    return [SeenBy(at=row.at, organisation=row.name, function=row.function) for row in rows]
