"""Whoever plays the demo county's people at the desk where everybody is served, on the days of their story."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import cache
from typing import Any
from uuid import UUID

import orjson

from service.demo.people import PEOPLE
from service.domain.act import OPERATIONS
from service.domain.clock import standing_at
from service.domain.desk import Desk
from service.domain.plan import Plan
from service.domain.reading import Statement
from service.domain.selection import Face, Listing, Rows, Single, Value
from service.domain.views import LARGEST_PAGE, ONE, VIEWS, Arguments, View, view_of
from service.storage.postgres import Storage


@dataclass(frozen=True)
class DeskClerk:
    """Does things by the operations and reads by the views, as every caller does: nothing is put past the rules."""

    storage: Storage

    async def do(self, role: str, day: date, operation: str, on: UUID | None = None, **said: Any) -> None:
        doing, desk = OPERATIONS[operation], self._desk(role, day)
        version = None
        if doing.versioned and doing.on is not None:
            version = await self._version(desk, view_of(doing.on.__table__), on)  # type: ignore[attr-defined]
        await desk.perform(
            doing,
            doing.command.model_validate(said) if doing.command is not None else None,
            on=on,
            versions=None if version is None else (version,),
            key=f"{operation} {on}",
        )

    async def read(self, role: str, day: date, plural: str, **where: Any) -> list[dict[str, Any]]:
        view = next(each for each in VIEWS.values() if each.plural == plural)
        plain: Any = {name: Value(column) for name, column in view.columns.items() if column.shown is None}
        plain.pop("withheld", None)
        site = Listing(view, {"items": Rows(plain)}, Arguments(LARGEST_PAGE, where=where))
        answer = await self._desk(role, day).read(Statement(Face.REST).plan({"it": site}))
        rows: list[dict[str, Any]] = orjson.loads(answer.body)["it"]["items"]
        return rows

    async def _version(self, desk: Desk, view: View, id: UUID | None) -> int | None:
        plan, site = _version_of(view)
        return (await desk.read(plan, {site: ONE.narrowed(id=id)})).version

    def _desk(self, role: str, day: date) -> Desk:
        noon = datetime.combine(day, time(12), UTC)
        return Desk(self.storage, PEOPLE[role].login, f"{noon:%Y%m%d}".rjust(32, "0"), standing_at(noon), assured=True)


@cache
def _version_of(view: View) -> tuple[Plan, Single]:
    """Of one row: worked out once, for hundreds of rows are changed."""
    site = Single(view, {"id": Value(view.columns["id"])}, arguments=ONE.narrowed(id=UUID(int=0)))
    return Statement(Face.REST).plan({"it": site}), site
