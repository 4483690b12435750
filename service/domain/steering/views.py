"""What is published of indicators and rules of reward. A value is of a place and a time; no list here is ordered by a
value, and none has a person, a worker or a provider beside one."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field

from service.domain.access.views import OrganisationView
from service.domain.budgets.figures import DATABASE_VIEWS, columns
from service.domain.dialogues.views import DialogueView
from service.domain.policy import EVERYONE, Reader, Row
from service.domain.steering import policy
from service.domain.steering.model import (
    IncentiveFinding,
    IncentiveRule,
    IncentiveSimulation,
    IncentiveState,
    Indicator,
    IndicatorParty,
    IndicatorState,
    IndicatorValue,
    PerverseEffect,
    SteeringQuality,
    WantedDirection,
)
from service.domain.values import Money
from service.domain.views import Many, One, Record, Sql, link, view


def _expired(row: Row, reader: Reader) -> sa.ColumnElement[Any]:
    gone: sa.ColumnElement[bool] = row.expires_on < reader.today
    return gone


@view(
    Indicator,
    policy.READ_INDICATOR,
    plural="indicators",
    filters=("dialogue_id", "social_space_id", "region_id", "quality", "state"),
)
class IndicatorView(Record):
    """What a dialogue has agreed to look at, and until when."""

    id: UUID
    dialogue_id: UUID = Field(description="The meeting in which it was proposed.")
    social_space_id: UUID | None = Field(description="The social space; null where it is about a region.")
    region_id: UUID | None = Field(description="The region; null where it is about a social space.")
    state: IndicatorState
    expired: Annotated[bool, Sql(_expired)] = Field(description="Its last day is over: no value is recorded any more.")
    quality: SteeringQuality = Field(description="The quality of steering that it tells of.")
    name: str
    meaning: str = Field(description="What is counted or measured, and what it stands for.")
    source: str = Field(description="Where its values come from.")
    unit: str = Field(description="In what it is measured, such as days.")
    counts_people: bool = Field(description="Whether people or households stand behind it: each value says how many.")
    direction: WantedDirection = Field(description="Which way is the better one, as the parties see it.")
    narrative: str = Field(description="Why it was agreed: what is to be understood by it, and what not.")
    expires_on: date = Field(description="The last day on which it holds. For longer it is agreed anew.")
    agreed_on: date | None = Field(description="Since when each party has agreed; null while one has not.")
    version: int


@view(
    IndicatorParty,
    policy.READ_INDICATOR,
    plural="indicator_parties",
    filters=("indicator_id", "organisation_id"),
)
class IndicatorPartyView(Record):
    """An organisation that is to agree to an indicator, or has."""

    id: UUID
    indicator_id: UUID = Field(description="The indicator.")
    organisation_id: UUID
    agreed_by: UUID | None = Field(description="Who agreed for it.")
    agreed_on: date | None = Field(description="When it agreed; null while it has not.")
    public_by: UUID | None = Field(description="Who agreed for it that everybody may read the indicator.")
    public_on: date | None = Field(description="When it agreed to that; null while it has not.")
    version: int


@view(
    IndicatorValue,
    policy.READ_INDICATOR,
    plural="indicator_values",
    filters=("indicator_id",),
    orders=("to_on",),
)
class IndicatorValueView(Record):
    """What an indicator was in a time, with the story behind it."""

    id: UUID
    indicator_id: UUID = Field(description="The indicator.")
    from_on: date = Field(description="The first day that it is about.")
    to_on: date = Field(description="The last day that it is about.")
    value: Money = Field(description="In the indicator's unit, with two decimals.")
    stands_for: int | None = Field(
        description="How many people or households stand behind it; null where it counts none."
    )
    narrative: str = Field(description="What has led to it. It names no person and no provider.")
    recorded_by: UUID = Field(description="Who wrote it down.")
    recorded_at: datetime = Field(description="When.")


class ReleasedIndicator:
    """Releases of indicators whose last day is not over."""

    __table__ = sa.Table(
        "released_indicator",
        DATABASE_VIEWS,
        *columns(("id", sa.Uuid()), primary=True),
        *columns(("authority_id", sa.Uuid()), ("indicator_id", sa.Uuid()), ("number", sa.Integer())),
        *columns(("social_space_id", sa.Uuid()), ("region_id", sa.Uuid()), nullable=True),
        *columns(*((name, sa.Text()) for name in ("quality", "name", "meaning", "source", "unit", "direction"))),
        *columns(("narrative", sa.Text()), ("expires_on", sa.Date()), ("released_on", sa.Date())),
    )


class ToldIndicatorValue:
    """What they tell."""

    __table__ = sa.Table(
        "told_indicator_value",
        DATABASE_VIEWS,
        *columns(("id", sa.Uuid()), primary=True),
        *columns(("authority_id", sa.Uuid()), ("release_id", sa.Uuid()), ("narrative", sa.Text())),
        *columns(("from_on", sa.Date()), ("to_on", sa.Date()), ("value", sa.Numeric(14, 2))),
    )


@view(
    ReleasedIndicator,
    EVERYONE,
    plural="released_indicators",
    filters=("indicator_id", "social_space_id", "region_id", "quality"),
    orders=("number",),
)
class ReleasedIndicatorView(Record):
    """An indicator that its parties have agreed on and want everybody to read, until its last day. Of the releases of
    an indicator the one with the highest number counts."""

    id: UUID
    indicator_id: UUID = Field(description="The indicator.")
    number: int = Field(description="1 for its first release; each later one tells what has come since.")
    social_space_id: UUID | None = Field(description="The social space; null where it is about a region.")
    region_id: UUID | None = Field(description="The region; null where it is about a social space.")
    quality: SteeringQuality = Field(description="The quality of steering that it tells of.")
    name: str
    meaning: str = Field(description="What is counted or measured, and what it stands for.")
    source: str = Field(description="Where its values come from.")
    unit: str = Field(description="In what it is measured, such as days.")
    direction: WantedDirection = Field(description="Which way is the better one, as the parties see it.")
    narrative: str = Field(description="Why it was agreed: what is to be understood by it, and what not.")
    expires_on: date = Field(description="The last day on which it holds, and is shown.")
    released_on: date = Field(description="When it was released.")


@view(
    ToldIndicatorValue,
    EVERYONE,
    plural="released_indicator_values",
    filters=("release_id",),
    orders=("to_on",),
)
class ReleasedIndicatorValueView(Record):
    """What a released indicator was in a time, with the story behind it."""

    id: UUID
    release_id: UUID = Field(description="The release that tells it.")
    from_on: date = Field(description="The first day that it is about.")
    to_on: date = Field(description="The last day that it is about.")
    value: Money = Field(description="In the indicator's unit, with two decimals.")
    narrative: str = Field(description="What has led to it. It names no person and no provider.")


@view(
    IncentiveRule,
    policy.READ_INCENTIVE,
    plural="incentive_rules",
    filters=("agreement_id", "indicator_id", "state"),
)
class IncentiveRuleView(Record):
    """What an agreement would pay on top for a value of an indicator. It pays nothing by itself: whoever wants it paid
    proposes a supplement."""

    id: UUID
    agreement_id: UUID
    indicator_id: UUID = Field(description="The indicator that it goes by.")
    state: IncentiveState
    name: str
    purpose: str = Field(description="Which work it is to encourage, and why money is the way to do so.")
    threshold: Money = Field(description="From this value on, in the indicator's direction, it would pay.")
    amount: Money = Field(description="What it would pay for a period, EUR.")
    drafted_by: UUID = Field(description="Who drafted it; others approve it, for the agency and for the network.")
    simulation_id: UUID | None = Field(description="The newest simulation: what both sides approve.")
    agency_approved_by: UUID | None = Field(description="Who approved it for the agency.")
    agency_said: str | None = Field(description="How the agency means to deal with what the simulation found.")
    network_approved_by: UUID | None = Field(description="Who approved it for the network.")
    network_said: str | None = Field(description="How the network means to deal with what the simulation found.")
    active_on: date | None = Field(description="Since when both sides have approved it.")
    ended_on: date | None = Field(description="When it was ended.")
    version: int


@view(
    IncentiveSimulation,
    policy.READ_INCENTIVE,
    plural="incentive_simulations",
    filters=("agreement_id", "rule_id"),
)
class IncentiveSimulationView(Record):
    """What a rule would have paid on the values there are."""

    id: UUID
    agreement_id: UUID
    rule_id: UUID = Field(description="The rule of reward.")
    periods: int = Field(description="How many past values there are.")
    paid: int = Field(description="For how many of them it would have paid.")
    amount: Money = Field(description="What it would have paid together, EUR.")
    simulated_by: UUID = Field(description="Who had it worked out.")
    simulated_at: datetime = Field(description="When.")


@view(
    IncentiveFinding,
    policy.READ_INCENTIVE,
    plural="incentive_findings",
    filters=("agreement_id", "simulation_id", "effect"),
)
class IncentiveFindingView(Record):
    """A perverse effect that a simulation has found."""

    id: UUID
    agreement_id: UUID
    simulation_id: UUID = Field(description="The simulation that found it.")
    effect: PerverseEffect = Field(description="What the rule would have rewarded besides.")
    periods: int = Field(description="In how many past periods; of changes from one to the next, how many.")
    other_id: UUID | None = Field(description="The indicator that got worse meanwhile; null for other effects.")


link(DialogueView, "indicators", Many("dialogue_id"), IndicatorView)
link(IndicatorView, "parties", Many("indicator_id"), IndicatorPartyView)
link(IndicatorView, "values", Many("indicator_id"), IndicatorValueView)
link(ReleasedIndicatorView, "values", Many("release_id"), ReleasedIndicatorValueView)
link(IndicatorPartyView, "organisation", One("organisation_id"), OrganisationView)
link(IncentiveRuleView, "indicator", One("indicator_id"), IndicatorView)
link(IncentiveRuleView, "simulations", Many("rule_id"), IncentiveSimulationView)
link(IncentiveSimulationView, "findings", Many("simulation_id"), IncentiveFindingView)
