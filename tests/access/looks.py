"""Looks at cases, by everybody whom their rules tell apart."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

from service.demo import CUSTODIANS_CASE, MAIN_CASE, PEOPLE, demo_id
from service.demo.territory import AUTHORITY, OTHER_AUTHORITY
from service.domain.audit import Look

BEGAN = datetime(2026, 3, 28, 22, 30, tzinfo=UTC)  # an hour before midnight, and before the clocks go forward

LOOKED: tuple[tuple[str, UUID | None, str, str], ...] = (
    ("case_worker", MAIN_CASE, "read Case Goal Participant Step", "read"),
    ("case_worker", MAIN_CASE, "step.plan", "done"),
    ("case_worker", CUSTODIANS_CASE, "read Case", "read"),
    ("second_case_worker", MAIN_CASE, "family.ask", "done"),
    ("second_case_worker", MAIN_CASE, "family.ask", "forbidden"),
    ("provider_worker", MAIN_CASE, "read Answer Me Question", "read"),
    ("social_space_manager", MAIN_CASE, "read CaseSketch", "read"),
    ("data_protection_officer", MAIN_CASE, "read CaseAccess", "read"),
    ("addressee", MAIN_CASE, "read NextStep", "read"),
    ("custodian", CUSTODIANS_CASE, "read Decision", "read"),
    ("custodian_now", MAIN_CASE, "goal.drop", "forbidden"),
    ("custodian_until_yesterday", MAIN_CASE, "read Case", "read"),
    ("representative_now", MAIN_CASE, "question.word", "done"),
    ("trusted_now", MAIN_CASE, "read Goal", "read"),
    ("neighbour_now", MAIN_CASE, "step.finish", "done"),
    ("administrator", None, "read Case", "nothing"),
    ("other_authority", demo_id("case", "of another authority"), "read Case", "read"),
)


def looks() -> Iterator[Look]:
    for number, (who, case, action, outcome) in enumerate(LOOKED):
        yield Look(
            id=demo_id("look", str(number)),
            authority_id=OTHER_AUTHORITY if who == "other_authority" else AUTHORITY,
            entry=number + 1,
            case_id=case,
            actor_id=PEOPLE[who].actor_id if who in PEOPLE else demo_id("actor", who),
            at=BEGAN + timedelta(hours=number),
            action=action,
            outcome=outcome,
        )
