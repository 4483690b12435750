"""The application: both faces, the pages about them, and what operators need, in one frame."""

import asyncio
import contextlib
import gc
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from typing import Any

from fastapi import FastAPI
from starlette.types import ASGIApp

import service.api.rest.access
import service.api.rest.assignments
import service.api.rest.budgets
import service.api.rest.calendars
import service.api.rest.cases
import service.api.rest.consultations
import service.api.rest.decisions
import service.api.rest.dialogues
import service.api.rest.events
import service.api.rest.exporting
import service.api.rest.figures
import service.api.rest.importing
import service.api.rest.jobs
import service.api.rest.letters
import service.api.rest.linked
import service.api.rest.protection
import service.api.rest.spaces
import service.api.rest.steering
import service.api.rest.support_plan
import service.api.rest.teams
import service.domain.tables  # noqa: F401
from service.api import development_issuer, health, metrics, openapi, pages, problems
from service.api.admission import Followers
from service.api.dispatch import Dispatch
from service.api.frame import Frame
from service.api.graphql.compiler import Compiler
from service.api.graphql.endpoint import Endpoint
from service.api.graphql.schema import served
from service.api.graphql.sockets import Sockets
from service.api.identity import Identities
from service.api.rest.route import ROUTES
from service.api.senders import Shares
from service.api.serving import Serving
from service.domain.clock import standing_at
from service.process import before_it_ends
from service.settings import Settings
from service.storage import revision
from service.storage.postgres import Storage


class Application:
    """What is built once per process; called as ASGI."""

    def __init__(self, settings: Settings, storage: Storage) -> None:
        local = {settings.development_issuer.name: development_issuer.jwks(settings)} if settings.development else {}
        self.identities = Identities(
            settings.accepted_issuers, leeway=settings.leeway, keys_kept=settings.keys_kept, local_keys=local
        )
        self.settings, self.storage = settings, storage
        self.serving = Serving(settings, storage, self.identities, standing_at(settings.clock), Followers(settings))
        self.api = self._api()
        self.shares = Shares(settings.connections, settings.connections_of_one, settings.proxies)
        self.framed: ASGIApp = Frame(Dispatch(self.api, self.api.router.routes), settings, self.shares)

    @property
    def compiler(self) -> Compiler:
        return _compiler()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.framed(scope, receive, send)

    def _api(self) -> FastAPI:
        api = FastAPI(
            lifespan=self.lifespan,
            openapi_url=None,
            redirect_slashes=False,  # the address to go on at would be the Host header's word, and without TLS
            telemetry={"logs": False},
        )
        problems.install(api)
        checks = {"database": self.storage.answers, "migration": self._migrated}
        clock, graphql = self.settings.clock, Endpoint(self.serving, lambda: self.compiler)
        api.router.routes += [each.route(self.serving) for each in ROUTES]
        api.router.routes += [
            graphql.route,
            Sockets(self.serving, graphql.performer).route,
            *health.routes(checks, clock, read_only=self.settings.read_only),
            *problems.routes(),
            *pages.routes(),
            openapi.route(),
        ]
        api.add_route("/metrics", metrics.metrics_page, include_in_schema=False)
        if self.settings.development:
            api.router.routes += development_issuer.routes(self.settings)
        return api

    @asynccontextmanager
    async def lifespan(self, _: FastAPI) -> AsyncIterator[None]:
        await self.storage.open()
        await self.identities.open()
        loop = asyncio.get_running_loop()
        with before_it_ends(lambda: loop.call_soon_threadsafe(self._end_streams)):
            async with metrics.sampling():
                await asyncio.sleep(0)
                gc.collect()
                gc.freeze()  # what is here now stays: looking at it again and again costs pauses
                gc.set_threshold(5_000, 10, 5)  # often and little: each is a pause, and what waits is memory
                sys.setswitchinterval(0.0005)  # whoever compiles a document beside the loop gives way soon
                yield
        await self.identities.close()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.storage.close(), 5)

    def _end_streams(self) -> None:
        """They would go on for ever, and the server waits for all that it serves."""
        self.serving.followers.ending = True
        self.storage.signals.wake()

    async def _migrated(self) -> bool:
        found = await self.storage.read("SELECT version_num FROM alembic_version", [])
        return found is not None and bool(found[0] == revision.head())


@cache
def _compiler() -> Compiler:
    """What a question means does not depend on whom the application serves, nor from which database."""
    return Compiler(served())
