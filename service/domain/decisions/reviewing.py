"""Planning and holding reviews. None is ever missing: a case that becomes active has a day on which its help is looked
at, whoever holds one names the next, and help that ends after an 18th birthday has its transition check."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field
from sqlmodel import col, select

from service.domain.act import Act, Command, operation
from service.domain.cases.asking import begin_cycle
from service.domain.cases.contesting import contestable
from service.domain.cases.endings import BECAUSE, Because
from service.domain.cases.going_on import CASE_STATES_GOING_ON, GOES_ON
from service.domain.cases.model import Case, Participant, Person
from service.domain.cases.picture import TextAbout
from service.domain.cases.policy import CORRECT_PARTICIPANT, MERGE_PARTICIPANT
from service.domain.cases.views import CaseView
from service.domain.clock import birthday
from service.domain.decisions import policy
from service.domain.decisions.model import ArrangementElement, ElementKind, ElementState
from service.domain.decisions.perspectives import PerspectiveOwed, require_perspectives, tell_perspectives
from service.domain.decisions.reviews import Finding, Review, ReviewKind, ReviewState
from service.domain.decisions.views import ElementView
from service.domain.decisions.wording import FINDINGS, REVIEW_KINDS, REVIEW_STATES
from service.domain.errors import InvalidInput
from service.domain.events import follows
from service.domain.policy import Part
from service.domain.values import ClientId, Day, Words
from service.domain.views import Many, One, Record, Shown, Sql, link, view
from service.domain.words import label, words_or

REVIEW_AFTER = 6  # months
LAST_AS_A_RULE = 21  # years: help for young adults goes on until then as a rule (§ 41(1) SGB VIII)
ENDING_A_CYCLE = (ReviewKind.REFLECTION, ReviewKind.SUPPORT_REVIEW)
YOUNG_ADULT = 18, 27  # years: from the one until the other (§ 7(1) no. 3 SGB VIII)


@view(
    Review, policy.READ, plural="reviews", filters=("case_id", "kind", "state"), orders=("due_on",), subject="case_id"
)
class ReviewView(Record):
    """A day on which it is looked back and ahead together, and what came of it."""

    id: UUID
    case_id: UUID
    kind: ReviewKind
    kind_label: Annotated[str, Sql(label("kind", REVIEW_KINDS))] = Field(description="In your language.")
    state: ReviewState
    state_label: Annotated[str, Sql(label("state", REVIEW_STATES))] = Field(description="In your language.")
    due_on: date
    first_due_on: date | None = Field(description="When it was planned for at first, if it was moved.")
    moved_because: Annotated[str | None, Shown(policy.READ_WORDS)] = Field(description="Why it was moved, if it was.")
    element_id: UUID | None = Field(description="The help whose end it is about; of transition checks only.")
    finding: Annotated[Finding | None, Shown(policy.READ_REASONS)] = Field(
        description="Whether help is still suitable and necessary (§ 36(2) SGB VIII)."
    )
    finding_label: Annotated[str | None, Shown(policy.READ_REASONS), Sql(label("finding", FINDINGS))] = Field(
        description="In your language."
    )
    words: Annotated[str | None, Shown(policy.READ_WORDS), Sql(words_or("words", "dropped_with", BECAUSE))] = Field(
        description="What came of it, or why it was not."
    )
    took_part: list[UUID] = Field(description="Participants of the case.")
    held_on: date | None = Field(description="The day on which it was held.")
    withheld: list[str]
    version: int


link(CaseView, "reviews", Many("case_id"), ReviewView)
link(ReviewView, "case", One("case_id"), CaseView)
link(ReviewView, "element", One("element_id"), ElementView)


contestable(TextAbout.REVIEW, Review, policy.READ_WORDS, Part.ARRANGEMENT, ReviewView)


class PlanReview(Command):
    """When, and what about."""

    id: ClientId
    kind: ReviewKind = Field(description="A transition check is planned by the decision on help that ends.")
    due_on: Day


class HoldReview(Command):
    """What came of it, and when it is done again."""

    words: Words = Field(description="What was said and found, and where people see it differently.")
    finding: Finding | None = Field(None, description="Of a review of support, which needs one.")
    took_part: list[UUID] = Field(default_factory=list, max_length=50, description="Participants of the case.")
    next_on: Day | None = Field(
        None, description="When it is done again; needed for a review of support, unless it is no longer needed."
    )


class MoveReview(Command):
    """To another day, and why."""

    due_on: Day
    reason: Words


class DropReview(Command):
    """Why it does not take place."""

    reason: Words
    next_on: Day | None = Field(
        None, description="When it is done instead; needed for the only review of support that is planned."
    )


@operation(
    policy.PLAN_REVIEW,
    on=Case,
    answers=ReviewView,
    states=CASE_STATES_GOING_ON,
    guards=(GOES_ON,),
)
async def plan_review(act: Act, case: Case, command: PlanReview) -> Review:
    """Plan when it is looked back and ahead together. People can ask for it themselves, at any time."""
    if command.kind is ReviewKind.TRANSITION_CHECK:
        detail = "is planned by the decision on help of a young adult"
        raise InvalidInput(errors=[{"pointer": "#/kind", "detail": detail}])
    _not_past(act, "due_on", command.due_on)
    return _planned(act, case.authority_id, case.id, command.kind, command.due_on, id=command.id)


@operation(policy.HOLD_REVIEW, on=Review, answers=ReviewView, states=(ReviewState.PLANNED,), raises=(PerspectiveOwed,))
async def hold_review(act: Act, review: Review, command: HoldReview) -> Review:
    """Put down what came of a review. One of support says whether it is still suitable and necessary, and when it is
    looked at again; of help outside the family its perspective was cleared up by then (§ 37c). With it, or with a
    reflection, a cycle ends: looking back (VII) is asked anew."""
    if errors := await _incomplete(act, review, command):
        raise InvalidInput(errors=errors)
    await require_perspectives(act, review, command.finding)
    if command.next_on is not None:
        _not_past(act, "next_on", command.next_on)
        _planned(act, review.authority_id, review.case_id, ReviewKind(review.kind), command.next_on, review.element_id)
    act.change(
        review,
        state=ReviewState.HELD.value,
        held_on=act.today,
        finding=command.finding.value if command.finding else None,
        words=command.words,
        took_part=command.took_part,
    )
    await tell_perspectives(act, review)
    if review.kind in ENDING_A_CYCLE:
        await begin_cycle(act, review.case_id)
    return review


@operation(policy.MOVE_REVIEW, on=Review, answers=ReviewView, states=(ReviewState.PLANNED,))
async def move_review(act: Act, review: Review, command: MoveReview) -> Review:
    """Put a review off, or do it earlier. The day it was planned for at first stays visible."""
    _not_past(act, "due_on", command.due_on)
    act.change(
        review,
        due_on=command.due_on,
        first_due_on=review.first_due_on or review.due_on,
        moved_because=command.reason,
    )
    return review


@operation(policy.DROP_REVIEW, on=Review, answers=ReviewView, states=(ReviewState.PLANNED,))
async def drop_review(act: Act, review: Review, command: DropReview) -> Review:
    """Say that a review does not take place, and why. Help is never left without a day on which it is looked at."""
    kind = ReviewKind(review.kind)
    if command.next_on is not None:
        _not_past(act, "next_on", command.next_on)
        _planned(act, review.authority_id, review.case_id, kind, command.next_on, review.element_id)
    elif kind is ReviewKind.SUPPORT_REVIEW and await _is_the_only_one_of_help(act, review):
        detail = "is needed: help goes on, and no other review of support is planned"
        raise InvalidInput(errors=[{"pointer": "#/next_on", "detail": detail}])
    _drop(act, review, words=command.reason)
    return review


async def plan_first(act: Act, case: Case, kind: ReviewKind, months: int) -> None:
    """In so many months, unless one of the kind is planned."""
    if not await _is_planned(act, case.id, Review.kind == kind.value):
        _planned(act, case.authority_id, case.id, kind, months_after(act.today, months))


async def plan_looking_back(act: Act, element: ArrangementElement) -> None:
    """Of specialists' help that begins: when it is looked at for the first time, and before it ends."""
    case = (await act.session.exec(select(Case).where(Case.id == element.case_id))).one()
    await plan_first(act, case, ReviewKind.SUPPORT_REVIEW, REVIEW_AFTER)
    await _plan_transition_check(act, element, await _transition_check_on(act, element))


@follows
async def replan_transition_checks(act: Act, kind: str) -> None:
    """By another day of birth help ends for a young adult that did not, or the other way round, or on another day."""
    corrected = [row.participant_id for row in act.changed if isinstance(row, Person)]
    if kind not in (CORRECT_PARTICIPANT.name, MERGE_PARTICIPANT.name) or not corrected:
        return
    theirs = select(ArrangementElement).where(
        col(ArrangementElement.participant_id).in_(corrected),
        ArrangementElement.kind == ElementKind.SPECIALIST.value,
        col(ArrangementElement.state).in_([ElementState.GRANTED.value, ElementState.RUNNING.value]),
    )
    for element in (await act.session.exec(theirs.order_by(col(ArrangementElement.id)))).all():
        due_on = await _transition_check_on(act, element)
        of_it = (Review.element_id == element.id, Review.kind == ReviewKind.TRANSITION_CHECK.value)
        planned = await _open_reviews(act, element.case_id, *of_it)
        # An end that is settled stays when it was; one that is taken to come with an age moves with the birthday.
        stale = [
            review
            for review in planned
            if due_on is None
            or (element.ends_on is None and max(act.today, review.first_due_on or review.due_on) != due_on)
        ]
        for review in stale:
            _drop(act, review, dropped_with=Because.BIRTHDAY_CORRECTED.value)
        if len(stale) == len(planned):
            await _plan_transition_check(act, element, due_on)


async def _transition_check_on(act: Act, element: ArrangementElement) -> date | None:
    """A year before specialists' help ends for somebody who is a young adult by then; today, if that is past. Help
    without an end is taken to end when that for young adults does: at 21, for who is older at 27 (§ 41(1) SGB VIII)."""
    born = select(col(Person.born_on)).where(Person.participant_id == element.participant_id)
    born_on = (await act.session.exec(born)).one_or_none()
    if born_on is None:
        return None
    of_age, grown = YOUNG_ADULT
    limits = (birthday(born_on, years) for years in (LAST_AS_A_RULE, grown))
    ends_on = element.ends_on or next((limit for limit in limits if limit > act.today), None)
    if ends_on is None or not birthday(born_on, of_age) <= ends_on <= birthday(born_on, grown):
        return None
    return max(act.today, months_after(ends_on, -12))


async def _plan_transition_check(act: Act, element: ArrangementElement, due_on: date | None) -> None:
    if due_on is not None:
        _planned(act, element.authority_id, element.case_id, ReviewKind.TRANSITION_CHECK, due_on, element.id)


async def drop_reviews(act: Act, case_id: UUID, because: Because, element_id: UUID | None = None) -> None:
    """What is still planned in a case that ends, or about help that ends."""
    about = () if element_id is None else (Review.element_id == element_id,)
    for review in await _open_reviews(act, case_id, *about):
        _drop(act, review, dropped_with=because.value)


def months_after(day: date, months: int) -> date:
    """The same day of another month, or its last day where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month + 1, last)
        except ValueError:
            continue
    raise AssertionError("every month has 28 days")


def _planned(
    act: Act,
    authority_id: UUID,
    case_id: UUID,
    kind: ReviewKind,
    due_on: date,
    element_id: UUID | None = None,
    **known: Any,
) -> Review:
    return act.add(
        Review(
            authority_id=authority_id,
            case_id=case_id,
            kind=kind.value,
            due_on=due_on,
            element_id=element_id,
            **known,
        )
    )


def _drop(act: Act, review: Review, **why: str) -> None:
    act.change(review, state=ReviewState.DROPPED.value, **why)


async def _is_planned(act: Act, case_id: UUID, *more: Any) -> bool:
    planned = select(Review.id).where(Review.case_id == case_id, Review.state == ReviewState.PLANNED.value, *more)
    return (await act.session.exec(planned.limit(1))).first() is not None


async def _is_the_only_one_of_help(act: Act, review: Review) -> bool:
    """Nobody else changes the case's reviews meanwhile, or two of them could be dropped as not the only one."""
    await act.session.exec(select(Case.id).where(Case.id == review.case_id).with_for_update(key_share=True))
    going_on = select(ArrangementElement.id).where(
        ArrangementElement.case_id == review.case_id,
        ArrangementElement.kind == ElementKind.SPECIALIST.value,
        col(ArrangementElement.state).in_((ElementState.GRANTED.value, ElementState.RUNNING.value)),
    )
    if (await act.session.exec(going_on.limit(1))).first() is None:
        return False
    return not await _is_planned(act, review.case_id, Review.kind == review.kind, Review.id != review.id)


async def _open_reviews(act: Act, case_id: UUID, *more: Any) -> Any:
    planned = select(Review).where(Review.case_id == case_id, Review.state == ReviewState.PLANNED.value, *more)
    return (await act.session.exec(planned.order_by(col(Review.id)).with_for_update())).all()


async def _incomplete(act: Act, review: Review, command: HoldReview) -> list[dict[str, str]]:
    support = review.kind == ReviewKind.SUPPORT_REVIEW
    errors = []
    if support is (command.finding is None):
        detail = "is needed for a review of support" if support else "is for a review of support"
        errors.append({"pointer": "#/finding", "detail": detail})
    if support and command.next_on is None and command.finding is not Finding.NO_LONGER_NEEDED:
        errors.append({"pointer": "#/next_on", "detail": "is needed as long as help goes on (§ 36(2) SGB VIII)"})
    there = select(Participant.id).where(Participant.case_id == review.case_id)
    known = set((await act.session.exec(there)).all()) if command.took_part else set()
    detail = "is no participant of this case"
    return errors + [
        {"pointer": f"#/took_part/{place}", "detail": detail}
        for place, id in enumerate(command.took_part)
        if id not in known
    ]


def _not_past(act: Act, name: str, day: date) -> None:
    if day < act.today:
        raise InvalidInput(errors=[{"pointer": f"#/{name}", "detail": "lies in the past"}])
