"""A dialogue of one's own in Unterhaching, and one of its region: made by requests, over one face or the other."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from service.demo import HACHINGER_TAL, UNTERHACHING
from service.domain.act import OPERATIONS
from service.domain.values import new_id
from service.domain.views import view_of
from tests.conftest import Database
from tests.faces import FACES, Face, Told

MANAGER, REGIONAL = "social_space_manager", "regional_manager"
TIMES = {"starts_at": "2026-03-02T18:30:00+01:00", "ends_at": "2026-03-02T20:30:00+01:00"}


@dataclass
class Talk:
    """One dialogue, at one face."""

    face: str
    client_of: Callable[..., httpx.AsyncClient]
    database: Database
    series: str = field(default_factory=lambda: str(new_id()))
    regional: str = field(default_factory=lambda: str(new_id()))

    def as_(self, who: str | None) -> Face:
        return FACES[self.face](self.client_of(who))

    async def tries(self, who: str, operation: str, on: object = None, **said: Any) -> Told:
        """On the version there is now."""
        doing, version = OPERATIONS[operation], None
        if doing.versioned and doing.on is not None:
            table = doing.on.__table__  # type: ignore[attr-defined]
            ((version,),) = self.database.rows(f"SELECT version FROM {view_of(table).table.name} WHERE id = %s", on)
        if doing.creates:
            said = {"id": str(new_id())} | said
        return await self.as_(who).do(operation, on, version, **said)

    async def do(self, who: str, operation: str, on: object = None, **said: Any) -> Told:
        told = await self.tries(who, operation, on, **said)
        assert told.status < 300, (who, operation, told)
        return told

    async def begun(self) -> "Talk":
        place = {"title": "Sozialraumdialog Probe", "social_space_id": str(UNTERHACHING)}
        await self.do(MANAGER, "start_space_dialogue", id=self.series, **place)
        region = {"title": "Regionaldialog Probe", "region_id": str(HACHINGER_TAL)}
        await self.do(REGIONAL, "start_region_dialogue", id=self.regional, **region)
        return self

    async def meeting(self, who: str = MANAGER, series: str | None = None) -> str:
        said = {"title": "Was brauchen wir?", "venue": "Rathaus", **TIMES}
        return str((await self.do(who, "plan_dialogue", series or self.series, **said))["id"])

    async def participant(self, dialogue: str, kind: str = "agency", **said: Any) -> str:
        return str((await self.do(MANAGER, "add_dialogue_participant", dialogue, kind=kind, **said))["id"])

    async def theme(self, dialogue: str | None = None, who: str = "case_worker", **said: Any) -> str:
        """Raised, and put on the agenda of the meeting if one is given."""
        brought = {"title": "Der letzte Bus", "concerns": "Er fährt zu früh.", **said}
        theme = str((await self.do(who, "raise_theme", self.series, **brought))["id"])
        if dialogue is not None:
            await self.do(MANAGER, "collect_theme", theme, dialogue_id=dialogue)
        return theme

    async def step(self, theme: str, owner: str, who: str = MANAGER) -> None:
        await self.do(who, "plan_theme_step", theme, what="Beim Betrieb fragen", owner_id=owner, due_on="2026-05-01")

    async def held(self, dialogue: str, attended: tuple[str, ...] = (), who: str = MANAGER) -> None:
        await self.do(who, "invite_to_dialogue", dialogue)
        await self.do(who, "hold_dialogue", dialogue, attended=list(attended))
        await self.do(who, "draft_minutes", dialogue, minutes="Es ging um den Bus.", internal_note="Nur für uns.")

    def put(self, table: str, id: str, **values: Any) -> None:
        """Past the operations: a state that would take many of them."""
        names = ", ".join(f"{name} = %s" for name in values)
        self.database.rows(f"UPDATE {table} SET {names} WHERE id = %s RETURNING id", *values.values(), id)


@pytest.fixture(params=list(FACES))
async def talk(request: pytest.FixtureRequest, client_of: Callable[..., httpx.AsyncClient], database: Database) -> Talk:
    return await Talk(str(request.param), client_of, database).begun()
