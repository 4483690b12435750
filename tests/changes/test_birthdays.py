"""With an 18th birthday custodians' access ends on every way, though nobody does anything: time passes."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest

from service.domain.clock import Clock
from service.domain.values import new_id
from tests.cases.test_people_around_a_case import Family, done
from tests.changes.conftest import Serving, Socket, Stream, begun
from tests.midnight import Midnight

pytestmark = pytest.mark.anyio
Client = Callable[..., httpx.AsyncClient]
FOLLOWING = "subscription($after: String) { changes(after: $after) { subject } }"


async def test_custody_ends_on_the_birthday_for_every_way_to_look(
    client_of: Client, serving: Serving, token_of: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    login = f"parent-{uuid4()}"
    family = await Family(client_of).begin(born_on=f"{Clock().today().year - 10}-05-17")
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

        midnight = Midnight(monkeypatch)
        version = (await family.worker.get(f"/v1/participants/{family.addressee}")).json()["version"]
        headers = {"if-match": f'"{version}"', "content-type": "application/merge-patch+json"}
        path, body = f"/v1/participants/{family.addressee}", f'{{"born_on": "{midnight.born_on}"}}'
        assert (await family.worker.patch(path, content=body, headers=headers)).status_code == 200
        assert await family.sees(parent) >= {"case", "goal", "participant"}
        assert (await parent.post("/graphql", json=asked)).json()["data"]["goal"] == {"id": family.goal}
        await midnight.passes()
        assert await family.sees(parent) == set()
        told = (await parent.post("/graphql", json=asked)).json()["data"]
        assert told == {"goal": None, "participants": {"nodes": []}}
        after = await noted()
        assert after not in {event["subject"] for event in await stream.last_words()}
        while (message := await socket.heard())["type"] != "complete":
            assert message["payload"]["data"]["changes"]["subject"] != after
        await socket.leave("websocket.disconnect")
        mine = (await parent.get("/v1/me")).json()["cases"]["items"]
        assert [each["in_force"] for each in mine] == [False]
