"""Providers in the county of the access tests: a second one in the main case, one whose assignment has ended, and
what is for one person's ears."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import SQLModel

from service.demo import ASSIGNMENT, MAIN_CASE, demo_id
from service.demo.people import KOMPASS, LICHTUNG
from service.demo.territory import AUTHORITY
from service.domain.access.model import CaseAccess
from service.domain.assignments.model import Assignment, Delivery, ProviderRecord
from service.domain.policy import Basis, Part

OF_KOMPASS, OVER_FOR_KOMPASS = demo_id("assignment", KOMPASS), demo_id("assignment", KOMPASS, "over")


def providers(since: datetime, until: datetime) -> Iterator[SQLModel]:
    """Of Kompass: `worker_of_kompass` is named, `worker_no_longer` was until `until`."""
    mine, once = demo_id("actor", "worker_of_kompass"), demo_id("actor", "worker_no_longer")
    for id, ended in ((OF_KOMPASS, None), (OVER_FOR_KOMPASS, until)):
        yield Assignment(
            id=id,
            **_of_case(KOMPASS),
            case_pseudonym="PROBE",
            task="Probe",
            parts=[Part.QUESTIONS.value],
            purpose="Probe",
            legal_basis="§ 64 SGB VIII",
            valid_from=since,
            valid_to=ended,
        )
    for who, id, ended in ((mine, OF_KOMPASS, None), (once, OF_KOMPASS, until), (once, OVER_FOR_KOMPASS, until)):
        yield CaseAccess(
            authority_id=AUTHORITY,
            case_id=MAIN_CASE,
            actor_id=who,
            assignment_id=id,
            basis=Basis.TRANSMISSION.value,
            parts=[Part.QUESTIONS.value],
            purpose="Probe",
            legal_basis="§ 64 SGB VIII",
            valid_from=since,
            valid_to=ended,
        )
    for number, (kind, audience, named) in enumerate(
        (
            ("progress", "all", []),
            ("progress", "author", []),
            ("progress", "named", [demo_id("actor", "case_worker")]),
            ("note", "all", []),
            ("note", "all", []),
        )
    ):
        yield ProviderRecord(
            id=demo_id("provider_record", KOMPASS, str(number)),
            **_of_case(KOMPASS),
            assignment_id=OF_KOMPASS,
            kind=kind,
            words=f"Bericht {number}",
            author_id=once if number == 4 else mine,
            audience=audience,
            audience_of=named,
        )
    worker = demo_id("actor", "provider_worker")
    its_end, out = "assignment", "goal"
    for organisation, assignment, recipient, removed, about in (
        (KOMPASS, OF_KOMPASS, None, None, "delivered"),
        (KOMPASS, OF_KOMPASS, mine, None, "delivered"),
        (KOMPASS, OF_KOMPASS, once, None, "delivered"),
        (KOMPASS, OF_KOMPASS, once, its_end, "delivered"),
        (KOMPASS, OVER_FOR_KOMPASS, None, None, "delivered"),
        (KOMPASS, OVER_FOR_KOMPASS, None, its_end, "delivered"),
        (LICHTUNG, ASSIGNMENT, worker, None, "delivered"),
        # Taken out of the case, what was told of it before with it; and back in it.
        (KOMPASS, OF_KOMPASS, None, None, "taken out"),
        (KOMPASS, OF_KOMPASS, mine, None, "taken out"),
        (KOMPASS, OF_KOMPASS, None, out, "taken out"),
        (KOMPASS, OF_KOMPASS, None, None, "taken out"),
    ):
        yield Delivery(
            **_of_case(organisation),
            assignment_id=assignment,
            case_pseudonym="PROBE",
            recipient_id=recipient,
            kind="goal.change",
            subject=removed or "goal",
            subject_id=demo_id("goal", about),
            version=1,
            removal=removed is not None,
            content=None if removed else {"statement": "Probe"},
        )


def _of_case(organisation: str) -> dict[str, Any]:
    organisation_id: UUID = demo_id("organisation", organisation)
    return {"authority_id": AUTHORITY, "case_id": MAIN_CASE, "organisation_id": organisation_id}
