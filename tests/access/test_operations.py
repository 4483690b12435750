"""Whoever does something, over either face: done where the rules in plain Python (model.py) allow it, «forbidden» with
what is missing where they see the row, «not found» where they do not. And whatever gives access ends with the next
request."""

import json
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest

from service.api.problems import status_of
from service.api.rest.route import ROUTES
from service.demo import HACHINGER_TAL, MAIN_CASE, PEOPLE, UNTERHACHING, demo_id
from service.demo.people import JUGENDAMT, KOMPASS, LICHTUNG, MUSTERAMT
from service.demo.territory import AUTHORITY
from service.domain.act import OPERATIONS, Operation
from service.domain.cases.handing_over import TRANSFERABLE
from service.domain.cases.known import InquiryPurpose
from service.domain.cases.withdrawals import WithdrawnBecause
from service.domain.clock import Clock, majority
from service.domain.errors import CATALOGUE
from service.domain.values import new_id
from service.domain.views import camel
from service.settings import Settings
from tests.access.conftest import EVERYBODY, PUBLIC, STRANGER, Place, by_turns, login_of, peopled, served
from tests.access.dialogues import series_of
from tests.access.model import DEEDS, SEEING_IS_DOING, WITHOUT_ROW, County, Reader, Row
from tests.access.model.agreeing import missing
from tests.access.model.county import moment
from tests.access.money import TRAEGER, YEAR
from tests.midnight import Midnight
from tests.overhearing import Witness, nothing_personal, witnessed

pytestmark = pytest.mark.anyio

ROUTE = {route.name: route for route in ROUTES if route.method != "GET"}
FACES = ("rest", "graphql")
TURNS = count()
DAYS = count()  # of their own: turns are so many that days would pass the year 2099
TEAMS = count()
ENUMS = (  # in what is said
    *("stance", "kind", "role", "audience", "field_of_action", "language", "outcome", "override", "other_way"),
    *("reached", "life_area", "aspect", "finding", "about", "from_place", "to_place", "aim"),
    *("source", "belonging", "raised_by_kind", "dimension", "calendar", "direction", "remedy", "content", "quality"),
)
_REACHED = {
    "telephone": "+49 89 99998 900",
    **{f"{what}_{language}": "Probe" for what in ("name", "hours") for language in ("de", "en", "simple")},
}
_BAND = {"above": "0.00", "agency": "100.00", "network": "0.00", "carry": "0.00"}
SIGNED_IN = [who for who in EVERYBODY if who not in (PUBLIC, STRANGER)]
ON_A_ROW = sorted(name for name, operation in OPERATIONS.items() if operation.on is not None)
IN_A_PLACE = sorted(WITHOUT_ROW)
OUR_PEOPLE = {str(demo_id("actor", who)) for who in EVERYBODY if who}


@dataclass(frozen=True)
class Outcome:
    """What came of it, in the words of both faces."""

    status: int
    code: str | None
    told: Mapping[str, Any]

    @property
    def done(self) -> bool:
        return self.code is None


def status(code: str) -> int:
    return status_of(CATALOGUE[code])


@dataclass(frozen=True)
class Doer:
    """Somebody who does things, over one of the faces."""

    http: httpx.AsyncClient
    face: str

    async def do(
        self,
        name: str,
        row: str | None = None,
        version: int | None = None,
        said: Mapping[str, Any] | None = None,
        key: str | None = None,
    ) -> Outcome:
        """`key`: a new one, if left out."""
        operation = OPERATIONS[name]
        body = unmistakable(dict(said or {})) if operation.command is not None else None
        if self.face == "rest":
            return await self._over_rest(operation, row, version, body, key or uuid4().hex)
        return await self._over_graphql(operation, row, version, body, key or uuid4().hex)

    async def _over_rest(
        self, operation: Operation, row: str | None, version: int | None, body: Any, key: str
    ) -> Outcome:
        route = ROUTE[operation.name]
        path = "/".join(str(row) if part.startswith("{") else part for part in route.path.split("/"))
        headers = {"content-type": "application/merge-patch+json"} if route.method == "PATCH" else {}
        headers |= {"if-match": f'"{version}"'} if version is not None else {}
        headers |= {"idempotency-key": key} if operation.keyed else {}
        answer = await self.http.request(route.method, path, json=body, headers=headers)
        told = answer.json()
        if answer.status_code < 300:
            return Outcome(answer.status_code, None, told)
        if answer.status_code == 401:
            assert answer.headers["www-authenticate"].startswith("Bearer")
        assert answer.headers["content-type"] == "application/problem+json"
        return Outcome(answer.status_code, told["code"], told)

    async def _over_graphql(
        self, operation: Operation, row: str | None, version: int | None, body: Any, key: str
    ) -> Outcome:
        name = operation.name
        input_ = f"{operation.command.__name__}Input!" if operation.command else ""
        types = {"id": "UUID!" if operation.on is not None else "", "input": input_}
        types["expectedVersion"] = "Int!" if operation.versioned else ""
        types["idempotencyKey"] = "String!" if operation.keyed else ""
        given = {"id": row, "expectedVersion": version or 0, "input": _camel(body), "idempotencyKey": key}
        declared = ", ".join(f"${each}: {type_}" for each, type_ in types.items() if type_)
        passed = ", ".join(f"{each}: ${each}" for each, type_ in types.items() if type_)
        # A refused row does not say anything of itself, not even to whoever asks for all of it.
        refusals = (
            "... on Problem { code message advice } ... on NotFound { subject subjectId } "
            "... on Forbidden { action missing }"
        )
        query = f"mutation({declared}) {{ {camel(name)}({passed}) {{ __typename {refusals} }} }}"
        variables = {each: given[each] for each, type_ in types.items() if type_}
        answer = await self.http.post("/graphql", json={"query": query, "variables": variables})
        told = answer.json()
        if "errors" in told:
            if answer.status_code == 401:
                assert answer.headers["www-authenticate"].startswith("Bearer")
            return Outcome(answer.status_code, told["errors"][0]["extensions"]["code"], told)
        told = told["data"][camel(name)]
        code = told.get("code")
        return Outcome(status(code) if code else 200, code, told)


def unmistakable(said: Any) -> Any:
    """Short words that stand for any words, made so long that they would be found wherever they went."""
    if isinstance(said, dict):
        return {name: unmistakable(part) for name, part in said.items()}
    if isinstance(said, list):
        return [unmistakable(part) for part in said]
    return f"{said} für Herrn Wortgarten" if said in ("P", "Probe", "Neu", "Anders", "Nachtrag") else said


LISTED = ("into", "shares", "bands", "lines", "phases", "periods", "years")


def _camel(body: Any) -> Any:
    if isinstance(body, list):
        return [_camel(each) for each in body]
    if not isinstance(body, dict):
        return body
    return {camel(name): _camel(value) if name in LISTED else _graphql(name, value) for name, value in body.items()}


def _graphql(name: str, value: Any) -> Any:
    """Enum members by name."""
    purposes = name == "purpose" and value in set(InquiryPurpose)  # of a transmission it is words
    if name in ENUMS or purposes or (name == "because" and value in list(WithdrawnBecause)):
        return str(value).upper().replace("-", "_")
    return [each.upper() for each in value] if name in ("parts", "roles", "records") else value


@dataclass
class Arena:
    """A county in which things are done. What stands in it is read again whenever something has changed. `witness`:
    of everything that is asked and answered."""

    place: Place
    token_of: Callable[..., str]
    witness: Witness
    clients: dict[str | None, httpx.AsyncClient] = field(default_factory=dict)
    changed: bool = False

    def doer(self, who: str | None, face: str) -> Doer:
        if who not in self.clients:
            headers = {"authorization": f"Bearer {self.token_of(who)}"} if who else {}
            transport = httpx.ASGITransport(self.place.application)
            headers["accept"] = "application/graphql-response+json, application/json"
            client = httpx.AsyncClient(transport=transport, base_url="http://test", headers=headers)
            self.clients[who] = self.witness.watch(client)
        return Doer(self.clients[who], face)

    def reader(self, who: str | None) -> Reader:
        return self._current.reader(who)

    @property
    def county(self) -> County:
        return self._current.county

    @property
    def _current(self) -> Place:
        if self.changed:
            county = County.of(self.place.database, self.place.county)
            self.place = Place(self.place.application, county, self.place.database)
            self.changed = False
        return self.place


@pytest.fixture(scope="module")
async def arena(settings: Settings, token_of: Callable[..., str]) -> AsyncIterator[Arena]:
    async for each in _arena(settings, token_of, superuser=False):
        yield each


@pytest.fixture(scope="module")
async def arena_without_second_line(settings: Settings, token_of: Callable[..., str]) -> AsyncIterator[Arena]:
    async for each in _arena(settings, token_of, superuser=True):
        yield each


async def _arena(settings: Settings, token_of: Callable[..., str], superuser: bool) -> AsyncIterator[Arena]:
    """At its end, nothing of all that was done and refused in it is heard outside of the answers."""
    for database in peopled():
        address = database.superuser if superuser else database.application
        with witnessed() as witness:
            async for place in served(database, settings, address):
                arena = Arena(place, token_of, witness)
                yield arena
                if witness.answers:
                    nothing_personal(witness, database)
                for client in arena.clients.values():
                    await client.aclose()


# ------------------------------------------------------------------------------------------------ what is said


def said_to(arena: Arena, name: str, who: str | None, row: Row) -> dict[str, Any]:
    """What fits when `who` does this to the row."""
    reader = arena.reader(who)
    participants = [each["id"] for each in arena.county.all("participant", case_id=row.get("case_id", row.get("id")))]
    addressee = next(
        (each["id"] for each in arena.county.all("participant", case_id=row.get("case_id"), kind="addressee")), None
    )
    ours = row.get("authority_id", row.get("id")) == str(AUTHORITY)
    worker = "spare_3" if ours else "musterstadt_provider"
    fitting: dict[str, dict[str, Any]] = {
        "add_organisation": {"authority_id": row.get("id"), "kind": "independent_provider", "name": "Neu"},
        "change_organisation": {"name": "Anders"},
        "add_actor": {"authority_id": row.get("id"), "name": "Neu", "issuer": "development", "subject": uuid4().hex},
        "add_membership": {"actor_id": str(demo_id("actor", "spare_1")), "function": "Beratung"},
        "propose_grant": {"role": "case_worker", "region_id": str(HACHINGER_TAL)},
        "ask_whether_known": {
            "authority_id": row.get("id"),
            "name": "Nie Gehört",
            "born_on": "2001-02-03",
            "purpose": "protection",
            "because": "P",
        },
        "request_audit_access": {
            "authority_id": row.get("id"),
            "pseudonym": _sampled(arena, row),
            "purpose": "Stichprobe",
            "legal_basis": "§ 67c Abs. 3 SGB X",
            "valid_to": (datetime.now(UTC) + timedelta(days=20)).isoformat(),
        },
        "refuse_audit_access": {"reason": "Kein Anlass"},
        "add_region": {"authority_id": row.get("id"), "name": "Neu"},
        "merge_social_spaces": _a_merge(arena, row) if name == "merge_social_spaces" else {},
        "recut_regions": _a_recut(arena, row) if name == "recut_regions" else {},
        "split_social_space": _a_split(arena, row) if name == "split_social_space" else {},
        "form_team": _another_team(row) if name == "form_team" else {},
        "change_team": {"name": "Anders"},
        "add_team_member": {
            "membership_id": _not_yet_in(arena, row),
            "belonging": "core",
            "function": "Neu",
        },
        "propose_team_member": {
            "membership_id": _not_yet_in(arena, row, reader if name == "propose_team_member" else None),
            "belonging": "core",
            "function": "Neu",
        },
        "refuse_team_member": {"reason": "Es sind genug."},
        **dict.fromkeys(("add_office_contact", "add_own_contact"), _REACHED),
        "change_contact_point": {"telephone": "+49 89 99998 901"},
        "change_complaint_office": {"telephone": "+49 89 99998 902"},
        "add_complaint_office": {
            **{"authority_id": row.get("id"), "kind": "ombuds_office", "independent": True, "address": "Probe"},
            **_REACHED,
        },
        "change_team_member": {"function": "Anders"},
        "open_case": {"social_space_id": row.get("id"), "title": "Neu"},
        "withdraw_entry": {
            "kind": "suggestion",
            "entry_id": _misplaced(arena, row),
            "because": "wrong_case",
            "reason": "Gehört nicht hierher",
        },
        "merge_participant": {"into_id": _same_person(arena, row)},
        "link_siblings": {
            "sibling_case_id": _another_case(arena, who, row),
            "because": "Geschwister",
        },
        "move_participant": {"into_case_id": _another_case(arena, who, {**row, "id": row.get("case_id")}, linked=True)},
        "merge_case": {"into_id": _another_case(arena, who, row)},
        "change_case": {"title": "Anders"},
        "correct_participant": {"name": "Anders"},
        "say_languages": {"speaks": ["uk", "de"]},
        "represent": {"represented_id": addressee},
        "change_representation": {"ends_on": "2199-12-31"},
        "limit_representation": {"represents_in": "Gesundheitssorge", "represents_until": "2199-12-31"},
        "add_participant": {"kind": "network_person", "name": "Neu"},
        "name_lead": {"pseudonym": row.get("pseudonym"), "actor_id": str(demo_id("actor", "case_worker"))},
        "name_stand_in": {
            "actor_id": _colleague_of(row) if ours else str(demo_id("actor", "musterstadt_worker")),
            "from_on": "2098-12-01",
            "to_on": "2099-01-31",
        },
        "redirect_case": {"receiving_body": "Schuldnerberatung", "call_back_on": "2099-01-31"},
        "offer_transfer": {"receiving_body": "Jugendamt der Nachbarstadt"},
        "confirm_handover": {"accepted_by": "Eingangszone"},
        "suggest_answer": {"words": "Vielleicht so?"},
        "begin_otherwise": {"other_way": "direct_access", "because": "Vereinbart"},
        "skip_question": {"reason": "Gerade nicht"},
        "name_trusted_person": {"name": "Neu"},
        "let_see": {"parts": row.get("parts", [])},
        "transmit_case": {
            "actor_id": str(demo_id("actor", worker)),
            "parts": ["goals"],
            "purpose": "Probe",
            "legal_basis": "§ 64 SGB VIII",
        },
        "assign_provider": {
            "organisation_id": str(demo_id("organisation", KOMPASS if ours else TRAEGER)),
            "task": "Begleitung",
            "parts": ["goals"],
            "purpose": "Probe",
            "legal_basis": "§ 64 SGB VIII",
        },
        "name_worker": {"actor_id": _worker_of(arena, row)},
        "record_progress": {"words": "Es geht voran."},
        "note_down": {"words": "Für die Vertretung."},
        "issue_enrolment_code": {},
        "word_answer": {"words": "Meine Worte"},
        "propose_goal": {"participant_id": participants[0] if participants else str(uuid4()), "statement": "Ein Ziel"},
        "change_goal": {"statement": "Ein anderes Ziel"},
        "make_offer": {"words": "Vorlesen", "until": (date.today() + timedelta(days=30)).isoformat()},  # noqa: DTZ011
        "disagree": _a_text(arena, reader, row),
        "add_life_area": {
            "authority_id": row.get("id"),
            "code": "probe_" + "".join(chr(97 + int(each)) for each in str(next(TURNS))),
            **{f"name_{each}": "Probe" for each in ("de", "en", "simple")},
        },
        "rate_life": {"about": "Schlaf", "lowest_means": "gar nicht", "highest_means": "wie früher", "value": 3},
        "note_situation": {"life_area": "housing", "aspect": "conditions", "words": "Zu laut."},
        "record_will": {"will_found_out": "Gezeichnet, mit Oma am Tisch"},
        "look_back_on_goal": {"reached": "partly_reached"},
        "record_looking_back": {"reached": "partly_reached", "found_out": "Gemalt"},
        "move_step": {"due_on": "2027-02-28", "reason": "Ferien"},
        "plan_step": {
            "wanted_by_id": participants[0] if participants else None,
            "done_by_id": participants[0] if participants else None,
            "with_whom": "allein",
            "how": "so",
            "due_on": "2027-01-31",
            "with_what": "Bus",
        },
        "change_step": {"how": "anders"},
        "finish_step": {},
        "tick_off_step": {"seen_version": 1},
        "leave_step": {"reason": "Regen"},
        "draft_arrangement": {"title": "Neu"},
        "add_element": {"participant_id": addressee, "kind": "own", "what": "Neu"},
        "change_element": {"what": "Anders"},
        "tell_custodians": {"told_on": arena.county.today},
        "clear_up_perspective": {"aim": "open", "words": "Probe", "cleared_up_with": [addressee]},
        "keep_counselling_confidential": {"because": "Probe", "review_on": "2099-01-31"},
        "look_at_confidentiality_again": {"because": "Probe", "review_on": "2099-02-28"},
        "end_confidentiality": {"because": "Probe"},
        "record_setting_change": {
            "participant_id": addressee_in(arena, row),
            "from_place": "residential_one_group",
            "to_place": "own_home_of_young_person",
            "from_on": "2027-01-31",
            "words": "Mit Hermine weiter.",
        },
        "note_field_work": {"kind": "contact_made", "words": "Der Chor hat einen Raum.", "done_on": "2026-01-31"},
        "raise_training": {"need": "Übersetzen lassen", "came_up_in": "Probe"},
        "hold_training": {"held_on": "2026-01-31", "attended": 6, "outcome": "Probe"},
        "drop_training": {"reason": "Probe"},
        "plan_review": {"kind": "reflection", "due_on": "2099-01-31"},
        "hold_review": {"words": "Es passt."}
        | ({"finding": "no_longer_needed"} if row.get("kind") == "support_review" else {}),
        "move_review": {"due_on": "2099-02-28", "reason": "Ferien"},
        "drop_review": {"reason": "Umzug", "next_on": "2199-12-31"},
        "plan_cost_shares": {"shares": [{"source": "case_specific", "legal_basis": "§ 27", "amount": "9.00"}]},
        "apply_for_element": {"claim_holder_id": _who_claims(arena, row)},
        "decide_element": {
            "outcome": "refused",
            "legal_basis": "§ 27 SGB VIII",
            "reasons": "Probe",
            "remedy_notice": "Widerspruch",
            "override": "addressee_wish",
            "override_because": "So gewünscht",
            "starts_on": "2027-01-01",
            "ends_on": "2027-02-28",
        },
        "draft_budget_agreement": _another_budget(arena, row) if name == "draft_budget_agreement" else {},
        "propose_budget_frame": _another_frame(row) if name == "propose_budget_frame" else {},
        "give_up_frame_share": {"because": "Probe"},
        "change_budget_agreement": {"reserve": "12.00"},
        "add_budget_party": {"organisation_id": str(demo_id("organisation", KOMPASS)), "share": "0.01"},
        "remove_budget_party": {"organisation_id": str(demo_id("organisation", LICHTUNG))},
        **{
            f"take_position_{function}": {"terms": row.get("terms"), "stance": "disagreement", "said": "Probe"}
            for function in ("for_agency", "for_network", "on_funding", "on_cooperation")
        },
        "agree_network_shares": {"periods": _whole_year(arena, row)} if name == "agree_network_shares" else {},
        "close_budget_period": {"through": _next_month_end(row.get("closed_through"))},
        "propose_allocation": {"kind": "carry_in", "amount": "1.00", "effective_on": "2026-01-01", "reason": "Probe"},
        "run_forecast": {"method": "Probe", "lines": [{"kind": "cross_case", "expected_new": "1.00"}]},
        "agree_deviation_rule": {"direction": "overspend", "bands": [_BAND]},
        "record_monitored_service": {"name": "Neu", "legal_basis": "§ 78a", "planned": "1.00", "actual": "1.00"},
        "propose_valuation_rule": {
            "kind": "hour",
            "organisation_id": str(demo_id("organisation", LICHTUNG if ours else TRAEGER)),
            "amount": "1.00",
            "valid_from": f"{row.get('fiscal_year')}-01-01",
        },
        "record_service": {"month": f"{YEAR}-01-01", "kind": "flat_rate"},
        "hand_in_proof": {"proof": "Ordner"},
        "dispute_settlement": {"dispute": "Probe"},
        "plan_tranches": {"calendar": "own", "days": [f"{row.get('fiscal_year')}-01-01"]},
        "withhold_tranche": {"reason": "Probe"},
        "pay_tranche": {"paid_on": f"{YEAR}-01-02"},
        "propose_transfer": {"target_id": _another_line(arena, row), "amount": "1.00", "reason": "Probe"},
        "take_position_on_transfer": {"stance": "disagreement", "said": "Probe"},
        "answer_on_transfer": {"said": "Probe"},
        "give_notice": {"said": "Probe"},
        "review_overspend_for_agency": {"said": "Probe"},
        "review_overspend_for_network": {"said": "Probe"},
        "decide_on_overspend": {"said": "Probe", "remedy": "top_up"},
        "close_overspend_procedure": {"outcome": "Nachtrag"},
        "give_underspend_notice": {"said": "Probe"},
        "review_underspend_for_agency": {"said": "Probe"},
        "review_underspend_for_network": {"said": "Probe"},
        "decide_on_underspend": {"said": "Probe", "remedy": "carry_over"},
        "close_underspend_procedure": {"outcome": "Geklärt"},
        **_in_steering(arena, row, ours),
        **{name: {"amount": "1.00", "purpose": "Probe"} for name in ("commit_funds", "reserve_funds")},
        "name_invoice_document": {
            "document_name": "probe.pdf",
            "document_location": "51-12/7",
            "document_media_type": "application/pdf",
            "document_size": 7,
            "document_digest": "0" * 64,
        },
        "release_figures": {"authority_id": row.get("id"), "as_of": "2026-01-31", "reason": "Probe"},
        "start_booking_import": {"authority_id": row.get("id")},
        "start_export": {"content": "postings"},
        "start_release_export": {},
        "start_settlements": {"authority_id": row.get("id"), "fiscal_year": 2026},
        "start_figure_release": {"authority_id": row.get("id"), "as_of": "2026-01-31"},
        "enter_invoice": {
            "authority_id": row.get("id"),
            "organisation_id": str(demo_id("organisation", KOMPASS)),
            "number": uuid4().hex,
            "issued_on": "2026-01-02",
            "amount": "10.00",
        },
        "propose_booking": {"amount": "1.00", "line_id": str(demo_id("line", "here", "reserve"))},
        "reverse_booking": {"reason": "Probe"},
        **_in_a_dialogue(arena, row, ours),
        **_in_a_compartment(arena, who, row),
        **_in_a_consultation(arena, name, row),
        "enrol": {"code": "AAAAA-AAAAA-AAAAA-AAAAA"},
    }
    said = fitting.get(name, {})
    operation = OPERATIONS[name]
    assert reader.county is arena.county
    return said | ({"id": str(new_id())} if operation.creates else {})


def _in_a_dialogue(arena: Arena, row: Row, ours: bool) -> dict[str, dict[str, Any]]:
    """What fits in a dialogue."""
    organisation = str(demo_id("organisation", KOMPASS if ours else TRAEGER))
    owned = {"organisation_id": organisation, "due_on": "2027-05-01"}
    times = {"starts_at": "2026-11-02T18:30:00+01:00", "ends_at": "2026-11-02T20:30:00+01:00"}
    series = row.get("series_id")
    meetings = (each["id"] for each in arena.county.all("dialogue", series_id=series, state="held"))
    upwards = series_of("region")
    return {
        "start_space_dialogue": {"social_space_id": row.get("id"), "title": "Neu"},
        "start_region_dialogue": {"region_id": row.get("id"), "title": "Neu"},
        "plan_dialogue": {"title": "Neu", "venue": "Rathaus", **times},
        "change_dialogue": {"venue": "Bücherei"},
        "add_dialogue_participant": {"kind": "resident"},
        "announce_dialogue": {"welcome": "Alle sind willkommen."},
        "hold_dialogue": {"attended": []},
        "draft_minutes": {"minutes": "Wir waren da."},
        "release_minutes": {"themes": []},
        "raise_theme": {"title": "Neu", "concerns": "Es fehlt etwas."},
        "change_theme": {"resources": "Ein Saal"},
        "collect_theme": {"dialogue_id": next(meetings, str(uuid4()))},
        "take_up_theme": {"series_id": str(upwards)},
        "resolve_theme": {"result": "Es gibt einen Saal."},
        "park_theme": {"rests_because": "Umbau"},
        "state_need": {"what": "Schlüssel", "kind": "municipality", "form": "geliehen"},
        "plan_theme_step": {"what": "Fragen", **owned},
        "propose_measure": {"title": "Abend", "target": "Zehn kommen", "dimension": "cross_case", **owned},
        "change_measure": {"target": "Zwanzig kommen"},
        "fund_measure": {"amount": "0.01"},
        "evaluate_measure": {"evaluation": "Zwölf kamen."},
    }


def _in_steering(arena: Arena, row: Row, ours: bool) -> dict[str, dict[str, Any]]:
    """What fits where a place steers."""
    words = dict.fromkeys(("name", "meaning", "source", "unit", "narrative"), "Probe")
    parties = [str(demo_id("organisation", each)) for each in ((JUGENDAMT, KOMPASS) if ours else (MUSTERAMT, TRAEGER))]
    approved = {"simulation_id": row.get("simulation_id") or str(new_id()), "said": "Probe"}
    here = {"authority_id": row.get("authority_id"), "social_space_id": row.get("social_space_id")}
    agreed = (each["id"] for each in arena.county.all("indicator", state="agreed", **here) if _holds(each))
    return {
        "propose_indicator": {
            **words,
            "quality": "fit",
            "direction": "up",
            "expires_on": "2099-12-31",
            "parties": parties,
        },
        "record_indicator_value": {
            "from_on": "2025-01-01",
            "to_on": "2025-12-31",
            "value": "1.00",
            "stands_for": 9,
            "narrative": "Probe",
        },
        "draft_incentive_rule": {
            "indicator_id": next(agreed, str(new_id())),
            "name": "Probe",
            "purpose": "Probe",
            "threshold": "1.00",
            "amount": "1.00",
        },
        "approve_incentive_for_agency": approved,
        "approve_incentive_for_network": approved,
    }


def _holds(indicator: Row) -> bool:
    """Whether it has not expired."""
    return bool(indicator["expires_on"] > "2099")


def _who_could_be_let_in(arena: Arena, row: Row) -> list[str]:
    """Case workers who neither lead the case nor are in the team."""
    held = arena.county.all("membership", authority_id=row.get("authority_id"))
    leading = arena.county.all("case_access", case_id=row.get("case_id"), basis="assignment")
    here, there = ({each["actor_id"] for each in rows if arena.county.holds_now(each)} for rows in (held, leading))
    grants = arena.county.all("access_grant", role="case_worker", authority_id=row.get("authority_id"))
    found = here - there - set(row.get("team", []))
    return [
        each["actor_id"]
        for each in grants
        if each["actor_id"] in found and each["approved_by"] and arena.county.holds_now(each)
    ]


def _in_a_compartment(arena: Arena, who: str | None, row: Row) -> dict[str, dict[str, Any]]:
    """What fits in an assessment."""
    judged = {"worries": "Probe", "working_well": "Probe", "what_needs_to_happen": "Probe", "finding": "latent"}
    workers = _who_could_be_let_in(arena, row)
    others = [each for each in row.get("team", []) if each != str(arena.reader(who).id)]
    return {
        "report_endangerment": {"case_id": row.get("id"), "words": "Es war laut.", "told_by": "Schule"},
        "name_endangered": {"endangered": [_addressee_of(arena, row)]},
        "answer_endangerment_report": {"confirmed": True, "acted": True},
        "judge_endangerment": judged,
        "find_endangerment": {"finding": "latent", "reasons": "Probe", "involvement": "Probe"},
        "agree_safety_plan": {
            "agreements": "Probe",
            "agreed_with": "Probe",
            "who_checks": "Probe",
            "review_on": "2099-01-31",
        },
        "call_family_court": {"reasons": "Probe"},
        "record_taking_into_care": {"reasons": "Probe"},
        "conclude_endangerment": {"outcome": "Probe"},
        "let_into_assessment": {"actor_id": next(iter(workers), str(uuid4()))},
        "let_out_of_assessment": {"actor_id": next(iter(others), str(uuid4()))},
    }


def _in_a_consultation(arena: Arena, name: str, row: Row) -> dict[str, dict[str, Any]]:
    """What fits in a consultation."""
    named = {"name_de": "Probe", "name_en": "Probe", "name_simple": "Probe"}
    method = arena.county.one("consultation_method", code="participatory_peer", replaced_on=None)
    own = {"authority_id": row.get("id"), "code": "probe", "roles": ["family"], "phases": [named], **named}
    invited = {each["actor_id"] for each in arena.county.all("consultation_participant", consultation_id=row.get("id"))}
    roles = ("case_worker", "provider_worker", "expert_by_experience")
    people = {each["actor_id"] for each in arena.county.tables["case_access"] if each["participant_id"] is not None}
    held = (
        arena.county.all("access_grant", authority_id=row.get("authority_id"))
        if name == "invite_to_consultation"
        else iter(())
    )
    free = (
        each["actor_id"]
        for each in held
        if each["role"] in roles
        and each["approved_by"]
        and arena.county.holds_now(each)
        and each["actor_id"] not in invited | people
    )
    return {
        "add_consultation_method": own,
        "change_consultation_method": {"roles": ["family"], "phases": [named], **named},
        "write_consultation_entry": {"kind": "worries", "words": "Probe"},
        "request_consultation": {"method_id": method["id"] if method else str(uuid4()), "question": "Probe?"},
        "invite_to_consultation": {"role": "idea_giver", "actor_id": next(free, str(uuid4()))},
        "answer_invitation": {"comes": True},
        "record_expert_effort": {"hours": "2.50", "fee": "60.00"},
        "schedule_consultation": {"starts_at": "2099-01-31T16:00:00Z", "venue": "Probe"},
        "cancel_consultation": {"reason": "Probe"},
        "write_sketch": {"words": "Jemand hat eine Frage."},
        "change_sketch": {"words": "Jemand hat eine Frage."},
        "give_idea": {"words": "Probe"},
        "write_family_draft": {"words": "Probe"},
        "return_family_plan": {"reasons": "Probe"},
        "choose_ideas": {"choice": "Probe"},
        "record_consultation_results": {"follow_up_on": "2099-01-31", "lacking_because": "Probe"},
        "follow_up_consultation": {"words": "Probe"},
    }


def addressee_in(arena: Arena, case: Row) -> str:
    return _addressee_of(arena, {"case_id": case.get("id")})


def _addressee_of(arena: Arena, assessment: Row) -> str:
    there = arena.county.all("participant", case_id=assessment.get("case_id"), kind="addressee", merged_into_id=None)
    return next((str(each["id"]) for each in there), str(uuid4()))


def _sampled(arena: Arena, authority: Row) -> str | None:
    """A case that no auditor has a part in."""
    there = arena.county.all("case_file", authority_id=authority.get("id"))
    return next((str(each["pseudonym"]) for each in there if each["id"] != str(MAIN_CASE)), None)


def _a_text(arena: Arena, reader: Reader, case: Row) -> dict[str, Any]:
    """One that the reader sees in the case: a suggestion, or what the case says of itself."""
    there = arena.county.all("suggestion", case_id=case.get("id"))
    seen = next((each["id"] for each in there if reader.sees("Suggestion", each)), None)
    return {"about": "suggestion" if seen else "case", "about_id": seen or case.get("id"), "words": "Nein."}


def _with_an_adult(arena: Arena, case: Row) -> bool:
    people = {each["id"] for each in arena.county.all("participant", case_id=case["id"], kind="addressee")}
    born = (
        each["born_on"] for each in arena.county.all("person", case_id=case["id"]) if each["participant_id"] in people
    )
    return all(day is not None and majority(date.fromisoformat(day)) <= datetime.now(UTC) for day in born)


def _worker_of(arena: Arena, row: Row) -> str:
    """Whoever is named already, so that nobody loses a case here."""
    named = arena.county.all("case_access", assignment_id=row["id"]) if "task" in row else iter(())
    return next((each["actor_id"] for each in named if arena.county.holds_now(each)), str(demo_id("actor", "spare_3")))


def _next_month_end(day: str | None) -> str:
    """Long before anything of ours is booked."""
    first = date.fromisoformat(day or "2019-12-31") + timedelta(days=1)
    following = (first.replace(day=28) + timedelta(days=4)).replace(day=1)
    return (following - timedelta(days=1)).isoformat()


def target_of(arena: Arena, name: str, row: Row) -> str | None:
    return row["id"] if OPERATIONS[name].on is not None else None


def rows_for(arena: Arena, name: str, who: str | None, fitting: bool = True) -> dict[str, list[Row]]:
    """The rows of the operation's table: those one may do it to now, those one sees, and the others. `fitting`: of the
    first only those on which it succeeds."""
    reader, deed = arena.reader(who), DEEDS[name]
    assert deed.view is not None
    found: dict[str, list[Row]] = {"may": [], "sees": [], "hidden": []}
    for row in arena.county.tables[deed.table]:
        kind = "may" if reader.may(name, row) else "sees" if reader.sees(deed.view, row) else "hidden"
        if (
            kind != "may"
            or not fitting
            or (_fits(arena, name, row) and not _of_somebody(row) and _suits(reader, name, row))
        ):
            found[kind].append(row)
    return found


def _suits(reader: Reader, name: str, row: Row) -> bool:
    """Besides what fits the row: whoever acts for others by office or power of attorney offers nothing themselves, nor
    does anybody whose day of birth is not known."""
    here = reader.county.one("participant", case_id=row.get("id"), actor_id=reader.id) if name == "make_offer" else None
    if here is None:
        return True
    born_on = next(reader.county.all("person", participant_id=here["id"]))["born_on"]
    of_age = born_on is not None and majority(date.fromisoformat(born_on)) <= datetime.now(UTC)
    return of_age and here["representation"] in (None, "parent")


def _not_yet_in(arena: Arena, team: Row, by: Reader | None = None) -> str | None:
    """The membership of somebody who is not in the team; `by`: of an organisation that is theirs."""
    there = (
        {each["membership_id"] for each in arena.county.all("team_member", team_id=team.get("id"))} if team else set()
    )
    held = arena.county.all("membership", authority_id=team.get("authority_id"))
    theirs = (
        each
        for each in held
        if by is None or by.represents(each["organisation_id"], "provider_manager") or not by.actor
    )
    free = (each["id"] for each in theirs if arena.county.holds_now(each) and each["id"] not in there)
    return next(free, str(uuid4()) if by else None)


def _a_merge(arena: Arena, authority: Row) -> dict[str, Any]:
    """A long time from now, each on a day after the one before; never of the space that everybody works in."""
    free = [
        each["id"]
        for each in arena.county.all("social_space", authority_id=authority.get("id"))
        if each["valid_to"] is None and each["id"] != str(UNTERHACHING)
    ]
    one, other = (*free, str(new_id()), str(new_id()))[:2]
    return {
        "authority_id": authority.get("id"),
        "social_space_ids": [one, other],
        "successor_id": other,
        "effective_on": _later(),
    }


def _colleague_of(actor: Row) -> str:
    """Another case worker than this one."""
    one, other = (str(demo_id("actor", name)) for name in ("case_worker", "second_case_worker"))
    return one if actor.get("id") == other else other


def _a_recut(arena: Arena, authority: Row) -> dict[str, Any]:
    """A long time from now: a municipality of a region becomes a region of its own."""
    for region in arena.county.all("region", authority_id=authority.get("id"), valid_to=None):
        members = list(arena.county.all("region_membership", region_id=region["id"], valid_to=None))
        if len(members) > 1:
            leaving, *staying = (each["municipality_id"] for each in members)
            stays = {"id": region["id"], "municipality_ids": staying}
            leaves = {"id": str(new_id()), "name": "Neu", "municipality_ids": [leaving]}
            return {
                "authority_id": authority.get("id"),
                "region_ids": [region["id"]],
                "into": [stays, leaves],
                "effective_on": _later(),
            }
    nobody = {"id": str(new_id()), "name": "Neu", "municipality_ids": [str(new_id())]}
    nowhere = {"region_ids": [str(new_id())], "into": [nobody], "effective_on": _later()}
    return {"authority_id": authority.get("id"), **nowhere}


def _a_split(arena: Arena, space: Row) -> dict[str, Any]:
    """A sliver of the first municipality becomes a space of its own."""
    shares = {
        each["municipality_id"]: Decimal(each["share"])
        for each in arena.county.all("social_space_municipality", social_space_id=space.get("id"), valid_to=None)
    }
    first = max(shares, key=lambda town: shares[town], default=str(new_id()))
    sliver = Decimal("0.0001")
    rest = {**shares, first: max(shares.get(first, Decimal(1)) - sliver, sliver)}
    into = [
        {
            "id": str(new_id()),
            "name": "Teil",
            "shares": [{"municipality_id": town, "share": str(share)} for town, share in part.items()],
        }
        for part in ({first: sliver}, rest)
    ]
    return {"social_space_id": space.get("id"), "into": into, "effective_on": _later()}


def _later() -> str:
    return (date(2060, 1, 1) + timedelta(days=next(DAYS))).isoformat()


def _another_team(space: Row) -> dict[str, Any]:
    """On days before any team there is."""
    begins = date(1900, 1, 1) + timedelta(days=2 * next(TEAMS))
    ends = begins + timedelta(days=1)
    return {"social_space_id": space["id"], "name": "Neu", "valid_from": f"{begins}", "valid_to": f"{ends}"}


def _another_line(arena: Arena, line: Row) -> str:
    """Of the same agreement: one that nothing comes back from."""
    lines = arena.county.all("budget_line", agreement_id=line.get("agreement_id"), kind="case_specific")
    return next((each["id"] for each in lines), str(new_id()))


def _another_frame(authority: Row) -> dict[str, Any]:
    """For years that nobody has agreed on, and that a proposal may share with another."""
    years = [{"fiscal_year": year, "amount": "10.00"} for year in (2060, 2061)]
    return {"authority_id": authority["id"], "years": years, "total": "20.00"}


def _whole_year(arena: Arena, agreement: Row) -> list[dict[str, Any]]:
    parties = arena.county.all("budget_party", agreement_id=agreement.get("id"))
    shares = [{"organisation_id": party["organisation_id"], "share": "100.00"} for party in parties][:1]
    year = agreement.get("fiscal_year")
    return [{"begins_on": f"{year}-01-01", "ends_on": f"{year}-12-31", "shares": shares}]


def _another_budget(arena: Arena, authority: Row) -> dict[str, Any]:
    """Of a space and a year that have none."""
    turn = next(TURNS)
    there = arena.county.all("social_space", authority_id=authority["id"], valid_to=None)
    spaces = [None, *(row["id"] for row in there)]
    return {
        "authority_id": authority["id"],
        "fiscal_year": 2027 + turn % 73,
        "social_space_id": spaces[turn // 73 % len(spaces)],
    }


def _another_case(arena: Arena, who: str | None, case: Row, linked: bool = False) -> str:
    """That they lead, too, if there is one; and that is not linked with it, unless that is all the same."""
    reader = arena.reader(who)
    links = {
        end
        for each in arena.county.all("sibling_link", ended_on=None)
        if case.get("id") in (ends := (each["case_id"], each["sibling_case_id"]))
        for end in ends
    }
    others = (
        each["id"]
        for each in arena.county.all("case_file", authority_id=case.get("authority_id"))
        if each["id"] not in {case.get("id"), *(() if linked else links)}
        and each["state"] != "merged"
        and reader.leads(each["id"])
    )
    return next(others, str(new_id()))


def _same_person(arena: Arena, participant: Row) -> str:
    """Another of the same kind in the case, born on no other day, and at most one of the two with a login."""
    there = arena.county.all("participant", case_id=participant.get("case_id"), kind=participant.get("kind"))
    return next((each["id"] for each in there if _may_be_one(arena, participant, each)), str(new_id()))


def _may_be_one(arena: Arena, one: Row, other: Row) -> bool:
    persons = [arena.county.one("person", participant_id=each["id"]) for each in (one, other)]
    born = {person["born_on"] for person in persons if person} - {None}
    logins = [each["actor_id"] for each in (one, other) if each["actor_id"] is not None]
    merged = any(each["merged_into_id"] is not None for each in (one, other))
    return one["id"] != other["id"] and len(born) < 2 and len(logins) < 2 and not merged


def _misplaced(arena: Arena, case: Row) -> str:
    """Something that a professional has written for all."""
    family = {each["actor_id"] for each in arena.county.all("participant", case_id=case.get("id"))}
    written = arena.county.all("suggestion", case_id=case.get("id"), audience="all")
    return next((each["id"] for each in written if each["author_id"] not in family), str(new_id()))


def _loose(arena: Arena, participant: Row) -> bool:
    """Without a login, nobody's trusted person, and nothing hangs by them."""
    id = participant["id"]
    hanging = any(
        id in (value if isinstance(value, list) else [value])
        for table, rows in arena.county.tables.items()
        if table not in ("person", "known_person", "former_name", "representation", "enrolment_code")
        for row in rows
        if row is not participant and row.get("case_id") == participant["case_id"]
        for value in row.values()
    )
    return participant["actor_id"] is None and participant["kind"] != "trusted_person" and not hanging


def _who_claims(arena: Arena, element: Row) -> str:
    """Whoever has custody of whom it is for, if that is a child; else they themselves."""
    for_whom = element.get("participant_id")
    person = arena.county.one("person", participant_id=for_whom)
    if person is None or (person["born_on"] or "0000") < f"{YEAR - 17}-01-01":
        return for_whom or str(uuid4())
    there = arena.county.all("participant", case_id=element.get("case_id"), kind="custodian", merged_into_id=None)
    return next((each["id"] for each in there), str(uuid4()))


def _young_where_no_custodian_reads(arena: Arena, row: Row) -> bool:
    person = arena.county.one("person", participant_id=row["id"])
    young = person is None or (person["born_on"] or "9999") > f"{YEAR - 17}-01-01"
    trusted = arena.county.all("participant", trusted_by_id=row["id"])
    theirs = {None, row["id"], *(each["id"] for each in trusted)}
    there = (
        each
        for each in arena.county.all("case_access", case_id=row["case_id"])
        if each["basis"] in ("self", "representation", "trust", "network", "link")
        and each["participant_id"] not in theirs
    )
    read = any(each["valid_to"] is None or moment(each["valid_to"]) > arena.county.now for each in there)
    holds = arena.county.one("confidential_counselling", participant_id=row["id"], ended_on=None)
    return row["kind"] == "addressee" and row["merged_into_id"] is None and young and not read and holds is None


def _has_a_way_in(arena: Arena, participant: Row) -> bool:
    theirs = arena.county.all("case_access", participant_id=participant["id"], actor_id=participant["actor_id"])
    return any(each["valid_to"] is None or moment(each["valid_to"]) > arena.county.now for each in theirs)


def _fits(arena: Arena, name: str, row: Row) -> bool:
    """Besides who may: the state, and what an enrolment takes."""
    states = DEEDS[name].states
    if states and row["state"] not in states:
        return False
    if name in ("open_case", "form_team", "start_space_dialogue", "start_region_dialogue"):  # not where it has ended
        return row["valid_to"] is None and arena.county.holds_today(row)
    if not all(each(arena.county, row) for each in DEEDS[name].met):
        return False
    if name == "withdraw_entry":
        return arena.county.one("suggestion", id=_misplaced(arena, row)) is not None
    if name == "merge_participant":
        others = arena.county.all("participant", case_id=row["case_id"], kind=row["kind"])
        return row["kind"] != "trusted_person" and any(_may_be_one(arena, row, each) for each in others)
    if name == "move_participant" and not _loose(arena, row):
        return False
    if name in ("merge_case", "move_participant", "link_siblings"):  # whoever leads it leads another one, too
        leading = [each for each in arena.county.all("case_access", basis="assignment") if arena.county.holds_now(each)]
        case = row["case_id"] if name == "move_participant" else row["id"]
        of = {each["actor_id"] for each in leading if each["case_id"] == case}
        return all(sum(each["actor_id"] == who for each in leading) > 2 for who in of)
    if name == "tick_off_step":
        return bool(row["state"] in ("open", "doing"))
    if name == "make_offer":
        return _with_an_adult(arena, row)
    if name == "note_field_work":
        return row["valid_to"] is None and arena.county.holds_today(row)
    if name == "keep_counselling_confidential":
        return _young_where_no_custodian_reads(arena, row)
    if name == "record_setting_change":
        return arena.county.one("participant", case_id=row["id"], kind="addressee") is not None
    if name == "write_consultation_entry":
        phase = arena.county.one("consultation_phase", method_id=row["method_id"], position=row["phase"])
        return phase is not None and "worries" in phase["records"]
    if name == "write_sketch":
        return arena.county.one("consultation_sketch", consultation_id=row["id"]) is None
    if name == "next_phase":
        following = {"method_id": row["method_id"], "position": row["phase"] + 1}
        return arena.county.one("consultation_phase", **following) is not None
    if name == "invite_to_consultation":  # as long as there is somebody left, and nobody from outside while it is held
        return row["state"] != "held" and bool(_in_a_consultation(arena, name, row)[name]["actor_id"][14] == "7")
    if name == "let_out_of_assessment":
        return len(row["team"]) > 1
    if name == "add_region":
        return arena.county.one("territory_level", authority_id=row["id"], level="region") is not None
    if name in ("merge_social_spaces", "recut_regions"):  # there have to be some
        return bool(row["id"] == str(AUTHORITY))
    if name == "split_social_space":
        free = arena.county.all("social_space_municipality", social_space_id=row["id"], valid_to=None)
        return bool(row["id"] != str(UNTERHACHING)) and any(Decimal(each["share"]) > Decimal("0.01") for each in free)
    if name == "make_step_link":
        return arena.county.one("participant", id=row["done_by_id"], kind="network_person") is not None
    if name == "issue_enrolment_code":
        kept = arena.county.one("confidential_counselling", case_id=row["case_id"], ended_on=None)
        return row["left_on"] is None and not _has_a_way_in(arena, row) and kept is None
    if name == "leave_case":  # so that nobody loses a case here
        return row["actor_id"] is None
    if name == "represent":  # an adult, whom nobody has custody of
        there = arena.county.one("representation", participant_id=row["id"])
        return row["kind"] == "representative" and there is None
    if name == "let_moderate":
        return arena.county.holds_now(row)
    if name == "end_case_access":
        return bool(row["basis"] != "assignment") and row["assignment_id"] is None
    if name == "name_lead":  # whoever leads it already, so that nobody loses a case here, and where they may today
        leads = {"actor_id": str(demo_id("actor", "case_worker")), "basis": "assignment", "stand_in_id": None}
        led = arena.county.one("case_access", case_id=row["case_id"], **leads) is not None
        return led and arena.reader("case_worker").holds("case_worker", row["social_space_id"])
    if name == "approve_grant":
        return row["approved_by"] is None
    if name == "let_into_assessment":
        return bool(_who_could_be_let_in(arena, row))
    if name in ("apply_for_element", "decide_element"):
        return row["kind"] == "specialist" and row["cost"] is None
    if name == "change_element":  # of what is applied for, granted or begun otherwise only the goals
        return bool(row["kind"] != "specialist" or row["state"] == "planned")
    if name == "plan_cost_shares":
        return bool(row["cost"] is not None and Decimal(row["cost"]) == 9)
    if name == "start_element":
        return bool(row["kind"] != "specialist")
    if name == "end_assignment":  # one that a test has made
        return arena.county.holds_now(row) and arena.county.one("case_access", assignment_id=row["id"]) is None
    if name == "name_worker":
        return arena.county.holds_now(row) and arena.county.one("case_access", assignment_id=row["id"]) is not None
    if name in ("release_commitment", "commit_reserved_funds"):
        line = arena.county.one("budget_line", id=row["line_id"])
        decided = row["case_id"] is not None or row["purpose_kind"] == "open_to_others"
        return not decided and line is not None and line["kind"] != "case_specific"
    if name == "name_invoice_document":
        return Decimal(row["proposed"]) == 0
    if name in ("release_booking", "reverse_booking"):  # whoever has confirmed a grant does not pay for it
        bound = arena.county.one("commitment", id=row["commitment_id"]) if row["commitment_id"] else None
        return bound is None or bound["confirmed_by"] is None
    if name == "bind_foreseen_commitment":
        return bool(row["fiscal_year"] == YEAR)
    if name == "drop_foreseen_commitment":
        return row["case_id"] is None and row["purpose_kind"] != "open_to_others" and row["fiscal_year"] > YEAR
    if name == "fund_measure":
        return row["line_id"] in [str(demo_id("line", place, "reserve")) for place in ("here", "elsewhere")]
    if name == "record_service":  # once a month
        done = {"commitment_id": row["id"], "month": f"{YEAR}-01-01"}
        return arena.county.one("service_record", **done) is None and str(row["value_on"]) == f"{YEAR}-01-01"
    if name == "agree_indicator":
        return _holds(next(arena.county.all("indicator", id=row["indicator_id"])))
    if name == "agree_to_publish_indicator":
        return row["agreed_on"] is not None and _holds(next(arena.county.all("indicator", id=row["indicator_id"])))
    if name == "record_indicator_value":
        return _holds(row)
    if name == "release_indicator":
        parties = arena.county.all("indicator_party", indicator_id=row["id"])
        return _holds(row) and all(each["public_on"] for each in parties)
    if name == "draft_incentive_rule":
        here = {"authority_id": row["authority_id"], "social_space_id": row["social_space_id"]}
        return row["social_space_id"] is not None and any(
            _holds(each) for each in arena.county.all("indicator", state="agreed", **here)
        )
    if name == "open_next_period":  # once for each
        following = {"authority_id": row["authority_id"], "social_space_id": row["social_space_id"]}
        return arena.county.one("budget_agreement", fiscal_year=row["fiscal_year"] + 1, **following) is None
    if name == "prepare_settlement":
        return bool(row["closed_through"] == f"{row['fiscal_year']}-12-31")
    if name == "carry_over":  # once, as long as the year after is in force
        past = arena.county.one("budget_agreement", id=row["agreement_id"])
        there = {"social_space_id": row["social_space_id"], "authority_id": row["authority_id"], "state": "active"}
        after = past and arena.county.one("budget_agreement", fiscal_year=past["fiscal_year"] + 1, **there)
        is_open = after and after["closed_through"] != f"{after['fiscal_year']}-12-31"
        return bool(is_open) and arena.county.one("allocation", settlement_id=row["id"]) is None
    if name in ("accept_handover", "confirm_handover"):  # as long as the case is where it was offered from
        case = arena.county.one("case_file", id=row["case_id"])
        fitting = ("enquiry",) if row["kind"] == "redirection" else TRANSFERABLE
        return case is not None and case["state"] in fitting
    if name == "plan_tranches":  # once, and for a network
        party, tranche = (arena.county.one(table, agreement_id=row["id"]) for table in ("budget_party", "tranche"))
        return party is not None and tranche is None
    if name in ("withhold_tranche", "release_tranche"):
        is_due = name == "withhold_tranche" or row["due_on"] < f"{YEAR}-07"
        return is_due and arena.county.one("budget_agreement", id=row["agreement_id"], state="active") is not None
    if name in ("propose_allocation", "commit_funds", "reserve_funds", "propose_transfer"):
        active = arena.county.one("budget_agreement", id=row["agreement_id"], state="active")
        return active is not None and active["fiscal_year"] == YEAR and row["kind"] != "case_specific"
    if name == "close_budget_period":
        return bool(row["fiscal_year"] == YEAR)
    if name == "add_budget_party":
        return arena.county.one("budget_party", agreement_id=row["id"]) is None
    if name == "agree_network_shares":
        return arena.county.one("budget_party", agreement_id=row["id"]) is not None
    if name == "remove_budget_party":
        lichtung = str(demo_id("organisation", LICHTUNG))
        return arena.county.one("budget_party", agreement_id=row["id"], organisation_id=lichtung) is not None
    if name == "close_dialogue":
        return arena.county.one("theme", dialogue_id=row["id"]) is None
    if name == "announce_dialogue":  # one that is still to come, and not yet
        untold = arena.county.one("dialogue_announcement", dialogue_id=row["id"]) is None
        return untold and row["starts_at"] > "2099"
    if name == "hold_dialogue":  # not one that is still to come
        return bool(row["starts_at"] < "2026-11")
    if name == "release_minutes":
        return arena.county.one("minutes_release", dialogue_id=row["id"]) is None
    if name == "collect_theme":
        return arena.county.one("dialogue", series_id=row["series_id"], state="held") is not None
    if name == "work_on_theme":
        return row["state"] != "escalated" or row["answer"] is not None
    if name == "take_up_theme":
        return bool(row["social_space_id"] == str(UNTERHACHING))
    if name == "release_booking_import":  # one after the other
        return arena.county.one("booking_import", authority_id=row["authority_id"], state="posting") is None
    if name == "activate_budget_agreement":
        return bool(row["fiscal_year"] < YEAR) and not missing(arena.reader(None), row)
    return name != "undo_enrolment" or row["actor_id"] is not None


def _of_somebody(row: Row) -> bool:
    """What our people hold themselves is not to be ended under their feet."""
    return row.get("actor_id") in OUR_PEOPLE and "consent" not in row


def anonymous(told: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value for name, value in told.items() if name not in ("instance", "trace_id", "subject_id", "subjectId")
    }


# ------------------------------------------------------------------------------------------------ who may do what


@pytest.mark.parametrize("name", [*ON_A_ROW, *IN_A_PLACE])
async def test_whoever_does_it_may_what_the_rules_say_and_nothing_else(arena: Arena, name: str) -> None:
    """Each operation with every fortieth of the people, each of them over one face; all of it is in `make walk`."""
    turn = [*ON_A_ROW, *IN_A_PLACE].index(name)
    for number, who in list(enumerate(SIGNED_IN))[turn % 40 :: 40]:
        face = FACES[(number // 40 + turn) % 2]
        rows = rows_for(arena, name, who)
        await _refusals(arena, name, who, face, rows, turn=number)
        await _success(arena, name, who, face, rows)


@pytest.mark.walk
@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize("name", [*ON_A_ROW, *IN_A_PLACE])
async def test_on_each_row_over_both_faces(arena: Arena, name: str, face: str) -> None:
    """Every role, over one face or the other by turns (`test_matrix.py` has them all over REST)."""
    turn = [*ON_A_ROW, *IN_A_PLACE].index(name)
    people = [who for who in by_turns(turn) if who in SIGNED_IN]
    for number, who in list(enumerate(people))[(turn + FACES.index(face)) % 2 :: 2]:
        rows = rows_for(arena, name, who)
        await _refusals(arena, name, who, face, rows, turn=number)
        await _success(arena, name, who, face, rows)


@pytest.mark.walk
@pytest.mark.parametrize("name", [*ON_A_ROW, *IN_A_PLACE])
async def test_the_rules_alone_say_the_same(arena_without_second_line: Arena, name: str) -> None:
    """Without row-level security; every third person, of the next operation the next."""
    arena, turn = arena_without_second_line, [*ON_A_ROW, *IN_A_PLACE].index(name)
    for number, who in list(enumerate(SIGNED_IN))[turn % 3 :: 3]:
        rows = rows_for(arena, name, who)
        await _refusals(arena, name, who, "rest", rows, turn=number)
        await _success(arena, name, who, "rest", rows)


async def _refusals(
    arena: Arena, name: str, who: str | None, face: str, rows: Mapping[str, list[Row]], turn: int
) -> None:
    doer, reader = arena.doer(who, face), arena.reader(who)
    for row in _nearest(rows["sees"], reader, turn):
        outcome = await doer.do(name, target_of(arena, name, row), 999, said_to(arena, name, who, row))
        assert (outcome.status, outcome.code) == (403, "forbidden"), (who, face, name, outcome)
        assert outcome.told["missing"], "what would be needed is said"
        assert outcome.told["action"] == OPERATIONS[name].action.name
    for row in _nearest(rows["hidden"], reader, turn):
        outcome = await doer.do(name, target_of(arena, name, row), 999, said_to(arena, name, who, row))
        assert (outcome.status, outcome.code) == (404, "not-found"), (who, face, name, outcome)
        if OPERATIONS[name].on is not None:
            nowhere = await doer.do(name, str(uuid4()), 999, said_to(arena, name, who, row))
            assert nowhere.status == 404
            assert anonymous(outcome.told) == anonymous(nowhere.told), "not there, or not yours: nobody can tell"


def _nearest(rows: list[Row], reader: Reader, turn: int) -> list[Row]:
    """A row that is about the reader or in a case of theirs, and one that is not."""
    mine = reader.selves | {
        row["case_id"] for row in reader.county.tables["case_access"] if row["actor_id"] == reader.id
    }
    near, far = list[Row](), list[Row]()
    for row in rows:
        (far if mine.isdisjoint(value for value in row.values() if isinstance(value, str)) else near).append(row)
    near.sort(key=lambda row: -len(reader.selves.intersection(v for v in row.values() if isinstance(v, str))))
    return near[:1] + (far[turn % max(len(far), 1) :] + far)[:1]


async def _success(arena: Arena, name: str, who: str | None, face: str, rows: Mapping[str, list[Row]]) -> None:
    if not rows["may"]:
        return
    row = rows["may"][-1]
    versioned = OPERATIONS[name].versioned
    said = said_to(arena, name, who, row)
    outcome = await arena.doer(who, face).do(
        name, target_of(arena, name, row), row["version"] if versioned else None, said
    )
    assert outcome.done, (who, face, name, outcome)
    arena.changed = True


async def test_every_operation_is_done_by_somebody(arena: Arena) -> None:
    """Otherwise the promise above would be empty."""
    for name in (*ON_A_ROW, *IN_A_PLACE):
        assert name in SEEING_IS_DOING or any(rows_for(arena, name, who)["sees"] for who in SIGNED_IN), name
        assert any(
            arena.reader(who).may(name, row) for who in SIGNED_IN for row in arena.county.tables[DEEDS[name].table]
        )


@pytest.mark.parametrize("name", sorted(OPERATIONS))
async def test_the_public_is_asked_to_sign_in_and_a_stranger_to_enrol(arena: Arena, name: str, face: str) -> None:
    row = arena.county.tables[DEEDS[name].table][0] if DEEDS[name].view else arena.county.tables["case_file"][0]
    said, target = said_to(arena, name, PUBLIC, row), target_of(arena, name, row)
    for body in (said, said | {"unknown_field": 1}) if face == "rest" and OPERATIONS[name].command else (said,):
        outcome = await arena.doer(PUBLIC, face).do(name, target, 999, body)
        assert (outcome.status, outcome.code) == (401, "unauthenticated"), body
    outcome = await arena.doer(STRANGER, face).do(name, target, 999, said)
    assert outcome.code == ("code-refused" if name == "enrol" else "not-enrolled")


# ------------------------------------------------------------------------------------------------ in which order


WRONG = {"statement": "", "unknown_field": 1}  # 422, whatever else is wrong


async def test_what_is_wrong_is_told_in_one_order(arena: Arena) -> None:
    """401, 404 or 403, 428 or 412, 409, 422: who you are comes before what you know of the row, and that before what
    you ask for."""
    agreed = next(
        row for row in arena.county.all("goal", state="agreed", case_id=str(demo_id("case", "Wieder Luft im Alltag")))
    )
    target = agreed["id"]

    async def change(who: str | None, version: int | None, said: Mapping[str, Any]) -> tuple[int, str | None]:
        outcome = await arena.doer(who, "rest").do("change_goal", target, version, said)
        return outcome.status, outcome.code

    assert await change(PUBLIC, None, WRONG) == (401, "unauthenticated")
    assert await change(STRANGER, None, WRONG) == (403, "not-enrolled")
    assert await change("second_case_worker", None, WRONG) == (404, "not-found")
    assert await change("provider_worker", None, WRONG) == (403, "forbidden")
    assert await change("addressee", None, WRONG) == (428, "version-required")
    assert await change("addressee", 999, WRONG) == (412, "version-stale")
    assert await change("addressee", agreed["version"], WRONG) in ((409, "impossible-now"), (422, "invalid-input"))
    assert await change("addressee", agreed["version"], {"statement": "Anders"}) == (409, "impossible-now")


async def test_the_same_order_in_graphql(arena: Arena) -> None:
    agreed = next(
        row for row in arena.county.all("goal", state="agreed", case_id=str(demo_id("case", "Wieder Luft im Alltag")))
    )

    async def change(who: str | None, version: int, statement: str) -> tuple[int, str | None]:
        outcome = await arena.doer(who, "graphql").do("change_goal", agreed["id"], version, {"statement": statement})
        return outcome.status, outcome.code

    assert await change(PUBLIC, 999, "") == (401, "unauthenticated")
    assert await change(STRANGER, 999, "") == (403, "not-enrolled")
    assert await change("second_case_worker", 999, "") == (404, "not-found")
    assert await change("provider_worker", 999, "") == (403, "forbidden")
    assert await change("addressee", 999, "") == (412, "version-stale")
    assert await change("addressee", agreed["version"], "Anders") == (409, "impossible-now")


# ------------------------------------------------------------------------------------------------ what ends, ends


@dataclass
class Story:
    """A case made for one test, through the service."""

    arena: Arena
    case: str = field(default_factory=lambda: str(new_id()))
    goal: str = field(default_factory=lambda: str(new_id()))
    step: str = field(default_factory=lambda: str(new_id()))
    young_person: str = field(default_factory=lambda: str(new_id()))
    custodian: str = field(default_factory=lambda: str(new_id()))

    async def do(
        self, who: str, name: str, row: object = None, version: int | None = 1, /, **said: Any
    ) -> dict[str, Any]:
        outcome = await self.arena.doer(who, "rest").do(name, str(row) if row else None, version, said)
        assert outcome.done, outcome
        return dict(outcome.told)

    async def begin(self, **young_person: Any) -> "Story":
        await self.do("case_worker", "open_case", id=self.case, social_space_id=str(UNTERHACHING), title="Neu")
        people = {self.young_person: ("addressee", young_person), self.custodian: ("custodian", {})}
        for participant, (kind, more) in people.items():
            await self.do("case_worker", "add_participant", self.case, id=participant, kind=kind, name="Neu", **more)
        return self

    async def enrol(self, participant: str, who: str) -> str:
        code = (await self.do("case_worker", "issue_enrolment_code", participant))["code"]
        await self.do(who, "enrol", code=code)
        return str(code)

    async def want(self, who: str, participant: str) -> None:
        """A goal of one's own and a step to do: what one sees and does without asking for the case."""
        await self.do(who, "propose_goal", self.case, id=self.goal, participant_id=participant, statement="Ein Ziel")
        await self.do(who, "agree_goal", self.goal)
        said = {"with_whom": "allein", "how": "so", "due_on": "2027-01-31", "with_what": "Bus"}
        await self.do(
            who, "plan_step", self.goal, 2, id=self.step, wanted_by_id=participant, done_by_id=participant, **said
        )

    async def ways_in(self, who: str) -> dict[str, bool]:
        """Every path into the case, and whether it is open."""
        http = self.arena.doer(who, "rest").http
        single = [f"cases/{self.case}", f"goals/{self.goal}", f"steps/{self.step}", f"participants/{self.young_person}"]
        single += [f"cases/{self.case}/{part}" for part in ("participants", "questions", "goals", "steps", "accesses")]
        single += [f"goals/{self.goal}/steps", f"cases/{self.case}/transitions", f"steps/{self.step}/transitions"]
        found = {path: (await http.get(f"/v1/{path}")).status_code == 200 for path in single}
        for path in ("cases", "goals", "steps", "me/next-steps"):
            found[path] = self._mentions((await http.get(f"/v1/{path}", params={"limit": 200})).json())
        explained = (await http.get(f"/v1/cases/{self.case}/explain")).json()
        found["explain"] = explained.get("seen", False)
        parts = f'case(id: "{self.case}") {{ id }} goal(id: "{self.goal}") {{ id }} step(id: "{self.step}") {{ id }}'
        parts += f' nextStep(id: "{self.step}") {{ id }} cases(first: 200) {{ nodes {{ id }} }}'
        told = (await http.post("/graphql", json={"query": f"{{ {parts} }}"})).json()["data"]
        found |= {f"graphql {name}": self._mentions(value) for name, value in told.items()}
        return found

    def _mentions(self, told: Any) -> bool:
        return any(each in json.dumps(told) for each in (self.case, self.goal, self.step))

    async def closed(self, who: str) -> None:
        assert not any((await self.ways_in(who)).values()), await self.ways_in(who)
        for face in FACES:
            doer = self.arena.doer(who, face)
            for name, row, version in (
                ("propose_goal", self.case, None),
                ("drop_goal", self.goal, 2),
                ("finish_step", self.step, None),
            ):
                said = {"id": str(new_id()), "participant_id": self.young_person, "statement": "Ein Ziel"}
                outcome = await doer.do(name, row, version, said if name == "propose_goal" else {})
                assert outcome.code in ("not-found", "not-enrolled"), (face, name, outcome)

    async def open(self, who: str, *but: str) -> None:
        ways = await self.ways_in(who)
        assert {name for name, is_open in ways.items() if not is_open} == set(but)


async def new_worker(arena: Arena, *, grant: str = "provider_worker", **scope: str) -> tuple[str, str, str, str]:
    """Somebody new, with a membership and a grant: who, and the ids of actor, membership and grant."""
    story, who = Story(arena), f"new-{uuid4().hex[:8]}"
    actor, membership, held = str(new_id()), str(new_id()), str(new_id())
    said = {"authority_id": str(AUTHORITY), "name": who, "issuer": "development", "subject": who}
    await story.do("administrator", "add_actor", id=actor, **said)
    organisation = str(demo_id("organisation", KOMPASS))
    await story.do("administrator", "add_membership", organisation, id=membership, actor_id=actor, function="Hilfe")
    await story.do("administrator", "propose_grant", actor, id=held, role=grant, **scope)
    await story.do("second_administrator", "approve_grant", held)
    return who, actor, membership, held


async def transmitted(arena: Arena) -> tuple[Story, str, str, str]:
    """A case, and a provider's worker to whom all of it was transmitted: who, membership and access."""
    story = await Story(arena).begin()
    await story.enrol(story.young_person, f"young-{uuid4().hex[:8]}")
    who, actor, membership, _ = await new_worker(arena)
    await story.do(
        "case_worker",
        "propose_goal",
        story.case,
        id=story.goal,
        participant_id=story.young_person,
        statement="Ein Ziel",
    )
    access = str(new_id())
    parts = ["concern", "persons", "questions", "goals", "steps"]
    said = {"parts": parts, "purpose": "Probe", "legal_basis": "§ 64 SGB VIII"}
    await story.do("case_worker", "transmit_case", story.case, id=access, actor_id=actor, **said)
    return story, who, membership, access


async def test_with_a_membership_every_transmission_that_rests_on_it_ends(arena: Arena) -> None:
    story, who, membership, _ = await transmitted(arena)
    assert (await story.ways_in(who))[f"goals/{story.goal}"]
    await story.do("administrator", "end_membership", membership)
    await story.closed(who)


async def test_with_a_case_access_every_path_ends(arena: Arena) -> None:
    story, who, _, access = await transmitted(arena)
    assert (await story.ways_in(who))[f"goals/{story.goal}"]
    await story.do("case_worker", "end_case_access", access)
    await story.closed(who)


async def test_with_the_addressees_access_their_goals_and_steps_are_closed_too(arena: Arena) -> None:
    """Who is named in a row is not enough: without access to the case there is no next step and no own goal."""
    story, who = await Story(arena).begin(), f"young-{uuid4().hex[:8]}"
    await story.enrol(story.young_person, who)
    await story.want(who, story.young_person)
    await story.open(who)
    arena.changed = True
    reader = arena.reader(who)
    await story.do("case_worker", "end_case_access", reader.accesses[0]["id"])
    await story.closed(who)


async def test_the_rules_alone_close_every_path_too(arena_without_second_line: Arena) -> None:
    """The same without row-level security: the rules name the access, not only the person."""
    await test_with_the_addressees_access_their_goals_and_steps_are_closed_too(arena_without_second_line)


async def test_with_a_grant_all_that_it_opened_ends(arena: Arena) -> None:
    who, _, _, grant = await new_worker(arena, grant="social_space_manager", social_space_id=str(UNTERHACHING))
    http = arena.doer(who, "rest").http

    async def sketches() -> tuple[int, int, int]:
        told = (
            await http.post("/graphql", json={"query": "{ caseSketches(first: 9) { nodes { pseudonym } } }"})
        ).json()
        listed, staff = await http.get("/v1/case-sketches"), await http.get("/v1/staff")
        return len(listed.json()["items"]), len(told["data"]["caseSketches"]["nodes"]), len(staff.json()["items"])

    assert all(await sketches())
    pseudonym = (await http.get("/v1/case-sketches")).json()["items"][0]["pseudonym"]
    await Story(arena).do("administrator", "end_grant", grant, 2)
    assert await sketches() == (0, 0, 0)
    assert (await http.get(f"/v1/case-sketches/{pseudonym}")).status_code == 404


async def test_an_undone_enrolment_closes_every_path_and_says_what_was_seen(arena: Arena) -> None:
    story, who = await Story(arena).begin(), f"wrong-{uuid4().hex[:8]}"
    code = await story.enrol(story.young_person, who)
    await story.want(who, story.young_person)
    await story.open(who)
    undone = await story.do("case_worker", "undo_enrolment", story.young_person, None)
    actions = [each["action"] for each in undone["seen"]]
    assert {"enrolment.enrol", "goal.propose", "goal.agree", "step.plan"} <= set(actions)
    assert any(action.startswith("read") and "Case" in action for action in actions)
    assert any("NextStep" in action for action in actions)
    assert "read Goal NextStep" in actions, "whose words it tells, too"
    await story.closed(who)
    again = await arena.doer(who, "rest").do("enrol", said={"code": code})
    assert again.code == "code-refused"


async def test_on_the_18th_birthday_custodians_are_out(arena: Arena, monkeypatch: pytest.MonkeyPatch) -> None:
    who = f"custodian-{uuid4().hex[:8]}"
    story = await Story(arena).begin()
    await story.enrol(story.custodian, who)
    await story.want(who, story.custodian)
    midnight = Midnight(monkeypatch)
    await story.do("case_worker", "correct_participant", story.young_person, born_on=str(midnight.born_on))
    await story.open(who)
    await midnight.passes()
    await story.closed(who)


async def test_a_birthday_that_becomes_known_later_counts_at_once(arena: Arena) -> None:
    who = f"custodian-{uuid4().hex[:8]}"
    story = await Story(arena).begin()
    await story.enrol(story.custodian, who)
    await story.want(who, story.custodian)
    await story.open(who)
    today = Clock().today()
    born_on = today.replace(year=today.year - 18, day=min(today.day, 28)).isoformat()
    await story.do("case_worker", "correct_participant", story.young_person, born_on=born_on)
    await story.closed(who)


async def test_an_ended_login_is_nobodys(arena: Arena) -> None:
    story, who = await Story(arena).begin(), f"young-{uuid4().hex[:8]}"
    await story.enrol(story.young_person, who)
    await story.want(who, story.young_person)
    await story.open(who)
    with psycopg.connect(arena.place.database.superuser) as connection:
        connection.execute("UPDATE login SET valid_to = now() WHERE key = %s", [login_of(who)])
    me = await arena.doer(who, "rest").http.get("/v1/me")
    assert (me.status_code, me.json()["code"]) == (403, "not-enrolled")
    await story.closed(who)


async def test_what_is_valid_from_tomorrow_opens_nothing_today(arena: Arena) -> None:
    story, who, _, access = await transmitted(arena)
    assert (await story.ways_in(who))[f"cases/{story.case}"]
    with psycopg.connect(arena.place.database.superuser) as connection:
        tomorrow = datetime.now(UTC) + timedelta(days=1)
        connection.execute("UPDATE case_access SET valid_from = %s WHERE id = %s", [tomorrow, access])
    await story.closed(who)
    for face in ("manager_from_tomorrow", "manager_until_yesterday", "manager_unapproved"):
        http = arena.doer(face, "rest").http
        assert (await http.get("/v1/case-sketches")).json()["items"] == []
        assert (await http.get("/v1/staff")).json()["items"] == []


async def test_a_grant_takes_four_eyes(arena: Arena) -> None:
    """Neither who proposed it nor whom it is for approves it; until somebody else does, it opens nothing."""
    story, who = Story(arena), "administrator"
    for actor, approver in (("second_administrator", "second_administrator"), ("spare_2", "administrator")):
        grant = str(new_id())
        said = {"role": "social_space_manager", "social_space_id": str(UNTERHACHING)}
        await story.do(who, "propose_grant", demo_id("actor", actor), id=grant, **said)
        for face in FACES:
            outcome = await arena.doer(approver, face).do("approve_grant", grant, 1)
            assert (outcome.status, outcome.code) == (403, "forbidden")
            assert outcome.told["missing"]
        http = arena.doer(actor, "rest").http
        assert (await http.get("/v1/case-sketches")).json()["items"] == []
        held = (await arena.doer(who, "rest").http.get(f"/v1/grants/{grant}")).json()
        assert (held["in_force"], held["approved_by"]) == (False, None)


async def test_a_worker_who_leaves_the_agency_leaves_its_cases(arena: Arena) -> None:
    """Access ends with the membership it was given for: also that of whoever leads the case."""
    story, who = Story(arena), f"worker-{uuid4().hex[:8]}"
    actor, membership, grant = str(new_id()), str(new_id()), str(new_id())
    said = {"authority_id": str(AUTHORITY), "name": who, "issuer": "development", "subject": who}
    await story.do("administrator", "add_actor", id=actor, **said)
    agency = str(demo_id("organisation", PEOPLE["case_worker"].organisation))
    await story.do("administrator", "add_membership", agency, id=membership, actor_id=actor, function="ASD")
    await story.do("administrator", "propose_grant", actor, id=grant, role="case_worker")
    await story.do("second_administrator", "approve_grant", grant)
    await story.do(who, "open_case", id=story.case, social_space_id=str(UNTERHACHING), title="Neu")
    assert (await story.ways_in(who))[f"cases/{story.case}"]
    await story.do("administrator", "end_membership", membership)
    await story.do("administrator", "end_grant", grant, 2)
    assert not (await story.ways_in(who))[f"cases/{story.case}"]
