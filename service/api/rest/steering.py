"""Indicators, rules of reward, and how far money is in few hands, over REST."""

from service.api.rest.performing import performed
from service.api.rest.reading import listed, single
from service.domain.budgets.concentration import OwnShareView, SpaceConcentrationView
from service.domain.steering import agreeing, incentives, publishing
from service.domain.steering.views import (
    IncentiveFindingView,
    IncentiveRuleView,
    IncentiveSimulationView,
    IndicatorPartyView,
    IndicatorValueView,
    IndicatorView,
    ReleasedIndicatorValueView,
    ReleasedIndicatorView,
)

STEERING = "Indicators and incentives"

listed(IndicatorView, "/indicators", name="list_indicators", tag=STEERING)
single(IndicatorView, "/indicators/{indicator_id}", name="read_indicator", tag=STEERING)
listed(IndicatorPartyView, "/indicator-parties", name="list_indicator_parties", tag=STEERING)
single(IndicatorPartyView, "/indicator-parties/{indicator_party_id}", name="read_indicator_party", tag=STEERING)
listed(IndicatorValueView, "/indicator-values", name="list_indicator_values", tag=STEERING)
single(IndicatorValueView, "/indicator-values/{indicator_value_id}", name="read_indicator_value", tag=STEERING)
listed(ReleasedIndicatorView, "/released-indicators", name="list_released_indicators", tag=STEERING)
single(
    ReleasedIndicatorView, "/released-indicators/{released_indicator_id}", name="read_released_indicator", tag=STEERING
)
listed(ReleasedIndicatorValueView, "/released-indicator-values", name="list_released_indicator_values", tag=STEERING)
single(
    ReleasedIndicatorValueView,
    "/released-indicator-values/{released_indicator_value_id}",
    name="read_released_indicator_value",
    tag=STEERING,
)
listed(IncentiveRuleView, "/incentive-rules", name="list_incentive_rules", tag=STEERING)
single(IncentiveRuleView, "/incentive-rules/{incentive_rule_id}", name="read_incentive_rule", tag=STEERING)
listed(IncentiveSimulationView, "/incentive-simulations", name="list_incentive_simulations", tag=STEERING)
single(
    IncentiveSimulationView,
    "/incentive-simulations/{incentive_simulation_id}",
    name="read_incentive_simulation",
    tag=STEERING,
)
listed(IncentiveFindingView, "/incentive-findings", name="list_incentive_findings", tag=STEERING)
single(IncentiveFindingView, "/incentive-findings/{incentive_finding_id}", name="read_incentive_finding", tag=STEERING)
listed(OwnShareView, "/own-shares", name="list_own_shares", tag=STEERING)
listed(SpaceConcentrationView, "/space-concentrations", name="list_space_concentrations", tag=STEERING)

performed(agreeing.propose_indicator, "POST", "/dialogues/{dialogue_id}/indicators", tag=STEERING)
performed(agreeing.agree_indicator, "POST", "/indicator-parties/{indicator_party_id}/agree", tag=STEERING)
performed(
    publishing.agree_to_publish_indicator,
    "POST",
    "/indicator-parties/{indicator_party_id}/agree-to-publish",
    tag=STEERING,
)
performed(publishing.release_indicator, "POST", "/indicators/{indicator_id}/releases", tag=STEERING)
performed(agreeing.record_indicator_value, "POST", "/indicators/{indicator_id}/values", tag=STEERING)
performed(incentives.draft_incentive_rule, "POST", "/budget-agreements/{agreement_id}/incentive-rules", tag=STEERING)
performed(incentives.simulate_incentive_rule, "POST", "/incentive-rules/{incentive_rule_id}/simulations", tag=STEERING)
performed(
    incentives.approve_incentive_for_agency,
    "POST",
    "/incentive-rules/{incentive_rule_id}/approve-for-agency",
    tag=STEERING,
)
performed(
    incentives.approve_incentive_for_network,
    "POST",
    "/incentive-rules/{incentive_rule_id}/approve-for-network",
    tag=STEERING,
)
performed(incentives.end_incentive_rule, "POST", "/incentive-rules/{incentive_rule_id}/end", tag=STEERING)
