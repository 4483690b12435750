"""The OpenAPI document. It is served as it is committed, and every check holds it against the code: to write it takes
seconds, and a third of a server's memory that is not given back."""

import json
import warnings
from enum import Enum, StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from fastapi._compat.v2 import get_model_fields
from fastapi.dependencies import utils
from fastapi.openapi.utils import get_openapi
from pydantic.warnings import UnsupportedFieldAttributeWarning
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from service.api import headers, problems
from service.api.pages import Entire
from service.api.rest.route import ROUTES
from service.api.serving import tags_of
from service.domain.describing import EVERYWHERE
from service.domain.members import meanings

TITLE, VERSION = "Sozialraum", "0.1.0"
DESCRIPTION = """Social work from the person's own will, steered by the social space.

Refusals are RFC 9457 problems; `code` is stable and explained at `type`. Changes carry `If-Match`, creations a UUIDv7
of your own making. Personal data is never cacheable. Everything here is on `/graphql`, too."""
CONTRACT = Path(__file__).resolve().parents[2] / "openapi" / "openapi.json"
LICENSE = {"name": "Apache 2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0.html"}
SERVER = {"url": "/", "description": "The installation that has given you this document."}
TAGS = {
    "Arrangements and decisions": "Who contributes what to a goal, and what the agency grants of it.",
    "Assignments": "What a provider is asked to do in a case, and what it reports.",
    "Budget agreements": "What a social space has in a year, and who shares in it.",
    "Budget figures": "Approved, reserved, committed, booked, free: on any day.",
    "Cases": "What somebody wants, in their own words.",
    "Child protection": "When a child may be endangered: for the team that assesses it, and for nobody else.",
    "Commitments, invoices and bookings": "How money is bound and spent.",
    "Consultations": "People think together about one question. What comes of it is advice.",
    "Deliveries": "A provider's mailbox: what has changed for it.",
    "Dialogues": "Meetings of a place about what many need.",
    "Events": "That something has changed for me; what, its address says.",
    "Field work": "What a place does without a case, by dimension.",
    "Forecasts and settlements": "What a year will come to, and how it is settled.",
    "Goals and steps": "What somebody wants to reach, and how.",
    "Imports": "Bookings that another program has kept, in a file.",
    "Indicators and incentives": "What a place has agreed to look at, and what it would reward.",
    "Jobs": "Long work: how far it is, and how it ended.",
    "Life of a case": "How a case goes on, and into whose hands it is given.",
    "Links": "One step, for whoever holds the link to it, without a login.",
    "Me": "Who I am here, and what is next for me.",
    "Measures": "What a place does about a theme.",
    "People and rights": "Organisations, who works there, and what they may.",
    "Released minutes": "What everybody may read of a dialogue.",
    "Teams": "Who works for a social space.",
    "Territory": "Regions, social spaces and municipalities, for everybody.",
    "Themes": "What many in a place need, without a word of any case.",
    "Tranches": "Who is paid in advance, when, and how much.",
    "Ways into a case": "How people get into a case, and out again.",
    "Who looked": "Who has read or changed what; for the people of a case, oneself, and the data-protection officer.",
    "Whom to turn to": "Whom to ring about a case, and where to complain or be advised independently.",
}


def route() -> Route:
    return Route("/openapi.json", _show, include_in_schema=False)


async def _show(request: Request) -> Response:
    """It is large, and changes with a release: whoever has it asks whether it still holds."""
    kept = {"cache-control": "no-cache"}
    found = Entire(CONTRACT, 200, kept, "application/json", stat_result=CONTRACT.stat())
    if {found.headers["etag"], "*"}.isdisjoint(tags_of(request)):
        return found
    return Response(status_code=304, headers=kept | {"etag": found.headers["etag"]})


# FastAPI remembers what 128 lists can be asked, and does not know again what it has forgotten: there are more of them.
utils.get_cached_model_fields = cache(get_model_fields)  # type: ignore[attr-defined]


def document() -> dict[str, Any]:
    routes = [each.documentation() for each in ROUTES]
    tags = [{"name": name, "description": said} for name, said in TAGS.items()]
    about: dict[str, Any] = {"license_info": LICENSE, "servers": [SERVER], "tags": tags}
    with warnings.catch_warnings():  # as FastAPI does where it builds at once what is here built when asked for
        warnings.simplefilter("ignore", UnsupportedFieldAttributeWarning)
        found = get_openapi(title=TITLE, version=VERSION, description=DESCRIPTION, routes=routes, **about)
    components = found.setdefault("components", {})
    components["securitySchemes"] = {
        "token": {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "An access token of an accepted issuer (RFC 9068), checked as RFC8725 asks for.",
        },
        "link": {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "`Link <secret>`: the secret of a link that opens one step.",
        },
    }
    components["schemas"]["Problem"] = problems.Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    for unused in ("HTTPValidationError", "ValidationError"):
        components["schemas"].pop(unused, None)
    components["examples"] = _gathered(found["paths"])
    components["headers"] = headers.gathered(found["paths"])
    _described(components["schemas"])
    _defaults_in_words(components["schemas"])
    _sized(found)
    return found


# What tools ask for that measure how much an answer or a question may hold; the formats say it already.
FORMATS: dict[str, dict[str, Any]] = {
    "date": {"maxLength": 10},
    "date-time": {"maxLength": 40},
    "uuid": {"maxLength": 36},
}
INTEGER = {"format": "int32", "minimum": -(2**31), "maximum": 2**31 - 1}


def _sized(part: Any) -> None:
    """Texts of a format and whole numbers get their bounds; and a parameter may be left out, but cannot be null."""
    if isinstance(part, list):
        for each in part:
            _sized(each)
    elif isinstance(part, dict):
        if "in" in part and "schema" in part:
            part["schema"] = _without_null(part["schema"])
        match part:
            case {"type": "integer"}:
                part.update(INTEGER | part)
            case {"type": "string", "format": str(name)}:
                part.update(FORMATS.get(name, {}) | part)
        for each in part.values():
            _sized(each)


def _described(schemas: dict[str, Any]) -> None:
    """What a field means that says nothing of itself is what it means everywhere; else what stands in it says it. And
    what each member of an enum means."""
    own = (each for each in StrEnum.__subclasses__() if each.__module__.startswith("service."))
    enums: dict[str, type[Enum]] = {each.__name__: each for each in own}
    for name, schema in schemas.items():
        for field, part in schema.get("properties", {}).items():
            if "description" not in part:
                part["description"] = EVERYWHERE.get(field) or _target(part, schemas)["description"]
        if "enum" in schema:
            said = meanings(enums[name])
            members = (f"* `{each.value}`: {said[each.name]}" for each in enums[name])
            schema["description"] = "\n".join((schema["description"], "", *members))


def _target(part: dict[str, Any], schemas: dict[str, Any]) -> Any:
    """The schema that a field refers to, alone or in a list."""
    return schemas[(part.get("items") or part)["$ref"].rpartition("/")[2]]


def _defaults_in_words(schemas: dict[str, Any]) -> None:
    """What may be left out of a request is said in words: what has a `default`, generators of TypeScript demand."""
    for schema in schemas.values():
        for part in schema.get("properties", {}).values():
            if "default" in part:
                default = json.dumps(part.pop("default"))
                part["description"] = f"{part.get('description', '')} Default: {default}.".strip()


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    left: list[dict[str, Any]] = [each for each in schema.get("anyOf", ()) if each.get("type") != "null"]
    if len(left) != 1:
        return schema
    return {name: value for name, value in schema.items() if name != "anyOf"} | left[0]


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
