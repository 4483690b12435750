"""Meetings that everybody is welcome to are told of beforehand (deck lines 804-812; concepts, C2)."""

from dataclasses import dataclass

from pydantic import Field
from sqlmodel import select

from service.domain.act import Act, Command, operation
from service.domain.dialogues import policy
from service.domain.dialogues.meeting import UNDER_PREPARATION, placed
from service.domain.dialogues.model import AnnouncementState, Dialogue, DialogueAnnouncement, DialogueSeries
from service.domain.dialogues.views import DialogueAnnouncementView
from service.domain.errors import DomainError
from service.domain.values import ClientId, Words


@dataclass(eq=False)
class AnnouncedAlready(DomainError):
    code, title = "announced-already", "Everybody has been told of this meeting already."
    advice = (
        "PATCH /v1/dialogues/{id} moves it, and what everybody reads with it. Called off, it stays so: plan another."
    )
    announcement_id: str


@dataclass(eq=False)
class DialogueHasBegun(DomainError):
    code, title = "dialogue-has-begun", "This meeting has begun already."
    advice = "Release its minutes: POST /v1/dialogues/{id}/release-minutes."


class AnnounceDialogue(Command):
    """What people need to know besides when and where."""

    id: ClientId
    welcome: Words = Field(description="Who is welcome, and what they need to know to take part. Name nobody.")


@operation(
    policy.ANNOUNCE,
    on=Dialogue,
    answers=DialogueAnnouncementView,
    states=UNDER_PREPARATION,
    raises=(AnnouncedAlready, DialogueHasBegun),
)
async def announce_dialogue(act: Act, dialogue: Dialogue, command: AnnounceDialogue) -> DialogueAnnouncement:
    """Tell everybody of a meeting to come, without login: when, where, and who is welcome. It follows the meeting when
    that is moved."""
    if dialogue.starts_at <= act.now:
        raise DialogueHasBegun
    there = select(DialogueAnnouncement.id).where(DialogueAnnouncement.dialogue_id == dialogue.id)
    if (found := (await act.session.exec(there)).first()) is not None:
        raise AnnouncedAlready(announcement_id=str(found))
    series = (await act.session.exec(select(DialogueSeries).where(DialogueSeries.id == dialogue.series_id))).one()
    return act.add(
        DialogueAnnouncement(
            dialogue_id=dialogue.id,
            series_title=series.title,
            title=dialogue.title,
            starts_at=dialogue.starts_at,
            ends_at=dialogue.ends_at,
            venue=dialogue.venue,
            **placed(dialogue),
            **command.model_dump(),
        )
    )


@operation(
    policy.CALL_OFF,
    on=DialogueAnnouncement,
    answers=DialogueAnnouncementView,
    states=(AnnouncementState.ANNOUNCED,),
)
async def call_off_dialogue(act: Act, dialogueannouncement: DialogueAnnouncement) -> DialogueAnnouncement:
    """Tell everybody that a meeting does not take place. It stays in the list, so that nobody comes in vain."""
    act.change(dialogueannouncement, state=AnnouncementState.CALLED_OFF.value)
    return dialogueannouncement
