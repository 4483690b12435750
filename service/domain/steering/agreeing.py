"""Indicators: proposed in a dialogue, agreed by each party, filled with values and the story behind them until they
expire (deck lines 921, 962)."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from pydantic import Field
from sqlmodel import col, select

from service.domain.access.model import Organisation, OrganisationKind
from service.domain.act import Act, Command, operation
from service.domain.budgets.figures import DisclosureRule, FigureLevel
from service.domain.dialogues.meeting import placed
from service.domain.dialogues.model import Dialogue, DialogueState
from service.domain.errors import DomainError, InvalidInput
from service.domain.steering import policy
from service.domain.steering.model import (
    Indicator,
    IndicatorParty,
    IndicatorState,
    IndicatorValue,
    SteeringQuality,
    WantedDirection,
)
from service.domain.steering.views import IndicatorPartyView, IndicatorValueView, IndicatorView
from service.domain.values import ClientId, Day, Line, Money, Words, new_id

DISCLOSURE = "indicator_values"
HELD = (DialogueState.HELD, DialogueState.MINUTES_DRAFT, DialogueState.MINUTES_RELEASED)


@dataclass(eq=False)
class IndicatorExpired(DomainError):
    code, title = "indicator-expired", "The indicator has expired."
    advice = "Agree on it anew in a dialogue: POST /v1/dialogues/{id}/indicators. What was recorded stays readable."
    expired_on: str


@dataclass(eq=False)
class TooFewBehind(DomainError):
    code, title = "too-few-behind", "So few stand behind this value that it would tell about them."
    advice = "Take a longer time or a larger place, so that at least `at_least` stand behind it."
    at_least: int


class ProposeIndicator(Command):
    """What is to be looked at, why, until when, and who has to agree."""

    id: ClientId
    quality: SteeringQuality = Field(description="The quality of steering that it tells of.")
    name: Line
    meaning: Words = Field(description="What is counted or measured, and what it stands for.")
    source: Words = Field(description="Where its values come from.")
    unit: Line = Field(description="In what it is measured, such as days.")
    counts_people: bool = Field(
        True, description="Whether people or households stand behind it: then each value says how many."
    )
    direction: WantedDirection = Field(description="Which way is the better one.")
    narrative: Words = Field(description="Why: what is to be understood by it, and what not.")
    expires_on: Day = Field(description="The last day on which it holds.")
    parties: list[UUID] = Field(
        min_length=2, max_length=50, description="The organisations that have to agree: the agency, and providers."
    )


class RecordIndicatorValue(Command):
    """What it was in a time, and what has led to it."""

    id: ClientId
    from_on: Day = Field(description="The first day that it is about.")
    to_on: Day = Field(description="The last day that it is about.")
    value: Money = Field(description="In the indicator's unit, with two decimals.")
    stands_for: int | None = Field(
        None, ge=1, le=1_000_000, description="How many people or households stand behind it; left out if none do."
    )
    narrative: Words = Field(description="What has led to it. It names no person and no provider.")


@operation(policy.PROPOSE_INDICATOR, on=Dialogue, answers=IndicatorView, states=HELD)
async def propose_indicator(act: Act, dialogue: Dialogue, command: ProposeIndicator) -> Indicator:
    """Propose, in a meeting that was held, what is to be looked at. It exists once each of its parties has agreed."""
    wanted = set(command.parties)
    found = select(Organisation).where(
        col(Organisation.id).in_(wanted), Organisation.authority_id == dialogue.authority_id
    )
    kinds = [each.kind for each in (await act.session.exec(found)).all()]
    errors = []
    if len(kinds) < len(command.parties):
        errors.append(
            {"pointer": "#/parties", "detail": "names one that is no organisation of this authority, or twice"}
        )
    elif set(kinds) != {kind.value for kind in OrganisationKind}:
        errors.append({"pointer": "#/parties", "detail": "must name the public agency and an independent provider"})
    if command.expires_on <= act.today:
        errors.append({"pointer": "#/expires_on", "detail": "must lie in the future"})
    if errors:
        raise InvalidInput(errors=errors)
    said = command.model_dump(exclude={"parties"}, mode="python")
    said |= {"quality": command.quality.value, "direction": command.direction.value}
    indicator = act.add(Indicator(dialogue_id=dialogue.id, **placed(dialogue), **said))
    await act.session.flush()
    for organisation in sorted(wanted):
        act.add(
            IndicatorParty(id=new_id(), indicator_id=indicator.id, organisation_id=organisation, **placed(dialogue))
        )
    return indicator


@operation(policy.AGREE_INDICATOR, on=IndicatorParty, answers=IndicatorPartyView, raises=(IndicatorExpired,))
async def agree_indicator(act: Act, indicatorparty: IndicatorParty) -> IndicatorParty:
    """Agree to an indicator for one's organisation. With the last of its parties it exists."""
    held = select(Indicator).where(Indicator.id == indicatorparty.indicator_id).with_for_update(key_share=True)
    indicator = (await act.session.exec(held)).one()
    check_expiry(indicator, act.today)
    if indicatorparty.agreed_on is not None:
        return indicatorparty
    act.change(indicatorparty, agreed_by=act.actor.id, agreed_on=act.today)
    await act.session.flush()
    open_ = select(IndicatorParty.id).where(
        IndicatorParty.indicator_id == indicator.id, col(IndicatorParty.agreed_on).is_(None)
    )
    if (await act.session.exec(open_)).first() is None:
        act.change(indicator, state=IndicatorState.AGREED.value, agreed_on=act.today)
    return indicatorparty


@operation(
    policy.RECORD_VALUE,
    on=Indicator,
    answers=IndicatorValueView,
    states=(IndicatorState.AGREED,),
    raises=(IndicatorExpired, TooFewBehind),
)
async def record_indicator_value(act: Act, indicator: Indicator, command: RecordIndicatorValue) -> IndicatorValue:
    """Write down what an agreed indicator was in a time that is over, with what has led to it. A value behind which so
    few stand that it would tell about them is refused; and, where people are counted, one that would do so together
    with an earlier value: of other days that overlap, or of the same days with a few people more or less."""
    check_expiry(indicator, act.today)
    errors = []
    if command.from_on > command.to_on:
        errors.append({"pointer": "#/from_on", "detail": "must not lie after `to_on`"})
    if command.to_on > act.today:
        errors.append({"pointer": "#/to_on", "detail": "lies in the future"})
    if indicator.counts_people is (command.stands_for is None):
        detail = "is missing: people stand behind it" if indicator.counts_people else "must be left out: it counts none"
        errors.append({"pointer": "#/stands_for", "detail": detail})
    if errors:
        raise InvalidInput(errors=errors)
    if command.stands_for is not None:
        await _protect(act, indicator, command, command.stands_for)
    return act.add(
        IndicatorValue(
            indicator_id=indicator.id,
            recorded_by=act.actor.id,
            recorded_at=act.now,
            **placed(indicator),
            **command.model_dump(),
        )
    )


async def _protect(act: Act, indicator: Indicator, command: RecordIndicatorValue, stands_for: int) -> None:
    """Raises TooFewBehind where the value, or its difference to an earlier one, stands for too few to be told of."""
    level = FigureLevel.SOCIAL_SPACE if indicator.social_space_id else FigureLevel.REGION
    rule = select(DisclosureRule).where(DisclosureRule.kind == DISCLOSURE, DisclosureRule.level == level.value)
    least = (await act.session.exec(rule)).one().k
    if stands_for < least:
        raise TooFewBehind(at_least=least)
    earlier = select(IndicatorValue).where(
        IndicatorValue.indicator_id == indicator.id,
        IndicatorValue.from_on <= command.to_on,
        IndicatorValue.to_on >= command.from_on,
    )
    for each in (await act.session.exec(earlier)).all():
        if (each.from_on, each.to_on) != (command.from_on, command.to_on):
            detail = f"overlaps what is recorded from {each.from_on} to {each.to_on}: both would tell too much together"
            raise InvalidInput(errors=[{"pointer": "#/from_on", "detail": detail}])
        if 0 < abs((each.stands_for or 0) - stands_for) < least:
            raise TooFewBehind(at_least=least)


def check_expiry(indicator: Indicator, today: date) -> None:
    """Raises IndicatorExpired."""
    if indicator.expires_on < today:
        raise IndicatorExpired(expired_on=indicator.expires_on.isoformat())
