"""The two pages for trying the interface out, Swagger UI and GraphiQL, from our own files: no page asks a third party.

Files go by a name with their hash in it and may be cached for ever; licences: static/LICENSES.md."""

from functools import cache
from hashlib import sha256
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from service.api.problems import NoSuchPath, answer_to

FOLDER = Path(__file__).parent.parent / "static"
MEDIA_TYPES = {".js": "text/javascript", ".css": "text/css"}
# Neither page needs inline scripts. Both set styles from script, and carry their fonts and icons in the style sheets.
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data:",
        "font-src data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
# Addresses are relative, so that the pages also work behind a proxy that puts the service under a path.
PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sozialraum: {title}</title>
<link rel="icon" href="data:,">
{styles}
</head>
<body>
{body}
{scripts}
</body>
</html>
"""
LOGIN_FORM = """<form id="login" autocomplete="off">
<label for="token">Access token</label>
<input id="token" type="password" placeholder="kept until this page is closed" autocomplete="off" spellcheck="false">
</form>
<main id="graphiql">Loading…</main>"""


class Entire(FileResponse):
    """In one piece, whatever part is asked for, as every answer here (RFC 9110, 14.2)."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.headers["accept-ranges"] = "none"
        headers = [each for each in scope["headers"] if each[0] != b"range"]
        await super().__call__({**scope, "headers": headers}, receive, send)


@cache
def served_names() -> dict[str, str]:
    """Our file's name -> the name it is served by."""
    names = {}
    for path in sorted(FOLDER.iterdir()):
        if path.suffix in MEDIA_TYPES:
            names[path.name] = f"{path.stem}.{sha256(path.read_bytes()).hexdigest()[:12]}{path.suffix}"
    return names


def _page(title: str, body: str, *files: str) -> str:
    served = served_names()
    styles = [f'<link rel="stylesheet" href="static/{served[name]}">' for name in files if name.endswith(".css")]
    scripts = [f'<script src="static/{served[name]}"></script>' for name in files if name.endswith(".js")]
    return PAGE.format(title=title, body=body, styles="\n".join(styles), scripts="\n".join(scripts))


def _route(path: str, page: str) -> Route:
    headers = {"Content-Security-Policy": POLICY, "Cache-Control": "no-cache", "Content-Language": "en"}

    async def show(_: Request) -> Response:
        return HTMLResponse(page, headers=headers)

    return Route(path, show)


def routes() -> list[Route]:
    """Leave FastAPI's own pages off: `FastAPI(docs_url=None, redoc_url=None)`."""
    files = {served: FOLDER / name for name, served in served_names().items()}
    forever = {"Cache-Control": "public, max-age=31536000, immutable"}

    async def static(request: Request) -> Response:
        path = files.get(request.path_params["name"])
        if path is None:
            return answer_to(request, NoSuchPath())
        return Entire(path, media_type=MEDIA_TYPES[path.suffix], headers=forever)

    swagger = ("swagger-ui.css", "swagger-ui-bundle.js", "docs.js")
    react = ("react.production.min.js", "react-dom.production.min.js")
    graphiql = ("graphiql.min.css", "graphiql-page.css", *react, "graphiql.min.js", "graphiql-page.js")
    return [
        _route("/docs", _page("REST interface", '<main id="swagger-ui">Loading…</main>', *swagger)),
        _route("/graphiql", _page("GraphQL interface", LOGIN_FORM, *graphiql)),
        Route("/static/{name}", static),
    ]
