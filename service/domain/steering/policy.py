"""Who steers (facts, section 5, row «indicator»): whoever works or plans for a place reads what it has agreed to look
at; its organisations agree; planning and those who moderate record values; a rule of reward takes both sides, and
for the network its lead provider alone speaks."""

from service.domain.budgets.policy import FOR_AGENCY, FOR_AGENCY_ON_AGREEMENT, READ_PROCEDURE, SPEAKING
from service.domain.dialogues.policy import INSIDE, MODERATING
from service.domain.policy import SIGNED_IN, Action, Role, Rule, holding, holding_region, representing

PLANNING = holding(Role.INTEGRATED_PLANNER) | holding_region(Role.INTEGRATED_PLANNER)
OF_A_PARTY = representing(
    Role.PROVIDER_MANAGER, Role.SOCIAL_SPACE_MANAGER, Role.REGIONAL_MANAGER, Role.INTEGRATED_PLANNER
)


def _another(by: str, says: str) -> Rule:
    return Rule(lambda reader, row: row[by].is_distinct_from(reader.id), f"somebody else has {says}", SIGNED_IN)


ANOTHER_DRAFTED = _another("drafted_by", "drafted it")

READ_INDICATOR = INSIDE
READ_INCENTIVE = READ_PROCEDURE

PROPOSE_INDICATOR = Action("indicator.propose", MODERATING | PLANNING)
AGREE_INDICATOR = Action("indicator.agree", OF_A_PARTY & READ_INDICATOR)
PUBLISH_INDICATOR = Action("indicator.agree_to_publish", OF_A_PARTY & READ_INDICATOR)
RELEASE_INDICATOR = Action("indicator.release", MODERATING | PLANNING)
RECORD_VALUE = Action("indicator_value.record", MODERATING | PLANNING)
DRAFT_INCENTIVE = Action("incentive_rule.draft", FOR_AGENCY_ON_AGREEMENT)
SIMULATE_INCENTIVE = Action("incentive_rule.simulate", FOR_AGENCY)
APPROVE_FOR_AGENCY = Action(
    "incentive_rule.approve_for_agency",
    FOR_AGENCY & ANOTHER_DRAFTED & _another("network_approved_by", "approved it for the network"),
)
APPROVE_FOR_NETWORK = Action(
    "incentive_rule.approve_for_network",
    SPEAKING & ANOTHER_DRAFTED & _another("agency_approved_by", "approved it for the agency"),
)
END_INCENTIVE = Action("incentive_rule.end", FOR_AGENCY | SPEAKING)
