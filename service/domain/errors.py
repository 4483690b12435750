"""Refusals a caller can understand and act on. How they travel (HTTP, GraphQL) is the API's business."""

from dataclasses import InitVar, dataclass, fields
from enum import Enum, auto
from typing import Any, ClassVar


class Kind(Enum):
    """What sort of refusal it is; the order is the order in which they are looked for."""

    MALFORMED = auto()  # cannot be read at all
    UNAUTHENTICATED = auto()
    NOT_FOUND = auto()
    FORBIDDEN = auto()
    VERSION_REQUIRED = auto()
    VERSION_STALE = auto()
    CONFLICT = auto()
    INVALID = auto()
    GONE = auto()
    UNSUPPORTED = auto()  # media type
    TOO_LARGE = auto()
    TOO_MANY = auto()
    UNAVAILABLE = auto()


def in_our_words(message: str) -> str:
    """What Pydantic says, without what it puts before the words of our own rules."""
    return message.removeprefix("Value error, ")


NO_TOKEN = "no access token was sent"  # noqa: S105 (the reason of Unauthenticated when none came at all)
CATALOGUE: dict[str, type["DomainError"]] = {}  # every refusal there is, by its code


@dataclass(eq=False)
class DomainError(Exception):
    """A subclass's dataclass fields are its facts: they reach the client next to `code`, which never changes.

    `title` says what happened, `advice` what to do about it."""

    kind: ClassVar[Kind] = Kind.CONFLICT
    code: ClassVar[str]
    title: ClassVar[str]
    advice: ClassVar[str]

    def __init_subclass__(cls) -> None:
        code = cls.__dict__.get("code")
        if code is not None:
            assert code not in CATALOGUE or CATALOGUE[code].__qualname__ == cls.__qualname__, f"{code} is taken"
            CATALOGUE[code] = cls

    def __str__(self) -> str:
        return self.title

    @property
    def facts(self) -> dict[str, Any]:
        return {field.name: getattr(self, field.name) for field in fields(self)}


@dataclass(eq=False)
class NotFound(DomainError):
    kind, code, title = Kind.NOT_FOUND, "not-found", "There is no such thing, or you may not see it."
    advice = "Check the id. If you should see it, ask whoever leads the case or administers your organisation."
    subject: str
    subject_id: str


@dataclass(eq=False)
class NobodyFinds(NotFound):
    """Of what is public, and listed `at` an address: whoever asks, and with whatever login, is told the same."""

    at: InitVar[str]

    def __post_init__(self, at: str) -> None:
        self.advice = f"It is public, so no login would show it: look for its id in the list, GET {at}."  # type: ignore[misc]


@dataclass(eq=False)
class Forbidden(DomainError):
    kind, code, title = Kind.FORBIDDEN, "forbidden", "You may not do this here."
    advice = "`missing` says what it takes, any one entry; for a row you see, GET …/explain beside it says more."
    action: str
    missing: list[str]


@dataclass(eq=False)
class Unauthenticated(DomainError):
    kind, code, title = Kind.UNAUTHENTICATED, "unauthenticated", "This needs a valid access token."
    advice = "Send `Authorization: Bearer <token>` with an unexpired token of an accepted issuer."
    reason: str


@dataclass(eq=False)
class IssuerUnavailable(DomainError):
    kind, code, title = Kind.UNAVAILABLE, "issuer-unavailable", "The identity provider cannot be reached."
    advice = "Nothing was done. Try again in a minute."
    issuer: str


@dataclass(eq=False)
class Unavailable(DomainError):
    kind, code, title = Kind.UNAVAILABLE, "unavailable", "The service cannot answer right now."
    advice = "Nothing was done. Try again after the time in Retry-After."
    reason: str


@dataclass(eq=False)
class ReadOnly(DomainError):
    kind, code, title = Kind.UNAVAILABLE, "read-only", "Nothing can be changed at present; reading goes on."
    advice = "Nothing was done. Whoever operates the service is at work on it; try again after the time in Retry-After."


@dataclass(eq=False)
class InvalidInput(DomainError):
    kind, code, title = Kind.INVALID, "invalid-input", "Something in the request does not fit."
    advice = "`errors` names each place (a JSON pointer, or a parameter) and what is wrong there."
    errors: list[dict[str, str]]


@dataclass(eq=False)
class CursorExpired(DomainError):
    kind, code, title = Kind.GONE, "cursor-expired", "This cursor is from before the database was restored."
    advice = "Read the list from its beginning, at `resync`, and let it replace all that you have of it."
    resync: str | None = None  # over GraphQL the same field without `after`


@dataclass(eq=False)
class PlaceExpired(CursorExpired):
    """Of a feed that tells nothing of what was before: replaced by its beginning, all that one has would be gone."""

    advice = (
        "Ask the feed once without `after`, at `resync`: its `next` is your new place. Then read your lists again and "
        "let them replace what you have of them, and go on from that place: nothing is missed."
    )


@dataclass(eq=False)
class Malformed(DomainError):
    kind, code, title = Kind.MALFORMED, "malformed", "The request cannot be read."
    advice = "Send well-formed UTF-8 JSON."
    reason: str


@dataclass(eq=False)
class TooLarge(DomainError):
    kind, code, title = Kind.TOO_LARGE, "too-large", "The request is larger than allowed."
    advice = "Send less at once."
    limit: int


@dataclass(eq=False)
class UnsupportedMediaType(DomainError):
    kind, code, title = Kind.UNSUPPORTED, "unsupported-media-type", "The body's media type is not accepted here."
    advice = "Send the body as one of `accepted`."
    accepted: list[str]


@dataclass(eq=False)
class VersionRequired(DomainError):
    kind, code, title = Kind.VERSION_REQUIRED, "version-required", "This change needs the version it is based on."
    advice = 'Send If-Match with the ETag you last read, in quotes as it came, for example If-Match: "3".'


@dataclass(eq=False)
class VersionStale(DomainError):
    kind, code = Kind.VERSION_STALE, "version-stale"
    title = "Somebody has changed this since you read it, or If-Match names no version of it."
    advice = (
        "Read it again, look at what changed, and repeat your change on the current version; in If-Match it stands as "
        'the ETag does, in quotes and without W/: "3". A weak one matches nothing (RFC 9110, 13.1.1).'
    )
    current: int
