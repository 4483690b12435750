"""Cases: by case access, part by part; what is said in them by its audience."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from service.domain.cases.responsible import RESPONSIBLE
from service.domain.cases.withdrawals import WITHDRAWN_BECAUSE
from service.domain.cases.wording import (
    ASPECTS,
    AUDIT_REQUEST_STATES,
    CASE_STATES,
    GOAL_STATES,
    HANDOVER_KINDS,
    HANDOVER_STATES,
    LIFE_AREAS,
    PARTICIPANT_KINDS,
    QUESTION_STATES,
    QUESTIONS,
    REPRESENTATIONS,
    STEP_ENDINGS,
    STEP_STATES,
)
from service.domain.values import Language
from tests.access.model.county import County, Row
from tests.access.model.holding import BUT_AUDITORS, Holder
from tests.access.model.seeing import (
    Deed,
    Seen,
    Test,
    Value,
    down,
    everybody,
    heard_of_case,
    in_force,
    mine,
    of_case,
    said,
    up,
)

MONTHS = (
    *("Januar", "Februar", "März", "April", "Mai", "Juni", "Juli"),
    *("August", "September", "Oktober", "November", "Dezember"),
)


def _way_in(reader: Holder, row: Row) -> bool:
    told = reader.involved(row["case_id"], "persons") and reader.knows_whom_they_trust(row)
    return mine("actor_id")(reader, row) or told or reader.oversees(row)


def _participant(reader: Holder, row: Row) -> bool:
    return reader.involved(row["case_id"]) and (reader.knows_whom_they_trust(row) or row["id"] in reader.selves)


def _offered(reader: Holder, row: Row) -> bool:
    """To a colleague, who accepts it."""
    return mine("receiver_id")(reader, row) and reader.works(row["authority_id"], "case_worker")


def _handover(reader: Holder, row: Row) -> bool:
    concerned = reader.involved(row["case_id"], None, "assignment", "self", "representation")
    offering = mine("offered_by_id")(reader, row) and reader.works(row["authority_id"], "case_worker")
    return concerned or _offered(reader, row) or offering


def _stands_in(reader: Holder, row: Row) -> bool:
    """Whoever is away, and whoever acts for them."""
    return reader.id in (row["absent_id"], row["actor_id"]) and reader.works(row["authority_id"], "case_worker")


def _has_named(reader: Holder, row: Row) -> bool:
    named = reader.id is not None and row["named_by_id"] == reader.id
    return named and reader.works(row["authority_id"], "social_space_manager")


def _manages_their_cases(reader: Holder, row: Row) -> bool:
    """Each of the cases that somebody leads lies where the reader manages, and there is one."""
    county, role = reader.county, "social_space_manager"
    led = [
        county.one("case_sketch", case_id=each["case_id"])
        for each in county.all("case_access", actor_id=row["id"], basis="assignment", stand_in_id=None)
        if county.holds_now(each)
    ]
    return bool(led) and all(
        reader.holds(role, each["social_space_id"])
        if each["social_space_id"]
        else reader.holds_throughout(role, each["authority_id"])
        for each in led
        if each is not None
    )


def _asked_at_closing(county: County, case: Row) -> bool:
    questions = county.all("question", case_id=case["id"], period=case["period"], state="not_started")
    return not any(each["numeral"] in ("VI", "VII") for each in questions)


def _decided(county: County, case: Row) -> bool:
    elements = county.all("arrangement_element", case_id=case["id"], kind="specialist")
    return not any(each["state"] in ("planned", "applied") for each in elements)


def _quiet(county: County, case: Row) -> bool:
    """No help goes on, and nothing is assigned or transmitted to a provider."""
    elements = county.all("arrangement_element", case_id=case["id"])
    going_on = any(each["state"] in ("planned", "applied", "running", "granted") for each in elements)
    told = (
        *county.all("assignment", case_id=case["id"]),
        *county.all("case_access", case_id=case["id"], basis="transmission"),
    )
    return not going_on and not any(map(county.holds_now, told))


def _went_into(reader: Holder, row: Row) -> bool:
    """Where it was not merged there is nothing to hide; else who is in the other case, too."""
    return row["merged_into_id"] is None or reader.involved(row["merged_into_id"])


def _withdrawal(reader: Holder, row: Row) -> bool:
    """Whoever leads the case, wrote it or audits; others as far as they could read what was there."""
    bases = BUT_AUDITORS if row["part"] == "concern" else ()
    read = reader.involved(row["case_id"], row["part"], *bases) and reader.hears(row)
    wrote = reader.id == row["author_id"] and reader.involved(row["case_id"])
    return reader.leads(row["case_id"]) or wrote or reader.involved(row["case_id"], None, "audit") or read


def _siblings(reader: Holder, row: Row) -> bool:
    """For those who work in both."""
    works = ("assignment", "transmission")
    return all(reader.involved(row[case], None, *works) for case in ("case_id", "sibling_case_id"))


def _not_offered(county: County, case: Row) -> bool:
    return county.one("handover", case_id=case["id"], state="offered") is None


def _audit_request(reader: Holder, row: Row) -> bool:
    """The auditor's own, and all for the data-protection officer."""
    asked = mine("requested_by_id")(reader, row) and reader.works(row["authority_id"], "auditor")
    return asked or reader.oversees(row)


def _situation(reader: Holder, row: Row) -> bool:
    return reader.involved(row["case_id"], "concern", *BUT_AUDITORS) and reader.hears(row)


def _sketch(reader: Holder, row: Row) -> bool:
    return reader.holds("social_space_manager", row["social_space_id"]) or reader.leads(row["case_id"])


def _names_lead(reader: Holder, row: Row) -> bool:
    """Not whoever stands in: the case stays whose it is."""
    return reader.holds("social_space_manager", row["social_space_id"]) or reader.leads_for_good(row["case_id"])


def _takes_apart(reader: Holder, row: Row) -> bool:
    """Whoever leads both: that of which they do not is told by no refusal."""
    both = (row["id"], row["merged_into_id"])
    return all(reader.leads_for_good(each) for each in both if each is not None)


def _came_into(reader: Holder, row: Row) -> bool:
    """Whoever leads the case it left knows whether it was moved; and where to, if they are in the other case, too."""
    return reader.leads(row["case_id"]) and (row["into_case_id"] is None or reader.involved(row["into_case_id"]))


def _step(reader: Holder, row: Row) -> bool:
    """Of the whole case, or (a network person) those that are theirs to do, or the one that a link opens."""
    theirs = reader.involved(row["case_id"], "steps", "network") and row["done_by_id"] in reader.selves
    return ((reader.involved(row["case_id"], "steps") or theirs) and reader.hears(row)) or reader.linked(row)


def _tick_off_of_step(reader: Holder, row: Row) -> bool:
    step = reader.county.one("step", id=row["step_id"])
    assert step is not None
    theirs = reader.involved(row["case_id"], "steps", "network") and step["done_by_id"] in reader.selves
    return (reader.involved(row["case_id"], "steps") or theirs) and reader.hears(row)


PLANNING = ("case_worker", "social_space_manager", "regional_manager", "integrated_planner")


def _responsible(reader: Holder, row: Row) -> str:
    """Why it is here, or with whom it is now."""
    passed_on = row["state"] in ("redirected", "transferred") and row["closed_on"] is not None
    here = "place" if row["social_space_id"] else "agency"
    taken = "accepted_here" if row["state"] == "transferred" else here
    return RESPONSIBLE["accepted_elsewhere" if passed_on else taken][Language.DE]


def _shared_offer(reader: Holder, row: Row) -> bool:
    """For those who work in the place, as long as it holds."""
    roles = ("case_worker", "social_space_manager", "provider_worker")
    holds = row["until"] >= reader.county.today and row["withdrawn_on"] is None
    return holds and any(reader.holds(role, row["social_space_id"]) for role in roles)


def _steers(reader: Holder, row: Row) -> bool:
    return reader.holds_throughout("integrated_planner", row["id"])


def _goal_of(reader: Holder, row: Row) -> Row:
    goal = reader.county.one("goal", id=row["goal_id"])
    assert goal is not None
    return goal


def _next_step(reader: Holder, row: Row) -> bool:
    return is_mine_to_do(reader, row) and row["state"] in ("open", "doing")


def is_mine_to_do(reader: Holder, row: Row) -> bool:
    return _step(reader, row) and (row["done_by_id"] in reader.selves or _does_with(reader, row))


def _does_with(reader: Holder, row: Row) -> bool:
    """Somebody who works on the case, and does it with them."""
    me = reader.id is not None and row["done_with_id"] == reader.id
    return me and reader.involved(row["case_id"], "steps", "assignment", "transmission")


def _of_person(column: str) -> Value:
    def value(reader: Holder, row: Row) -> Any:
        person = reader.county.one("person", participant_id=row["id"])
        return person[column] if person else None

    return value


def until(reader: Holder, row: Row) -> str:
    day = date.fromisoformat(row["due_on"])
    return f"bis {day.day}. {MONTHS[day.month - 1]} {day.year}"


def _represents(county: County, row: Row) -> bool:
    return row["kind"] in ("custodian", "representative") and row["merged_into_id"] is None


def _is_known(county: County, row: Row) -> bool:
    return county.one("person", participant_id=row["id"]) is not None


def _needs_interpreter(reader: Holder, row: Row) -> bool | None:
    person = reader.county.one("person", participant_id=row["id"])
    if person is None:
        return None
    return bool(person["speaks"]) and not any(tag.split("-")[0] == "de" for tag in person["speaks"])


_PERSON = dict.fromkeys(("name", "born_on", "language", "speaks"), of_case("persons"))


def leads(column: str = "case_id") -> Test:
    return lambda reader, row: reader.leads(row[column])


def _in_family(reader: Holder, row: Row) -> bool:
    return reader.belongs(row["case_id"])


def _own(reader: Holder, row: Row) -> bool:
    return row["participant_id"] in reader.selves and reader.belongs(row["case_id"])


def _shares(reader: Holder, row: Row) -> bool:
    return not reader.selves.isdisjoint(row["shared_with"]) and reader.belongs(row["case_id"])


def goes_on(county: County, case: Row) -> bool:
    return case["state"] in CASES_GOING_ON and case["closed_on"] is None


def case_goes_on(county: County, row: Row) -> bool:
    case = county.one("case_file", id=row["case_id"])
    return case is None or goes_on(county, case)


def _asked_now(county: County, question: Row) -> bool:
    case = county.one("case_file", id=question["case_id"])
    again = county.all("question", case_id=question["case_id"], position=question["position"])
    latest = all(each["cycle"] <= question["cycle"] for each in again)
    return case is not None and case["period"] == question["period"] and latest


def _of_a_child(county: County, goal: Row) -> bool:
    """Under 15, and without a login."""
    owner = county.one("participant", id=goal["participant_id"])
    person = county.one("person", participant_id=goal["participant_id"])
    assert owner is not None
    if owner["kind"] != "addressee" or owner["actor_id"] is not None or person is None or person["born_on"] is None:
        return False
    born, today = date.fromisoformat(person["born_on"]), date.fromisoformat(county.today)
    return (today.year - born.year, today.month, today.day) < (15, born.month, born.day)


def _others_agreed(county: County, goal: Row) -> bool:
    return set(goal["shared_with"]) <= set(goal["agreed_by"])


def _wants(reader: Holder, row: Row) -> bool:
    return row["wanted_by_id"] in reader.selves and reader.belongs(row["case_id"])


def _move(reader: Holder, row: Row) -> bool:
    """A link lets one do or leave a step, not put it off."""
    doing = row["done_by_id"] in reader.selves or _does_with(reader, row)
    return doing or _wants(reader, row) or reader.leads(row["case_id"])


def _tick_off(reader: Holder, row: Row) -> bool:
    return _move(reader, row) or reader.linked(row)


def _gives_a_link(reader: Holder, row: Row) -> bool:
    """Whoever leads the case, or wants the step themselves and can take the link back."""
    wanted = row["wanted_by_id"] in reader.selves and reader.involved(row["case_id"], None, "self")
    return wanted or reader.leads(row["case_id"])


def _plans_steps(reader: Holder, row: Row) -> bool:
    return reader.involved(row["case_id"], "steps", "assignment", "transmission", "self", "representation")


def _leads_or_trusts(reader: Holder, row: Row) -> bool:
    return reader.leads(row["case_id"]) or reader.trusts(row)


SEEN: Mapping[str, Seen] = {
    "CaseAccess": Seen(
        "case_access",
        _way_in,
        "id case_id actor_id basis parts purpose legal_basis assignment_id trusted_by_id step_id stand_in_id "
        "in_force valid_from valid_to version",
        said={"in_force": in_force},
    ),
    "StandIn": Seen(
        "stand_in",
        lambda reader, row: _stands_in(reader, row) or _has_named(reader, row) or reader.oversees(row),
        "id absent_id actor_id named_by_id in_force valid_from valid_to version",
        said={"in_force": in_force},
    ),
    "FamilyInquiry": Seen(
        "family_inquiry",
        lambda reader, row: (
            (reader.id == row["actor_id"] and reader.works(row["authority_id"], "case_worker")) or reader.oversees(row)
        ),
        "id actor_id purpose because known case_ids asked_at withheld",
        only={"case_ids": lambda reader, row: reader.oversees(row)},
    ),
    "Case": Seen(
        "case_file",
        of_case(None, "id"),
        "id pseudonym state state_label field_of_action social_space_id responsible_because opened_on period closed_on "
        "merged_into_id title concern withheld version",
        said={"state_label": said("state", CASE_STATES), "responsible_because": _responsible},
        only={
            "merged_into_id": _went_into,
            "title": of_case("concern", "id"),
            "concern": of_case("concern", "id"),
        },
        one={"social_space": ("SocialSpace", up("social_space_id"))},
        many={
            "participants": ("Participant", down("case_id")),
            "questions": ("Question", down("case_id")),
            "handovers": ("Handover", down("case_id")),
            "consultations": ("Consultation", down("case_id")),
            "offers": ("Offer", down("case_id")),
            "disagreements": ("Disagreement", down("case_id")),
            "life_ratings": ("LifeRating", down("case_id")),
            "situation_entries": ("SituationEntry", down("case_id")),
            "goals": ("Goal", down("case_id")),
            "commitments": ("Commitment", down("case_id")),
            "arrangements": ("Arrangement", down("case_id")),
            "reviews": ("Review", down("case_id")),
            "setting_changes": ("SettingChange", down("case_id")),
            "assignments": ("Assignment", down("case_id")),
            "provider_records": ("ProviderRecord", down("case_id")),
            "case_contacts": ("CaseContact", down("case_id")),
            "withdrawals": ("Withdrawal", down("case_id")),
            "confidential_counsellings": ("ConfidentialCounselling", down("case_id")),
            "sibling_links": (
                "SiblingLink",
                lambda county, here, there: here["id"] in (there["case_id"], there["sibling_case_id"]),
            ),
        },
    ),
    "Handover": Seen(
        "handover",
        _handover,
        "id case_id pseudonym kind kind_label state state_label receiving_body receiver_id social_space_id "
        "call_back_on accepted_by settled_on version",
        said={"kind_label": said("kind", HANDOVER_KINDS), "state_label": said("state", HANDOVER_STATES)},
        one={"social_space": ("SocialSpace", up("social_space_id"))},
    ),
    "AuditRequest": Seen(
        "audit_request",
        _audit_request,
        "id case_id pseudonym purpose legal_basis valid_to requested_by_id state state_label decided_by_id "
        "refused_because case_access_id version",
        said={"state_label": said("state", AUDIT_REQUEST_STATES)},
    ),
    "CaseSketch": Seen(
        "case_sketch",
        _sketch,
        "pseudonym state field_of_action social_space_id opened_in",
        one={"social_space": ("SocialSpace", up("social_space_id"))},
    ),
    "Participant": Seen(
        "participant",
        _participant,
        "id case_id kind kind_label representation representation_label represents_in represents_until trusted_by_id "
        "merged_into_id enrolled joined_on left_on name born_on language speaks needs_interpreter withheld version",
        said={
            "kind_label": said("kind", PARTICIPANT_KINDS),
            "representation_label": said("representation", REPRESENTATIONS),
            "enrolled": lambda reader, row: row["actor_id"] is not None,
            **{name: _of_person(name) for name in _PERSON},
            "needs_interpreter": _needs_interpreter,
        },
        only=dict.fromkeys(
            ("representation", "representation_label", "represents_in", "represents_until", "trusted_by_id"),
            of_case("persons"),
        )
        | _PERSON
        | {"needs_interpreter": of_case("persons")},
        many={"represents": ("Representation", down("participant_id"))},
    ),
    "Representation": Seen(
        "representation",
        of_case("persons"),
        "id case_id participant_id represented_id starts_on ends_on version",
        one={"represented": ("Participant", up("represented_id"))},
    ),
    "Question": Seen(
        "question",
        of_case("questions"),
        "id case_id numeral position period cycle text state state_label skipped_because version",
        said={
            "text": lambda reader, row: QUESTIONS[row["numeral"]][Language.DE],
            "state_label": said("state", QUESTION_STATES),
        },
        many={
            "disagreements": ("Disagreement", down("about_id")),
            "suggestions": ("Suggestion", down("question_id")),
            "answers": (
                "Answer",
                lambda county, here, there: there["question_id"] == here["id"] and there["replaced_at"] is None,
            ),
        },
    ),
    "Answer": Seen(
        "answer",
        heard_of_case("questions"),
        "id case_id question_id participant_id wording words language audience created_at replaced_at",
        one={"participant": ("Participant", up("participant_id"))},
    ),
    "LifeRating": Seen(
        "life_rating",
        heard_of_case("questions"),
        "id case_id participant_id about lowest_means highest_means highest value words language audience rated_at",
        one={"participant": ("Participant", up("participant_id"))},
    ),
    "SituationEntry": Seen(
        "situation_entry",
        _situation,
        "id case_id life_area life_area_label area_name county_area_id aspect aspect_label words author_id audience "
        "seen_on",
        one={"county_area": ("CountyLifeArea", up("county_area_id"))},
        many={"disagreements": ("Disagreement", down("about_id"))},
        said={"life_area_label": said("life_area", LIFE_AREAS), "aspect_label": said("aspect", ASPECTS)},
    ),
    "CountyLifeArea": Seen(
        "county_life_area", everybody, "id authority_id code name", said={"name": lambda reader, row: row["name_de"]}
    ),
    "Offer": Seen(
        "offer",
        of_case("questions"),
        "id case_id participant_id words language until withdrawn_on shared_id version",
        one={"participant": ("Participant", up("participant_id"))},
    ),
    "SpaceSituation": Seen(
        "space_situation",
        lambda reader, row: any(reader.holds(role, row["social_space_id"]) for role in PLANNING),
        "key social_space_id life_area life_area_label aspect aspect_label at_least",
        said={"life_area_label": said("life_area", LIFE_AREAS), "aspect_label": said("aspect", ASPECTS)},
        one={"social_space": ("SocialSpace", up("social_space_id"))},
    ),
    "SharedOffer": Seen(
        "shared_offer",
        _shared_offer,
        "id social_space_id words language until",
        one={"social_space": ("SocialSpace", up("social_space_id"))},
    ),
    "Disagreement": Seen(
        "disagreement",
        lambda reader, row: reader.involved(row["case_id"], row["part"], *BUT_AUDITORS) and reader.hears(row),
        "id case_id participant_id about about_id words language audience created_at",
        one={"participant": ("Participant", up("participant_id"))},
    ),
    "Withdrawal": Seen(
        "withdrawal",
        _withdrawal,
        "id case_id kind entry_id author_id because because_label reason into_case_id withdrawn_by_id withdrawn_at "
        "withheld",
        said={"because_label": said("because", WITHDRAWN_BECAUSE)},
        only={"into_case_id": _came_into},
    ),
    "ConfidentialCounselling": Seen(
        "confidential_counselling",
        lambda r, row: (
            r.leads(row["case_id"]) or (row["participant_id"] in r.selves and r.involved(row["case_id"], None, "self"))
        ),
        "id case_id participant_id because began_on review_on ended_on ended_because version",
    ),
    "SiblingLink": Seen(
        "sibling_link",
        _siblings,
        "id case_id sibling_case_id because linked_by_id linked_on ended_on version",
    ),
    "Suggestion": Seen(
        "suggestion",
        heard_of_case("questions"),
        "id case_id question_id author_id words language audience created_at",
        one={"question": ("Question", up("question_id"))},
        many={"disagreements": ("Disagreement", down("about_id"))},
    ),
    "Goal": Seen(
        "goal",
        heard_of_case("goals"),
        "id case_id participant_id kind statement how_noticed feasibility target_on state state_label agreed_at "
        "shared_with agreed_by will_found_out looking_back looking_back_found_out replaces_id audience version",
        said={"state_label": said("state", GOAL_STATES)},
        one={"participant": ("Participant", up("participant_id")), "case": ("Case", up("case_id"))},
        many={"steps": ("Step", down("goal_id")), "disagreements": ("Disagreement", down("about_id"))},
    ),
    "Step": Seen(
        "step",
        _step,
        "id case_id goal_id wanted_by_id done_by_id done_with_id with_whom how due_on with_what state first_due_on "
        "moved_because remark dropped_because finished_at audience version",
        said={"dropped_because": said("dropped_with", STEP_ENDINGS)},
        one={
            "goal": ("Goal", up("goal_id")),
            "wanted_by": ("Participant", up("wanted_by_id")),
            "done_by": ("Participant", up("done_by_id")),
        },
        many={"tick_offs": ("TickOff", down("step_id")), "disagreements": ("Disagreement", down("about_id"))},
    ),
    "TickOff": Seen(
        "tick_off",
        _tick_off_of_step,
        "id case_id step_id done words seen_version taken step_state audience arrived_at",
        one={"step": ("Step", up("step_id"))},
    ),
    "NextStep": Seen(
        "step",
        _next_step,
        "id how with_whom with_what due_on until state state_label goal_id goal_statement version withheld",
        said={
            "until": until,
            "state_label": lambda reader, row: STEP_STATES[row["state"]][Language.DE],
            "goal_statement": lambda reader, row: _goal_of(reader, row)["statement"],
        },
        only={"goal_statement": lambda reader, row: heard_of_case("goals")(reader, _goal_of(reader, row))},
        one={"goal": ("Goal", up("goal_id"))},
    ),
}


GOING_ON = ("enquiry", "counselling", "clarification", "arrangement_planning", "active", "review")
CASES_GOING_ON = (*GOING_ON, "closing", "after_care", "transferred")
UNMERGED = (*GOING_ON, "closing", "after_care", "closed", "redirected", "transferred")

DEEDS: Mapping[str, Deed] = {
    "ask_whether_known": Deed("Authority", lambda reader, row: reader.works(row["id"], "case_worker")),
    "open_case": Deed("SocialSpace", lambda reader, row: reader.holds("case_worker", row["id"])),
    "change_case": Deed("Case", leads("id")),
    "merge_case": Deed(
        "Case",
        lambda reader, row: reader.leads_for_good(row["id"]),
        (*GOING_ON, "closing", "after_care", "transferred", "closed", "redirected"),
        (_not_offered, _quiet),
    ),
    "withdraw_entry": Deed("Case", leads("id")),
    "move_participant": Deed("Participant", lambda reader, row: reader.leads_for_good(row["case_id"])),
    "merge_participant": Deed("Participant", leads()),
    "link_siblings": Deed("Case", leads("id"), UNMERGED),
    "end_sibling_link": Deed(
        "SiblingLink",
        lambda r, row: r.leads(row["case_id"]) or r.leads(row["sibling_case_id"]),
        met=(lambda c, row: row["ended_on"] is None,),
    ),
    "undo_merger": Deed("Case", _takes_apart, ("merged",)),
    "begin_counselling": Deed("Case", leads("id"), ("enquiry",)),
    "begin_clarification": Deed("Case", leads("id"), ("enquiry", "counselling", "transferred")),
    "begin_arrangement_planning": Deed("Case", leads("id"), ("clarification", "transferred")),
    "activate_case": Deed(
        "Case",
        leads("id"),
        ("arrangement_planning", "review", "closing", "after_care", "transferred"),
        (_decided,),
    ),
    "begin_review": Deed("Case", leads("id"), ("active",)),
    "begin_closing": Deed("Case", leads("id"), (*GOING_ON, "transferred")),
    "begin_after_care": Deed("Case", leads("id"), ("closing",)),
    "close_case": Deed("Case", leads("id"), ("closing", "after_care"), (_asked_at_closing,)),
    "reopen_case": Deed("Case", leads("id"), ("closed", "redirected")),
    "redirect_case": Deed("Case", leads("id"), ("enquiry",), (_not_offered,)),
    "offer_transfer": Deed(
        "Case",
        lambda reader, row: reader.leads_for_good(row["id"]),
        (*GOING_ON, "closing", "after_care", "transferred"),
        (_not_offered,),
    ),
    "accept_handover": Deed("Handover", _offered, ("offered",)),
    "confirm_handover": Deed("Handover", leads(), ("offered",), (lambda c, row: row["receiver_id"] is None,)),
    "withdraw_handover": Deed("Handover", lambda r, row: r.leads(row["case_id"]) or _offered(r, row), ("offered",)),
    "add_participant": Deed("Case", leads("id")),
    "name_stand_in": Deed(
        "Actor",
        lambda r, row: (
            (r.id == row["id"] and r.works(row["authority_id"], "case_worker")) or _manages_their_cases(r, row)
        ),
        unseen=True,
    ),
    "end_stand_in": Deed("StandIn", lambda r, row: _stands_in(r, row) or _has_named(r, row)),
    "keep_counselling_confidential": Deed("Participant", leads()),
    "look_at_confidentiality_again": Deed(
        "ConfidentialCounselling", leads(), met=(lambda c, row: row["ended_on"] is None,)
    ),
    "end_confidentiality": Deed("ConfidentialCounselling", leads(), met=(lambda c, row: row["ended_on"] is None,)),
    "name_lead": Deed("CaseSketch", _names_lead),
    "transmit_case": Deed("Case", leads("id"), UNMERGED),
    "name_trusted_person": Deed("Case", lambda r, row: r.involved(row["id"], None, "self")),
    "let_see": Deed("CaseAccess", lambda r, row: r.trusts(row)),
    "end_case_access": Deed(
        "CaseAccess", lambda r, row: r.trusts(row) or (r.leads(row["case_id"]) and row["basis"] != "audit")
    ),
    "request_audit_access": Deed("Authority", lambda r, row: r.holds_throughout("auditor", row["id"])),
    "approve_audit_access": Deed(
        "AuditRequest", lambda r, row: r.oversees(row) and row["requested_by_id"] != r.id, ("requested",)
    ),
    "refuse_audit_access": Deed(
        "AuditRequest", lambda r, row: r.oversees(row) and row["requested_by_id"] != r.id, ("requested",)
    ),
    "end_audit_access": Deed(
        "AuditRequest", lambda r, row: r.oversees(row) and row["requested_by_id"] != r.id, ("approved",)
    ),
    "issue_enrolment_code": Deed("Participant", _leads_or_trusts),
    "undo_enrolment": Deed("Participant", leads()),
    "correct_participant": Deed("Participant", leads(), met=(_is_known, lambda c, row: row["merged_into_id"] is None)),
    "say_languages": Deed(
        "Participant",
        lambda r, row: (
            r.leads(row["case_id"])
            or (row["id"] in r.selves and r.involved(row["case_id"], None, "self", "representation", "trust"))
        ),
        met=(_is_known,),
    ),
    "leave_case": Deed("Participant", leads(), met=(lambda c, row: row["left_on"] is None,)),
    "return_to_case": Deed("Participant", leads(), met=(lambda c, row: row["left_on"] is not None,)),
    "represent": Deed("Participant", leads(), met=(_represents,)),
    "change_representation": Deed("Representation", leads()),
    "limit_representation": Deed("Participant", leads(), met=(_represents,)),
    # Words are one's own, and so are goals: nobody agrees one for somebody else.
    "word_answer": Deed("Question", _in_family, met=(_asked_now,)),
    "suggest_answer": Deed(
        "Question",
        lambda r, row: r.involved(row["case_id"], "questions", "assignment", "transmission"),
        met=(_asked_now,),
    ),
    "skip_question": Deed(
        "Question",
        lambda r, row: r.involved(row["case_id"], "questions", "assignment", "self", "representation"),
        ("not_started",),
        (_asked_now,),
    ),
    "make_offer": Deed("Case", lambda r, row: r.involved(row["id"], None, "self", "representation")),
    "withdraw_offer": Deed(
        "Offer",
        lambda r, row: (
            row["participant_id"] in r.selves and r.involved(row["case_id"], "questions", "self", "representation")
        ),
    ),
    "disagree": Deed("Case", lambda r, row: r.involved(row["id"], None, "self", "representation")),
    "add_life_area": Deed("Authority", _steers),
    "rate_life": Deed("Case", lambda r, row: r.involved(row["id"], None, "self", "representation")),
    "note_situation": Deed(
        "Case", lambda r, row: r.involved(row["id"], "concern", "assignment", "self", "representation")
    ),
    "propose_goal": Deed(
        "Case",
        lambda r, row: r.involved(row["id"], None, "assignment", "self", "representation"),
        CASES_GOING_ON,
        (goes_on,),
    ),
    "change_goal": Deed("Goal", lambda r, row: _own(r, row) or r.leads(row["case_id"]), ("draft",)),
    "agree_goal": Deed("Goal", lambda r, row: _own(r, row) or _shares(r, row), ("draft", "will_recorded")),
    "record_will": Deed("Goal", leads(), ("draft",), (_of_a_child, _others_agreed)),
    "look_back_on_goal": Deed("Goal", _own, ("agreed",)),
    "record_looking_back": Deed("Goal", leads(), ("will_recorded",), (_of_a_child,)),
    "drop_goal": Deed("Goal", _own, ("draft", "agreed", "will_recorded")),
    "plan_step": Deed("Goal", _plans_steps, ("agreed", "will_recorded"), (case_goes_on,)),
    "change_step": Deed("Step", lambda r, row: _wants(r, row) or r.leads(row["case_id"]), ("open", "doing")),
    "move_step": Deed("Step", _move, ("open", "doing")),
    "tick_off_step": Deed("Step", _tick_off),
    "begin_step": Deed("Step", _tick_off, ("open",)),
    "finish_step": Deed("Step", _tick_off, ("open", "doing")),
    "leave_step": Deed("Step", _tick_off, ("open", "doing")),
    "make_step_link": Deed("Step", _gives_a_link, ("open", "doing")),
    "enrol": Deed(None, everybody),  # by a code, not by who one is,
}
