"""What a place steers by: indicators that people have agreed on in dialogue, and rules that reward what they tell (deck
lines 284-288, 424, 921, 962; concepts, E5, E12, F8).

Nothing here is about a person, a worker or a provider: a value belongs to a place and a time. Amounts are EUR."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field

from service.domain.budgets.model import OfAgreement, money
from service.domain.dialogues.model import OF_ONE_PLACE, Placed
from service.domain.rows import Scoped, Shape, Versioned, moment, one_of, own_id, reference, secured, word


class SteeringQuality(StrEnum):
    """The five qualities that steering is about (deck lines 284-288): the families of indicators."""

    FLEXIBILITY = "flexibility"  # Flexibilität
    TIMELINESS = "timeliness"  # Rechtzeitigkeit
    FIT = "fit"  # Passgenauigkeit
    INNOVATION = "innovation"  # Innovationsgenerierung
    EFFECTIVENESS = "effectiveness"  # Wirksamkeit


class WantedDirection(StrEnum):
    """Which way is the better one, as the parties see it."""

    UP = "up"  # more of it is better
    DOWN = "down"  # less of it is better
    NEITHER = "neither"  # it is something to talk about, and no more


class IndicatorState(StrEnum):
    """An indicator exists once each of its parties has agreed, and until its last day."""

    PROPOSED = "proposed"  # waits for one of its parties
    AGREED = "agreed"  # each of them has agreed


class IncentiveState(StrEnum):
    """A rule is simulated on past values before anybody can agree to it, and in force once both sides have."""

    DRAFTED = "drafted"  # written down, and not simulated
    SIMULATED = "simulated"  # it is said what it would have paid
    ACTIVE = "active"  # both sides have agreed
    ENDED = "ended"  # one of them has ended it


class PerverseEffect(StrEnum):
    """What a rule would have rewarded besides what it is meant to, had it been in force."""

    LITTLE_KNOWN = "little_known"  # fewer than four past values: anything may be chance
    WINDFALL = "windfall"  # would have paid in at least half of the periods, though nobody had promised anything
    CLIFF = "cliff"  # values so close to the threshold that a single case decides
    CHANCE = "chance"  # paid and not paid by turns, without a lasting change
    FEWER_PEOPLE = "fewer_people"  # would have paid while fewer people than usual stood behind the value
    AT_OTHERS_EXPENSE = "at_others_expense"  # would have paid while another agreed indicator got worse


def _one_place() -> sa.CheckConstraint:
    return sa.CheckConstraint(OF_ONE_PLACE, name="one_place")


@secured(Shape.AUTHORITY)
class Indicator(Scoped, Versioned, Placed, table=True):
    """What a dialogue has agreed to look at, and until when."""

    __tablename__ = "indicator"
    __table_args__ = (
        one_of("quality", SteeringQuality),
        one_of("direction", WantedDirection),
        one_of("state", IndicatorState),
        sa.CheckConstraint("(state = 'agreed') = (agreed_on IS NOT NULL)", name="agreed"),
        _one_place(),
    )

    id: UUID = own_id()
    dialogue_id: UUID = reference("dialogue")
    state: str = word(IndicatorState.PROPOSED)
    quality: str = word()
    name: str = Field(sa_type=sa.Text)
    meaning: str = Field(sa_type=sa.Text)
    source: str = Field(sa_type=sa.Text)
    unit: str = Field(sa_type=sa.Text)
    counts_people: bool
    direction: str = word()
    narrative: str = Field(sa_type=sa.Text)
    expires_on: date
    agreed_on: date | None = None


@secured(Shape.AUTHORITY)
class IndicatorParty(Scoped, Versioned, Placed, table=True):
    """An organisation that is to agree to an indicator, or has."""

    __tablename__ = "indicator_party"
    __table_args__ = (
        _one_place(),
        sa.UniqueConstraint("indicator_id", "organisation_id"),
        sa.CheckConstraint("num_nulls(agreed_by, agreed_on) <> 1", name="agreed"),
        sa.CheckConstraint(
            "num_nulls(public_by, public_on) <> 1 "
            "AND (public_on IS NULL OR agreed_on IS NOT NULL AND public_on >= agreed_on)",
            name="public",
        ),
    )

    id: UUID = own_id()
    indicator_id: UUID = reference("indicator", index=False)
    organisation_id: UUID = reference("organisation")
    agreed_by: UUID | None = reference("actor", optional=True, index=False)
    agreed_on: date | None = None
    public_by: UUID | None = reference("actor", optional=True, index=False)
    public_on: date | None = None


@secured(Shape.APPENDED)
class IndicatorValue(Scoped, Placed, table=True):
    """What an indicator was in a time, with the story behind it. Never changed: a correction is another value."""

    __tablename__ = "indicator_value"
    __table_args__ = (
        _one_place(),
        sa.CheckConstraint("from_on <= to_on", name="period"),
        sa.CheckConstraint("stands_for > 0", name="stands_for"),
    )

    id: UUID = own_id()
    indicator_id: UUID = reference("indicator")
    from_on: date
    to_on: date
    value: Decimal = money()
    stands_for: int | None = None
    narrative: str = Field(sa_type=sa.Text)
    recorded_by: UUID = reference("actor", index=False)
    recorded_at: datetime = moment()


@secured(Shape.RELEASED)
class IndicatorRelease(Scoped, Placed, table=True):
    """An indicator as everybody may read it, once each of its parties wants that. Never changed: a later release of the
    same indicator takes its place. It is shown until the indicator's last day."""

    __tablename__ = "indicator_release"
    __table_args__ = (
        one_of("quality", SteeringQuality),
        one_of("direction", WantedDirection),
        sa.UniqueConstraint("indicator_id", "number"),
        _one_place(),
    )

    id: UUID = own_id()
    indicator_id: UUID = reference("indicator", index=False)
    number: int
    quality: str = word()
    name: str = Field(sa_type=sa.Text)
    meaning: str = Field(sa_type=sa.Text)
    source: str = Field(sa_type=sa.Text)
    unit: str = Field(sa_type=sa.Text)
    direction: str = word()
    narrative: str = Field(sa_type=sa.Text)
    expires_on: date
    released_on: date


@secured(Shape.RELEASED)
class ReleasedIndicatorValue(Scoped, table=True):
    """What a released indicator was in a time, with the story behind it. How many stand behind it is not told."""

    __tablename__ = "released_indicator_value"
    __table_args__ = (sa.CheckConstraint("from_on <= to_on", name="period"),)

    id: UUID = own_id()
    release_id: UUID = reference("indicator_release")
    from_on: date
    to_on: date
    value: Decimal = money()
    narrative: str = Field(sa_type=sa.Text)


@secured(Shape.AUTHORITY)
class IncentiveRule(OfAgreement, Versioned, table=True):
    """What an agreement would pay on top for a value of an indicator. It pays nothing by itself."""

    __tablename__ = "incentive_rule"
    __table_args__ = (
        one_of("state", IncentiveState),
        sa.CheckConstraint("amount > 0", name="amount"),
        sa.CheckConstraint("agency_approved_by <> drafted_by", name="four_eyes"),
        sa.CheckConstraint(
            "state <> 'active' OR num_nulls(simulation_id, agency_approved_by, network_approved_by) = 0", name="active"
        ),
    )

    id: UUID = own_id()
    indicator_id: UUID = reference("indicator")
    state: str = word(IncentiveState.DRAFTED)
    name: str = Field(sa_type=sa.Text)
    purpose: str = Field(sa_type=sa.Text)
    threshold: Decimal = money()
    amount: Decimal = money()
    drafted_by: UUID = reference("actor", index=False)
    simulation_id: UUID | None = Field(default=None, sa_type=sa.Uuid)
    agency_approved_by: UUID | None = reference("actor", optional=True, index=False)
    agency_said: str | None = Field(default=None, sa_type=sa.Text)
    network_approved_by: UUID | None = reference("actor", optional=True, index=False)
    network_said: str | None = Field(default=None, sa_type=sa.Text)
    active_on: date | None = None
    ended_on: date | None = None


@secured(Shape.APPENDED)
class IncentiveSimulation(OfAgreement, table=True):
    """What a rule would have paid on the values there are."""

    __tablename__ = "incentive_simulation"
    __table_args__ = (sa.CheckConstraint("periods > 0 AND paid BETWEEN 0 AND periods", name="periods"),)

    id: UUID = own_id()
    rule_id: UUID = reference("incentive_rule")
    periods: int
    paid: int
    amount: Decimal = money()
    simulated_by: UUID = reference("actor", index=False)
    simulated_at: datetime = moment()


@secured(Shape.APPENDED)
class IncentiveFinding(OfAgreement, table=True):
    """A perverse effect that a simulation has found, and in how many periods."""

    __tablename__ = "incentive_finding"
    __table_args__ = (
        one_of("effect", PerverseEffect),
        sa.CheckConstraint("periods > 0", name="periods"),
        sa.CheckConstraint("(effect = 'at_others_expense') = (other_id IS NOT NULL)", name="other"),
    )

    id: UUID = own_id()
    simulation_id: UUID = reference("incentive_simulation")
    effect: str = word()
    periods: int
    other_id: UUID | None = reference("indicator", optional=True, index=False)
