"""Cases: by case access, part by part; what is said in them by its audience."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from service.domain.cases.wording import PARTICIPANT_KINDS, QUESTIONS, REPRESENTATIONS, STEP_STATES
from service.domain.values import Language
from tests.access.model.county import Row
from tests.access.model.holding import Holder
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
    return mine("actor_id")(reader, row) or reader.involved(row["case_id"], "persons") or reader.oversees(row)


def _sketch(reader: Holder, row: Row) -> bool:
    return reader.holds("social_space_manager", row["social_space_id"]) or reader.leads(row["case_id"])


def _step(reader: Holder, row: Row) -> bool:
    """Of the whole case, or (a network person) those that are theirs to do, or the one that a link opens."""
    theirs = reader.involved(row["case_id"], "steps", "network") and row["done_by_id"] in reader.selves
    return ((reader.involved(row["case_id"], "steps") or theirs) and reader.hears(row)) or reader.linked(row)


def _next_step(reader: Holder, row: Row) -> bool:
    return _step(reader, row) and row["done_by_id"] in reader.selves and row["state"] == "open"


def _of_person(column: str) -> Value:
    def value(reader: Holder, row: Row) -> Any:
        person = reader.county.one("person", participant_id=row["id"])
        return person[column] if person else None

    return value


def _until(reader: Holder, row: Row) -> str:
    day = date.fromisoformat(row["due_on"])
    return f"bis {day.day}. {MONTHS[day.month - 1]} {day.year}"


_PERSON = dict.fromkeys(("name", "born_on", "language"), of_case("persons"))


def leads(column: str = "case_id") -> Test:
    return lambda reader, row: reader.leads(row[column])


def _in_family(reader: Holder, row: Row) -> bool:
    return reader.belongs(row["case_id"])


def _own(reader: Holder, row: Row) -> bool:
    return row["participant_id"] in reader.selves and reader.belongs(row["case_id"])


def _wants(reader: Holder, row: Row) -> bool:
    return row["wanted_by_id"] in reader.selves and reader.belongs(row["case_id"])


def _tick_off(reader: Holder, row: Row) -> bool:
    return (
        row["done_by_id"] in reader.selves or _wants(reader, row) or reader.leads(row["case_id"]) or reader.linked(row)
    )


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
        "id case_id actor_id basis parts purpose legal_basis assignment_id trusted_by_id step_id in_force "
        "valid_from valid_to version",
        said={"in_force": in_force},
    ),
    "Case": Seen(
        "case_file",
        of_case(None, "id"),
        "id pseudonym state field_of_action social_space_id opened_on title concern withheld version",
        only={"title": of_case("concern", "id"), "concern": of_case("concern", "id")},
        one={"social_space": ("SocialSpace", up("social_space_id"))},
        many={
            "participants": ("Participant", down("case_id")),
            "questions": ("Question", down("case_id")),
            "goals": ("Goal", down("case_id")),
            "commitments": ("Commitment", down("case_id")),
            "arrangements": ("Arrangement", down("case_id")),
            "assignments": ("Assignment", down("case_id")),
            "provider_records": ("ProviderRecord", down("case_id")),
        },
    ),
    "CaseSketch": Seen(
        "case_sketch",
        _sketch,
        "pseudonym state field_of_action social_space_id opened_in",
        one={"social_space": ("SocialSpace", up("social_space_id"))},
    ),
    "Participant": Seen(
        "participant",
        of_case(None),
        "id case_id kind kind_label representation representation_label trusted_by_id enrolled name born_on language "
        "withheld version",
        said={
            "kind_label": said("kind", PARTICIPANT_KINDS),
            "representation_label": said("representation", REPRESENTATIONS),
            "enrolled": lambda reader, row: row["actor_id"] is not None,
            **{name: _of_person(name) for name in _PERSON},
        },
        only=dict.fromkeys(("representation", "representation_label", "trusted_by_id"), of_case("persons")) | _PERSON,
    ),
    "Question": Seen(
        "question",
        of_case("questions"),
        "id case_id numeral position text state version",
        said={"text": lambda reader, row: QUESTIONS[row["numeral"]][Language.DE]},
        many={
            "answers": (
                "Answer",
                lambda county, here, there: there["question_id"] == here["id"] and there["replaced_at"] is None,
            )
        },
    ),
    "Answer": Seen(
        "answer",
        heard_of_case("questions"),
        "id case_id question_id participant_id words language audience created_at replaced_at",
        one={"participant": ("Participant", up("participant_id"))},
    ),
    "Goal": Seen(
        "goal",
        heard_of_case("goals"),
        "id case_id participant_id kind statement how_noticed target_on state agreed_at audience version",
        one={"participant": ("Participant", up("participant_id")), "case": ("Case", up("case_id"))},
        many={"steps": ("Step", down("goal_id"))},
    ),
    "Step": Seen(
        "step",
        _step,
        "id case_id goal_id wanted_by_id done_by_id with_whom how due_on with_what state remark finished_at audience "
        "version",
        one={
            "goal": ("Goal", up("goal_id")),
            "wanted_by": ("Participant", up("wanted_by_id")),
            "done_by": ("Participant", up("done_by_id")),
        },
    ),
    "NextStep": Seen(
        "step",
        _next_step,
        "id how with_whom with_what due_on until state state_label version",
        said={"until": _until, "state_label": lambda reader, row: STEP_STATES[row["state"]][Language.DE]},
        one={"goal": ("Goal", up("goal_id"))},
    ),
}


DEEDS: Mapping[str, Deed] = {
    "open_case": Deed("SocialSpace", lambda reader, row: reader.holds("case_worker", row["id"])),
    "change_case": Deed("Case", leads("id")),
    "begin_counselling": Deed("Case", leads("id"), ("enquiry",)),
    "begin_clarification": Deed("Case", leads("id"), ("enquiry", "counselling")),
    "begin_arrangement_planning": Deed("Case", leads("id"), ("clarification",)),
    "add_participant": Deed("Case", leads("id")),
    "name_lead": Deed("CaseSketch", _sketch),
    "transmit_case": Deed("Case", leads("id")),
    "name_trusted_person": Deed("Case", lambda r, row: r.involved(row["id"], None, "self")),
    "let_see": Deed("CaseAccess", lambda r, row: r.trusts(row)),
    "end_case_access": Deed("CaseAccess", _leads_or_trusts),
    "issue_enrolment_code": Deed("Participant", _leads_or_trusts),
    "undo_enrolment": Deed("Participant", leads()),
    # Words are one's own, and so are goals: nobody agrees one for somebody else.
    "word_answer": Deed("Question", _in_family),
    "propose_goal": Deed("Case", lambda r, row: r.involved(row["id"], None, "assignment", "self", "representation")),
    "change_goal": Deed("Goal", lambda r, row: _own(r, row) or r.leads(row["case_id"]), ("draft",)),
    "agree_goal": Deed("Goal", _own, ("draft",)),
    "drop_goal": Deed("Goal", _own, ("draft", "agreed")),
    "plan_step": Deed("Goal", _plans_steps, ("agreed",)),
    "change_step": Deed("Step", lambda r, row: _wants(r, row) or r.leads(row["case_id"]), ("open",)),
    "finish_step": Deed("Step", _tick_off, ("open",)),
    "leave_step": Deed("Step", _tick_off, ("open",)),
    "make_step_link": Deed("Step", _gives_a_link, ("open",)),
    "enrol": Deed(None, everybody),  # by a code, not by who one is,
}
