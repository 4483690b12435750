"""An address under which somebody's calendar reads their appointments: a random secret that is another login of
theirs, for that alone. So rules, row-level security and the audit record know whoever reads it as they know them by a
token, and what ends for them ends there (docs/decisions/0036-whom-to-turn-to-and-when.md)."""

import secrets
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel, Field
from sqlmodel import col, select

from service.domain.access import policy
from service.domain.access.model import CALENDAR, Actor, Login, calendar_login
from service.domain.act import Act, operation
from service.domain.values import new_id
from service.domain.views import Record, view

SECRET_BYTES = 32


@view(Login, policy.OWN_CALENDAR, plural="calendar_addresses")
class CalendarAddressView(Record):
    """An address of my calendar: that there is one, and whether it still works. The address itself is told once."""

    id: UUID
    created_at: datetime = Field(description="When it was made.")
    valid_to: datetime | None = Field(description="When it was revoked; null while it works.")
    version: int


class NewCalendarAddress(BaseModel):
    """Where a calendar reads your appointments. It is told once and kept nowhere: whoever has it reads the same."""

    calendar_address_id: UUID = Field(description="Revoke it: POST /v1/calendar-addresses/{id}/revoke.")
    path: str = Field(description="Subscribe to it in a calendar, below the address of this service.")


@operation(policy.MAKE_CALENDAR_ADDRESS, on=Actor, answers=NewCalendarAddress, versioned=False)
async def make_calendar_address(act: Act, actor: Actor) -> tuple[Login, NewCalendarAddress]:
    """Make an address under which a calendar reads your appointments, without their titles. An earlier one stops
    working."""
    held = select(Login).where(
        Login.actor_id == actor.id, col(Login.key).startswith(CALENDAR), col(Login.valid_to).is_(None)
    )
    for each in (await act.session.exec(held.with_for_update())).all():
        act.change(each, valid_to=sa.func.now())
    secret = secrets.token_urlsafe(SECRET_BYTES)
    made = act.add(Login(id=new_id(), authority_id=actor.authority_id, actor_id=actor.id, key=calendar_login(secret)))
    return made, NewCalendarAddress(calendar_address_id=made.id, path=f"/v1/calendars/{secret}.ics")


@operation(policy.REVOKE_CALENDAR_ADDRESS, on=Login, answers=CalendarAddressView)
async def revoke_calendar_address(act: Act, login: Login) -> Login:
    """Take an address of your calendar back: whoever reads it is refused from the next request on."""
    if login.valid_to is None:
        act.change(login, valid_to=sa.func.now())
    return login
