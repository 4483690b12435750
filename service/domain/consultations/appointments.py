"""What has its day for me: my steps, reviews, consultations and what I am invited to from outside, in one list. A
calendar is told when, and no more."""

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field
from sqlalchemy.dialects.postgresql import ARRAY

from service.domain.cases.policy import MY_STEP
from service.domain.cases.views import CaseView
from service.domain.consultations.policy import INVITED_FROM_OUTSIDE, READ_WHAT_FOR
from service.domain.decisions.policy import READ_WORDS
from service.domain.policy import EVERYBODY, Reader, Row, Rule, having
from service.domain.views import One, Record, Shown, Sql, link, view
from service.domain.words import appointment, label, on_day, saying

LOOKING_BACK = timedelta(days=60)


class AppointmentKind(StrEnum):
    """A step that is mine to do, a look back and ahead, a consultation, or one that I am invited to from outside."""

    STEP = "step"
    REVIEW = "review"
    CONSULTATION = "consultation"
    INVITATION = "invitation"


class AppointmentState(StrEnum):
    """Still to come, over, or fallen away."""

    PLANNED = "planned"
    HELD = "held"
    CANCELLED = "cancelled"


KINDS = {
    AppointmentKind.STEP: saying("Schritt", "step", "Das wollen Sie machen."),
    AppointmentKind.REVIEW: saying("gemeinsamer Blick", "looking together", "Wir schauen zusammen, wie es läuft."),
    AppointmentKind.CONSULTATION: saying("Beratung", "consultation", "Ein Treffen mit anderen"),
    AppointmentKind.INVITATION: saying(
        "Einladung zu einer Beratung", "invitation to a consultation", "Sie sind zu einem Treffen eingeladen."
    ),
}
STATES = {
    AppointmentState.PLANNED: saying("steht an", "to come", "Das kommt noch."),
    AppointmentState.HELD: saying("vorbei", "over", "Das ist vorbei."),
    AppointmentState.CANCELLED: saying("fällt aus", "fallen away", "Das fällt aus."),
}


class Appointment:
    """A view of the database, of `0086_steps.sql`. Each kind has what its own rule asks for."""

    __table__ = sa.Table(
        "appointment",
        sa.MetaData(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        *(sa.Column(name, sa.Uuid(), nullable=False) for name in ("authority_id", "case_id")),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("kind", "state")),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        *(
            sa.Column(name, sa.Uuid(), nullable=True)
            for name in ("done_by_id", "done_with_id", "actor_id", "author_id")
        ),
        sa.Column("audience", sa.Text(), nullable=True),
        sa.Column("audience_of", ARRAY(sa.Uuid()), nullable=True),
    )


RECENT = Rule(
    lambda reader, row: row.day >= reader.today - sa.literal_column(str(LOOKING_BACK.days)),
    "it is to come, or was in the last two months",
    EVERYBODY,
)
STEP, REVIEW, CONSULTATION, INVITATION = (having(kind=kind) for kind in AppointmentKind)
OF_A_CASE = (STEP & MY_STEP) | (REVIEW & READ_WORDS) | (CONSULTATION & READ_WHAT_FOR)
# Whoever moderates, or is invited otherwise, has it from their invitation: it says when, and not in which case.
READ_APPOINTMENT = (OF_A_CASE | (INVITATION & INVITED_FROM_OUTSIDE)) & RECENT
TOLD_OF_THE_CASE = Rule(
    lambda reader, row: row.kind != sa.literal_column(f"'{AppointmentKind.INVITATION}'"),
    "it is no invitation from outside",
    OF_A_CASE.personas,
)


def _when(row: Row, reader: Reader) -> sa.ColumnElement[Any]:
    timed = row.starts_at.is_not(None)
    return sa.case((timed, appointment("starts_at")(row, reader)), else_=on_day("day")(row, reader))


@view(
    Appointment,
    READ_APPOINTMENT,
    plural="appointments",
    filters=("case_id", "kind", "state"),
    orders=("day",),
    subject="case_id",
    single=False,
)
class AppointmentView(Record):
    """What has its day for me: to come, or in the last two months."""

    id: UUID = Field(description="Of the step, review, consultation or invitation.")
    case_id: Annotated[UUID | None, Shown(TOLD_OF_THE_CASE)] = Field(
        description="Of which case; whoever is invited from outside is not told."
    )
    kind: AppointmentKind
    kind_label: Annotated[str, Sql(label("kind", KINDS))] = Field(description="In your language.")
    state: AppointmentState
    state_label: Annotated[str, Sql(label("state", STATES))] = Field(description="In your language.")
    day: date = Field(description="Its day; of a step, by when.")
    starts_at: datetime | None = Field(description="When it begins; null for what has a day and no hour.")
    when: Annotated[str, Sql(_when)] = Field(description="When, as people say it.")
    updated_at: datetime = Field(description="When something about it was last changed.")
    withheld: list[str]
    version: int


link(AppointmentView, "case", One("case_id"), CaseView)
