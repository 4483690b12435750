"""What a browser asks before it lets a page of elsewhere call: answered for portals that are named, and nobody else."""

from collections.abc import AsyncIterator

import httpx
import pytest

from service.api.app import Application
from service.api.frame import METHODS
from service.api.rest.route import ROUTES
from service.demo import MAIN_CASE
from service.settings import Settings

pytestmark = pytest.mark.anyio

PORTAL, FOREIGN = "https://portal.example", "https://elsewhere.example"
CHANGE = "authorization, content-type, if-match, idempotency-key, accept-language"
CASE = f"/v1/cases/{MAIN_CASE}"
DIFFERENT = [FOREIGN, "null", "https://portal.example.elsewhere.example", "http://portal.example", f"{PORTAL}:8443"]


@pytest.fixture
async def open_to_portal(application: Application, settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    given = settings.model_copy(update={"cors_origins": (PORTAL,)})
    transport = httpx.ASGITransport(Application(given, application.storage))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


async def asked(
    client: httpx.AsyncClient, path: str, method: str, origin: str = PORTAL, headers: str | None = CHANGE
) -> httpx.Response:
    sent = {"origin": origin, "access-control-request-method": method}
    return await client.options(path, headers=sent | ({"access-control-request-headers": headers} if headers else {}))


@pytest.mark.parametrize("method", sorted({route.method for route in ROUTES}))
async def test_a_page_of_the_portal_may_send_what_the_service_takes(
    open_to_portal: httpx.AsyncClient, method: str
) -> None:
    """Every documented address, with the version, the key and the media type that a change needs."""
    for route in ROUTES:
        if route.method == method:
            answer = await asked(open_to_portal, route.path.format_map(Anything()), method)
            assert answer.status_code == 200, route.path
            assert answer.headers["access-control-allow-origin"] == PORTAL
            assert method in answer.headers["access-control-allow-methods"].split(", ")
            allowed = {each.strip() for each in answer.headers["access-control-allow-headers"].lower().split(",")}
            assert set(CHANGE.split(", ")) <= allowed
            assert "access-control-allow-credentials" not in answer.headers, "a token is sent on purpose, no cookie"


class Anything(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return str(MAIN_CASE)


async def test_graphql_may_be_asked_by_the_portal(open_to_portal: httpx.AsyncClient) -> None:
    answer = await asked(open_to_portal, "/graphql", "POST", headers="authorization, content-type")
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, PORTAL)


async def test_it_need_not_be_asked_each_time_nor_is_it_kept_for_another_page(
    open_to_portal: httpx.AsyncClient,
) -> None:
    told = await asked(open_to_portal, CASE, "PATCH")
    assert int(told.headers["access-control-max-age"]) == 600
    for answer in (told, await asked(open_to_portal, CASE, "PATCH", FOREIGN)):
        assert "Origin" in ", ".join(answer.headers.get_list("vary"))


@pytest.mark.parametrize("origin", DIFFERENT)
@pytest.mark.parametrize(("path", "method"), [(CASE, "PATCH"), (f"{CASE}/goals", "POST"), ("/graphql", "POST")])
async def test_a_page_of_elsewhere_may_not(
    open_to_portal: httpx.AsyncClient, origin: str, path: str, method: str
) -> None:
    answer = await asked(open_to_portal, path, method, origin)
    assert answer.status_code == 400
    assert "access-control-allow-origin" not in answer.headers


async def test_a_method_that_no_address_takes_is_refused_also_to_the_portal(open_to_portal: httpx.AsyncClient) -> None:
    assert "TRACE" not in METHODS
    for method in ("TRACE", "CONNECT", "patch"):
        answer = await asked(open_to_portal, CASE, method)
        assert answer.status_code == 400
        assert method not in answer.headers["access-control-allow-methods"].split(", ")


async def test_the_page_may_read_why_its_change_was_refused(open_to_portal: httpx.AsyncClient) -> None:
    """After the question comes the change itself; without a token it is 401, and the page gets to see it."""
    headers = {"origin": PORTAL, "content-type": "application/merge-patch+json", "if-match": '"1"'}
    answer = await open_to_portal.patch(CASE, content=b'{"title": "x"}', headers=headers)
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (401, PORTAL)


@pytest.mark.parametrize("origin", [PORTAL, FOREIGN])
async def test_where_no_portal_is_named_nobody_may(application: Application, settings: Settings, origin: str) -> None:
    assert settings.cors_origins == ()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(application), base_url="http://test") as closed:
        answer = await asked(closed, CASE, "PATCH", origin)
        assert answer.status_code == 405
        assert not any(name.startswith("access-control") for name in answer.headers)
