"""The application: both faces, the pages about them, and what operators need, in one frame."""

import asyncio
import contextlib
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.types import ASGIApp

import service.api.rest.access
import service.api.rest.assignments
import service.api.rest.budgets
import service.api.rest.cases
import service.api.rest.decisions
import service.api.rest.figures
import service.api.rest.spaces
import service.domain.tables  # noqa: F401
from service.api import development_issuer, health, metrics, pages, problems
from service.api.dispatch import Dispatch
from service.api.frame import Frame
from service.api.graphql.compiler import Compiler
from service.api.graphql.endpoint import Endpoint
from service.api.graphql.types import build_schema
from service.api.identity import Identities
from service.api.rest.route import ROUTES
from service.api.serving import Serving
from service.domain.clock import standing_at
from service.settings import Settings
from service.storage import revision
from service.storage.postgres import Storage

DESCRIPTION = """Social work from the person's own will, steered by the social space.

Refusals are RFC 9457 problems; `code` is stable and explained at `type`. Changes carry `If-Match`, creations a UUIDv7
of your own making. Personal data is never cacheable. Everything here is on `/graphql`, too."""


class Application:
    """What is built once per process; called as ASGI."""

    def __init__(self, settings: Settings, storage: Storage) -> None:
        local = {settings.development_issuer.name: development_issuer.jwks(settings)} if settings.development else {}
        self.identities = Identities(
            settings.accepted_issuers, leeway=settings.leeway, keys_kept=settings.keys_kept, local_keys=local
        )
        self.settings, self.storage = settings, storage
        self.serving = Serving(settings, storage, self.identities, standing_at(settings.clock))
        self.schema = build_schema()
        self.compiler = Compiler(self.schema)
        self.api = self._api()
        self.framed: ASGIApp = Frame(Dispatch(self.api, self.api.router.routes), settings)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.framed(scope, receive, send)

    def _api(self) -> FastAPI:
        api = FastAPI(
            title="Sozialraum",
            version="0.1.0",
            lifespan=self.lifespan,
            docs_url=None,
            redoc_url=None,
            redirect_slashes=False,  # the address to go on at would be the Host header's word, and without TLS
            telemetry={"logs": False},
        )
        api.openapi = lambda: openapi(api)  # type: ignore[method-assign]
        problems.install(api)
        checks = {"database": self.storage.answers, "migration": self._migrated}
        clock = self.settings.clock
        api.router.routes += [each.route(self.serving) for each in ROUTES]
        api.router.routes += [
            Endpoint(self.serving, self.compiler).route,
            *health.routes(checks, clock),
            *problems.routes(),
            *pages.routes(),
        ]
        api.add_route("/metrics", metrics.metrics_page, include_in_schema=False)
        if self.settings.development:
            api.router.routes += development_issuer.routes(self.settings)
        return api

    @asynccontextmanager
    async def lifespan(self, _: FastAPI) -> AsyncIterator[None]:
        await self.storage.open()
        await self.identities.open()
        async with metrics.sampling():
            await asyncio.sleep(0)
            gc.collect()
            gc.freeze()  # what is here now stays: looking at it again and again costs pauses
            gc.set_threshold(100_000, 50, 100)
            yield
        await self.identities.close()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.storage.close(), 5)

    async def _migrated(self) -> bool:
        found = await self.storage.pool.fetchval("SELECT version_num FROM alembic_version")
        return bool(found == revision.head())


def openapi(api: FastAPI) -> dict[str, Any]:
    if not api.openapi_schema:
        document = get_openapi(title=api.title, version=api.version, description=DESCRIPTION, routes=api.routes)
        components = document.setdefault("components", {})
        components["securitySchemes"] = {
            "token": {
                "type": "http",
                "scheme": "bearer",
                "bearerFormat": "JWT",
                "description": "An access token of an accepted issuer (RFC 9068).",
            }
        }
        components["schemas"]["Problem"] = problems.Problem.model_json_schema(
            ref_template="#/components/schemas/{model}"
        )
        for unused in ("HTTPValidationError", "ValidationError"):
            components["schemas"].pop(unused, None)
        components["examples"] = _gathered(document["paths"])
        api.openapi_schema = document
    return api.openapi_schema


def _gathered(paths: dict[str, Any]) -> dict[str, Any]:
    """The same refusal has the same example everywhere: once among the components, and named where it is due."""
    examples: dict[str, Any] = {}
    for methods in paths.values():
        for method in methods.values():
            for response in method["responses"].values():
                for content in response.get("content", {}).values():
                    for code, example in content.get("examples", {}).items():
                        examples[code] = example
                        content["examples"][code] = {"$ref": f"#/components/examples/{code}"}
    return dict(sorted(examples.items()))
