import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime

import httpx
import pytest
from starlette.applications import Starlette

from service.api import health


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def ask(
    path: str, checks: Mapping[str, health.Check], clock: datetime | None = None, **told: bool
) -> httpx.Response:
    app = Starlette(routes=health.routes(checks, clock, **told))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        return await client.get(path)


async def holds() -> bool:
    return True


async def does_not() -> bool:
    return False


async def breaks() -> bool:
    raise ConnectionError("password of Mechthild")


async def hangs() -> bool:
    await asyncio.sleep(60)
    return True


@pytest.mark.anyio
async def test_alive_without_asking_anything() -> None:
    answer = await ask("/livez", {"database": breaks})
    assert (answer.status_code, answer.json()) == (200, {"status": "alive"})
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.anyio
async def test_ready_when_every_check_passes() -> None:
    answer = await ask("/readyz", {"database": holds, "migration": holds})
    assert answer.json() == {"status": "ready", "checks": {"database": "ok", "migration": "ok"}}


@pytest.mark.anyio
async def test_it_is_said_where_nothing_may_be_changed() -> None:
    assert (await ask("/readyz", {}, read_only=True)).json() == {"status": "ready", "checks": {}, "read_only": True}
    assert "read_only" not in (await ask("/readyz", {})).json()


@pytest.mark.anyio
async def test_a_set_clock_is_shown() -> None:
    answer = await ask("/readyz", {}, datetime(2027, 3, 31, 12, tzinfo=UTC))
    assert answer.json()["clock"] == "2027-03-31T12:00:00+00:00"


@pytest.mark.anyio
@pytest.mark.parametrize("check", [does_not, breaks, hangs])
async def test_not_ready_says_what_is_missing_and_no_more(check: health.Check, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "PATIENCE", 0.05)
    answer = await ask("/readyz", {"database": holds, "migration": check})
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["retry-after"]
    assert answer.json()["checks"] == {"database": "ok", "migration": "failed"}
    assert "Mechthild" not in answer.text
