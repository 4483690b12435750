"""What a team wants to learn, raised from its own work, and that it did: training that fits, for the team together and
not for single people (deck lines 204-208). Nobody's attendance is counted by name, and there is no quota."""

from datetime import date
from enum import StrEnum
from typing import Annotated
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field
from sqlmodel import Field as Kept

from service.domain.act import Act, Command, operation
from service.domain.errors import InvalidInput
from service.domain.rows import Scoped, Shape, Versioned, one_of, own_id, reference, secured, word
from service.domain.teams import policy
from service.domain.teams.model import Team
from service.domain.teams.views import TeamView
from service.domain.values import ClientId, Day, Words
from service.domain.views import Many, One, Record, Sql, link, view
from service.domain.words import label, saying


class TrainingState(StrEnum):
    """Somebody has raised what the team wants to learn; it was held, or let go."""

    RAISED = "raised"
    HELD = "held"
    DROPPED = "dropped"


STATES = {
    TrainingState.RAISED: saying("gewünscht", "wished for", "Das wollen wir lernen."),
    TrainingState.HELD: saying("hat stattgefunden", "took place", "Das haben wir gelernt."),
    TrainingState.DROPPED: saying("losgelassen", "let go", "Das lernen wir nicht."),
}


@secured(Shape.AUTHORITY)
class TeamTraining(Scoped, Versioned, table=True):
    """What a team wants to learn, from what came up, and what came of it."""

    __tablename__ = "team_training"
    __table_args__ = (
        one_of("state", TrainingState),
        sa.CheckConstraint("(state = 'held') = (num_nonnulls(held_on, attended) = 2)", name="held"),
        sa.CheckConstraint("attended > 0", name="attended"),
    )

    id: UUID = own_id()
    team_id: UUID = reference("social_space_team")
    social_space_id: UUID = reference("social_space", index=False)
    need: str = Kept(sa_type=sa.Text)
    came_up_in: str = Kept(sa_type=sa.Text)
    raised_by_id: UUID = reference("actor", index=False)
    state: str = word(TrainingState.RAISED)
    held_on: date | None = None
    attended: int | None = None
    outcome: str | None = Kept(default=None, sa_type=sa.Text)


class RaiseTraining(Command):
    """What you want to learn together, and where that came up."""

    id: ClientId
    need: Words = Field(description="What the team wants to learn.")
    came_up_in: Words = Field(description="In what of your work it came up: without a word of any case.")


class HoldTraining(Command):
    """That it took place."""

    held_on: Day = Field(description="When.")
    attended: int = Field(ge=1, le=1000, description="How many of the team were there; who is not noted.")
    outcome: Words = Field(description="What you do otherwise from now on.")


class DropTraining(Command):
    """Why not."""

    reason: Words = Field(description="Why it is let go.")


@view(TeamTraining, policy.READ_MEMBER, plural="team_trainings", filters=("team_id", "social_space_id", "state"))
class TeamTrainingView(Record):
    """What a team wants to learn together, and what came of it."""

    id: UUID
    team_id: UUID
    social_space_id: UUID
    need: str = Field(description="What the team wants to learn.")
    came_up_in: str = Field(description="In what of its work it came up.")
    raised_by_id: UUID = Field(description="Who has raised it.")
    state: TrainingState
    state_label: Annotated[str, Sql(label("state", STATES))]
    held_on: date | None = Field(description="When it took place; null until then.")
    attended: int | None = Field(description="How many of the team were there; who is not noted.")
    outcome: str | None = Field(description="What they do otherwise from now on, or why it was let go.")
    version: int


@operation(policy.RAISE_TRAINING, on=Team, answers=TeamTrainingView)
async def raise_training(act: Act, team: Team, command: RaiseTraining) -> TeamTraining:
    """Raise what the team wants to learn together, from what came up in its work."""
    return act.add(
        TeamTraining(
            authority_id=team.authority_id,
            team_id=team.id,
            social_space_id=team.social_space_id,
            raised_by_id=act.actor.id,
            **command.model_dump(),
        )
    )


@operation(policy.HOLD_TRAINING, on=TeamTraining, answers=TeamTrainingView, states=(TrainingState.RAISED,))
async def hold_training(act: Act, teamtraining: TeamTraining, command: HoldTraining) -> TeamTraining:
    """Say that it took place, with how many of the team, and what they do otherwise from now on."""
    if command.held_on > act.today:
        raise InvalidInput(errors=[{"pointer": "#/held_on", "detail": "lies in the future"}])
    act.change(teamtraining, state=TrainingState.HELD.value, **command.model_dump())
    return teamtraining


@operation(policy.HOLD_TRAINING, on=TeamTraining, answers=TeamTrainingView, states=(TrainingState.RAISED,))
async def drop_training(act: Act, teamtraining: TeamTraining, command: DropTraining) -> TeamTraining:
    """Let it go, and say why."""
    act.change(teamtraining, state=TrainingState.DROPPED.value, outcome=command.reason)
    return teamtraining


link(TeamView, "trainings", Many("team_id"), TeamTrainingView)
link(TeamTrainingView, "team", One("team_id"), TeamView)
