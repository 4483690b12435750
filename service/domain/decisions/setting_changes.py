"""From one setting to another: from a home into one's own flat, say (deck lines 57-64). What changes, on which day, and
which steps build the bridge. It is a record and no target; a place is told of it by tens (`transitions.py`)."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field, model_validator
from sqlmodel import Field as Kept
from sqlmodel import col, select

from service.domain.access.reader import Setting
from service.domain.act import Act, operation
from service.domain.cases.going_on import CASE_STATES_GOING_ON, GOES_ON
from service.domain.cases.hearing import Hearing, audience_of
from service.domain.cases.model import Audience, Case, Heard, Step
from service.domain.cases.policy import READ_STEP
from service.domain.cases.views import CaseView, ParticipantView, StepView
from service.domain.decisions import policy
from service.domain.decisions.arranging import claimants
from service.domain.decisions.model import SupportPlace
from service.domain.decisions.wording import SUPPORT_PLACES
from service.domain.errors import InvalidInput
from service.domain.policy import Reader, Row
from service.domain.rows import Scoped, Shape, ids, moment, one_of, own_id, reference, secured, word
from service.domain.values import ClientId, Day, Words
from service.domain.views import Many, One, Record, Sql, link, view
from service.domain.words import label


@secured(Shape.CASE)
class SettingChange(Scoped, Heard, table=True):
    """Somebody goes from one place of support to another, on a day; `steps` build the bridge. Never changed: what turns
    out otherwise is another."""

    __tablename__ = "setting_change"
    __table_args__ = (
        one_of("audience", Audience),
        one_of("from_place", SupportPlace),
        one_of("to_place", SupportPlace),
        sa.CheckConstraint("from_place <> to_place", name="another"),
    )

    id: UUID = own_id()
    case_id: UUID = reference("case_file")
    participant_id: UUID = reference("participant", index=False)
    from_place: str = word()
    to_place: str = word()
    from_on: date
    words: str = Kept(sa_type=sa.Text)
    steps: list[UUID] = ids()
    created_at: datetime = moment(now=True)


class RecordSettingChange(Hearing):
    """Whose, from where to where, when, and what carries it."""

    id: ClientId
    participant_id: UUID = Field(description="Whose setting changes: an addressee or a custodian.")
    from_place: SupportPlace = Field(description="Where they were.")
    to_place: SupportPlace = Field(description="Where they go.")
    from_on: Day = Field(description="From which day.")
    words: Words = Field(description="What carries it: who stays, what is new.")
    steps: list[UUID] = Field(default_factory=list, max_length=50, description="The steps that build the bridge.")

    @model_validator(mode="after")
    def _elsewhere(self) -> "RecordSettingChange":
        if self.from_place is self.to_place:
            raise ValueError("it is another place that they go to")
        return self


@view(
    SettingChange,
    policy.READ_SETTING,
    plural="setting_changes",
    filters=("case_id",),
    orders=("from_on",),
    subject="case_id",
)
class SettingChangeView(Record):
    """Somebody goes from one setting to another, and the steps that build the bridge."""

    id: UUID
    case_id: UUID
    participant_id: UUID = Field(description="Whose setting changes.")
    from_place: SupportPlace = Field(description="Where they were.")
    from_place_label: Annotated[str, Sql(label("from_place", SUPPORT_PLACES))] = Field(description="In your language.")
    to_place: SupportPlace = Field(description="Where they go.")
    to_place_label: Annotated[str, Sql(label("to_place", SUPPORT_PLACES))] = Field(description="In your language.")
    from_on: date = Field(description="From which day.")
    words: str = Field(description="What carries it.")
    steps: list[UUID] = Field(description="The steps that build the bridge.")


@operation(policy.RECORD_SETTING, on=Case, answers=SettingChangeView, states=CASE_STATES_GOING_ON, guards=(GOES_ON,))
async def record_setting_change(act: Act, case: Case, command: RecordSettingChange) -> SettingChange:
    """Record that somebody goes from one setting to another, and the steps that build the bridge. What specialists do
    there is applied for and decided as always."""
    errors = await claimants(act, case.id, participant_id=command.participant_id)
    heard = READ_STEP.condition(Setting(), Step.__table__.c)  # type: ignore[attr-defined]
    there = select(Step.id).where(col(Step.id).in_(command.steps), Step.case_id == case.id, heard)
    if command.audience is not Audience.AUTHOR:  # its ids would tell others that there is one
        there = there.where(Step.audience == Audience.ALL.value)
    if not set((await act.session.exec(there)).all()).issuperset(command.steps):
        errors += [{"pointer": "#/steps", "detail": "are not all steps of this case that everybody in it hears of"}]
    if errors:
        raise InvalidInput(errors=errors)
    return act.add(
        SettingChange(
            authority_id=case.authority_id,
            case_id=case.id,
            author_id=act.actor.id,
            from_place=command.from_place.value,
            to_place=command.to_place.value,
            **audience_of(command),
            **command.model_dump(include={"id", "participant_id", "from_on", "words", "steps"}),
        )
    )


def _bridging(there: Row, here: Row, reader: Reader) -> sa.ColumnElement[bool]:
    return sa.and_(there.case_id == here.case_id, there.id == sa.any_(here.steps))


link(CaseView, "setting_changes", Many("case_id"), SettingChangeView)
link(SettingChangeView, "participant", One("participant_id"), ParticipantView)
link(SettingChangeView, "bridging_steps", Many(_bridging), StepView)
