"""Who sees and forms teams (facts: access matrix, «team, resource map, services»)."""

import sqlalchemy as sa

from service.domain.policy import (
    BUT_AUDITORS,
    EVERYONE,
    PERSONAS_OF_ROLE,
    SIGNED_IN,
    Action,
    Role,
    Rule,
    holding,
    holding_throughout,
    involved,
    naming,
    representing,
    working,
)

FORMING = holding(Role.SOCIAL_SPACE_MANAGER, Role.REGIONAL_MANAGER) | holding_throughout(Role.ADMINISTRATOR)

# The provider's manager knows who of theirs works there; whether they join, the space's manager says.
MANAGING_PROVIDER = working(Role.PROVIDER_MANAGER) & Rule(
    lambda reader, row: sa.func.cardinality(reader.organisations(Role.PROVIDER_MANAGER)) > 0,
    "you work for an organisation",
    PERSONAS_OF_ROLE[Role.PROVIDER_MANAGER],
)

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
PROPOSE_MEMBER = Action("team_member.propose", MANAGING_PROVIDER)
PROPOSE_OWN = Action("team_member.propose", representing(Role.PROVIDER_MANAGER))
CONFIRM_MEMBER = Action("team_member.confirm", FORMING)
REFUSE_MEMBER = Action("team_member.refuse", FORMING)
CHANGE_MEMBER = Action("team_member.change", FORMING)
MODERATE = Action("team_member.moderate", FORMING)
END_MEMBER = Action("team_member.end", FORMING)

_WORKING_THERE = (Role.CASE_WORKER, Role.SOCIAL_SPACE_MANAGER, Role.REGIONAL_MANAGER, Role.PROVIDER_WORKER)
RAISE_TRAINING = Action("team_training.raise", holding(*_WORKING_THERE))
HOLD_TRAINING = Action("team_training.hold", holding(Role.SOCIAL_SPACE_MANAGER, Role.REGIONAL_MANAGER))

OWN_CONTACT = naming("actor_id", "it is your own") & working(Role.CASE_WORKER)
READ_CONTACT = working(Role.CASE_WORKER, Role.SOCIAL_SPACE_MANAGER, Role.REGIONAL_MANAGER, Role.ADMINISTRATOR)
_TODAY = Rule(
    lambda reader, row: (
        sa.func.coalesce(row.valid_from <= reader.today, sa.true())
        & sa.func.coalesce(row.valid_to > reader.today, sa.true())
    ),
    "it is there today",
    SIGNED_IN,
)
READ_CASE_CONTACT = involved(None, *BUT_AUDITORS) & _TODAY
ADD_CONTACT = Action("contact_point.add", FORM_TEAM.rule)
ADD_OWN_CONTACT = Action("contact_point.add", naming("id") & working(Role.CASE_WORKER))
CHANGE_CONTACT = Action("contact_point.change", FORMING | OWN_CONTACT)
ADD_COMPLAINT_OFFICE = Action("complaint_office.add", holding_throughout(Role.ADMINISTRATOR, authority="id"))
CHANGE_COMPLAINT_OFFICE = Action("complaint_office.change", holding_throughout(Role.ADMINISTRATOR))
