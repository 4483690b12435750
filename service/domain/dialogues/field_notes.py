"""Work in a place that no single case asks for: a contact made, a resource found, a theme heard (deck lines 106-112,
190-196). Nothing here names a case or its people; each note carries its dimension, and hours are told by dimension."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field, model_validator
from sqlmodel import Field as Kept

from service.domain.act import Act, Command, operation
from service.domain.dialogues import policy
from service.domain.dialogues.model import Theme, WorkDimension
from service.domain.dialogues.wording import DIMENSIONS
from service.domain.errors import InvalidInput
from service.domain.policy import Action, Reader, Row
from service.domain.rows import Scoped, Shape, moment, one_of, own_id, reference, secured, word
from service.domain.spaces.changing import SocialSpaceNotThere, require_there
from service.domain.spaces.model import SocialSpace
from service.domain.spaces.views import SocialSpaceView
from service.domain.values import ClientId, Day, HoursOfADay, Money, Words
from service.domain.views import One, Record, Shown, Sql, link, view
from service.domain.words import label, saying

_SEEN_THEME = Action("field_note.note", policy.READ_THEME)


class FieldNoteKind(StrEnum):
    """What came of it."""

    CONTACT_MADE = "contact_made"
    RESOURCE_FOUND = "resource_found"
    THEME_HEARD = "theme_heard"


KINDS = {
    FieldNoteKind.CONTACT_MADE: saying("Kontakt geknüpft", "contact made", "Wir haben jemanden kennengelernt."),
    FieldNoteKind.RESOURCE_FOUND: saying("Ressource gefunden", "resource found", "Wir haben etwas Gutes gefunden."),
    FieldNoteKind.THEME_HEARD: saying("Thema gehört", "theme heard", "Davon reden viele im Ort."),
}


@secured(Shape.AUTHORITY)
class FieldNote(Scoped, table=True):
    """What somebody did and found in a place, without a case. Its words are never changed; one that names a family is
    taken out."""

    __tablename__ = "field_note"
    __table_args__ = (
        one_of("kind", FieldNoteKind),
        one_of("dimension", WorkDimension),
        sa.CheckConstraint("dimension <> 'case_specific'", name="without_a_case"),
        sa.CheckConstraint("hours > 0 AND hours <= 24", name="hours"),
    )

    id: UUID = own_id()
    social_space_id: UUID = reference("social_space")
    author_id: UUID = reference("actor", index=False)
    theme_id: UUID | None = reference("theme", optional=True, index=False)
    dimension: str = word()
    kind: str = word()
    words: str = Kept(sa_type=sa.Text)
    hours: Decimal | None = Kept(default=None, sa_type=sa.Numeric(4, 2), nullable=True)
    done_on: date
    withdrawn_on: date | None = None
    created_at: datetime = moment(now=True)


class NoteFieldWork(Command):
    """What you did there, and what came of it: without a word of any case or person."""

    id: ClientId
    dimension: WorkDimension = Field(
        WorkDimension.CASE_UNSPECIFIC, description="For many alike (cross_case), or without any occasion in a case."
    )
    kind: FieldNoteKind = Field(description="What came of it.")
    words: Words = Field(description="In words that everybody who works there may read.")
    hours: HoursOfADay | None = Field(None, description="How long it took.")
    done_on: Day = Field(description="When.")
    theme_id: UUID | None = Field(None, description="The theme it adds to, if it does.")

    @model_validator(mode="after")
    def _without_a_case(self) -> "NoteFieldWork":
        if self.dimension is WorkDimension.CASE_SPECIFIC:
            raise ValueError("what is done for a case is noted in the case")
        return self


@view(
    FieldNote,
    policy.READ_FIELD_NOTE,
    plural="field_notes",
    filters=("social_space_id", "dimension", "kind", "theme_id"),
    orders=("done_on",),
)
class FieldNoteView(Record):
    """What somebody did and found in a place, without a case."""

    id: UUID
    social_space_id: UUID
    author_id: UUID
    theme_id: UUID | None = Field(description="The theme it adds to.")
    dimension: WorkDimension
    dimension_label: Annotated[str, Sql(label("dimension", DIMENSIONS))] = Field(description="In your language.")
    kind: FieldNoteKind
    kind_label: Annotated[str, Sql(label("kind", KINDS))]
    words: str = Field(description="What was done, and what came of it.")
    hours: Annotated[Money | None, Shown(policy.OWN_FIELD_NOTE)] = Field(
        description="How long it took, with two decimals; for its author alone: nobody adds up somebody's hours."
    )
    done_on: date = Field(description="When.")
    withdrawn_on: date | None = Field(
        description="The day on which it was taken out: since then it is for its author and whoever manages the place."
    )
    withheld: list[str]


class WorkOfMonth:
    """A view of the database, of `0089_places.sql`: hours of a month, by dimension; nobody's own."""

    __table__ = sa.Table(
        "field_work_of_month",
        sa.MetaData(),
        sa.Column("key", sa.Text(), primary_key=True),
        *(sa.Column(name, sa.Uuid(), nullable=False) for name in ("authority_id", "social_space_id")),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("dimension", sa.Text(), nullable=False),
        sa.Column("notes", sa.Integer(), nullable=False),
        sa.Column("hours", sa.Numeric(12, 2), nullable=True),
    )


def _in_tens(row: Row, reader: Reader) -> sa.ColumnElement[Decimal]:
    """Whoever looks before and after a colleague's note does not read off how long that took. It is no more than that:
    with notes of their own they find where the next ten begins. Upwards, since where there was work it was not none."""
    ten: sa.ColumnElement[Decimal] = sa.literal_column("10")
    return sa.cast(sa.func.ceil(row.hours / ten) * ten, sa.Numeric(12, 2))


@view(
    WorkOfMonth,
    policy.READ_FIELD_WORK,
    plural="field_work",
    key="key",
    filters=("social_space_id", "dimension"),
    orders=("month",),
    single=False,
)
class FieldWorkView(Record):
    """How much work without a case a place has seen in a month, by dimension: never by worker or organisation."""

    key: str = Field(description="The social space, the month and the dimension.")
    social_space_id: UUID
    month: date = Field(description="Its first day.")
    dimension: WorkDimension
    dimension_label: Annotated[str, Sql(label("dimension", DIMENSIONS))] = Field(description="In your language.")
    notes: int = Field(description="How many notes.")
    hours: Annotated[Money | None, Sql(_in_tens)] = Field(
        description="Hours in all, rounded up to ten, as far as somebody said how long it took; null where fewer than "
        "three did, for of two each would know the other's."
    )


@operation(policy.NOTE_FIELD_WORK, on=SocialSpace, answers=FieldNoteView, raises=(SocialSpaceNotThere,))
async def note_field_work(act: Act, socialspace: SocialSpace, command: NoteFieldWork) -> FieldNote:
    """Note what you did in a place without a case: a contact made, a resource found, a theme heard."""
    require_there([socialspace], act.today)
    if command.done_on > act.today:
        raise InvalidInput(errors=[{"pointer": "#/done_on", "detail": "lies in the future"}])
    if command.theme_id is not None:
        await act.load(Theme, command.theme_id, action=_SEEN_THEME)
    return act.add(
        FieldNote(
            authority_id=socialspace.authority_id,
            social_space_id=socialspace.id,
            author_id=act.actor.id,
            dimension=command.dimension.value,
            kind=command.kind.value,
            **command.model_dump(exclude={"dimension", "kind"}),
        )
    )


@operation(policy.WITHDRAW_FIELD_NOTE, on=FieldNote, answers=FieldNoteView, versioned=False)
async def withdraw_field_note(act: Act, fieldnote: FieldNote) -> FieldNote:
    """Take a note out that does not belong there: it names a family, say. Whoever wrote it can, and the management of
    the place. Nobody else reads it any more, and it is not counted. Once more changes nothing."""
    if fieldnote.withdrawn_on is None:
        act.change(fieldnote, withdrawn_on=act.today)
    return fieldnote


link(FieldNoteView, "social_space", One("social_space_id"), SocialSpaceView)
