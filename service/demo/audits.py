"""A sample that the auditor has asked for, and the data-protection officer has not decided yet."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from service.demo.cases import case_id
from service.demo.identity import demo_id, demo_pseudonym
from service.demo.people import PEOPLE
from service.demo.stories import MAIN
from service.domain.cases.audits import AuditRequest


def audits() -> Iterator[AuditRequest]:
    auditor = PEOPLE["auditor"]
    yield AuditRequest(
        id=demo_id("audit_request", MAIN.title),
        authority_id=auditor.authority_id,
        case_id=case_id(MAIN),
        pseudonym=demo_pseudonym(MAIN.title),
        purpose="Stichprobe zur Abrechnung der ambulanten Hilfen",
        legal_basis="§ 67c Abs. 3 SGB X",
        valid_to=datetime.now(UTC) + timedelta(days=60),
        requested_by_id=auditor.actor_id,
    )
