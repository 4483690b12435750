"""Finds the service's own routes by the parts of their paths, where the framework would try one after another.

What is not found here goes to the framework: other methods, unknown paths, pages about the service."""

import re
from collections.abc import Iterable
from functools import cached_property
from typing import Any

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.routing import BaseRoute, Route, compile_path
from starlette.types import ASGIApp, Receive, Scope, Send

from service.domain.errors import DomainError

ANYTHING = "{}"  # the part of a path that a parameter fills
Served = tuple[Route, tuple[str, ...]]


class Found(Route):
    """Found by its parts. The pattern by which the framework tries it is made when it does: hundreds of
    them would be a fiftieth of a start. Nothing stands around it, and it answers HEAD not of its own accord."""

    def __init__(self, path: str, app: ASGIApp, method: str, name: str) -> None:
        self.path = self.path_format = path
        self.app = self.endpoint = app
        self.methods, self.name, self.include_in_schema = {method}, name, True

    @cached_property
    def path_regex(self) -> re.Pattern[str]:  # type: ignore[override]
        return compile_path(self.path)[0]

    @cached_property
    def param_convertors(self) -> dict[str, Any]:  # type: ignore[override]
        return compile_path(self.path)[2]


class Dispatch:
    def __init__(self, api: FastAPI, routes: Iterable[BaseRoute]) -> None:
        self.api = api
        self.handlers: dict[type[Exception], Any] = {
            kind: api.exception_handlers[kind] for kind in (DomainError, HTTPException)
        }
        self.tree: dict[str, Any] = {}
        for route in routes:
            if isinstance(route, Route) and ":" not in route.path:
                self._add(route)

    def _add(self, route: Route) -> None:
        node, names = self.tree, []
        for part in route.path.split("/"):
            if part.startswith("{"):
                names.append(part[1:-1])
                part = ANYTHING
            node = node.setdefault(part, {})
        for method in route.methods or ():
            node.setdefault(f" {method}", (route, tuple(names)))  # as the framework does: the first one is meant

    def _find(self, scope: Scope) -> Route | None:
        node: Any = self.tree
        values = []
        for part in scope["path"].split("/"):
            within = node.get(part)
            if within is None or part == ANYTHING:
                within = node.get(ANYTHING)
                if within is None or not part:
                    return None
                values.append(part)
            node = within
        found: Served | None = node.get(f" {scope['method']}")
        if found is None:
            if not values and any(name.startswith(" ") for name in node):  # the framework would try `{id}`, too
                raise HTTPException(405)
            return None
        scope["path_params"] = dict(zip(found[1], values, strict=True))
        return found[0]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["app"] = self.api
        try:
            route = self._find(scope) if scope["type"] == "http" and not scope.get("root_path") else None
            if route is None:
                return await self.api(scope, receive, send)
            scope["route"], scope["endpoint"] = route, route.endpoint
            await route.app(scope, receive, send)
        except (DomainError, HTTPException) as error:  # before anything was sent: an answer is made, then sent
            handler = self.handlers[DomainError if isinstance(error, DomainError) else HTTPException]
            response = await handler(Request(scope, receive), error)
            await response(scope, receive, send)
