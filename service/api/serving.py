"""What every request needs: who is asking, in which language, and the desk that serves them."""

from dataclasses import dataclass
from functools import lru_cache

from starlette.requests import HTTPConnection, Request

from service.api.admission import Followers
from service.api.identity import Identities
from service.api.problems import NOT_A_LINK, trace_id
from service.domain.access.model import calendar_login
from service.domain.cases.linking import login_of
from service.domain.clock import Clock
from service.domain.desk import Desk
from service.domain.errors import Unauthenticated, UnsupportedMediaType
from service.domain.values import DEFAULT_LANGUAGE, Language
from service.settings import Settings
from service.storage.postgres import Storage

LONGEST_SECRET = 200
IN_ADDRESS = "a token was sent in the address, which others write down"  # RFC 6750, 5.3
LONGEST_WISHES = 300  # characters that are looked at, and remembered
ASSURED = frozenset({"substantial", "high"})


@dataclass(frozen=True)
class Serving:
    """The parts of the service that its faces share."""

    settings: Settings
    storage: Storage
    identities: Identities
    clock: Clock
    followers: Followers

    async def desk(self, request: Request) -> Desk:
        """Refuses a wrong token; no token at all is the public."""
        return await self.desk_of(authorization_of(request))

    async def desk_of(self, authorization: str | None) -> Desk:
        """`authorization`: as the header of that name has it."""
        identity = await self.identities.identify(authorization)
        if identity is None:
            return self._desk(None)
        return self._desk(identity.login, assured=identity.assurance in ASSURED)

    def linked_desk(self, request: Request) -> Desk:
        """For whoever holds a link, by its secret alone. Asked for only where a link opens something."""
        scheme, _, secret = (authorization_of(request) or "").partition(" ")
        if scheme.lower() != "link" or not 0 < len(secret) <= LONGEST_SECRET:
            raise Unauthenticated(reason=NOT_A_LINK)
        return self._desk(login_of(secret))

    def calendar_desk(self, secret: str) -> Desk:
        """For a calendar, by the secret in its address alone. Asked for only where appointments are told."""
        return self._desk(calendar_login(secret))

    def _desk(self, login: str | None, *, assured: bool = False) -> Desk:
        return Desk(self.storage, login, trace_id(), self.clock, assured, self.settings.read_only)


def authorization_of(request: HTTPConnection) -> str | None:
    """The header of that name; Unauthenticated where there are several, or a token in the address."""
    if request.scope["query_string"] and "access_token" in request.query_params:
        raise Unauthenticated(reason=IN_ADDRESS)
    sent = request.headers.getlist("authorization")
    if len(sent) > 1:  # whoever stands between us might have looked at the other one
        raise Unauthenticated(reason="more than one Authorization header was sent")
    return sent[0] if sent else None


def sent_as(request: Request, name: str) -> str | None:
    """A list can be sent in several headers of one name (RFC 9110, 5.3)."""
    sent = request.headers.getlist(name)
    return ", ".join(sent) if sent else None


def language_of(request: Request) -> Language:
    return negotiated((sent_as(request, "accept-language") or "")[:LONGEST_WISHES])


@lru_cache(1_000)
def negotiated(header: str) -> Language:
    """The best of our languages for an Accept-Language header (RFC 9110, 12.5.4; BCP 47 prefixes count)."""
    wishes: list[tuple[float, int, str]] = []
    for place, part in enumerate(header.split(",")[:20]):
        tag, _, quality = part.partition(";")
        try:
            weight = float(quality.partition("q=")[2] or 1)
        except ValueError:
            weight = 0
        if tag.strip() and 0 < weight <= 1:
            wishes.append((-weight, place, tag.strip().lower()))
    for _, _, tag in sorted(wishes):
        for language in (Language.DE_SIMPLE, Language.DE, Language.EN):
            if tag == language or tag.startswith(f"{language}-"):
                return language
    return DEFAULT_LANGUAGE


def tags_of(request: Request) -> set[str]:
    """What `If-None-Match` names, weak or strong (RFC 9110, 13.1.2)."""
    sent = sent_as(request, "if-none-match")
    return {tag.strip().removeprefix("W/") for tag in sent.split(",")} if sent else set()


def media_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def require_media_type(request: Request, *accepted: str) -> None:
    content_type = request.headers.get("content-type", "")
    charset = content_type.lower().partition("charset=")[2].strip('" ;')
    if media_type(request) not in accepted or charset not in ("", "utf-8", "utf8"):
        raise UnsupportedMediaType(accepted=list(accepted))
