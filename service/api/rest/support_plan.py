"""The support plan (§ 36(2) SGB VIII), printed to be signed: what everybody in the case has said to all, who does what,
and beside it how life is, as each has rated it (deck line 416: «Dialog über Lebensqualität», concepts, E15)."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from service.api.paper import Markup, element, joined, listed, signatures, table, told
from service.api.rest.letters import Say, Told, extent, printed
from service.domain.cases.model import TO_DO, Audience, GoalState, ParticipantKind, StepState
from service.domain.cases.views import CaseView
from service.domain.clock import WHERE_PEOPLE_LIVE
from service.domain.consultations.model import ConsultationState
from service.domain.decisions.reviews import ReviewState
from service.domain.letters import LABELS as SAID
from service.domain.words import day_said

WITH_RESULTS = (
    ConsultationState.RESULTS_RECORDED,
    ConsultationState.FOLLOWED_UP,
    ConsultationState.CLOSED,
)
NO_LONGER = (GoalState.DROPPED, GoalState.CHANGED)


def _support_plan(case: Told, say: Say) -> list[Markup | None]:
    # Whom somebody trusts is theirs to know, and others sign this page.
    people = [
        each
        for each in case["participants"]["items"]
        if each["merged_into_id"] is None and each["kind"] != ParticipantKind.TRUSTED_PERSON
    ]
    names = {each["id"]: each.get("name") or each["kind_label"] for each in people}
    goals = [each for each in case["goals"]["items"] if each["state"] not in NO_LONGER and _for_all(each)]
    planned = [each for each in case["reviews"]["items"] if each["state"] == ReviewState.PLANNED]
    results = [each for each in case["consultations"]["items"] if each["state"] in WITH_RESULTS]
    lives = _lives(each for each in case["life_ratings"]["items"] if each["participant_id"] in names)
    return [
        told(
            [
                (say("reference"), case["pseudonym"]),
                (say("concern"), case.get("concern") or case.get("title")),
                (say("state"), case["state_label"]),
            ]
        ),
        element("h2", say("people")),
        listed("ul", [joined(names[each["id"]], ", ", each["kind_label"]) for each in people]),
        element("h2", say("goals")) if goals else None,
        *(_goal(each, names, say) for each in goals),
        _more(case["goals"], say),
        element("h2", say("life")) if lives else None,
        *(_life(names[whose], rated, say) for whose, rated in lives.items()),
        _more(case["life_ratings"], say),
        *(_arrangement(each, names, say) for each in case["arrangements"]["items"]),
        element("h2", say("results")) if results else None,
        *(_results(each, say) for each in results),
        element("h2", say("reviews")) if planned else None,
        listed("ul", [joined(each["kind_label"], ": ", say.day(each["due_on"])) for each in planned]),
        element("h2", say("signatures")),
        element("p", say("signed")),
        signatures([f"{say('day_and_name')}: {names[each['id']]}" for each in people] + [say("professional")]),
    ]


def _for_all(row: Told) -> bool:
    """Everybody who signs reads the page: what somebody has said to some of them, or keeps for themselves, is not on
    it."""
    return bool(row["audience"] == Audience.ALL)


def _stands(step: Told) -> bool:
    """Nobody signs what has fallen away, or what was left."""
    return _for_all(step) and step["state"] in (*TO_DO, StepState.DONE)


def _goal(goal: Told, names: Mapping[str, str], say: Say) -> Markup:
    steps = [each for each in goal["steps"]["items"] if _stands(each)]
    rows = [[each["how"], names.get(each["done_by_id"]), each["with_whom"], say.day(each["due_on"])] for each in steps]
    return element(
        "section",
        element("h3", names.get(goal["participant_id"], ""), ": ", goal["state_label"]),
        element("blockquote", goal["statement"]),
        told([(say("noticed"), goal["how_noticed"]), (say("feasibility"), goal["feasibility"])]),
        table(say("steps"), [say("how"), say("who"), say("with_whom"), say("by_when")], rows) if rows else None,
        _more(goal["steps"], say),
    )


def _lives(ratings: Iterable[Told]) -> Mapping[str, Mapping[str, Told]]:
    """By whose they are and what they are about; what was said last stands."""
    said = sorted(filter(_for_all, ratings), key=lambda each: (each["rated_at"], each["id"]))
    lives: dict[str, dict[str, Told]] = {}
    for each in said:
        lives.setdefault(each["participant_id"], {})[each["about"]] = each
    return lives


def _life(whose: str, ratings: Mapping[str, Told], say: Say) -> Markup:
    """Every scale is its maker's own, and stands beside the number; nothing is added up or compared."""
    head = [say("rated"), say("where_i_am"), say("scale"), say("own_words"), say("said_on")]
    return table(whose, head, [_rated(each, say) for each in ratings.values()])


def _rated(rating: Told, say: Say) -> list[str | None]:
    day = datetime.fromisoformat(rating["rated_at"]).astimezone(WHERE_PEOPLE_LIVE).date()
    return [
        rating["about"],
        f"{rating['value']} {say('of')} {rating['highest']}",
        f"0: {rating['lowest_means']}; {rating['highest']}: {rating['highest_means']}",
        rating["words"],
        day_said(day, say.language),
    ]


def _arrangement(arrangement: Told, names: Mapping[str, str], say: Say) -> Markup:
    rows = [
        [each["what"], each["kind_label"], names.get(each["participant_id"]), extent(each, say), each["state_label"]]
        for each in arrangement["elements"]["items"]
    ]
    head = [say("what"), say("by_whom"), say("for_whom"), say("extent"), say("state")]
    return element(
        "section",
        element("h2", arrangement["title"]),
        element("p", arrangement["purpose"], class_="said") if arrangement["purpose"] else None,
        table(say("contributions"), head, rows) if rows else None,
        told([(say("perspective"), _perspective(each)) for each in arrangement["elements"]["items"]]),
        _more(arrangement["elements"], say),
    )


def _perspective(element: Told) -> str | None:
    """How it stands by now (§ 37c SGB VIII): what was said last."""
    heard = filter(_for_all, element["perspectives"]["items"])
    said = sorted(heard, key=lambda each: (each["cleared_up_on"], each["id"]))
    return f"{element['what']}: {said[-1]['aim_label'].rstrip('.')}. {said[-1]['words']}" if said else None


def _results(consultation: Told, say: Say) -> Markup:
    """What those whom it is about have chosen, their own plan as it was accepted, and the steps that follow."""
    plans = [each["words"] for each in consultation["family_plans"]["items"] if each["accepted_at"]]
    steps = [each for each in consultation["following_steps"]["items"] if _stands(each)]
    return element(
        "section",
        element("h3", consultation["method"]["name"]),
        told([(say("question"), consultation.get("question")), (say("choice"), consultation.get("choice"))]),
        *(element("blockquote", words) for words in plans),
        listed("ul", [joined(each["how"], ", ", say("until"), " ", say.day(each["due_on"])) for each in steps]),
        told([(say("looked_at_again"), say.day(consultation.get("follow_up_on")))]),
    )


def _more(page: Told, say: Say) -> Markup | None:
    return element("p", say("more")) if page["next"] is not None else None


printed(
    CaseView,
    "/cases/{case_id}/support-plan",
    _support_plan,
    name="print_support_plan",
    tag="Cases",
    about="The support plan as a page to print and sign, as far as you see the case.",
    title=SAID["support_plan"],
    case=lambda case: case,
    below={
        "participants": {},
        "goals": {"steps": {}},
        "life_ratings": {},
        "arrangements": {"elements": {"perspectives": {}}},
        "reviews": {},
        "consultations": {"method": {}, "family_plans": {}, "following_steps": {}},
    },
)
