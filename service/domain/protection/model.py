"""Child protection (§ 8a SGB VIII; facts, sections 1.6 and 4): a compartment beside the case. Whoever is in its team
sees it: whoever leads the case, or stands in for them, and whom they let in. Nobody else learns that there is one: not
the case, its people, its other workers or their management. What is written in it is encrypted at rest."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field

from service.domain.access.model import Bounded
from service.domain.rows import (
    Scoped,
    Shape,
    Versioned,
    encrypted,
    ids,
    moment,
    one_of,
    only_encrypted,
    own_id,
    reference,
    secured,
    word,
)


def _text(*, optional: bool = False) -> Any:
    return encrypted("endangerment", optional=optional)


class EndangermentState(StrEnum):
    """Where an assessment stands. What was found (no danger, need for help, latent, acute) is a state of its own."""

    REPORTED = "reported"  # somebody has said that they worry
    SCREENING = "screening"  # it is looked at whether there is anything to it
    ASSESSMENT = "assessment"  # several professionals look at it together
    NO_DANGER = "no_danger"  # found: no danger
    NEED_FOR_HELP = "need_for_help"  # found: no danger, but help is needed
    LATENT = "latent"  # found: danger cannot be ruled out
    ACUTE = "acute"  # found: danger now
    SAFETY_PLAN = "safety_plan"  # a plan keeps the child safe
    COURT = "court"  # the family court is called upon (§ 8a(2) SGB VIII)
    TAKING_INTO_CARE = "taking_into_care"  # the child is taken into care (§ 42 SGB VIII)
    CONCLUDED = "concluded"  # at its end


class EndangermentFinding(StrEnum):
    """What several professionals have found together: never a score of anybody."""

    NO_DANGER = "no_danger"  # no danger was found
    NEED_FOR_HELP = "need_for_help"  # no danger, but help is needed
    LATENT = "latent"  # danger cannot be ruled out
    ACUTE = "acute"  # danger now


@secured(Shape.COMPARTMENT, "id")
class EndangermentAssessment(Scoped, Versioned, table=True):
    """One assessment of weighty indications, by a team of its own: whoever leads the case, and those named in `team`.
    `endangered` are the participants of the case whom it is about; `round` counts how often it was begun anew."""

    __tablename__ = "endangerment_assessment"
    __table_args__ = (
        one_of("state", EndangermentState),
        one_of("finding", EndangermentFinding),
        only_encrypted("reasons", "involvement", "measures", "outcome"),
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
    endangered: list[UUID] = ids()
    finding: str | None = word(optional=True)
    reasons: str | None = _text(optional=True)
    involvement: str | None = _text(optional=True)
    measures: str | None = _text(optional=True)
    outcome: str | None = _text(optional=True)
    reported_on: date
    concluded_on: date | None = None


@secured(Shape.WITHIN, "assessment_id")
class EndangermentMember(Scoped, Versioned, Bounded, table=True):
    """That somebody was let into the team, and since when they are out of it."""

    __tablename__ = "endangerment_member"

    id: UUID = own_id()
    assessment_id: UUID = reference("endangerment_assessment")
    actor_id: UUID = reference("actor", index=False)
    as_adviser: bool = False


@secured(Shape.REPORTED, "assessment_id")
class EndangermentReport(Scoped, Versioned, table=True):
    """What somebody who works with the family has noticed, or was told: by whom, as a function or without a name. They
    see their own report, and in the end whether it was confirmed and the agency acted: no more (§ 64(4) SGB VIII)."""

    __tablename__ = "endangerment_report"
    __table_args__ = (
        sa.CheckConstraint("(confirmed IS NULL) = (acted IS NULL)", name="answered"),
        only_encrypted("words", "told_by", "own_assessment", "adviser", "involvement"),
        sa.CheckConstraint("NOT anonymous OR told_by IS NULL", name="told_by"),
    )

    id: UUID = own_id()
    assessment_id: UUID = reference("endangerment_assessment")
    reporter_id: UUID = reference("actor")
    words: str = _text()
    told_by: str | None = _text(optional=True)
    anonymous: bool = Field(default=False, sa_column_kwargs={"server_default": sa.false()})
    own_assessment: str | None = _text(optional=True)
    adviser: str | None = _text(optional=True)
    involvement: str | None = _text(optional=True)
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
    worries: str = _text()
    working_well: str = _text()
    what_needs_to_happen: str = _text()
    finding: str = word()
    judged_at: datetime = moment(now=True)

    __table_args__ = (
        one_of("finding", EndangermentFinding),
        only_encrypted("worries", "working_well", "what_needs_to_happen"),
    )


@secured(Shape.WITHIN, "assessment_id")
class SafetyPlan(Scoped, table=True):
    """Who does what so that the child is safe, until when, and who looks whether it holds. A new one takes the place of
    the one before, which stays."""

    __tablename__ = "safety_plan"
    __table_args__ = (only_encrypted("agreements", "agreed_with", "who_checks"),)

    id: UUID = own_id()
    assessment_id: UUID = reference("endangerment_assessment")
    agreements: str = _text()
    agreed_with: str = _text()
    who_checks: str = _text()
    review_on: date
    author_id: UUID = reference("actor", index=False)
    agreed_at: datetime = moment(now=True)
