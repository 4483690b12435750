"""Rules of reward: drafted for an agreement, simulated on past values, approved by both sides with what the simulation
found before them, and ended (deck lines 424, 910, 981; concepts, E12).

None of this moves money. A rule in force says what both sides have agreed on; a supplement that somebody proposes and
somebody else releases pays it, or does not."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pydantic import Field
from sqlmodel import col, select

from service.domain.act import Act, Command, operation
from service.domain.budgets.model import AgreementState, BudgetAgreement, scope_of
from service.domain.errors import DomainError, InvalidInput
from service.domain.steering import policy
from service.domain.steering.agreeing import IndicatorExpired, check_expiry
from service.domain.steering.effects import Past, Series, effects, paid
from service.domain.steering.model import (
    IncentiveFinding,
    IncentiveRule,
    IncentiveSimulation,
    IncentiveState,
    Indicator,
    IndicatorState,
    IndicatorValue,
    WantedDirection,
)
from service.domain.steering.views import IncentiveRuleView, IncentiveSimulationView
from service.domain.values import Amount, ClientId, Line, Money, Words, new_id


@dataclass(eq=False)
class NothingToSimulate(DomainError):
    code, title = "nothing-to-simulate", "The indicator has no values yet."
    advice = "Record what it was in the past: POST /v1/indicators/{id}/values. Nobody agrees to a rule unseen."


class DraftIncentive(Command):
    """For what, and how much."""

    id: ClientId
    indicator_id: UUID = Field(description="The indicator that it goes by.")
    name: Line
    purpose: Words = Field(description="Which work it is to encourage, and why money is the way to do so.")
    threshold: Money = Field(description="From this value on, in the indicator's direction, it would pay.")
    amount: Amount = Field(description="What it would pay for a period, EUR.")


class SimulateIncentive(Command):
    """The simulation's id."""

    id: ClientId


class ApproveIncentive(Command):
    """Which simulation one has seen, and what one says to it."""

    simulation_id: UUID = Field(description="The newest one.")
    said: Words = Field(description="How one means to deal with what it found.")


_BEFORE = (IncentiveState.DRAFTED, IncentiveState.SIMULATED)
_APPROVABLE = (IncentiveState.SIMULATED,)


@operation(
    policy.DRAFT_INCENTIVE,
    on=BudgetAgreement,
    answers=IncentiveRuleView,
    states=(AgreementState.DRAFT, AgreementState.ACTIVE),
    raises=(IndicatorExpired,),
)
async def draft_incentive_rule(act: Act, budgetagreement: BudgetAgreement, command: DraftIncentive) -> IncentiveRule:
    """Draft what an agreement would pay on top for a value of an indicator that was agreed on in its social space."""
    agreed = select(Indicator).where(
        Indicator.id == command.indicator_id,
        Indicator.authority_id == budgetagreement.authority_id,
        col(Indicator.social_space_id).is_not(None),  # the county's own agreement has none, and no dialogue
        Indicator.social_space_id == budgetagreement.social_space_id,
        Indicator.state == IndicatorState.AGREED.value,
    )
    indicator = (await act.session.exec(agreed)).one_or_none()
    if indicator is None:
        detail = "is no indicator that was agreed on in the agreement's social space"
        raise InvalidInput(errors=[{"pointer": "#/indicator_id", "detail": detail}])
    check_expiry(indicator, act.today)
    if indicator.direction == WantedDirection.NEITHER:
        detail = "has no better direction: there is nothing to reward"
        raise InvalidInput(errors=[{"pointer": "#/indicator_id", "detail": detail}])
    return act.add(IncentiveRule(**scope_of(budgetagreement), drafted_by=act.actor.id, **command.model_dump()))


@operation(
    policy.SIMULATE_INCENTIVE,
    on=IncentiveRule,
    answers=IncentiveSimulationView,
    states=_BEFORE,
    raises=(NothingToSimulate, IndicatorExpired),
)
async def simulate_incentive_rule(
    act: Act, incentiverule: IncentiveRule, command: SimulateIncentive
) -> IncentiveSimulation:
    """Work out what the rule would have paid on the values there are, and what it would have rewarded besides. What was
    approved before is approved anew."""
    indicator = await _indicator(act, incentiverule)
    series = await _series(act, indicator)
    if not series.values:
        raise NothingToSimulate
    would = paid(series, incentiverule.threshold)
    simulation = act.add(
        IncentiveSimulation(
            id=command.id,
            **scope_of(incentiverule),
            rule_id=incentiverule.id,
            periods=len(would),
            paid=sum(would),
            amount=sum(would) * incentiverule.amount,
            simulated_by=act.actor.id,
            simulated_at=act.now,
        )
    )
    await act.session.flush()
    for found in effects(series, incentiverule.threshold, await _others(act, indicator)):
        act.add(
            IncentiveFinding(
                id=new_id(),
                **scope_of(incentiverule),
                simulation_id=simulation.id,
                effect=found.effect.value,
                periods=found.periods,
                other_id=found.other,
            )
        )
    nobody = dict.fromkeys(("agency_approved_by", "agency_said", "network_approved_by", "network_said"))
    act.change(incentiverule, state=IncentiveState.SIMULATED.value, simulation_id=simulation.id, **nobody)
    return simulation


@operation(
    policy.APPROVE_FOR_AGENCY,
    on=IncentiveRule,
    answers=IncentiveRuleView,
    states=_APPROVABLE,
    raises=(IndicatorExpired,),
)
async def approve_incentive_for_agency(
    act: Act, incentiverule: IncentiveRule, command: ApproveIncentive
) -> IncentiveRule:
    """Approve the rule for the agency, by somebody who has not drafted it, with the newest simulation before one. It
    is in force once both sides have."""
    return await _approve(act, incentiverule, command, "agency")


@operation(
    policy.APPROVE_FOR_NETWORK,
    on=IncentiveRule,
    answers=IncentiveRuleView,
    states=_APPROVABLE,
    raises=(IndicatorExpired,),
)
async def approve_incentive_for_network(
    act: Act, incentiverule: IncentiveRule, command: ApproveIncentive
) -> IncentiveRule:
    """Approve the rule for the network, with the newest simulation before one. It is in force once both sides have."""
    return await _approve(act, incentiverule, command, "network")


@operation(
    policy.END_INCENTIVE,
    on=IncentiveRule,
    answers=IncentiveRuleView,
    states=(*_BEFORE, IncentiveState.ACTIVE),
)
async def end_incentive_rule(act: Act, incentiverule: IncentiveRule) -> IncentiveRule:
    """End a rule, in force or not. Either side can, alone."""
    act.change(incentiverule, state=IncentiveState.ENDED.value, ended_on=act.today)
    return incentiverule


async def _approve(act: Act, rule: IncentiveRule, command: ApproveIncentive, side: str) -> IncentiveRule:
    check_expiry(await _indicator(act, rule), act.today)
    if command.simulation_id != rule.simulation_id:
        detail = "is not the newest simulation of this rule: look at that one"
        raise InvalidInput(errors=[{"pointer": "#/simulation_id", "detail": detail}])
    approved: dict[str, Any] = {f"{side}_approved_by": act.actor.id, f"{side}_said": command.said}
    other = rule.network_approved_by if side == "agency" else rule.agency_approved_by
    if other is not None:
        approved |= {"state": IncentiveState.ACTIVE.value, "active_on": act.today}
    act.change(rule, **approved)
    return rule


async def _indicator(act: Act, rule: IncentiveRule) -> Indicator:
    return (await act.session.exec(select(Indicator).where(Indicator.id == rule.indicator_id))).one()


async def _series(act: Act, indicator: Indicator) -> Series:
    """Of a period that was recorded twice, the later word counts."""
    recorded = select(IndicatorValue).where(IndicatorValue.indicator_id == indicator.id)
    rows: Sequence[IndicatorValue] = (
        await act.session.exec(recorded.order_by(col(IndicatorValue.recorded_at), col(IndicatorValue.id)))
    ).all()
    latest = {(row.from_on, row.to_on): row for row in rows}
    values = [Past(row.to_on, row.value, row.stands_for) for _, row in sorted(latest.items())]
    return Series(WantedDirection(indicator.direction), values)


async def _others(act: Act, indicator: Indicator) -> dict[UUID, Series]:
    """What else was agreed on in the same place."""
    others = select(Indicator).where(
        Indicator.authority_id == indicator.authority_id,
        Indicator.social_space_id == indicator.social_space_id,
        Indicator.state == IndicatorState.AGREED.value,
        Indicator.id != indicator.id,
    )
    found = (await act.session.exec(others.order_by(col(Indicator.id)))).all()
    return {each.id: await _series(act, each) for each in found}
