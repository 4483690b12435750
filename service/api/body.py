"""Bodies, read once and strictly: UTF-8, JSON, bounded."""

import json
import re
from collections.abc import Callable, Iterable
from typing import Any

import orjson
from pydantic import ValidationError
from starlette.requests import ClientDisconnect, Request

from service.domain.errors import Malformed, in_our_words

DEEPEST = 64
MOST_MEMBERS = 200  # of one object: what nobody knows is told by way of all that stands beside it
MOST_VALUES = 3_000  # in one body: what does not fit is told one by one, and costs that much more than what does
MOST_ERRORS = 50
MOST_VERSIONS = 5  # that one If-Match may name: it says what a change is based on


async def json_of(request: Request) -> Any:
    return parsed(await sent_in(request))


async def sent_in(request: Request) -> bytes:
    """All of a body, which can be asked for once."""
    sent, more = bytearray(), True
    while more:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        sent += message.get("body", b"")
        more = message.get("more_body", False)
    return bytes(sent)


def parsed(raw: bytes) -> Any:
    """Not-a-number, half surrogates, broken UTF-8, bottomless nesting and endless lists are refused by the parser or
    here."""
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise Malformed(reason=f"not well-formed JSON in UTF-8, at line {error.lineno}, column {error.colno}") from None
    if raw.count(b"[") + raw.count(b"{") > DEEPEST and _depth(value) > DEEPEST:
        raise Malformed(reason=f"nested more than {DEEPEST} levels deep")
    if raw.count(b",") >= MOST_VALUES and _count(value) > MOST_VALUES:
        raise Malformed(reason=f"more than {MOST_VALUES} values")
    if raw.count(b":") > MOST_MEMBERS and _members(value) > MOST_MEMBERS:
        raise Malformed(reason=f"more than {MOST_MEMBERS} members in one object")
    # The parser lets the last of two win, and whoever stands between us may read the first. Where no key stands twice,
    # and no colon is escaped, a value written again has as many colons.
    if b"\\u" in raw or raw.count(b":") != orjson.dumps(value).count(b":"):
        json.loads(raw.decode(), object_pairs_hook=_each_once, parse_int=str, parse_float=str)
    return value


def _each_once(pairs: list[tuple[str, Any]]) -> None:
    seen = set[str]()
    for name, _ in pairs:
        if name in seen:
            raise Malformed(reason=f"the key {_escaped(name)} stands twice in one object")
        seen.add(name)


def _depth(value: Any) -> int:
    """Level by level, so that depth costs no stack."""
    level, depth = _containers([value]), 0
    while level and depth <= DEEPEST:
        level = _below(level)
        depth += 1
    return depth


def _count(value: Any) -> int:
    """Of values, level by level, until there are too many."""
    level, count = _containers([value]), 0
    while level and count <= MOST_VALUES:
        count += sum(map(len, level))
        level = _below(level) if count <= MOST_VALUES else []
    return count


def _members(value: Any) -> int:
    """Of the object that has most, among not too many values."""
    level, most = _containers([value]), 0
    while level:
        most = max(most, *(len(each) for each in level if isinstance(each, dict)), 0)
        level = _below(level)
    return most


def _below(level: list[Any]) -> list[Any]:
    return [part for each in level for part in _containers(each.values() if isinstance(each, dict) else each)]


def _containers(values: Iterable[Any]) -> list[Any]:
    return [each for each in values if isinstance(each, dict | list)]


def errors_of(error: ValidationError, said: Callable[[str], str] = str) -> list[dict[str, str]]:
    """Where something does not fit (the first places), in the face's own names, and why; never the value itself."""
    found = error.errors(include_url=False, include_input=False, include_context=False)
    return [
        {
            "pointer": "#" + "".join(f"/{_escaped(said(str(part)))}" for part in each["loc"]),
            "detail": in_our_words(each["msg"]),
        }
        for each in found[:MOST_ERRORS]
    ]


def _escaped(part: str) -> str:
    """RFC 6901. A field nobody knows has a name of the caller's: bounded, and nothing but ASCII."""
    return part.encode("ascii", "replace").decode()[:80].replace("~", "~0").replace("/", "~1")


_TAG = re.compile(r'(W/)?"[\x21\x23-\x7e\x80-\xff]*"')  # RFC 9110, 8.8.3
_VERSION = re.compile('"(0|[1-9][0-9]{0,8})"')


def versions_of(header: str | None) -> tuple[int, ...] | None:
    """The versions an If-Match header names (RFC 9110, 13.1.1). Weak or foreign tags match nothing; what is no tag at
    all (a version without quotes), like any version (`*`), does not say what the change is based on."""
    tags = [tag.strip() for tag in (header or "").split(",")]
    if header is None or any(tag and _TAG.fullmatch(tag) is None for tag in tags):
        return None
    found = [_VERSION.fullmatch(tag) for tag in tags]
    return tuple(int(tag[1]) for tag in found[:MOST_VERSIONS] if tag is not None)


KEY = re.compile(r"^[!-~]{1,255}$")


def key_given(key: str | None) -> str | None:
    """What the caller knows a request by; anything else than visible ASCII counts as none."""
    return key if key is not None and KEY.fullmatch(key) else None
