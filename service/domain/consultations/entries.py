"""What is said in a consultation and kept one by one: worries, strengths, where each places it from 0 to 10 (facts,
section 1.7). The template says in which phase which of them is written down."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field, model_validator
from sqlmodel import col, select

from service.domain.access.reader import Setting
from service.domain.act import Act, operation
from service.domain.cases.contesting import contestable
from service.domain.cases.hearing import Hearing, audience_of
from service.domain.cases.model import Audience, Case
from service.domain.cases.picture import TextAbout
from service.domain.cases.taking_out import ENTRIES, FOR_ITS_AUTHOR, Entry, WithdrawEntry, heard_as_before, stays
from service.domain.cases.withdrawals import EntryKind
from service.domain.consultations import policy
from service.domain.consultations.consulting import S
from service.domain.consultations.model import (
    Consent,
    Consultation,
    ConsultationEntry,
    ConsultationEntryKind,
    ConsultationParticipant,
    ConsultationPhase,
    ResourceKind,
)
from service.domain.consultations.views import ConsultationView
from service.domain.consultations.wording import ENTRY_KINDS, RESOURCE_KINDS
from service.domain.errors import DomainError, InvalidInput
from service.domain.policy import Part
from service.domain.values import ClientId, Words
from service.domain.views import Many, One, Record, Sql, link, view
from service.domain.words import label

THEIR_OWN = (ConsultationEntryKind.ABOUT_ME, ConsultationEntryKind.FEEDBACK)
RESOURCES = (ConsultationEntryKind.STRENGTHS, ConsultationEntryKind.OPPORTUNITIES)


@dataclass(eq=False)
class NotInThisPhase(DomainError):
    code, title = "not-in-this-phase", "This is not what is written down in the present phase."
    advice = "`allowed` names what is. Go on to the phase in which it is: POST /v1/consultations/{id}/next-phase."
    allowed: list[str]


class WriteEntry(Hearing):
    """One thing that is to be kept. Of all, those hear it who are there: nobody else in the case."""

    id: ClientId
    kind: ConsultationEntryKind = Field(description="What it is.")
    words: Words
    value: int | None = Field(None, ge=0, le=10, description="Of a scale: where you place it, from 0 to 10.")
    resource: ResourceKind | None = Field(None, description="Of a strength or an opportunity: of which kind it is.")

    @model_validator(mode="after")
    def _fitting(self) -> "WriteEntry":
        if (self.kind is ConsultationEntryKind.SCALE) is (self.value is None):
            raise ValueError("a scale has a value from 0 to 10, and nothing else has one")
        if self.resource is not None and self.kind not in RESOURCES:
            raise ValueError("only a strength or an opportunity is a resource of a kind")
        return self


@view(
    ConsultationEntry,
    policy.READ_ENTRY,
    plural="consultation_entries",
    filters=("consultation_id", "kind"),
    subject="case_id",
)
class ConsultationEntryView(Record):
    """One thing that was said in a consultation, as its author said it. Nothing is averaged."""

    id: UUID
    consultation_id: UUID
    author_id: UUID = Field(description="Who said it.")
    kind: ConsultationEntryKind
    kind_label: Annotated[str, Sql(label("kind", ENTRY_KINDS))] = Field(description="In your language.")
    words: str
    value: int | None = Field(description="Of a scale: where they place it, from 0 to 10.")
    resource: ResourceKind | None = Field(description="Of a strength or an opportunity: of which kind it is.")
    resource_label: Annotated[str | None, Sql(label("resource", RESOURCE_KINDS))] = Field(
        description="In your language."
    )
    audience: Audience
    created_at: datetime


@operation(
    policy.WRITE_ENTRY,
    on=Consultation,
    answers=ConsultationEntryView,
    states=(S.HELD,),
    raises=(NotInThisPhase,),
)
async def write_consultation_entry(act: Act, consultation: Consultation, command: WriteEntry) -> ConsultationEntry:
    """Write down something that is said, in the phase in which it belongs. On a scale each places it for themselves.
    Who somebody is and what they say to their strengths is theirs alone to write. In family time nothing
    is kept but what the family writes for itself."""
    present = select(ConsultationPhase).where(
        ConsultationPhase.method_id == consultation.method_id, ConsultationPhase.position == consultation.phase
    )
    phase = (await act.session.exec(present)).one()
    records = [] if phase.family_time else phase.records
    if command.kind.value not in records:
        raise NotInThisPhase(allowed=[each for each in records if each in list(ConsultationEntryKind)])
    if command.kind in THEIR_OWN:
        theirs = policy.CONCERNED.condition(Setting(), Consultation.__table__.c)  # type: ignore[attr-defined]
        own = select(Consultation.id).where(Consultation.id == consultation.id, theirs)
        if (await act.session.exec(own)).one_or_none() is None:
            detail = "is said by those whom it is about, in their own name"
            raise InvalidInput(errors=[{"pointer": "#/kind", "detail": detail}])
    return act.add(
        ConsultationEntry(
            authority_id=consultation.authority_id,
            case_id=consultation.case_id,
            consultation_id=consultation.id,
            author_id=act.actor.id,
            kind=command.kind.value,
            resource=command.resource.value if command.resource else None,
            **command.model_dump(include={"id", "words", "value"}),
            **audience_of(command),
        )
    )


async def _drops(act: Act, entry: ConsultationEntry, command: WithdrawEntry, into: Case | None) -> dict[str, Any]:
    stays(into, "it was said in a consultation of this case: leave this out")
    return FOR_ITS_AUTHOR


async def _heard(act: Act, entry: ConsultationEntry) -> dict[str, Any]:
    """Of all, those who were there: nobody else in the case learns that it was said."""
    if entry.audience != Audience.ALL:
        return await heard_as_before(act, entry)
    invited = ConsultationParticipant
    there = select(invited.participant_id, invited.actor_id).where(
        invited.consultation_id == entry.consultation_id,
        invited.consent == Consent.GIVEN,
        col(invited.consents_only).is_(False),
    )
    of = sorted({participant or actor for participant, actor in (await act.session.exec(there)).all()}, key=str)
    return {"audience": Audience.NAMED.value, "audience_of": of} if of else FOR_ITS_AUTHOR


ENTRIES[EntryKind.CONSULTATION_ENTRY] = Entry(
    ConsultationEntry, policy.LEADING & policy.READ_ENTRY, Part.CONCERN, _drops, heard=_heard
)
link(ConsultationView, "entries", Many("consultation_id"), ConsultationEntryView)
link(ConsultationEntryView, "consultation", One("consultation_id"), ConsultationView)
contestable(TextAbout.CONSULTATION_ENTRY, ConsultationEntry, policy.READ_ENTRY, Part.CONCERN, ConsultationEntryView)
