"""A dialogue and its meetings: planned, invited, held, put into minutes, released to everybody, closed.

A meeting closes only when each of its themes goes on, rests for a stated reason, or is resolved: nothing that people
brought is lost (deck line 855; concepts, C2)."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import Field
from sqlmodel import col, select

from service.domain.access.model import Actor, Organisation
from service.domain.act import Act, Command, Patch, operation
from service.domain.dialogues import policy
from service.domain.dialogues.model import (
    AnnouncementState,
    Dialogue,
    DialogueActorKind,
    DialogueAnnouncement,
    DialogueParticipant,
    DialogueSeries,
    DialogueState,
    MinutesRelease,
    ReleasedTheme,
    Theme,
    ThemeNeed,
    ThemeState,
    ThemeStep,
    ThemeStepState,
)
from service.domain.dialogues.views import (
    DialogueParticipantView,
    DialogueSeriesView,
    DialogueView,
    MinutesReleaseView,
)
from service.domain.errors import DomainError, InvalidInput
from service.domain.spaces.changing import SocialSpaceNotThere, require_there
from service.domain.spaces.model import Region, SocialSpace
from service.domain.spaces.recutting import RegionNotThere, require_region_there
from service.domain.values import ClientId, Line, Moment, Words, new_id

UNDER_PREPARATION = (DialogueState.PLANNED, DialogueState.INVITED)


@dataclass(eq=False)
class DialogueStillToCome(DomainError):
    code, title = "dialogue-still-to-come", "This meeting has not begun yet."
    advice = "Say that it was held once it has begun; PATCH /v1/dialogues/{id} moves it."


@dataclass(eq=False)
class ThemesWithoutNextStep(DomainError):
    code, title = "themes-without-next-step", "Some themes have neither a next step nor a stated reason why they rest."
    advice = "For each of `themes`: POST /v1/themes/{id}/steps, or say why it rests: POST /v1/themes/{id}/park."
    themes: list[str]
    titles: list[str]


class StartSpaceDialogue(Command):
    """Of which social space, and what it is called."""

    id: ClientId
    social_space_id: UUID
    title: Line
    every_months: int | None = Field(None, ge=1, le=24, description="Every how many months it is to meet.")


class StartRegionDialogue(Command):
    """Of which region, and what it is called."""

    id: ClientId
    region_id: UUID
    title: Line
    every_months: int | None = Field(None, ge=1, le=24, description="Every how many months it is to meet.")


class PlanDialogue(Command):
    """What for, when and where."""

    id: ClientId
    title: Line
    starts_at: Moment = Field(description="RFC 3339, with its offset.")
    ends_at: Moment = Field(description="RFC 3339, with its offset.")
    venue: Line = Field(description="Where people meet.")


class ChangeDialogue(Patch):
    """What is to change; what is left out stays."""

    title: Line = Field(default=None)  # type: ignore[assignment]
    starts_at: Moment = Field(default=None, description="RFC 3339, with its offset.")  # type: ignore[assignment]
    ends_at: Moment = Field(default=None, description="RFC 3339, with its offset.")  # type: ignore[assignment]
    venue: Line = Field(default=None, description="Where people meet.")  # type: ignore[assignment]


class AddDialogueParticipant(Command):
    """As whom somebody takes part. Neither an account nor a name is needed."""

    id: ClientId
    kind: DialogueActorKind
    actor_id: UUID | None = Field(None, description="Their account, if they have one: then they read the meeting.")
    organisation_id: UUID | None = Field(None, description="For which organisation, if for one.")
    name: Line | None = Field(None, description="Whom to invite; a resident's is shown to whoever moderates alone.")


class HoldDialogue(Command):
    """Who came."""

    attended: list[UUID] = Field(max_length=1000, description="The participants who came; everybody else did not.")


class DraftMinutes(Command):
    """What is to be released, and what is not."""

    minutes: Words = Field(description="For everybody, once released: name nobody.")
    internal_note: Words | None = Field(None, description="For those who work in the place; never released.")


class ReleaseMinutes(Command):
    """Which of the themes everybody may read with the minutes."""

    id: ClientId
    themes: list[UUID] = Field(max_length=1000, description="Themes of this meeting; the others stay inside.")


@operation(policy.START_IN_SPACE, within=SocialSpace, answers=DialogueSeriesView, raises=(SocialSpaceNotThere,))
async def start_space_dialogue(act: Act, command: StartSpaceDialogue) -> DialogueSeries:
    """Start the dialogue of a social space (Sozialraumdialog)."""
    space = await act.load(SocialSpace, command.social_space_id)
    require_there([space], act.today)
    return act.add(DialogueSeries(authority_id=space.authority_id, **command.model_dump()))


@operation(policy.START_IN_REGION, within=Region, answers=DialogueSeriesView, raises=(RegionNotThere,))
async def start_region_dialogue(act: Act, command: StartRegionDialogue) -> DialogueSeries:
    """Start the dialogue of a region (Regionaldialog): the same, one level up."""
    region = await act.load(Region, command.region_id)
    require_region_there([region], act.today)
    return act.add(DialogueSeries(authority_id=region.authority_id, **command.model_dump()))


@operation(policy.PLAN, on=DialogueSeries, answers=DialogueView)
async def plan_dialogue(act: Act, dialogueseries: DialogueSeries, command: PlanDialogue) -> Dialogue:
    """Plan a meeting."""
    _check_times(command.starts_at, command.ends_at)
    return act.add(Dialogue(series_id=dialogueseries.id, **placed(dialogueseries), **command.model_dump()))


@operation(policy.CHANGE, on=Dialogue, answers=DialogueView, states=UNDER_PREPARATION)
async def change_dialogue(act: Act, dialogue: Dialogue, command: ChangeDialogue) -> Dialogue:
    """Change a meeting until it is held (merge patch: what you leave out stays). What everybody was told of it
    beforehand is changed with it."""
    changes = command.model_dump(exclude_unset=True)
    _check_times(changes.get("starts_at", dialogue.starts_at), changes.get("ends_at", dialogue.ends_at))
    act.change(dialogue, **changes)
    announced = select(DialogueAnnouncement).where(
        of_meeting(DialogueAnnouncement, dialogue),
        DialogueAnnouncement.state == AnnouncementState.ANNOUNCED.value,
    )
    for each in (await act.session.exec(announced.with_for_update(key_share=True))).all():
        act.change(each, **changes)
    return dialogue


@operation(
    policy.ADD_PARTICIPANT,
    on=Dialogue,
    answers=DialogueParticipantView,
    states=(DialogueState.PLANNED, DialogueState.INVITED, DialogueState.HELD),
)
async def add_dialogue_participant(
    act: Act, dialogue: Dialogue, command: AddDialogueParticipant
) -> DialogueParticipant:
    """Add somebody to those who are invited, or who came of their own accord."""
    errors = []
    if command.actor_id is not None:
        there = select(Actor.id).where(Actor.id == command.actor_id, Actor.authority_id == dialogue.authority_id)
        if (await act.session.exec(there)).one_or_none() is None:
            errors.append({"pointer": "#/actor_id", "detail": "is nobody of this authority"})
    errors += await strange_organisation(act, dialogue.authority_id, command.organisation_id)
    if errors:
        raise InvalidInput(errors=errors)
    return act.add(
        DialogueParticipant(
            dialogue_id=dialogue.id, **placed(dialogue), **command.model_dump() | {"kind": command.kind.value}
        )
    )


@operation(policy.INVITE, on=Dialogue, answers=DialogueView, states=(DialogueState.PLANNED,))
async def invite_to_dialogue(act: Act, dialogue: Dialogue) -> Dialogue:
    """Say that the invitations are out."""
    act.change(dialogue, state=DialogueState.INVITED.value)
    return dialogue


@operation(
    policy.HOLD, on=Dialogue, answers=DialogueView, states=(DialogueState.INVITED,), raises=(DialogueStillToCome,)
)
async def hold_dialogue(act: Act, dialogue: Dialogue, command: HoldDialogue) -> Dialogue:
    """Say that the meeting was held, and who came."""
    if dialogue.starts_at > act.now:
        raise DialogueStillToCome
    invited = (
        await act.session.exec(select(DialogueParticipant).where(of_meeting(DialogueParticipant, dialogue)))
    ).all()
    came = set(command.attended)
    if not came <= {each.id for each in invited}:
        raise InvalidInput(errors=[{"pointer": "#/attended", "detail": "names somebody who is no participant here"}])
    for each in invited:
        act.change(each, attended=each.id in came)
    act.change(dialogue, state=DialogueState.HELD.value)
    return dialogue


@operation(
    policy.DRAFT_MINUTES,
    on=Dialogue,
    answers=DialogueView,
    states=(DialogueState.HELD, DialogueState.MINUTES_DRAFT),
)
async def draft_minutes(act: Act, dialogue: Dialogue, command: DraftMinutes) -> Dialogue:
    """Write the minutes, or write them anew. Nobody outside reads them before they are released."""
    act.change(dialogue, state=DialogueState.MINUTES_DRAFT.value, **command.model_dump())
    return dialogue


@operation(
    policy.RELEASE_MINUTES,
    on=Dialogue,
    answers=MinutesReleaseView,
    states=(DialogueState.MINUTES_DRAFT,),
    versioned=True,
)
async def release_minutes(act: Act, dialogue: Dialogue, command: ReleaseMinutes) -> MinutesRelease:
    """Release the minutes, and the themes that are named, to everybody, once and for all. Nobody is named in them:
    of the participants they tell how many came, by kind."""
    themes = await _themes(act, dialogue)
    if not set(command.themes) <= {theme.id for theme in themes}:
        raise InvalidInput(errors=[{"pointer": "#/themes", "detail": "names one that is no theme of this meeting"}])
    series = (await act.session.exec(select(DialogueSeries).where(DialogueSeries.id == dialogue.series_id))).one()
    came = select(DialogueParticipant.kind).where(
        of_meeting(DialogueParticipant, dialogue), col(DialogueParticipant.attended).is_(True)
    )
    release = act.add(
        MinutesRelease(
            id=command.id,
            dialogue_id=dialogue.id,
            series_title=series.title,
            title=dialogue.title,
            held_at=dialogue.starts_at,
            venue=dialogue.venue,
            minutes=dialogue.minutes or "",
            attendance=dict(sorted(Counter((await act.session.exec(came)).all()).items())),
            released_at=act.now,
            **placed(dialogue),
        )
    )
    act.change(dialogue, state=DialogueState.MINUTES_RELEASED.value)
    await act.session.flush()
    for row in await _as_released(act, release, [theme for theme in themes if theme.id in command.themes]):
        act.session.add(row)
    return release


@operation(
    policy.CLOSE,
    on=Dialogue,
    answers=DialogueView,
    states=(DialogueState.MINUTES_RELEASED,),
    raises=(ThemesWithoutNextStep,),
)
async def close_dialogue(act: Act, dialogue: Dialogue) -> Dialogue:
    """Close a meeting: once each theme has an open next step, rests for a stated reason, or is resolved."""
    themes = await _themes(act, dialogue)
    going_on = await _open_steps(act, themes)
    settled = (ThemeState.PARKED.value, ThemeState.RESOLVED.value)
    missing = [theme for theme in themes if theme.state not in settled and not going_on[theme.id]]
    if missing:
        raise ThemesWithoutNextStep(
            themes=[str(theme.id) for theme in missing], titles=[theme.title for theme in missing]
        )
    act.change(dialogue, state=DialogueState.CLOSED.value, closed_at=act.now)
    return dialogue


def placed(row: Any) -> dict[str, Any]:
    """Whose row it is and of which place, for a row that belongs to it."""
    return {name: getattr(row, name) for name in ("authority_id", "social_space_id", "region_id")}


def of_meeting(table: Any, dialogue: Dialogue) -> Any:
    return table.dialogue_id == dialogue.id


async def strange_organisation(act: Act, authority_id: UUID, organisation_id: UUID | None) -> list[dict[str, str]]:
    """What is wrong with an organisation that somebody named, if anything."""
    if organisation_id is None:
        return []
    there = select(Organisation.id).where(Organisation.id == organisation_id, Organisation.authority_id == authority_id)
    if (await act.session.exec(there)).one_or_none() is not None:
        return []
    return [{"pointer": "#/organisation_id", "detail": "is no organisation of this authority"}]


def _check_times(starts_at: datetime, ends_at: datetime) -> None:
    if ends_at <= starts_at:
        raise InvalidInput(errors=[{"pointer": "#/ends_at", "detail": "must lie after the beginning"}])


async def _themes(act: Act, dialogue: Dialogue) -> Sequence[Theme]:
    """Locked: whoever changes one of them meanwhile waits, or was first."""
    query = select(Theme).where(of_meeting(Theme, dialogue)).order_by(col(Theme.id)).with_for_update(key_share=True)
    return (await act.session.exec(query.execution_options(populate_existing=True))).all()


async def _of_themes(act: Act, table: Any, themes: Sequence[Theme]) -> dict[UUID, list[Any]]:
    query = select(table).where(table.theme_id.in_([theme.id for theme in themes])).order_by(table.id)
    found: dict[UUID, list[Any]] = defaultdict(list)
    for row in (await act.session.exec(query)).all():
        found[row.theme_id].append(row)
    return found


async def _open_steps(act: Act, themes: Sequence[Theme]) -> dict[UUID, list[ThemeStep]]:
    """What is still to be done."""
    steps = await _of_themes(act, ThemeStep, themes)
    open_ = ThemeStepState.OPEN.value
    return defaultdict(list, {id: [step for step in each if step.state == open_] for id, each in steps.items()})


async def _as_released(act: Act, release: MinutesRelease, themes: Sequence[Theme]) -> list[ReleasedTheme]:
    needs = await _of_themes(act, ThemeNeed, themes)
    steps = await _open_steps(act, themes)
    same = ("title", "state", "concerns", "better_everyday", "resources", "rests_because", "answer")
    return [
        ReleasedTheme(
            id=new_id(),
            release_id=release.id,
            theme_id=theme.id,
            needs=[f"{need.what} ({need.form})" for need in needs[theme.id]],
            next_steps=[step.what for step in steps[theme.id]],
            next_due_on=min((step.due_on for step in steps[theme.id]), default=None),
            **{name: getattr(theme, name) for name in same},
            **placed(theme),
        )
        for theme in themes
    ]
