"""Arrangements: who contributes what, and what the agency has decided about it."""

from collections.abc import Mapping
from datetime import date

from service.domain.cases.endings import BECAUSE
from service.domain.decisions.claims import HOLDERS
from service.domain.decisions.perspectives import AIMS
from service.domain.decisions.wording import (
    DUE_KINDS,
    ELEMENT_KINDS,
    ELEMENT_STATES,
    FINDINGS,
    HINTS,
    OTHER_WAYS,
    OUTCOMES,
    OVERRIDES,
    REVIEW_KINDS,
    REVIEW_STATES,
    SUPPORT_PLACES,
)
from tests.access.model.cases import CASES_GOING_ON, PLANNING, case_goes_on, goes_on, until
from tests.access.model.county import County, Row
from tests.access.model.holding import Holder
from tests.access.model.protection import in_team
from tests.access.model.seeing import Deed, Seen, Test, down, eur, everybody, heard_of_case, of_case, said, up


def _applies(reader: Holder, row: Row) -> bool:
    """Also: what was said in a review."""
    return reader.involved(row["case_id"], "arrangement", "assignment", "self", "representation")


def _concerned(reader: Holder, row: Row) -> bool:
    """Why it was decided so: for whoever leads the case, for the family, and for whoever audits it."""
    return reader.involved(row["case_id"], "arrangement", "assignment", "self", "representation", "audit")


def _decision(reader: Holder, row: Row) -> bool:
    """One that was annulled only for whoever leads the case, and for audits."""
    bases = ("assignment", "audit") if row["annulled_on"] is not None else ()
    return reader.involved(row["case_id"], "arrangement", *bases)


def _own_of_a_minor(county: County, row: Row) -> bool:
    """Somebody under 18 has applied for it themselves."""
    applied = county.all("participant", case_id=row["case_id"], kind="addressee", id=row["applicant_id"])
    for each in applied if row["applicant_id"] is not None else ():
        person = county.one("person", participant_id=each["id"])
        if person is not None and person["born_on"] is not None:
            born, today = date.fromisoformat(person["born_on"]), date.fromisoformat(county.today)
            return (today.year - born.year, today.month, today.day) < (18, born.month, born.day)
    return False


def _to_be_told(county: County, row: Row) -> bool:
    return _own_of_a_minor(county, row) or row["custodians_not_told_because"] is not None


def _told(county: County, row: Row) -> bool:
    said = row["custodians_told_on"] is not None or row["custodians_not_told_because"] is not None
    return said or not _own_of_a_minor(county, row)


def _out_of_home(county: County, row: Row) -> bool:
    kinds = {"foster_care_general", "foster_care_special", "residential_care", "flexible_support_out_of_home"}
    places = {"home_of_relatives", "unrelated_family", "abroad", "own_home_of_young_person"}
    places |= {"residential_several_groups", "residential_one_group"}
    return row["support_kind"] in kinds or row["support_place"] in places


def _arranges(column: str = "case_id") -> Test:
    return lambda reader, row: reader.involved(row[column], "arrangement", "assignment")


def _due(reader: Holder, row: Row) -> bool:
    """All that has a day in the cases one leads, as far as it is said to oneself; of child protection, in a team."""
    if row["kind"] in ("endangerment_report", "safety_plan_review"):
        return in_team(reader, {"assessment_id": row["case_id"]})
    return reader.involved(row["case_id"], "concern", "assignment") and reader.hears(row)


SEEN: Mapping[str, Seen] = {
    "DueItem": Seen(
        "due_item",
        _due,
        "id case_id case_title kind kind_label what due_on until overdue",
        said={
            "kind_label": said("kind", DUE_KINDS),
            "until": until,
            "overdue": lambda reader, row: row["due_on"] < reader.county.today,
        },
        one={"case": ("Case", up("case_id"))},
    ),
    "Review": Seen(
        "review",
        of_case("arrangement"),
        "id case_id kind kind_label state state_label due_on first_due_on moved_because element_id finding "
        "finding_label words took_part held_on withheld version",
        said={
            "kind_label": said("kind", REVIEW_KINDS),
            "state_label": said("state", REVIEW_STATES),
            "finding_label": said("finding", FINDINGS),
            "words": lambda reader, row: row["words"] or said("dropped_with", BECAUSE)(reader, row),
        },
        only={"moved_because": _applies, "finding": _concerned, "finding_label": _concerned, "words": _applies},
        one={"element": ("Element", up("element_id")), "case": ("Case", up("case_id"))},
        many={"disagreements": ("Disagreement", down("about_id"))},
    ),
    "SettingChange": Seen(
        "setting_change",
        heard_of_case("arrangement"),
        "id case_id participant_id from_place from_place_label to_place to_place_label from_on words steps",
        said={
            "from_place_label": said("from_place", SUPPORT_PLACES),
            "to_place_label": said("to_place", SUPPORT_PLACES),
        },
        one={"participant": ("Participant", up("participant_id"))},
        many={
            "bridging_steps": (
                "Step",
                lambda county, here, there: there["case_id"] == here["case_id"] and there["id"] in here["steps"],
            ),
        },
    ),
    "Arrangement": Seen(
        "support_arrangement",
        of_case("arrangement"),
        "id case_id title purpose edition version",
        one={"case": ("Case", up("case_id"))},
        many={
            "elements": ("Element", down("arrangement_id")),
            "element_changes": ("ElementChange", down("arrangement_id")),
            "arrangement_mix": ("ArrangementMix", down("arrangement_id")),
        },
    ),
    "Element": Seen(
        "arrangement_element",
        of_case("arrangement"),
        "id case_id arrangement_id participant_id goal_ids kind kind_label what state state_label organisation_id "
        "support_kind support_place hours_per_week starts_on ends_on cost basis line claim_holder_id "
        "applicant_id custodians_told_on custodians_not_told_because applied_on "
        "began_on ended_on other_way other_way_label other_way_because withheld version",
        said={
            **eur("hours_per_week", "cost"),
            "kind_label": said("kind", ELEMENT_KINDS),
            "state_label": said("state", ELEMENT_STATES),
            "other_way_label": said("other_way", OTHER_WAYS),
        },
        only={
            "cost": _concerned,
            "custodians_not_told_because": _arranges(),
            "other_way_because": _concerned,
        },
        one={
            "arrangement": ("Arrangement", up("arrangement_id")),
            "participant": ("Participant", up("participant_id")),
            "organisation": ("Organisation", up("organisation_id")),
            "decision": ("Decision", lambda county, here, there: bool(there["element_id"] == here["id"])),
            "commitment": ("Commitment", up("commitment_id")),
        },
        many={
            "cost_shares": ("CostShare", down("element_id")),
            "perspectives": ("Perspective", down("element_id")),
            "disagreements": ("Disagreement", down("about_id")),
            "element_changes": ("ElementChange", down("element_id")),
            "goals": (
                "Goal",
                lambda county, here, there: there["case_id"] == here["case_id"] and there["id"] in here["goal_ids"],
            ),
        },
    ),
    "CostShare": Seen(
        "cost_share",
        _concerned,
        "id case_id element_id number position source legal_basis bearer amount granted commitment_id",
        said=eur("amount", "granted"),
    ),
    "ElementChange": Seen(
        "element_change",
        of_case("arrangement"),
        "id case_id arrangement_id element_id edition change changed kind kind_label what state state_label "
        "participant_id goal_ids organisation_id support_kind support_place hours_per_week starts_on ends_on cost at "
        "withheld",
        said={
            **eur("hours_per_week", "cost"),
            "kind_label": said("kind", ELEMENT_KINDS),
            "state_label": said("state", ELEMENT_STATES),
        },
        only={"cost": _concerned},
        one={"element": ("Element", up("element_id"))},
    ),
    "ArrangementMix": Seen(
        "arrangement_mix",
        of_case("arrangement"),
        "key case_id arrangement_id month kind kind_label elements",
        said={"kind_label": said("kind", ELEMENT_KINDS)},
    ),
    "SpaceTransition": Seen(
        "space_transition",
        lambda reader, row: any(reader.holds(role, row["social_space_id"]) for role in PLANNING),
        "key social_space_id at_least homeward_in_ten",
        one={"social_space": ("SocialSpace", up("social_space_id"))},
    ),
    "SpaceContribution": Seen(
        "space_contribution",
        lambda reader, row: any(reader.holds(role, row["social_space_id"]) for role in PLANNING),
        "key social_space_id year kind kind_label at_least in_ten",
        said={"kind_label": said("kind", ELEMENT_KINDS)},
        one={"social_space": ("SocialSpace", up("social_space_id"))},
    ),
    "Perspective": Seen(
        "perspective",
        lambda reader, row: _applies(reader, row) and reader.hears(row),
        "id case_id element_id aim aim_label words cleared_up_with author_id cleared_up_on audience review_id",
        said={"aim_label": said("aim", AIMS)},
        one={"element": ("Element", up("element_id"))},
        many={"disagreements": ("Disagreement", down("about_id"))},
    ),
    "LegalClaim": Seen(
        "legal_claim",
        everybody,
        "id paragraph holder holder_label support_kind from_age until_age upon_application valid_from valid_to source",
        said={"holder_label": said("holder", HOLDERS)},
    ),
    "OfficialCode": Seen("official_code", everybody, "id code_list key word name paragraph"),
    "Decision": Seen(
        "decision",
        _decision,
        "id case_id element_id outcome outcome_label hint organisation_id outside_network hours_per_week starts_on "
        "ends_on legal_basis amount wish_and_choice reasons remedy_notice decided_by_id second_professional_id "
        "override override_label override_because decided_on annulled_on withheld",
        said={
            **eur("hours_per_week", "amount"),
            "outcome_label": said("outcome", OUTCOMES),
            "override_label": said("override", OVERRIDES),
            "hint": said("outcome", HINTS),
        },
        only=dict.fromkeys(
            (
                *("amount", "wish_and_choice", "reasons", "remedy_notice"),
                *("decided_by_id", "second_professional_id", "override", "override_label", "override_because"),
            ),
            _concerned,
        ),
        one={
            "element": ("Element", up("element_id")),
            "organisation": ("Organisation", up("organisation_id")),
        },
        many={"disagreements": ("Disagreement", down("about_id"))},
    ),
}


DEEDS: Mapping[str, Deed] = {
    # Arrangements: planned and decided by whoever leads the case, applied for by the family, too.
    "draft_arrangement": Deed("Case", _arranges("id"), CASES_GOING_ON, (goes_on,)),
    "add_element": Deed("Arrangement", _arranges(), met=(case_goes_on,)),
    "record_setting_change": Deed("Case", _arranges("id"), CASES_GOING_ON, (goes_on,)),
    "change_element": Deed("Element", _arranges(), ("planned", "applied", "running", "granted")),
    "plan_cost_shares": Deed("Element", _arranges(), ("planned",)),
    "start_element": Deed("Element", _arranges(), ("planned",), (case_goes_on,)),
    "begin_otherwise": Deed(
        "Element",
        _arranges(),
        ("planned", "applied"),
        (lambda county, row: row["kind"] == "specialist", case_goes_on),
    ),
    "apply_for_element": Deed("Element", _applies, ("planned",), (case_goes_on,)),
    "decide_element": Deed("Element", _arranges(), ("planned", "applied"), (case_goes_on, _told)),
    "tell_custodians": Deed(
        "Element", _arranges(), ("applied", "running", "granted", "refused", "ended"), (_to_be_told,)
    ),
    "clear_up_perspective": Deed("Element", _arranges(), met=(_out_of_home,)),
    "end_element": Deed("Element", _arranges(), ("planned", "applied", "running", "granted")),
    # People may ask for a review themselves; whoever leads the case holds it.
    "plan_review": Deed(
        "Case",
        lambda r, row: r.involved(row["id"], "arrangement", "assignment", "self", "representation"),
        CASES_GOING_ON,
        (goes_on,),
    ),
    "hold_review": Deed("Review", _arranges(), ("planned",)),
    "move_review": Deed("Review", _arranges(), ("planned",)),
    "drop_review": Deed("Review", _arranges(), ("planned",)),
}
