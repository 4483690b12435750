"""Appointments for a calendar (RFC 5545, RFC 7986), under an address that its owner can revoke. It says when, and
nothing else: a calendar lies open on a table, and on other people's servers."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import orjson
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from service.api.problems import answer, trace_id
from service.api.recent import Recent
from service.api.rest.cases import ME
from service.api.rest.performing import performed
from service.api.rest.reading import Plans, answered, caching, listed, single, tagged
from service.api.rest.route import ASKED, IT, LONGEST_KEY, ROUTES, Documented, asked, at, parameters_of
from service.api.serving import Serving, language_of
from service.domain.access.topics import CALENDAR as CALENDAR_READ
from service.domain.consultations.appointments import AppointmentState, AppointmentView
from service.domain.consultations.calendars import CalendarAddressView, make_calendar_address, revoke_calendar_address
from service.domain.errors import InvalidInput, NotFound
from service.domain.reading import Statement
from service.domain.selection import Face, Fact, Listing, Rows, Selection, Value
from service.domain.values import Language
from service.domain.views import LARGEST_PAGE, VIEWS, Arguments
from service.domain.words import saying

ICS, ENDING = "text/calendar; charset=utf-8", ".ics"
LONGEST_LINE = 75  # octets (RFC 5545, 3.1)
TITLE = saying("Termin", "Appointment", "Termin")
CALENDAR = saying("Termine", "Appointments", "Termine")
_TOLD = ("id", "state", "day", "starts_at", "updated_at", "version")
_ESCAPED = str.maketrans({"\\": r"\\", ";": r"\;", ",": r"\,", "\n": r"\n", "\r": None})


class LanguageParameters(BaseModel):
    """The query string: calendars say no language of their own."""

    model_config = ConfigDict(extra="forbid")

    language: Language | None = Field(None, description="Of the titles; otherwise as `Accept-Language` asks.")


def _calendar() -> None:
    view = VIEWS[AppointmentView]
    plans: Plans = Recent(4)

    def planned(arguments: Arguments) -> Any:
        page: Selection = {"items": Rows({name: Value(view.columns[name]) for name in _TOLD}), "next": Fact("next")}
        site = Listing(view, page, arguments)
        return Statement(Face.REST, told_as=CALENDAR_READ).plan({IT: site}), site

    async def serve(serving: Serving, request: Request) -> Response:
        language = parameters_of(LanguageParameters, request).language or language_of(request)
        secret = request.path_params["calendar"].removesuffix(ENDING)
        desk = serving.calendar_desk(secret[:LONGEST_KEY])
        events, after = list[Mapping[str, Any]](), None
        while True:
            arguments = Arguments(LARGEST_PAGE, after)
            plan, site = plans.get(arguments.shape, lambda given=arguments: planned(given))  # type: ignore[misc]
            told = await desk.read(plan, {site: arguments})
            if not told.known:  # wrong or revoked, nobody can tell; and the secret is not said again
                nothing = NotFound(subject="calendar", subject_id="")
                return answer(nothing, instance="/v1/calendars", trace_id=trace_id())
            page = orjson.loads(told.body)[IT]
            # Under another name in each calendar: whoever keeps those of several people cannot tell who meets whom.
            events += [{**each, "id": str(uuid5(UUID(each["id"]), secret))} for each in page["items"]]
            if (after := page["next"]) is None:
                break
        body = written(events, language)
        return answered(request, body, caching(view, body, mine=True), language, ICS)

    ROUTES.append(
        Documented(
            "GET",
            "/calendars/{calendar}",
            serve,
            name="read_calendar",
            description="My appointments for a calendar to subscribe to, under an address of mine that ends in `.ics`. "
            "Titles say nothing but that there is one.",
            tag=ME,
            answers=lambda: None,
            refusals=(InvalidInput, NotFound),
            parameters=lambda: {"calendar": at("calendar", str), ASKED: asked(LanguageParameters)},
            headers=tagged(view, mine=True),
            extra={
                "security": [{}],
                "responses": {"200": {"content": {"text/calendar": {"schema": {"type": "string"}}}}},
            },
        )
    )


def written(events: list[Mapping[str, Any]], language: Language) -> bytes:
    """The calendar as octets: lines end with CRLF and are folded."""
    lines = [
        *("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Sozialraum//Appointments//DE", "CALSCALE:GREGORIAN"),
        *("METHOD:PUBLISH", f"NAME:{_text(CALENDAR[language])}", f"X-WR-CALNAME:{_text(CALENDAR[language])}"),
        *("REFRESH-INTERVAL;VALUE=DURATION:PT12H", "X-PUBLISHED-TTL:PT12H"),
        *(line for event in events for line in _event(event, language)),
        "END:VCALENDAR",
    ]
    return b"".join(_folded(line) for line in lines)


def _event(event: Mapping[str, Any], language: Language) -> Iterator[str]:
    changed = _moment(event["updated_at"])
    yield "BEGIN:VEVENT"
    yield f"UID:{event['id']}@sozialraum"
    yield f"DTSTAMP:{changed}"
    yield f"LAST-MODIFIED:{changed}"
    yield f"SEQUENCE:{event['version'] - 1}"
    if event["starts_at"] is not None:
        yield f"DTSTART:{_moment(event['starts_at'])}"
    else:
        day = date.fromisoformat(event["day"])
        yield f"DTSTART;VALUE=DATE:{day:%Y%m%d}"
        yield f"DTEND;VALUE=DATE:{day + timedelta(days=1):%Y%m%d}"
        yield "TRANSP:TRANSPARENT"
    yield f"SUMMARY:{_text(TITLE[language])}"
    yield f"STATUS:{'CANCELLED' if event['state'] == AppointmentState.CANCELLED else 'CONFIRMED'}"
    yield "CLASS:PRIVATE"
    yield "END:VEVENT"


def _moment(told: str) -> str:
    return f"{datetime.fromisoformat(told).astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _text(said: str) -> str:
    return said.translate(_ESCAPED)


def _folded(line: str) -> bytes:
    """Continued on lines that begin with a blank, never within a character."""
    parts, room = [b""], LONGEST_LINE
    for character in line:
        octets = character.encode()
        if len(parts[-1]) + len(octets) > room:
            parts.append(b"")
            room = LONGEST_LINE - 1
        parts[-1] += octets
    return b"\r\n ".join(parts) + b"\r\n"


listed(AppointmentView, "/me/appointments", name="list_my_appointments", tag=ME, mine=True)
listed(CalendarAddressView, "/calendar-addresses", name="list_calendar_addresses", tag=ME)
single(CalendarAddressView, "/calendar-addresses/{calendar_address_id}", name="read_calendar_address", tag=ME)
_calendar()

performed(make_calendar_address, "POST", "/actors/{actor_id}/calendar-addresses", tag=ME)
performed(revoke_calendar_address, "POST", "/calendar-addresses/{calendar_address_id}/revoke", tag=ME)
