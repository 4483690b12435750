"""Who sees and forms teams (facts: access matrix, «team, resource map, services»)."""

from service.domain.policy import EVERYONE, Action, Role, holding, holding_throughout, working

FORMING = holding(Role.SOCIAL_SPACE_MANAGER, Role.REGIONAL_MANAGER) | holding_throughout(Role.ADMINISTRATOR)


READ_TEAM = EVERYONE
READ_MEMBER = working(
    Role.CASE_WORKER,
    Role.SOCIAL_SPACE_MANAGER,
    Role.REGIONAL_MANAGER,
    Role.INTEGRATED_PLANNER,
    Role.CONTROLLER,
    Role.PROVIDER_WORKER,
    Role.PROVIDER_MANAGER,
    Role.AUDITOR,
    Role.DATA_PROTECTION_OFFICER,
    Role.ADMINISTRATOR,
)

FORM_TEAM = Action(
    "team.form",
    holding(Role.SOCIAL_SPACE_MANAGER, Role.REGIONAL_MANAGER, space="id") | holding_throughout(Role.ADMINISTRATOR),
)
CHANGE_TEAM = Action("team.change", FORMING)
ADD_MEMBER = Action("team_member.add", FORMING)
CHANGE_MEMBER = Action("team_member.change", FORMING)
MODERATE = Action("team_member.moderate", FORMING)
END_MEMBER = Action("team_member.end", FORMING)
