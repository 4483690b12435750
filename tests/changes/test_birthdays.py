"""With an 18th birthday custodians' access ends on every way, though nobody does anything: time passes."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import uuid4

import httpx
import pytest

from service.domain import clock
from service.domain.values import new_id
from tests.cases.test_people_around_a_case import Family, done
from tests.changes.conftest import Serving, Socket, Stream, begun

pytestmark = pytest.mark.anyio
Client = Callable[..., httpx.AsyncClient]
SOON = timedelta(seconds=5)
FOLLOWING = "subscription($after: String) { changes(after: $after) { subject } }"


def midnight_comes(monkeypatch: pytest.MonkeyPatch) -> datetime:
    """People live where it is midnight soon. When that is; access is measured by the database's time, which nobody can
    set, and days begin where people live."""
    at = (datetime.now(UTC) + SOON).replace(microsecond=0)
    offset = -timedelta(hours=at.hour, minutes=at.minute, seconds=at.second)
    monkeypatch.setattr(clock, "WHERE_PEOPLE_LIVE", timezone(offset))
    return at


async def test_custody_ends_on_the_birthday_for_every_way_to_look(
    client_of: Client, serving: Serving, token_of: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    login = f"parent-{uuid4()}"
    today = clock.Clock().today()
    if (today.month, today.day) in ((2, 28), (2, 29)):
        pytest.skip("nobody comes of age on a 29 February")
    family = await Family(client_of).begin(born_on=f"{today.year - 10}-05-17")
    await family.enrol(await family.join("custodian"), login)
    parent = client_of(login)
    asked = {"query": f'{{ goal(id: "{family.goal}") {{ id }} participants(first: 9) {{ nodes {{ id }} }} }}'}

    async def noted() -> str:
        said: dict[str, Any] = {"participant_id": family.addressee, "statement": "Ein weiteres"}
        return str((await done(family.worker, f"cases/{family.case}/goals", id=str(new_id()), **said))["id"])

    async with serving() as running:
        stream = await Stream(running, token_of(login)).opened()
        socket = await Socket(running).greeted(token_of(login))
        await socket.follow("a", FOLLOWING, after=await begun(parent))
        before = await noted()
        assert await stream.until(before)
        while (await socket.heard())["payload"]["data"]["changes"]["subject"] != before:
            pass

        midnight = midnight_comes(monkeypatch)
        born_on = clock.day_of(midnight).replace(year=clock.day_of(midnight).year - 18)
        version = (await family.worker.get(f"/v1/participants/{family.addressee}")).json()["version"]
        headers = {"if-match": f'"{version}"', "content-type": "application/merge-patch+json"}
        path, body = f"/v1/participants/{family.addressee}", f'{{"born_on": "{born_on}"}}'
        assert (await family.worker.patch(path, content=body, headers=headers)).status_code == 200
        assert await family.sees(parent) >= {"case", "goal", "participant"}
        assert (await parent.post("/graphql", json=asked)).json()["data"]["goal"] == {"id": family.goal}
        assert datetime.now(UTC) < midnight, "all this was before the birthday"
        await asyncio.sleep((midnight - datetime.now(UTC)).total_seconds() + 0.1)
        assert await family.sees(parent) == set()
        told = (await parent.post("/graphql", json=asked)).json()["data"]
        assert told == {"goal": None, "participants": {"nodes": []}}
        after = await noted()
        assert after not in {event["subject"] for event in await stream.last_words()}
        while (message := await socket.heard())["type"] != "complete":
            assert message["payload"]["data"]["changes"]["subject"] != after
        await socket.leave("websocket.disconnect")
        assert (await parent.get("/v1/me")).json()["cases"]["items"] == []
