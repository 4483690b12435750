"""Consultations: the case's own see all but the family's drafts; those from outside a sketch, when they are told."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from service.domain.cases.endings import BECAUSE
from service.domain.consultations.appointments import KINDS, STATES
from service.domain.consultations.wording import (
    ADVICE,
    CONSENTS,
    CONSENTS_ONLY,
    CONSULTATION_STATES,
    ENTRY_KINDS,
    RESOURCE_KINDS,
    ROLES,
)
from service.domain.values import Language
from tests.access.model.cases import CASES_GOING_ON, MONTHS, goes_on, is_mine_to_do
from tests.access.model.county import County, Row, moment
from tests.access.model.holding import BUT_AUDITORS, Holder
from tests.access.model.seeing import Deed, Seen, Test, Value, down, eur, everybody, said, up

_WEEKDAYS = ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag")
_INVITABLE = (
    *("case_worker", "social_space_manager", "regional_manager", "integrated_planner"),
    *("provider_worker", "provider_manager", "expert_by_experience"),
)
_BROUGHT_ALONG = ("self", "representation", "trust", "network")


def _of_the_case(reader: Holder, row: Row) -> bool:
    return reader.involved(row["case_id"], "concern", *BUT_AUDITORS)


def _from_outside(reader: Holder, row: Row) -> bool:
    return reader.works(row["authority_id"], *_INVITABLE)


def _moderates(reader: Holder, row: Row) -> bool:
    named = reader.id is not None and row["moderator_id"] == reader.id
    declined = bool(_invited(reader, row["id"], consent="refused"))
    return named and not declined and reader.works(row["authority_id"], "social_space_manager")


def _invited(reader: Holder, consultation: str, **wanted: Any) -> list[Row]:
    if reader.id is None:
        return []
    return list(
        reader.county.all("consultation_participant", consultation_id=consultation, actor_id=reader.id, **wanted)
    )


def _family(column: str, *consents: str) -> Test:
    def test(reader: Holder, row: Row) -> bool:
        mine = _invited(reader, row[column], role="family", consents_only=False)
        return any(each["consent"] in consents for each in mine) and reader.involved(
            row["case_id"], None, *_BROUGHT_ALONG
        )

    return test


_OF_THE_FAMILY, _FAMILY_OF = _family("id", "given"), _family("consultation_id", "given")
_ASKED_IN_FAMILY = _family("id", "given", "asked")


def _sees(reader: Holder, row: Row) -> bool:
    return _of_the_case(reader, row) or _moderates(reader, row) or _ASKED_IN_FAMILY(reader, row)


def _what_for(reader: Holder, row: Row) -> bool:
    return _of_the_case(reader, row) or _ASKED_IN_FAMILY(reader, row)


def _content(reader: Holder, row: Row) -> bool:
    return _of_the_case(reader, row) or _OF_THE_FAMILY(reader, row)


def _choice(reader: Holder, row: Row) -> bool:
    return _content(reader, row) or _moderates_openly(reader, row)


def _question(reader: Holder, row: Row) -> bool:
    return _what_for(reader, row) or _moderates_openly(reader, row)


def _moderates_openly(reader: Holder, row: Row) -> bool:
    return _moderates(reader, row) and row["moderator_reads"]


def _effort(reader: Holder, row: Row) -> bool:
    me = reader.id is not None and row["actor_id"] == reader.id
    return me or reader.leads(row["case_id"])


def _it_is_me(reader: Holder, row: Row) -> bool:
    me = reader.id is not None and row["actor_id"] == reader.id
    as_none_of_them = row["participant_id"] is None and _from_outside(reader, row)
    return me and (as_none_of_them or reader.involved(row["case_id"], None, *_BROUGHT_ALONG))


def _invitation(reader: Holder, row: Row) -> bool:
    return _of_the_case(reader, row) or _it_is_me(reader, row)


def _sketch(reader: Holder, row: Row) -> bool:
    coming = _invited(reader, row["consultation_id"], consent="given", consents_only=False)
    told = reader.id in row["invited"] and bool(coming)
    return _of_the_case(reader, row) or (told and _from_outside(reader, row))


def _idea(reader: Holder, row: Row) -> bool:
    own = reader.id is not None and row["author_id"] == reader.id and _from_outside(reader, row)
    return _of_the_case(reader, row) or own or _FAMILY_OF(reader, row)


def in_circle(reader: Holder, row: Row) -> bool:
    invited = reader.county.all("consultation_participant", actor_id=reader.id) if reader.id else iter(())
    return any(each["id"] in row["circle"] for each in invited)


def _circle(reader: Holder, row: Row) -> bool:
    return in_circle(reader, row) and _FAMILY_OF(reader, row)


def _plan(reader: Holder, row: Row) -> bool:
    return _of_the_case(reader, row) or _FAMILY_OF(reader, row)


def _entry(reader: Holder, row: Row) -> bool:
    of_the_case = _of_the_case(reader, row)
    own = reader.id is not None and row["author_id"] == reader.id
    comes = bool(_invited(reader, row["consultation_id"], consent="given", consents_only=False))
    there = of_the_case and (own or comes)
    return (_leads(reader, row) or there or _FAMILY_OF(reader, row)) and reader.hears(row)


def _leads(reader: Holder, row: Row) -> bool:
    return reader.leads(row["case_id"])


def _concerned(reader: Holder, row: Row) -> bool:
    return reader.involved(row["case_id"], "concern", "self", "representation")


def _leads_or_concerned(reader: Holder, row: Row) -> bool:
    return _leads(reader, row) or _concerned(reader, row)


def _leads_or_moderates(reader: Holder, row: Row) -> bool:
    return _leads(reader, row) or _moderates(reader, row)


def _answers(reader: Holder, row: Row) -> bool:
    """Whoever leads the case for whom of its people has no login, or no way in any more."""
    accesses = reader.county.all("case_access", case_id=row["case_id"], actor_id=row["actor_id"])
    way_in = any(reader.county.holds_now(each) for each in accesses)
    unable = row["actor_id"] is None or (row["participant_id"] is not None and not way_in)
    return _it_is_me(reader, row) or (unable and _leads(reader, row))


def _plans_for(reader: Holder, row: Row) -> bool:
    return row["authority_id"] is not None and reader.holds_throughout("integrated_planner", row["authority_id"])


def _steers(reader: Holder, row: Row) -> bool:
    return reader.holds_throughout("integrated_planner", row["id"])


def _present(county: County, consultation: Row) -> Row | None:
    return county.one("consultation_phase", method_id=consultation["method_id"], position=consultation["phase"])


def _of(county: County, row: Row) -> Row:
    found = county.one("consultation", id=row["consultation_id"])
    assert found is not None
    return found


def _in_family_time(county: County, consultation: Row) -> bool:
    phase = _present(county, consultation)
    return phase is not None and phase["family_time"]


def _through(county: County, row: Row) -> bool:
    return not _in_family_time(county, row) or row["plan_released"]


def _prepared(county: County, row: Row) -> bool:
    method = county.one("consultation_method", id=row["method_id"])
    assert method is not None
    given = county.all("consultation_participant", consultation_id=row["id"], consent="given")
    coming = {each["role"] for each in given if each["role"] != "moderator" or each["actor_id"] == row["moderator_id"]}
    needed = {"moderator"} & set(method["roles"]) | ({"interpreter"} if row["interpreting"] else set())
    return needed <= coming


def _chosen(county: County, row: Row) -> bool:
    plans = county.all("family_plan", consultation_id=row["id"])
    return row["choice"] is not None or any(each["accepted_at"] is not None for each in plans)


def _agreed(county: County, row: Row) -> bool:
    return _of(county, row)["state"] in ("consented", "scheduled", "held")


def _ideas_wanted(county: County, row: Row) -> bool:
    phase = _present(county, _of(county, row))
    wanted = phase is not None and "ideas" in phase["records"] and not phase["family_time"]
    inside = row["participant_id"] is not None and not row["consents_only"] and wanted
    sketch = county.one("consultation_sketch", consultation_id=row["consultation_id"])
    outside = sketch is not None and sketch["ideas_wanted"] and row["actor_id"] in sketch["invited"]
    return row["consent"] == "given" and (inside or outside)


def _unlooked(county: County, row: Row) -> bool:
    return row["accepted_at"] is None and row["returned_because"] is None


def _still_held(county: County, row: Row) -> bool:
    return bool(_of(county, row)["state"] == "held")


def _among(county: County, row: Row, people: Iterable[Row], consultation: str) -> bool:
    """All addressees, but from whom something is kept there and who are not invited."""
    there = county.all("participant", case_id=row["case_id"], kind="addressee", merged_into_id=None, left_on=None)
    counselled = {
        each["participant_id"] for each in county.all("confidential_counselling", case_id=row["case_id"], ended_on=None)
    }
    invited = {each["participant_id"] for each in county.all("consultation_participant", consultation_id=consultation)}
    addressees = {each["id"] for each in there if not counselled or each["id"] in counselled or each["id"] in invited}
    return bool(addressees) and addressees <= {each["participant_id"] for each in people}


def _all_consent(county: County, row: Row) -> bool:
    given = county.all("consultation_participant", consultation_id=row["consultation_id"], consent="given")
    return _among(county, row, given, row["consultation_id"])


def _everybody_asked(county: County, row: Row) -> bool:
    invited = list(county.all("consultation_participant", consultation_id=row["id"]))
    outside = any(each["participant_id"] is None for each in invited)
    return not outside or _among(county, row, invited, row["id"])


def _consent(reader: Holder, row: Row) -> Any:
    return said("consent", CONSENTS_ONLY if row["consents_only"] else CONSENTS)(reader, row)


def _came_as_expert(county: County, row: Row) -> bool:
    return bool(row["role"] == "expert_by_experience" and row["consent"] == "given")


def _in_german(column: str) -> Value:
    return lambda reader, row: row[column]


def _when(reader: Holder, row: Row) -> Any:
    if row["starts_at"] is None:
        return None
    day = moment(row["starts_at"]).astimezone(ZoneInfo("Europe/Berlin"))
    return f"{_WEEKDAYS[day.weekday()]}, {day.day}. {MONTHS[day.month - 1]} {day.year}, {day:%H:%M} Uhr"


def _appointment(reader: Holder, row: Row) -> bool:
    """My own steps, what is looked at in cases I lead or am in for somebody, consultations of them, and what I am
    invited to from outside."""
    if row["day"] is None:  # not known yet; of a participant of the case, never
        return False
    recent = date.fromisoformat(row["day"]) >= date.fromisoformat(reader.county.today) - timedelta(days=60)
    if row["kind"] == "step":
        return recent and is_mine_to_do(reader, row)
    if row["kind"] == "review":
        return recent and reader.involved(row["case_id"], "arrangement", "assignment", "self", "representation")
    if row["kind"] == "invitation":
        me = reader.id is not None and row["actor_id"] == reader.id
        return recent and me and _from_outside(reader, row) and not _of_the_case(reader, row)
    return recent and _what_for(reader, row)


def _on_its_day(reader: Holder, row: Row) -> str:
    if row["starts_at"] is not None:
        return str(_when(reader, row))
    day = date.fromisoformat(row["day"])
    return f"{_WEEKDAYS[day.weekday()]}, {day.day}. {MONTHS[day.month - 1]} {day.year}"


SEEN: Mapping[str, Seen] = {
    "Appointment": Seen(
        "appointment",
        _appointment,
        "id case_id kind kind_label state state_label day starts_at when updated_at withheld version",
        said={"kind_label": said("kind", KINDS), "state_label": said("state", STATES), "when": _on_its_day},
        only={"case_id": lambda reader, row: row["kind"] != "invitation"},
        one={"case": ("Case", up("case_id"))},
    ),
    "ConsultationMethod": Seen(
        "consultation_method",
        everybody,
        "id authority_id code name edition replaced_on roles required_roles",
        said={"name": _in_german("name_de")},
        many={"phases": ("ConsultationPhase", down("method_id"))},
    ),
    "ConsultationPhase": Seen(
        "consultation_phase",
        everybody,
        "id method_id position name family_time records",
        said={"name": _in_german("name_de")},
        one={"method": ("ConsultationMethod", up("method_id"))},
    ),
    "Consultation": Seen(
        "consultation",
        _sees,
        "id case_id case_pseudonym method_id state state_label phase moderator_id moderator_reads starts_at when "
        "venue interpreting "
        "question must_hold choice steps follow_up_on lacking_because follow_up advice cancelled_because withheld "
        "version",
        said={
            "state_label": said("state", CONSULTATION_STATES),
            "when": _when,
            "cancelled_because": lambda reader, row: (
                row["cancelled_because"] or said("cancelled_with", BECAUSE)(reader, row)
            ),
            "advice": lambda reader, row: ADVICE[Language.DE],
        },
        only={
            "question": _question,
            "must_hold": _what_for,
            "choice": _choice,
            **dict.fromkeys(("steps", "follow_up_on", "lacking_because", "follow_up"), _content),
            "cancelled_because": _what_for,
        },
        one={"method": ("ConsultationMethod", up("method_id")), "case": ("Case", up("case_id"))},
        many={
            "participants": ("ConsultationParticipant", down("consultation_id")),
            "sketches": ("ConsultationSketch", down("consultation_id")),
            "ideas": ("Idea", down("consultation_id")),
            "disagreements": ("Disagreement", down("about_id")),
            "entries": ("ConsultationEntry", down("consultation_id")),
            "family_drafts": ("FamilyDraft", down("consultation_id")),
            "family_plans": ("FamilyPlan", down("consultation_id")),
            "following_steps": (
                "Step",
                lambda county, here, there: there["case_id"] == here["case_id"] and there["id"] in here["steps"],
            ),
        },
    ),
    "ConsultationParticipant": Seen(
        "consultation_participant",
        _invitation,
        "id consultation_id role role_label participant_id actor_id consent consent_label consents_only answered_at "
        "starts_at when moderator_reads hours fee withheld version",
        said={
            **eur("hours", "fee"),
            "role_label": said("role", ROLES),
            "consent_label": _consent,
            "when": _when,
        },
        only=dict.fromkeys(("hours", "fee"), _effort),
        one={"participant": ("Participant", up("participant_id"))},
    ),
    "ConsultationSketch": Seen(
        "consultation_sketch",
        _sketch,
        "id consultation_id case_pseudonym question words rare_features ideas_wanted released_at withheld version",
        only={"rare_features": _leads},
        many={"disagreements": ("Disagreement", down("about_id"))},
    ),
    "Idea": Seen("idea", _idea, "id consultation_id words chosen created_at"),
    "ConsultationEntry": Seen(
        "consultation_entry",
        _entry,
        "id consultation_id author_id kind kind_label words value resource resource_label audience created_at",
        said={"kind_label": said("kind", ENTRY_KINDS), "resource_label": said("resource", RESOURCE_KINDS)},
        one={"consultation": ("Consultation", up("consultation_id"))},
        many={"disagreements": ("Disagreement", down("about_id"))},
    ),
    "FamilyDraft": Seen("family_draft", _circle, "id consultation_id author_id words created_at"),
    "FamilyPlan": Seen(
        "family_plan", _plan, "id case_id consultation_id words accepted_at returned_because created_at version"
    ),
}

_BEFORE = ("requested", "consented", "scheduled")

DEEDS: Mapping[str, Deed] = {
    "add_consultation_method": Deed("Authority", _steers),
    "change_consultation_method": Deed(
        "ConsultationMethod", _plans_for, (), (lambda c, row: row["replaced_on"] is None,)
    ),
    "write_consultation_entry": Deed(
        "Consultation", lambda r, row: _leads_or_concerned(r, row) or _OF_THE_FAMILY(r, row), ("held",)
    ),
    "request_consultation": Deed(
        "Case",
        lambda r, row: r.involved(row["id"], "concern", "assignment", "self", "representation"),
        CASES_GOING_ON,
        (goes_on,),
    ),
    "invite_to_consultation": Deed("Consultation", _leads_or_concerned, (*_BEFORE, "held")),
    "answer_invitation": Deed("ConsultationParticipant", _answers),
    "record_expert_effort": Deed("ConsultationParticipant", _leads, (), (_came_as_expert,)),
    "agree_to_consultation": Deed("Consultation", _concerned, ("requested",), (_everybody_asked,)),
    "schedule_consultation": Deed("Consultation", _leads_or_moderates, ("consented", "scheduled")),
    "begin_consultation": Deed("Consultation", _leads_or_moderates, ("scheduled",), (_prepared,)),
    "next_phase": Deed("Consultation", _leads_or_moderates, ("held",), (_through,)),
    "cancel_consultation": Deed("Consultation", _leads_or_concerned, (*_BEFORE, "held")),
    "write_sketch": Deed("Consultation", _leads, (*_BEFORE, "held")),
    "change_sketch": Deed("ConsultationSketch", _leads),
    "release_sketch": Deed("ConsultationSketch", _leads, (), (_agreed, _all_consent)),
    "give_idea": Deed("ConsultationParticipant", _it_is_me, (), (_ideas_wanted,)),
    "write_family_draft": Deed("Consultation", _OF_THE_FAMILY, ("held",), (_in_family_time,)),
    "release_family_plan": Deed("FamilyDraft", _circle, (), (lambda c, row: _in_family_time(c, _of(c, row)),)),
    "accept_family_plan": Deed("FamilyPlan", _leads, (), (_unlooked, _still_held)),
    "return_family_plan": Deed("FamilyPlan", _leads, (), (_unlooked, _still_held)),
    "choose_ideas": Deed("Consultation", _concerned, ("held",)),
    "record_consultation_results": Deed("Consultation", _leads, ("held",), (_through, _chosen)),
    "follow_up_consultation": Deed("Consultation", _leads, ("results_recorded",)),
    "close_consultation": Deed("Consultation", _leads, ("results_recorded", "followed_up")),
}
