"""What can be done over REST: one route per operation, its refusals read off the operation."""

import inspect
from typing import Annotated, Any
from uuid import UUID

from fastapi import Body, Header
from pydantic import BaseModel, ValidationError
from starlette.requests import Request
from starlette.responses import Response

from service.api.body import KEY, errors_of, key_given, parsed, sent_in, versions_of
from service.api.headers import BEGUN, CREATED, VERSIONED
from service.api.recent import Recent
from service.api.rest.route import IT, JSON, ROUTES, Documented, at, key_of, shown_model, whole
from service.api.serving import Serving, language_of, require_media_type, sent_as
from service.domain.act import Command, Operation
from service.domain.describing import EVERYWHERE
from service.domain.desk import Show
from service.domain.errors import NO_TOKEN, InvalidInput, Malformed, TooLarge, Unauthenticated, UnsupportedMediaType
from service.domain.reading import Statement
from service.domain.selection import Face, Single
from service.domain.values import Language
from service.domain.views import ONE, View

MERGE_PATCH = "application/merge-patch+json"
SOON = "1"  # seconds until long work is worth another look


def performed(operation: Operation, method: str, path: str, *, tag: str, status: int | None = None) -> None:
    """The row an operation is done to is named by the only key in its path. 202: what it starts goes on without us."""
    parameter = path.partition("{")[2].partition("}")[0]
    accepted = MERGE_PATCH if method == "PATCH" else JSON
    status = status or (201 if operation.creates else 200)
    shows: Recent[Show | None] = Recent(len(Language))

    async def serve(serving: Serving, request: Request) -> Response:
        desk = await serving.desk(request)
        if desk.login is None:
            raise Unauthenticated(reason=NO_TOKEN)
        language = language_of(request)
        on = key_of(request, parameter) if parameter else None
        done = await desk.perform(
            operation,
            await command_of(operation, request, accepted),
            on=on,
            versions=versions_of(sent_as(request, "if-match")),
            key=key_given(request.headers.get("idempotency-key")),
            show=shows.get(language, lambda: _show(operation, language)),
        )
        headers = {"content-language": language.value}
        if done.answer is None:
            assert done.record is not None
            return Response(done.record.model_dump_json(), status, headers, JSON)
        if done.answer.version is not None:
            headers["etag"] = f'"{done.answer.version}"'
        if status in (201, 202) and operation.view is not None:
            headers["location"] = f"/v1/{address_of(operation)}/{done.id}"
        if status == 202:
            headers["retry-after"] = SOON
        return Response(done.answer.body[len(IT) + 4 : -1], status, headers, JSON)

    ROUTES.append(
        Documented(
            method,
            path,
            serve,
            name=operation.name,
            description=operation.description,
            tag=tag,
            status=status,
            answers=lambda: shown_model(operation.view) if operation.view else operation.answers,
            refusals=(*operation.raises, *body_refusals(operation)),
            parameters=lambda: parameters_of_operation(operation, parameter, accepted),
            headers=_headers(status, operation.view) if operation.view else {},
            extra=body_of(operation),
        )
    )


def _headers(status: int, view: View) -> dict[str, str]:
    found = CREATED if status in (201, 202) else {}
    return found | (BEGUN if status == 202 else {}) | (VERSIONED if view.versioned else {})


def address_of(operation: Operation) -> str:
    assert operation.view is not None
    return (operation.view.plural or "").replace("_", "-")


def _show(operation: Operation, language: Language) -> Show | None:
    view = operation.view
    if view is None:
        return None
    site = Single(view, whole(view), arguments=ONE.narrowed(**{view.key: UUID(int=0)}))
    return Show(Statement(Face.REST, language, audited=False).plan({IT: site}), site)


async def command_of(operation: Operation, request: Request, accepted: str) -> Command | InvalidInput | None:
    raw = await sent_in(request)
    if operation.command is None:
        if raw.strip() not in (b"", b"{}"):
            return InvalidInput(errors=[{"pointer": "#", "detail": "this takes no content"}])
        return None
    if not raw and not needed(operation):  # generated clients name a type of the content that they leave out
        given: Any = {}
    else:
        require_media_type(request, accepted)
        given = parsed(raw)
    try:
        return operation.command.model_validate(given)
    except ValidationError as error:
        return InvalidInput(errors=errors_of(error))


def needed(operation: Operation) -> bool:
    """Whether it has to be told anything."""
    return any(info.is_required() for info in operation.command.model_fields.values()) if operation.command else False


def body_of(operation: Operation) -> dict[str, Any]:
    """What the contract says of a body: one that need not say anything may be left out."""
    return {"requestBody": {"required": False}} if operation.command and not needed(operation) else {}


def body_refusals(operation: Operation) -> tuple[Any, ...]:
    return (Malformed, TooLarge, UnsupportedMediaType) if operation.command else (TooLarge,)


def parameters_of_operation(operation: Operation, parameter: str, accepted: str) -> dict[str, inspect.Parameter]:
    found = {parameter: at(parameter)} if parameter else {}
    if operation.command is not None:
        described: type[BaseModel] = operation.command
        found["command"] = inspect.Parameter(
            "command", inspect.Parameter.KEYWORD_ONLY, annotation=Annotated[described, Body(media_type=accepted)]
        )
    if operation.versioned:
        header = Header(
            alias="If-Match",
            description='The ETag you last read, for example "3".',
            pattern='^"(0|[1-9][0-9]{0,8})"$',
            max_length=11,
        )
        found["if_match"] = inspect.Parameter(
            "if_match", inspect.Parameter.KEYWORD_ONLY, annotation=Annotated[str, header]
        )
    if operation.keyed:
        about = EVERYWHERE["idempotency_key"]
        key = Header(alias="Idempotency-Key", description=about, pattern=KEY.pattern, max_length=255)
        found["idempotency_key"] = inspect.Parameter(
            "idempotency_key", inspect.Parameter.KEYWORD_ONLY, annotation=Annotated[str, key]
        )
    return found
