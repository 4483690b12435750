"""What is sealed is noted for those who may ask who looked: each entry once, whoever is killed in between."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import psycopg

from service.domain.sealing.looks import note
from tests.domain.sealing.conftest import Record

CASES = [uuid4(), uuid4()]
ENTRY = """INSERT INTO audit_entry (authority_id, actor_id, action, outcome, cases, trace_id)
           VALUES (gen_random_uuid(), gen_random_uuid(), 'read Case', 'read', %s, '')"""
LOOKS = "SELECT entry, case_id FROM look ORDER BY entry, case_id"


def seen(record: Record, *cases: object) -> None:
    with psycopg.connect(record.database.superuser) as connection:
        connection.execute(ENTRY, [list(cases)])


def test_each_sealed_entry_is_noted_once_for_each_of_its_cases(record: Record) -> None:
    for cases in ((CASES[0],), CASES, (), (CASES[1], CASES[1]), (CASES[0],)):
        seen(record, *cases)
    record.put()  # by a login that nobody is known by
    assert note(record.database.application) == 0, "nothing is sealed yet"
    record.seal_all()
    with psycopg.connect(record.database.application) as killed:
        assert killed.execute("SELECT note_looks(4)").fetchone() == (4,)
        killed.rollback()
    assert record.database.rows(LOOKS) == []
    with psycopg.connect(record.database.application) as stopped:
        assert stopped.execute("SELECT note_looks(2)").fetchone() == (2,)
    with ThreadPoolExecutor(2) as two:
        assert sum(two.map(lambda most: note(record.database.application, most), (1, 3))) == 4
    expected = [(1, CASES[0]), *((2, case) for case in sorted(CASES)), (3, None), (4, CASES[1]), (5, CASES[0])]
    assert record.database.rows(LOOKS) == expected
    seen(record, CASES[0])
    record.seal_all()
    assert note(record.database.application) == 1
    assert record.database.rows(LOOKS) == [*expected, (7, CASES[0])]
    assert note(record.database.application) == 0
