"""What goes ways in a case: each with its verbs, from which state to which. Written down a second time, apart from the
code; one driver goes them all by chance (`test_machines.py`)."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any

from service.demo import PEOPLE, demo_id
from service.demo.consultations import FAMILY_COUNCIL, PEER
from service.demo.people import LICHTUNG
from service.domain.cases.handovers import Handover, HandoverState
from service.domain.cases.model import Case, CaseState, Goal, GoalState, Question, QuestionState, Step, StepState
from service.domain.cases.picture import Offer
from service.domain.cases.siblings import SiblingLink
from service.domain.clock import Clock
from service.domain.consultations.model import (
    Consent,
    Consultation,
    ConsultationParticipant,
    ConsultationState,
    FamilyPlan,
)
from service.domain.decisions.model import ArrangementElement, ElementKind, ElementState
from service.domain.decisions.reviews import Review, ReviewState
from service.domain.protection.model import EndangermentAssessment, EndangermentState
from service.domain.values import new_id
from tests.cases.conftest import WORKER, As, Life

SELF, SECOND, MODERATOR = "whoever it is about", "second_case_worker", "social_space_manager"
Ways = Mapping[str, Mapping[str, str]]
Said = Mapping[str, Any]
Saying = Said | Callable[[Life], Awaitable[Said]]
Paying = Callable[[Life, str], Awaitable[object]]
TODAY = Clock().today()
SOON = (TODAY + timedelta(days=9)).isoformat()


@dataclass(frozen=True)
class Machine:
    """`ways`: verb («operation», or «operation variant») -> from which state to which. `who` does it, if not whoever
    leads the case. `owed`: what may still be owed in the right state, by its code, and how that is given; null, where
    it is never given here. `refused`: the code with which a verb is refused that knows no states.
    `holds`: of the row, in each state."""

    table: type
    states: type[StrEnum]
    view: str
    begin: Callable[[As], Awaitable[tuple[Life, str]]]
    ways: Ways
    said: Mapping[str, Saying] = field(default_factory=dict)
    who: Mapping[str, str] = field(default_factory=dict)
    owed: Mapping[str, Mapping[str, Paying | None]] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)
    stands: Callable[[Mapping[str, Any]], str] = lambda row: str(row["state"])
    over: tuple[str, ...] = ()
    holds: Callable[[Mapping[str, Any]], bool] = lambda row: True


class Standing(StrEnum):
    """Of what has no column for it."""

    THERE = "there"
    ENDED = "ended"
    ACCEPTED = "accepted"
    RETURNED = "returned"


async def a_life(as_: As) -> Life:
    return await Life(as_).begin()


async def _a_case(as_: As) -> tuple[Life, str]:
    life = await a_life(as_)
    return life, str(life.case)


async def _skip_the_last(life: Life, case: str) -> None:
    there = await life.questions()
    await life.skip(*(each for each in ("VI", "VII") if there[each]["state"] == "not_started"))


FORTH = ("enquiry", "counselling", "clarification", "arrangement_planning", "active", "review")
GOING_ON = (*FORTH, "closing", "after_care")
STAYING = {state: state for state in GOING_ON}
CASE = Machine(
    *(Case, CaseState, "case", _a_case),
    ways={
        "begin_counselling": {"enquiry": "counselling"},
        "begin_clarification": dict.fromkeys(("enquiry", "counselling"), "clarification"),
        "begin_arrangement_planning": {"clarification": "arrangement_planning"},
        "activate_case": dict.fromkeys(("arrangement_planning", "review", "closing", "after_care"), "active"),
        "begin_review": {"active": "review"},
        "begin_closing": dict.fromkeys(FORTH, "closing"),
        "begin_after_care": {"closing": "after_care"},
        "close_case": dict.fromkeys(("closing", "after_care"), "closed"),
        "reopen_case": dict.fromkeys(("closed", "redirected"), "clarification"),
        "redirect_case": {"enquiry": "redirected"},
        "draft_arrangement": STAYING,
        "plan_review": STAYING,
        "propose_goal": STAYING,
        "request_consultation": STAYING,
    },
    said={
        "redirect_case": {"receiving_body": "Schuldnerberatung", "accepted_by": "Sprechstunde"},
        "draft_arrangement": {"title": "Abende"},
        "plan_review": {"kind": "reflection", "due_on": SOON},
        "propose_goal": lambda life: _told(participant_id=str(life.addressee), statement="Schlafen"),
        "request_consultation": {"method_id": str(PEER), "question": "Wie?"},
    },
    owed={"close_case": {"questions-unanswered": _skip_the_last}},
    holds=lambda row: (row["closed_on"] is not None) is (row["state"] in ("closed", "redirected")),
)
ELSEWHERE: Mapping[str, str] = {  # verbs and states that take a second case or authority, and where they are gone
    "transferred": "test_life.py, and HANDOVER",
    "merged": "test_merging.py",
    "changed": "a goal that is put anew: test_goals.py",
    "dropped": "a step whose goal has ended: test_goals.py",
    **dict.fromkeys(
        ("transmit_case", "assign_provider", "offer_transfer", "record_setting_change"), "no state changes"
    ),
    **dict.fromkeys(("merge_case", "undo_merger", "link_siblings"), "test_merging.py, test_siblings.py"),
    "plan_cost_shares": "no state changes: test_sources.py",
    "tell_custodians": "no state changes: test_claims.py",
    "make_step_link": "no state changes: test_links.py",
}


async def _told(**said: Any) -> Said:
    return said


async def _a_question(as_: As) -> tuple[Life, str]:
    life = await a_life(as_)
    return life, str((await life.questions())["II"]["id"])


QUESTION = Machine(
    *(Question, QuestionState, "question", _a_question),
    ways={
        "word_answer": dict.fromkeys(("not_started", "answered", "skipped"), "answered"),
        "skip_question": {"not_started": "skipped"},
        "suggest_answer": {each: each for each in ("not_started", "answered", "skipped")},
    },
    who={"word_answer": SELF},
    said={
        "word_answer": {"words": "Ich will schlafen."},
        "skip_question": {"reason": "Jetzt nicht"},
        "suggest_answer": {"words": "Vielleicht Oma?"},
    },
)


async def a_goal(life: Life, of: object) -> str:
    said = {"participant_id": str(of), "statement": "Ich schlafe durch."}
    return str((await life.do(WORKER, "propose_goal", life.case, **said))["id"])


async def _own_goal(as_: As) -> tuple[Life, str]:
    life = await a_life(as_)
    return life, await a_goal(life, life.addressee)


async def _goal_of_a_child(as_: As) -> tuple[Life, str]:
    life, child = await a_life(as_), new_id()
    born_on = f"{TODAY.year - 4}-01-01"
    said = {"id": str(child), "kind": "addressee", "name": "Mika Loopgarten", "born_on": born_on}
    await life.do(WORKER, "add_participant", life.case, **said)
    return life, await a_goal(life, child)


async def _step_said(life: Life) -> Said:
    mine = str(life.addressee)
    slots = dict.fromkeys(("with_whom", "how", "with_what"), "P")
    return {"wanted_by_id": mine, "done_by_id": mine, "due_on": SOON, **slots}


PURSUED = {"agreed": "agreed", "will_recorded": "will_recorded"}
GOAL = Machine(
    *(Goal, GoalState, "goal", _own_goal),
    ways={
        "change_goal": {"draft": "draft"},
        "agree_goal": dict.fromkeys(("draft", "will_recorded"), "agreed"),
        "record_will": {"draft": "will_recorded"},
        "plan_step": PURSUED,
        "look_back_on_goal reached": {"agreed": "reached"},
        "look_back_on_goal partly_reached": {"agreed": "partly_reached"},
        "record_looking_back": {"will_recorded": "reached"},
        "drop_goal": dict.fromkeys(("draft", *PURSUED), "dropped"),
    },
    who=dict.fromkeys(("agree_goal", "look_back_on_goal", "drop_goal"), SELF),
    said={
        "change_goal": {"feasibility": "Mit Oma geht es."},
        "record_will": {"will_found_out": "Gezeichnet"},
        "plan_step": _step_said,
        "look_back_on_goal reached": {"reached": "reached"},
        "look_back_on_goal partly_reached": {"reached": "partly_reached"},
        "record_looking_back": {"reached": "reached", "found_out": "Gezeichnet"},
    },
    owed={"record_will": {"agreed-by-themselves": None}},
    over=("reached", "partly_reached", "dropped"),
)
OF_A_CHILD = ("change_goal", "record_will", "plan_step", "record_looking_back")
GOAL_OF_A_CHILD = Machine(
    *(Goal, GoalState, "goal", _goal_of_a_child),
    ways={verb: GOAL.ways[verb] for verb in OF_A_CHILD},
    said=GOAL.said,
    over=GOAL.over,
)


async def _a_step(as_: As) -> tuple[Life, str]:
    life, goal = await _own_goal(as_)
    await life.do(life.login, "agree_goal", goal)
    return life, str((await life.do(WORKER, "plan_step", goal, **await _step_said(life)))["id"])


TO_DO = ("open", "doing")
STEP = Machine(
    *(Step, StepState, "step", _a_step),
    ways={
        "change_step": {state: state for state in TO_DO},
        "move_step": {state: state for state in TO_DO},
        "begin_step": {"open": "doing"},
        "finish_step": dict.fromkeys(TO_DO, "done"),
        "leave_step": dict.fromkeys(TO_DO, "not_done"),
        "tick_off_step": dict.fromkeys(TO_DO, "done"),
    },
    who=dict.fromkeys(("begin_step", "finish_step", "tick_off_step"), SELF),
    said={
        "change_step": {"with_what": "Decke"},
        "move_step": {"due_on": SOON, "reason": "Ferien"},
        "leave_step": {"reason": "Krank"},
        "tick_off_step": {"seen_version": 1},
    },
    refused={"tick_off_step": "step-not-open"},
    over=("done", "not_done", "dropped"),
)


async def _an_element(as_: As, kind: ElementKind) -> tuple[Life, str]:
    life = await a_life(as_)
    arrangement = (await life.do(WORKER, "draft_arrangement", life.case, title="Abende"))["id"]
    said = {"participant_id": str(life.addressee), "kind": kind.value, "what": "Abends zu zweit"}
    return life, str((await life.do(WORKER, "add_element", arrangement, **said))["id"])


async def _own_element(as_: As) -> tuple[Life, str]:
    return await _an_element(as_, ElementKind.OWN)


async def _help_by_specialists(as_: As) -> tuple[Life, str]:
    return await _an_element(as_, ElementKind.SPECIALIST)


def _decided(outcome: str) -> Said:
    provider = str(demo_id("organisation", LICHTUNG))
    said: dict[str, Any] = {"outcome": outcome, "legal_basis": "§ 27 SGB VIII", "override": "addressee_wish"}
    said |= {"override_because": "Sie will.", "reasons": "P", "remedy_notice": "P", "wish_and_choice": "P"}
    said |= {"organisation_id": provider, "second_professional_id": str(PEOPLE[SECOND].actor_id)}
    return said


ELEMENT_WAYS: Ways = {
    "change_element": {state: state for state in ("planned", "applied", "running", "granted")},
    "start_element": {"planned": "running"},
    "apply_for_element": {"planned": "applied"},
    "decide_element granted": dict.fromkeys(("planned", "applied"), "granted"),
    "decide_element partly": dict.fromkeys(("planned", "applied"), "granted"),
    "decide_element refused": dict.fromkeys(("planned", "applied"), "refused"),
    "begin_otherwise": dict.fromkeys(("planned", "applied"), "running"),
    "end_element": dict.fromkeys(("planned", "applied", "running", "granted"), "ended"),
}
ELEMENT_SAID: Mapping[str, Saying] = {
    "change_element": {"goal_ids": []},
    "apply_for_element": lambda life: _told(claim_holder_id=str(life.addressee)),
    **{f"decide_element {each}": _decided(each) for each in ("granted", "partly", "refused")},
    "begin_otherwise": {"other_way": "direct_access", "because": "P"},
}
OF_SPECIALISTS = ("apply_for_element", "decide_element", "begin_otherwise")
OWN_ELEMENT = Machine(
    *(ArrangementElement, ElementState, "element", _own_element),
    ways=ELEMENT_WAYS,
    said=ELEMENT_SAID,
    owed={verb: {"no-decision-needed": None} for verb in OF_SPECIALISTS},
    over=("refused", "ended"),
)
HELP = Machine(
    *(ArrangementElement, ElementState, "element", _help_by_specialists),
    ways=ELEMENT_WAYS,
    said=ELEMENT_SAID,
    owed={"start_element": {"decision-required": None}},
    over=("refused", "ended"),
)


async def _a_review(as_: As) -> tuple[Life, str]:
    life = await a_life(as_)
    return life, str((await life.do(WORKER, "plan_review", life.case, kind="reflection", due_on=SOON))["id"])


REVIEW = Machine(
    *(Review, ReviewState, "review", _a_review),
    ways={
        "hold_review": {"planned": "held"},
        "move_review": {"planned": "planned"},
        "drop_review": {"planned": "dropped"},
    },
    said={
        "hold_review": {"words": "Es geht."},
        "move_review": {"due_on": SOON, "reason": "Ferien"},
        "drop_review": {"reason": "Umzug"},
    },
    over=("held", "dropped"),
)


async def _a_handover(as_: As) -> tuple[Life, str]:
    life = await a_life(as_)
    said = {"receiver_id": str(PEOPLE[SECOND].actor_id), "social_space_id": str(demo_id("social_space", "Ismaning"))}
    return life, str((await life.do(WORKER, "offer_transfer", life.case, **said))["id"])


async def _a_handover_outside(as_: As) -> tuple[Life, str]:
    life = await a_life(as_)
    said = {"receiving_body": "Jugendamt der Nachbarstadt"}
    return life, str((await life.do(WORKER, "offer_transfer", life.case, **said))["id"])


SETTLED = ("accepted", "withdrawn")
HANDOVER = Machine(
    *(Handover, HandoverState, "handover", _a_handover),
    ways={
        "accept_handover": {"offered": "accepted"},
        "withdraw_handover": {"offered": "withdrawn"},
        "confirm_handover": {"offered": "accepted"},
    },
    who={"accept_handover": SECOND, "withdraw_handover": SECOND},
    said={"confirm_handover": {"accepted_by": "Eingangszone"}},
    owed={"confirm_handover": {"accepted-by-themselves": None}},
    over=SETTLED,
)
HANDOVER_OUTSIDE = Machine(
    *(Handover, HandoverState, "handover", _a_handover_outside),
    ways={verb: HANDOVER.ways[verb] for verb in ("withdraw_handover", "confirm_handover")},
    said=HANDOVER.said,
    over=SETTLED,
)


async def _wished_for(life: Life, method: object) -> str:
    """She is invited, and consents; so does whoever moderates."""
    said = {"method_id": str(method), "question": "Wie schlafen wir?"}
    id = str((await life.do(life.login, "request_consultation", life.case, **said))["id"])
    await _invited(life, id, life.login, role="family", participant_id=str(life.addressee))
    return id


async def _invited(life: Life, consultation: str, who: str, **said: Any) -> str:
    invited = await life.do(WORKER, "invite_to_consultation", consultation, **said)
    await life.do(who, "answer_invitation", invited["id"], comes=True)
    return str(invited["id"])


async def _a_consultation(as_: As) -> tuple[Life, str]:
    life = await a_life(as_)
    id = await _wished_for(life, PEER)
    await _invited(life, id, MODERATOR, role="moderator", actor_id=str(PEOPLE[MODERATOR].actor_id))
    return life, id


async def _somebody_else(life: Life) -> Said:
    id = str(new_id())
    await life.do(WORKER, "add_participant", life.case, id=id, kind="network_person", name="Tante Probe")
    return {"role": "family", "participant_id": id}


async def _choose(life: Life, consultation: str) -> None:
    await life.do(life.login, "choose_ideas", consultation, choice="Das probiere ich.")


BEFORE = ("requested", "consented", "scheduled")
HELD = {"held": "held"}
CONSULTATION = Machine(
    *(Consultation, ConsultationState, "consultation", _a_consultation),
    ways={
        "invite_to_consultation": dict.fromkeys(BEFORE, "requested") | HELD,
        "agree_to_consultation": {"requested": "consented"},
        "schedule_consultation": dict.fromkeys(("consented", "scheduled"), "scheduled"),
        "begin_consultation": {"scheduled": "held"},
        "next_phase": HELD,
        "write_consultation_entry": HELD,
        "write_family_draft": HELD,
        "write_sketch": {state: state for state in (*BEFORE, "held")},
        "choose_ideas": HELD,
        "record_consultation_results": {"held": "results_recorded"},
        "follow_up_consultation": {"results_recorded": "followed_up"},
        "close_consultation": dict.fromkeys(("results_recorded", "followed_up"), "closed"),
        "cancel_consultation": dict.fromkeys((*BEFORE, "held"), "cancelled"),
    },
    who=dict.fromkeys(("agree_to_consultation", "choose_ideas", "write_family_draft"), SELF),
    said={
        "invite_to_consultation": _somebody_else,
        "schedule_consultation": {"starts_at": "2199-01-01T16:00:00Z", "venue": "Bücherei"},
        "write_consultation_entry": {"kind": "worries", "words": "P"},
        "write_family_draft": {"words": "P"},
        "write_sketch": {"words": "Jemand schläft nicht."},
        "choose_ideas": {"choice": "Das probiere ich."},
        "record_consultation_results": {"follow_up_on": SOON, "lacking_because": "Es kam niemand von außen."},
        "follow_up_consultation": {"words": "Es hilft."},
        "cancel_consultation": {"reason": "Umzug"},
    },
    owed={
        "invite_to_consultation": {"held-already": None},
        "next_phase": {"no-phase-left": None},
        "write_consultation_entry": {"not-in-this-phase": None},
        "write_family_draft": {"not-family-time": None},
        "write_sketch": {"sketch-there": None},
        "record_consultation_results": {"not-chosen-yet": _choose},
    },
    over=("closed", "cancelled"),
    holds=lambda row: (row["phase"] > 0) is (row["state"] == "held"),
)


async def _an_invitation(as_: As) -> tuple[Life, str]:
    life, consultation = await _a_consultation(as_)
    said = {"role": "expert_by_experience", "actor_id": str(PEOPLE["expert_by_experience"].actor_id)}
    return life, str((await life.do(WORKER, "invite_to_consultation", consultation, **said))["id"])


INVITATION = Machine(
    *(ConsultationParticipant, Consent, "consultation_participant", _an_invitation),
    ways={
        "answer_invitation yes": {each: "given" for each in ("asked", "given", "refused")},
        "answer_invitation no": {each: "refused" for each in ("asked", "given", "refused")},
    },
    who={"answer_invitation": "expert_by_experience"},
    said={"answer_invitation yes": {"comes": True}, "answer_invitation no": {"comes": False}},
    stands=lambda row: str(row["consent"]),
)


async def _a_family_plan(as_: As) -> tuple[Life, str]:
    life = await a_life(as_)
    council = await _wished_for(life, FAMILY_COUNCIL)
    await life.do(life.login, "agree_to_consultation", council)
    await life.do(WORKER, "schedule_consultation", council, starts_at="2199-01-01T16:00:00Z", venue="Bücherei")
    for call in ("begin_consultation", "next_phase"):
        await life.do(WORKER, call, council)
    draft = await life.do(life.login, "write_family_draft", council, words="Bei der Tante.")
    return life, str((await life.do(life.login, "release_family_plan", draft["id"]))["id"])


def _looked_at(row: Mapping[str, Any]) -> str:
    if row["accepted_at"] is not None:
        return Standing.ACCEPTED.value
    return (Standing.RETURNED if row["returned_because"] is not None else Standing.THERE).value


LOOKED_AT = dict.fromkeys(("accept_family_plan", "return_family_plan"), "plan-looked-at")
FAMILY_PLAN = Machine(
    *(FamilyPlan, Standing, "family_plan", _a_family_plan),
    ways={"accept_family_plan": {"there": "accepted"}, "return_family_plan": {"there": "returned"}},
    said={"return_family_plan": {"reasons": "Bis wann?"}},
    refused=LOOKED_AT,
    stands=_looked_at,
    over=("accepted", "returned"),
)


async def _an_offer(as_: As) -> tuple[Life, str]:
    life = await a_life(as_)
    return life, str((await life.do(life.login, "make_offer", life.case, words="Nähen", until=SOON))["id"])


OFFER = Machine(
    *(Offer, Standing, "offer", _an_offer),
    ways={"withdraw_offer": dict.fromkeys(("there", "ended"), "ended")},
    who={"withdraw_offer": SELF},
    stands=lambda row: (Standing.THERE if row["withdrawn_on"] is None else Standing.ENDED).value,
)


async def _a_link_of_siblings(as_: As) -> tuple[Life, str]:
    life, other = await a_life(as_), await a_life(as_)
    said = {"sibling_case_id": str(other.case), "because": "Geschwister"}
    return life, str((await life.do(WORKER, "link_siblings", life.case, **said))["id"])


SIBLINGS = Machine(
    *(SiblingLink, Standing, "sibling_link", _a_link_of_siblings),
    ways={"end_sibling_link": {"there": "ended"}},
    refused={"end_sibling_link": "link-ended"},
    stands=lambda row: (Standing.THERE if row["ended_on"] is None else Standing.ENDED).value,
    over=("ended",),
)


async def _an_assessment(as_: As) -> tuple[Life, str]:
    """By its lead and a colleague who has no access to the case."""
    life = await a_life(as_)
    report = await life.do(WORKER, "report_endangerment", case_id=str(life.case), words="Es war laut.")
    id = str(report["assessment_id"])
    await life.do(WORKER, "let_into_assessment", id, actor_id=str(PEOPLE[SECOND].actor_id))
    return life, id


JUDGED: Said = {"worries": "P", "working_well": "P", "what_needs_to_happen": "P", "finding": "latent"}


async def _both_judge(life: Life, assessment: str) -> None:
    for who in (WORKER, SECOND):
        await life.do(who, "judge_endangerment", assessment, **JUDGED)


FINDINGS = ("no_danger", "need_for_help", "latent", "acute")
ACTED = ("safety_plan", "court", "taking_into_care")
ASSESSMENT = Machine(
    *(EndangermentAssessment, EndangermentState, "endangerment_assessment", _an_assessment),
    ways={
        "name_endangered": {each: each for each in ("reported", "screening", "assessment", *FINDINGS, *ACTED)},
        "begin_screening": {"reported": "screening"},
        "begin_assessment": {"screening": "assessment"},
        "judge_endangerment": {"assessment": "assessment"},
        **{f"find_endangerment {finding}": {"assessment": finding} for finding in FINDINGS},
        "agree_safety_plan": dict.fromkeys(("latent", "acute", *ACTED), "safety_plan"),
        "call_family_court": dict.fromkeys(("latent", "acute", "safety_plan", "taking_into_care"), "court"),
        "record_taking_into_care": dict.fromkeys(("acute", "safety_plan", "court"), "taking_into_care"),
        "reassess_endangerment": dict.fromkeys((*FINDINGS, *ACTED, "concluded"), "assessment"),
        "conclude_endangerment": dict.fromkeys(("no_danger", "need_for_help", *ACTED), "concluded"),
    },
    said={
        "name_endangered": lambda life: _told(endangered=[str(life.addressee)]),
        "judge_endangerment": JUDGED,
        **{f"find_endangerment {each}": {"finding": each, "reasons": "P", "involvement": "P"} for each in FINDINGS},
        "agree_safety_plan": {"agreements": "P", "agreed_with": "P", "who_checks": "P", "review_on": "2199-01-01"},
        "call_family_court": {"reasons": "P"},
        "record_taking_into_care": {"reasons": "P"},
        "conclude_endangerment": {"outcome": "P"},
    },
    owed={"find_endangerment": {"several-professionals": _both_judge}},
    holds=lambda row: (
        (row["concluded_on"] is not None) is (row["state"] == "concluded")
        and (row["finding"] is not None or row["state"] in ("reported", "screening", "assessment"))
    ),
)

MACHINES: Mapping[str, Machine] = {
    "case": CASE,
    "question": QUESTION,
    "goal": GOAL,
    "goal of a child": GOAL_OF_A_CHILD,
    "step": STEP,
    "element of one's own": OWN_ELEMENT,
    "help by specialists": HELP,
    "review": REVIEW,
    "handover": HANDOVER,
    "handover to a body outside": HANDOVER_OUTSIDE,
    "consultation": CONSULTATION,
    "invitation": INVITATION,
    "family plan": FAMILY_PLAN,
    "offer": OFFER,
    "link of siblings": SIBLINGS,
    "assessment": ASSESSMENT,
}
