"""Child protection: the team of an assessment, as long as they work here: who leads the case or stands in there, and
who was let in; of a report also whoever has made it."""

from collections.abc import Mapping

from service.domain.protection.views import PARTS
from tests.access.model.county import County, Row
from tests.access.model.holding import Holder
from tests.access.model.seeing import Deed, Seen, Test, Value, down, in_force, said

_THERE = ("case_worker", "provider_worker")


def _serves(reader: Holder, row: Row) -> bool:
    """In an organisation, and in a role, both now."""
    held = reader.county.all("membership", actor_id=reader.id) if reader.actor else iter(())
    return any(reader.works(each["authority_id"], *_THERE) for each in held if reader.county.holds_now(each))


def _compartment(county: County, row: Row) -> Row:
    found = row if "team" in row else county.one("endangerment_assessment", id=row["assessment_id"])
    assert found is not None
    return found


def in_team(reader: Holder, row: Row) -> bool:
    compartment = _compartment(reader.county, row)
    return (reader.id in compartment["team"] or reader.leads(compartment["case_id"])) and _serves(reader, row)


def _responsible(reader: Holder, row: Row) -> bool:
    return in_team(reader, row) and reader.works(row["authority_id"], "case_worker")


def _report(reader: Holder, row: Row) -> bool:
    return in_team(reader, row) or (row["reporter_id"] == reader.id and _serves(reader, row))


def _reports(reader: Holder, case: Row) -> bool:
    return reader.involved(case["id"], None, "assignment", "transmission") and _serves(reader, case)


def _two_professionals(county: County, row: Row) -> bool:
    judged = county.all("endangerment_judgement", assessment_id=row["id"], round=row["round"], as_adviser=False)
    return len({each["author_id"] for each in judged}) > 1


def _led(county: County, case: Row) -> bool:
    return any(map(county.holds_now, county.all("case_access", case_id=case["id"], basis="assignment")))


def _names(reader: Holder, row: Row) -> bool:
    return _responsible(reader, row) and reader.leads(row["case_id"])


OPEN: Mapping[str, Value] = {"unreadable": lambda reader, row: []}  # every text opens

SEEN: Mapping[str, Seen] = {
    "EndangermentAssessment": Seen(
        "endangerment_assessment",
        in_team,
        "id case_id case_pseudonym state round endangered team advisers finding reasons involvement measures outcome "
        "reported_on concluded_on unreadable version",
        said=OPEN,
        many={
            "members": ("EndangermentMember", down("assessment_id")),
            "reports": ("EndangermentReport", down("assessment_id")),
            "judgements": ("EndangermentJudgement", down("assessment_id")),
            "safety_plans": ("SafetyPlan", down("assessment_id")),
        },
    ),
    "EndangermentOutline": Seen(
        "endangerment_assessment",
        in_team,
        "id case_id case_pseudonym state finding reported_on concluded_on",
    ),
    "EndangermentMember": Seen(
        "endangerment_team",
        in_team,
        "id assessment_id actor_id part part_label in_force valid_from valid_to",
        said={"part_label": said("part", PARTS), "in_force": in_force},
    ),
    "EndangermentReport": Seen(
        "endangerment_report",
        _report,
        "id assessment_id reporter_id words told_by anonymous own_assessment adviser involvement confirmed acted "
        "created_at unreadable version",
        said=OPEN,
    ),
    "EndangermentJudgement": Seen(
        "endangerment_judgement",
        in_team,
        "id assessment_id round author_id as_adviser worries working_well what_needs_to_happen finding judged_at "
        "unreadable",
        said=OPEN,
    ),
    "SafetyPlan": Seen(
        "safety_plan",
        in_team,
        "id assessment_id agreements agreed_with who_checks review_on author_id agreed_at unreadable",
        said=OPEN,
    ),
}

_FOUND = ("no_danger", "need_for_help", "latent", "acute")
_ACTED = ("safety_plan", "court", "taking_into_care")


def _in(*states: str, by: Test = _responsible) -> Deed:
    return Deed("EndangermentAssessment", by, states)


DEEDS: Mapping[str, Deed] = {
    "report_endangerment": Deed("Case", _reports, met=(_led,)),
    "answer_endangerment_report": Deed("EndangermentReport", _responsible),
    "name_endangered": Deed(
        "EndangermentAssessment", _names, ("reported", "screening", "assessment", *_FOUND, *_ACTED)
    ),
    "begin_screening": _in("reported"),
    "begin_assessment": _in("screening"),
    "judge_endangerment": _in("assessment", by=in_team),
    "find_endangerment": Deed("EndangermentAssessment", _responsible, ("assessment",), (_two_professionals,)),
    "agree_safety_plan": _in("latent", "acute", *_ACTED),
    "call_family_court": _in("latent", "acute", "safety_plan", "taking_into_care"),
    "record_taking_into_care": _in("acute", "safety_plan", "court"),
    "reassess_endangerment": _in("no_danger", "need_for_help", "latent", "acute", *_ACTED, "concluded"),
    "conclude_endangerment": _in("no_danger", "need_for_help", *_ACTED),
    "let_into_assessment": _in(),
    "let_out_of_assessment": _in(),
}
