"""Themes along the five guiding questions, and their way up to the region and back (deck lines 840-858, 828).

A theme is words about a place. It names no case and finds none; whatever stands in its text links nothing."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field
from sqlmodel import col, select

from service.domain.access.holding import lies_in
from service.domain.access.reader import Setting
from service.domain.act import Act, Command, Patch, operation
from service.domain.dialogues import policy
from service.domain.dialogues.meeting import placed, strange_organisation
from service.domain.dialogues.model import (
    Dialogue,
    DialogueActorKind,
    DialogueParticipant,
    DialogueSeries,
    DialogueState,
    Owned,
    Theme,
    ThemeNeed,
    ThemeState,
    ThemeStep,
    ThemeStepState,
)
from service.domain.dialogues.views import ThemeNeedView, ThemeStepView, ThemeView
from service.domain.errors import DomainError, InvalidInput
from service.domain.spaces.model import Region
from service.domain.values import ClientId, Day, Line, Words

ON_THE_TABLE = (ThemeState.COLLECTED, ThemeState.PRIORITISED, ThemeState.IN_WORK)
OPEN = (ThemeState.RAISED, *ON_THE_TABLE, ThemeState.ESCALATED)
NOT_YET_IN_MINUTES = (DialogueState.PLANNED, DialogueState.INVITED, DialogueState.HELD, DialogueState.MINUTES_DRAFT)


@dataclass(eq=False)
class OtherRegion(DomainError):
    code, title = "other-region", "This is not the dialogue of a region that the social space lies in."
    advice = "Choose one of GET /v1/series-of-dialogues?region_id=…, or have the region's manager start one."
    series_id: UUID


@dataclass(eq=False)
class AnswerStillDue(DomainError):
    code, title = "answer-still-due", "The region has taken this theme up and has not answered yet."
    advice = (
        "It goes on here once the region has resolved or parked what it took up; `taken_up` shows where that stands."
    )


@dataclass(eq=False)
class InTheirWords(DomainError):
    code, title = "in-their-words", "What this theme is about is said in the words of whoever lives there."
    advice = "Leave out `title` and `concerns`; bring what you see differently as a theme of your own."


class RaiseTheme(Command):
    """A theme in the first of the guiding questions, and whatever of the others is known already."""

    id: ClientId
    title: Line
    concerns: Words
    better_everyday: Words | None = None
    resources: Words | None = None
    raised_by_kind: DialogueActorKind = Field(
        DialogueActorKind.RESIDENT, description="From whom it comes: a resident, unless you say so."
    )


class ChangeTheme(Patch):
    """What is to change; what is left out stays, null empties."""

    title: Line = Field(default=None)  # type: ignore[assignment]
    concerns: Words = Field(default=None)  # type: ignore[assignment]
    better_everyday: Words | None = None
    resources: Words | None = None


class CollectTheme(Command):
    """On which meeting's agenda it is put."""

    dialogue_id: UUID = Field(description="A meeting of the same dialogue whose minutes are not released yet.")


class TakeUpTheme(Command):
    """By which dialogue of the region."""

    id: ClientId
    series_id: UUID = Field(description="The dialogue of a region that the social space lies in.")


class ResolveTheme(Command):
    """What came of it."""

    result: Words = Field(description="What came of it. Of a theme that was taken up it is the answer.")


class ParkTheme(Command):
    """Why it rests, and until when if that is known."""

    rests_because: Words = Field(description="Why it rests. Of a theme that was taken up it is the answer.")
    rests_until: Day | None = None


class StateNeed(Command):
    """What it takes, from whom, in what form."""

    id: ClientId
    what: Words = Field(description="What it takes.")
    kind: DialogueActorKind = Field(description="From whom.")
    organisation_id: UUID | None = Field(None, description="From which organisation, if it is known.")
    form: Line


class Owning(Command):
    """Who sees to it, and until when: one of the two, a participant of the dialogue or an organisation."""

    owner_id: UUID | None = None
    organisation_id: UUID | None = Field(None, description="The organisation that sees to it; null if a person does.")
    due_on: Day


class PlanThemeStep(Owning):
    """What is to be done, by whom, until when."""

    id: ClientId
    what: Words = Field(description="What is to be done.")


@operation(policy.RAISE, on=DialogueSeries, answers=ThemeView)
async def raise_theme(act: Act, dialogueseries: DialogueSeries, command: RaiseTheme) -> Theme:
    """Bring a theme. Residents bring ideas the same way; who it was is told to nobody."""
    columns = DialogueSeries.__table__.c  # type: ignore[attr-defined]
    working = select(sa.true()).where(
        columns.id == dialogueseries.id, policy.CONTRIBUTING.condition(Setting(), columns)
    )
    for_themselves = (await act.session.exec(working)).first() is None
    if for_themselves and command.raised_by_kind not in policy.UNNAMED:
        detail = "takes a role here; what you bring, you bring as a resident or an expert by experience"
        raise InvalidInput(errors=[{"pointer": "#/raised_by_kind", "detail": detail}])
    said = command.model_dump() | {"raised_by_kind": command.raised_by_kind.value}
    return act.add(Theme(series_id=dialogueseries.id, raised_by_id=act.actor.id, **placed(dialogueseries), **said))


@operation(
    policy.CHANGE_THEME,
    on=Theme,
    answers=ThemeView,
    states=(ThemeState.RAISED, *ON_THE_TABLE),
    raises=(InTheirWords,),
)
async def change_theme(act: Act, theme: Theme, command: ChangeTheme) -> Theme:
    """Change what is said of a theme (merge patch: what you leave out stays, null empties). Whoever brought an idea
    can, until it is on an agenda. What it is about stays in the words of the resident or the expert who brought it."""
    in_their_words = theme.raised_by_kind in policy.UNNAMED and theme.raised_by_id != act.actor.id
    if in_their_words and not {"title", "concerns"}.isdisjoint(command.model_fields_set):
        raise InTheirWords
    act.change(theme, **command.model_dump(exclude_unset=True))
    return theme


@operation(policy.COLLECT, on=Theme, answers=ThemeView, states=(ThemeState.RAISED, ThemeState.PARKED))
async def collect_theme(act: Act, theme: Theme, command: CollectTheme) -> Theme:
    """Put a theme on the agenda of a meeting: a new one, or one that has rested."""
    # Held until the end: a meeting does not close while something is put on its agenda.
    query = select(Dialogue.state).where(Dialogue.id == command.dialogue_id, Dialogue.series_id == theme.series_id)
    state = (await act.session.exec(query.with_for_update(read=True))).one_or_none()
    if state not in NOT_YET_IN_MINUTES:
        detail = "is no meeting of this dialogue whose minutes are still to be released"
        raise InvalidInput(errors=[{"pointer": "#/dialogue_id", "detail": detail}])
    rest: dict[str, Any] = {"rests_because": None, "rests_until": None}
    act.change(theme, state=ThemeState.COLLECTED.value, dialogue_id=command.dialogue_id, **rest)
    return theme


@operation(policy.PRIORITISE, on=Theme, answers=ThemeView, states=(ThemeState.COLLECTED,))
async def prioritise_theme(act: Act, theme: Theme) -> Theme:
    """Say that the dialogue puts this theme first."""
    act.change(theme, state=ThemeState.PRIORITISED.value)
    return theme


@operation(
    policy.WORK_ON,
    on=Theme,
    answers=ThemeView,
    states=(ThemeState.COLLECTED, ThemeState.PRIORITISED, ThemeState.ESCALATED),
    raises=(AnswerStillDue,),
)
async def work_on_theme(act: Act, theme: Theme) -> Theme:
    """Say that something is being done about a theme; again, too, once the region has answered."""
    if theme.state == ThemeState.ESCALATED and theme.answer is None:
        raise AnswerStillDue
    act.change(theme, state=ThemeState.IN_WORK.value)
    return theme


@operation(policy.TAKE_UP, on=Theme, answers=ThemeView, states=ON_THE_TABLE, versioned=True, raises=(OtherRegion,))
async def take_up_theme(act: Act, theme: Theme, command: TakeUpTheme) -> Theme:
    """Take a social space's theme up to the dialogue of its region. There it is a theme of its own; what becomes of it
    comes back to this one as the answer."""
    region, series = Region.__table__.c, DialogueSeries  # type: ignore[attr-defined]
    of_its_region = select(series).join(Region, region.id == series.region_id)
    of_its_region = of_its_region.where(
        series.id == command.series_id, lies_in(theme.social_space_id, region.id, act.today)
    )
    found = (await act.session.exec(of_its_region)).one_or_none()
    if found is None:
        raise OtherRegion(series_id=command.series_id)
    same = ("title", "concerns", "better_everyday", "resources")
    act.change(theme, state=ThemeState.ESCALATED.value, answer=None, answered_at=None)
    return act.add(
        Theme(
            id=command.id,
            series_id=found.id,
            origin_id=theme.id,
            raised_by_id=act.actor.id,
            raised_by_kind=DialogueActorKind.AGENCY.value,
            **{name: getattr(theme, name) for name in same},
            **placed(found),
        )
    )


@operation(policy.RESOLVE, on=Theme, answers=ThemeView, states=(*ON_THE_TABLE, ThemeState.ESCALATED))
async def resolve_theme(act: Act, theme: Theme, command: ResolveTheme) -> Theme:
    """Say what came of a theme. Where it was taken up from, this is the answer."""
    act.change(theme, state=ThemeState.RESOLVED.value, result=command.result)
    await _answer(act, theme, command.result)
    return theme


@operation(policy.PARK, on=Theme, answers=ThemeView, states=OPEN)
async def park_theme(act: Act, theme: Theme, command: ParkTheme) -> Theme:
    """Let a theme rest, and say why. Where it was taken up from, this is the answer."""
    act.change(theme, state=ThemeState.PARKED.value, **command.model_dump())
    await _answer(act, theme, command.rests_because)
    return theme


@operation(policy.STATE_NEED, on=Theme, answers=ThemeNeedView, states=OPEN)
async def state_need(act: Act, theme: Theme, command: StateNeed) -> ThemeNeed:
    """Say what a change takes besides, from whom, in what form (the fourth guiding question)."""
    if errors := await strange_organisation(act, theme.authority_id, command.organisation_id):
        raise InvalidInput(errors=errors)
    said = command.model_dump() | {"kind": command.kind.value}
    return act.add(ThemeNeed(theme_id=theme.id, **placed(theme), **said))


@operation(policy.PLAN_STEP, on=Theme, answers=ThemeStepView, states=OPEN)
async def plan_theme_step(act: Act, theme: Theme, command: PlanThemeStep) -> ThemeStep:
    """Plan a next step, with who sees to it and until when (the fifth guiding question)."""
    await check_owner(act, theme, command)
    return act.add(ThemeStep(theme_id=theme.id, **placed(theme), **command.model_dump()))


@operation(policy.FINISH_STEP, on=ThemeStep, answers=ThemeStepView, states=(ThemeStepState.OPEN,))
async def finish_theme_step(act: Act, themestep: ThemeStep) -> ThemeStep:
    """Say that a next step is done."""
    act.change(themestep, state=ThemeStepState.DONE.value)
    return themestep


async def check_owner(act: Act, theme: Theme, owned: Owning | Owned) -> None:
    """One owner, and one that there is: a participant of a meeting of the theme's dialogue, or an organisation."""
    if (owned.owner_id is None) is (owned.organisation_id is None):
        detail = "give this or `organisation_id`, one of the two"
        raise InvalidInput(errors=[{"pointer": "#/owner_id", "detail": detail}])
    errors = await strange_organisation(act, theme.authority_id, owned.organisation_id)
    if owned.owner_id is not None:
        there = select(DialogueParticipant.id).join(Dialogue, col(Dialogue.id) == DialogueParticipant.dialogue_id)
        there = there.where(DialogueParticipant.id == owned.owner_id, Dialogue.series_id == theme.series_id)
        if (await act.session.exec(there)).one_or_none() is None:
            errors.append({"pointer": "#/owner_id", "detail": "is no participant of this dialogue"})
    if errors:
        raise InvalidInput(errors=errors)


async def _answer(act: Act, theme: Theme, words: str) -> None:
    """To the theme that this one was taken up from: whoever hands something up hears what became of it."""
    if theme.origin_id is None:
        return
    query = select(Theme).where(Theme.id == theme.origin_id).with_for_update(key_share=True)
    origin = (await act.session.exec(query.execution_options(populate_existing=True))).one()
    act.change(origin, answer=words, answered_at=act.now)
