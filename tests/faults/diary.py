"""People who write and read without a break, and a diary of what they were told: what it calls done is there."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal

import httpx

from service.domain.values import new_id
from tests.mortal import Own, Service

WAIT, STATEMENT = 1, 2  # seconds: for a connection, and for what a statement may take
LIMIT = WAIT + STATEMENT + 2  # seconds until everybody has been answered, whatever is broken
PLACES = 4  # to write at, fewer than there are writers; and to read at
WRITERS = 8
PATIENCE = 30.0  # seconds until somebody must have been told what a test waits for
SOON = 5.0  # seconds: until all is well again
SHORT = {
    "SOZIALRAUM_WAIT_FOR_CONNECTION": str(WAIT),
    "SOZIALRAUM_STATEMENT_TIMEOUT": str(STATEMENT),
    "SOZIALRAUM_READ_CONNECTIONS": str(PLACES),
    "SOZIALRAUM_WRITE_CONNECTIONS": str(PLACES),
    "SOZIALRAUM_METRICS_PORT": "",
}


@dataclass
class Diary:
    """Of everybody at one budget line."""

    service: Service
    line: str
    acknowledged: dict[str, Decimal] = field(default_factory=dict)
    written: list[float] = field(default_factory=list)  # when
    read: list[float] = field(default_factory=list)
    refused: Counter[tuple[str, str]] = field(default_factory=Counter)  # method and reason
    slowest: tuple[float, str] = (0, "")  # seconds, and what was told then
    news: asyncio.Condition = field(default_factory=asyncio.Condition)
    working: bool = True

    @asynccontextmanager
    async def kept(self) -> AsyncIterator["Diary"]:
        """Everybody is at work from the first word to the last, and stops only once told of what was begun."""
        async with asyncio.TaskGroup() as group:
            for number in range(WRITERS):
                group.create_task(self._write(number))
            group.create_task(self._read())
            await self.goes_on()
            yield self
            self.working = False

    async def _write(self, number: int) -> None:
        async with self.service.client("demo-third_controller") as client:
            while self.working:
                id, amount = str(new_id()), Decimal(number + 1) / 100
                said = {"id": id, "amount": f"{amount:.2f}", "purpose": "Fest"}
                while not await self.done(  # noqa: ASYNC110 (nobody says when it is worth while to come again)
                    client, "POST", f"/v1/budget-lines/{self.line}/commitments", said
                ):
                    await asyncio.sleep(0.05)
                self.acknowledged[id] = amount
                await self._tell(self.written)

    async def _read(self) -> None:
        async with self.service.client("demo-controller") as client:
            while self.working:
                if await self.done(client, "GET", f"/v1/budget-lines/{self.line}"):
                    await self._tell(self.read)
                await asyncio.sleep(0.05)

    async def done(self, client: httpx.AsyncClient, method: str, path: str, said: object = None) -> bool:
        """Or refused in words of ours. That nobody answers is no answer: the client gives up with an error."""
        began = time.monotonic()
        answer = await client.request(method, path, json=said)
        self.slowest = max(self.slowest, (time.monotonic() - began, f"{method} {answer.text[:300]}"))
        if answer.is_success:
            return True
        told = answer.json()
        assert (answer.status_code, told["code"], "retry-after" in answer.headers) == (503, "unavailable", True), told
        self.refused[method, told["reason"]] += 1
        await self._tell()
        return False

    async def _tell(self, *places: list[float]) -> None:
        async with self.news:
            for place in places:
                place.append(time.monotonic())
            self.news.notify_all()

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE), self.news:
            await self.news.wait_for(condition)

    async def goes_on(self, since: float | None = None) -> float:
        """Until as many were told that they have written as there are, and have read; the seconds from now, or from
        `since`, to the first of each."""
        began = time.monotonic() if since is None else since

        def later(told: list[float]) -> list[float]:
            return [each for each in told if each > began]

        await self.until(lambda: all(len(later(told)) >= WRITERS for told in (self.written, self.read)))
        return max(later(told)[0] for told in (self.written, self.read)) - began

    async def hears(self, *methods: str) -> None:
        """Until each of these was refused, later than now."""
        before = self.refusals()
        await self.until(lambda: all(self.refusals()[method] > before[method] for method in methods))

    def refusals(self) -> Counter[str]:
        told = Counter[str]()
        for (method, _), times in self.refused.items():
            told[method] += times
        return told

    def is_true(self, county: Own, limit: float = LIMIT) -> None:
        """What was acknowledged stands there once, and nothing else does; nobody waited longer than the limit."""
        query = """
            SELECT subject_id::text, amount FROM posting JOIN ledger_account AS account ON account.id = to_account_id
            WHERE posting.kind = 'grant' AND line_id = %s
        """
        found = county.rows(query, self.line)
        assert len(found) == len(self.acknowledged) >= WRITERS
        assert dict(found) == self.acknowledged
        query = "SELECT balance FROM ledger_account WHERE line_id = %s AND kind = 'committed'"
        assert county.rows(query, self.line) == [(sum(self.acknowledged.values()),)]
        assert self.slowest < (limit, ""), (self.slowest, self.refused)
