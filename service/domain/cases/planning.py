"""Goals that their owner agrees, and the steps towards them."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field
from sqlmodel import col, select

from service.domain.access.holding import open_cases
from service.domain.access.reader import Setting
from service.domain.act import Act, Command, Guard, Patch, operation
from service.domain.cases import policy
from service.domain.cases.falling_away import drop_steps_of, take_up_steps_of
from service.domain.cases.going_on import CASE_GOES_ON, CASE_STATES_GOING_ON, GOES_ON, CaseOver, over
from service.domain.cases.hearing import Hearing, audience_of
from service.domain.cases.model import (
    PURSUED,
    TO_DO,
    Audience,
    Case,
    Goal,
    GoalKind,
    GoalState,
    Participant,
    ParticipantKind,
    Person,
    Step,
    StepState,
    is_younger,
)
from service.domain.cases.views import (
    GoalView,
    StepView,
)
from service.domain.errors import DomainError, InvalidInput
from service.domain.policy import PROFESSIONAL, Part, Reader, Row
from service.domain.values import ClientId, Day, Line, Words

YOUNG = 15  # years: until then a will can be recorded; from then on one acts oneself (§ 36(1) SGB I)


@dataclass(eq=False)
class AgreedByThemselves(DomainError):
    code, title = "agreed-by-themselves", "Whoever can agree a goal does it themselves."
    advice = (
        "Only of a child under 15 without a login a will is recorded. Ask them to agree: POST /v1/goals/{id}/agree."
    )


@dataclass(eq=False)
class OthersToAgree(DomainError):
    code, title = "others-to-agree", "The others whose goal it is have not agreed it yet."
    advice = "Ask them first: POST /v1/goals/{id}/agree. `shared_with` names them, `agreed_by` who has."


def _is_young(reader: Reader, row: Row) -> sa.ColumnElement[bool]:
    participant: Any = Participant.__table__.alias()  # type: ignore[attr-defined]
    person: Any = Person.__table__.alias()  # type: ignore[attr-defined]
    young = sa.select(participant.c.id).where(
        participant.c.id == row.participant_id,
        participant.c.kind == sa.literal_column(f"'{ParticipantKind.ADDRESSEE}'"),
        participant.c.actor_id.is_(None),
        person.c.participant_id == participant.c.id,
        is_younger(person.c.born_on, YOUNG, reader.today),
    )
    return young.correlate_except(participant, person).exists()


OF_A_CHILD = Guard(_is_young, "it is the goal of a child under 15 who has no login", AgreedByThemselves)

OTHERS_AGREED = Guard(
    lambda reader, row: row.shared_with.contained_by(row.agreed_by),
    "everybody it is shared with has agreed it",
    OthersToAgree,
)


class ProposeGoal(Hearing):
    """A goal for somebody in the case, as a draft."""

    id: ClientId
    participant_id: UUID = Field(description="Whose goal it is; only they can agree it.")
    kind: GoalKind = GoalKind.ACTION
    statement: Words
    how_noticed: Words | None = Field(None, description="How will we notice that it is reached?")
    feasibility: Words | None = Field(None, description="What makes it realistic, and what it takes.")
    target_on: Day | None = None
    shared_with: list[UUID] = Field(
        default_factory=list, max_length=20, description="Participants whose goal it is, too; it takes each of them."
    )
    replaces_id: UUID | None = Field(None, description="A goal of theirs that it takes the place of once agreed.")


class ChangeGoal(Patch):
    """What is to change; what is left out stays, null empties."""

    statement: Words = Field(default=None)  # type: ignore[assignment]
    how_noticed: Words | None = None
    feasibility: Words | None = Field(None, description="What makes it realistic, and what it takes.")
    target_on: Day | None = None


class RecordWill(Command):
    """How it was found out."""

    will_found_out: Words = Field(description="What the child said, showed or drew; with whom, and when.")


class PlanStep(Hearing):
    """All six slots: who wants it, who does it, with whom, how, by when, with what."""

    id: ClientId
    wanted_by_id: UUID = Field(description="Who wants it: a participant.")
    done_by_id: UUID = Field(description="Who does it: a participant, with or without an account.")
    done_with_id: UUID | None = Field(
        None, description="Who of those who work on the case does it with them, or for them; see GET /v1/staff."
    )
    with_whom: Line
    how: Words
    due_on: Day = Field(description="By when.")
    with_what: Line


class ChangeStep(Patch):
    """What is to change; what is left out stays. To another day it is moved, with a reason."""

    done_with_id: UUID | None = Field(None, description="Who of those who work on the case does it with them.")
    with_whom: Line = Field(default=None)  # type: ignore[assignment]
    how: Words = Field(default=None)  # type: ignore[assignment]
    with_what: Line = Field(default=None)  # type: ignore[assignment]


class MoveStep(Command):
    """Until when, and why."""

    due_on: Day = Field(description="By when it is to be done now.")
    reason: Words = Field(description="Why it takes longer, or can be sooner.")


class FinishStep(Command):
    """Ticking off."""

    remark: Words | None = Field(None, description="A word to go with it.")


class LeaveStep(Command):
    """Saying that it was not done."""

    reason: Words = Field(description="Why it was not done.")


@operation(policy.PROPOSE_GOAL, on=Case, answers=GoalView, states=CASE_STATES_GOING_ON, guards=(GOES_ON,))
async def propose_goal(act: Act, case: Case, command: ProposeGoal) -> Goal:
    """Propose a goal. It is a draft until the person whose goal it is agrees it."""
    await _participants(act, case.id, participant_id=command.participant_id)
    await _all_there(act, case.id, command)
    await _replaceable(act, case.id, command)
    return act.add(
        Goal(
            id=command.id,
            authority_id=case.authority_id,
            case_id=case.id,
            participant_id=command.participant_id,
            kind=command.kind.value,
            statement=command.statement,
            how_noticed=command.how_noticed,
            feasibility=command.feasibility,
            target_on=command.target_on,
            shared_with=list(dict.fromkeys(command.shared_with)),
            replaces_id=command.replaces_id,
            author_id=act.actor.id,
            **audience_of(command),
        )
    )


@operation(policy.CHANGE_GOAL, on=Goal, answers=GoalView, states=(GoalState.DRAFT,))
async def change_goal(act: Act, goal: Goal, command: ChangeGoal) -> Goal:
    """Reword a goal while it is a draft (merge patch: what you leave out stays, null empties). Who has agreed it so far
    is asked anew."""
    act.change(goal, agreed_by=[], **command.model_dump(exclude_unset=True))
    return goal


@operation(policy.AGREE_GOAL, on=Goal, answers=GoalView, states=(GoalState.DRAFT, GoalState.WILL_RECORDED))
async def agree_goal(act: Act, goal: Goal) -> Goal:
    """Agree your own goal. Nobody can do it for you; one that is shared is agreed when each has."""
    mine = select(Participant.id).where(Participant.case_id == goal.case_id, Participant.actor_id == act.actor.id)
    agreed_by = [*dict.fromkeys([*goal.agreed_by, (await act.session.exec(mine)).one()])]
    if not {goal.participant_id, *goal.shared_with} <= set(agreed_by):
        act.change(goal, agreed_by=agreed_by)
        return goal
    act.change(goal, agreed_by=agreed_by, state=GoalState.AGREED.value, agreed_at=act.now)
    await _replace(act, goal)
    return goal


@operation(policy.RECORD_WILL, on=Goal, answers=GoalView, states=(GoalState.DRAFT,), guards=(OF_A_CHILD, OTHERS_AGREED))
async def record_will(act: Act, goal: Goal, command: RecordWill) -> Goal:
    """Record how a young child's will was found out. It is not agreed by that: nobody agrees for a child, who can agree
    it later. One that is shared is first agreed by the others."""
    act.change(goal, state=GoalState.WILL_RECORDED.value, will_found_out=command.will_found_out)
    await _replace(act, goal)
    return goal


@operation(policy.PLAN_STEP, on=Goal, answers=StepView, states=PURSUED, guards=(CASE_GOES_ON,))
async def plan_step(act: Act, goal: Goal, command: PlanStep) -> Step:
    """Plan a next step towards an agreed goal, or a young child's, with all six slots."""
    await _still_goes_on(act, goal.case_id)
    await _participants(act, goal.case_id, wanted_by_id=command.wanted_by_id, done_by_id=command.done_by_id)
    step = Step(
        id=command.id,
        authority_id=goal.authority_id,
        case_id=goal.case_id,
        goal_id=goal.id,
        author_id=act.actor.id,
        **command.model_dump(exclude={"id", "audience", "audience_of"}),
        **audience_of(command),
    )
    await _works_on(act, step, command.done_with_id)
    return act.add(step)


@operation(policy.CHANGE_STEP, on=Step, answers=StepView, states=TO_DO)
async def change_step(act: Act, step: Step, command: ChangeStep) -> Step:
    """Change a step's slots while it is open (merge patch: what you leave out stays)."""
    await _works_on(act, step, command.done_with_id)
    act.change(step, **command.model_dump(exclude_unset=True))
    return step


@operation(policy.MOVE_STEP, on=Step, answers=StepView, states=TO_DO)
async def move_step(act: Act, step: Step, command: MoveStep) -> Step:
    """Move a step to another day, and say why. It stays open; when it was due at first stays with it."""
    first = step.first_due_on or step.due_on
    act.change(step, due_on=command.due_on, first_due_on=first, moved_because=command.reason)
    return step


@operation(policy.FINISH_STEP, on=Step, answers=StepView, states=(StepState.OPEN,), versioned=False)
async def begin_step(act: Act, step: Step) -> Step:
    """Say that you have begun. Nobody has to: an open step can be ticked off as it is."""
    act.change(step, state=StepState.DOING.value)
    return step


# A tick-off needs no version: what counts is whether the step is still open (settled: Interface).
@operation(policy.FINISH_STEP, on=Step, answers=StepView, states=TO_DO, versioned=False)
async def finish_step(act: Act, step: Step, command: FinishStep) -> Step:
    """Tick a step off, with a word if you like."""
    act.change(step, state=StepState.DONE.value, remark=command.remark, finished_at=act.now)
    return step


@operation(policy.FINISH_STEP, on=Step, answers=StepView, states=TO_DO, versioned=False)
async def leave_step(act: Act, step: Step, command: LeaveStep) -> Step:
    """Say that a step was not done, and why."""
    act.change(step, state=StepState.NOT_DONE.value, remark=command.reason, finished_at=act.now)
    return step


async def _all_there(act: Act, case_id: UUID, command: ProposeGoal) -> None:
    """Those a goal is shared with are in the case, and can agree it: its people, and not the owner twice."""
    kinds = [
        kind.value for kind in (ParticipantKind.ADDRESSEE, ParticipantKind.CUSTODIAN, ParticipantKind.REPRESENTATIVE)
    ]
    there = select(Participant.id).where(
        Participant.case_id == case_id, col(Participant.kind).in_(kinds), col(Participant.merged_into_id).is_(None)
    )
    known = set((await act.session.exec(there)).all()) - {command.participant_id}
    if not known.issuperset(command.shared_with):
        detail = "names somebody who cannot agree it beside its owner"
        raise InvalidInput(errors=[{"pointer": "#/shared_with", "detail": detail}])


async def _replaceable(act: Act, case_id: UUID, command: ProposeGoal) -> None:
    """What is hidden from whoever proposes, and what is not there, get the same answer."""
    if command.replaces_id is None:
        return
    earlier = select(Goal.id).where(
        Goal.id == command.replaces_id,
        Goal.case_id == case_id,
        Goal.participant_id == command.participant_id,
        col(Goal.state).in_([state.value for state in PURSUED]),
        policy.READ_GOAL.condition(Setting(), Goal.__table__.c),  # type: ignore[attr-defined]
    )
    if (await act.session.exec(earlier)).one_or_none() is None:
        detail = "is no goal of theirs that is being pursued"
        raise InvalidInput(errors=[{"pointer": "#/replaces_id", "detail": detail}])


async def _replace(act: Act, goal: Goal) -> None:
    earlier = select(Goal).where(Goal.id == goal.replaces_id, col(Goal.state).in_([state.value for state in PURSUED]))
    for each in (await act.session.exec(earlier.with_for_update())).all():
        act.change(each, state=GoalState.CHANGED.value)
        await drop_steps_of(act, each)


async def take_back_agreements(act: Act, participant: Participant) -> None:
    """What was agreed in somebody's name, and not by them: such a goal waits for them again, and what it has taken the
    place of goes on, with the steps that fell away."""
    found = select(Goal).where(Goal.case_id == participant.case_id, col(Goal.agreed_by).contains([participant.id]))
    theirs = (await act.session.exec(found.with_for_update())).all()
    for goal in theirs:
        act.change(goal, agreed_by=[each for each in goal.agreed_by if each != participant.id])
    waiting = [goal for goal in theirs if goal.state == GoalState.AGREED]
    while waiting:
        goal = waiting.pop()
        replaced_at, goal.state, goal.agreed_at = goal.agreed_at, GoalState.DRAFT.value, None
        earlier = select(Goal).where(Goal.id == goal.replaces_id, Goal.state == GoalState.CHANGED.value)
        for each in (await act.session.exec(earlier.with_for_update())).all():
            await take_up_steps_of(act, each, since=replaced_at)
            if each in theirs:
                waiting.append(each)
            else:
                before = GoalState.WILL_RECORDED if each.agreed_at is None else GoalState.AGREED
                act.change(each, state=before.value)


async def _still_goes_on(act: Act, case_id: UUID) -> None:
    """Nobody closes the case meanwhile: what they would not see could not fall away with it."""
    case = select(Case.id).where(Case.id == case_id, sa.not_(over(Case.__table__.c)))  # type: ignore[attr-defined]
    if (await act.session.exec(case.with_for_update(read=True))).one_or_none() is None:
        raise CaseOver


async def _works_on(act: Act, step: Step, actor_id: UUID | None) -> None:
    """Somebody who works on this very case, and sees its steps: this one, too."""
    if actor_id is None:
        return
    working = open_cases(sa.literal(actor_id, sa.Uuid()), Part.STEPS, *PROFESSIONAL)
    there = sa.select(sa.literal(step.case_id, sa.Uuid()).in_(working))
    hears = step.audience == Audience.ALL or actor_id in (step.author_id, *step.audience_of)
    if not hears or not (await (await act.session.connection()).execute(there)).scalar_one():
        detail = "is nobody who works on this case and sees this step"
        raise InvalidInput(errors=[{"pointer": "#/done_with_id", "detail": detail}])


async def _participants(act: Act, case_id: UUID, **named: UUID) -> None:
    """Each must be somebody in this very case whom one sees; a stranger's id and a wrong one get the same answer."""
    there = select(Participant.id).where(
        Participant.case_id == case_id,
        policy.READ_PARTICIPANT.condition(Setting(), Participant.__table__.c),  # type: ignore[attr-defined]
        col(Participant.id).in_(named.values()),
        col(Participant.merged_into_id).is_(None),
    )
    known = set((await act.session.exec(there)).all())
    wrong = [name for name, id in named.items() if id not in known]
    if wrong:
        raise InvalidInput(
            errors=[{"pointer": f"#/{name}", "detail": "is no participant of this case"} for name in wrong]
        )
