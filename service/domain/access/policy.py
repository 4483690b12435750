"""Who administers people and rights, and who watches over it. Neither sees the content of any case."""

from service.domain.access.model import in_force
from service.domain.policy import (
    SAME_AUTHORITY,
    SIGNED_IN,
    Action,
    Part,
    Role,
    Rule,
    holding_throughout,
    involved,
    naming,
    representing,
    working,
)

ADMINISTERING = holding_throughout(Role.ADMINISTRATOR)

OVERSEEING = holding_throughout(Role.DATA_PROTECTION_OFFICER)  # § 81 SGB X: who may, and who gets into which case

READ_ORGANISATION = SAME_AUTHORITY
READ_ACTOR = naming("id") | ADMINISTERING | OVERSEEING
READ_HELD = naming("actor_id") | ADMINISTERING | OVERSEEING
READ_CASE_ACCESS = naming("actor_id") | involved(Part.PERSONS) | OVERSEEING

IN_FORCE = Rule(lambda reader, row: in_force(row), "it is in force", SIGNED_IN)
AGENCY = working(Role.CASE_WORKER, Role.SOCIAL_SPACE_MANAGER, Role.ADMINISTRATOR)
READ_STAFF = (AGENCY | representing(Role.PROVIDER_MANAGER)) & IN_FORCE

NOT_ONESELF = Rule(lambda reader, row: row.actor_id != reader.id, "it is for somebody else", SIGNED_IN)
NOT_PROPOSED = Rule(
    lambda reader, row: row.proposed_by.is_distinct_from(reader.id), "somebody else has proposed it", SIGNED_IN
)

ADD_ORGANISATION = Action("organisation.add", holding_throughout(Role.ADMINISTRATOR, authority="id"))
CHANGE_ORGANISATION = Action("organisation.change", ADMINISTERING)
ADD_ACTOR = Action("actor.add", holding_throughout(Role.ADMINISTRATOR, authority="id"))
ADD_MEMBERSHIP = Action("membership.add", ADMINISTERING)
END_MEMBERSHIP = Action("membership.end", ADMINISTERING)
PROPOSE_GRANT = Action("grant.propose", ADMINISTERING)
APPROVE_GRANT = Action("grant.approve", ADMINISTERING & NOT_ONESELF & NOT_PROPOSED)
END_GRANT = Action("grant.end", ADMINISTERING)
