"""While somebody is at work on the database, nothing is changed and everything can be read."""

from collections.abc import AsyncIterator, Callable

import httpx
import pytest

from service.api.app import Application
from service.demo import MAIN_CASE
from service.domain.values import new_id
from service.settings import Settings
from tests.conftest import Database, serve
from tests.faces import FACES

pytestmark = pytest.mark.anyio


@pytest.fixture
async def application(database: Database, settings: Settings) -> AsyncIterator[Application]:
    async for running in serve(database, settings.model_copy(update={"read_only": True})):
        yield running


@pytest.mark.parametrize("face", FACES)
async def test_changes_are_refused_and_reading_goes_on(
    face: str, client_of: Callable[..., httpx.AsyncClient], database: Database
) -> None:
    worker, cases = client_of("case_worker"), "SELECT count(*) FROM case_file"
    before = database.rows(cases)
    assert (await worker.get(f"/v1/cases/{MAIN_CASE}")).status_code == 200
    told = await FACES[face](worker).do("open_case", id=new_id(), title="Neu", social_space_id=new_id())
    assert (told.status, told.code) == (503, "read-only")
    assert database.rows(cases) == before


async def test_its_readiness_says_so(client_of: Callable[..., httpx.AsyncClient]) -> None:
    assert (await client_of().get("/readyz")).json()["read_only"] is True


async def test_it_says_when_to_try_again(client_of: Callable[..., httpx.AsyncClient]) -> None:
    refused = await client_of("case_worker").post("/v1/cases", json={})
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "300")


async def test_a_link_too_reads_and_changes_nothing(
    client_of: Callable[..., httpx.AsyncClient], application: Application, settings: Settings
) -> None:
    """Every desk that a request gets knows about it: whoever asks, by whatever they hold."""
    told = await client_of().post("/v1/linked-step/finish", json={}, headers={"authorization": "Link geheim"})
    assert (told.status_code, told.json()["code"]) == (503, "read-only")
