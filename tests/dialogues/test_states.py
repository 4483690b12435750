"""Every state times every operation: what is possible leads where it should, everything else is refused and changes
nothing."""

from collections.abc import Mapping
from typing import Any

import pytest

from service.domain.dialogues.model import DialogueState, MeasureState, ThemeState
from service.domain.values import new_id
from tests.dialogues.conftest import MANAGER, Talk

pytestmark = pytest.mark.anyio
Table = Mapping[str, Mapping[str, str]]  # operation -> from which state to which

MEETINGS: Table = {
    "change_dialogue": {"planned": "planned", "invited": "invited"},
    "invite_to_dialogue": {"planned": "invited"},
    "hold_dialogue": {"invited": "held"},
    "draft_minutes": {"held": "minutes_draft", "minutes_draft": "minutes_draft"},
    "release_minutes": {"minutes_draft": "minutes_released"},
    "close_dialogue": {"minutes_released": "closed"},
}
THEMES: Table = {
    "change_theme": {state: state for state in ("raised", "collected", "prioritised", "in_work")},
    "collect_theme": {"raised": "collected", "parked": "collected"},
    "prioritise_theme": {"collected": "prioritised"},
    "work_on_theme": {"collected": "in_work", "prioritised": "in_work", "escalated": "in_work"},
    "take_up_theme": dict.fromkeys(("collected", "prioritised", "in_work"), "escalated"),
    "resolve_theme": dict.fromkeys(("collected", "prioritised", "in_work", "escalated"), "resolved"),
    "park_theme": dict.fromkeys(("raised", "collected", "prioritised", "in_work", "escalated"), "parked"),
    "state_need": {s: s for s in ("raised", "collected", "prioritised", "in_work", "escalated")},
    "plan_theme_step": {s: s for s in ("raised", "collected", "prioritised", "in_work", "escalated")},
    "propose_measure": {s: s for s in ("raised", "collected", "prioritised", "in_work", "escalated")},
}
MEASURES: Table = {
    "change_measure": {state: state for state in ("proposed", "agreed", "running", "continued")},
    "agree_measure": {"proposed": "agreed"},
    "reconsider_measure": dict.fromkeys(("agreed", "running", "continued"), "proposed"),
    "start_measure": {"agreed": "running"},
    "evaluate_measure": {"running": "evaluated", "continued": "evaluated"},
    "continue_measure": {"evaluated": "continued"},
    "end_measure": {"evaluated": "ended"},
}


async def goes(talk: Talk, table: str, id: str, operation: str, state: str, to: str | None, **said: Any) -> None:
    talk.put(table, id, state=state)
    told = await talk.tries(MANAGER, operation, id, **said)
    ((now,),) = talk.database.rows(f"SELECT state FROM {table} WHERE id = %s", id)
    if to is not None:
        assert (told.status < 300, now) == (True, to), (operation, state, told)
    else:
        assert (told.code, now) == ("impossible-now", state), (operation, state, told)
        assert told.value["present_state"] == state


@pytest.mark.parametrize("operation", MEETINGS)
async def test_a_meeting_goes_one_way(talk: Talk, operation: str) -> None:
    fitting: dict[str, dict[str, Any]] = {
        "change_dialogue": {"venue": "Bücherei"},
        "hold_dialogue": {"attended": []},
        "draft_minutes": {"minutes": "Wir waren da."},
        "release_minutes": {"themes": []},
    }
    for state in DialogueState:
        meeting = await talk.meeting()
        talk.put("dialogue", meeting, minutes="Wir waren da.")
        await goes(
            talk, "dialogue", meeting, operation, state, MEETINGS[operation].get(state), **fitting.get(operation, {})
        )


@pytest.mark.parametrize("operation", THEMES)
async def test_a_theme_goes_its_ways(talk: Talk, operation: str) -> None:
    meeting = await talk.meeting()
    owner = await talk.participant(meeting)
    theme = await talk.theme(meeting)
    talk.put("theme", theme, answer="Ja", result="Ja", rests_because="Umbau")
    owned = {"owner_id": owner, "due_on": "2026-05-01"}
    said: dict[str, Any] = {
        "change_theme": {"resources": "Ein Saal"},
        "collect_theme": {"dialogue_id": meeting},
        "take_up_theme": {"series_id": talk.regional},
        "resolve_theme": {"result": "Ein Saal ist da."},
        "park_theme": {"rests_because": "Umbau"},
        "state_need": {"what": "Schlüssel", "kind": "municipality", "form": "geliehen"},
        "plan_theme_step": {"what": "Fragen", **owned},
        "propose_measure": {"title": "Abend", "target": "Zehn", "dimension": "cross_case", **owned},
    }.get(operation, {})
    for state in ThemeState:
        talk.put("theme", theme, rests_because="Umbau")
        await goes(talk, "theme", theme, operation, state, THEMES[operation].get(state), **said)


@pytest.mark.parametrize("operation", MEASURES)
async def test_a_measure_goes_from_its_proposal_to_its_evaluation(talk: Talk, operation: str) -> None:
    meeting = await talk.meeting()
    owner, theme = await talk.participant(meeting), await talk.theme(meeting)
    proposed = {"title": "Abend", "target": "Zehn", "dimension": "case_unspecific", "due_on": "2026-05-01"}
    measure = str((await talk.do("case_worker", "propose_measure", theme, owner_id=owner, **proposed))["id"])
    said: dict[str, Any] = {
        "change_measure": {"target": "Zwanzig"},
        "evaluate_measure": {"evaluation": "Zwölf kamen."},
    }.get(operation, {})
    for state in MeasureState:
        await goes(talk, "measure", measure, operation, state, MEASURES[operation].get(state), **said)


async def test_a_meeting_that_is_still_to_come_was_not_held(talk: Talk) -> None:
    meeting = await talk.meeting()
    later = {"starts_at": "2199-01-01T18:00:00+01:00", "ends_at": "2199-01-01T20:00:00+01:00"}
    await talk.do(MANAGER, "change_dialogue", meeting, **later)
    await talk.do(MANAGER, "invite_to_dialogue", meeting)
    assert (await talk.tries(MANAGER, "hold_dialogue", meeting, attended=[])).code == "dialogue-still-to-come"


async def test_nothing_is_put_on_the_agenda_of_a_meeting_that_is_over_or_elsewhere(talk: Talk) -> None:
    theme, meeting = await talk.theme(), await talk.meeting()
    region = await talk.meeting("regional_manager", talk.regional)
    talk.put("dialogue", meeting, state="minutes_released")
    for wrong in (meeting, region, str(new_id())):
        assert (await talk.tries(MANAGER, "collect_theme", theme, dialogue_id=wrong)).code == "invalid-input"


async def test_a_change_is_made_on_the_version_that_was_read(talk: Talk) -> None:
    meeting = await talk.meeting()
    for version, code in ((7, "version-stale"), (1, None), (1, "version-stale")):
        told = await talk.as_(MANAGER).do("change_dialogue", meeting, version, venue="Bücherei")
        assert told.code == code
    id, said = str(new_id()), {"title": "Bank", "concerns": "Sie fehlt."}
    first = await talk.do("case_worker", "raise_theme", talk.series, id=id, **said)
    again = await talk.do("case_worker", "raise_theme", talk.series, id=id, **said)
    assert first.value == again.value
    other = await talk.tries("case_worker", "raise_theme", talk.series, id=id, title="Baum", concerns="Sie fehlt.")
    assert (other.code, other.value["differs"]) == ("id-reused", ["title"])


async def test_times_and_owners_have_to_fit(talk: Talk) -> None:
    meeting = await talk.meeting()
    told = await talk.tries(MANAGER, "change_dialogue", meeting, ends_at="2026-03-02T18:00:00+01:00")
    assert told.code == "invalid-input"
    owner, theme = await talk.participant(meeting), await talk.theme(meeting)
    step = {"what": "Fragen", "due_on": "2026-05-01"}
    organisation = str(talk.database.rows("SELECT organisation_id FROM membership LIMIT 1")[0][0])
    elsewhere = {
        "organisation_id": str(
            talk.database.rows("SELECT id FROM organisation WHERE name LIKE %s LIMIT 1", "%Musterstadt%")[0][0]
        )
    }
    for wrong in ({}, {"owner_id": owner, "organisation_id": organisation}, {"owner_id": str(new_id())}, elsewhere):
        assert (await talk.tries("case_worker", "plan_theme_step", theme, **step, **wrong)).code == "invalid-input"
    measure = {"title": "Abend", "target": "Zehn", "dimension": "cross_case", "due_on": "2026-05-01", "owner_id": owner}
    line = str(talk.database.rows("SELECT id FROM budget_line LIMIT 1")[0][0])
    unseen = await talk.tries("provider_worker", "propose_measure", theme, line_id=line, **measure)
    assert unseen.code == "invalid-input", "a line that one does not see is none"
    assert (await talk.do(MANAGER, "propose_measure", theme, line_id=line, **measure))["line_id"] == line
