"""The OpenAPI document: written when somebody first asks for it, because its models take longer than anything else."""

import asyncio
from functools import cache
from typing import Any

import orjson
from fastapi.openapi.utils import get_openapi
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from service.api import problems
from service.api.rest.route import ROUTES

TITLE, VERSION = "Sozialraum", "0.1.0"
DESCRIPTION = """Social work from the person's own will, steered by the social space.

Refusals are RFC 9457 problems; `code` is stable and explained at `type`. Changes carry `If-Match`, creations a UUIDv7
of your own making. Personal data is never cacheable. Everything here is on `/graphql`, too."""


def route() -> Route:
    return Route("/openapi.json", _show, include_in_schema=False)


async def _show(_: Request) -> Response:
    return Response(await asyncio.to_thread(_written), media_type="application/json")


@cache
def _written() -> bytes:
    return orjson.dumps(document())


def document() -> dict[str, Any]:
    routes = [each.documentation() for each in ROUTES]
    found = get_openapi(title=TITLE, version=VERSION, description=DESCRIPTION, routes=routes)
    components = found.setdefault("components", {})
    components["securitySchemes"] = {
        "token": {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "An access token of an accepted issuer (RFC 9068).",
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
    return found


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
