"""A route that FastAPI documents and we serve: its signature gives the OpenAPI document, once somebody asks for it; its
own ASGI function the answer, without validation of what the database has already written (docs/decisions/)."""

import inspect
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import cached_property, lru_cache
from types import NoneType
from typing import Annotated, Any, Union, get_args
from uuid import UUID

from fastapi import Path, Query
from fastapi.routing import APIRoute
from pydantic import BaseModel, BeforeValidator, Field, ValidationError, create_model
from pydantic_core import PydanticCustomError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

import service.domain.tables  # noqa: F401 (what can be done to a row is known once all is declared)
from service.api.dispatch import Found
from service.api.headers import described as described_headers
from service.api.problems import AddressTooLong, Internal, responses_of
from service.api.senders import TooManyConnections
from service.api.serving import Serving
from service.domain.describing import described, which
from service.domain.errors import (
    NO_TOKEN,
    DomainError,
    InvalidInput,
    IssuerUnavailable,
    Unauthenticated,
    Unavailable,
    in_our_words,
)
from service.domain.selection import Entries, Entry, Selection, Value
from service.domain.views import Derived, Page, View

JSON = "application/json"
IT, ASKED = "it", "asked"
Serve = Callable[[Serving, Request], Awaitable[Response]]
ROUTES: list["Documented"] = []
# A wrong token is refused where none is needed, too.
ANYWHERE = (
    *(AddressTooLong, Internal, InvalidInput, IssuerUnavailable),
    *(TooManyConnections, Unauthenticated, Unavailable),
)
LONGEST_KEY = 200
CURSORS: dict[str, Any] = {"pattern": "^[A-Za-z0-9_-]+={0,2}$"}  # whether it is one, the list says
KEYS: dict[str, Any] = {"pattern": "^[^\\u0000]+$"}
_WHOLE = re.compile("-?[0-9]+")
LIKE_A_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")


class Documented:
    """A path, a method, what stands about it in the OpenAPI document, and who serves it."""

    def __init__(
        self,
        method: str,
        path: str,
        serve: Serve,
        *,
        name: str,
        description: str,
        tag: str,
        answers: Callable[[], Any],
        status: int = 200,
        refusals: Iterable[type[DomainError]] = (),
        parameters: Callable[[], Mapping[str, inspect.Parameter]] = dict,
        public: bool = False,
        headers: Mapping[str, str] | None = None,
        extra: Mapping[str, Any] | None = None,
        media_type: str = JSON,
    ) -> None:
        """`answers`: the model of a successful answer, in `media_type`; null where `extra` says what it is."""
        self.method, self.path, self.serve, self.name = method, f"/v1{path}", serve, name
        self.description, self.tag, self.answers, self.status = description, tag, answers, status
        self.refusals, self.parameters = tuple(refusals), parameters
        self.public, self.headers, self.extra = public, dict(headers or {}), dict(extra or {})
        self.media_type = media_type

    def route(self, serving: Serving) -> Route:
        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            request = Request(scope, receive)
            if scope["query_string"] and not self.asks:
                await self._refuse_parameters(serving, request)
            response = await self.serve(serving, request)
            await response(scope, receive, send)

        return Found(self.path, app, self.method, self.name)

    @cached_property
    def asks(self) -> bool:
        """Whether it reads the query string."""
        return ASKED in self.parameters()

    async def _refuse_parameters(self, serving: Serving, request: Request) -> None:
        """Who is asking comes first, unless something else than a token opens this."""
        if "security" not in self.extra and (await serving.desk(request)).login is None and not self.public:
            raise Unauthenticated(reason=NO_TOKEN)
        if given := dict.fromkeys(request.query_params):
            told = "There is no such parameter here. There are none."
            raise InvalidInput(errors=[{"parameter": _shown(name, BaseModel), "detail": told} for name in given])

    def documentation(self) -> APIRoute:
        """The same route as FastAPI describes it. Its models take time to build, and no answer needs them."""

        async def endpoint(**_: Any) -> Any:
            raise AssertionError("served by its own function")

        endpoint.__signature__ = inspect.Signature(list(self.parameters().values()))  # type: ignore[attr-defined]
        responses = responses_of((*self.refusals, *ANYWHERE))
        told = {201: "Done.", 202: "Begun; it is at the address in Location."}.get(self.status, "The answer.")
        responses[self.status] = {"description": told, "headers": described_headers(self.headers)}
        model = self.answers()
        kind = Response if model is None else type("Answer", (JSONResponse,), {"media_type": self.media_type})
        return APIRoute(
            self.path,
            endpoint,
            methods=[self.method],
            name=self.name,
            operation_id=self.name,
            description=self.description,
            tags=[self.tag],
            response_model=model,
            response_class=kind,
            status_code=self.status,
            responses=responses,
            openapi_extra={"security": [{}, {"token": []}] if self.public else [{"token": []}], **self.extra},
        )


def at(name: str, type_: Any = UUID) -> inspect.Parameter:
    """A key in the path."""
    about = which(name)
    if type_ is UUID:
        return _parameter(name, Annotated[type_, Path(description=about)])
    return _parameter(name, Annotated[type_, Path(description=about, max_length=LONGEST_KEY, json_schema_extra=KEYS)])


def asked(model: type[BaseModel]) -> inspect.Parameter:
    """The query string."""
    return _parameter(ASKED, Annotated[model, Query()])


def _parameter(name: str, annotation: Any) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation)


def key_of(request: Request, name: str, type_: type[Any] = UUID) -> Any:
    """A key in the path. One that cannot be a key at all is refused like any other input."""
    text = request.path_params[name]
    if type_ is UUID:
        try:
            key = UUID(text)
        except ValueError:
            key = None
        if key is None or str(key) != text.lower():
            raise InvalidInput(errors=[{"parameter": name, "detail": "is no UUID"}])
        return key
    if len(text) > LONGEST_KEY or "\x00" in text:
        raise InvalidInput(errors=[{"parameter": name, "detail": "is no such key"}])
    return text


def _digits(given: Any) -> Any:
    """Python itself reads more, as 1_0."""
    if isinstance(given, str) and _WHOLE.fullmatch(given) is None:
        raise PydanticCustomError("int_parsing", "Input should be a whole number, in digits alone")
    return given


Whole = Annotated[int, BeforeValidator(_digits)]


def parameters_of(model: type[BaseModel], request: Request) -> Any:
    """The query string, each parameter once and known."""
    given: dict[str, Any] = {}
    for name, value in request.query_params.multi_items():
        if name in given:
            raise InvalidInput(errors=[{"parameter": _shown(name, model), "detail": "is given twice"}])
        given[name] = value
    try:
        return model.model_validate(given)
    except ValidationError as error:
        errors = error.errors(include_url=False, include_input=False, include_context=False)
        told = [_said(each["loc"], each["type"], each["msg"], model) for each in errors]
        raise InvalidInput(errors=told) from None


def _said(place: tuple[int | str, ...], kind: str, message: str, model: type[BaseModel]) -> dict[str, str]:
    if kind == "extra_forbidden":
        message = f"There is no such parameter here. There are: {', '.join(sorted(model.model_fields))}."
    return {"parameter": _shown(str(place[0]), model) if place else "", "detail": in_our_words(message)}


def _shown(name: str, model: type[BaseModel]) -> str:
    """A name nobody knows could hold anything: only one that looks like a parameter's is said again."""
    return name if name in model.model_fields or LIKE_A_NAME.fullmatch(name) else "unknown"


def whole(view: View) -> Selection:
    """A row as REST shows it: all values of the view."""
    return {name: Value(column) for name, column in view.columns.items()}


def derived(each: Derived) -> Entries:
    return Entries(each, {name: Entry(name) for name in each.record.model_fields})


@lru_cache(None)
def shown_model(view: View) -> type[BaseModel]:
    """The view's record as REST answers it: what can be withheld can be absent, and is null only where it would be so
    for somebody who sees it."""
    fields: dict[str, Any] = {}
    for name, info in view.record.model_fields.items():
        if name in view.columns:
            hidden, annotation = view.columns[name].shown is not None, info.annotation
            if hidden and view.always_there(name):
                annotation = _without_null(annotation)
            fields[name] = (annotation, Field(None if hidden else ..., description=described(name, info)))
    model: type[BaseModel] = create_model(view.name, __doc__=view.description, **fields)
    return model


def with_relations(view: View, types: Mapping[str, Any]) -> type[BaseModel]:
    """The same with rows that stand beside it, by the names of the relations."""
    fields: dict[str, Any] = {
        name: (type_, Field(description=view.relations[name].description)) for name, type_ in types.items()
    }
    model: type[BaseModel] = create_model(
        f"{view.name}Whole", __base__=shown_model(view), __doc__=view.description, **fields
    )
    return model


def _without_null(annotation: Any) -> Any:
    left = tuple(part for part in get_args(annotation) if part is not NoneType)
    return Union[left]  # noqa: UP007 (made of what is left)


@lru_cache(None)
def page_model(view: View) -> Any:
    return page_of_model(shown_model(view), view.name)


def page_of_model(item: type[BaseModel], name: str) -> Any:
    """Pages are named by what is on them, so that generated clients have a word for them."""
    return create_model(f"{name}Page", __base__=Page[item], __doc__=Page.__doc__)  # type: ignore[valid-type]
