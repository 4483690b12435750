"""What is written of child protection can be read by its team, and by nobody who has the database alone."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest
from structlog.testing import capture_logs

from service.demo import PEOPLE
from service.domain.encrypting import encrypted_columns
from service.storage.data_keys import FORM, DataKeyError, DataKeys, new_key
from service.storage.reencrypting import proved, reencrypt
from tests.cases.conftest import WORKER, Life
from tests.cases.test_child_protection import JUDGED, SECOND
from tests.conftest import KEYS, Database, data_keys
from tests.migrating import migrated

pytestmark = pytest.mark.anyio

COLUMNS = encrypted_columns()
ClientOf = Callable[..., httpx.AsyncClient]


def dump(database: Database) -> str:
    with psycopg.connect(database.superuser) as connection, connection.cursor() as cursor:
        parts = []
        for table in COLUMNS:
            with cursor.copy(f"COPY {table} TO STDOUT".encode()) as copy:
                parts += [bytes(block).decode() for block in copy]
    return "".join(parts)


async def test_a_dump_tells_nothing_and_no_text_opens_elsewhere(life: Life, database: Database) -> None:
    words = "Sie hat blaue Flecken am Arm."
    first = await life.do(WORKER, "report_endangerment", case_id=str(life.case), words=words)
    second = await life.do(WORKER, "report_endangerment", case_id=str(life.case), words="Zum zweiten Mal.")
    assert (first["words"], first["own_assessment"]) == (words, None)
    kept = dump(database)
    for plain in (words, "Zum zweiten Mal.", "Keller", "isst nur in der Schule", "Tante"):
        assert plain not in kept
    for table, (_, names) in COLUMNS.items():
        for name in names:
            assert database.rows(f"SELECT FROM {table} WHERE {name} !~ '^{FORM}$'") == []
    write = "UPDATE endangerment_report SET words = %s WHERE id = %s RETURNING words"
    for plain in (words, "e1. Klasse: er schläft im Unterricht."):
        with pytest.raises(psycopg.errors.CheckViolation):
            database.rows(write, plain, first["id"])
    text = "SELECT words FROM endangerment_report WHERE id = %s"
    (mine,), (others,) = database.rows(text, first["id"])[0], database.rows(text, second["id"])[0]
    database.rows(write, others, first["id"])
    try:
        told = await life.as_(WORKER).one("endangerment_report", first["id"])
        assert (told.status, told.code, told.value["fields"]) == (503, "text-unreadable", ["words"])
    finally:
        database.rows(write, mine, first["id"])
    assert (await life.as_(WORKER).one("endangerment_report", first["id"]))["words"] == words


LATER = {"told_by"}  # never plain: it came after the rest was encrypted


def test_what_was_written_before_is_encrypted_and_keys_are_changed(own_database: Database, tmp_path: Path) -> None:
    """As the migrations find it: plain. And afterwards a new key takes the place of the old one."""
    with psycopg.connect(own_database.superuser, autocommit=True) as connection:
        for table, (compartment, names) in COLUMNS.items():
            connection.execute(f"ALTER TABLE {table} DROP CONSTRAINT {table}_encrypted_check".encode())
            for name in (each for each in names if each not in LATER):
                found = f"SELECT id, authority_id, {name} FROM {table} WHERE {name} IS NOT NULL".encode()
                for id, authority_id, text in connection.execute(found).fetchall():
                    plain = data_keys().decrypt(text, f"{compartment} {authority_id}", f"{table}.{name} {id}")
                    connection.execute(f"UPDATE {table} SET {name} = %s WHERE id = %s".encode(), [plain, id])
        begins = "UPDATE endangerment_report SET words = 'e1. Klasse: ' || words RETURNING id"
        assert len(connection.execute(begins).fetchall()) > 0
    assert "Keller des Nachbarhauses" in dump(own_database)
    migrated(own_database, "nothing_plain", "only_encrypted")
    assert all(plain not in dump(own_database) for plain in ("Keller", "Klasse"))
    assert proved_with(own_database, data_keys())[1] is None

    old, new = Path(os.environ[KEYS]).read_bytes(), new_key()
    both, alone, lost = (tmp_path / name for name in ("both", "alone", "lost"))
    both.write_bytes(new + old)
    alone.write_bytes(new)
    lost.write_bytes(new_key())
    with psycopg.connect(own_database.superuser, autocommit=True) as connection:
        assert reencrypt(connection, DataKeys(both), COLUMNS) > 0
        assert reencrypt(connection, DataKeys(both), COLUMNS) == 0, "once is enough"
    texts, trouble = proved_with(own_database, DataKeys(alone))
    assert (texts > 10, trouble) == (True, None)
    assert "is not in the file" in str(proved_with(own_database, DataKeys(lost))[1])
    lost.write_text("geheim")
    with pytest.raises(DataKeyError, match="is no key"):
        DataKeys(lost)


def proved_with(database: Database, keys: DataKeys) -> tuple[int, str | None]:
    with psycopg.connect(database.superuser) as connection:
        return proved(connection, keys, COLUMNS)


async def test_what_is_encrypted_is_read_one_case_at_a_time(life: Life, client_of: ClientOf) -> None:
    """Over both faces: by one row or within one case, never in a list, or a request, that could be of several."""
    report = await life.do(WORKER, "report_endangerment", case_id=str(life.case), words="Es war laut.")
    assessment, http = report["assessment_id"], client_of(WORKER)
    for path, narrow_by in (
        ("/v1/endangerment-assessments", "case_id"),
        ("/v1/endangerment-assessments?state=reported", "case_id"),
        ("/v1/endangerment-reports", "assessment_id"),
    ):
        refused = (await http.get(path)).json()
        assert (refused["status"], refused["code"], refused["narrow_by"]) == (422, "one-case-at-a-time", [narrow_by])
    for path in (
        f"/v1/endangerment-assessments?case_id={life.case}",
        f"/v1/endangerment-reports?assessment_id={assessment}",
        f"/v1/endangerment-assessments/{assessment}/reports",
    ):
        assert len((await http.get(path)).json()["items"]) == 1, path
    outlines = (await http.get("/v1/endangerment-outlines", params={"state": "reported", "limit": 200})).json()
    assert assessment in {each["id"] for each in outlines["items"]}, "and yet one finds them"

    async def asked(query: str, **given: Any) -> Any:
        return (await http.post("/graphql", json={"query": query, "variables": given})).json()

    one, reports = f'endangermentReport(id: "{report["id"]}") {{ words }}', "reports { nodes { words } }"
    for several in (
        "{ endangermentReports { nodes { words } } }",
        "{ endangermentReports { edges { node { words } } } }",
        f"{{ endangermentAssessments(where: {{state: REPORTED}}) {{ nodes {{ id {reports} }} }} }}",
        f"{{ a: {one} b: {one} }}",
    ):
        (error,) = (await asked(several))["errors"]
        assert error["extensions"]["code"] == "one-case-at-a-time", several
    by_variable = "query($of: UUID) { endangermentReports(where: {assessmentId: $of}) { nodes { words } } }"
    assert (await asked(by_variable))["errors"][0]["extensions"]["narrow_by"] == ["assessmentId"]
    told = await asked(by_variable, of=assessment)
    assert told["data"]["endangermentReports"]["nodes"] == [{"words": "Es war laut."}]
    nested = f'{{ endangermentAssessment(id: "{assessment}") {{ reasons {reports} }} }}'
    assert (await asked(nested))["data"]["endangermentAssessment"]["reports"]["nodes"] == [{"words": "Es war laut."}]
    listed = await asked("{ endangermentAssessments { nodes { id state } } r: endangermentReports { nodes { id } } }")
    assert "errors" not in listed, "without a text they are lists like others"


async def test_a_text_that_cannot_be_opened_keeps_nobody_from_the_others(
    life: Life, client_of: ClientOf, database: Database
) -> None:
    report = await life.do(WORKER, "report_endangerment", case_id=str(life.case), words="Es war laut.")
    assessment, http = UUID(report["assessment_id"]), client_of(WORKER)
    second = {"actor_id": str(PEOPLE[SECOND].actor_id)}
    await life.do(WORKER, "let_into_assessment", assessment, **second)
    for call in ("begin_screening", "begin_assessment"):
        await life.do(WORKER, call, assessment)
    damaged = (await life.do(WORKER, "judge_endangerment", assessment, **JUDGED))["id"]
    whole = (await life.do(SECOND, "judge_endangerment", assessment, **JUDGED))["id"]
    found = {"finding": "acute", "reasons": "Nachts allein.", "involvement": "Mit beiden gesprochen."}
    await life.do(WORKER, "find_endangerment", assessment, **found)
    garbled = "UPDATE {0} SET {1} = overlay({1} placing 'AAAA' FROM 100) WHERE id = %s RETURNING {1}".format
    ((kept,),) = database.rows(garbled("endangerment_judgement", "worries"), damaged)

    with capture_logs() as logs:
        listed = (await http.get(f"/v1/endangerment-assessments/{assessment}/judgements")).json()["items"]
    told = {each["id"]: (each["worries"], each["working_well"], each["unreadable"]) for each in listed}
    assert told == {damaged: (None, "Probe", ["worries"]), whole: ("Probe", "Probe", [])}
    (said,) = (each for each in logs if each["event"] == "text-unreadable")
    assert (said["column"], kept in str(said), "Probe" in str(said)) == ("endangerment_judgement.worries", False, False)
    nested = "judgements { nodes { id w: worries workingWell unreadable } }"
    query = f'{{ endangermentAssessment(id: "{assessment}") {{ reasons {nested} }} }}'
    rows = (await http.post("/graphql", json={"query": query})).json()["data"]["endangermentAssessment"]
    assert {each["id"]: (each["w"], each["unreadable"]) for each in rows["judgements"]["nodes"]} == {
        damaged: (None, ["worries"]),
        whole: ("Probe", []),
    }
    silent = (await http.post("/graphql", json={"query": query.replace(" unreadable ", " ")})).json()
    assert silent["errors"][0]["extensions"]["code"] == "text-unreadable", "no text is null without a word"
    assert (await life.as_(WORKER).one("endangerment_judgement", damaged)).code == "text-unreadable"

    # Nor does it keep a team from acting: what is done stays done, and the answer says what it cannot show.
    database.rows(garbled("endangerment_assessment", "reasons"), assessment)
    called = await life.as_(WORKER).do("call_family_court", assessment, version(database, assessment), reasons="Eilig.")
    assert (called.status, called["state"], called["involvement"]) == (200, "court", found["involvement"])
    assert (called["reasons"], called["unreadable"]) == (None, ["reasons"])
    narrowed = await http.get("/v1/endangerment-assessments", params={"case_id": str(life.case)})
    assert [each["state"] for each in narrowed.json()["items"]] == ["court"]


def version(database: Database, assessment: UUID) -> int:
    return int(database.rows("SELECT version FROM endangerment_assessment WHERE id = %s", assessment)[0][0])
