"""What ends with a case. A capability says so here: whoever closes a case or passes it on knows none by name."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from service.domain.act import Act

Ending = Callable[[Act, UUID, str], Awaitable[None]]
"""Told which case, and why it ends; while there still is access to it."""

ENDINGS: list[Ending] = []


def ends_with_case(ending: Ending) -> Ending:
    ENDINGS.append(ending)
    return ending
