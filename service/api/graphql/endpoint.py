"""GraphQL over HTTP, by the GraphQL-over-HTTP draft: POST only, and never a second way around the compiler."""

import asyncio
import gc
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import graphql as gql
import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from service.api.body import json_of
from service.api.dispatch import Found
from service.api.graphql.compiler import Compiler, OverAnotherWay, Refused
from service.api.graphql.performing import Performer
from service.api.graphql.turns import sending
from service.api.problems import NotAcceptable, headers_of, problem_of, status_of, trace_id
from service.api.senders import sender_of
from service.api.serving import Serving, language_of, require_media_type, sent_as
from service.domain.desk import Desk
from service.domain.errors import NO_TOKEN, DomainError, Malformed, Unauthenticated
from service.domain.values import Language

RESPONSE = "application/graphql-response+json"
JSON = "application/json"
LONGEST_ACCEPT = 1_000  # characters that are looked at, and remembered
_QUALITY = re.compile(r"0(\.[0-9]{0,3})?|1(\.0{0,3})?")
ADVICE = "`message` says what does not fit; `locations` say where. Nothing was done."


class Endpoint:
    def __init__(self, serving: Serving, compiler: Callable[[], Compiler]) -> None:
        """`compiler` is asked for by the first question: not everybody's server is asked one."""
        self.serving = serving
        self._compiler = compiler
        self._built: asyncio.Task[Performer] | None = None

    @property
    def route(self) -> Route:
        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            response = await self.serve(Request(scope, receive))
            await response(scope, receive, send)

        return Found("/graphql", app, "POST", "graphql")

    async def serve(self, request: Request) -> Response:
        accepted = answer_type_of((sent_as(request, "accept") or "")[:LONGEST_ACCEPT])
        answer_type = accepted or JSON
        language = language_of(request)
        headers = {
            "content-language": language.value,
            "vary": "Accept, Accept-Language",
        }
        try:
            desk = await self.serving.desk(request)
            if desk.login is None:
                sending.set(sender_of(request.client.host if request.client else ""))
            if accepted is None:
                raise NotAcceptable([RESPONSE, JSON])
            require_media_type(request, JSON)
            text, variables, name = asked_in(await json_of(request))
            body = await self._answer(desk, text, variables, name, language)
            status = 200
        except Refused as refused:
            # Not executed. As plain JSON it is still a well-formed GraphQL answer: 200, so that old clients read it.
            body, status = orjson.dumps({"errors": errors_of(refused)}), 400 if answer_type == RESPONSE else 200
        except DomainError as error:
            body, status = orjson.dumps({"errors": errors_of(error)}), status_of(type(error))
            headers |= headers_of(error, "POST")
            if status == 422:
                status = 400 if answer_type == RESPONSE else 200
        return Response(body, status, headers, f"{answer_type}; charset=utf-8")

    def _build(self) -> Performer:
        performer = Performer(self._compiler())
        gc.freeze()  # its types stay; looking through all of them for garbage stops everybody for a tenth of a second
        return performer

    async def performer(self) -> Performer:
        if self._built is None:  # beside the loop, once: others go on meanwhile, and nobody's leaving ends it
            self._built = asyncio.create_task(asyncio.to_thread(self._build))
        return await asyncio.shield(self._built)

    async def _answer(
        self, desk: Desk, text: str, variables: dict[str, Any], name: str | None, language: Language
    ) -> bytes:
        performer = await self.performer()
        document = await performer.compiler.read(text, name, desk.login)
        if document.operation.operation is gql.OperationType.SUBSCRIPTION:
            raise OverAnotherWay
        if document.operation.operation is gql.OperationType.MUTATION:
            if desk.login is None:
                raise Unauthenticated(reason=NO_TOKEN)
            return await performer.mutate(desk, document, variables, language)
        settings = self.serving.settings
        open_to_all = settings.development or settings.anonymous_introspection
        introspection = desk.login is not None or open_to_all
        return await performer.compiler.query(desk, document, variables, language, introspection=introspection)


@lru_cache(100)
def answer_type_of(header: str) -> str | None:
    """What an Accept header likes best (RFC 9110, 12.5.1); nothing where it takes neither. Whoever does not name
    GraphQL's own type gets plain JSON, if they take it."""
    liked = dict(map(_liked, filter(str.strip, header.split(",")))) or {"*/*": 1.0}

    def quality(type_: str) -> float:
        return next((liked[each] for each in (type_, "application/*", "*/*") if each in liked), 0.0)

    best = max((RESPONSE, JSON) if RESPONSE in liked else (JSON, RESPONSE), key=quality)
    return best if quality(best) > 0 else None


def _liked(part: str) -> tuple[str, float]:
    type_, *parameters = (each.strip().lower() for each in part.split(";"))
    given = next((each[2:] for each in parameters if each.startswith("q=")), "1")
    return type_, float(given) if _QUALITY.fullmatch(given) else 1.0


def asked_in(asked: Any) -> tuple[str, dict[str, Any], str | None]:
    """Document, variables and the operation's name."""
    if not isinstance(asked, dict):
        raise Malformed(reason="send one object with `query`; batches are not accepted")
    query, variables, name = asked.get("query"), asked.get("variables"), asked.get("operationName")
    if not isinstance(query, str):
        raise Malformed(reason="`query` is missing or no string")
    if variables is not None and not isinstance(variables, dict):
        raise Malformed(reason="`variables` is no object")
    if name is not None and not isinstance(name, str):
        raise Malformed(reason="`operationName` is no string")
    if not isinstance(asked.get("extensions"), dict | None):
        raise Malformed(reason="`extensions` is no object")
    return query, variables or {}, name


def errors_of(refusal: Refused | DomainError) -> list[dict[str, Any]]:
    """As GraphQL says it."""
    if isinstance(refusal, Refused):
        return [
            {**error, "extensions": error["extensions"] | {"detail": ADVICE, "trace_id": trace_id()}}
            for error in refusal.errors
        ]
    problem = problem_of(refusal, instance="/graphql", trace_id=trace_id())
    extensions = {name: value for name, value in problem.items() if name not in ("title", "status", "instance")}
    return [{"message": refusal.title, "extensions": extensions}]
