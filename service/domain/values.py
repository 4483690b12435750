"""The small values everything is made of: ids, texts, languages."""

import secrets
import time
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints


def new_id() -> UUID:
    """A UUIDv7 (RFC 9562, 5.7): sorts by the time it was made, so that lists can be paged by it."""
    milliseconds = time.time_ns() // 1_000_000
    return UUID(int=milliseconds << 80 | 7 << 76 | secrets.randbits(12) << 64 | 2 << 62 | secrets.randbits(62))


def readable(length: int) -> str:
    """A random text that people can read out to each other: without characters that look or sound alike."""
    return "".join(secrets.choice("23456789ABCDEFGHJKMNPQRSTVWXYZ") for _ in range(length))


def _made_by_client(id: UUID) -> UUID:
    if id.version != 7:
        raise ValueError("use a UUID of version 7 (RFC 9562)")
    return id


def _storable(text: str) -> str:
    """PostgreSQL cannot keep U+0000; half a surrogate pair is no character."""
    if "\x00" in text:
        raise ValueError("must not contain the character U+0000")
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError("must not contain half a surrogate pair")
    return text


ClientId = Annotated[
    UUID,
    AfterValidator(_made_by_client),
    Field(
        default_factory=new_id,
        description="Made by you, a UUIDv7. Sent again with the same content it gives the first outcome again.",
        json_schema_extra={
            "pattern": "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-7[0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}$"
        },
    ),
]
"""The id of something about to be created; left out, the service makes one and a repeat creates another."""


def _thinkable(day: date) -> date:
    """Years that people live in. PostgreSQL would keep the first and the last of Python's as infinity."""
    if not 1900 <= day.year <= 2200:
        raise ValueError("must lie between the years 1900 and 2200")
    return day


def _with_offset(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("needs an offset from UTC, for example Z")
    return moment


Day = Annotated[date, AfterValidator(_thinkable)]
"""A day (ISO 8601)."""

Moment = Annotated[datetime, AfterValidator(_with_offset), AfterValidator(_thinkable)]
"""A point in time (RFC 3339, with its offset)."""

Text = Annotated[str, AfterValidator(_storable)]
"""The one string type: every text that reaches the service from outside."""

# Stripped first, then measured: behind a validator the constraints would let white space pass for words.
Line = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True), AfterValidator(_storable)]
Words = Annotated[
    str, StringConstraints(min_length=1, max_length=8000, strip_whitespace=True), AfterValidator(_storable)
]


class Language(StrEnum):
    """Languages in which the service speaks (BCP 47). `de-simple` is plain German, not checked by readers."""

    DE = "de"
    EN = "en"
    DE_SIMPLE = "de-simple"


DEFAULT_LANGUAGE = Language.DE
