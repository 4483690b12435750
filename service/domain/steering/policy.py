"""Who steers (facts, section 5, row «indicator»): whoever works or plans for a place reads what it has agreed to look
at; its organisations agree; planning and those who moderate record values; a rule of reward takes both sides, and
for the network its lead provider alone speaks."""

from service.domain.budgets.policy import CONTROLLING, READ_PROCEDURE, SPEAKING
from service.domain.dialogues.policy import INSIDE, MODERATING
from service.domain.policy import SIGNED_IN, Action, Role, Rule, holding, holding_region, representing

PLANNING = holding(Role.INTEGRATED_PLANNER) | holding_region(Role.INTEGRATED_PLANNER)
OF_A_PARTY = representing(
    Role.PROVIDER_MANAGER, Role.SOCIAL_SPACE_MANAGER, Role.REGIONAL_MANAGER, Role.INTEGRATED_PLANNER
)
ANOTHER_DRAFTED = Rule(
    lambda reader, row: row.drafted_by.is_distinct_from(reader.id), "somebody else has drafted it", SIGNED_IN
)

READ_INDICATOR = INSIDE
READ_INCENTIVE = READ_PROCEDURE

PROPOSE_INDICATOR = Action("indicator.propose", MODERATING | PLANNING)
AGREE_INDICATOR = Action("indicator.agree", OF_A_PARTY & READ_INDICATOR)
PUBLISH_INDICATOR = Action("indicator.agree_to_publish", OF_A_PARTY & READ_INDICATOR)
RELEASE_INDICATOR = Action("indicator.release", MODERATING | PLANNING)
RECORD_VALUE = Action("indicator_value.record", MODERATING | PLANNING)
DRAFT_INCENTIVE = Action("incentive_rule.draft", CONTROLLING)
SIMULATE_INCENTIVE = Action("incentive_rule.simulate", CONTROLLING)
APPROVE_FOR_AGENCY = Action("incentive_rule.approve_for_agency", CONTROLLING & ANOTHER_DRAFTED)
APPROVE_FOR_NETWORK = Action("incentive_rule.approve_for_network", SPEAKING & ANOTHER_DRAFTED)
END_INCENTIVE = Action("incentive_rule.end", CONTROLLING | SPEAKING)
