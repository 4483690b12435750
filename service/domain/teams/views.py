"""Teams as everybody may see them; their members as colleagues may."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field

from service.domain.access.model import Actor, Membership, in_force
from service.domain.access.views import OrganisationView
from service.domain.cases.model import FieldOfAction
from service.domain.policy import Reader, Row
from service.domain.spaces.views import SocialSpaceView
from service.domain.teams import policy
from service.domain.teams.model import Belonging, Standing, Team, TeamMember
from service.domain.views import Many, One, Record, Sql, link, view


@view(Team, policy.READ_TEAM, plural="teams", orders=("name",), filters=("authority_id", "social_space_id"))
class TeamView(Record):
    """The team of a social space, across the agency and the providers. Who is in it, colleagues can see."""

    id: UUID
    authority_id: UUID
    social_space_id: UUID
    name: str
    valid_from: date
    valid_to: date | None = Field(description="The first day on which it no longer exists; null until further notice.")
    version: int


def _of_membership(row: Row, column: str) -> sa.ColumnElement[UUID]:
    membership = Membership.__table__.alias()  # type: ignore[attr-defined]
    query = sa.select(membership.c[column]).where(membership.c.id == row.membership_id)
    return query.correlate_except(membership).scalar_subquery()


def _organisation(row: Row, reader: Reader) -> sa.ColumnElement[UUID]:
    return _of_membership(row, "organisation_id")


def _name(row: Row, reader: Reader) -> sa.ColumnElement[str]:
    actor = Actor.__table__.alias()  # type: ignore[attr-defined]
    query = sa.select(actor.c.name).where(actor.c.id == _of_membership(row, "actor_id")).correlate_except(actor)
    return query.scalar_subquery()


@view(
    TeamMember,
    policy.READ_MEMBER,
    plural="team_members",
    filters=("team_id", "social_space_id", "belonging", "field_of_action", "state"),
)
class TeamMemberView(Record):
    """Somebody belongs, or once belonged, to a team. Being in the list gives no rights: membership and role do."""

    id: UUID
    team_id: UUID
    social_space_id: UUID
    membership_id: UUID
    name: Annotated[str | None, Sql(_name)]
    organisation_id: Annotated[UUID | None, Sql(_organisation)]
    state: Standing = Field(description="A member; or proposed by their provider, and perhaps refused.")
    proposed_by_id: UUID | None = Field(description="Who proposed them; null where the space's manager added them.")
    refused_because: str | None = Field(description="Why somebody who was proposed did not join; null for others.")
    belonging: Belonging = Field(description="Always there, or called in.")
    field_of_action: FieldOfAction | None = Field(
        description="The field they come from; null for none of them, as in work with the community."
    )
    function: str = Field(description="What they do in the team.")
    expertise: list[str]
    moderates: bool = Field(description="Leads through the team's meetings; one at a time.")
    valid_from: datetime
    valid_to: datetime | None = Field(description="Ends with this moment; null until further notice.")
    version: int


def _valid(there: Row, here: Row, reader: Reader) -> sa.ColumnElement[bool]:
    return sa.and_(
        there.social_space_id == here.id,
        there.valid_from <= reader.today,
        sa.or_(there.valid_to.is_(None), there.valid_to > reader.today),
    )


def _still(there: Row, here: Row, reader: Reader) -> sa.ColumnElement[bool]:
    membership = Membership.__table__.alias()  # type: ignore[attr-defined]
    held: Any = sa.select(sa.literal_column("1")).where(membership.c.id == there.membership_id, in_force(membership.c))
    member = there.state == sa.literal_column(f"'{Standing.MEMBER}'")
    return sa.and_(there.team_id == here.id, member, in_force(there), held.correlate_except(membership).exists())


link(SocialSpaceView, "teams", Many(_valid), TeamView, "The team that works there today, if one has been formed.")
link(TeamView, "social_space", One("social_space_id"), SocialSpaceView)
link(TeamView, "members", Many(_still), TeamMemberView, "Who works in it now; for colleagues.")
link(TeamMemberView, "team", One("team_id"), TeamView)
link(
    TeamMemberView,
    "organisation",
    One(lambda there, here, reader: there.id == _of_membership(here, "organisation_id")),
    OrganisationView,
)
