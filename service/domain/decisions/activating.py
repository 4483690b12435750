"""When help begins, or goes on: not while the agency still owes a decision on it; or by one of the three other ways."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from pydantic import Field

from service.domain.act import Act, Command, Guard, operation
from service.domain.cases import policy
from service.domain.cases.asking import begin_cycle
from service.domain.cases.going_on import CASE_GOES_ON
from service.domain.cases.model import Case, CaseState
from service.domain.cases.views import CaseView
from service.domain.decisions import policy as arranging_policy
from service.domain.decisions.binding import tell_begun
from service.domain.decisions.deciding import NoDecisionNeeded
from service.domain.decisions.history import alter
from service.domain.decisions.model import ArrangementElement, ElementKind, ElementState, OtherWay
from service.domain.decisions.reviewing import REVIEW_AFTER, plan_first, plan_looking_back
from service.domain.decisions.reviews import ReviewKind
from service.domain.decisions.views import ElementView
from service.domain.errors import DomainError
from service.domain.policy import Reader, Row
from service.domain.values import Words

# §§ 36(2) and 41a(2) SGB VIII say «regularly»: so many months are this service's reading, where nobody names a day.
CONTACT_AFTER = 3
UNDECIDED = (ElementState.PLANNED, ElementState.APPLIED)


@dataclass(eq=False)
class DecisionOwed(DomainError):
    code, title = "decision-owed", "Help by specialists begins once the agency has decided on it."
    advice = (
        "Decide what is planned or applied for (POST /v1/elements/{id}/decisions), end it (…/end), or say by which "
        "other way it has begun (…/begin-otherwise)."
    )


OF_SPECIALISTS = Guard(
    lambda reader, row: row.kind == sa.literal_column(f"'{ElementKind.SPECIALIST}'"),
    "it is help by specialists",
    NoDecisionNeeded,
)


def _decided(reader: Reader, row: Row) -> sa.ColumnElement[bool]:
    element: Any = ArrangementElement.__table__.alias()  # type: ignore[attr-defined]
    owed = sa.select(element.c.id).where(
        element.c.case_id == row.id,
        element.c.kind == sa.literal_column(f"'{ElementKind.SPECIALIST}'"),
        element.c.state.in_([sa.literal_column(f"'{state}'") for state in UNDECIDED]),
    )
    return sa.not_(owed.correlate_except(element).exists())


DECIDED = Guard(_decided, "the agency has decided on all that specialists are to do in it", DecisionOwed)


class BeginOtherwise(Command):
    """By which of the three ways, and what happened."""

    other_way: OtherWay = Field(description="How it began.")
    because: Words = Field(description="What happened, and when; for direct access what was agreed with the provider.")


@operation(
    arranging_policy.START_ELEMENT,
    on=ArrangementElement,
    answers=ElementView,
    states=(ElementState.PLANNED, ElementState.APPLIED),
    guards=(OF_SPECIALISTS, CASE_GOES_ON),
)
async def begin_otherwise(
    act: Act, arrangementelement: ArrangementElement, command: BeginOtherwise
) -> ArrangementElement:
    """Say that help by specialists has begun without a decision: by direct access, by taking into care, or procured by
    oneself. None of them waits for a question to be asked."""
    starts_on = arrangementelement.starts_on or act.today
    await alter(
        act,
        arrangementelement,
        state=ElementState.RUNNING.value,
        other_way=command.other_way.value,
        other_way_because=command.because,
        starts_on=starts_on,
        began_on=starts_on,
    )
    await tell_begun(act, arrangementelement)
    await plan_looking_back(act, arrangementelement)
    return arrangementelement


@operation(
    policy.MOVE_ON,
    on=Case,
    answers=CaseView,
    states=(
        *(CaseState.ARRANGEMENT_PLANNING, CaseState.REVIEW, CaseState.CLOSING, CaseState.AFTER_CARE),
        CaseState.TRANSFERRED,
    ),
    guards=(DECIDED,),
)
async def activate_case(act: Act, case: Case) -> Case:
    """The help begins, or goes on: after a review, after a change of mind, after a transfer (§ 86c SGB VIII), or for a
    young person who comes back (§ 41(1) SGB VIII). Unless one is planned, its first review is in six months."""
    act.change(case, state=CaseState.ACTIVE.value)
    await begin_cycle(act, case.id)
    await plan_first(act, case, ReviewKind.SUPPORT_REVIEW, REVIEW_AFTER)
    return case


@operation(policy.MOVE_ON, on=Case, answers=CaseView, states=(CaseState.CLOSING,))
async def begin_after_care(act: Act, case: Case) -> Case:
    """Stay in touch for a time after the help has ended (§ 41a SGB VIII): for the first time in three months, unless
    another day is planned. The case closes when it is no longer needed."""
    act.change(case, state=CaseState.AFTER_CARE.value)
    await plan_first(act, case, ReviewKind.AFTER_CARE_CONTACT, CONTACT_AFTER)
    return case
