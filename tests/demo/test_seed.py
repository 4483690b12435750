from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from service import demo
from service.demo.scale import add_cases
from service.demo.territory import MUNICIPALITIES, REGIONS, SOCIAL_SPACES
from service.domain.rows import SECURED
from tests.conftest import Database, _copied, data_keys
from tests.faces import content


def one(county: Database, query: str, *values: object) -> Any:
    ((found,),) = county.rows(query, *values)
    return found


def all_forced(county: Database) -> bool:
    forced = county.rows("SELECT relname FROM pg_class WHERE relforcerowsecurity AND relrowsecurity")
    return {name for (name,) in forced} >= {table.name for table in SECURED}


class TestSeed:
    def test_twice_is_once(self, county: Database) -> None:
        """For the first time it was done before all tests."""
        before = content(county)
        assert not demo.seed(county.owner, county.application, data_keys())
        assert content(county) == before
        assert one(county, "SELECT count(*) FROM authority") == 2
        assert all_forced(county)

    def test_row_security_is_forced_after_a_failure(self, county: Database) -> None:
        from service.demo.loading import unforced

        with (
            psycopg.connect(county.owner) as connection,
            pytest.raises(ZeroDivisionError),
            unforced(connection, "person"),
        ):
            raise ZeroDivisionError
        assert all_forced(county)

    def test_ids_are_uuids_of_version_7_and_never_change(self) -> None:
        assert str(demo.MAIN_CASE) == "019b76da-a800-7f22-bdd0-9a643aba7426"
        assert demo.demo_id("a", "b").version == 7
        assert demo.demo_id("a", "b") != demo.demo_id("ab")

    def test_the_constants_name_what_is_there(self, county: Database) -> None:
        for table, id in {
            "authority": demo.AUTHORITY,
            "region": demo.HACHINGER_TAL,
            "social_space": demo.UNTERHACHING,
            "participant": demo.MAIN_ADDRESSEE,
            "question": demo.MAIN_QUESTION,
            "goal": demo.MAIN_GOAL,
            "step": demo.MAIN_STEP,
            "support_arrangement": demo.MAIN_ARRANGEMENT,
            "arrangement_element": demo.MAIN_ELEMENT,
            "decision": demo.MAIN_DECISION,
            "dialogue": demo.MAIN_DIALOGUE,
            "theme": demo.MAIN_THEME,
        }.items():
            assert one(county, f"SELECT count(*) FROM {table} WHERE id = %s", id) == 1, table


class TestTerritory:
    def test_counts(self, county: Database) -> None:
        assert one(county, "SELECT count(*) FROM municipality") == 29
        assert one(county, "SELECT count(*) FROM municipality WHERE kind = 'town'") == 2
        assert one(county, "SELECT sum(population) FROM municipality") == 348_871

    def test_six_regions_divide_the_county(self) -> None:
        members = Counter(name for names in REGIONS.values() for name in names)
        assert len(REGIONS) == 6
        assert members == Counter(place.name for place in MUNICIPALITIES)
        assert all(3 <= len(names) <= 8 for names in REGIONS.values())

    def test_social_spaces_cover_each_municipality_once(self) -> None:
        covered: dict[str, Decimal] = {}
        for shares in SOCIAL_SPACES.values():
            for name, share in shares.items():
                covered[name] = covered.get(name, Decimal(0)) + share
        assert covered == {place.name: Decimal(1) for place in MUNICIPALITIES}

    def test_what_is_invented_says_so(self, county: Database) -> None:
        assert one(county, "SELECT bool_and(provisional) FROM region")
        assert one(county, "SELECT bool_and(provisional) FROM social_space")


class TestPeople:
    def test_every_grant_was_approved_by_somebody_else(self, county: Database) -> None:
        assert one(county, "SELECT bool_and(approved_by <> actor_id AND approved_at <= now()) FROM access_grant")

    def test_everybody_can_sign_in(self, county: Database) -> None:
        for person in demo.PEOPLE.values():
            found = "SELECT actor_id FROM login WHERE key = %s AND valid_to IS NULL"
            assert one(county, found, f"development:demo-{person.role}") == person.actor_id

    def test_people_of_a_case_have_no_name_outside_of_it(self, county: Database) -> None:
        named = "SELECT count(*) FROM actor JOIN participant ON participant.actor_id = actor.id WHERE actor.name <> ''"
        assert one(county, named) == 0


class TestCases:
    def test_each_has_seven_questions_in_order(self, county: Database) -> None:
        numerals = "SELECT DISTINCT array_agg(numeral ORDER BY position) FROM question GROUP BY case_id"
        assert county.rows(numerals) == [(["I", "II", "III", "IV", "V", "VI", "VII"],)]
        missing = "SELECT count(*) FROM case_file WHERE id NOT IN (SELECT case_id FROM question)"
        assert one(county, missing) == 0

    def test_a_question_is_answered_exactly_when_there_is_an_answer(self, county: Database) -> None:
        odd = """SELECT count(*) FROM question
                 WHERE (state = 'answered') <> (id IN (SELECT question_id FROM answer))"""
        assert one(county, odd) == 0

    def test_words_and_agreed_goals_are_somebodys_own(self, county: Database) -> None:
        for table in ("answer", "goal"):
            odd = f"""SELECT count(*) FROM {table} JOIN participant ON participant.id = {table}.participant_id
                      WHERE participant.actor_id IS DISTINCT FROM {table}.author_id"""
            childs = " AND will_found_out IS NULL" if table == "goal" else ""
            assert one(county, odd + childs) == 0, table

    def test_only_agreed_goals_have_steps(self, county: Database) -> None:
        odd = "SELECT count(*) FROM step JOIN goal ON goal.id = step.goal_id WHERE goal.state = 'draft'"
        assert one(county, odd) == 0

    def test_what_was_due_is_finished(self, county: Database) -> None:
        assert one(county, "SELECT count(*) FROM step WHERE state = 'open' AND due_on < current_date") == 0
        assert one(county, "SELECT count(*) FROM step WHERE (state = 'open') <> (finished_at IS NULL)") == 0

    def test_steps_stay_in_their_case(self, county: Database) -> None:
        odd = """SELECT count(*) FROM step JOIN goal ON goal.id = step.goal_id
                 JOIN participant doer ON doer.id = step.done_by_id
                 JOIN participant wisher ON wisher.id = step.wanted_by_id
                 WHERE NOT (step.case_id = ALL (ARRAY[goal.case_id, doer.case_id, wisher.case_id]))"""
        assert one(county, odd) == 0

    def test_the_main_arrangement_has_all_five_kinds(self, county: Database) -> None:
        kinds = {kind for (kind,) in county.rows("SELECT kind FROM arrangement_element")}
        assert kinds == {"own", "own_network", "community", "regular_institution", "specialist"}
        bound = """SELECT (sum(bound.amount) + (
                       SELECT coalesce(sum(amount), 0) FROM foreseen_commitment
                       WHERE subject_id IN (SELECT id FROM cost_share WHERE element_id = element.id)
                   ))::text
                   FROM arrangement_element AS element JOIN cost_share AS share ON share.element_id = element.id
                   JOIN commitment AS bound ON bound.id = share.commitment_id
                   WHERE element.id = %s AND element.state = 'granted' GROUP BY element.id"""
        assert one(county, bound, demo.MAIN_ELEMENT) == "4560.00", "in the budgets of the years it falls into"

    def test_every_case_has_a_sketch_and_a_lead(self, county: Database) -> None:
        cases = one(county, "SELECT count(*) FROM case_file")
        assert cases == one(county, "SELECT count(*) FROM case_sketch")
        assert cases == one(county, "SELECT count(DISTINCT case_id) FROM case_access WHERE basis = 'assignment'")

    def test_there_are_all_audiences_and_languages(self, county: Database) -> None:
        for table in ("answer", "goal"):
            audiences = {audience for (audience,) in county.rows(f"SELECT audience FROM {table}")}
            assert audiences == {"author", "named", "all"}
        languages = {language for (language,) in county.rows("SELECT language FROM answer")}
        assert languages == {"de", "en", "de-simple"}

    def test_custody_ends_on_the_18th_birthday(self, county: Database) -> None:
        person, access = demo.PEOPLE["custodian"], "basis = 'representation' AND actor_id = %s AND case_id = %s"
        born = "SELECT max(born_on) + interval '18 years' FROM person WHERE case_id = %s"
        ends = f"SELECT (valid_to AT TIME ZONE 'Europe/Berlin') FROM case_access WHERE {access}"
        birthday = one(county, born, demo.CUSTODIANS_CASE)
        assert one(county, ends, person.actor_id, demo.CUSTODIANS_CASE) == birthday

    @pytest.mark.parametrize(
        ("role", "own"),
        [("case_worker", True), ("addressee", True), ("provider_worker", True)]
        + [(role, False) for role in ("second_case_worker", "social_space_manager", "administrator")]
        + [("provider_worker_unassigned", False), ("custodian", False), ("other_authority", False)],
    )
    def test_the_main_case_is_for_those_in_it(self, county: Database, role: str, own: bool) -> None:
        person = demo.PEOPLE[role]
        with psycopg.connect(county.application) as connection:
            setting = "SELECT set_config('service.actor', %s, true), set_config('service.authority', %s, true)"
            connection.execute(setting, [str(person.actor_id), str(person.authority_id)])
            found = connection.execute("SELECT 1 FROM case_file WHERE id = %s", [demo.MAIN_CASE]).fetchone()
        assert (found is not None) is own


@pytest.fixture(scope="module")
def scaled() -> Iterator[Database]:
    """1,107 more cases, in two goes."""
    for county in _copied("demo_scaled_" + uuid4().hex[:12]):
        told = list[int]()
        add_cases(county.owner, 1_100, told.append)
        add_cases(county.owner, 7, told.append)
        assert told == [1_000, 1_100, 7]
        yield county


class TestScale:
    def test_adds_so_many_cases_and_no_other(self, scaled: Database, county: Database) -> None:
        per_case = {"case_file": 1, "case_sketch": 1, "participant": 1, "person": 1, "answer": 1}
        per_case |= {"question": 7, "goal": 3, "step": 9}
        for table, times in per_case.items():
            query = f"SELECT count(*) FROM {table}"
            assert one(scaled, query) - one(county, query) == times * 1_107, table

    def test_row_security_is_forced_afterwards(self, scaled: Database) -> None:
        assert all_forced(scaled)

    def test_three_agreed_goals_with_three_steps_each(self, scaled: Database) -> None:
        steps = """SELECT goal.case_id, goal.id, count(step.id) steps FROM goal JOIN step ON step.goal_id = goal.id
                   JOIN case_file ON case_file.id = goal.case_id
                   WHERE pseudonym ^@ 'S-' AND goal.state = 'agreed' GROUP BY goal.id"""
        goals = f"SELECT count(*), min(steps), max(steps) FROM ({steps}) found GROUP BY case_id"
        assert scaled.rows(f"SELECT DISTINCT * FROM ({goals}) counted") == [(3, 3, 3)]

    def test_the_case_worker_gets_three_hundred(self, scaled: Database) -> None:
        led = """SELECT count(*) FROM case_access JOIN case_file ON case_file.id = case_access.case_id
                 WHERE pseudonym ^@ 'S-' AND actor_id = %s"""
        assert one(scaled, led, demo.PEOPLE["case_worker"].actor_id) == 300

    def test_others_have_about_sixty(self, scaled: Database) -> None:
        led = """SELECT count(*) FROM case_access JOIN login USING (actor_id)
                 WHERE key ^@ 'development:scale-worker-' GROUP BY actor_id"""
        assert {count for (count,) in scaled.rows(led)} <= {40, 60, 27}
