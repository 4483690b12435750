"""Child protection in the county of the access tests: teams of all kinds of standing, in every state, beside the main
case and beside one of another authority."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlmodel import SQLModel

from service.demo import MAIN_ADDRESSEE, MAIN_CASE, demo_id
from service.demo.cases import case_id
from service.demo.stories import STORIES_ELSEWHERE
from service.demo.territory import AUTHORITY, OTHER_AUTHORITY
from service.domain.protection.model import (
    EndangermentAssessment,
    EndangermentFinding,
    EndangermentJudgement,
    EndangermentMember,
    EndangermentReport,
    EndangermentState,
    SafetyPlan,
)

FIRST = date(2026, 5, 1)
LET_IN = datetime(2026, 5, 1, 8, tzinfo=UTC)
MANY = 2  # of each state
# `worker_of_space` works nowhere, `told_until_yesterday` is no longer told of the case, but still in the team.
TEAMS = {
    "of the lead": (
        AUTHORITY,
        MAIN_CASE,
        ("case_worker", "worker_of_space", "worker_of_kompass", "provider_worker_unassigned"),
    ),
    "of others": (AUTHORITY, MAIN_CASE, ("second_case_worker", "told_until_yesterday", "provider_worker")),
    "elsewhere": (OTHER_AUTHORITY, case_id(STORIES_ELSEWHERE[0]), ("other_authority",)),
}
ADVISER = "worker_of_kompass"


def protection() -> Iterator[SQLModel]:
    for name, (authority, case, people) in TEAMS.items():
        team = [demo_id("actor", each) for each in people]
        for state in EndangermentState:
            for number in range(MANY if authority == AUTHORITY else 1):
                yield from _one(f"{name} {state} {number}", state, authority, team, case_id=case)


def _one(name: str, state: EndangermentState, authority: Any, team: list[Any], **more: Any) -> Iterator[SQLModel]:
    early = state in ("reported", "screening", "assessment")
    found: dict[str, Any] = (
        {} if early else {"finding": EndangermentFinding.LATENT.value, "reasons": "Probe", "involvement": "Probe"}
    )
    assessment = demo_id("endangerment_assessment", name)
    yield EndangermentAssessment(
        id=assessment,
        authority_id=authority,
        case_pseudonym="PROBE",
        state=state.value,
        team=team,
        endangered=[MAIN_ADDRESSEE] if authority == AUTHORITY else [],
        advisers=[demo_id("actor", ADVISER)] if demo_id("actor", ADVISER) in team else [],
        reported_on=FIRST,
        **found,
        **more,
    )
    within: dict[str, Any] = {"authority_id": authority, "assessment_id": assessment}
    for number, member in enumerate(team):
        yield EndangermentMember(
            id=demo_id("endangerment_member", name, str(number)),
            actor_id=member,
            as_adviser=member == demo_id("actor", ADVISER),
            valid_from=LET_IN,
            valid_to=LET_IN + timedelta(days=1) if number == 1 else None,
            **within,
        )
    # Of the main case: somebody in the team, somebody in the case alone, and somebody who is not in it any more.
    reporters = ("provider_worker", "told_until_yesterday") if authority == AUTHORITY else ("other_authority",)
    for reporter in reporters:
        id = demo_id("endangerment_report", name, reporter)
        by: dict[str, Any] = {"anonymous": True} if reporter == reporters[0] else {"told_by": "Probe"}
        yield EndangermentReport(id=id, reporter_id=demo_id("actor", reporter), words="Probe", **by, **within)
    for number, author in enumerate((*team, demo_id("actor", "second_case_worker"))):
        yield EndangermentJudgement(
            id=demo_id("endangerment_judgement", name, str(number)),
            round=1,
            author_id=author,
            as_adviser=author == demo_id("actor", ADVISER),
            worries="Probe",
            working_well="Probe",
            what_needs_to_happen="Probe",
            finding=EndangermentFinding.LATENT.value,
            **within,
        )
    yield SafetyPlan(
        id=demo_id("safety_plan", name),
        agreements="Probe",
        agreed_with="Probe",
        who_checks="Probe",
        review_on=FIRST,
        author_id=team[0],
        **within,
    )
