"""Who has to know that something leaves the case it stands in. A capability that has passed it on says so here: whoever
takes it out or moves it knows none by name."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from service.domain.act import Act

TakingOut = Callable[[Act, Any], Awaitable[set[UUID]]]
"""Told which row, as it still stands in the case; says which organisations had been told of it."""

TAKING_OUT: list[TakingOut] = []


def takes_out(taking_out: TakingOut) -> TakingOut:
    TAKING_OUT.append(taking_out)
    return taking_out


async def take_out(act: Act, row: Any) -> set[UUID]:
    """Before it is changed: afterwards nobody can find out any more who was told of it."""
    return {organisation for taking_out in TAKING_OUT for organisation in await taking_out(act, row)}
