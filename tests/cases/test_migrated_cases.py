"""Cases that were there before: what had outlived its goal falls away, elements keep the goal they served, looking back
is asked anew, and the team of an assessment is no longer whoever had led the case once."""

from uuid import uuid4

import psycopg

from service.demo import CUSTODIANS_CASE, MAIN_ASSESSMENT, MAIN_CASE, MAIN_ELEMENT, MAIN_GOAL, PEOPLE
from service.demo.territory import AUTHORITY
from service.storage.embedded import OWNER
from tests.conftest import Database
from tests.migrating import migrated

LEAD, SECOND, ADVISER, FORMER = (
    PEOPLE[who].actor_id
    for who in ("case_worker", "second_case_worker", "provider_worker_unassigned", "provider_worker")
)


GOAL_IDS_UNDONE = (
    "DROP FUNCTION take_over_goal CASCADE",
    "ALTER TABLE arrangement_element DROP COLUMN goal_ids",
    "ALTER TABLE element_change DROP COLUMN goal_ids",
)


def undone(database: Database, *statements: str) -> None:
    """As it was before the migration."""
    with psycopg.connect(database.superuser, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def test_whoever_leads_is_in_the_team_by_that_and_whoever_had_led_is_out(own_database: Database) -> None:
    undone(
        own_database,
        "DROP VIEW endangerment_team",
        "DROP TABLE endangerment_member",
        "ALTER TABLE endangerment_assessment DROP COLUMN endangered",
        "ALTER TABLE endangerment_assessment ADD CONSTRAINT endangerment_assessment_team_check CHECK (true)",
        "ALTER TABLE endangerment_report DROP COLUMN told_by, DROP COLUMN anonymous",
        "ALTER TABLE endangerment_report ADD CONSTRAINT endangerment_report_encrypted_check CHECK (true)",
        f"""INSERT INTO case_access (authority_id, id, version, case_id, actor_id, basis, parts, valid_to) VALUES
            ('{AUTHORITY}', '{uuid4()}', 1, '{CUSTODIANS_CASE}', '{FORMER}', 'assignment', '{{}}', 'tomorrow')""",
        f"""UPDATE endangerment_assessment SET team = '{{{LEAD},{FORMER},{SECOND},{ADVISER}}}'
            WHERE id = '{MAIN_ASSESSMENT}'""",
    )
    migrated(own_database, "teams_with_dates", "teams_with_dates")
    team = "SELECT team, advisers FROM endangerment_assessment WHERE id = %s"
    assert own_database.rows(team, MAIN_ASSESSMENT) == [([SECOND, ADVISER], [ADVISER])]
    members = """SELECT actor_id, as_adviser, member.valid_from = assessment.created_at
                 FROM endangerment_member AS member
                 JOIN endangerment_assessment AS assessment ON assessment.id = assessment_id
                 WHERE assessment_id = %s ORDER BY as_adviser"""
    assert own_database.rows(members, MAIN_ASSESSMENT) == [(SECOND, False, True), (ADVISER, True, True)]


def test_steps_that_had_outlived_their_goal_or_case_fall_away(own_database: Database) -> None:
    undone(
        own_database,
        "DROP VIEW appointment",
        "ALTER TABLE goal DROP COLUMN looking_back_found_out",
        "ALTER TABLE step DROP COLUMN dropped_with, DROP COLUMN done_with_id",
        "CREATE VIEW appointment AS SELECT 1",
        f"ALTER VIEW appointment OWNER TO {OWNER}",
        f"UPDATE step SET state = 'open', remark = NULL, finished_at = NULL WHERE case_id = '{MAIN_CASE}'",
        f"UPDATE goal SET state = 'agreed', agreed_at = now() WHERE case_id = '{MAIN_CASE}'",
        f"UPDATE goal SET state = 'reached' WHERE id = '{MAIN_GOAL}'",
        f"UPDATE step SET remark = 'Mein Wort' WHERE goal_id = '{MAIN_GOAL}'",
    )
    migrated(own_database, "steps", "steps")
    now = "SELECT DISTINCT state, dropped_with, remark FROM step WHERE case_id = %s AND (goal_id = %s) = %s"
    assert own_database.rows(now, MAIN_CASE, MAIN_GOAL, True) == [("dropped", "goal_ended", "Mein Wort")]
    assert own_database.rows(now, MAIN_CASE, MAIN_GOAL, False) in ([], [("open", None, None)]), "the others go on"


def test_elements_keep_their_goal_and_looking_back_before_the_last_review_was_another_cycle(
    own_database: Database,
) -> None:
    answered = f"case_id = '{MAIN_CASE}' AND numeral = 'VII'"
    undone(
        own_database,
        "ALTER TABLE question DROP CONSTRAINT question_case_id_position_cycle_key, DROP COLUMN cycle",
        "ALTER TABLE question ADD CONSTRAINT question_case_id_position_key UNIQUE (case_id, position)",
        *GOAL_IDS_UNDONE,
        f"UPDATE arrangement_element SET goal_id = '{MAIN_GOAL}' WHERE id = '{MAIN_ELEMENT}'",
        f"UPDATE question SET state = 'answered', updated_at = now() - interval '90 days' WHERE {answered}",
        f"""INSERT INTO review
            (authority_id, id, version, case_id, kind, state, due_on, held_on, took_part, words) VALUES
            ('{AUTHORITY}', '{uuid4()}', 1, '{MAIN_CASE}', 'reflection', 'held', now(), now(), '{{}}', 'Probe')""",
    )
    migrated(own_database, "goals_and_cycles", "goals_and_cycles")
    serving = "SELECT goal_ids FROM arrangement_element WHERE id = %s"
    assert own_database.rows(serving, MAIN_ELEMENT) == [([MAIN_GOAL],)]
    undone(own_database, f"UPDATE arrangement_element SET goal_id = NULL WHERE id = '{MAIN_ELEMENT}'")
    assert own_database.rows(serving, MAIN_ELEMENT) == [([],)], "what a server of the version before writes"
    cycles = f"SELECT cycle, state FROM question WHERE {answered} ORDER BY cycle"
    assert own_database.rows(cycles) == [(1, "answered"), (2, "not_started")]
