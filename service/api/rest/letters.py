"""What is printed: a decision with its remedy notice, an invitation; the support plan stands in `support_plan.py`.
Each is one statement over the views that everybody reads: it says what its reader may see, by their rules. Whom it is
for reads it in their language: where that is another than was asked for, it is read once more."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import orjson
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from service.api.paper import POLICY, Markup, element, joined, listed, page, signatures, told
from service.api.recent import Recent
from service.api.rest.reading import Plans
from service.api.rest.route import ASKED, IT, ROUTES, Documented, asked, at, key_of, parameters_of, whole
from service.api.serving import Serving, language_of
from service.domain.consultations.views import ConsultationView
from service.domain.decisions.policy import READ_REASONS
from service.domain.decisions.reviewing import ReviewView
from service.domain.decisions.views import DecisionView
from service.domain.errors import NO_TOKEN, Forbidden, InvalidInput, NotFound, Unauthenticated
from service.domain.letters import LABELS as SAID
from service.domain.policy import missing
from service.domain.reading import Statement
from service.domain.selection import Face, Fact, Listing, Rows, Selection, Single
from service.domain.values import Language
from service.domain.views import LARGEST_PAGE, ONE, VIEWS, Arguments, Many, One, View
from service.domain.words import Saying, day_said

HTML = "text/html; charset=utf-8"
Told = Mapping[str, Any]


@dataclass(frozen=True)
class Say:
    """Labels and days, in the language of the letter."""

    language: Language

    def __call__(self, label: str) -> str:
        return SAID[label][self.language]

    def day(self, told: str | None) -> str | None:
        return day_said(date.fromisoformat(told), self.language) if told else None


Letter = Callable[[Told, Say], list[Markup | None]]


class LetterParameters(BaseModel):
    """The query string."""

    model_config = ConfigDict(extra="forbid")

    language: Language | None = Field(
        None, description="Of the labels; otherwise that of whom it is for, otherwise as `Accept-Language` asks."
    )
    recipient_id: UUID | None = Field(None, description="Whom it is for: a participant who is in the case now.")


def _with(view: View, **below: Any) -> Selection:
    """All of a row, and below it what is named: the view's relations, with what stands below them."""
    return {**whole(view), **{name: _below(view, name, **within) for name, within in below.items()}}


def _below(view: View, name: str, **below: Any) -> Single | Listing:
    relation = view.relations[name]
    inside = _with(relation.target, **below)
    if isinstance(relation.kind, One):
        return Single(relation.target, inside, relation.kind)
    assert isinstance(relation.kind, Many)
    rows: Selection = {"items": Rows(inside), "next": Fact("next")}
    return Listing(relation.target, rows, Arguments(LARGEST_PAGE), relation.kind)


def printed(
    record: type[BaseModel],
    path: str,
    letter: Letter,
    *,
    name: str,
    tag: str,
    about: str,
    title: Saying,
    case: Callable[[Told], Told | None],
    below: Mapping[str, Any],
) -> None:
    """`case`: where the letter has the case, whose participants say whom it can be for."""
    view, parameter = VIEWS[record], path.partition("{")[2].partition("}")[0]
    plans: Plans = Recent(len(Language))

    def planned(language: Language) -> Any:
        site = Single(view, _with(view, **below), arguments=ONE.narrowed(id=UUID(int=0)))
        return Statement(Face.REST, language).plan({IT: site}), site

    async def serve(serving: Serving, request: Request) -> Response:
        desk = await serving.desk(request)
        if desk.login is None:
            raise Unauthenticated(reason=NO_TOKEN)
        given, key = parameters_of(LetterParameters, request), key_of(request, parameter)

        async def read(language: Language) -> Told:
            plan, site = plans.get(language, lambda: planned(language))
            row = orjson.loads((await desk.read(plan, {site: ONE.narrowed(id=key)})).body)[IT]
            if row is None:
                raise NotFound(subject=view.noun, subject_id=str(key))
            found: Told = row
            return found

        language = given.language or language_of(request)
        row = await read(language)
        recipient = _recipient(case(row), given.recipient_id)
        theirs = Language((recipient or {}).get("language") or language)
        if given.language is None and theirs is not language:
            language, row = theirs, await read(theirs)
            recipient = _recipient(case(row), given.recipient_id)
        say = Say(language)
        content = [told([(say("recipient"), recipient.get("name"))]) if recipient else None, *letter(row, say)]
        headers = {"content-security-policy": POLICY, "content-language": language.value}
        return Response(page(title, language, *content), headers=headers, media_type=HTML)

    ROUTES.append(
        Documented(
            "GET",
            path,
            serve,
            name=name,
            description=about,
            tag=tag,
            answers=lambda: None,
            refusals=(InvalidInput, NotFound, Forbidden),
            parameters=lambda: {parameter: at(parameter), ASKED: asked(LetterParameters)},
            extra={"responses": {"200": {"content": {"text/html": {"schema": {"type": "string"}}}}}},
        )
    )


def _recipient(case: Told | None, id: UUID | None) -> Told | None:
    if id is None:
        return None
    for each in case["participants"]["items"] if case else ():
        if each["id"] == str(id):
            found: Told = each
            return found
    raise InvalidInput(errors=[{"parameter": "recipient_id", "detail": "is nobody in this case whom you see"}])


def extent(each: Told, say: Say) -> str:
    hours = f"{each['hours_per_week']} {say('hours_a_week')}" if each["hours_per_week"] else None
    until = f"{say('until')} {say.day(each['ends_on'])}" if each["ends_on"] else None
    return ", ".join(filter(None, (hours, say.day(each["starts_on"]), until)))


def _decision(decision: Told, say: Say) -> list[Markup | None]:
    """Whole or not at all: a decision without its remedy notice is none."""
    if "reasons" in decision["withheld"]:
        raise Forbidden(action="decision.print", missing=missing(READ_REASONS))
    about: Told = decision["element"]
    case: Told = about["arrangement"]["case"]
    person = about["participant"] or {}
    return [
        told(
            [
                (say("reference"), case["pseudonym"]),
                (say("decided_on"), say.day(decision["decided_on"])),
                (say("annulled_on"), say.day(decision["annulled_on"])),
                (say("for_whom"), person.get("name")),
                (say("applied_for"), about["what"]),
                (say("outcome"), decision["outcome_label"]),
                (say("extent"), extent(decision, say)),
                (say("provider"), (decision["organisation"] or {}).get("name")),
                (say("legal_basis"), decision["legal_basis"]),
                (say("wish_and_choice"), decision["wish_and_choice"]),
                (say("reasons"), decision["reasons"]),
            ]
        ),
        element("h2", say("remedy_notice")) if decision["remedy_notice"] else None,
        element("p", decision["remedy_notice"], class_="said") if decision["remedy_notice"] else None,
        element("p", decision["hint"]) if decision["hint"] else None,
        *_turn_to(case, say),
        signatures([say("professional"), say("second_professional")]),
    ]


def _turn_to(case: Told, say: Say) -> list[Markup | None]:
    contacts = case["case_contacts"]["items"]
    rung, complained = (
        [joined(*_reached(each)) for each in contacts if (each["address"] is not None) is complaining]
        for complaining in (False, True)
    )
    return [
        element("h2", say("questions")) if rung else None,
        listed("ul", rung),
        element("h2", say("complain")) if complained else None,
        listed("ul", complained),
    ]


def _reached(contact: Told) -> Iterator[str | None]:
    yield from (contact["name"], ": ", contact["telephone"], " (", contact["hours"], ")")
    if contact["address"] is not None:
        yield from (", ", contact["address"], ". ", contact["independence"])


def _invitation(consultation: Told, say: Say) -> list[Markup | None]:
    method, case = consultation["method"], consultation["case"]
    return [
        element("p", say("invited")),
        told(
            [
                (say("what"), method["name"]),
                (say("when"), consultation["when"] or say("open")),
                (say("where"), consultation["venue"] or say("open")),
                (say("interpreting"), consultation["interpreting"]),
            ]
        ),
        element("p", consultation["advice"]),
        element("p", say("free_to_come")),
        *(_turn_to(case, say) if case else ()),
    ]


def _invitation_to_review(review: Told, say: Say) -> list[Markup | None]:
    return [
        element("p", say("invited")),
        told(
            [
                (say("what"), review["kind_label"]),
                (say("when"), say.day(review["due_on"])),
                (say("hour_and_place"), "…"),
            ]
        ),
        element("p", say("bring_along")),
        *(_turn_to(review["case"], say) if review["case"] else ()),
    ]


_REACHED: Mapping[str, Any] = {"case_contacts": {}, "participants": {}}

printed(
    DecisionView,
    "/decisions/{decision_id}/letter",
    _decision,
    name="print_decision",
    tag="Arrangements and decisions",
    about="A decision as a letter, with its reasons and remedy notice; for those who may read both.",
    title=SAID["decision"],
    case=lambda decision: decision["element"]["arrangement"]["case"],
    below={"organisation": {}, "element": {"participant": {}, "arrangement": {"case": _REACHED}}},
)
printed(
    ConsultationView,
    "/consultations/{consultation_id}/invitation",
    _invitation,
    name="print_invitation",
    tag="Consultations",
    about="An invitation to a consultation, to print.",
    title=SAID["invitation"],
    case=lambda consultation: consultation["case"],
    below={"method": {}, "case": _REACHED},
)
printed(
    ReviewView,
    "/reviews/{review_id}/invitation",
    _invitation_to_review,
    name="print_review_invitation",
    tag="Arrangements and decisions",
    about="An invitation to a review, to print.",
    title=SAID["invitation"],
    case=lambda review: review["case"],
    below={"case": _REACHED},
)
