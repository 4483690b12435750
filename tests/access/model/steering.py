"""Indicators and rules of reward: what a place has agreed to look at is for those who work or plan there; each provider
sees its own share, and those who steer one figure for the space."""

from collections.abc import Mapping

from tests.access.model.budgets import acts_for_agency, acts_unless, of_overspend, speaks
from tests.access.model.county import Row
from tests.access.model.dialogues import inside, moderates
from tests.access.model.holding import Holder
from tests.access.model.seeing import Deed, Seen, down, eur, everybody, up

AGREEING = ("provider_manager", "social_space_manager", "regional_manager", "integrated_planner")


def _plans(reader: Holder, row: Row) -> bool:
    planner = "integrated_planner"
    return (
        moderates(reader, row)
        or reader.holds(planner, row["social_space_id"])
        or reader.holds_region(planner, row["region_id"])
    )


def _agrees(reader: Holder, row: Row) -> bool:
    return inside(reader, row) and reader.represents(row["organisation_id"], *AGREEING)


def _ends(reader: Holder, row: Row) -> bool:
    return acts_for_agency(reader, row) or speaks(reader, row)


def _speaks_of_others(reader: Holder, row: Row) -> bool:
    """For the network, of what somebody else has drafted, and not said for the agency."""
    return speaks(reader, row) and reader.id not in (row["drafted_by"], row["agency_approved_by"])


def _own(reader: Holder, row: Row) -> bool:
    return reader.represents(row["organisation_id"], "provider_manager")


def _steers(reader: Holder, row: Row) -> bool:
    return (
        reader.checks(row)
        or reader.holds_throughout("integrated_planner", row["authority_id"])
        or any(reader.holds(role, row["social_space_id"]) for role in ("social_space_manager", "regional_manager"))
    )


def _percent(reader: Holder, row: Row) -> str:
    whole = row["of_space"]
    return f"{100 * row['amount'] / whole if whole else 0:.2f}"


SEEN: Mapping[str, Seen] = {
    "Indicator": Seen(
        "indicator",
        inside,
        "id dialogue_id social_space_id region_id state expired quality name meaning source unit counts_people "
        "direction narrative expires_on agreed_on version",
        said={"expired": lambda reader, row: row["expires_on"] < reader.county.today},
        many={
            "parties": ("IndicatorParty", down("indicator_id")),
            "values": ("IndicatorValue", down("indicator_id")),
        },
    ),
    "IndicatorParty": Seen(
        "indicator_party",
        inside,
        "id indicator_id organisation_id agreed_by agreed_on public_by public_on version",
        one={"organisation": ("Organisation", up("organisation_id"))},
    ),
    "IndicatorValue": Seen(
        "indicator_value",
        inside,
        "id indicator_id from_on to_on value stands_for narrative recorded_by recorded_at",
        said=eur("value"),
    ),
    "ReleasedIndicator": Seen(
        "released_indicator",
        everybody,
        "id indicator_id number social_space_id region_id quality name meaning source unit direction narrative "
        "expires_on released_on",
        many={"values": ("ReleasedIndicatorValue", down("release_id"))},
    ),
    "ReleasedIndicatorValue": Seen(
        "told_indicator_value",
        everybody,
        "id release_id from_on to_on value narrative",
        said=eur("value"),
    ),
    "IncentiveRule": Seen(
        "incentive_rule",
        of_overspend,
        "id agreement_id indicator_id state name purpose threshold amount drafted_by simulation_id agency_approved_by "
        "agency_said network_approved_by network_said active_on ended_on version",
        said=eur("threshold", "amount"),
        one={"indicator": ("Indicator", up("indicator_id"))},
        many={"simulations": ("IncentiveSimulation", down("rule_id"))},
    ),
    "IncentiveSimulation": Seen(
        "incentive_simulation",
        of_overspend,
        "id agreement_id rule_id periods paid amount simulated_by simulated_at",
        said=eur("amount"),
        many={"findings": ("IncentiveFinding", down("simulation_id"))},
    ),
    "IncentiveFinding": Seen(
        "incentive_finding", of_overspend, "id agreement_id simulation_id effect periods other_id"
    ),
    "OwnShare": Seen(
        "own_share",
        _own,
        "id agreement_id organisation_id amount of_space percent",
        said={**eur("amount", "of_space"), "percent": _percent},
    ),
    "SpaceConcentration": Seen("space_concentration", _steers, "id social_space_id fiscal_year concentration"),
}


DEEDS: Mapping[str, Deed] = {
    "propose_indicator": Deed("Dialogue", _plans, ("held", "minutes_draft", "minutes_released")),
    "agree_indicator": Deed("IndicatorParty", _agrees),
    "agree_to_publish_indicator": Deed("IndicatorParty", _agrees),
    "release_indicator": Deed("Indicator", _plans, ("agreed",)),
    "record_indicator_value": Deed("Indicator", _plans, ("agreed",)),
    "draft_incentive_rule": Deed("BudgetAgreement", acts_for_agency, ("draft", "active")),
    "simulate_incentive_rule": Deed("IncentiveRule", acts_for_agency, ("drafted", "simulated")),
    "approve_incentive_for_agency": Deed(
        "IncentiveRule", acts_unless("drafted_by", "network_approved_by"), ("simulated",)
    ),
    "approve_incentive_for_network": Deed("IncentiveRule", _speaks_of_others, ("simulated",)),
    "end_incentive_rule": Deed("IncentiveRule", _ends, ("drafted", "simulated", "active")),
}
