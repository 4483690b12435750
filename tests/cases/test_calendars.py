"""Appointments on a phone and in its calendar: when, and in a calendar nothing else; under an address that works until
its owner takes it back."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import httpx
import psycopg
import pytest

from service.api.rest.calendars import LONGEST_LINE, written
from service.domain.clock import Clock
from service.domain.values import Language
from tests.cases.conftest import WORKER, As, Life
from tests.cases.test_consultations import EXPERT, MODERATOR, PEER_WORKER, consenting, invite, wished_for
from tests.conftest import Database

pytestmark = pytest.mark.anyio
Client = Callable[..., httpx.AsyncClient]
DAY = Clock().today() + timedelta(days=9)


def events(body: bytes) -> list[dict[str, str]]:
    """As RFC 5545 has it: lines of at most 75 octets that end with CRLF, unfolded, and each property once."""
    assert body.endswith(b"END:VCALENDAR\r\n")
    assert all(len(line) <= LONGEST_LINE for line in body.split(b"\r\n"))
    assert b"\n" not in body.replace(b"\r\n", b""), "no line ends otherwise"
    lines = body.replace(b"\r\n ", b"").decode().split("\r\n")
    assert lines[:2] == ["BEGIN:VCALENDAR", "VERSION:2.0"]
    found, event = list[dict[str, str]](), dict[str, str]()
    for line in lines:
        name, _, value = line.partition(":")
        if line == "BEGIN:VEVENT":
            event = {}
        elif line == "END:VEVENT":
            assert {"UID", "DTSTAMP", "SEQUENCE", "SUMMARY", "STATUS"} <= event.keys()
            assert re.fullmatch(r"\d{8}T\d{6}Z", event["DTSTAMP"])
            found.append(event)
        else:
            assert name not in event, name
            event[name] = value
    assert len({each["UID"] for each in found}) == len(found)
    return found


async def address_of(life: Life, client_of: Client, who: str | None = None) -> dict[str, str]:
    login = who or life.login
    me = (await client_of(login).get("/v1/me")).json()["id"]
    return dict((await life.do(login, "make_calendar_address", me)).value)


async def step_of(life: Life) -> str:
    whose = {"participant_id": str(life.addressee), "statement": "Ich will, dass es abends ruhig ist."}
    goal = (await life.do(WORKER, "propose_goal", life.case, **whose))["id"]
    await life.do(life.login, "agree_goal", goal)
    of_theirs = {"wanted_by_id": str(life.addressee), "done_by_id": str(life.addressee), "due_on": DAY.isoformat()}
    slots = {"with_whom": "mit Juno", "how": "Licht aus", "with_what": "Eieruhr"}
    return str((await life.do(WORKER, "plan_step", goal, **of_theirs, **slots))["id"])


async def test_a_calendar_says_when_and_nothing_else(life: Life, as_: As, client_of: Client) -> None:
    step = await step_of(life)
    review = (await life.do(WORKER, "plan_review", life.case, kind="reflection", due_on=DAY.isoformat()))["id"]
    mine = (await as_(life.login).many("appointments")).rows
    assert {(each["id"], each["kind"], each["state"]) for each in mine} == {
        (step, "step", "planned"),
        (review, "review", "planned"),
    }
    assert (await as_("second_case_worker").many("appointments")).rows != mine
    address, nobody = await address_of(life, client_of), client_of(None)
    first = await nobody.get(address["path"])
    assert (first.status_code, first.headers["content-type"]) == (200, "text/calendar; charset=utf-8")
    assert first.headers["cache-control"] == "private, no-cache"
    told = {each["UID"].partition("@")[0]: each for each in events(first.content)}
    secret = address["path"].removeprefix("/v1/calendars/").removesuffix(".ics")
    step_there, review_there = (str(uuid5(UUID(each), secret)) for each in (step, review))
    assert told.keys() == {step_there, review_there}, "in no two calendars the same"
    assert told[step_there]["DTSTART;VALUE=DATE"] == f"{DAY:%Y%m%d}"
    assert {each["SUMMARY"] for each in told.values()} == {"Termin"}
    assert not [word for word in ("Licht", "Juno", "Ruhe", "Hanne", "reflection") if word in first.text]
    again = await nobody.get(address["path"], headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")

    await life.do(WORKER, "drop_review", review, reason="Umzug")
    await life.do(WORKER, "move_step", step, due_on=(DAY + timedelta(days=1)).isoformat(), reason="Ferien")
    later = await nobody.get(f"{address['path']}?language=en")
    told = {each["UID"].partition("@")[0]: each for each in events(later.content)}
    assert (told[review_there]["STATUS"], told[step_there]["STATUS"]) == ("CANCELLED", "CONFIRMED")
    assert (told[step_there]["SEQUENCE"], told[step_there]["DTSTART;VALUE=DATE"]) == (
        "1",
        f"{DAY + timedelta(days=1):%Y%m%d}",
    )
    assert told[step_there]["SUMMARY"] == "Appointment"


async def test_whoever_is_invited_from_outside_is_told_when_and_not_in_which_case(
    life: Life, client_of: Client, database: Database
) -> None:
    async def mine(who: str, id: object) -> dict[str, Any] | None:
        found = [each for each in (await life.as_(who).many("appointments")).rows if each["id"] == str(id)]
        return found[0] if found else None

    consultation = await wished_for(life)
    invited = {
        MODERATOR: (await invite(life, consultation, MODERATOR, "moderator"))["id"],
        EXPERT: (await invite(life, consultation, EXPERT, "expert_by_experience"))["id"],
        PEER_WORKER: (await invite(life, consultation, PEER_WORKER, "idea_giver"))["id"],
    }
    await consenting(life, consultation)
    await life.do(life.login, "agree_to_consultation", consultation)
    assert [await mine(who, id) for who, id in invited.items()] == [None] * 3, "there is no date yet"
    said = {"starts_at": f"{DAY}T16:00:00Z", "venue": "Bücherei"}
    place = (await client_of(EXPERT).get("/v1/events")).json()["next"]
    await life.do(MODERATOR, "schedule_consultation", consultation, **said)
    await database.settled()
    heard = (await client_of(EXPERT).get(f"/v1/events?after={place}")).json()["items"]
    assert f"/v1/consultation-participants/{invited[EXPERT]}" in [each["data"].get("link") for each in heard]
    assert str(consultation) not in str(heard)

    for who, id in invited.items():
        told = await mine(who, id)
        assert told is not None, who
        assert (told["kind"], told["state"], told["day"]) == ("invitation", "planned", DAY.isoformat())
        assert (told.get("case_id"), told.get("case")) == (None, None)
        assert told["when"] == (await life.as_(who).one("consultation_participant", id))["when"]
        assert await mine(who, consultation) is None, "it is one appointment, not two"
        asked = await client_of(who).get(f"/v1/me/appointments?case_id={life.case}")
        assert asked.json()["items"] == [], "nor is a case guessed"
    of_the_family = await mine(life.login, consultation)
    assert of_the_family is not None
    assert (of_the_family["kind"], of_the_family["case_id"]) == ("consultation", str(life.case))
    assert await mine("regional_manager", invited[EXPERT]) is None

    address = (await address_of(life, client_of, EXPERT))["path"]
    secret = address.removeprefix("/v1/calendars/").removesuffix(".ics")
    uid = f"{uuid5(UUID(invited[EXPERT]), secret)}@sozialraum"

    async def in_calendar() -> dict[str, str]:
        (event,) = [each for each in events((await client_of(None).get(address)).content) if each["UID"] == uid]
        return event

    event = await in_calendar()
    assert (event["SUMMARY"], event["DTSTART"], event["STATUS"]) == ("Termin", f"{DAY:%Y%m%d}T160000Z", "CONFIRMED")
    assert "Bücherei" not in str(event)

    # Somebody else is invited, once there is a date: the family agrees anew, and it is still to come.
    late = await invite(life, consultation, "provider_worker", "idea_giver")
    for who, id in ((life.login, consultation), ("provider_worker", late["id"])):
        told = await mine(who, id)
        assert told is not None
        assert told["state"] == "planned", who
    await life.do(PEER_WORKER, "answer_invitation", invited[PEER_WORKER], comes=False)
    declined = await mine(PEER_WORKER, invited[PEER_WORKER])
    assert declined is not None
    assert declined["state"] == "cancelled"
    await life.do(WORKER, "cancel_consultation", consultation, reason="Umzug")
    assert (await in_calendar())["STATUS"] == "CANCELLED", "so that phones remove it"


def test_those_who_were_invited_before_are_told_as_well(own_database: Database) -> None:
    """As the migration finds it."""
    migrations = Path(__file__).parents[2] / "migrations" / "versions"
    with psycopg.connect(own_database.superuser) as connection:
        connection.execute("DROP VIEW appointment")
        for column in ("starts_at", "called_off"):
            connection.execute(f"ALTER TABLE consultation_participant DROP COLUMN {column}".encode())
        connection.execute((migrations / "0039_appointments.sql").read_bytes())
        connection.execute((migrations / "0060_invited.sql").read_bytes())
    told = own_database.rows(
        "SELECT participant_id IS NULL, invited.starts_at = consultation.starts_at, invited.starts_at IS NULL,"
        " called_off"
        " FROM consultation_participant AS invited JOIN consultation ON consultation.id = consultation_id"
        " WHERE consultation.starts_at IS NOT NULL"
    )
    assert {row for row in told if row[0]} == {(True, True, False, False)}
    assert {row for row in told if not row[0]} == {(False, None, True, False)}


async def test_an_address_works_until_it_is_taken_back_and_opens_nothing_else(
    life: Life, client_of: Client, database: Database
) -> None:
    await step_of(life)
    first, second = [await address_of(life, client_of) for _ in range(2)]
    nobody = client_of(None)
    wrong = await nobody.get("/v1/calendars/wrong.ics")
    gone = await nobody.get(first["path"])
    assert (gone.status_code, gone.json()["code"]) == (404, "not-found"), "a new one takes its place"
    assert {**gone.json(), "trace_id": ""} == {**wrong.json(), "trace_id": ""}, "wrong or revoked, nobody can tell"
    secret = second["path"].removeprefix("/v1/calendars/").removesuffix(".ics")
    assert secret not in str(database.rows("SELECT key FROM login")), "it is kept nowhere"
    for scheme in ("Bearer", "Link"):
        for path in ("/v1/me", "/v1/linked-step"):
            opened = await nobody.get(path, headers={"authorization": f"{scheme} {secret}"})
            assert opened.status_code in (401, 404), (scheme, path)
    revoke = second["calendar_address_id"]
    assert (await life.tries(WORKER, "revoke_calendar_address", revoke)).status == 404
    assert (await nobody.get(second["path"])).status_code == 200
    assert (await life.do(life.login, "revoke_calendar_address", revoke))["valid_to"]
    refused = await nobody.get(second["path"])
    assert (refused.status_code, secret in refused.text) == (404, False)
    third = await address_of(life, client_of)
    await life.do(WORKER, "undo_enrolment", life.addressee)
    emptied = await nobody.get(third["path"])
    assert events(emptied.content) == [], "what ends for somebody ends in their calendar"


def test_consultations_have_an_hour_in_utc_and_long_lines_are_folded_between_characters() -> None:
    told: dict[str, Any] = {
        **{"id": "ü" * 60, "version": 3, "state": "held", "day": date(2027, 10, 31).isoformat()},
        **{"starts_at": "2027-10-31T02:30:00+01:00", "updated_at": "2027-10-01T10:00:00.123+02:00"},
    }
    (event,) = events(written([told], Language.DE))
    assert event["DTSTART"] == "20271031T013000Z"
    assert (event["DTSTAMP"], event["SEQUENCE"]) == ("20271001T080000Z", "2")
    assert event["UID"] == "ü" * 60 + "@sozialraum"
