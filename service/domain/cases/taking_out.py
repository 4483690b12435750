"""What can be taken out of the case it stands in, and who has to know. A capability says so here of what it keeps, and
of what it has passed on: whoever takes something out or moves it knows none by name."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pydantic import Field

from service.domain.act import Act, Command
from service.domain.cases.model import Audience, Case
from service.domain.cases.withdrawals import EntryKind, WithdrawnBecause
from service.domain.errors import InvalidInput
from service.domain.policy import Part, Rule
from service.domain.values import Words

FOR_ITS_AUTHOR: dict[str, Any] = {"audience": Audience.AUTHOR.value, "audience_of": []}


class WithdrawEntry(Command):
    """What does not belong in this case, why not, and where it belongs."""

    kind: EntryKind = Field(description="What sort of entry it is.")
    entry_id: UUID = Field(description="Which one: of this case.")
    because: WithdrawnBecause = Field(description="Why it does not belong there.")
    reason: Words = Field(
        description="Why, in your words: for whoever wrote it, whoever could read it, and whoever audits the case. "
        "Name nobody who has nothing to do with this case."
    )
    into_case_id: UUID | None = Field(
        None, description="Where it belongs: a case you lead, too. Left out, it is there for its author alone."
    )


async def heard_as_before(act: Act, entry: Any) -> dict[str, Any]:
    """Whoever could read the entry; what names no audience is for all who read that part of the case."""
    return {
        "audience": getattr(entry, "audience", Audience.ALL.value),
        "audience_of": list(getattr(entry, "audience_of", ())),
    }


@dataclass(frozen=True)
class Entry:
    """`leaves` says what changes on an entry that is taken out, or moved into another case; or why that cannot be.
    `heard` says who hears that it was there, besides its author, whoever leads the case and audits."""

    table: Any
    rule: Rule
    part: Part
    leaves: Callable[[Act, Any, WithdrawEntry, Case | None], Awaitable[dict[str, Any]]]
    author: str = "author_id"
    heard: Callable[[Act, Any], Awaitable[dict[str, Any]]] = heard_as_before


ENTRIES: dict[EntryKind, Entry] = {}


def stays(into: Case | None, detail: str) -> None:
    if into is not None:
        raise InvalidInput(errors=[{"pointer": "#/into_case_id", "detail": detail}])


TakingOut = Callable[[Act, Any], Awaitable[set[UUID]]]
"""Told which row, as it still stands in the case; says which organisations had been told of it."""

TAKING_OUT: list[TakingOut] = []


def takes_out(taking_out: TakingOut) -> TakingOut:
    TAKING_OUT.append(taking_out)
    return taking_out


async def take_out(act: Act, row: Any) -> set[UUID]:
    """Before it is changed: afterwards nobody can find out any more who was told of it."""
    return {organisation for taking_out in TAKING_OUT for organisation in await taking_out(act, row)}
