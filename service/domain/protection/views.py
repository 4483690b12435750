"""An endangerment assessment, for its team alone. There is no way to it from a case, nor from it into one."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field
from sqlalchemy.dialects.postgresql import array

from service.domain.access.model import in_force
from service.domain.protection import policy
from service.domain.protection.model import (
    EndangermentAssessment,
    EndangermentFinding,
    EndangermentJudgement,
    EndangermentReport,
    EndangermentState,
    SafetyPlan,
)
from service.domain.views import Many, Record, Sql, link, view
from service.domain.words import label, saying

Unreadable = Annotated[
    list[str],
    Sql(lambda row, reader: array([], type_=sa.Text())),
    Field(description="Names of the texts that cannot be opened at present, and are null: tell whoever operates this."),
]
"""Named by whoever decrypts them (`encrypting.py`)."""


@view(
    EndangermentAssessment,
    policy.READ_ASSESSMENT,
    plural="endangerment_assessments",
    filters=("state", "case_id"),
    subject="id",
)
class EndangermentAssessmentView(Record):
    """An assessment of weighty indications that a child is endangered (§ 8a SGB VIII), for its team."""

    id: UUID
    case_id: UUID = Field(description="The case it is beside. Whether you see that is another question.")
    case_pseudonym: str
    state: EndangermentState
    round: int = Field(description="How often it was begun, this time counted.")
    endangered: list[UUID] = Field(description="The participants of the case whom it is about.")
    team: list[UUID] = Field(
        description="Who was let in, the advisers among them. Whoever leads the case is in the team besides: `members` "
        "tells of all of them, from when until when."
    )
    advisers: list[UUID] = Field(description="The specialised child-protection advisers in the team.")
    finding: EndangermentFinding | None = Field(description="What the professionals found together, the last time.")
    reasons: str | None = Field(description="Why they found so.")
    involvement: str | None
    measures: str | None = Field(description="What was asked of the family court, or why taken into care.")
    outcome: str | None = Field(description="How it ended.")
    reported_on: date = Field(description="The day on which it was reported.")
    concluded_on: date | None = Field(description="The day on which it was concluded; null until then.")
    unreadable: Unreadable
    version: int


@view(
    EndangermentAssessment,
    policy.READ_ASSESSMENT,
    plural="endangerment_outlines",
    filters=("state", "case_id"),
    subject="id",
    single=False,
)
class EndangermentOutlineView(Record):
    """An assessment in whose team you are, without what is written in it: texts are read one case at a time."""

    id: UUID
    case_id: UUID = Field(description="The case it is beside. Whether you see that is another question.")
    case_pseudonym: str
    state: EndangermentState
    finding: EndangermentFinding | None = Field(description="What the professionals found together, the last time.")
    reported_on: date = Field(description="The day on which it was reported.")
    concluded_on: date | None = Field(description="The day on which it was concluded; null until then.")


@view(
    EndangermentReport,
    policy.READ_REPORT,
    plural="endangerment_reports",
    filters=("assessment_id",),
    subject="assessment_id",
)
class EndangermentReportView(Record):
    """What somebody has reported: for themselves and for the team."""

    id: UUID
    assessment_id: UUID = Field(description="What it is assessed under; its team alone can read that.")
    reporter_id: UUID = Field(description="Who has reported it.")
    words: str | None = Field(description="What was seen and heard, and when.")
    told_by: str | None = Field(description="Who has told them, by function; null where they noticed it themselves.")
    anonymous: bool = Field(description="Whether whoever told it did not say who they are.")
    own_assessment: str | None = Field(description="Of a provider: its own assessment (§ 8a(4) SGB VIII).")
    adviser: str | None = Field(description="The specialised adviser it was assessed with, by function.")
    involvement: str | None
    confirmed: bool | None = Field(description="Whether it was confirmed; null until that can be said (§ 64(4)).")
    acted: bool | None = Field(description="Whether the agency has acted; null until that can be said.")
    created_at: datetime
    unreadable: Unreadable
    version: int


@view(
    EndangermentJudgement,
    policy.READ_WITHIN,
    plural="endangerment_judgements",
    filters=("assessment_id",),
    subject="assessment_id",
)
class EndangermentJudgementView(Record):
    """How one professional sees it: worries, what works well, what needs to happen."""

    id: UUID
    assessment_id: UUID
    round: int = Field(description="In which round of the assessment.")
    author_id: UUID
    as_adviser: bool = Field(description="As the specialised adviser, who does not count among the professionals.")
    worries: str | None
    working_well: str | None
    what_needs_to_happen: str | None
    finding: EndangermentFinding = Field(description="What they find it to be; nothing is averaged.")
    judged_at: datetime = Field(description="When they said so.")
    unreadable: Unreadable


@view(SafetyPlan, policy.READ_WITHIN, plural="safety_plans", filters=("assessment_id",), subject="assessment_id")
class SafetyPlanView(Record):
    """Who does what so that the child is safe. The last one holds."""

    id: UUID
    assessment_id: UUID
    agreements: str | None
    agreed_with: str | None
    who_checks: str | None
    review_on: date = Field(description="When they look at it together again.")
    author_id: UUID
    agreed_at: datetime = Field(description="When it was agreed.")
    unreadable: Unreadable


class TeamMember:
    """A view of the database, of `0084_teams_with_dates.sql`: who was let in, and whoever leads the case or stands in,
    since there is the assessment."""

    __table__ = sa.Table(
        "endangerment_team",
        sa.MetaData(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        *(sa.Column(name, sa.Uuid(), nullable=False) for name in ("authority_id", "assessment_id", "actor_id")),
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_to", sa.DateTime(timezone=True), nullable=True),
    )


class TeamPart(StrEnum):
    """As what somebody is in the team of an assessment."""

    LEAD = "lead"
    STAND_IN = "stand_in"
    PROFESSIONAL = "professional"
    ADVISER = "adviser"


PARTS = {
    TeamPart.LEAD: saying("führt den Fall", "leads the case", "ist für den Fall zuständig"),
    TeamPart.STAND_IN: saying("vertritt", "stands in", "springt ein"),
    TeamPart.PROFESSIONAL: saying("schätzt mit ein", "assesses it, too", "schaut mit hin"),
    TeamPart.ADVISER: saying(
        "insoweit erfahrene Fachkraft", "specialised child-protection adviser", "kennt sich gut aus und berät"
    ),
}


@view(
    TeamMember,
    policy.READ_WITHIN,
    plural="endangerment_members",
    filters=("assessment_id",),
    subject="assessment_id",
    single=False,
)
class EndangermentMemberView(Record):
    """Somebody who is, or was, in the team of an assessment: as what, and from when until when."""

    id: UUID
    assessment_id: UUID
    actor_id: UUID = Field(description="Who it is; see GET /v1/staff.")
    part: TeamPart = Field(description="As what.")
    part_label: Annotated[str, Sql(label("part", PARTS))] = Field(description="In your language.")
    in_force: Annotated[bool, Sql(lambda row, reader: in_force(row))]
    valid_from: datetime
    valid_to: datetime | None


link(EndangermentAssessmentView, "members", Many("assessment_id"), EndangermentMemberView)
link(EndangermentAssessmentView, "reports", Many("assessment_id"), EndangermentReportView)
link(EndangermentAssessmentView, "judgements", Many("assessment_id"), EndangermentJudgementView)
link(EndangermentAssessmentView, "safety_plans", Many("assessment_id"), SafetyPlanView)
