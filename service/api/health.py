"""Whether the process lives, and whether it can do its work."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from service.api.problems import answer_to
from service.domain.errors import DomainError, Kind

Check = Callable[[], Awaitable[bool]]
PATIENCE = 2.0  # seconds a check may take
QUIET = frozenset({"/livez", "/readyz"})  # asked every few seconds by machines: not logged
NO_STORE = {"Cache-Control": "no-store"}


@dataclass(eq=False)
class NotReady(DomainError):
    kind, code, title = Kind.UNAVAILABLE, "not-ready", "The service cannot do its work right now."
    advice = "`checks` says what is missing. If it stays so, ask whoever operates the service."
    checks: dict[str, str]


async def _passes(check: Check) -> bool:
    """What went wrong is in the log of whoever failed; here only that it did. A check that takes too long is broken off
    and not waited for: with a frozen PostgreSQL even that takes its time."""
    asked = asyncio.create_task(_quietly(check))
    done, _ = await asyncio.wait({asked}, timeout=PATIENCE)
    asked.cancel()
    return bool(done) and asked.result()


async def _quietly(check: Check) -> bool:
    try:
        return await check()
    except Exception:
        return False


async def _livez(_: Request) -> Response:
    return JSONResponse({"status": "alive"}, headers=NO_STORE)


def routes(checks: Mapping[str, Check], clock: datetime | None = None, *, read_only: bool = False) -> list[Route]:
    """`checks`: what must hold, by name (database, migration). Told where they are so: `clock`, the set time, in
    development and tests; `read_only`, that nothing may be changed."""

    async def readyz(request: Request) -> Response:
        passed = await asyncio.gather(*map(_passes, checks.values()))
        found = {name: "ok" if good else "failed" for name, good in zip(checks, passed, strict=True)}
        if not all(passed):
            return answer_to(request, NotReady(found))
        shown = {"clock": clock and clock.isoformat(), "read_only": read_only}
        told = {name: value for name, value in shown.items() if value}
        return JSONResponse({"status": "ready", "checks": found, **told}, headers=NO_STORE)

    return [Route("/livez", _livez), Route("/readyz", readyz)]
