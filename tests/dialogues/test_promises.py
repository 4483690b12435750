"""What a dialogue promises those who come: nothing they bring is lost, the region answers, what is public is public
once it is released, and nobody's name or case is in it."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import psycopg
import pytest
from sqlmodel import SQLModel

from service import demo
from service.api.app import Application
from service.demo import MAIN_ADDRESSEE, MAIN_CASE, UNTERHACHING, demo_id
from service.demo.loading import load
from service.demo.people import LICHTUNG
from service.domain.access.model import Membership
from service.domain.rows import SECURED, Shape
from service.domain.values import new_id
from service.domain.views import VIEWS, View
from tests.conftest import Database
from tests.dialogues.conftest import MANAGER, REGIONAL, Talk

pytestmark = pytest.mark.anyio
OURS = ("dialogue_series", "dialogue", "dialogue_participant", "theme", "theme_need", "theme_step", "measure")
RELEASED = ("dialogue_announcement", "minutes_release", "released_theme")
TO_COME = {"starts_at": "2099-03-02T18:30:00+01:00", "ends_at": "2099-03-02T20:30:00+01:00"}
BERLIN = ZoneInfo("Europe/Berlin")
SECRET = "Wilma Geheimgarten"


class TestClosing:
    async def test_names_each_theme_that_has_neither_a_next_step_nor_a_stated_rest(self, talk: Talk) -> None:
        meeting = await talk.meeting()
        owner = await talk.participant(meeting)
        lost, also, going, resting, done = [await talk.theme(meeting, title=f"Thema {n}") for n in range(5)]
        await talk.step(going, owner)
        await talk.do(MANAGER, "park_theme", resting, rests_because="Umbau bis Juni")
        await talk.do(MANAGER, "resolve_theme", done, result="Erledigt")
        await talk.held(meeting, (owner,))
        await talk.do(MANAGER, "release_minutes", meeting, themes=[])
        refused = await talk.tries(MANAGER, "close_dialogue", meeting)
        assert (refused.status, refused.code) == (409, "themes-without-next-step")
        assert set(refused.value["themes"]) == {lost, also}
        assert set(refused.value["titles"]) == {"Thema 0", "Thema 1"}
        await talk.step(lost, owner)
        refused = await talk.tries(MANAGER, "close_dialogue", meeting)
        assert refused.value["themes"] == [also]
        await talk.do(MANAGER, "park_theme", also, rests_because="Erst nach der Wahl", rests_until="2027-01-01")
        assert (await talk.do(MANAGER, "close_dialogue", meeting))["state"] == "closed"

    async def test_a_step_that_is_done_is_no_next_one(self, talk: Talk) -> None:
        meeting = await talk.meeting()
        owner = await talk.participant(meeting)
        theme = await talk.theme(meeting)
        await talk.step(theme, owner)
        ((step,),) = talk.database.rows("SELECT id FROM theme_step WHERE theme_id = %s", theme)
        await talk.do(MANAGER, "finish_theme_step", step)
        await talk.held(meeting, (owner,))
        released = await talk.do(MANAGER, "release_minutes", meeting, themes=[theme])
        rows = (await talk.as_(None).many("released_themes")).rows
        (told,) = [row for row in rows if row["release_id"] == released["id"]]
        assert (told["next_steps"], told["next_due_on"]) == ([], None)
        assert (await talk.tries(MANAGER, "close_dialogue", meeting)).code == "themes-without-next-step"

    async def test_a_theme_that_has_rested_comes_to_another_meeting(self, talk: Talk) -> None:
        first, second = await talk.meeting(), await talk.meeting()
        theme = await talk.theme(first)
        await talk.do(MANAGER, "park_theme", theme, rests_because="Umbau", rests_until="2026-06-01")
        again = await talk.do(MANAGER, "collect_theme", theme, dialogue_id=second)
        assert (again["state"], again["dialogue_id"]) == ("collected", second)
        assert (again["rests_because"], again["rests_until"]) == (None, None)


class TestUpAndBack:
    async def test_the_region_takes_a_theme_up_and_its_answer_comes_back(self, talk: Talk) -> None:
        meeting = await talk.meeting()
        theme = await talk.theme(meeting)
        up = await talk.do(MANAGER, "take_up_theme", theme, series_id=talk.regional)
        assert (up["state"], up["origin_id"], up["social_space_id"]) == ("raised", theme, None)
        assert up["concerns"] == "Er fährt zu früh."
        here = await talk.as_(MANAGER).one("theme", theme)
        assert (here["state"], here["answer"]) == ("escalated", None)
        assert (await talk.tries(MANAGER, "work_on_theme", theme)).code == "answer-still-due"
        assert (await talk.tries(MANAGER, "resolve_theme", up["id"], result="Ja")).code == "forbidden"

        region = await talk.meeting(REGIONAL, talk.regional)
        await talk.do(REGIONAL, "collect_theme", up["id"], dialogue_id=region)
        await talk.do(REGIONAL, "resolve_theme", up["id"], result="Ab Mai fährt er um elf.")
        back = await talk.as_("case_worker").one("theme", theme)
        assert (back["state"], back["answer"]) == ("escalated", "Ab Mai fährt er um elf.")
        assert back["answered_at"] is not None
        assert back.version == here.version + 1
        assert (await talk.do(MANAGER, "work_on_theme", theme))["state"] == "in_work"

    async def test_that_it_rests_there_is_an_answer_too(self, talk: Talk) -> None:
        theme = await talk.theme(await talk.meeting())
        up = await talk.do(REGIONAL, "take_up_theme", theme, series_id=talk.regional)
        await talk.do(REGIONAL, "park_theme", up["id"], rests_because="Der Kreis entscheidet im Herbst.")
        assert (await talk.as_(MANAGER).one("theme", theme))["answer"] == "Der Kreis entscheidet im Herbst."

    async def test_only_the_region_that_the_space_lies_in_takes_it_up(self, talk: Talk) -> None:
        theme = await talk.theme(await talk.meeting())
        for wrong in (talk.series, str(new_id())):
            told = await talk.tries(MANAGER, "take_up_theme", theme, series_id=wrong)
            assert (told.code, told.value["series_id"]) == ("other-region", wrong)
        assert (await talk.as_(MANAGER).one("theme", theme))["state"] == "collected"


class TestThePublic:
    async def test_reads_minutes_once_they_are_released_and_nothing_else(self, talk: Talk) -> None:
        meeting = await talk.meeting()
        owner = await talk.participant(meeting, name="Amt")
        resident = await talk.participant(meeting, "resident", name=SECRET)
        absent = await talk.participant(meeting, "resident")
        shown, inside = await talk.theme(meeting, title="Gezeigt"), await talk.theme(meeting, title="Intern")
        await talk.step(shown, resident)
        await talk.do("case_worker", "state_need", shown, what="Ein Fahrer", kind="regional_actor", form="Zusage")
        await talk.held(meeting, (owner, resident))
        release = str(new_id())
        assert (await talk.as_(None).one("minutes_release", release)).status == 404
        assert meeting not in str([row for row in (await talk.as_(None).many("minutes_releases")).rows])

        await talk.do(MANAGER, "release_minutes", meeting, id=release, themes=[shown])
        told = await talk.as_(None).one("minutes_release", release)
        assert (told["minutes"], told["attendance"]) == ("Es ging um den Bus.", {"agency": 1, "resident": 1})
        assert told["when"] == "Montag, 2. März 2026, 18:30 Uhr"
        assert told["held_at"] == "2026-03-02T17:30:00+00:00"
        themes = [row for row in (await talk.as_(None).many("released_themes")).rows if row["release_id"] == release]
        (theme,) = themes
        assert (theme["theme_id"], theme["title"]) == (shown, "Gezeigt")
        assert (theme["needs"], theme["next_steps"]) == (["Ein Fahrer (Zusage)"], ["Beim Betrieb fragen"])
        for hidden in (SECRET, "Nur für uns.", inside, owner, resident, absent):
            assert hidden not in json.dumps([told.value, themes], default=str)
        for path in (("dialogue", meeting), ("theme", shown), ("theme", inside), ("dialogue_participant", resident)):
            assert (await talk.as_(None).one(*path)).status in (401, 404), path
        assert (await talk.as_("addressee").one("dialogue", meeting)).status == 404

    async def test_is_told_of_a_meeting_to_come_once_it_is_announced(self, talk: Talk) -> None:
        said = {"title": "Was brauchen wir?", "venue": "Rathaus", **TO_COME}
        meeting = str((await talk.do(MANAGER, "plan_dialogue", talk.series, **said))["id"])
        resident = await talk.participant(meeting, "resident", name=SECRET)
        public = talk.as_(None)
        assert meeting not in str((await public.many("dialogue_announcements")).rows)
        assert (await talk.tries("case_worker", "announce_dialogue", meeting, welcome="Alle")).status == 403
        announced = await talk.do(MANAGER, "announce_dialogue", meeting, welcome="Alle, die hier wohnen.")

        told = await public.one("dialogue_announcement", announced["id"])
        assert (told["when"], told["state"]) == ("Montag, 2. März 2099, 18:30 Uhr", "announced")
        assert (told["venue"], told["welcome"]) == ("Rathaus", "Alle, die hier wohnen.")
        for hidden in (SECRET, resident):
            assert hidden not in json.dumps(told.value, default=str)
        assert (await public.one("dialogue", meeting)).status in (401, 404)
        again = await talk.tries(MANAGER, "announce_dialogue", meeting, welcome="Alle")
        assert (again.status, again.code, again.value["announcement_id"]) == (409, "announced-already", told["id"])

        await talk.do(MANAGER, "change_dialogue", meeting, venue="Bücherei")
        assert (await public.one("dialogue_announcement", told["id"]))["venue"] == "Bücherei"
        (there,) = [r for r in (await public.many("dialogue_announcements")).rows if r["dialogue_id"] == meeting]
        assert there["id"] == told["id"]
        http, address = talk.client_of(None), "/v1/dialogue-announcements"
        for since, found in (("2099-03-02", True), ("2099-03-03", False)):
            page = (await http.get(address, params={"since": since, "limit": 200})).json()["items"]
            assert (told["id"] in [each["id"] for each in page]) == found, since

        await talk.do(MANAGER, "call_off_dialogue", told["id"])
        gone = await public.one("dialogue_announcement", told["id"])
        assert (gone["state"], gone["state_label"]) == ("called_off", "abgesagt")
        await talk.do(MANAGER, "change_dialogue", meeting, venue="Turnhalle")
        assert (await public.one("dialogue_announcement", told["id"]))["venue"] == "Bücherei"
        assert (await talk.tries(MANAGER, "call_off_dialogue", told["id"])).code == "impossible-now"

    async def test_is_not_told_of_a_meeting_that_has_begun(self, talk: Talk) -> None:
        refused = await talk.tries(MANAGER, "announce_dialogue", await talk.meeting(), welcome="Alle")
        assert (refused.status, refused.code) == (409, "dialogue-has-begun")

    async def test_what_is_released_stays_as_it_was_said(self, talk: Talk) -> None:
        meeting = await talk.meeting()
        theme = await talk.theme(meeting)
        await talk.held(meeting)
        release = (await talk.do(MANAGER, "release_minutes", meeting, themes=[theme]))["id"]
        await talk.do("case_worker", "change_theme", theme, concerns="Inzwischen anders.")
        rows = (await talk.as_(None).many("released_themes")).rows
        assert [row["concerns"] for row in rows if row["release_id"] == release] == ["Er fährt zu früh."]
        wrong = await talk.meeting()
        await talk.held(wrong)
        assert (await talk.tries(MANAGER, "release_minutes", wrong, themes=[theme])).code == "invalid-input"

    def test_is_kept_to_it_by_row_level_security_too(self) -> None:
        tables = SQLModel.metadata.tables
        assert {SECURED[tables[name]][0] for name in OURS} == {Shape.AUTHORITY}
        assert {name: SECURED[tables[name]][0] for name in RELEASED} == {
            "dialogue_announcement": Shape.OPEN,
            "minutes_release": Shape.RELEASED,
            "released_theme": Shape.RELEASED,
        }

    async def test_hears_when_it_was_in_its_own_words(self, client_of: Callable[..., httpx.AsyncClient]) -> None:
        there = (await client_of().get("/v1/minutes-releases?limit=1")).json()["items"][0]
        for language, said in (("en", "{0:%H:%M}"), ("de-simple", "Um {0:%H:%M} Uhr.")):
            path = f"/v1/minutes-releases/{there['id']}"
            told = (await client_of().get(path, headers={"accept-language": language})).json()
            local = datetime.fromisoformat(there["held_at"]).astimezone(BERLIN)
            assert told["when"].endswith(said.format(local)), told["when"]


class TestWhoeverLivesThere:
    async def test_takes_part_without_an_account_and_is_named_to_whoever_moderates_alone(self, talk: Talk) -> None:
        meeting = await talk.meeting()
        resident = await talk.participant(meeting, "resident", name=SECRET)
        office = await talk.participant(meeting, "municipality", name="Jugendreferat")
        assert (await talk.as_(MANAGER).one("dialogue_participant", resident))["name"] == SECRET
        for who in ("case_worker", "provider_worker", "controller"):
            told = await talk.as_(who).one("dialogue_participant", resident)
            assert (told.value.get("name"), told["withheld"], told["account"]) == (None, ["name"], False), who
            assert (await talk.as_(who).one("dialogue_participant", office))["name"] == "Jugendreferat"

    async def test_brings_an_idea_and_nobody_is_told_who_it_was(self, talk: Talk) -> None:
        idea = await talk.theme(who="addressee", title="Reparaturtreff")
        mine = await talk.as_("addressee").one("theme", idea)
        assert (mine["raised_by_me"], mine["raised_by_kind"], mine["state"]) == (True, "resident", "raised")
        await talk.do("addressee", "change_theme", idea, resources="Eine Werkstatt")
        seen = await talk.as_(MANAGER).one("theme", idea)
        assert seen["raised_by_me"] is False
        reworded = await talk.tries(MANAGER, "change_theme", idea, concerns="Wie das Amt es sieht")
        assert reworded.code == "in-their-words"
        for identity in (demo.PEOPLE["addressee"].actor_id, MAIN_ADDRESSEE, MAIN_CASE):
            assert str(identity) not in str(seen.value)
        assert (await talk.as_("custodian").one("theme", idea)).status == 404
        await talk.do(MANAGER, "collect_theme", idea, dialogue_id=await talk.meeting())
        assert (await talk.tries("addressee", "change_theme", idea, resources="Zwei")).code == "forbidden"
        posing = {"title": "Bank", "concerns": "Sie fehlt.", "raised_by_kind": "agency"}
        assert (await talk.tries("addressee", "raise_theme", talk.series, **posing)).code == "invalid-input"

    async def test_reads_the_meeting_they_take_part_in_with_an_account(self, talk: Talk) -> None:
        meeting = await talk.meeting()
        theme = await talk.theme(meeting)
        assert (await talk.as_("custodian").one("dialogue", meeting)).status == 404
        actor = str(demo.PEOPLE["custodian"].actor_id)
        await talk.participant(meeting, "resident", actor_id=actor)
        await talk.held(meeting)
        told = await talk.as_("custodian").one("dialogue", meeting)
        assert {each.replace("_", "") for each in map(str.lower, told["withheld"])} == {"minutes", "internalnote"}
        assert (await talk.as_("custodian").one("theme", theme))["title"] == "Der letzte Bus"
        await talk.do(MANAGER, "release_minutes", meeting, themes=[])
        assert (await talk.as_("custodian").one("dialogue", meeting))["minutes"] == "Es ging um den Bus."


class TestNoPathToACase:
    def test_no_foreign_key_leads_from_a_dialogue_to_a_case(self) -> None:
        tables = SQLModel.metadata.tables
        reached, todo = set[str](), [*OURS, *RELEASED]
        while todo:
            name = todo.pop()
            if name not in reached:
                reached.add(name)
                todo += [key.column.table.name for key in tables[name].foreign_keys]
        of_cases = {
            t.name for t in tables.values() if "case_id" in t.c or t.name in ("case_file", "person", "delivery")
        }
        assert not reached & of_cases
        for name in (*OURS, *RELEASED):
            assert not [column for column in list(tables[name].c.keys()) if "case" in column or "pseudonym" in column]

    def test_nor_back_and_no_constraint_of_the_database_does_either(self, database: Database) -> None:
        keys = database.rows(
            """SELECT conrelid::regclass::text, confrelid::regclass::text FROM pg_constraint WHERE contype = 'f'"""
        )
        for here, there in keys:
            # In which meeting it was proposed; what it pays for, as long as that is no case's: of no case either.
            paid, without_case = ("commitment", "foreseen_commitment"), ("field_note", "theme")
            named = (here, there) in (("indicator", "dialogue"), without_case) or (here in paid and there == "measure")
            assert there not in OURS or here in (*OURS, *RELEASED) or named, (here, there)
            if here in (*OURS, *RELEASED):
                allowed = {*OURS, *RELEASED, "authority", "social_space", "region", "actor", "organisation"}
                assert there in allowed | {"budget_line"}, (here, there)

    def test_no_relation_and_no_filter_does(self) -> None:
        names = {*OURS, *RELEASED}
        ours = [view for view in VIEWS.values() if view.table.name in names]
        reached, todo = set[str](), list[View](ours)
        while todo:
            view = todo.pop()
            if view.name not in reached:
                reached.add(view.name)
                todo += [relation.target for relation in view.relations.values()]
        assert not {view.name for view in VIEWS.values() if view.subject is not None} & reached
        for view in ours:
            assert not [name for name in (*view.filters, *view.columns) if name.startswith("case")], view.name
        for view in VIEWS.values():
            if view not in ours:
                assert not [each for each in view.relations.values() if each.target in ours], view.name

    async def test_free_text_refuses_nothing_and_links_nothing(self, talk: Talk) -> None:
        ((pseudonym,),) = talk.database.rows("SELECT pseudonym FROM case_file WHERE id = %s", MAIN_CASE)
        words = f"Wie im Fall {pseudonym} ({MAIN_CASE})."
        before = talk.database.rows("SELECT count(*) FROM case_access")
        theme = await talk.theme(concerns=words)
        told = await talk.as_("case_worker").one("theme", theme)
        assert told["concerns"] == words
        events = talk.database.rows("SELECT case_id FROM event WHERE subject_id = %s", theme)
        assert events == [(None,)]
        audited = talk.database.rows("SELECT cases FROM audit_entry WHERE action = 'theme.raise'")
        assert {tuple(cases) for (cases,) in audited} == {()}
        assert talk.database.rows("SELECT count(*) FROM case_access") == before


class TestALargeDialogue:
    PEOPLE, THEMES = 60, 40

    @pytest.fixture
    async def large(self, client_of: Callable[..., httpx.AsyncClient], database: Database) -> str:
        talk = await Talk("rest", client_of, database).begun()
        meeting = await talk.meeting()
        kinds = ("agency", "provider", "resident")
        people = [await talk.participant(meeting, kinds[number % 3]) for number in range(self.PEOPLE)]
        for number in range(self.THEMES):
            await talk.step(await talk.theme(meeting), people[number])
        return meeting

    async def test_is_read_in_one_statement_over_either_face(
        self,
        large: str,
        application: Application,
        client_of: Callable[..., httpx.AsyncClient],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        statements, read = list[str](), type(application.storage).read

        async def counting(storage: Any, sql: str, values: Any) -> Any:
            statements.append(sql)
            return await read(storage, sql, values)

        monkeypatch.setattr(type(application.storage), "read", counting)
        http = client_of("case_worker")
        told = (await http.get(f"/v1/dialogues/{large}")).json()
        assert (len(told["participants"]["items"]), len(told["themes"]["items"])) == (self.PEOPLE, self.THEMES)
        assert (told["participants"]["next"], told["themes"]["next"]) == (None, None)
        assert len(statements) == 1
        query = """query ($id: UUID!) { dialogue(id: $id) { title participants(first: 100) { nodes { kindLabel } }
                   themes(first: 100) { nodes { title needs { nodes { what } } steps { nodes { what dueOn } } } } } }"""
        answer = await http.post("/graphql", json={"query": query, "variables": {"id": large}})
        found = answer.json()["data"]["dialogue"]
        assert len(found["participants"]["nodes"]) == self.PEOPLE
        assert [len(theme["steps"]["nodes"]) for theme in found["themes"]["nodes"]] == [1] * self.THEMES
        assert len(statements) == 2


async def test_money_is_bound_for_a_measure_and_for_none_of_the_cases_it_serves(talk: Talk) -> None:
    meeting = await talk.meeting()
    owner, theme = await talk.participant(meeting), await talk.theme(meeting)
    ((line,),) = talk.database.rows(
        """SELECT line.id FROM budget_line AS line JOIN budget_agreement AS agreement ON agreement.id = agreement_id
           WHERE line.kind = 'cross_case' AND state = 'active' AND fiscal_year = extract(year FROM current_date)
           AND line.social_space_id = %s""",
        UNTERHACHING,
    )
    proposed = {"title": "Gruppe", "target": "Acht Kinder", "dimension": "cross_case", "due_on": "2026-05-01"}
    measure = str((await talk.do("case_worker", "propose_measure", theme, owner_id=owner, **proposed))["id"])
    assert (await talk.tries("controller", "fund_measure", measure, amount="10.00")).code == "impossible-now"
    await talk.do(MANAGER, "agree_measure", measure)
    assert (await talk.tries("controller", "fund_measure", measure, amount="10.00")).code == "measure-without-line"
    late = await talk.tries(MANAGER, "change_measure", measure, line_id=str(line))
    assert (late.code, late.value["decided"]) == ("measure-agreed", ["line_id"])
    await talk.do(MANAGER, "reconsider_measure", measure)
    await talk.do(MANAGER, "change_measure", measure, line_id=str(line))
    assert (await talk.tries("controller", "fund_measure", measure, amount="10.00")).code == "impossible-now"
    await talk.do(MANAGER, "agree_measure", measure)
    assert (await talk.tries(MANAGER, "fund_measure", measure, amount="10.00")).status == 403
    both = Membership(
        authority_id=demo.AUTHORITY,
        actor_id=demo_id("actor", "controller"),
        organisation_id=demo_id("organisation", LICHTUNG),
        function="Beratung",
        valid_from=datetime(2026, 1, 1, tzinfo=BERLIN),
    )
    of_both, paid = both.id, str(both.organisation_id)
    with psycopg.connect(talk.database.superuser) as connection:
        load(connection, [both])
    own = await talk.tries("controller", "fund_measure", measure, amount="10.00", organisation_id=paid)
    assert (own.status, own.code) == (403, "grants-and-bills")
    talk.database.rows("UPDATE membership SET valid_to = valid_from WHERE id = %s RETURNING 1", of_both)
    bound = await talk.do("controller", "fund_measure", measure, amount="10.00")
    assert (bound["measure_id"], bound["case_pseudonym"], bound["line_id"]) == (measure, None, str(line))
    short = await talk.tries("controller", "fund_measure", measure, amount="900000.00")
    assert short.code == "budget-short"
    with pytest.raises(psycopg.errors.CheckViolation), psycopg.connect(talk.database.superuser) as connection:
        connection.execute("UPDATE commitment SET case_id = %s WHERE id = %s", [MAIN_CASE, bound["id"]])
    await talk.do("second_controller", "release_commitment", bound["id"])  # the guides count on the line's money
