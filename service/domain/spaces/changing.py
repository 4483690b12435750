"""Social spaces merge and split: from a day on, whole or not at all (docs/decisions/0017).

What a social space was stays with it: its cases, contracts, grants and dialogues. Only what says where it lies and who
works there together ends with it, and is handed on where that needs no judgement."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import col, select

from service.domain.access.model import Authority
from service.domain.act import Act, Command, Lock, operation
from service.domain.errors import DomainError, InvalidInput
from service.domain.spaces import policy
from service.domain.spaces.areas import SocialSpaceArea, SocialSpaceNeighbour, area_rows, neighbour_rows
from service.domain.spaces.geometry import Outline, dissolved, outline_of
from service.domain.spaces.model import (
    ChangeKind,
    Region,
    SocialSpace,
    SocialSpaceChange,
    SocialSpaceMunicipality,
    SocialSpaceSuccession,
)
from service.domain.spaces.views import SocialSpaceChangeView
from service.domain.values import ClientId, Day, Line, Share, new_id

MOST = 100  # social spaces of one change, and municipalities of one social space
Days = Any  # the columns of a dated table

# The team stands in a capability above this one.
_team: Any = sa.table(
    "social_space_team",
    *(sa.column(name) for name in ("social_space_id", "valid_from", "valid_to", "version", "updated_at")),
)
_shares: Any = SocialSpaceMunicipality.__table__  # type: ignore[attr-defined]
_areas: Any = SocialSpaceArea.__table__  # type: ignore[attr-defined]
_beside: Any = SocialSpaceNeighbour.__table__  # type: ignore[attr-defined]
PLACED = (_shares.c.social_space_id, _areas.c.social_space_id, _beside.c.social_space_id, _beside.c.neighbour_id)


@dataclass(eq=False)
class SocialSpaceNotThere(DomainError):
    code, title = "social-space-not-there", "The social space is not there on that day: not yet, or no longer."
    advice = "`social_space_ids` names it. Its successors say what became of it; choose one of them, or another day."
    social_space_ids: list[str]


@dataclass(eq=False)
class ChangesLater(DomainError):
    code, title = "changes-later", "Something changes there on that day or later already."
    advice = "Changes follow one another in time: choose a day after the last of them."
    ids: list[str]


class MergeSocialSpaces(Command):
    """Several social spaces become one: one of them, which goes on, or a new one."""

    id: ClientId
    authority_id: UUID
    social_space_ids: list[UUID] = Field(min_length=2, max_length=MOST, description="Those that become one.")
    successor_id: UUID = Field(description="One of them, which goes on; or your own UUIDv7 for one that begins.")
    name: Line | None = Field(None, description="Of the social space that begins; null where one of them goes on.")
    effective_on: Day


class NewShare(BaseModel):
    """How much of a municipality."""

    model_config = ConfigDict(extra="forbid")

    municipality_id: UUID
    share: Share


class NewSocialSpace(BaseModel):
    """A social space that begins."""

    model_config = ConfigDict(extra="forbid")

    id: ClientId
    name: Line
    shares: list[NewShare] = Field(min_length=1, max_length=MOST, description="The municipalities it covers.")


class SplitSocialSpace(Command):
    """One social space becomes several new ones, which share out between them what it covered."""

    id: ClientId
    social_space_id: UUID
    into: Annotated[list[NewSocialSpace], Field(min_length=2, max_length=MOST)]
    effective_on: Day


@operation(
    policy.MERGE_SPACES,
    within=Authority,
    answers=SocialSpaceChangeView,
    raises=(SocialSpaceNotThere, ChangesLater),
)
async def merge_social_spaces(act: Act, command: MergeSocialSpaces) -> SocialSpaceChange:
    """Make one social space of several, from a day on. What they were stays with them: their cases, contracts and
    grants. The new one covers what they covered, and needs grants of its own."""
    authority, on = await act.load(Authority, command.authority_id), command.effective_on
    chosen = set(command.social_space_ids)
    if len(chosen) < 2:
        raise InvalidInput(errors=[{"pointer": "#/social_space_ids", "detail": "must name two that are different"}])
    goes_on = command.successor_id in chosen
    if goes_on == (command.name is not None):
        detail = "keeps its name, since it goes on" if goes_on else "is needed for a social space that begins"
        raise InvalidInput(errors=[{"pointer": "#/name", "detail": detail}])
    if not goes_on and command.successor_id.version != 7:
        detail = "use one of them, or a UUID of version 7 (RFC 9562)"
        raise InvalidInput(errors=[{"pointer": "#/successor_id", "detail": detail}])
    require_no_past(act, on, "effective_on")
    locked = (
        select(SocialSpace)
        .where(SocialSpace.authority_id == authority.id, col(SocialSpace.id).in_(chosen))
        .order_by(col(SocialSpace.id))
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    spaces = (await act.session.exec(locked)).all()
    require_known("social space", command.social_space_ids, [each.id for each in spaces], "social_space_ids")
    ending = [each for each in spaces if each.id != command.successor_id]
    await _require_free(act, spaces, ending, on)

    shares = await _shares_of(act, chosen)
    totals: dict[UUID, Decimal] = defaultdict(Decimal)
    for share in shares:
        totals[share.municipality_id] += share.share
    kept = {
        share.municipality_id
        for share in shares
        if share.social_space_id == command.successor_id and share.share == totals[share.municipality_id]
    }
    outline = await _outline_of(act, spaces)
    around = await _around(act, chosen, on)
    change = await _change(act, command.id, authority.id, ChangeKind.MERGE, on)
    if not goes_on:
        provisional = any(each.provisional for each in spaces)
        scope: dict[str, Any] = {"authority_id": authority.id, "valid_from": on}
        act.add(SocialSpace(id=command.successor_id, name=command.name or "", provisional=provisional, **scope))
    for share in shares:
        if share.social_space_id != command.successor_id or share.municipality_id not in kept:
            act.change(share, valid_to=on)
    if outline is not None and goes_on:
        await _end(act, (_areas.c.social_space_id,), [command.successor_id], on)
    await _close(act, change, ending, on)
    given = {municipality: share for municipality, share in totals.items() if municipality not in kept}
    _cover(act, authority.id, command.successor_id, given, on)
    _succeed(act, change, ending, [command.successor_id])
    await _hand_on(act, authority.id, command.successor_id, outline, around, on)
    return change


@operation(
    policy.SPLIT_SPACE,
    within=SocialSpace,
    answers=SocialSpaceChangeView,
    raises=(SocialSpaceNotThere, ChangesLater),
)
async def split_social_space(act: Act, command: SplitSocialSpace) -> SocialSpaceChange:
    """Make several social spaces of one, from a day on. What it was stays with it: its cases, contracts and grants. The
    new ones share out what it covered; their outlines have to be imported."""
    space, on = await act.load(SocialSpace, command.social_space_id, lock=Lock.ALONE), command.effective_on
    require_no_past(act, on, "effective_on")
    if len({each.id for each in command.into}) < len(command.into):
        raise InvalidInput(errors=[{"pointer": "#/into", "detail": "each needs an id of its own"}])
    await _require_free(act, [space], [space], on)
    shares = await _shares_of(act, {space.id})
    _require_the_same({each.municipality_id: each.share for each in shares}, command.into)

    change = await _change(act, command.id, space.authority_id, ChangeKind.SPLIT, on)
    for new in command.into:
        scope: dict[str, Any] = {"authority_id": space.authority_id, "valid_from": on}
        act.add(SocialSpace(id=new.id, name=new.name, provisional=space.provisional, **scope))
    for share in shares:
        act.change(share, valid_to=on)
    await _close(act, change, [space], on)
    for new in command.into:
        _cover(act, space.authority_id, new.id, {each.municipality_id: each.share for each in new.shares}, on)
    _succeed(act, change, [space], [new.id for new in command.into])
    return change


def require_there(spaces: Iterable[SocialSpace], on: date) -> None:
    """Nothing begins in a social space that is not there."""
    if missing := not_there(spaces, on):
        raise SocialSpaceNotThere(social_space_ids=missing)


def not_there(places: Iterable[SocialSpace | Region], on: date) -> list[str]:
    """Those that begin later than that day, or have ended by then."""
    return [
        str(each.id) for each in places if each.valid_from > on or (each.valid_to is not None and each.valid_to <= on)
    ]


def require_no_past(act: Act, day: date, name: str) -> None:
    """What was told of the days before stays as it was told: in decisions, figures and minutes."""
    if day < act.today:
        raise InvalidInput(errors=[{"pointer": f"#/{name}", "detail": "must not lie before today"}])


def require_known(what: str, asked: Sequence[UUID], known: Iterable[UUID], name: str = "municipality_ids") -> None:
    there = set(known)
    errors = [
        {"pointer": f"#/{name}/{place}", "detail": f"is no {what} of this authority"}
        for place, each in enumerate(asked)
        if each not in there
    ]
    if errors:
        raise InvalidInput(errors=errors)


async def _require_free(act: Act, spaces: Sequence[SocialSpace], ending: Sequence[SocialSpace], on: date) -> None:
    """They were there the day before, and nothing is planned for that day or later: history is written forwards."""
    require_there(spaces, on)
    ids = [each.id for each in spaces]
    busy = {each.id for each in spaces if each.valid_from >= on or each.valid_to is not None}
    succession = SocialSpaceSuccession.__table__.c  # type: ignore[attr-defined]
    asked = [(column, column.table.c.valid_from >= on, ids) for column in PLACED]
    asked += [(_shares.c.social_space_id, _shares.c.valid_to > on, ids)]
    asked += [
        (column, succession.effective_on >= on, ids) for column in (succession.predecessor_id, succession.successor_id)
    ]
    asked += [(_team.c.social_space_id, _team.c.valid_from >= on, [each.id for each in ending])]
    connection = await act.session.connection()
    for column, later, of in asked:
        busy |= set((await connection.execute(sa.select(column).where(column.in_(of), later))).scalars())
    if busy:
        raise ChangesLater(ids=sorted(str(each) for each in busy))


def _require_the_same(covered: dict[UUID, Decimal], into: Sequence[NewSocialSpace]) -> None:
    """The parts cover what the whole covered: nothing more, nothing less."""
    given: dict[UUID, Decimal] = defaultdict(Decimal)
    errors = []
    for place, new in enumerate(into):
        if len({each.municipality_id for each in new.shares}) < len(new.shares):
            errors.append({"pointer": f"#/into/{place}/shares", "detail": "names a municipality twice"})
        for each in new.shares:
            given[each.municipality_id] += each.share
    for municipality in sorted({*covered, *given}):
        if (whole := covered.get(municipality, Decimal(0))) != given[municipality]:
            detail = f"the shares of {municipality} add up to {given[municipality]}, and it covered {whole}"
            errors.append({"pointer": "#/into", "detail": detail})
    if errors:
        raise InvalidInput(errors=errors)


def still(days: Days, on: date) -> sa.ColumnElement[bool]:
    """Valid on that day or later."""
    return sa.or_(days.valid_to.is_(None), days.valid_to > on)


async def _shares_of(act: Act, spaces: Iterable[UUID]) -> Sequence[SocialSpaceMunicipality]:
    """Those without an end, as all are that reach beyond the day."""
    found = select(SocialSpaceMunicipality).where(
        col(SocialSpaceMunicipality.social_space_id).in_(spaces), col(SocialSpaceMunicipality.valid_to).is_(None)
    )
    return (await act.session.exec(found.order_by(col(SocialSpaceMunicipality.id)))).all()


@dataclass(frozen=True)
class _Outline:
    rings: Outline
    approximate: bool
    source: str


async def _outline_of(act: Act, spaces: Sequence[SocialSpace]) -> _Outline | None:
    """Their areas as one, without the borders between them; null where one of them has none."""
    wanted = [each.id for each in spaces]
    found = select(SocialSpaceArea).where(
        col(SocialSpaceArea.social_space_id).in_(wanted), col(SocialSpaceArea.valid_to).is_(None)
    )
    areas = (await act.session.exec(found.order_by(col(SocialSpaceArea.social_space_id)))).all()
    if len(areas) < len(wanted):
        return None
    return _Outline(
        dissolved(polygon for each in areas for polygon in outline_of(each.geometry)),
        any(each.approximate for each in areas),
        "; ".join(dict.fromkeys(each.source for each in areas)),
    )


async def _around(act: Act, spaces: set[UUID], on: date) -> set[UUID]:
    """The neighbours of all of them together."""
    query = sa.select(_beside.c.neighbour_id).where(_beside.c.social_space_id.in_(spaces), still(_beside.c, on))
    found = (await (await act.session.connection()).execute(query)).scalars()
    return set(found) - spaces


async def _hand_on(
    act: Act, authority_id: UUID, successor: UUID, outline: _Outline | None, around: set[UUID], on: date
) -> None:
    """The one outline of all of them, and who borders on it besides those who do already."""
    if outline is not None:
        ids = {"id": new_id(), "social_space_id": successor, "authority_id": authority_id}
        area, *rings = area_rows(ids, outline.rings, (on, None), approximate=outline.approximate, source=outline.source)
        act.add(area)
        await act.session.flush()
        for ring in rings:
            act.add(ring)
    pairs = {(successor, each) for each in around - await _around(act, {successor}, on)}
    for row in neighbour_rows(authority_id, pairs | {(there, here) for here, there in pairs}, (on, None)):
        act.add(row)


async def _change(act: Act, id: UUID, authority_id: UUID, kind: ChangeKind, on: date) -> SocialSpaceChange:
    change = act.add(SocialSpaceChange(id=id, authority_id=authority_id, kind=kind.value, effective_on=on))
    await act.session.flush()
    return change


async def _close(act: Act, change: SocialSpaceChange, ending: Sequence[SocialSpace], on: date) -> None:
    """They end, and with them where they lie, what they border on, and their teams."""
    for space in ending:
        act.change(space, valid_to=on)
    await act.session.flush()
    ids = [each.id for each in ending]
    await _end(act, PLACED[1:], ids, on)
    await _end(act, (_team.c.social_space_id,), ids, on, version=_team.c.version + 1, updated_at=act.now)


async def _end(act: Act, columns: Iterable[Any], spaces: Sequence[UUID], on: date, **values: Any) -> None:
    connection = await act.session.connection()
    for column in columns:
        table = column.table
        ended = sa.update(table).where(column.in_(spaces), still(table.c, on)).values(valid_to=on, **values)
        await connection.execute(ended)


def _cover(act: Act, authority_id: UUID, space: UUID, shares: dict[UUID, Decimal], on: date) -> None:
    for municipality, share in sorted(shares.items()):
        act.add(
            SocialSpaceMunicipality(
                authority_id=authority_id,
                social_space_id=space,
                municipality_id=municipality,
                share=share,
                valid_from=on,
            )
        )


def _succeed(act: Act, change: SocialSpaceChange, ended: Sequence[SocialSpace], successors: Sequence[UUID]) -> None:
    for before in ended:
        for after in successors:
            act.add(
                SocialSpaceSuccession(
                    authority_id=change.authority_id,
                    change_id=change.id,
                    predecessor_id=before.id,
                    successor_id=after,
                    effective_on=change.effective_on,
                )
            )
