"""Who the demo's cases are offered to: an enquiry shown on, a move to another part of the county, and two that were
taken back because nobody moved after all. And who acted in whose place."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from service.demo.cases import case_id, lead_of
from service.demo.identity import demo_id, demo_pseudonym
from service.demo.people import PEOPLE
from service.demo.stories import MAIN, OF_THE_CUSTODIAN, STORIES
from service.demo.story import Story
from service.demo.territory import space_id
from service.domain.access.model import CaseAccess
from service.domain.cases.handovers import Handover, HandoverKind, HandoverState
from service.domain.cases.model import CaseState
from service.domain.cases.stand_ins import StandIn
from service.domain.clock import midnight
from service.domain.policy import Basis, Part


def handovers(today: date) -> Iterator[Handover]:
    ours = [story for story in STORIES if lead_of(story) is PEOPLE["case_worker"]]
    enquiry = next(story for story in ours if story.state is CaseState.ENQUIRY)
    yield _handover(
        enquiry,
        HandoverKind.REDIRECTION,
        receiving_body="Schuldnerberatung im Landkreis, offene Sprechstunde",
        call_back_on=today + timedelta(days=9),
    )
    *_, moving = (story for story in ours if story.state is CaseState.COUNSELLING)
    yield _handover(
        moving,
        HandoverKind.TRANSFER,
        receiver_id=PEOPLE["second_case_worker"].actor_id,
        social_space_id=space_id("Garching b. München"),
    )
    theirs = next(story for story in STORIES if story.state is CaseState.ENQUIRY and story not in ours)
    yield _handover(
        theirs,
        HandoverKind.REDIRECTION,
        receiving_body="Schwangerenberatung, Anmeldung",
        call_back_on=today + timedelta(days=4),
    )
    for story, days in ((MAIN, 90), (OF_THE_CUSTODIAN, 20)):
        yield _handover(
            story,
            HandoverKind.TRANSFER,
            state=HandoverState.WITHDRAWN.value,
            receiving_body="Stadtjugendamt der Nachbarstadt, Eingangszone",
            settled_on=today - timedelta(days=days),
        )


def stood_in(today: date) -> Iterator[StandIn | CaseAccess]:
    """In the first case worker's holidays, which are over, somebody else acted in the main case."""
    away, acting = PEOPLE["case_worker"], PEOPLE["second_case_worker"]
    days: dict[str, Any] = {
        "valid_from": midnight(today - timedelta(days=75)),
        "valid_to": midnight(today - timedelta(days=60)),
    }
    stand_in = StandIn(
        id=demo_id("stand_in", away.role),
        authority_id=away.authority_id,
        absent_id=away.actor_id,
        actor_id=acting.actor_id,
        **days,
    )
    yield stand_in
    yield CaseAccess(
        id=demo_id("access", "stand_in", MAIN.title),
        authority_id=away.authority_id,
        case_id=case_id(MAIN),
        actor_id=acting.actor_id,
        stand_in_id=stand_in.id,
        basis=Basis.ASSIGNMENT.value,
        parts=[part.value for part in Part],
        **days,
    )


def _handover(story: Story, kind: HandoverKind, **more: Any) -> Handover:
    lead = lead_of(story)
    return Handover(
        id=demo_id("handover", story.title),
        authority_id=lead.authority_id,
        case_id=case_id(story),
        pseudonym=demo_pseudonym(story.title),
        kind=kind.value,
        offered_by_id=lead.actor_id,
        **more,
    )
