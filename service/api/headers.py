"""What the contract says of headers of answers."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

VERSIONED = {"ETag": "The version of the row; goes into `If-Match` (RFC 9110)."}
TAGGED = {"ETag": "Of what is answered. Send it as `If-None-Match`: 304 says that it still holds (RFC 9110)."}
PAGED = {"Link": "rel=next: the address of the page that follows (RFC 8288)."}
CREATED = {"Location": "Where it stands."}
BEGUN = {"Retry-After": "In how many seconds to look again how far it is."}
NAMED = {"Content-Disposition": "A name for the file (RFC 6266)."}
CHALLENGED = {"WWW-Authenticate": "What is taken here (RFC 9110, 11.6.1; RFC 6750, 3)."}
RETRIED = {"Retry-After": "In how many seconds to try again."}

COMPONENTS = {
    "Challenge": CHALLENGED,
    "FileName": NAMED,
    "Following": PAGED,
    "Place": CREATED,
    "Progress": BEGUN,
    "Retry": RETRIED,
    "Tag": TAGGED,
    "Version": VERSIONED,
}
OF_REFUSALS: Mapping[int, Mapping[str, str]] = {
    HTTPStatus.UNAUTHORIZED: CHALLENGED,
    HTTPStatus.TOO_MANY_REQUESTS: RETRIED,
    HTTPStatus.SERVICE_UNAVAILABLE: RETRIED,
}


def described(meanings: Mapping[str, str]) -> dict[str, Any]:
    """For OpenAPI. All but `Link` are on every such answer: nothing follows the last page."""
    return {
        name: {"description": meaning, "required": name not in PAGED, "schema": {"type": "string"}}
        for name, meaning in meanings.items()
    }


def gathered(paths: Mapping[str, Any]) -> dict[str, Any]:
    """Takes headers out of the answers, once each, and leaves references to `components`."""
    known = {pair: component for component, said in COMPONENTS.items() for pair in said.items()}
    found = dict[str, Any]()
    for methods in paths.values():
        for method in methods.values():
            for response in method["responses"].values():
                headers = response.get("headers", {})
                for name, header in headers.items():
                    component = known[name, header["description"]]
                    found[component], headers[name] = header, {"$ref": f"#/components/headers/{component}"}
    return dict(sorted(found.items()))
