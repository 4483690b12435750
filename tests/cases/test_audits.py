"""An auditor reads a sampled case: for a purpose, for a time, and once the data-protection officer has approved."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from service.demo import AUTHORITY, PEOPLE, UNTERHACHING
from tests.cases.conftest import WORKER, As, Life
from tests.cases.test_looks import OFFICER, looks, noted
from tests.conftest import Database

pytestmark = pytest.mark.anyio
AUDITOR = "auditor"


def asked(pseudonym: str, days: int = 30) -> dict[str, Any]:
    until = (datetime.now(UTC) + timedelta(days=days)).isoformat()
    said = {"purpose": "Stichprobe", "legal_basis": "§ 67c Abs. 3 SGB X", "valid_to": until}
    return {"authority_id": str(AUTHORITY), "pseudonym": pseudonym, **said}


async def test_a_sampled_case_opens_by_approval_and_closes_again(
    as_: As, life: Life, database: Database, tmp_path: Path
) -> None:
    auditor, goals = as_(AUDITOR), ("case", life.case)
    pseudonym = str((await as_(WORKER).one("case", life.case))["pseudonym"])
    request = str((await life.do(AUDITOR, "request_audit_access", **asked(pseudonym)))["id"])
    assert (await auditor.one("case", life.case)).status == 404, "asking opens nothing"
    assert (await life.tries(AUDITOR, "approve_audit_access", request)).status == 403
    assert (await as_(WORKER).one("audit_request", request)).status == 404

    opened = await life.do(OFFICER, "approve_audit_access", request)
    assert (opened["state"], opened["case_id"]) == ("approved", str(life.case))
    assert (await auditor.one("case", life.case))["title"] == "Ruhe"
    assert (await auditor.one("participant", life.addressee))["name"] == "Hanne Loopgarten"
    for own_words in ("goals", "questions"):
        assert (await auditor.many(own_words, goals)).rows == [], "nobody's own words"
    assert (await life.tries(AUDITOR, "change_case", life.case, title="Anders")).status == 403
    longer = str((await life.do(AUDITOR, "request_audit_access", **asked(pseudonym)))["id"])
    assert (await life.do(OFFICER, "approve_audit_access", longer))["state"] == "approved", "before the first one ends"
    await life.do(OFFICER, "end_audit_access", longer)
    assert (await as_(OFFICER).one("case", life.case)).status == 404, "whoever approves sees nothing of it"

    access = (await as_(WORKER).one("case_access", opened["case_access_id"])).value
    assert (access["basis"], access["purpose"]) == ("audit", "Stichprobe")
    assert (await life.tries(WORKER, "end_case_access", access["id"])).status == 403, "the lead has no say in it"
    noted(database, tmp_path)
    seen = [each for each in await looks(as_, life.login, life.case) if each["basis"] == "audit"]
    assert {(each["function"], *each["topics"]) for each in seen} >= {("Rechnungsprüfung", "case")}

    assert (await life.do(OFFICER, "end_audit_access", request))["state"] == "ended"
    assert (await auditor.one("case", life.case)).status == 404
    assert (await life.tries(OFFICER, "approve_audit_access", request)).code == "impossible-now"


async def test_it_ends_by_itself_and_with_the_auditor_s_role(as_: As, life: Life, database: Database) -> None:
    pseudonym = str((await as_(WORKER).one("case", life.case))["pseudonym"])
    for ending in ("time", "role"):
        request = str((await life.do(AUDITOR, "request_audit_access", **asked(pseudonym)))["id"])
        access = (await life.do(OFFICER, "approve_audit_access", request))["case_access_id"]
        assert (await as_(AUDITOR).one("case", life.case)).status == 200
        with psycopg.connect(database.superuser) as connection:
            held = "SELECT id FROM access_grant WHERE actor_id = %s AND valid_to IS NULL"
            row = connection.execute(held, [PEOPLE[AUDITOR].actor_id]).fetchone()
            assert row is not None
            if ending == "time":
                connection.execute("UPDATE case_access SET valid_to = now() WHERE id = %s", [access])
        if ending == "role":
            await life.do("administrator", "end_grant", row[0])
            with psycopg.connect(database.superuser) as connection:  # for those who come after
                connection.execute("UPDATE access_grant SET valid_to = NULL WHERE id = %s", [row[0]])
        assert (await as_(AUDITOR).one("case", life.case)).status == 404, ending


async def test_what_is_not_to_be_audited_is_refused(as_: As, life: Life, database: Database) -> None:
    pseudonym = str((await as_(WORKER).one("case", life.case))["pseudonym"])
    for said, pointer in ((asked(pseudonym, 91), "#/valid_to"), (asked("NOWHERE"), "#/pseudonym")):
        told = await life.tries(AUDITOR, "request_audit_access", **said)
        assert (told.status, told.value["errors"][0]["pointer"]) == (422, pointer)
    request = str((await life.do(AUDITOR, "request_audit_access", **asked(pseudonym)))["id"])
    part = """INSERT INTO case_access (id, version, authority_id, case_id, actor_id, basis, parts, valid_from, valid_to)
              VALUES (gen_random_uuid(), 1, %s, %s, %s, 'assignment', '{}', now() - interval '1 day', now())"""
    with psycopg.connect(database.superuser) as connection:
        connection.execute(part, [AUTHORITY, life.case, PEOPLE[AUDITOR].actor_id])
    assert (await life.tries(AUDITOR, "request_audit_access", **asked(pseudonym))).code == "not-to-be-audited"
    assert (await life.tries(OFFICER, "approve_audit_access", request)).code == "not-to-be-audited"
    assert (await life.do(OFFICER, "refuse_audit_access", request, reason="Befangen"))["state"] == "refused"


async def test_nobody_decides_who_audits_the_case_of_their_own_family(as_: As, life: Life) -> None:
    """Neither lets an auditor in, nor keeps one out. Of another family than those of the tests beside this one."""
    opened_case = await life.do(WORKER, "open_case", social_space_id=str(UNTERHACHING), title="Abstand")
    case, pseudonym = opened_case["id"], opened_case["pseudonym"]
    opened, waiting = [str((await life.do(AUDITOR, "request_audit_access", **asked(pseudonym)))["id"]) for _ in "12"]
    await life.do(OFFICER, "approve_audit_access", opened)
    somebody = {"kind": "representative", "name": "Neu", "representation": "attorney"}
    relative = (await life.do(WORKER, "add_participant", case, **somebody))["id"]
    code = await life.do(WORKER, "issue_enrolment_code", relative, in_person=True)
    await life.do(OFFICER, "enrol", code=code["code"])
    for operation, request, said in (
        ("approve_audit_access", waiting, {}),
        ("refuse_audit_access", waiting, {"reason": "Lieber nicht"}),
        ("end_audit_access", opened, {}),
    ):
        assert (await life.tries(OFFICER, operation, request, **said)).code == "excluded-from-case", operation
