"""How refusals travel over HTTP: RFC 9457 problems, one per code of the catalogue, documented where `type` points."""

import html
import inspect
import json
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, time
from decimal import Decimal
from enum import Enum
from http import HTTPStatus
from typing import Any, ClassVar, get_type_hints
from urllib.parse import quote
from uuid import UUID, uuid4

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.routing import iter_route_contexts
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from service.api.headers import OF_REFUSALS, described
from service.api.logs import current_trace
from service.domain.errors import (
    CATALOGUE,
    NO_TOKEN,
    DomainError,
    InvalidInput,
    Kind,
    Malformed,
    TooLarge,
    Unauthenticated,
    UnsupportedMediaType,
)

MEDIA_TYPE = "application/problem+json"
MERGE_PATCH = "application/merge-patch+json"
NOT_BEARER = "the Authorization header is not `Bearer <token>`"  # as NO_TOKEN, it finds no fault with a token
NOT_A_LINK = "this takes `Authorization: Link <secret>`"

STATUS: Mapping[Kind, int] = {
    Kind.MALFORMED: 400,
    Kind.UNAUTHENTICATED: 401,
    Kind.NOT_FOUND: 404,
    Kind.FORBIDDEN: 403,
    Kind.VERSION_REQUIRED: 428,
    Kind.VERSION_STALE: 412,
    Kind.CONFLICT: 409,
    Kind.INVALID: 422,
    Kind.GONE: 410,
    Kind.UNSUPPORTED: 415,
    Kind.TOO_LARGE: 413,
    Kind.TOO_MANY: 429,
    Kind.UNAVAILABLE: 503,
}
RETRY_AFTER = {"issuer-unavailable": 60, "read-only": 300, "too-many-inquiries": 600, "too-many-documents": 1}
SOON = 5  # seconds: a busy pool or a restarting database


@dataclass(eq=False)
class HttpError(DomainError):
    """A refusal that only makes sense over HTTP, with a status no domain kind has."""

    status: ClassVar[int]


@dataclass(eq=False)
class NoSuchPath(HttpError):
    kind, status, code, title = Kind.NOT_FOUND, 404, "no-such-path", "There is nothing at this address."
    advice = "Check the address; /docs lists every one."


@dataclass(eq=False)
class MethodNotAllowed(HttpError):
    kind, status, code, title = Kind.MALFORMED, 405, "method-not-allowed", "This address does not take this method."
    advice = "Use one of `allowed`."
    allowed: list[str]


@dataclass(eq=False)
class AddressTooLong(HttpError):
    kind, status, code, title = Kind.TOO_LARGE, 414, "address-too-long", "The address is longer than allowed."
    advice = "Send less in the query; a cursor is never longer than 2,000 characters."
    limit: int


@dataclass(eq=False)
class EncodedBody(HttpError):
    kind, status, code, title = Kind.UNSUPPORTED, 415, "encoded-body", "The body is encoded, which is not understood."
    advice = "Send it as it is, without Content-Encoding."


@dataclass(eq=False)
class NotAcceptable(HttpError):
    kind, status, code, title = Kind.UNSUPPORTED, 406, "not-acceptable", "Nothing that you accept can be answered here."
    advice = "Name one of `offered` in Accept, or send none."
    offered: list[str]


@dataclass(eq=False)
class TooManyStreams(HttpError):
    kind, status, code, title = Kind.UNAVAILABLE, 429, "too-many-streams", "Too many streams of changes are open."
    advice = "End one that you no longer read, or ask for pages: GET /v1/events with Accept: application/json."
    allowed: int


@dataclass(eq=False)
class Internal(HttpError):
    kind, status, code, title = Kind.UNAVAILABLE, 500, "internal", "Something went wrong on our side."
    advice = "Report `trace_id` to whoever operates the service; with it they find the cause."


class Problem(BaseModel):
    """RFC 9457. The facts of a code stand beside these members."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(description="Where this problem is explained.", examples=["/problems/not-found"])
    title: str = Field(description="What happened.")
    status: int = Field(description="The response's.")
    detail: str = Field(description="What to do about it.")
    instance: str = Field(description="The address that was asked.")
    code: str = Field(description="Never changes; decide by it.", examples=["not-found"])
    trace_id: str = Field(description="Names this request in our logs.")


def status_of(error: type[DomainError]) -> int:
    return error.status if issubclass(error, HttpError) else STATUS[error.kind]


def jsonable(value: object) -> Any:
    """Exact: an amount stays a string, and text JSON cannot hold as UTF-8 is escaped later on, not refused here."""
    match value:
        case Enum():
            return jsonable(value.value)
        case None | bool() | int() | str():
            return value
        case float():
            return value if math.isfinite(value) else None
        case date() | time():
            return value.isoformat()
        case BaseModel():
            return value.model_dump(mode="json")
        case Mapping():
            return {str(name): jsonable(part) for name, part in value.items()}
        case list() | tuple() | set() | frozenset():
            return [jsonable(part) for part in value]
    return str(value)


def problem_of(error: DomainError, *, instance: str, trace_id: str) -> dict[str, Any]:
    return {
        **jsonable(error.facts),
        "type": f"/problems/{error.code}",
        "title": error.title,
        "status": status_of(type(error)),
        "detail": error.advice,
        "instance": instance,
        "code": error.code,
        "trace_id": trace_id,
    }


def answer(error: DomainError, *, instance: str, trace_id: str, method: str = "GET") -> Response:
    return _response(problem_of(error, instance=instance, trace_id=trace_id), headers_of(error, method))


def answer_to(request: Request, error: DomainError) -> Response:
    return answer(error, instance=request.url.path, trace_id=trace_id(), method=request.method)


def trace_id() -> str:
    trace = current_trace.get()
    return trace.trace_id if trace else uuid4().hex


def headers_of(error: DomainError, method: str) -> dict[str, str]:
    if isinstance(error, Unauthenticated):
        scheme = "Link" if error.reason == NOT_A_LINK else "Bearer"
        wrong = "" if error.reason in (NO_TOKEN, NOT_BEARER, NOT_A_LINK) else ', error="invalid_token"'  # RFC 6750, 3.1
        return {"WWW-Authenticate": f'{scheme} realm="sozialraum"{wrong}'}
    if isinstance(error, MethodNotAllowed):
        return {"Allow": ", ".join(error.allowed)}
    if isinstance(error, UnsupportedMediaType) and method == "PATCH":
        return {"Accept-Patch": ", ".join(error.accepted)}
    if status_of(type(error)) in (HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS):
        return {"Retry-After": str(RETRY_AFTER.get(error.code, SOON))}
    return {}


def _response(problem: Mapping[str, Any], headers: Mapping[str, str]) -> Response:
    always = {"Cache-Control": "no-store", "Content-Language": "en"}
    return Response(json.dumps(problem), problem["status"], {**headers, **always}, MEDIA_TYPE)


def install(app: FastAPI) -> None:
    app.add_exception_handler(DomainError, _domain_error)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(Exception, _unexpected)


async def _domain_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, DomainError)
    return answer_to(request, error)


async def _unexpected(request: Request, _: Exception) -> Response:
    """Starlette raises the exception again once this is sent; the frame, outermost, logs it."""
    return answer_to(request, Internal())


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    match error.status_code:
        case 400:
            return answer_to(request, Malformed(reason="The body cannot be read."))
        case 404:
            return answer_to(request, NoSuchPath())
        case 405:
            return answer_to(request, MethodNotAllowed(_allowed(request)))
        case 413:
            return answer_to(request, TooLarge(getattr(error, "limit", 0)))
    phrase = HTTPStatus(error.status_code).phrase  # no code of ours; RFC 9457, 4.2.1
    problem = {"type": "about:blank", "title": phrase, "status": error.status_code, "trace_id": trace_id()}
    return _response(problem, error.headers or {})


def _allowed(request: Request) -> list[str]:
    """Starlette names the methods of the first route at this path only. A path that is written out is meant by nothing
    that a parameter could fill."""
    path = request.scope["path"]
    matching = [
        context
        for context in iter_route_contexts(request.app.routes)
        if (pattern := getattr(context, "path_regex", None)) is not None and pattern.match(path)
    ]
    written_out = [context for context in matching if context.path == path]
    methods = set[str]().union(*(context.methods or () for context in written_out or matching))
    return sorted(methods | {"HEAD"} if "GET" in methods else methods)  # the frame answers it wherever GET is


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    faults = error.errors()
    if any(fault["type"] == "json_invalid" for fault in faults):
        return answer_to(request, Malformed(reason="The body is not well-formed JSON."))
    media_type = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if not media_type.endswith(("/json", "+json")) and any(
        fault["loc"] == ("body",) and fault["type"] != "missing" for fault in faults
    ):
        return answer_to(
            request, UnsupportedMediaType([MERGE_PATCH if request.method == "PATCH" else "application/json"])
        )
    return answer_to(request, InvalidInput([place_of(fault, error.body) for fault in faults]))


def place_of(fault: Mapping[str, Any], body: object) -> dict[str, str]:
    """Where in the request something is wrong, and what: never the value itself, which may be about a person."""
    where, *path = fault["loc"]
    detail = _without_input(fault)
    if where == "body":
        return {"pointer": pointer(_within(body, path, missing=fault["type"] == "missing")), "detail": detail}
    return {"parameter": ".".join(map(str, path)), "in": str(where), "detail": detail}


def _within(body: object, path: Sequence[int | str], *, missing: bool) -> list[int | str]:
    """Pydantic also names union members on the way; only what the body holds, or lacks, is a place in it."""
    if not isinstance(body, dict | list):
        return list(path)
    here, found = body, list[int | str]()
    for index, part in enumerate(path):
        if part in (here if isinstance(here, dict) else range(len(here)) if isinstance(here, list) else ()):
            here = here[part]  # type: ignore[index, call-overload, unused-ignore]
            found.append(part)
        elif missing and index == len(path) - 1:
            found.append(part)
    return found


def _without_input(fault: Mapping[str, Any]) -> str:
    message, given, context = str(fault["msg"]), fault.get("input"), fault.get("ctx", {})
    if fault["type"] == "union_tag_invalid":
        return f"{context['discriminator']} must be one of {context['expected_tags']}"
    if fault["type"] == "uuid_parsing":
        return "Input should be a valid UUID"
    if isinstance(given, str) and len(given) > 3 and given in message:
        return f"Does not fit here ({fault['type']})."
    return message


def pointer(path: Iterable[int | str]) -> str:
    """RFC 6901, 6: as a URI fragment."""
    escaped = (str(part).replace("~", "~0").replace("/", "~1") for part in path)
    return "#" + "".join("/" + quote(part, safe="~", errors="replace") for part in escaped)


# The catalogue: the same entries as OpenAPI answers, as a document, and at /problems/<code>.

_EXAMPLES: Mapping[Any, Any] = {
    int: 3,
    str: "…",
    bool: True,
    date: "2027-03-31",
    Decimal: "120.00",
    UUID: "01890a5d-ac96-774b-bcce-b302099a8057",
    UUID | str: "01890a5d-ac96-774b-bcce-b302099a8057",
    list[str]: ["…"],
    list[dict[str, str]]: [{"pointer": "#/name", "detail": "Field required"}],
}


def facts_of(error: type[DomainError]) -> dict[str, Any]:
    """The names and types of an error's facts."""
    hints = get_type_hints(error)
    return {field.name: hints[field.name] for field in fields(error)}


def _type_name(hint: object) -> str:
    return inspect.formatannotation(hint).replace("uuid.", "").replace("decimal.", "").replace("datetime.", "")


def _told_facts(error: type[DomainError]) -> str:
    return ", ".join(f"`{name}` ({_type_name(hint)})" for name, hint in facts_of(error).items())


def _example(error: type[DomainError]) -> dict[str, Any]:
    return {
        "type": f"/problems/{error.code}",
        "title": error.title,
        "status": status_of(error),
        "detail": error.advice,
        "instance": "/v1/…",
        "code": error.code,
        "trace_id": "0af7651916cd43dd8448eb211c80319c",
    } | {name: _EXAMPLES.get(hint, "…") for name, hint in facts_of(error).items()}


def responses_of(errors: Iterable[type[DomainError]]) -> dict[int | str, dict[str, Any]]:
    """For a route's `responses=`: one answer per status, one example per code."""
    by_status = defaultdict[int, list[type[DomainError]]](list)
    for error in sorted(set(errors), key=lambda error: error.code):
        by_status[status_of(error)].append(error)
    return {
        status: {
            "description": "\n".join(_line(error) for error in by_status[status]),
            **({"headers": described(OF_REFUSALS[status])} if status in OF_REFUSALS else {}),
            "content": {
                MEDIA_TYPE: {
                    "schema": {"$ref": "#/components/schemas/Problem"},
                    "examples": {
                        error.code: {"summary": error.title, "value": _example(error)} for error in by_status[status]
                    },
                }
            },
        }
        for status in sorted(by_status)
    }


def _line(error: type[DomainError]) -> str:
    told = _told_facts(error)
    return f"* `{error.code}`: {error.title}" + (f" Facts: {told}." if told else "")


def catalogue_markdown() -> str:
    """Complete once everything that refuses has been imported, as the application has."""
    entries = [
        f"## {code}\n\n**{status_of(error)}** {error.title}\n\n{error.advice}\n\nFacts: {_told_facts(error) or 'none'}."
        for code, error in sorted(CATALOGUE.items())
    ]
    head = "# Problems\n\nEvery refusal by its `code` (RFC 9457). Generated from the catalogue; do not edit."
    return "\n\n".join([head, *entries]) + "\n"


async def _entry(request: Request) -> Response:
    error = CATALOGUE.get(request.path_params["code"])
    if error is None:
        return answer_to(request, NoSuchPath())
    headers = {"Cache-Control": "public, max-age=3600", "Vary": "Accept", "Content-Language": "en"}
    facts = {name: _type_name(hint) for name, hint in facts_of(error).items()}
    if "text/html" not in request.headers.get("accept", ""):
        entry = {"code": error.code, "status": status_of(error), "title": error.title, "advice": error.advice}
        return JSONResponse({**entry, "facts": facts}, headers=headers)
    told = "".join(f"<dt><code>{name}</code></dt><dd>{html.escape(kind)}</dd>" for name, kind in facts.items())
    return HTMLResponse(
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{error.code}</title>'
        f"<h1><code>{error.code}</code> ({status_of(error)})</h1><p>{html.escape(error.title)}</p>"
        f"<p>{html.escape(error.advice)}</p>" + (f"<h2>Facts</h2><dl>{told}</dl>" if told else "") + "</html>",
        headers=headers,
    )


def routes() -> list[Route]:
    return [Route("/problems/{code}", _entry)]
