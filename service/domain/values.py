"""The small values everything is made of: ids, texts, languages."""

import re
import secrets
import time
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from hashlib import blake2b
from typing import Annotated, Any
from uuid import UUID, uuid4

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, WithJsonSchema


def new_id() -> UUID:
    """A UUIDv7 (RFC 9562, 5.7): sorts by the time it was made, so that lists can be paged by it."""
    milliseconds = time.time_ns() // 1_000_000
    return UUID(int=milliseconds << 80 | 7 << 76 | secrets.randbits(12) << 64 | 2 << 62 | secrets.randbits(62))


def id_like(id: UUID) -> UUID:
    """The id of something that came of another: whoever may not know when that was made does not learn it here."""
    return new_id() if id.version == 7 else uuid4()


def id_within(id: UUID, *names: str) -> UUID:
    """The id of a part of something, told from both: a UUIDv7 of the same time, the same whenever it is made."""
    random = int.from_bytes(blake2b("\x1f".join((str(id), *names)).encode(), digest_size=10).digest())
    return UUID(int=id.int >> 80 << 80 | 7 << 76 | (random >> 62 & 0xFFF) << 64 | 2 << 62 | random & (1 << 62) - 1)


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


def _named(day: Any) -> Any:
    """Not seconds since 1970, and no moment: nobody who sends these means a day."""
    if isinstance(day, date) or (isinstance(day, str) and _DAY.fullmatch(day)):
        return day
    raise ValueError("must be a day such as 2026-01-31")


_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

AnyDay = Annotated[date, BeforeValidator(_named)]
"""A day (ISO 8601) to ask about."""

Day = Annotated[AnyDay, AfterValidator(_thinkable)]
"""A day (ISO 8601)."""

Moment = Annotated[datetime, AfterValidator(_with_offset), AfterValidator(_thinkable)]
"""A point in time (RFC 3339, with its offset)."""

_MONEY = re.compile(r"-?[0-9]{1,12}\.[0-9]{2}")


def _written(amount: Any) -> Decimal:
    """Money travels as text only: a number would pass through binary fractions somewhere."""
    if isinstance(amount, Decimal):
        return amount
    if not isinstance(amount, str) or _MONEY.fullmatch(amount) is None:
        raise ValueError('must be a text with two decimals, such as "1250.00"')
    return Decimal(amount)


def _above_zero(amount: Decimal) -> Decimal:
    if amount <= 0:
        raise ValueError("must be above zero")
    return amount


def below_a_billion(amount: Decimal) -> Decimal:
    if amount >= 10**9:
        raise ValueError("must be below 1000000000.00")
    return amount


def said_as(pattern: str, longest: int, example: str) -> WithJsonSchema:
    """How the contract says a number that travels as text. `longest`: characters."""
    return WithJsonSchema({"type": "string", "pattern": pattern, "maxLength": longest, "examples": [example]})


Money = Annotated[Decimal, BeforeValidator(_written), said_as(r"^-?[0-9]{1,12}\.[0-9]{2}$", 16, "1250.00")]
"""An amount of EUR with two decimals, as text (settled: Interface)."""

Amount = Annotated[
    Decimal,
    BeforeValidator(_written),
    AfterValidator(_above_zero),
    AfterValidator(below_a_billion),
    said_as(r"^(?!0+\.00$)[0-9]{1,9}\.[0-9]{2}$", 12, "1250.00"),
]
"""Money above zero, and below a thousand million EUR: so that sums have room."""


def _of_a_day(hours: Decimal) -> Decimal:
    if hours > 24:
        raise ValueError("must not be more than a day has: 24.00")
    return hours


HoursOfADay = Annotated[
    Amount,
    AfterValidator(_of_a_day),
    said_as(r"^(?!0+\.00$)([01]?[0-9]\.[0-9]{2}|2[0-3]\.[0-9]{2}|24\.00)$", 5, "6.50"),
]
"""Hours with two decimals, as text: «6.50» is six and a half."""

_SHARE = re.compile(r"0\.[0-9]{1,4}|1(\.0{1,4})?")


def _of_a_whole(share: Any) -> Decimal:
    """Travels as text, like money, and is exact."""
    if isinstance(share, Decimal):
        return share
    if not isinstance(share, str) or _SHARE.fullmatch(share) is None:
        raise ValueError('must be a text from "0.0001" to "1", with at most four decimals')
    return Decimal(share)


Share = Annotated[
    Decimal,
    BeforeValidator(_of_a_whole),
    AfterValidator(_above_zero),
    said_as(r"^(?!0\.0+$)(0\.[0-9]{1,4}|1(\.0{1,4})?)$", 6, "0.5"),
]
"""A part of a whole, above zero."""

Text = Annotated[str, AfterValidator(_storable), Field(json_schema_extra={"pattern": r"^[^\u0000]*$"})]
"""The one string type: every text that reaches the service from outside."""

# White space, and characters that only say how others are set: controls, joiners, marks of direction, fillers.
_NOTHING = (
    r"\s\u0000-\u001f\u007f-\u00a0\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    r"\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb"
)
_SOMETHING = re.compile(f"[^{_NOTHING}]")


def _says_something(text: str) -> str:
    if _SOMETHING.search(text) is None:
        raise ValueError("must say something that can be seen")
    return text


_SAYS_SOMETHING = Field(json_schema_extra={"pattern": rf"^[^\u0000]*[^{_NOTHING}][^\u0000]*$"})

# Stripped first, then measured: behind a validator the constraints would let white space pass for words.
Line = Annotated[
    str,
    StringConstraints(min_length=1, max_length=200, strip_whitespace=True),
    AfterValidator(_storable),
    AfterValidator(_says_something),
    _SAYS_SOMETHING,
]
_NUMBER = r"^\+?[0-9][0-9 /()-]*$"
Telephone = Annotated[Text, Field(min_length=3, max_length=40, pattern=_NUMBER, json_schema_extra={"pattern": _NUMBER})]
"""A number to ring, as people write it: digits, blanks, slashes, brackets and dashes."""

Words = Annotated[
    str,
    StringConstraints(min_length=1, max_length=8000, strip_whitespace=True),
    AfterValidator(_storable),
    AfterValidator(_says_something),
    _SAYS_SOMETHING,
]


class Language(StrEnum):
    """Languages in which the service speaks (BCP 47). `de-simple` is plain German, not checked by readers."""

    DE = "de"  # German
    EN = "en"  # English
    DE_SIMPLE = "de-simple"  # plain German


DEFAULT_LANGUAGE = Language.DE

LanguageTag = Annotated[
    str,
    StringConstraints(max_length=35, pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$"),
    Field(json_schema_extra={"examples": ["uk", "ar", "gsg"]}),
]
"""A language that somebody speaks or signs (BCP 47), whether the service does or not."""

GERMAN = "(^| )de(-| |$)"
"""Finds German among language tags that blanks stand between."""
