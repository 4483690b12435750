"""Making an arrangement: what everybody contributes, planned together and changed as long as it is planned."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, Field
from sqlmodel import col, select

from service.domain.access.operations import is_provider
from service.domain.access.reader import Setting
from service.domain.act import Act, Command, Patch, operation
from service.domain.budgets.model import CommitmentBasis, LineKind
from service.domain.cases.going_on import CASE_GOES_ON, CASE_STATES_GOING_ON, GOES_ON
from service.domain.cases.model import Case, Goal, Participant, ParticipantKind
from service.domain.cases.policy import READ_GOAL
from service.domain.decisions import policy
from service.domain.decisions.history import alter, begin
from service.domain.decisions.model import (
    Arrangement,
    ArrangementElement,
    ElementKind,
    ElementState,
    SupportKind,
    SupportPlace,
)
from service.domain.decisions.sources import rescale
from service.domain.decisions.views import ArrangementView, ElementView
from service.domain.errors import DomainError, InvalidInput
from service.domain.values import Amount, ClientId, Day, Line, Words, said_as

LONGER = 6  # months
HOURS_OF_A_WEEK = Decimal(168)
OF_SPECIALISTS = ("organisation_id", "support_kind", "support_place", "cost", "basis", "line")
"""What only an element of specialists can have: nothing else costs the agency anything."""


@dataclass(eq=False)
class DecisionRequired(DomainError):
    code, title = "decision-required", "What specialists do starts with the agency's decision."
    advice = "Apply for it: POST /v1/elements/{id}/apply; or decide: POST /v1/elements/{id}/decisions."


@dataclass(eq=False)
class ForTheDecision(DomainError):
    code, title = "for-the-decision", "This is what was applied for, granted, or has begun by another way."
    advice = (
        "`decided` names what of it is not changed. End it (POST /v1/elements/{id}/end) and add what is needed now: "
        "POST /v1/arrangements/{id}/elements; it is applied for and decided as always."
    )
    decided: list[str]


def _of_a_week(hours: Decimal) -> Decimal:
    if hours > HOURS_OF_A_WEEK:
        raise ValueError("must not be more than a week has: 168.00")
    return hours


_WEEK = r"^(?!0+\.00$)([0-9]{1,2}\.[0-9]{2}|1([0-5][0-9]|6[0-7])\.[0-9]{2}|168\.00)$"
Hours = Annotated[Amount, AfterValidator(_of_a_week), said_as(_WEEK, 6, "6.50")]
"""Hours a week with two decimals, as text: «6.50» is six and a half."""


class DraftArrangement(Command):
    """A name for it, and what it is for."""

    id: ClientId
    title: Line
    purpose: Words | None = Field(None, description="What it is for.")


class AddElement(Command):
    """What somebody contributes, and for whom."""

    id: ClientId
    participant_id: UUID = Field(description="The young person or adult it is for: an addressee or a custodian.")
    kind: ElementKind
    what: Words
    goal_ids: list[UUID] = Field(default_factory=list, max_length=20, description="The goals it serves.")
    organisation_id: UUID | None = Field(None, description="The provider that is wished for; of specialists only.")
    support_kind: SupportKind | None = None
    support_place: SupportPlace | None = None
    hours_per_week: Hours | None = None
    starts_on: Day | None = None
    ends_on: Day | None = None
    cost: Amount | None = Field(None, description="What it costs the agency in all, EUR; of specialists only.")
    basis: CommitmentBasis | None = Field(None, description="Of specialists only: a legal claim, unless you say so.")
    line: LineKind | None = Field(None, description="The budget line that pays; case_specific, unless you say so.")


class ChangeElement(Patch):
    """What is to change; what is left out stays, null empties."""

    what: Words = Field(default=None)  # type: ignore[assignment]
    goal_ids: list[UUID] = Field(
        default=None,  # type: ignore[arg-type]
        max_length=20,
        description="The goals it serves.",
    )
    organisation_id: UUID | None = None
    support_kind: SupportKind | None = None
    support_place: SupportPlace | None = None
    hours_per_week: Hours | None = None
    starts_on: Day | None = None
    ends_on: Day | None = None
    cost: Amount | None = None
    basis: CommitmentBasis = Field(default=None)  # type: ignore[assignment]
    line: LineKind = Field(default=None)  # type: ignore[assignment]


@operation(policy.DRAFT, on=Case, answers=ArrangementView, states=CASE_STATES_GOING_ON, guards=(GOES_ON,))
async def draft_arrangement(act: Act, case: Case, command: DraftArrangement) -> Arrangement:
    """Begin an arrangement in a case. A case can have several, for different people or times."""
    return act.add(Arrangement(authority_id=case.authority_id, case_id=case.id, **command.model_dump()))


@operation(policy.ADD_ELEMENT, on=Arrangement, answers=ElementView, guards=(CASE_GOES_ON,))
async def add_element(act: Act, arrangement: Arrangement, command: AddElement) -> ArrangementElement:
    """Add what somebody contributes: the person, their network, the neighbourhood, an institution for everybody, or
    specialists. It is planned; only what specialists do is applied for and decided."""
    planned = command.model_dump(mode="python")
    if command.kind is ElementKind.SPECIALIST:
        planned["basis"] = command.basis or CommitmentBasis.GRANTED_CLAIM
        planned["line"] = command.line or LineKind.CASE_SPECIFIC
    errors = await claimants(act, arrangement.case_id, participant_id=command.participant_id)
    errors += await _unfitting(act, arrangement, command.kind, planned)
    if errors:
        raise InvalidInput(errors=errors)
    element = ArrangementElement(
        authority_id=arrangement.authority_id,
        case_id=arrangement.case_id,
        arrangement_id=arrangement.id,
        **_stored(planned),
    )
    return await begin(act, element)


@operation(
    policy.CHANGE_ELEMENT,
    on=ArrangementElement,
    answers=ElementView,
    states=(ElementState.PLANNED, ElementState.APPLIED, ElementState.RUNNING, ElementState.GRANTED),
    raises=(ForTheDecision,),
)
async def change_element(
    act: Act, arrangementelement: ArrangementElement, command: ChangeElement
) -> ArrangementElement:
    """Change an element, also while it goes on (merge patch: what you leave out stays, null empties): a new edition of
    the arrangement says what has changed. Of what specialists do, once it is applied for or has begun, only the goals
    it serves. Where several sources bear its cost, each bears its part of another one."""
    changes = command.model_dump(exclude_unset=True)
    if arrangementelement.state != ElementState.PLANNED:
        _require_changeable(arrangementelement, changes)
    meant = {name: getattr(arrangementelement, name) for name in ("starts_on", "ends_on")} | changes
    meant["starts_on"] = arrangementelement.began_on or meant["starts_on"]  # it may have begun on no day that was meant
    kind = ElementKind(arrangementelement.kind)
    if errors := await _unfitting(act, arrangementelement, kind, meant):
        raise InvalidInput(errors=errors)
    await alter(act, arrangementelement, **_stored(changes))
    if "cost" in changes:
        await rescale(act, arrangementelement)
    return arrangementelement


@operation(
    policy.START_ELEMENT,
    on=ArrangementElement,
    answers=ElementView,
    states=(ElementState.PLANNED,),
    guards=(CASE_GOES_ON,),
    raises=(DecisionRequired,),
)
async def start_element(act: Act, arrangementelement: ArrangementElement) -> ArrangementElement:
    """Say that an element has begun. Not for what specialists do: that begins with the agency's decision."""
    if arrangementelement.kind == ElementKind.SPECIALIST:
        raise DecisionRequired
    began_on = arrangementelement.starts_on or act.today
    await alter(act, arrangementelement, state=ElementState.RUNNING.value, began_on=began_on)
    return arrangementelement


def _require_changeable(element: ArrangementElement, changes: dict[str, Any]) -> None:
    if element.kind == ElementKind.SPECIALIST:
        if decided := sorted(changes.keys() - {"goal_ids"}):
            raise ForTheDecision(decided=decided)
    elif changes.get("starts_on", element.starts_on) != element.starts_on:
        raise InvalidInput(errors=[{"pointer": "#/starts_on", "detail": "is past: it has begun"}])


async def claimants(act: Act, case_id: UUID, **named: UUID) -> list[dict[str, str]]:
    """What is wrong with whom an element is for, or whose claim it is: an addressee or a custodian in this very case.
    A stranger's id, a wrong one and a network person's get the same answer."""
    kinds = (ParticipantKind.ADDRESSEE.value, ParticipantKind.CUSTODIAN.value)
    there = select(Participant.id).where(
        Participant.case_id == case_id, col(Participant.kind).in_(kinds), col(Participant.merged_into_id).is_(None)
    )
    known = set((await act.session.exec(there)).all())
    detail = "is no addressee or custodian of this case"
    return [{"pointer": f"#/{name}", "detail": detail} for name, id in named.items() if id not in known]


def wrong_period(starts_on: date | None, ends_on: date | None) -> list[dict[str, str]]:
    if starts_on is None or ends_on is None or starts_on <= ends_on:
        return []
    return [{"pointer": "#/ends_on", "detail": "lies before the beginning"}]


def is_longer_term(starts_on: date, ends_on: date | None) -> bool:
    """Help for more than six months, or without an end, is meant for longer (§ 36(2) SGB VIII says «für längere Zeit»;
    six months are this service's reading). The last day counts: 1 January to 30 June are six months."""
    if ends_on is None:
        return True
    months = starts_on.month - 1 + LONGER
    year, month = starts_on.year + months // 12, months % 12 + 1
    return (ends_on.year, ends_on.month, ends_on.day) >= (year, month, starts_on.day)


async def _unfitting(
    act: Act, row: Arrangement | ArrangementElement, kind: ElementKind, planned: dict[str, Any]
) -> list[dict[str, str]]:
    errors = wrong_period(planned.get("starts_on"), planned.get("ends_on"))
    if kind is not ElementKind.SPECIALIST:
        detail = "is for what specialists do"
        strange = (name for name in OF_SPECIALISTS if planned.get(name) is not None)
        errors += [{"pointer": f"#/{name}", "detail": detail} for name in strange]
    elif (provider := planned.get("organisation_id")) and not await is_provider(act, row.authority_id, provider):
        errors += [{"pointer": "#/organisation_id", "detail": "is no independent provider of this authority"}]
    if planned.get("line") not in (None, LineKind.CASE_SPECIFIC):
        detail = "is no line for a case: the other dimensions and the reserve are without one; shift money instead"
        errors += [{"pointer": "#/line", "detail": detail}]
    if named := planned.get("goal_ids"):
        # Those that it serves already stay, whether or not the actor hears of them; of the others, one that they do not
        # hear of is none.
        heard = READ_GOAL.condition(Setting(), Goal.__table__.c)  # type: ignore[attr-defined]
        there = select(Goal.id).where(col(Goal.id).in_(named), Goal.case_id == row.case_id, heard)
        known = {*(await act.session.exec(there)).all(), *getattr(row, "goal_ids", ())}
        if not known.issuperset(named):
            errors += [{"pointer": "#/goal_ids", "detail": "are not all goals of this case"}]
    return errors


def _stored(planned: dict[str, Any]) -> dict[str, Any]:
    """Enums as the words they are kept as."""
    enums = ("kind", "support_kind", "support_place", "basis", "line")
    return {name: str(value) if name in enums and value is not None else value for name, value in planned.items()}
