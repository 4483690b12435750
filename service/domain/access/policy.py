"""Who administers people and rights, and who watches over it. Neither sees the content of any case."""

from typing import Any

import sqlalchemy as sa

from service.domain.access.model import CALENDAR, CaseAccess, in_force
from service.domain.access.topics import LOOKING
from service.domain.policy import (
    KNOWING_WHOM_THEY_TRUST,
    PEOPLE,
    SAME_AUTHORITY,
    SIGNED_IN,
    Action,
    Basis,
    Part,
    Role,
    Row,
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
READ_CASE_ACCESS = naming("actor_id") | (involved(Part.PERSONS) & KNOWING_WHOM_THEY_TRUST) | OVERSEEING


def by_staff(row: Row) -> sa.ColumnElement[bool]:
    """Whoever it was has never been one of the people of the case, whatever else they are."""
    access: Any = CaseAccess.__table__.alias()  # type: ignore[attr-defined]
    people: list[Any] = [sa.literal_column(f"'{basis}'") for basis in PEOPLE]
    belongs: Any = sa.select(sa.literal_column("1")).where(
        access.c.case_id == row.case_id, access.c.actor_id == row.actor_id, access.c.basis.in_(people)
    )
    found: sa.ColumnElement[bool] = belongs.correlate_except(access).exists()
    return sa.not_(found)


# Which case a family was found in, whoever asked is not told: their inquiry itself says that they have asked.
NOT_ASKED = Rule(
    lambda reader, row: row.action.not_in([sa.literal_column(f"'{each}'") for each in LOOKING]),
    "it is no inquiry",
    SIGNED_IN,
)
BY_STAFF = Rule(lambda reader, row: by_staff(row), "it was no other of its people who looked", SIGNED_IN)
OWN_LOOK = naming("actor_id") & NOT_ASKED
# Whom it is about may know of every look. Whoever represents them need not learn whom they trust, and when.
READ_LOOK = involved(None, Basis.SELF) | (involved(None, Basis.REPRESENTATION) & BY_STAFF) | OWN_LOOK
# Whoever came by something of a case without access to it, as those who are invited from outside, is not told which.
READ_CASE_OF_LOOK = involved(None, *Basis) | Rule(
    lambda reader, row: row.case_id.is_(None), "it is about no case", SIGNED_IN
)

IN_FORCE = Rule(lambda reader, row: in_force(row), "it is in force", SIGNED_IN)
AGENCY = working(Role.CASE_WORKER, Role.SOCIAL_SPACE_MANAGER, Role.ADMINISTRATOR)
READ_STAFF = (AGENCY | representing(Role.PROVIDER_MANAGER)) & IN_FORCE

NOT_ONESELF = Rule(lambda reader, row: row.actor_id != reader.id, "it is for somebody else", SIGNED_IN)
NOT_PROPOSED = Rule(
    lambda reader, row: row.proposed_by.is_distinct_from(reader.id), "somebody else has proposed it", SIGNED_IN
)

OWN_CALENDAR = naming("actor_id", "it is your own") & Rule(
    lambda reader, row: row.key.startswith(sa.literal_column(f"'{CALENDAR}'")), "it is a calendar's", SIGNED_IN
)
MAKE_CALENDAR_ADDRESS = Action("calendar_address.make", naming("id"))
REVOKE_CALENDAR_ADDRESS = Action("calendar_address.revoke", OWN_CALENDAR)

ADD_ORGANISATION = Action("organisation.add", holding_throughout(Role.ADMINISTRATOR, authority="id"))
CHANGE_ORGANISATION = Action("organisation.change", ADMINISTERING)
ADD_ACTOR = Action("actor.add", holding_throughout(Role.ADMINISTRATOR, authority="id"))
ADD_MEMBERSHIP = Action("membership.add", ADMINISTERING)
END_MEMBERSHIP = Action("membership.end", ADMINISTERING)
PROPOSE_GRANT = Action("grant.propose", ADMINISTERING)
APPROVE_GRANT = Action("grant.approve", ADMINISTERING & NOT_ONESELF & NOT_PROPOSED)
END_GRANT = Action("grant.end", ADMINISTERING)
