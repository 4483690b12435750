"""Teams are formed by the space's manager, or by an administrator who may do nothing else there."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field
from sqlmodel import col, select

from service.domain.access.model import Membership, in_force
from service.domain.access.operations import end
from service.domain.act import Act, Command, Patch, operation
from service.domain.cases.model import FieldOfAction
from service.domain.errors import DomainError, InvalidInput, Kind
from service.domain.spaces.changing import SocialSpaceNotThere, require_there
from service.domain.spaces.model import SocialSpace
from service.domain.teams import policy
from service.domain.teams.model import Belonging, Standing, Team, TeamMember
from service.domain.teams.views import TeamMemberView, TeamView
from service.domain.values import ClientId, Day, Line, Moment

MOST_EXPERTISE = 20


@dataclass(eq=False)
class TeamThere(DomainError):
    kind, code, title = Kind.CONFLICT, "team-there", "The social space has a team for these days already."
    advice = "Change that team, or end it first: a social space has one at a time."


@dataclass(eq=False)
class MemberThere(DomainError):
    kind, code, title = Kind.CONFLICT, "team-member-there", "They are in this team already."
    advice = "Change what is said about them, or end it and add them anew."


@dataclass(eq=False)
class NoLongerThere(DomainError):
    kind, code, title = Kind.CONFLICT, "team-member-gone", "They are no longer in this team."
    advice = "Add them to the team anew, or choose somebody who is in it."


class FormTeam(Command):
    """The team of a social space."""

    id: ClientId
    social_space_id: UUID
    name: Line
    valid_from: Day | None = Field(None, description="Today, if left out.")
    valid_to: Day | None = Field(None, description="The first day on which it no longer exists.")


class ChangeTeam(Patch):
    """What changes about a team. `valid_to` is the first day on which it no longer exists."""

    name: Line = Field(default=None)  # type: ignore[assignment]
    valid_to: Day | None = None


class AddTeamMember(Command):
    """Who joins, as a member of which organisation, and what for."""

    id: ClientId
    membership_id: UUID
    belonging: Belonging
    field_of_action: FieldOfAction | None = None
    function: Line = Field(description="What they do in the team.")
    expertise: list[Line] = Field(default_factory=list, max_length=MOST_EXPERTISE)
    valid_to: Moment | None = Field(None, description="Ends with this moment (RFC 3339).")


class RefuseTeamMember(Command):
    """Why somebody who was proposed does not join."""

    reason: Line


class ChangeTeamMember(Patch):
    """What changes about somebody in a team."""

    belonging: Belonging = Field(default=None)  # type: ignore[assignment]
    field_of_action: FieldOfAction | None = None
    function: Line = Field(default=None)  # type: ignore[assignment]
    expertise: list[Line] = Field(default=None, max_length=MOST_EXPERTISE)  # type: ignore[arg-type]


def _require_order(valid_from: date, valid_to: date) -> None:
    if valid_to <= valid_from:
        raise InvalidInput(errors=[{"pointer": "#/valid_to", "detail": "must come after valid_from"}])


@operation(policy.FORM_TEAM, within=SocialSpace, answers=TeamView, raises=(TeamThere, SocialSpaceNotThere))
async def form_team(act: Act, command: FormTeam) -> Team:
    """Form the team of a social space."""
    space = await act.load(SocialSpace, command.social_space_id)
    begins = command.valid_from or act.today
    require_there([space], max(begins, space.valid_from))
    there = select(Team.id).where(
        Team.social_space_id == space.id,
        col(Team.valid_to).is_(None) | (col(Team.valid_to) > begins),
    )
    if command.valid_to is not None:
        _require_order(begins, command.valid_to)
        there = there.where(Team.valid_from < command.valid_to)
    if (await act.session.exec(there)).first() is not None:
        raise TeamThere
    return act.add(
        Team(
            id=command.id,
            authority_id=space.authority_id,
            social_space_id=space.id,
            name=command.name,
            valid_from=begins,
            valid_to=command.valid_to,
        )
    )


@operation(policy.CHANGE_TEAM, on=Team, answers=TeamView)
async def change_team(act: Act, team: Team, command: ChangeTeam) -> Team:
    """Rename a team, or end it with a day."""
    if command.valid_to is not None:
        _require_order(team.valid_from, command.valid_to)
    act.change(team, **command.model_dump(exclude_unset=True))
    return team


@operation(policy.ADD_MEMBER, on=Team, answers=TeamMemberView, raises=(MemberThere,))
async def add_team_member(act: Act, team: Team, command: AddTeamMember) -> TeamMember:
    """Add somebody to a team: a member of the agency, or of a provider. It gives them no rights."""
    return await _join(act, team, command)


@operation(policy.PROPOSE_MEMBER, on=Team, answers=TeamMemberView, raises=(MemberThere,))
async def propose_team_member(act: Act, team: Team, command: AddTeamMember) -> TeamMember:
    """Propose somebody of your own organisation for a team. They join once the social space's manager confirms it."""
    await act.load(Membership, command.membership_id, action=policy.PROPOSE_OWN)
    return await _join(act, team, command, state=Standing.PROPOSED.value, proposed_by_id=act.actor.id)


@operation(policy.CONFIRM_MEMBER, on=TeamMember, answers=TeamMemberView, states=(Standing.PROPOSED,))
async def confirm_team_member(act: Act, teammember: TeamMember) -> TeamMember:
    """Let somebody join whom their provider has proposed, from now on."""
    act.change(teammember, state=Standing.MEMBER.value, valid_from=sa.func.now())
    return teammember


@operation(policy.REFUSE_MEMBER, on=TeamMember, answers=TeamMemberView, states=(Standing.PROPOSED,))
async def refuse_team_member(act: Act, teammember: TeamMember, command: RefuseTeamMember) -> TeamMember:
    """Do not let somebody join whom their provider has proposed, and say why. They can be proposed again."""
    act.change(teammember, state=Standing.REFUSED.value, refused_because=command.reason)
    end(act, teammember)
    return teammember


async def _join(act: Act, team: Team, command: AddTeamMember, **standing: Any) -> TeamMember:
    table = Membership.__table__  # type: ignore[attr-defined]
    query = select(Membership).where(Membership.id == command.membership_id, in_force(table.c))
    membership = (await act.session.exec(query)).one_or_none()
    if membership is None or membership.authority_id != team.authority_id:
        raise InvalidInput(errors=[{"pointer": "#/membership_id", "detail": "is no membership in force"}])
    members = TeamMember.__table__  # type: ignore[attr-defined]
    same = select(TeamMember.id).where(
        TeamMember.team_id == team.id, TeamMember.membership_id == membership.id, in_force(members.c)
    )
    if (await act.session.exec(same)).first() is not None:
        raise MemberThere
    return act.add(
        TeamMember(
            **command.model_dump(mode="python", include={"id", "function", "expertise", "valid_to"}),
            authority_id=team.authority_id,
            team_id=team.id,
            social_space_id=team.social_space_id,
            membership_id=membership.id,
            belonging=command.belonging.value,
            field_of_action=command.field_of_action,
            **standing,
        )
    )


@operation(policy.CHANGE_MEMBER, on=TeamMember, answers=TeamMemberView)
async def change_team_member(act: Act, teammember: TeamMember, command: ChangeTeamMember) -> TeamMember:
    """Change what somebody does in a team."""
    act.change(teammember, **command.model_dump(exclude_unset=True, mode="json"))
    return teammember


@operation(policy.MODERATE, on=TeamMember, answers=TeamMemberView, states=(Standing.MEMBER,), raises=(NoLongerThere,))
async def let_moderate(act: Act, teammember: TeamMember) -> TeamMember:
    """Let somebody moderate the team. Whoever did so before, no longer does."""
    if teammember.valid_to is not None and teammember.valid_to <= act.now:
        raise NoLongerThere
    others = (
        select(TeamMember)
        .where(TeamMember.team_id == teammember.team_id, col(TeamMember.moderates), TeamMember.id != teammember.id)
        .order_by(col(TeamMember.id))
        .with_for_update()
    )
    for other in (await act.session.exec(others)).all():
        act.change(other, moderates=False)
    await act.session.flush()
    act.change(teammember, moderates=True)
    return teammember


@operation(policy.END_MEMBER, on=TeamMember, answers=TeamMemberView)
async def end_team_member(act: Act, teammember: TeamMember) -> TeamMember:
    """Take somebody out of a team, from now on. The list remembers that they were in it."""
    act.change(teammember, moderates=False)
    end(act, teammember)
    return teammember
