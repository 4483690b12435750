"""Saying who acts for a case worker who is away, and ending it."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field
from sqlmodel import col, select

from service.domain.access.model import Actor, CaseAccess, OrganisationKind, in_force
from service.domain.access.operations import end, holds, leading, membership_of
from service.domain.act import Act, Command, operation
from service.domain.cases import policy
from service.domain.cases.leading import NoCaseWorker
from service.domain.cases.stand_ins import StandIn, let_in
from service.domain.clock import midnight
from service.domain.errors import DomainError, InvalidInput
from service.domain.policy import Role
from service.domain.values import ClientId, Day
from service.domain.views import Record, Sql, view

LONGEST = timedelta(days=366)


@view(StandIn, policy.READ_STAND_IN, plural="stand_ins", filters=("absent_id", "actor_id"))
class StandInView(Record):
    """Who acts for whom, in the cases that are theirs, from when until when."""

    id: UUID
    absent_id: UUID = Field(description="Who is away.")
    actor_id: UUID = Field(description="Who acts for them.")
    named_by_id: UUID | None = Field(description="Who of their management has named them; null if it was who is away.")
    in_force: Annotated[bool, Sql(lambda row, reader: in_force(row))]
    valid_from: datetime
    valid_to: datetime | None = Field(description="Ends with this moment.")
    version: int


@dataclass(eq=False)
class NotToManagement(DomainError):
    code, title = "not-to-management", "A stand-in opens cases to a colleague, never to management."
    advice = "Name a case worker who does not manage a social space; only whoever is away can choose otherwise."
    actor_id: UUID


class NameStandIn(Command):
    """Who acts for whoever is away, from a day until another (both included)."""

    id: ClientId
    actor_id: UUID = Field(description="A colleague who is case worker, too; see GET /v1/staff.")
    from_on: Day = Field(description="The first day.")
    to_on: Day = Field(description="The last day; a year at most.")


@operation(policy.NAME_STAND_IN, on=Actor, answers=StandInView, raises=(NoCaseWorker, NotToManagement))
async def name_stand_in(act: Act, actor: Actor, command: NameStandIn) -> StandIn:
    """Say who acts for you while you are away: in all cases that you lead, with your rights, on these days alone. Not
    in a case in which they are one of its people. The lead stays yours. For somebody who has fallen ill their
    management says it, if all the cases they lead lie where it manages; it sees nothing of them by that."""
    if errors := _impossible_days(act.today, command):
        raise InvalidInput(errors=errors)
    works = await membership_of(act, actor.authority_id, OrganisationKind.PUBLIC_AGENCY, command.actor_id)
    if works is None or command.actor_id == actor.id or not await holds(act, command.actor_id, Role.CASE_WORKER):
        raise NoCaseWorker(actor_id=command.actor_id)
    by_management = act.actor.id != actor.id
    if by_management and await holds(act, command.actor_id, Role.SOCIAL_SPACE_MANAGER):
        raise NotToManagement(actor_id=command.actor_id)
    stand_in = act.add(
        StandIn(
            id=command.id,
            authority_id=actor.authority_id,
            absent_id=actor.id,
            actor_id=command.actor_id,
            named_by_id=act.actor.id if by_management else None,
            valid_from=midnight(command.from_on),
            valid_to=midnight(command.to_on + timedelta(days=1)),
        )
    )
    await act.session.flush()
    led = leading(col(CaseAccess.actor_id) == actor.id, col(CaseAccess.stand_in_id).is_(None))
    for access in (await act.session.exec(led.order_by(col(CaseAccess.case_id)))).all():
        await let_in(act, stand_in, access.case_id, works)
    return stand_in


@operation(policy.END_STAND_IN, on=StandIn, answers=StandInView)
async def end_stand_in(act: Act, standin: StandIn) -> StandIn:
    """Back earlier, or unable to go on: a stand-in ends now, and with it their way into these cases."""
    theirs = select(CaseAccess).where(CaseAccess.stand_in_id == standin.id, CaseAccess.valid_to > sa.func.now())
    for access in (await act.session.exec(theirs.order_by(col(CaseAccess.id)).with_for_update())).all():
        end(act, access)
    end(act, standin)
    return standin


def _impossible_days(today: date, command: NameStandIn) -> list[dict[str, str]]:
    errors = []
    if command.from_on < today:
        errors.append({"pointer": "#/from_on", "detail": "lies in the past"})
    if command.to_on < command.from_on:
        errors.append({"pointer": "#/to_on", "detail": "lies before the first day"})
    elif command.to_on - command.from_on >= LONGEST:
        errors.append({"pointer": "#/to_on", "detail": "is more than a year away: hand the cases over instead"})
    return errors
