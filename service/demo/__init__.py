"""A county to try everything with: Landkreis München, with invented regions, people and cases."""

import asyncio
from collections.abc import Mapping
from datetime import date

import psycopg

from service.demo.areas import areas
from service.demo.arrangement import ARRANGEMENT, DECISION, arrangements, decide, element_id
from service.demo.assigned import ASSIGNMENT, assigned, deliver_all
from service.demo.audits import audits
from service.demo.budget_year import Year, agree, play
from service.demo.cases import case_id, cases, goal_id, participant_id, question_id, step_id
from service.demo.clerk import DeskClerk
from service.demo.consultations import CONSULTATION, COUNCIL, consultations
from service.demo.contacts import complaint_offices, contact_points
from service.demo.dialogues import DIALOGUE, REGIONAL_SERIES, SERIES, THEME, fund, gather
from service.demo.families import merge
from service.demo.handovers import handovers, stood_in
from service.demo.identity import demo_id
from service.demo.imports import bring
from service.demo.inquiries import inquiries
from service.demo.loading import load, unforced
from service.demo.other_years import disagree, grant_for_longer, plan_ahead, set_aside
from service.demo.people import PEOPLE, DemoPerson, people
from service.demo.pictures import pictures
from service.demo.places import places
from service.demo.protection import ASSESSMENT as MAIN_ASSESSMENT
from service.demo.protection import protection
from service.demo.reviews import reviews
from service.demo.settled_year import settle
from service.demo.steering import draft_a_reward
from service.demo.stories import MAIN, OF_THE_CUSTODIAN
from service.demo.story import Who
from service.demo.teams import teams
from service.demo.territory import AUTHORITY, CREDIT, OTHER_AUTHORITY, past, region_id, space_id, territory
from service.domain.cases.known import digest_persons
from service.domain.cases.model import Numeral
from service.domain.clock import standing_at
from service.domain.decisions.model import ElementKind
from service.settings import settings
from service.storage.address import conninfo
from service.storage.data_keys import DataKeys
from service.storage.postgres import Storage

UNTERHACHING = space_id("Unterhaching")
HACHINGER_TAL = region_id("Hachinger Tal")
MAIN_CASE = case_id(MAIN)
MAIN_ADDRESSEE = participant_id(MAIN, Who.ADDRESSEE)
MAIN_QUESTION = question_id(MAIN, Numeral.I)
MAIN_GOAL = goal_id(MAIN, MAIN.aims[0])
MAIN_STEP = step_id(MAIN, MAIN.aims[0].steps[0])
MAIN_ARRANGEMENT = ARRANGEMENT
MAIN_ELEMENT = element_id(ElementKind.SPECIALIST)
MAIN_DECISION = DECISION
MAIN_SERIES, MAIN_REGIONAL_SERIES = SERIES, REGIONAL_SERIES
MAIN_DIALOGUE, MAIN_THEME = DIALOGUE, THEME
MAIN_CONSULTATION, FAMILY_COUNCIL = CONSULTATION, COUNCIL
CUSTODIANS_CASE = case_id(OF_THE_CUSTODIAN)

# `case_sketch` is filled by a trigger.
_SEEDED = (
    *("authority", "territory_level", "municipality", "region", "region_membership"),
    *("social_space", "social_space_municipality"),
    *("social_space_change", "social_space_succession", "region_change", "region_succession"),
    *("social_space_area", "social_space_area_ring", "social_space_neighbour"),
    *("organisation", "actor", "login", "membership", "access_grant"),
    *(
        "case_file",
        "case_sketch",
        "case_access",
        "participant",
        "person",
        "representation",
        "known_person",
        "question",
        "answer",
        "goal",
        "step",
    ),
    *("stand_in", "family_inquiry"),
    *("support_arrangement", "arrangement_element", "decision", "review"),
    *("handover", "audit_request", "suggestion", "life_rating", "situation_entry", "tick_off"),
    *("offer", "shared_offer", "disagreement", "county_life_area"),
    *("assignment", "provider_record", "delivery"),
    *("social_space_team", "team_member", "contact_point", "complaint_office"),
    *("consultation_method", "consultation_phase", "consultation", "consultation_participant"),
    *("consultation_sketch", "consultation_entry", "idea", "family_draft", "family_plan"),
    *("endangerment_assessment", "endangerment_member", "endangerment_report"),
    *("endangerment_judgement", "safety_plan"),
    *("field_note", "team_training", "setting_change", "situation_mark", "setting_mark", "contribution_mark"),
    *("perspective", "confidential_counselling"),
)


def seed(owner_address: str, application_address: str, keys: DataKeys, today: date | None = None) -> bool:
    """Fill the database, as the tables' owner and then as anybody is served; false when the demo county is there
    already. The worked budget lies in the last full calendar year."""
    day = today or standing_at(settings().clock).today()
    with psycopg.connect(conninfo(owner_address)) as connection, unforced(connection, *_SEEDED, "budget_agreement"):
        found = "SELECT (SELECT count(*) FROM authority WHERE id = %s), (SELECT count(*) FROM budget_agreement)"
        known, agreed = connection.execute(found, [AUTHORITY]).fetchone() or (0, 0)
        if known and agreed > 1:
            return False
        if not known:
            rows = [*territory(), *past(), *areas(), *people(), *cases(day), *handovers(day), *pictures(day), *audits()]
            rows += [*arrangements(day), *reviews(day), *assigned(), *teams(), *contact_points(), *complaint_offices()]
            rows += [*inquiries(day), *stood_in(day), *protection(day), *consultations(day), *places(day)]
            load(connection, rows, keys)
            digest_persons(connection, keys)
            deliver_all(connection, day)
    asyncio.run(_play(application_address, day, keys))
    return True


async def _play(address: str, today: date, keys: DataKeys) -> None:
    storage = await Storage(address, read_connections=1, write_connections=1, keys=keys).open()
    try:
        clerk = DeskClerk(storage)
        await settle(clerk, Year("the year before", today.year - 2, AUTHORITY, UNTERHACHING))
        await plan_ahead(clerk, Year("last year", today.year - 1, AUTHORITY, UNTERHACHING))
        await play(clerk, Year("last year", today.year - 1, AUTHORITY, UNTERHACHING, releases=True))
        await grant_for_longer(clerk, Year("last year, longer", today.year - 1, AUTHORITY, space_id("Neubiberg")))
        this_year = Year("this year", today.year, AUTHORITY, UNTERHACHING)
        await agree(clerk, this_year)
        await set_aside(clerk, this_year)
        await disagree(clerk, Year("this year, elsewhere", today.year, AUTHORITY, space_id("Oberhaching")))
        await bring(clerk, storage, address, this_year, today)
        await decide(clerk, today)
        await gather(clerk, today)
        await fund(clerk, today)
        await draft_a_reward(clerk, this_year, today)
        await merge(clerk, today)
    finally:
        await storage.close()


def tokens() -> Mapping[str, str]:
    """An access token of the development issuer for each role."""
    from service.api import development_issuer

    return {role: development_issuer.token(settings(), f"demo-{role}") for role in PEOPLE}


__all__ = [
    "ASSIGNMENT",
    "AUTHORITY",
    "CREDIT",
    "CUSTODIANS_CASE",
    "FAMILY_COUNCIL",
    "HACHINGER_TAL",
    "MAIN_ADDRESSEE",
    "MAIN_ARRANGEMENT",
    "MAIN_ASSESSMENT",
    "MAIN_CASE",
    "MAIN_CONSULTATION",
    "MAIN_DECISION",
    "MAIN_DIALOGUE",
    "MAIN_ELEMENT",
    "MAIN_GOAL",
    "MAIN_QUESTION",
    "MAIN_REGIONAL_SERIES",
    "MAIN_SERIES",
    "MAIN_STEP",
    "MAIN_THEME",
    "OTHER_AUTHORITY",
    "PEOPLE",
    "UNTERHACHING",
    "DemoPerson",
    "demo_id",
    "seed",
    "tokens",
]
