"""What a person's help is made of, and what the public agency has decided about it (facts, section 4; §§ 5, 27-36a, 41
SGB VIII).

An arrangement is a mix, along the questions II to V (deck lines 115-146): what somebody does themselves, what their
network does, the neighbourhood, institutions for everybody, and specialists. It is shown as it is, without target or
score. Amounts are EUR, exact to the cent."""

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from service.domain.budgets.model import CommitmentBasis, LineKind
from service.domain.rows import Scoped, Shape, Versioned, ids, one_of, own_id, reference, secured, word


class ElementKind(StrEnum):
    """Who contributes to an arrangement. Only what specialists do needs a decision of the agency."""

    OWN = "own"
    OWN_NETWORK = "own_network"
    COMMUNITY = "community"
    REGULAR_INSTITUTION = "regular_institution"
    SPECIALIST = "specialist"


class ElementState(StrEnum):
    """Where an element stands. A specialist's goes planned, applied, granted or refused, ended (applied is skipped
    where the agency decides without being asked), or planned, running, ended where it begins by another way than a
    decision; any other planned, running, ended."""

    PLANNED = "planned"
    APPLIED = "applied"
    RUNNING = "running"
    GRANTED = "granted"
    REFUSED = "refused"
    ENDED = "ended"


class Outcome(StrEnum):
    """What was decided: all of what was asked for, a part of it, or nothing."""

    GRANTED = "granted"
    PARTLY = "partly"
    REFUSED = "refused"


class Override(StrEnum):
    """Why it was decided while questions II to IV were still open (concepts, A5): their order is one of asking."""

    ACUTE_PROTECTION = "acute_protection"
    LEGAL_CLAIM_REQUESTED = "legal_claim_requested"
    ADDRESSEE_WISH = "addressee_wish"


class OtherWay(StrEnum):
    """How help by specialists begins besides a decision: direct access (§ 36a(2)), taking into care (§ 42), or procured
    by oneself (§ 36a(3) SGB VIII)."""

    DIRECT_ACCESS = "direct_access"
    TAKING_INTO_CARE = "taking_into_care"
    SELF_PROCUREMENT = "self_procurement"


class SupportKind(StrEnum):
    """Kinds of support (Art der Hilfe) of the official statistic of child and youth welfare, part I, field EF4, in the
    order of its keys 01 to 16; § 41 SGB VIII is no kind but the legal basis of one of these."""

    CHILD_GUIDANCE_FAMILY = "child_guidance_family"  # § 28 SGB VIII, above all with the family
    CHILD_GUIDANCE_PARENTS = "child_guidance_parents"  # § 28, above all with the parents
    CHILD_GUIDANCE_YOUNG_PERSON = "child_guidance_young_person"  # § 28, above all with the young person
    SOCIAL_GROUP_WORK = "social_group_work"  # § 29
    PARENTING_ASSISTANT = "parenting_assistant"  # § 30: Erziehungsbeistand
    SUPERVISION_HELPER = "supervision_helper"  # § 30: Betreuungshelfer
    SOCIAL_PEDAGOGICAL_FAMILY_SUPPORT = "social_pedagogical_family_support"  # § 31
    DAY_GROUP = "day_group"  # § 32
    FOSTER_CARE_GENERAL = "foster_care_general"  # § 33
    FOSTER_CARE_SPECIAL = "foster_care_special"  # § 33, where it takes more than others can give
    RESIDENTIAL_CARE = "residential_care"  # § 34
    INTENSIVE_INDIVIDUAL_SUPPORT = "intensive_individual_support"  # § 35
    INTEGRATION_ASSISTANCE = "integration_assistance"  # § 35a
    FLEXIBLE_SUPPORT_AMBULATORY = "flexible_support_ambulatory"  # § 27, at home
    FLEXIBLE_SUPPORT_OUT_OF_HOME = "flexible_support_out_of_home"  # § 27, outside the family
    FLEXIBLE_SUPPORT_OTHER = "flexible_support_other"  # § 27


class SupportPlace(StrEnum):
    """Where support takes place (Ort der Durchführung) in the official statistic of child and youth welfare, part I,
    field EF5, in the order of its keys 01 to 12."""

    FAMILY_OF_ORIGIN = "family_of_origin"
    HOME_OF_RELATIVES = "home_of_relatives"
    UNRELATED_FAMILY = "unrelated_family"
    DAY_NURSERY = "day_nursery"
    SCHOOL = "school"
    AMBULATORY_SERVICE = "ambulatory_service"
    DAY_INSTITUTION = "day_institution"
    RESIDENTIAL_SEVERAL_GROUPS = "residential_several_groups"
    RESIDENTIAL_ONE_GROUP = "residential_one_group"
    OWN_HOME_OF_YOUNG_PERSON = "own_home_of_young_person"
    ABROAD = "abroad"
    ELSEWHERE = "elsewhere"


def numeric(digits: int) -> Any:
    """An amount with two decimals, or none."""
    return Field(default=None, sa_type=sa.Numeric(digits, 2), nullable=True)


class Extent(SQLModel):
    """How much of something and how long: hours a week, from a day until another (inclusive; null: open-ended)."""

    hours_per_week: Decimal | None = numeric(5)
    starts_on: date | None = None
    ends_on: date | None = None


@secured(Shape.CASE)
class Arrangement(Scoped, Versioned, table=True):
    """Who does what so that a concern can be met («Hilfearrangement»). A case has one or more. `edition` counts the
    changes of its elements."""

    __tablename__ = "support_arrangement"

    id: UUID = own_id()
    case_id: UUID = reference("case_file")
    title: str = Field(sa_type=sa.Text)
    purpose: str | None = Field(default=None, sa_type=sa.Text)
    edition: int = Field(default=0, sa_column_kwargs={"server_default": sa.text("0")})


@secured(Shape.CASE)
class ArrangementElement(Scoped, Versioned, Extent, table=True):
    """One contribution to an arrangement, for one young person or adult. Only a specialist's costs the agency
    anything; `commitment_id` is the money reserved or committed for it."""

    __tablename__ = "arrangement_element"
    __table_args__ = (
        one_of("kind", ElementKind),
        one_of("state", ElementState),
        one_of("support_kind", SupportKind),
        one_of("support_place", SupportPlace),
        one_of("basis", CommitmentBasis),
        one_of("line", LineKind),
        one_of("other_way", OtherWay),
        sa.CheckConstraint("(other_way IS NULL) = (other_way_because IS NULL)", name="other_way_because"),
        sa.CheckConstraint("ends_on >= starts_on", name="period"),
        sa.CheckConstraint("cost > 0", name="cost"),
        sa.CheckConstraint(
            "CASE WHEN kind = 'specialist' THEN basis IS NOT NULL AND line IS NOT NULL "
            "AND (state <> 'running' OR other_way IS NOT NULL) "
            "ELSE coalesce(organisation_id::text, support_kind, support_place, cost::text, basis, line, other_way) "
            "IS NULL AND state IN ('planned', 'running', 'ended') END",
            name="specialist",
        ),
        sa.CheckConstraint("state <> 'applied' OR claim_holder_id IS NOT NULL", name="claim_holder"),
    )

    id: UUID = own_id()
    arrangement_id: UUID = reference("support_arrangement")
    case_id: UUID = reference("case_file")
    participant_id: UUID = reference("participant", index=False)
    goal_ids: list[UUID] = ids()
    kind: str = word()
    what: str = Field(sa_type=sa.Text)
    state: str = word(ElementState.PLANNED)
    organisation_id: UUID | None = reference("organisation", optional=True, index=False)
    support_kind: str | None = word(optional=True)
    support_place: str | None = word(optional=True)
    cost: Decimal | None = numeric(14)
    basis: str | None = word(optional=True)
    line: str | None = word(optional=True)
    claim_holder_id: UUID | None = reference("participant", optional=True, index=False)
    custodians_told_on: date | None = None
    custodians_not_told_because: str | None = Field(default=None, sa_type=sa.Text)
    applied_by_id: UUID | None = reference("actor", optional=True, index=False)
    applicant_id: UUID | None = reference("participant", optional=True, index=False)
    applied_on: date | None = None
    commitment_id: UUID | None = reference("commitment", optional=True, index=False)
    began_on: date | None = None
    ended_on: date | None = None
    other_way: str | None = word(optional=True)
    other_way_because: str | None = Field(default=None, sa_type=sa.Text)


@secured(Shape.CASE)
class Decision(Scoped, Extent, table=True):
    """What the public agency has decided about one element («Bescheid»). It is made once and never changed; one that
    was entered in the wrong case is annulled."""

    __tablename__ = "decision"
    __table_args__ = (
        one_of("outcome", Outcome),
        one_of("override", Override),
        sa.CheckConstraint("(override IS NULL) = (override_because IS NULL)", name="override_because"),
        sa.UniqueConstraint("element_id"),
        sa.CheckConstraint("ends_on >= starts_on", name="period"),
        sa.CheckConstraint("amount IS NULL OR (amount > 0 AND outcome <> 'refused')", name="amount"),
        sa.CheckConstraint("outcome = 'granted' OR remedy_notice IS NOT NULL", name="remedy_notice"),
        sa.CheckConstraint("outcome = 'refused' OR wish_and_choice IS NOT NULL", name="wish_and_choice"),
        sa.CheckConstraint("second_professional_id <> decided_by_id", name="two_professionals"),
    )

    id: UUID = own_id()
    element_id: UUID = reference("arrangement_element", index=False)
    case_id: UUID = reference("case_file")
    outcome: str = word()
    amount: Decimal | None = numeric(14)
    organisation_id: UUID | None = reference("organisation", optional=True, index=False)
    outside_network: bool = False
    legal_basis: str = Field(sa_type=sa.Text)
    wish_and_choice: str | None = Field(default=None, sa_type=sa.Text)
    reasons: str | None = Field(default=None, sa_type=sa.Text)
    remedy_notice: str | None = Field(default=None, sa_type=sa.Text)
    decided_by_id: UUID = reference("actor", index=False)
    second_professional_id: UUID | None = reference("actor", optional=True, index=False)
    decided_on: date
    override: str | None = word(optional=True)
    override_because: str | None = Field(default=None, sa_type=sa.Text)
    annulled_on: date | None = None
