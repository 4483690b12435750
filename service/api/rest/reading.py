"""What can be read over REST: lists, single rows, and what can be done to a row; each one statement."""

import hashlib
import inspect
from datetime import date
from functools import lru_cache, partial
from typing import Annotated, Any, Literal
from uuid import UUID

import orjson
from pydantic import BaseModel, ConfigDict, Field, create_model
from starlette.datastructures import URL
from starlette.requests import Request
from starlette.responses import Response

from service.api.changes import ADDRESSES
from service.api.headers import PAGED, TAGGED, VERSIONED
from service.api.recent import Recent
from service.api.rest.route import (
    ASKED,
    CURSORS,
    IT,
    JSON,
    LONGEST_KEY,
    ROUTES,
    Documented,
    Whole,
    asked,
    at,
    derived,
    key_of,
    page_model,
    parameters_of,
    shown_model,
    whole,
    with_relations,
)
from service.api.rest.table import BINARY, CSV, TABLES, XLSX, as_table, as_workbook, wants
from service.api.serving import Serving, language_of, tags_of
from service.domain.act import NotEnrolled
from service.domain.desk import Answer
from service.domain.encrypting import TextUnreadable
from service.domain.errors import (
    NO_TOKEN,
    CursorExpired,
    DomainError,
    InvalidInput,
    NobodyFinds,
    NotFound,
    Unauthenticated,
)
from service.domain.explaining import FieldAccess, Transition
from service.domain.narrowing import OneCaseAtATime
from service.domain.plan import Plan
from service.domain.policy import EVERYONE, missing
from service.domain.reading import Statement
from service.domain.selection import Face, Fact, Listing, Rows, Selection, Single, Site
from service.domain.values import AnyDay, Language, Text
from service.domain.views import LARGEST_PAGE, ONE, VIEWS, Arguments, Many, Relation, View

PUBLIC = "public, max-age=60"
MINE = "private, no-cache"
OUTER = "outer"
_START, _OUTER_NOTHING = len(IT) + 4, b'{"outer":null'

_IN_TABLES = {
    "responses": {
        "200": {
            "content": {
                CSV: {"schema": {"type": "string"}},
                XLSX: {"schema": BINARY | {"contentMediaType": XLSX}},
            }
        }
    }
}

Plans = Recent[tuple[Plan, Site]]


def listed(
    record: type[BaseModel],
    path: str,
    *,
    name: str,
    tag: str,
    within: tuple[str, type[BaseModel]] | None = None,
    mine: bool = False,
) -> None:
    """GET a page of a view's rows. `within`: the filter that the path fills, and the view of the row it names. `mine`:
    whoever reads it may keep it, and asks whether it still holds."""
    view = VIEWS[record]
    outer = VIEWS[within[1]] if within else None
    fixed = within[0] if within else ""
    plans: Plans = Recent(500)

    async def serve(serving: Serving, request: Request) -> Response:
        desk = await serving.desk(request)
        _require_login(view, desk.login)
        language = language_of(request)
        parameters = parameters_of(_parameters(view, fixed, name), request)
        where = {each: getattr(parameters, each) for each in view.filters if each != fixed}
        arguments = Arguments(parameters.limit, parameters.after, parameters.sort, where)
        key = key_of(request, fixed) if fixed else None
        if fixed:
            arguments = arguments.narrowed(**{fixed: key})
        plan, site, around = plans_of(arguments, language)
        given = {site: arguments} | ({around: ONE.narrowed(id=key)} if around else {})
        try:
            answer = await desk.read(plan, given)
        except CursorExpired as error:
            raise CursorExpired(resync=_within(request.url.remove_query_params("after"))) from error
        body = answer.body
        if outer is not None:
            if body.startswith(_OUTER_NOTHING):
                raise _unfound(outer, key)
            body = body[body.index(b',"it":') + 6 : -1]
        else:
            body = body[_START:-1]
        headers = _link(request, body)
        if not view.tabular:
            return answered(request, body, caching(view, body, mine) | headers, language)
        table = next((each for each in TABLES if wants(each, request)), JSON)
        if table != JSON:
            body = as_table(body, view.columns) if table == CSV else as_workbook(body, view.columns)
        headers |= caching(view, body)
        headers["vary"] = ", ".join(filter(None, ("Accept", headers.get("vary"))))
        return answered(request, body, headers, language, TABLES.get(table, JSON))

    def plans_of(arguments: Arguments, language: Language) -> Any:
        return plans.get((arguments.shape, language), lambda: made(arguments, language))

    def made(arguments: Arguments, language: Language) -> Any:
        page: Selection = {"items": Rows(whole(view)), "next": Fact("next")}
        site = Listing(view, page, arguments)
        if outer is None:
            return Statement(Face.REST, language).plan({IT: site}), site, None
        around = Single(outer, {"id": whole(outer)["id"]}, arguments=ONE.narrowed(id=UUID(int=0)))
        return Statement(Face.REST, language).plan({OUTER: around, IT: site}), site, around

    refusals = (
        InvalidInput,
        *((NotFound,) if within else ()),
        *((CursorExpired,) if view.feed else ()),
        *((OneCaseAtATime,) if view.encrypting and not within else ()),
    )

    def parameters() -> dict[str, inspect.Parameter]:
        return ({fixed: at(fixed)} if fixed else {}) | {ASKED: asked(_parameters(view, fixed, name))}

    ROUTES.append(
        Documented(
            "GET",
            path,
            serve,
            name=name,
            description=view.description,
            tag=tag,
            answers=partial(page_model, view),
            refusals=refusals,
            parameters=parameters,
            public=view.rule is EVERYONE,
            headers=PAGED | tagged(view, mine),
            extra=_IN_TABLES if view.tabular else {},
        )
    )


def single(record: type[BaseModel], path: str, *, name: str, tag: str, embedded: Selection | None = None) -> None:
    """GET one row, by its key at the end of the path; without a key in the path, the reader's own."""
    view = VIEWS[record]
    keyed = "{" in path
    parameter = path.rpartition("{")[2].rstrip("}")
    plans: Plans = Recent(10)
    if keyed:
        ADDRESSES[view.noun] = f"/v1{path.partition('{')[0]}"

    async def serve(serving: Serving, request: Request) -> Response:
        desk = await serving.desk(request)
        _require_login(view, desk.login)
        language = language_of(request)
        key = key_of(request, parameter, view.type_of(view.key)) if keyed else None
        plan, site = plans.get(language, lambda: _row_plan(view, {**whole(view), **(embedded or {})}, language, keyed))
        arguments = ONE.narrowed(**{view.key: key}) if keyed else ONE
        answer = await desk.read(plan, {site: arguments})
        body = answer.body[_START:-1]
        if body == b"null":
            _refuse_unknown(view, key, answer)
        headers = caching(view, body, mine=not keyed)
        if answer.version is not None:  # what a change is based on, whatever else may be kept of it
            headers["etag"] = f'"{answer.version}"'
        return answered(request, body, headers, language)

    refusals: tuple[type[DomainError], ...] = (NotFound, InvalidInput) if keyed else (NotEnrolled,)
    refusals += (TextUnreadable,) if view.encrypting else ()

    def answers() -> type[BaseModel]:
        sites = (embedded or {}).items()
        pages = {each: page_model(site.view) for each, site in sites if isinstance(site, Listing)}
        return with_relations(view, pages) if pages else shown_model(view)

    ROUTES.append(
        Documented(
            "GET",
            path,
            serve,
            name=name,
            description=view.description,
            tag=tag,
            answers=answers,
            refusals=refusals,
            parameters=lambda: {parameter: at(parameter, view.type_of(view.key))} if keyed else {},
            public=view.rule is EVERYONE,
            headers=VERSIONED if view.versioned else tagged(view, mine=not keyed),
        )
    )
    if keyed and view.derived:
        _explained(view, path, parameter, name.removeprefix("read_"), tag)


class Explanation(BaseModel):
    """Why I may or may not. For what is not there and what I may not see the answer is the same."""

    seen: bool
    takes: list[str] = Field(description="What it takes to see it, any one of these.")
    transitions: list[Transition]
    fields: list[FieldAccess]


class PossibleTransitions(BaseModel):
    """What can be done here; and what of it now, by me, and if not why not."""

    transitions: list[Transition]


def _explained(view: View, path: str, parameter: str, name: str, tag: str) -> None:
    show = {each: derived(view.derived[each]) for each in ("transitions", "fields") if each in view.derived}
    plans: Plans = Recent(4)

    async def read(serving: Serving, request: Request, shown: tuple[str, ...]) -> tuple[UUID, bytes]:
        desk = await serving.desk(request)
        _require_login(view, desk.login)
        key = key_of(request, parameter)
        chosen: Selection = {each: show[each] for each in shown if each in show}
        plan, site = plans.get(shown, lambda: _row_plan(view, chosen, Language.DE, True))
        return key, (await desk.read(plan, {site: ONE.narrowed(**{view.key: key})})).body[_START:-1]

    async def transitions(serving: Serving, request: Request) -> Response:
        key, body = await read(serving, request, ("transitions",))
        if body == b"null":
            raise _unfound(view, key)
        return Response(body, media_type=JSON)

    async def explain(serving: Serving, request: Request) -> Response:
        _, body = await read(serving, request, ("transitions", "fields"))
        told = orjson.loads(body) or {}
        seen = {"seen": bool(told), "takes": missing(view.rule), "transitions": [], "fields": []}
        return Response(orjson.dumps(seen | told), media_type=JSON)

    common: dict[str, Any] = {
        "tag": tag,
        "parameters": lambda: {parameter: at(parameter)},
        "refusals": (InvalidInput,),
        "public": view.rule is EVERYONE,
    }
    about = f"Why I may or may not see, read in full and change this {view.name}."
    ROUTES.append(
        Documented(
            "GET",
            f"{path}/explain",
            explain,
            name=f"explain_{name}",
            description=about,
            answers=lambda: Explanation,
            **common,
        )
    )
    if "transitions" in show:
        common["refusals"] = (*common["refusals"], NotFound)
        told = PossibleTransitions.__doc__ or ""
        ROUTES.append(
            Documented(
                "GET",
                f"{path}/transitions",
                transitions,
                name=f"{name}_transitions",
                description=told,
                answers=lambda: PossibleTransitions,
                **common,
            )
        )


def page_of(record: type[BaseModel], *relations: str, first: int = 50) -> Selection:
    """The first rows of a view's relations, for carrying them along."""
    found = {name: VIEWS[record].relations[name] for name in relations}
    return {name: _first(each, first) for name, each in found.items()}


def _first(relation: Relation, first: int) -> Listing:
    assert isinstance(relation.kind, Many)
    page: Selection = {"items": Rows(whole(relation.target)), "next": Fact("next")}
    return Listing(relation.target, page, Arguments(first), relation.kind)


def _row_plan(view: View, show: Selection, language: Language, keyed: bool) -> tuple[Plan, Site]:
    nil = UUID(int=0) if view.type_of(view.key) is UUID else ""
    site = Single(view, show, arguments=ONE.narrowed(**{view.key: nil}) if keyed else ONE)
    return Statement(Face.REST, language).plan({IT: site}), site


def _refuse_unknown(view: View, key: Any, answer: Answer) -> None:
    if key is None and not answer.known:
        raise NotEnrolled
    raise _unfound(view, key)


def _unfound(view: View, key: Any) -> NotFound:
    if view.rule is not EVERYONE:
        return NotFound(subject=view.noun, subject_id=str(key))
    return NobodyFinds(subject=view.noun, subject_id=str(key), at=ADDRESSES[view.noun].rstrip("/"))


def _require_login(view: View, login: str | None) -> None:
    if login is None and view.rule is not EVERYONE:
        raise Unauthenticated(reason=NO_TOKEN)


@lru_cache(None)
def _parameters(view: View, fixed: str, name: str) -> type[BaseModel]:
    """The query parameters of a list."""
    sorts = Literal[tuple(f"{sign}{order}" for order in view.orders for sign in ("", "-"))]  # type: ignore[valid-type]
    called: list[Any] = [
        f"{order.upper()}{way}" for order in view.orders for way in ("", "_DESCENDING")
    ]  # by generated clients
    fields: dict[str, Any] = {
        each: (_sought(view.type_of(each)) | None, Field(None, description=_equal_to(view, each)))
        for each in view.filters
        if each != fixed
    }
    about = "The `next` of the page before."
    fields["after"] = (str | None, Field(None, max_length=2000, description=about, json_schema_extra=CURSORS))
    sort = Field(None, description=f"Default: {view.orders[0]}.", json_schema_extra={"x-enum-varnames": called})
    fields["sort"] = (sorts | None, sort)
    fields["limit"] = (Whole, Field(50, ge=1, le=LARGEST_PAGE, description="Rows of a page."))
    title = "".join(part.capitalize() for part in name.split("_"))
    return create_model(f"{title}Parameters", __config__=ConfigDict(extra="forbid"), **fields)


def _sought(type_: Any) -> Any:
    """What a filter takes."""
    return {date: AnyDay, str: Annotated[Text, Field(max_length=LONGEST_KEY)], int: Whole}.get(type_, type_)


def _equal_to(view: View, name: str) -> str:
    default, holds = view.defaults.get(name), view.holds(name)
    meaning = holds.said if holds else "Equal to"
    return f"{meaning}; {default.said}, if left out." if default else f"{meaning}."


def caching(view: View, body: bytes, mine: bool = False) -> dict[str, str]:
    """Public pages are cacheable; a citizen's own are revalidated cheaply; everything else is kept nowhere."""
    if view.rule is EVERYONE:
        return {"cache-control": PUBLIC, "etag": _tag(body), "vary": "Accept-Language"}
    if mine:
        return {"cache-control": MINE, "etag": _tag(body), "vary": "Authorization, Accept-Language"}
    return {}


def tagged(view: View, mine: bool = False) -> dict[str, str]:
    """What the contract says of the headers that go with that."""
    return TAGGED if view.rule is EVERYONE or mine else {}


def _tag(body: bytes) -> str:
    return f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'


def _link(request: Request, body: bytes) -> dict[str, str]:
    """PostgreSQL writes `next` last, and a cursor has no quotes in it."""
    if body.endswith(b"null}"):
        return {}
    cursor = body[body.rindex(b'"', 0, -2) + 1 : -2].decode()
    following = request.url.include_query_params(after=cursor)
    return {"link": f'<{_within(following)}>; rel="next"'}


def _within(address: URL) -> str:
    return f"{address.path}?{address.query}" if address.query else address.path


def answered(
    request: Request, body: bytes, headers: dict[str, str], language: Language, media_type: str = JSON
) -> Response:
    headers["content-language"] = language.value
    if "cache-control" in headers and not {headers.get("etag"), "*"}.isdisjoint(tags_of(request)):
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type=media_type)
