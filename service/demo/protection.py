"""Child protection in the demo: an assessment that has come to a safety plan, and two that were just reported. Nothing
in their cases tells of it."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlmodel import SQLModel

from service.demo.cases import case_id, lead_of, participant_id
from service.demo.identity import demo_id, demo_pseudonym
from service.demo.people import PEOPLE, DemoPerson
from service.demo.stories import OF_THE_CUSTODIAN, STORIES
from service.demo.stories_north import NORTH
from service.demo.story import Story, Who
from service.domain.protection.model import (
    EndangermentAssessment,
    EndangermentFinding,
    EndangermentJudgement,
    EndangermentMember,
    EndangermentReport,
    EndangermentState,
    SafetyPlan,
)

ASSESSMENT = demo_id("endangerment_assessment", OF_THE_CUSTODIAN.title)
_WORRIES = (
    ("case_worker", "Seit drei Wochen schläft er im Keller des Nachbarhauses.", EndangermentFinding.LATENT),
    ("second_case_worker", "Er isst nur in der Schule.", EndangermentFinding.LATENT),
    ("provider_worker_unassigned", "Der Ton zu Hause macht ihm Angst.", EndangermentFinding.ACUTE),
)


def protection(today: date) -> Iterator[SQLModel]:
    lead, second, adviser = (PEOPLE[who] for who, *_ in _WORRIES)
    yield _assessment(
        OF_THE_CUSTODIAN,
        today - timedelta(days=21),
        lead,
        team=[second.actor_id, adviser.actor_id],
        endangered=[participant_id(OF_THE_CUSTODIAN, Who.ADDRESSEE)],
        state=EndangermentState.SAFETY_PLAN.value,
        advisers=[adviser.actor_id],
        finding=EndangermentFinding.LATENT.value,
        reasons="Er bleibt nachts fort, und zu Hause fragt ihn niemand, wo er war.",
        involvement="Mit ihm allein in der Schule gesprochen, mit der Mutter am Tag danach.",
    )
    yield _report(OF_THE_CUSTODIAN, lead, "Er schläft im Unterricht ein.", told_by="Schulsozialarbeit, am Telefon")
    moment = datetime.combine(today - timedelta(days=18), time(10), UTC)
    for member in (second, adviser):
        yield EndangermentMember(
            id=demo_id("endangerment_member", member.name),
            authority_id=lead.authority_id,
            assessment_id=ASSESSMENT,
            actor_id=member.actor_id,
            as_adviser=member is adviser,
            valid_from=moment,
        )
    for who, worries, finding in _WORRIES:
        yield EndangermentJudgement(
            id=demo_id("endangerment_judgement", who),
            authority_id=lead.authority_id,
            assessment_id=ASSESSMENT,
            round=1,
            author_id=PEOPLE[who].actor_id,
            as_adviser=PEOPLE[who] is adviser,
            worries=worries,
            working_well="Mit seiner Tante redet er, und beim Training fehlt er nie.",
            what_needs_to_happen="Ein Bett, in dem er jede Nacht sicher schläft.",
            finding=finding.value,
            judged_at=moment,
        )
    yield SafetyPlan(
        id=demo_id("safety_plan", OF_THE_CUSTODIAN.title),
        authority_id=lead.authority_id,
        assessment_id=ASSESSMENT,
        agreements="Er übernachtet bei der Tante, bis zu Hause wieder geredet wird. Die Mutter ruft ihn täglich an.",
        agreed_with="Mutter und Tante; er selbst hat den Ort vorgeschlagen.",
        who_checks="Die Tante meldet jeden Abend, dass er da ist; montags kommen wir vorbei.",
        review_on=today + timedelta(days=7),
        author_id=lead.actor_id,
        agreed_at=moment,
    )
    ours = next(each for each in STORIES if lead_of(each) is lead)
    told: tuple[tuple[Story, str, dict[str, Any]], ...] = (
        (ours, "Nachts war lautes Weinen zu hören.", {"anonymous": True}),
        (NORTH[0], "Seit Tagen trägt sie dieselben Sachen.", {"told_by": "Kita"}),
    )
    for story, words, by in told:
        leading = lead_of(story)
        yield _assessment(story, today - timedelta(days=1), leading)
        yield _report(story, leading, words, **by)


def _assessment(story: Story, reported_on: date, lead: DemoPerson, **more: Any) -> EndangermentAssessment:
    return EndangermentAssessment(
        id=demo_id("endangerment_assessment", story.title),
        authority_id=lead.authority_id,
        case_id=case_id(story),
        case_pseudonym=demo_pseudonym(story.title),
        reported_on=reported_on,
        **more,
    )


def _report(story: Story, reporter: DemoPerson, words: str, **more: Any) -> EndangermentReport:
    return EndangermentReport(
        id=demo_id("endangerment_report", story.title),
        authority_id=reporter.authority_id,
        assessment_id=demo_id("endangerment_assessment", story.title),
        reporter_id=reporter.actor_id,
        words=words,
        **more,
    )
