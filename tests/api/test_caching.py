"""Every documented GET, asked by everybody and by a person: what may be kept, and by whom; and the headers that stand
on every answer."""

from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any

import httpx
import pytest

from service.api.app import Application
from service.api.paper import POLICY
from service.api.rest.route import ROUTES, Documented
from service.demo import MAIN_CASE
from service.settings import Settings

pytestmark = pytest.mark.anyio

GETS = [route for route in ROUTES if route.method == "GET" and route.name != "read_calendar"]  # tests/cases
PORTAL = "https://portal.example"
PERSONS = ("case_worker", "addressee", "controller", "administrator", "social_space_manager", "auditor")


@pytest.fixture(scope="module")
async def asked(
    application: Application, settings: Settings, token_of: Callable[..., str]
) -> AsyncIterator[Callable[..., Any]]:
    """The same service, with a portal of another origin allowed."""
    open_to_portal = settings.model_copy(update={"cors_origins": (PORTAL,)})
    transport = httpx.ASGITransport(Application(open_to_portal, application.storage))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:

        async def get(path: str, who: str | None = None, origin: str = PORTAL) -> httpx.Response:
            token = {"authorization": f"Bearer {token_of(who)}"} if who else {}
            return await client.get(path, headers={"origin": origin, **token})

        yield get


async def address_of(route: Documented, get: Callable[..., Any]) -> str:
    """Of a row that is there, for whoever asks; of one that is not, where they see none."""
    head, _, rest = route.path.partition("{")
    if not rest:
        return route.path
    listed = await get(head.rstrip("/"))
    rows = listed.json().get("items", []) if listed.status_code == 200 else []
    key = next((rows[0][name] for name in ("id", "pseudonym", "key") if rows and name in rows[0]), MAIN_CASE)
    return f"{head}{key}{rest.partition('}')[2]}"


def safe(answer: httpx.Response) -> None:
    headers = answer.headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    printed = headers.get("content-type", "").startswith("text/html")
    assert headers["content-security-policy"] == (POLICY if printed else "default-src 'none'; frame-ancestors 'none'")
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["x-request-id"]
    assert headers["access-control-allow-origin"] == PORTAL
    assert "access-control-allow-credentials" not in headers
    assert "origin" in headers["vary"].lower()
    assert "set-cookie" not in headers
    assert "server" not in headers


MINE = (
    *("/v1/me", "/v1/me/cases", "/v1/me/goals", "/v1/me/offers"),
    *("/v1/me/next-steps", "/v1/me/appointments", "/v1/me/case-contacts"),
)


@pytest.mark.parametrize("route", GETS, ids=[route.name for route in GETS])
async def test_what_is_public_may_be_kept_and_what_is_personal_may_not(asked: Any, route: Documented) -> None:
    path = await address_of(route, asked)
    public = await asked(path)
    safe(public)
    told_why = route.path.endswith(("/explain", "/transitions"))  # what one may do is about whoever asks
    if route.public and not told_why:
        assert public.status_code == 200, path
        assert public.headers["cache-control"] == "public, max-age=60", path
        assert public.headers["etag"]
    else:
        assert public.status_code in (200, 401), path
        assert public.headers["cache-control"] == "no-store", path
    who = PERSONS[len(route.name) % len(PERSONS)] if not route.path.startswith("/v1/me") else "addressee"
    own = await asked(await address_of(route, partial(asked, who=who)), who)
    safe(own)
    if own.status_code == 200:
        told = {name for name in ("etag", "content-disposition") if name in own.headers}
        assert told == {name.lower() for name in route.headers if name != "Link"}, "what the contract says"
        assert "link" not in own.headers or "Link" in route.headers
    if route.path in MINE:
        assert own.headers["cache-control"] == "private, no-cache"
        assert {"authorization", "accept-language"} <= {part.strip().lower() for part in own.headers["vary"].split(",")}
    elif route.public and not told_why:
        assert own.headers["cache-control"] == "public, max-age=60"
        assert own.content == (await asked(own.request.url.raw_path.decode())).content, "the same for everybody"
    else:
        assert own.headers["cache-control"] == "no-store", (path, who)
        assert "public" not in str(own.headers)


async def test_graphql_is_kept_nowhere(client_of: Callable[..., httpx.AsyncClient]) -> None:
    for who in (None, "addressee"):
        answer = await client_of(who).post("/graphql", json={"query": "{ regions { nodes { id } } }"})
        assert answer.headers["cache-control"] == "no-store"


async def test_another_origin_is_told_nothing_that_lets_it_read(asked: Any) -> None:
    answer = await asked("/v1/regions", origin="https://elsewhere.example")
    assert "access-control-allow-origin" not in answer.headers
    assert "origin" in answer.headers["vary"].lower()
