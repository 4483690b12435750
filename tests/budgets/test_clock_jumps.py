"""The application's clock jumps, ahead and back again: nothing is lost, nothing is out of order, and nobody is refused
for ever. PostgreSQL keeps its own time, as on another machine."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from types import SimpleNamespace

import httpx
import pytest

from service.api.app import Application
from service.domain import values
from tests.budgets.conftest import Draft
from tests.budgets.contract import DAY, FIRST, DayToBe, Proof
from tests.changes.conftest import begun, since
from tests.conftest import Database

pytestmark = [pytest.mark.anyio, pytest.mark.faults]
JUMP = timedelta(days=40)


@dataclass
class Jumps:
    """Of the clocks of the domain, of ids and, where a test says so, of tokens."""

    clock: DayToBe
    ahead: timedelta = timedelta()

    def to(self, ahead: timedelta) -> None:
        self.ahead, self.clock.day = ahead, DAY + ahead

    def seconds(self) -> float:
        return time.time() + self.ahead.total_seconds()

    def nanoseconds(self) -> int:
        return time.time_ns() + int(self.ahead.total_seconds()) * 10**9


@pytest.fixture
def jump(clock: DayToBe, monkeypatch: pytest.MonkeyPatch) -> Jumps:
    jumps = Jumps(clock)
    monkeypatch.setattr(values, "time", SimpleNamespace(time_ns=jumps.nanoseconds))
    return jumps


@pytest.mark.parametrize("ahead", [JUMP, -JUMP])
async def test_a_token_is_good_again_once_the_clock_is_right(
    application: Application,
    client_of: Callable[..., httpx.AsyncClient],
    jump: Jumps,
    monkeypatch: pytest.MonkeyPatch,
    ahead: timedelta,
) -> None:
    monkeypatch.setattr(application.identities, "_now", jump.seconds)
    client, told = client_of(FIRST), list[int]()
    for each in (timedelta(), ahead, timedelta()):
        jump.to(each)
        told.append((await client.get("/v1/me")).status_code)
    assert told == [200, 401, 200]


@pytest.mark.parametrize("face", ["rest"], indirect=True)
@pytest.mark.parametrize("ahead", [JUMP, -JUMP])
async def test_the_ledger_is_right_on_every_day(
    agreed: Draft, jump: Jumps, proof_of: Callable[[str], Proof], ahead: timedelta
) -> None:
    """What was bound on a day that has not come yet may be booked from that day on, as the refusal says."""
    contract = await agreed()
    proof = proof_of(contract.id)
    bound = list[tuple[timedelta, str]]()
    for each in (timedelta(), ahead, timedelta()):
        jump.to(each)
        bound.append((each, (await contract.commit("cross_case", "100.00"))["id"]))
        proof.holds()
    for each, id in bound:
        if each > timedelta():
            early = await contract.propose(await contract.invoice("60.00"), "60.00", commitment_id=id)
            assert (early.status, early.value["errors"][0]["pointer"]) == (422, "#/value_on")
            assert early.value["errors"][0]["detail"] == f"must not be before {DAY + each}"
            jump.to(each)
        await contract.booked("60.00", commitment_id=id)
        proof.holds()
        jump.to(timedelta())
    assert await contract.figures("cross_case") == ("500.00", "0.00", "120.00", "180.00", "200.00")


@pytest.mark.parametrize("face", ["rest"], indirect=True)
async def test_lists_and_feeds_show_everything_once(
    agreed: Draft, client_of: Callable[..., httpx.AsyncClient], database: Database, jump: Jumps
) -> None:
    """Ids that are made after a jump back sort before those made earlier."""
    contract, client = await agreed(), client_of(FIRST)
    await database.settled()
    start, made = await begun(client), list[str]()
    for ahead in (timedelta(), JUMP, -JUMP, timedelta()):
        jump.to(ahead)
        made += [(await contract.commit("cross_case", "1.00"))["id"] for _ in range(2)]
    assert sorted(made) == [*made[4:6], *made[:2], *made[6:], *made[2:4]]
    jump.to(timedelta())
    listed, given = list[str](), {"line_id": contract.lines["cross_case"], "limit": "3"}
    while len(listed) < len(made):
        page = (await client.get("/v1/commitments", params=given)).json()
        listed += [each["id"] for each in page["items"]]
        given["after"] = page["next"]
    assert given["after"] is None
    assert listed == sorted(made)
    await database.settled()
    events, _ = await since(client, start)
    assert [each["subject"] for each in events if each["subject"] in made] == made
