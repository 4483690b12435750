"""Cases that were there before: what had outlived its goal falls away, elements keep the goal they served, looking back
is asked anew, and the team of an assessment is no longer whoever had led the case once."""

from datetime import date
from uuid import uuid4

import psycopg

from service.demo import CUSTODIANS_CASE, MAIN_ADDRESSEE, MAIN_ASSESSMENT, MAIN_CASE, MAIN_ELEMENT, MAIN_GOAL, PEOPLE
from service.demo.territory import AUTHORITY
from service.storage.embedded import OWNER
from tests.conftest import Database
from tests.migrating import migrated

LEAD, SECOND, ADVISER, FORMER = (
    PEOPLE[who].actor_id
    for who in ("case_worker", "second_case_worker", "provider_worker_unassigned", "provider_worker")
)


GOAL_IDS_UNDONE = tuple(
    f"ALTER TABLE {table} DROP COLUMN goal_ids, ADD COLUMN goal_id UUID REFERENCES goal"
    for table in ("arrangement_element", "element_change")
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


def test_elements_keep_what_they_serve_without_the_column_for_one_goal(own_database: Database) -> None:
    """By 0108, from what 0087 has made of it; and once more where it was broken off."""
    kept = "SELECT id, goal_ids FROM arrangement_element WHERE goal_ids <> '{}' ORDER BY id"
    changes = "SELECT id, goal_ids, changed FROM element_change ORDER BY id"
    before = own_database.rows(kept), own_database.rows(changes)
    assert all(before)
    undone(
        own_database,
        *(statement.replace("DROP COLUMN goal_ids, ", "") for statement in GOAL_IDS_UNDONE),
        "UPDATE arrangement_element SET goal_id = goal_ids[1] WHERE goal_ids <> '{}'",
        "CREATE FUNCTION take_over_goal() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        f"ALTER FUNCTION take_over_goal OWNER TO {OWNER}",
        """CREATE TRIGGER arrangement_element_serves BEFORE INSERT ON arrangement_element
           FOR EACH ROW WHEN (NEW.goal_id IS NOT NULL) EXECUTE FUNCTION take_over_goal()""",
    )
    for _ in range(2):
        migrated(own_database, "without_one_goal", "without_one_goal")
        assert (own_database.rows(kept), own_database.rows(changes)) == before
    left = """SELECT FROM pg_attribute WHERE attname = 'goal_id' AND NOT attisdropped
              AND attrelid IN ('arrangement_element'::regclass, 'element_change'::regclass)
              UNION ALL SELECT FROM pg_proc WHERE proname = 'take_over_goal'"""
    assert own_database.rows(left) == []


def test_settings_that_were_changed_before_are_marked_by_place_and_household(own_database: Database) -> None:
    """By 0094; as far as the triggers had come, too. What is kept from some is not counted, and a merged case has no
    place."""
    first, second = sorted((MAIN_CASE, CUSTODIANS_CASE))
    ((moved_on,),) = own_database.rows("SELECT id FROM participant WHERE case_id = %s LIMIT 1", MAIN_CASE)
    moved = {"all": "residential_one_group", "author": "residential_several_groups"}
    undone(
        own_database,
        f"UPDATE case_sketch SET household_id = '{first}' WHERE case_id IN ('{first}', '{second}')",
        *(
            f"""INSERT INTO setting_change (authority_id, id, case_id, participant_id, from_place, to_place, from_on,
                words, author_id, audience) VALUES ('{AUTHORITY}', '{uuid4()}', '{MAIN_CASE}', '{moved_on}', '{place}',
                'own_home_of_young_person', now(), 'Probe', '{LEAD}', '{audience}')"""
            for audience, place in moved.items()
        ),
        "DELETE FROM setting_mark WHERE origin IN (SELECT md5(case_id::text)::uuid FROM case_sketch)",
    )
    migrated(own_database, "transitions", "transitions")
    expected = """SELECT md5(entry.id::text)::uuid, sketch.social_space_id, from_place LIKE 'residential%%', from_on
                  FROM setting_change AS entry JOIN case_sketch AS sketch USING (case_id)
                  WHERE audience = 'all' ORDER BY 1"""
    marked = """SELECT id, social_space_id, homeward, changed_on FROM setting_mark
                WHERE origin IN (SELECT md5(case_id::text)::uuid FROM case_sketch) ORDER BY 1"""
    assert own_database.rows(marked) == own_database.rows(expected)
    assert {homeward for _, _, homeward, _ in own_database.rows(marked)} == {True, False}
    shared = "SELECT DISTINCT household FROM setting_mark WHERE origin IN (md5(%s)::uuid, md5(%s)::uuid)"
    assert own_database.rows(shared, str(first), str(second)) == own_database.rows("SELECT md5(%s)::uuid", str(first))
    undone(
        own_database,
        f"UPDATE case_file SET state = 'merged', merged_as = state, merged_into_id = '{CUSTODIANS_CASE}' "
        f"WHERE id = '{MAIN_CASE}'",
        f"UPDATE case_sketch SET merged_into_id = '{CUSTODIANS_CASE}' WHERE case_id = '{MAIN_CASE}'",
        "UPDATE setting_mark SET social_space_id = NULL",
    )
    migrated(own_database, "transitions", "transitions")
    places = "SELECT DISTINCT social_space_id FROM setting_mark WHERE origin = md5(%s)::uuid"
    assert own_database.rows(places, str(MAIN_CASE)) == [(None,)]


def test_a_sketch_without_consent_comes_back_and_who_had_applied_is_known(own_database: Database) -> None:
    """By 0093, of what has gone out by the rule before it."""
    sketch = "UPDATE consultation_sketch SET released_at = now() WHERE id = %s RETURNING consultation_id"
    applied = "UPDATE arrangement_element SET applied_by_id = %s, applicant_id = NULL WHERE id = %s RETURNING id"
    ((id,),) = own_database.rows("SELECT id FROM consultation_sketch ORDER BY id LIMIT 1")
    ((consultation,),) = own_database.rows(sketch, id)
    own_database.rows("UPDATE consultation SET state = 'consented' WHERE id = %s RETURNING id", consultation)
    refused = "UPDATE consultation_participant SET consent = 'asked' WHERE consultation_id = %s RETURNING id"
    own_database.rows(refused, consultation)
    own_database.rows(applied, PEOPLE["addressee"].actor_id, MAIN_ELEMENT)
    migrated(own_database, "in_full", "in_full")
    assert own_database.rows("SELECT released_at FROM consultation_sketch WHERE id = %s", id) == [(None,)]
    applicant = """SELECT participant.actor_id FROM arrangement_element AS element
                   JOIN participant ON participant.id = element.applicant_id WHERE element.id = %s"""
    assert own_database.rows(applicant, MAIN_ELEMENT) == [(PEOPLE["addressee"].actor_id,)]


def test_whoever_wrote_in_family_time_has_taken_part_and_methods_are_new_editions(own_database: Database) -> None:
    """By 0085. What runs goes on by the edition it began with."""
    wrote = "SELECT consultation_id, author_id FROM family_draft ORDER BY id LIMIT 1"
    ((consultation, author),) = own_database.rows(wrote)
    undone(
        own_database,
        "DROP TABLE consultation_entry",
        "ALTER TABLE consultation DROP COLUMN lacking_because",
        """CREATE TEMPORARY TABLE newer AS
               SELECT id, code FROM consultation_method WHERE edition > 1 AND authority_id IS NULL;
           UPDATE consultation SET method_id = older.id FROM consultation_method AS older, newer
               WHERE consultation.method_id = newer.id AND older.code = newer.code AND older.edition = 1;
           DELETE FROM consultation_phase WHERE method_id IN (SELECT id FROM newer);
           DELETE FROM consultation_method WHERE id IN (SELECT id FROM newer)""",
        "ALTER TABLE consultation_method DROP CONSTRAINT consultation_method_authority_id_code_edition_key",
        "ALTER TABLE consultation_method ADD CONSTRAINT consultation_method_authority_id_code_key"
        " UNIQUE (authority_id, code)",
        "ALTER TABLE consultation_method DROP COLUMN edition, DROP COLUMN replaced_on, DROP COLUMN required_roles",
        f"""UPDATE consultation_participant SET consent = 'asked', role = 'family'
            WHERE consultation_id = '{consultation}' AND actor_id = '{author}'""",
    )
    migrated(own_database, "entries", "entries")
    said = "SELECT DISTINCT consent FROM consultation_participant WHERE consultation_id = %s AND actor_id = %s"
    assert own_database.rows(said, consultation, author) == [("given",)]
    editions = """SELECT edition, replaced_on IS NULL, count(DISTINCT code) FROM consultation_method
                  WHERE authority_id IS NULL GROUP BY 1, 2 ORDER BY 1"""
    assert own_database.rows(editions) == [(1, False, 5), (2, True, 5)]
    running = """SELECT DISTINCT edition FROM consultation JOIN consultation_method AS method ON method.id = method_id
                 WHERE method.authority_id IS NULL"""
    assert own_database.rows(running) == [(1,)]


def test_more_can_be_disagreed_with_and_what_was_stays(own_database: Database) -> None:
    """By 0088."""
    before = own_database.rows("SELECT id, about FROM disagreement ORDER BY id")
    undone(
        own_database,
        "ALTER TABLE disagreement DROP CONSTRAINT disagreement_about_check",
        """ALTER TABLE disagreement ADD CONSTRAINT disagreement_about_check
           CHECK (about IN ('case', 'suggestion', 'situation_entry', 'provider_record', 'decision')) NOT VALID""",
    )
    migrated(own_database, "more_to_disagree_with", "more_to_disagree_with")
    assert own_database.rows("SELECT id, about FROM disagreement ORDER BY id") == before
    valid = "SELECT convalidated FROM pg_constraint WHERE conname = 'disagreement_about_check'"
    assert own_database.rows(valid) == [(True,)]


def test_cases_of_siblings_are_one_household_and_what_was_entered_is_marked(own_database: Database) -> None:
    """By 0089; as far as the triggers had come, too."""
    first, second = sorted((MAIN_CASE, CUSTODIANS_CASE))
    undone(
        own_database,
        f"""INSERT INTO sibling_link
            (authority_id, id, version, case_id, sibling_case_id, because, linked_by_id, linked_on) VALUES
            ('{AUTHORITY}', '{uuid4()}', 1, '{first}', '{second}', 'Geschwister', '{LEAD}', now())""",
        "DELETE FROM situation_mark WHERE origin IN (SELECT md5(case_id::text)::uuid FROM case_sketch)",
        "UPDATE case_sketch SET household_id = NULL",
    )
    migrated(own_database, "places", "places")
    household = "SELECT DISTINCT coalesce(household_id, case_id) FROM case_sketch WHERE case_id IN (%s, %s)"
    ((one,),) = own_database.rows(household, first, second)
    entered = """SELECT md5(case_id::text)::uuid, life_area, aspect, max(seen_on) FROM situation_entry
                 WHERE audience = 'all' GROUP BY case_id, life_area, aspect ORDER BY 1, 2, 3"""
    marked = """SELECT origin, life_area, aspect, seen_on FROM situation_mark
                WHERE origin IN (SELECT md5(case_id::text)::uuid FROM case_sketch) ORDER BY 1, 2, 3"""
    assert own_database.rows(marked) == own_database.rows(entered) != []
    shared = "SELECT DISTINCT household FROM situation_mark WHERE origin IN (md5(%s)::uuid, md5(%s)::uuid)"
    assert own_database.rows(shared, str(first), str(second)) == own_database.rows("SELECT md5(%s)::uuid", str(one))


def test_cases_that_had_a_person_in_common_before_are_one_household(own_database: Database) -> None:
    """By 0109, with what was counted of them; and once more where it was broken off."""
    one = "UPDATE known_person SET digest = 'one' WHERE participant_id IN (SELECT participant_id FROM known_person"
    undone(
        own_database,
        "DROP FUNCTION unite_families CASCADE",
        "DROP FUNCTION unite_known",
        *(f"{one} WHERE case_id = '{case}' LIMIT 1)" for case in (MAIN_CASE, CUSTODIANS_CASE)),
        "UPDATE case_sketch SET household_id = NULL",
    )
    migrated(own_database, "known_households", "known_households")
    first = min(MAIN_CASE, CUSTODIANS_CASE)
    household = "SELECT case_id, household_id FROM case_sketch WHERE household_id <> case_id"
    assert own_database.rows(household) == [(max(MAIN_CASE, CUSTODIANS_CASE), first)]
    marked = "SELECT DISTINCT household FROM situation_mark WHERE origin IN (md5(%s)::uuid, md5(%s)::uuid)"
    shared = own_database.rows(marked, str(MAIN_CASE), str(CUSTODIANS_CASE))
    assert shared == own_database.rows("SELECT md5(%s)::uuid", str(first))
    migrated(own_database, "known_households", "known_households")
    assert len(own_database.rows(household)) == 1


def test_a_case_in_which_something_is_kept_already_says_so_and_no_other(own_database: Database) -> None:
    """Also where the migration was broken off, and is called again."""
    not_told = f"""
        UPDATE arrangement_element SET custodians_not_told_because = 'P', custodians_told_on = NULL, applicant_id =
            (SELECT participant_id FROM person
             WHERE person.case_id = arrangement_element.case_id AND born_on IS NOT NULL LIMIT 1)
        WHERE case_id = '{MAIN_CASE}' RETURNING case_id"""
    own_database.rows(not_told)
    counselled = """
        INSERT INTO confidential_counselling (authority_id, id, version, case_id, participant_id, because, began_on,
            review_on)
        SELECT authority_id, gen_random_uuid(), 1, case_id, id, 'P', current_date, current_date FROM participant
        WHERE case_id = %s AND kind = 'addressee' LIMIT 1 RETURNING 1"""
    own_database.rows(counselled, CUSTODIANS_CASE)
    marked = """SELECT case_id, counselled, not_told_until FROM case_sketch
                WHERE counselled OR not_told_until IS NOT NULL ORDER BY 1"""
    before = own_database.rows(marked)
    assert any(counselled for _, counselled, _ in before)
    assert [until is not None for case, _, until in before if str(case) == str(MAIN_CASE)] == [True]
    with psycopg.connect(own_database.superuser, autocommit=True) as connection:
        connection.execute("DROP FUNCTION mark_kept_there CASCADE")
        connection.execute("DROP FUNCTION mark_kept")
        connection.execute("ALTER TABLE case_sketch DROP COLUMN counselled CASCADE, DROP COLUMN not_told_until CASCADE")
    migrated(own_database, "kept_apart", "kept_apart")
    assert own_database.rows(marked) == before
    own_database.rows("UPDATE case_sketch SET counselled = false, not_told_until = NULL RETURNING 1")
    migrated(own_database, "kept_apart", "kept_apart")
    assert own_database.rows(marked) == before


def test_of_a_29_february_it_is_kept_until_the_1_march(own_database: Database) -> None:
    """By 0126, where it was taken to be over on the 28 February."""
    not_told = """
        WITH minor AS (UPDATE person SET born_on = '2012-02-29' WHERE participant_id = %s RETURNING participant_id)
        UPDATE arrangement_element SET custodians_not_told_because = 'P', custodians_told_on = NULL,
            applicant_id = minor.participant_id FROM minor WHERE case_id = %s RETURNING 1"""
    assert own_database.rows(not_told, MAIN_ADDRESSEE, MAIN_CASE)
    until = "SELECT not_told_until FROM case_sketch WHERE case_id = %s"
    assert own_database.rows(until, MAIN_CASE) == [(date(2030, 3, 1),)]
    too_early = "UPDATE case_sketch SET not_told_until = '2030-02-28' WHERE case_id = %s RETURNING 1"
    own_database.rows(too_early, MAIN_CASE)
    migrated(own_database, "kept_uncounted", "kept_uncounted")
    assert own_database.rows(until, MAIN_CASE) == [(date(2030, 3, 1),)]


def test_what_was_one_household_before_is_one_family(own_database: Database) -> None:
    """By 0126, of which whoever works on it is none; and once more where it was broken off."""
    households = "SELECT case_id, household_id FROM case_sketch WHERE household_id <> case_id ORDER BY 1"
    families = "SELECT case_id, family_id FROM case_sketch WHERE family_id <> case_id ORDER BY 1"
    first, second = sorted((MAIN_CASE, CUSTODIANS_CASE))
    own_database.rows("UPDATE case_sketch SET household_id = NULL, family_id = NULL RETURNING 1")
    own_database.rows("UPDATE case_sketch SET household_id = %s WHERE case_id = %s RETURNING 1", first, second)
    for _ in range(2):
        migrated(own_database, "kept_uncounted", "kept_uncounted")
        assert own_database.rows(families) == own_database.rows(households) == [(second, first)]
