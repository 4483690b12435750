"""Sampled cases: asked for, opened to an auditor, and closed again."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import SQLModel

from service.demo import CUSTODIANS_CASE, MAIN_CASE, demo_id
from service.demo.territory import AUTHORITY, OTHER_AUTHORITY
from service.domain.access.model import CaseAccess
from service.domain.cases.audits import AuditRequest
from service.domain.policy import Basis, Part
from tests.access.arranging import CASES

MANY = 8
AUDIT: dict[str, Any] = {"purpose": "Stichprobe", "legal_basis": "§ 67c Abs. 3 SGB X"}
OFFICER = demo_id("actor", "data_protection_officer")


def audits(began: datetime, yesterday: datetime, tomorrow: datetime) -> Iterator[SQLModel]:
    for number in range(MANY):
        yield _request("auditor", f"asked {number}", CUSTODIANS_CASE, tomorrow + timedelta(days=number))
        refused: dict[str, Any] = {"state": "refused", "decided_by_id": OFFICER, "refused_because": "Kein Anlass"}
        yield _request("auditor", f"refused {number}", CUSTODIANS_CASE, tomorrow, **refused)
        # With parts that an audit does not open, whatever stands there.
        yield from _opened("auditor_of_main", f"opened {number}", began, tomorrow)
    yield from _opened("auditor_until_yesterday", "over", began, yesterday)
    _, elsewhere, _, _ = CASES["elsewhere"]
    yield _request("other_authority", "elsewhere", elsewhere, tomorrow, authority=OTHER_AUTHORITY)


def _opened(who: str, name: str, began: datetime, until: datetime) -> Iterator[SQLModel]:
    access = demo_id("access", who, name)
    yield CaseAccess(
        id=access,
        authority_id=AUTHORITY,
        case_id=MAIN_CASE,
        actor_id=demo_id("actor", who),
        basis=Basis.AUDIT.value,
        parts=[part.value for part in Part],
        valid_from=began,
        valid_to=until,
        **AUDIT,
    )
    opened: dict[str, Any] = {"state": "approved", "decided_by_id": OFFICER, "case_access_id": access}
    yield _request(who, name, MAIN_CASE, until, **opened)


def _request(
    who: str, name: str, case: UUID, until: datetime, *, authority: UUID = AUTHORITY, **more: Any
) -> AuditRequest:
    return AuditRequest(
        id=demo_id("audit_request", who, name),
        authority_id=authority,
        case_id=case,
        pseudonym=f"SAMPLE {name}",
        valid_to=until,
        requested_by_id=demo_id("actor", who),
        **AUDIT,
        **more,
    )
