"""Child protection (§ 8a SGB VIII; facts, sections 1.6 and 4): a compartment beside the case. Whoever is in its team
sees it, and nobody else learns that there is one: not the case, its people, its workers or their management."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field

from service.domain.rows import Scoped, Shape, Versioned, ids, moment, one_of, own_id, reference, secured, word


class EndangermentState(StrEnum):
    """Where an assessment stands. What was found (no danger, need for help, latent, acute) is a state of its own."""

    REPORTED = "reported"
    SCREENING = "screening"
    ASSESSMENT = "assessment"
    NO_DANGER = "no_danger"
    NEED_FOR_HELP = "need_for_help"
    LATENT = "latent"
    ACUTE = "acute"
    SAFETY_PLAN = "safety_plan"
    COURT = "court"
    TAKING_INTO_CARE = "taking_into_care"
    CONCLUDED = "concluded"


class EndangermentFinding(StrEnum):
    """What several professionals have found together: never a score of anybody."""

    NO_DANGER = "no_danger"
    NEED_FOR_HELP = "need_for_help"
    LATENT = "latent"
    ACUTE = "acute"


@secured(Shape.COMPARTMENT, "id")
class EndangermentAssessment(Scoped, Versioned, table=True):
    """One assessment of weighty indications, by a team of its own. `round` counts how often it was begun anew."""

    __tablename__ = "endangerment_assessment"
    __table_args__ = (
        one_of("state", EndangermentState),
        one_of("finding", EndangermentFinding),
        sa.CheckConstraint("cardinality(team) > 0", name="team"),
        sa.CheckConstraint("(finding IS NULL) = (reasons IS NULL)", name="reasons"),
        sa.CheckConstraint("state IN ('reported', 'screening', 'assessment') OR finding IS NOT NULL", name="found"),
        sa.Index("endangerment_assessment_team", "team", postgresql_using="gin"),
    )

    id: UUID = own_id()
    case_id: UUID = reference("case_file")
    case_pseudonym: str = Field(sa_type=sa.Text)
    state: str = word(EndangermentState.REPORTED)
    round: int = Field(default=1)
    team: list[UUID] = ids()
    advisers: list[UUID] = ids()
    finding: str | None = word(optional=True)
    reasons: str | None = Field(default=None, sa_type=sa.Text)
    involvement: str | None = Field(default=None, sa_type=sa.Text)
    measures: str | None = Field(default=None, sa_type=sa.Text)
    outcome: str | None = Field(default=None, sa_type=sa.Text)
    reported_on: date
    concluded_on: date | None = None


@secured(Shape.REPORTED, "assessment_id")
class EndangermentReport(Scoped, Versioned, table=True):
    """What somebody who works with the family has noticed. They see their own report, and in the end whether it was
    confirmed and the agency acted: no more (§ 64(4) SGB VIII)."""

    __tablename__ = "endangerment_report"
    __table_args__ = (sa.CheckConstraint("(confirmed IS NULL) = (acted IS NULL)", name="answered"),)

    id: UUID = own_id()
    assessment_id: UUID = reference("endangerment_assessment")
    reporter_id: UUID = reference("actor")
    words: str = Field(sa_type=sa.Text)
    own_assessment: str | None = Field(default=None, sa_type=sa.Text)
    adviser: str | None = Field(default=None, sa_type=sa.Text)
    involvement: str | None = Field(default=None, sa_type=sa.Text)
    confirmed: bool | None = None
    acted: bool | None = None


@secured(Shape.WITHIN, "assessment_id")
class EndangermentJudgement(Scoped, table=True):
    """How one professional sees it, in one round. Nobody overwrites it: who sees it otherwise later says so anew."""

    __tablename__ = "endangerment_judgement"

    id: UUID = own_id()
    assessment_id: UUID = reference("endangerment_assessment")
    round: int
    author_id: UUID = reference("actor", index=False)
    as_adviser: bool
    worries: str = Field(sa_type=sa.Text)
    working_well: str = Field(sa_type=sa.Text)
    what_needs_to_happen: str = Field(sa_type=sa.Text)
    finding: str = word()
    judged_at: datetime = moment(now=True)

    __table_args__ = (one_of("finding", EndangermentFinding),)


@secured(Shape.WITHIN, "assessment_id")
class SafetyPlan(Scoped, table=True):
    """Who does what so that the child is safe, until when, and who looks whether it holds. A new one takes the place of
    the one before, which stays."""

    __tablename__ = "safety_plan"

    id: UUID = own_id()
    assessment_id: UUID = reference("endangerment_assessment")
    agreements: str = Field(sa_type=sa.Text)
    agreed_with: str = Field(sa_type=sa.Text)
    who_checks: str = Field(sa_type=sa.Text)
    review_on: date
    author_id: UUID = reference("actor", index=False)
    agreed_at: datetime = moment(now=True)
