"""The team of a social space («SozialraumTeam»): a list of who works together there, across organisations.

The list gives no rights. What a member may see and do follows from membership and role alone (facts: section 5)."""

from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field

from service.domain.access.model import Bounded
from service.domain.cases.model import FieldOfAction
from service.domain.rows import Scoped, Shape, Versioned, one_of, own_id, reference, secured, word, words
from service.domain.spaces.model import Dated, never_twice


class Belonging(StrEnum):
    """How close somebody is to the team: always there, or called in for what they know."""

    CORE = "core"  # always there
    INDIRECT = "indirect"  # called in for what they know


class Standing(StrEnum):
    """Whether somebody belongs to the team, or was only proposed for it."""

    PROPOSED = "proposed"  # waits for an answer
    MEMBER = "member"  # belongs to the team
    REFUSED = "refused"  # was not taken in


@secured(Shape.OPEN)
class Team(Scoped, Versioned, Dated, table=True):
    """A social space has one team at a time."""

    __tablename__ = "social_space_team"
    __table_args__ = (never_twice("social_space_id"),)

    id: UUID = own_id()
    social_space_id: UUID = reference("social_space", index=False)
    name: str = Field(sa_type=sa.Text)


@secured(Shape.AUTHORITY)
class TeamMember(Scoped, Versioned, Bounded, table=True):
    """Somebody belongs to the team, as a member of their organisation; or was proposed for it by their provider."""

    __tablename__ = "team_member"
    __table_args__ = (
        one_of("belonging", Belonging),
        one_of("field_of_action", FieldOfAction),
        one_of("state", Standing),
        sa.Index("team_member_team_id", "team_id", "id"),
        sa.Index(
            "team_member_once", "team_id", "membership_id", unique=True, postgresql_where=sa.text("valid_to IS NULL")
        ),
        sa.Index("team_member_moderator", "team_id", unique=True, postgresql_where=sa.text("moderates")),
    )

    id: UUID = own_id()
    team_id: UUID = reference("social_space_team", index=False)
    social_space_id: UUID = reference("social_space", index=False)
    membership_id: UUID = reference("membership")
    state: str = word(Standing.MEMBER)
    proposed_by_id: UUID | None = reference("actor", optional=True, index=False)
    refused_because: str | None = Field(default=None, sa_type=sa.Text)
    belonging: str = word()
    field_of_action: str | None = word(optional=True)
    function: str = Field(sa_type=sa.Text, description="What they do in the team.")
    expertise: list[str] = words()
    moderates: bool = Field(default=False, nullable=False)
