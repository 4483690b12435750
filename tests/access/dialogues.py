"""Dialogues in the county of the access tests: at places where different people work, in every state, with themes,
measures and participants for everybody the rules tell apart."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlmodel import SQLModel

from service.demo import HACHINGER_TAL, PEOPLE, UNTERHACHING, demo_id
from service.demo.identity import FIRST_DAY
from service.demo.people import KOMPASS
from service.demo.territory import AUTHORITY, OTHER_AUTHORITY, space_id
from service.domain.budgets.model import Commitment
from service.domain.dialogues.field_notes import FieldNote
from service.domain.dialogues.model import (
    AnnouncementState,
    Dialogue,
    DialogueAnnouncement,
    DialogueParticipant,
    DialogueSeries,
    DialogueState,
    Measure,
    MeasureState,
    MinutesRelease,
    ReleasedTheme,
    Theme,
    ThemeNeed,
    ThemeState,
    ThemeStep,
    ThemeStepState,
)
from service.domain.spaces.model import SocialSpace
from tests.access.money import PLACES as MONEY
from tests.access.money import TRAEGER

MITTE = demo_id("social_space", "Musterstadt Mitte")
PLACES: dict[str, tuple[UUID, dict[str, UUID]]] = {
    "here": (AUTHORITY, {"social_space_id": UNTERHACHING}),
    "north": (AUTHORITY, {"social_space_id": space_id("Ismaning")}),
    "region": (AUTHORITY, {"region_id": HACHINGER_TAL}),
    "elsewhere": (OTHER_AUTHORITY, {"social_space_id": MITTE}),
}
MANY = {"here": 5, "region": 5}  # of what operations use up
BEGAN = datetime(2026, 3, 2, 17, 30, tzinfo=UTC)
TO_COME = datetime(2099, 3, 2, 17, 30, tzinfo=UTC)
TOGETHER = demo_id("dialogue", "north", "together")
IDEAS_OF = (
    *("addressee", "custodian", "representative", "trusted_person", "network_person", "custodian_now"),
    *("manager_until_yesterday", "expert_by_experience"),
)


def dialogues() -> Iterator[SQLModel]:
    yield SocialSpace(id=MITTE, authority_id=OTHER_AUTHORITY, name="Mitte", provisional=True, valid_from=FIRST_DAY)
    for place in PLACES:
        yield from _at(place)
    yield from _everybody_together()
    yield from _ideas()
    yield from _field_notes()


def _field_notes() -> Iterator[SQLModel]:
    notes = (("cross_case", None), ("case_unspecific", None), ("case_unspecific", date(2026, 5, 2)))
    for place, (authority, where) in PLACES.items():
        for number, (dimension, withdrawn_on) in enumerate(notes if "social_space_id" in where else ()):
            yield FieldNote(
                id=demo_id("field_note", place, str(number)),
                authority_id=authority,
                author_id=demo_id("actor", "case_worker" if authority == AUTHORITY else "other_authority"),
                dimension=dimension,
                withdrawn_on=withdrawn_on,
                kind="contact_made",
                words="Probe",
                hours=Decimal("1.50") if number else None,
                done_on=date(2026, 5, 1),
                social_space_id=where["social_space_id"],
            )


def series_of(place: str) -> UUID:
    return demo_id("dialogue_series", "access", place)


def _scope(place: str) -> dict[str, Any]:
    authority, where = PLACES[place]
    return {"authority_id": authority, **where}


def _raising(place: str) -> UUID:
    return demo_id("actor", "other_authority" if place == "elsewhere" else "social_space_manager")


def _at(place: str) -> Iterator[SQLModel]:
    scope = _scope(place)
    yield DialogueSeries(id=series_of(place), title=f"Dialog {place}", every_months=3, **scope)
    for number in range(MANY.get(place, 1)):
        for state in DialogueState:
            meeting = demo_id("dialogue", place, state, str(number))
            yield _meeting(place, meeting, state)
            for kind in ("agency", "resident"):
                person = demo_id("dialogue_participant", place, state, str(number), kind)
                name = f"{kind} {number}"
                yield DialogueParticipant(id=person, dialogue_id=meeting, kind=kind, name=name, **scope)
        held = demo_id("dialogue", place, DialogueState.HELD, str(number))
        for theme_state in ThemeState:
            yield _theme(place, str(number), theme_state, held if theme_state != ThemeState.RAISED else None)
        yield from _of_theme(place, number)
    yield from _released(place)
    yield from _to_come(place)


def _to_come(place: str) -> Iterator[SQLModel]:
    """One of which nobody outside knows yet, one that takes place, and one that does not."""
    for state in (None, *AnnouncementState):
        for turn in range(MANY.get(place, 1)):
            meeting = _meeting(place, demo_id("dialogue", place, str(state), str(turn)), DialogueState.PLANNED, TO_COME)
            yield meeting
            if state is not None:
                yield DialogueAnnouncement(
                    id=demo_id("dialogue_announcement", place, state, str(turn)),
                    dialogue_id=meeting.id,
                    state=state.value,
                    series_title=f"Dialog {place}",
                    title=meeting.title,
                    starts_at=meeting.starts_at,
                    ends_at=meeting.ends_at,
                    venue=meeting.venue,
                    welcome="Alle sind willkommen.",
                    **_scope(place),
                )


def _meeting(place: str, id: UUID, state: DialogueState, starts_at: datetime = BEGAN) -> Dialogue:
    return Dialogue(
        id=id,
        series_id=series_of(place),
        state=state.value,
        title=f"Treffen {state}",
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=2),
        venue="Rathaus",
        minutes="Wir haben gesprochen.",
        internal_note="Nur für uns.",
        **_scope(place),
    )


def _theme(place: str, name: str, state: ThemeState, meeting: UUID | None, **other: Any) -> Theme:
    said: dict[str, Any] = {
        "id": demo_id("theme", "access", place, name, state),
        "raised_by_id": _raising(place),
        "raised_by_kind": "agency",
        "result": "Gelöst" if state == ThemeState.RESOLVED else None,
        "rests_because": "Ruht" if state == ThemeState.PARKED else None,
        "answer": "Ja" if state == ThemeState.ESCALATED else None,
        **_scope(place),
    }
    said |= other
    title, concerns = f"Thema {name}", "Es fehlt etwas."
    return Theme(
        series_id=series_of(place), dialogue_id=meeting, title=title, concerns=concerns, state=state.value, **said
    )


def _of_theme(place: str, number: int) -> Iterator[SQLModel]:
    theme = demo_id("theme", "access", place, str(number), ThemeState.IN_WORK)
    organisation = demo_id("organisation", TRAEGER if place == "elsewhere" else KOMPASS)
    owner = demo_id("dialogue_participant", place, DialogueState.HELD, str(number), "agency")
    of_theme: dict[str, Any] = {"theme_id": theme, **_scope(place)}
    yield ThemeNeed(id=demo_id("need", place, str(number)), what="Raum", kind="municipality", form="abends", **of_theme)
    for state in ThemeStepState:
        for turn in range(3):
            step = demo_id("theme_step", place, str(number), state, str(turn))
            due_on = date(2027, 1, 1 + turn)
            yield ThemeStep(id=step, what="Fragen", state=state.value, owner_id=owner, due_on=due_on, **of_theme)
    for measure_state in MeasureState:
        yield Measure(
            id=demo_id("measure", place, str(number), measure_state),
            title="Abend",
            target="Zehn kommen",
            dimension="case_unspecific",
            organisation_id=organisation,
            due_on=date(2027, 2, 1),
            line_id=demo_id("line", place, "reserve") if place in ("here", "elsewhere") else None,
            state=measure_state.value,
            **of_theme,
        )
    if place in ("here", "elsewhere") and number == 0:
        yield Commitment(
            id=demo_id("commitment", "measure", place),
            agreement_id=demo_id("agreement", place),
            line_id=demo_id("line", place, "reserve"),
            basis="voluntary",
            state="released",
            amount=Decimal("1.00"),
            released=Decimal("1.00"),
            purpose="Abend",
            organisation_id=organisation,
            measure_id=demo_id("measure", place, "0", MeasureState.RUNNING),
            value_on=date(2026, 1, 1),
            authority_id=PLACES[place][0],
            social_space_id=MONEY[place][1],
        )


def _released(place: str) -> Iterator[SQLModel]:
    release = demo_id("minutes_release", "access", place)
    yield MinutesRelease(
        id=release,
        dialogue_id=demo_id("dialogue", place, DialogueState.CLOSED, "0"),
        series_title=f"Dialog {place}",
        title="Treffen",
        held_at=BEGAN,
        venue="Rathaus",
        minutes="Wir haben gesprochen.",
        attendance={"agency": 1, "resident": 4},
        released_at=BEGAN + timedelta(days=7),
        **_scope(place),
    )
    yield ReleasedTheme(
        id=demo_id("released_theme", place),
        release_id=release,
        theme_id=demo_id("theme", "access", place, "0", ThemeState.IN_WORK),
        title="Thema",
        state=ThemeState.IN_WORK.value,
        concerns="Es fehlt etwas.",
        needs=["Raum (abends)"],
        next_steps=["Fragen"],
        next_due_on=date(2027, 1, 1),
        **_scope(place),
    )


def _everybody_together() -> Iterator[SQLModel]:
    """Two meetings in the north with everybody in them: one whose minutes are released, and one still to come."""
    scope = _scope("north")
    for meeting, state in ((TOGETHER, DialogueState.CLOSED), (demo_id("dialogue", "soon"), DialogueState.PLANNED)):
        yield _meeting("north", meeting, state)
        for who, person in PEOPLE.items():
            if person.authority_id == AUTHORITY:
                id, kind = demo_id("dialogue_participant", str(meeting), who), "regional_actor"
                yield DialogueParticipant(
                    id=id, dialogue_id=meeting, actor_id=person.actor_id, kind=kind, name=who, **scope
                )
        somebody = demo_id("dialogue_participant", str(meeting), "resident")
        yield DialogueParticipant(id=somebody, dialogue_id=meeting, kind="resident", name="Ungenannt", **scope)
    theme = _theme("north", "together", ThemeState.IN_WORK, TOGETHER)
    yield theme
    owner = demo_id("dialogue_participant", str(TOGETHER), "resident")
    of_theme: dict[str, Any] = {"theme_id": theme.id, **scope}
    yield ThemeNeed(id=demo_id("need", "together"), what="Zeit", kind="agency", form="Stunden", **of_theme)
    day = date(2027, 3, 1)
    yield ThemeStep(id=demo_id("theme_step", "together"), what="Los", owner_id=owner, due_on=day, **of_theme)
    same: dict[str, Any] = {"title": "Fest", "target": "Alle da", "dimension": "cross_case", "due_on": day}
    yield Measure(id=demo_id("measure", "together"), owner_id=owner, **same, **of_theme)


def _ideas() -> Iterator[SQLModel]:
    """Of people who hold no role, and of an expert by experience: one that waits, and one that is on an agenda."""
    for who in IDEAS_OF:
        mine: dict[str, Any] = {"raised_by_id": demo_id("actor", who), "raised_by_kind": "resident"}
        held = demo_id("dialogue", "here", DialogueState.HELD, "0")
        for state, meeting in ((ThemeState.RAISED, None), (ThemeState.COLLECTED, held)):
            yield _theme("here", who, state, meeting, id=demo_id("theme", "idea", who, state), **mine)
    up = demo_id("theme", "access", "here", "0", ThemeState.ESCALATED)
    id = demo_id("theme", "access", "taken up")
    yield _theme("region", "taken up", ThemeState.COLLECTED, None, id=id, origin_id=up)
