"""Applying, deciding, ending. A decision and the money it binds stand or fall together, in one transaction.

Members of a provider have no vote (DR1). A granted claim is never refused for want of money (DR3): the line goes below
zero and says so. A provider outside the network can be chosen and is paid from the line (DR2, § 5 SGB VIII)."""

from dataclasses import dataclass
from uuid import UUID

from pydantic import Field, model_validator
from sqlmodel import col, select

from service.domain.access.model import OrganisationKind
from service.domain.access.operations import holds, is_provider, membership_of
from service.domain.act import Act, Command, operation
from service.domain.budgets.duties import GrantsAndBills
from service.domain.budgets.ledger import BudgetShort, PeriodClosed
from service.domain.cases.apart import ExcludedFromCase, require_apart
from service.domain.cases.endings import Because
from service.domain.cases.going_on import CASE_GOES_ON
from service.domain.cases.model import (
    Case,
    Numeral,
    Participant,
    ParticipantKind,
    Person,
    Question,
    QuestionState,
)
from service.domain.clock import birthday
from service.domain.decisions import policy
from service.domain.decisions.arranging import Hours, claimants, is_longer_term, wrong_period
from service.domain.decisions.binding import bind, give_back, require_not_paid, reserve_cost
from service.domain.decisions.claims import NotTheirClaim, require_their_claim
from service.domain.decisions.history import alter
from service.domain.decisions.informing import TOLD
from service.domain.decisions.model import (
    ArrangementElement,
    Decision,
    ElementKind,
    ElementState,
    Outcome,
    Override,
)
from service.domain.decisions.reviewing import drop_reviews, plan_looking_back
from service.domain.decisions.views import DecisionView, ElementView
from service.domain.errors import DomainError, InvalidInput
from service.domain.policy import Role
from service.domain.values import Amount, ClientId, Day, Line, Words

OLD_ENOUGH = 15  # years: from then on one applies oneself (§ 36(1) SGB I)
WORKED_OUT = {"outcome", "override", "organisation_id", "hours_per_week", "starts_on", "ends_on"}
# The help is as it was granted, not as it was wished for.
AS_DECIDED = ("organisation_id", "hours_per_week", "starts_on", "ends_on")
BEFORE_SPECIALISTS = (Numeral.II, Numeral.III, Numeral.IV)
GOING_ON = (ElementState.PLANNED, ElementState.APPLIED, ElementState.RUNNING, ElementState.GRANTED)


@dataclass(eq=False)
class NoDecisionNeeded(DomainError):
    code, title = "no-decision-needed", "Only what specialists do is applied for and decided."
    advice = "Just begin: POST /v1/elements/{id}/start."


@dataclass(eq=False)
class TooYoungToApply(DomainError):
    code, title = "too-young-to-apply", "From the age of 15 on you can apply yourself (§ 36 SGB I)."
    advice = "Your custodian or your case worker can apply for you."


@dataclass(eq=False)
class ProviderUnknown(DomainError):
    code, title = "provider-unknown", "This is no independent provider of the authority."
    advice = "Choose one of GET /v1/organisations, within the network or not; an administrator can add one."
    organisation_id: UUID


@dataclass(eq=False)
class SecondProfessionalNeeded(DomainError):
    code, title = "second-professional-needed", "Longer help is decided by several professionals (§ 36(2) SGB VIII)."
    advice = "Name a colleague of the agency with whom you decide, a case worker like you: `second_professional_id`."


@dataclass(eq=False)
class RemedyNoticeNeeded(DomainError):
    code, title = "remedy-notice-needed", "Whoever gets less than was asked for is told how to object."
    advice = "Say in `remedy_notice` how, where and until when (§ 36 SGB X)."


@dataclass(eq=False)
class OverrideNeeded(DomainError):
    code, title = "override-needed", "Questions II to IV have not been asked yet."
    advice = "Say in `override` and `override_because` why it is decided now, or ask them first."
    questions: list[str]


class ApplyForElement(Command):
    """Whose claim it is: GET /v1/legal-claims says it by law."""

    claim_holder_id: UUID = Field(description="An addressee or a custodian of the case.")
    applicant_id: UUID | None = Field(
        None,
        description="Who has applied, if not whoever sends this: an addressee or a custodian of the case. Left out by "
        "whoever leads it, it is whose claim it is, from the age of 15 on.",
    )


class DecideElement(Command):
    """What was decided. Hours and period are those of the element where you say nothing else."""

    id: ClientId
    outcome: Outcome
    amount: Amount | None = Field(
        None,
        description="What is granted in all, EUR; where the element has a cost. Without an end: what it takes until "
        "the end of the year in which it begins.",
    )
    organisation_id: UUID | None = Field(None, description="The provider; left out, the one that is wished for.")
    legal_basis: Line
    wish_and_choice: Words | None = Field(
        None, description="How wish and choice were considered (§ 5 SGB VIII); needed unless refused."
    )
    reasons: Words | None = Field(None, description="Why (§ 35 SGB X); needed unless granted in full.")
    remedy_notice: Words | None = Field(
        None, description="How to object (Rechtsbehelfsbelehrung); needed unless granted in full."
    )
    second_professional_id: UUID | None = Field(
        None, description="With whom it was decided; needed for more than six months, or without an end."
    )
    override: Override | None = Field(
        None, description="Why it is decided while questions II to IV are open; needed as long as they are."
    )
    override_because: Words | None = Field(None, description="The reason, in a sentence; with `override`.")
    hours_per_week: Hours | None = None
    starts_on: Day | None = None
    ends_on: Day | None = None

    @model_validator(mode="after")
    def _reasoned(self) -> "DecideElement":
        if (self.override is None) is not (self.override_because is None):
            raise ValueError("say in override_because why, exactly when there is an override")
        return self


@operation(
    policy.APPLY,
    on=ArrangementElement,
    answers=ElementView,
    states=(ElementState.PLANNED,),
    guards=(CASE_GOES_ON,),
    keyed=True,
    raises=(NoDecisionNeeded, TooYoungToApply, NotTheirClaim, PeriodClosed),
)
async def apply_for_element(
    act: Act, arrangementelement: ArrangementElement, command: ApplyForElement
) -> ArrangementElement:
    """Apply for what specialists are to do, and say whose claim it is. Its cost is reserved if the money lasts; if
    not, the application stands all the same."""
    element = arrangementelement
    if element.kind != ElementKind.SPECIALIST:
        raise NoDecisionNeeded
    await _old_enough(act, element.case_id)
    named = command.model_dump(exclude_none=True)
    if errors := await claimants(act, element.case_id, **named):
        raise InvalidInput(errors=errors)
    await require_their_claim(act, element, command.claim_holder_id)
    applicant_id = await _who_applies(act, element.case_id, command)
    await alter(
        act,
        element,
        state=ElementState.APPLIED.value,
        claim_holder_id=command.claim_holder_id,
        applied_by_id=act.actor.id,
        applicant_id=applicant_id,
        applied_on=act.today,
    )
    await reserve_cost(act, element)
    return element


@operation(
    policy.DECIDE,
    on=ArrangementElement,
    answers=DecisionView,
    states=(ElementState.PLANNED, ElementState.APPLIED),
    guards=(CASE_GOES_ON, TOLD),
    versioned=True,
    raises=(
        *(NoDecisionNeeded, OverrideNeeded, ProviderUnknown, SecondProfessionalNeeded, RemedyNoticeNeeded),
        *(ExcludedFromCase, GrantsAndBills, BudgetShort, PeriodClosed),
    ),
)
async def decide_element(act: Act, arrangementelement: ArrangementElement, command: DecideElement) -> Decision:
    """Decide for the public agency, once: granted, partly, or refused. Longer help (more than six months, or without
    an end) takes a second professional (§ 36(2) SGB VIII). While questions II to IV are open it records why it is not
    put off. What is granted binds its money in the same moment: a claim always, also beyond what the line has left;
    what is voluntary only as far as it lasts. Where several sources bear the cost, each bears its part of what is
    granted, and the budget's parts are bound one by one. Of help that goes on after the year, each year's budget bears
    its part, by days: what falls into a later one is foreseen for it, and bound when its agreement takes effect."""
    element = arrangementelement
    if element.kind != ElementKind.SPECIALIST:
        raise NoDecisionNeeded
    if command.override is None and (open_ := await _not_asked(act, element.case_id)):
        raise OverrideNeeded(questions=open_)
    provider = command.organisation_id or element.organisation_id
    starts_on, ends_on = command.starts_on or element.starts_on, command.ends_on or element.ends_on
    if errors := _incomplete(element, command, provider) + wrong_period(starts_on, ends_on):
        raise InvalidInput(errors=errors)
    if provider is not None and not await is_provider(act, element.authority_id, provider):
        raise ProviderUnknown(organisation_id=provider)
    if command.outcome is not Outcome.GRANTED and command.remedy_notice is None:
        raise RemedyNoticeNeeded
    await _second_professional(act, element, command, is_longer_term(starts_on or act.today, ends_on))
    if command.outcome is not Outcome.REFUSED:
        deciding = (act.actor.id, *([command.second_professional_id] if command.second_professional_id else []))
        await require_not_paid(act, element, provider, *deciding)
    decision = Decision(
        authority_id=element.authority_id,
        case_id=element.case_id,
        element_id=element.id,
        decided_by_id=act.actor.id,
        decided_on=act.today,
        **command.model_dump(exclude=WORKED_OUT),
        outcome=command.outcome.value,
        override=command.override.value if command.override else None,
        organisation_id=provider,
        hours_per_week=command.hours_per_week or element.hours_per_week,
        starts_on=starts_on,
        ends_on=ends_on,
    )
    if command.outcome is Outcome.REFUSED:
        await give_back(act, element)
        await alter(act, element, state=ElementState.REFUSED.value)
        return act.add(decision)
    if command.amount is not None:
        await bind(act, element, decision, command.amount)
    await alter(
        act,
        element,
        state=ElementState.GRANTED.value,
        began_on=starts_on or act.today,
        **{name: getattr(decision, name) for name in AS_DECIDED},
    )
    await plan_looking_back(act, element)
    return act.add(decision)


@operation(
    policy.END_ELEMENT,
    on=ArrangementElement,
    answers=ElementView,
    states=GOING_ON,
    keyed=True,
    raises=(PeriodClosed,),
)
async def end_element(act: Act, arrangementelement: ArrangementElement) -> ArrangementElement:
    """End an element today. What was reserved or committed for it and is not yet booked is free again; what was
    foreseen for later years is dropped."""
    await finish(act, arrangementelement)
    return arrangementelement


async def end_elements(act: Act, case_id: UUID) -> None:
    """All that goes on in a case, or is planned in it. What is bound for it and not yet booked is free again."""
    going_on = select(ArrangementElement).where(
        ArrangementElement.case_id == case_id, col(ArrangementElement.state).in_([state.value for state in GOING_ON])
    )
    for element in (await act.session.exec(going_on.order_by(col(ArrangementElement.id)).with_for_update())).all():
        await finish(act, element)


def _incomplete(element: ArrangementElement, command: DecideElement, provider: UUID | None) -> list[dict[str, str]]:
    refused = command.outcome is Outcome.REFUSED
    missing = {
        "amount": command.amount is None and element.cost is not None and not refused,
        "organisation_id": provider is None and not refused,
        "wish_and_choice": command.wish_and_choice is None and not refused,
        "reasons": command.reasons is None and command.outcome is not Outcome.GRANTED,
    }
    errors = [
        {"pointer": f"#/{name}", "detail": "is needed for this outcome"} for name, lacks in missing.items() if lacks
    ]
    if refused and command.amount is not None:
        errors.append({"pointer": "#/amount", "detail": "is not for a refusal"})
    return errors


async def _second_professional(
    act: Act, element: ArrangementElement, command: DecideElement, longer_term: bool
) -> None:
    """Somebody else of the public agency who holds the role of a case worker."""
    colleague = command.second_professional_id
    if colleague is None:
        if longer_term:
            raise SecondProfessionalNeeded
        return
    agency = await membership_of(act, element.authority_id, OrganisationKind.PUBLIC_AGENCY, colleague)
    if colleague == act.actor.id or agency is None or not await holds(act, colleague, Role.CASE_WORKER):
        raise SecondProfessionalNeeded
    await require_apart(act, element.case_id, colleague)


async def _who_applies(act: Act, case_id: UUID, command: ApplyForElement) -> UUID | None:
    """Whoever sends it, if they are one of the people of the case; else whom it names, and whose claim it is if that is
    nobody. Null of a child of whom it is not said who has applied for it: it cannot have been the child."""
    mine = select(Participant.id).where(Participant.case_id == case_id, Participant.actor_id == act.actor.id)
    if (me := (await act.session.exec(mine)).first()) is not None:
        return me
    id = command.applicant_id or command.claim_holder_id
    theirs = select(col(Person.born_on)).where(Person.participant_id == id)
    born_on = (await act.session.exec(theirs)).one_or_none()
    if born_on is None or birthday(born_on, OLD_ENOUGH) <= act.today:
        return id
    if command.applicant_id is not None:
        raise TooYoungToApply
    return None


async def _old_enough(act: Act, case_id: UUID) -> None:
    """Of whoever acts as an addressee; custodians and the agency apply for somebody else."""
    mine = (
        select(col(Person.born_on))
        .join(Participant, col(Participant.id) == col(Person.participant_id))
        .where(
            Participant.case_id == case_id,
            Participant.actor_id == act.actor.id,
            Participant.kind == ParticipantKind.ADDRESSEE.value,
        )
    )
    born_on = (await act.session.exec(mine)).first()
    if born_on is not None and birthday(born_on, OLD_ENOUGH) > act.today:
        raise TooYoungToApply


async def _not_asked(act: Act, case_id: UUID) -> list[str]:
    """Which of questions II to IV are neither answered nor left out, in the case's present period."""
    open_ = (
        select(Question.numeral)
        .join(Case, (col(Case.id) == col(Question.case_id)) & (col(Case.period) == col(Question.period)))
        .where(
            Question.case_id == case_id,
            col(Question.numeral).in_([numeral.value for numeral in BEFORE_SPECIALISTS]),
            Question.state == QuestionState.NOT_STARTED.value,
        )
        .order_by(col(Question.position))
    )
    return list((await act.session.exec(open_)).all())


async def finish(act: Act, element: ArrangementElement) -> None:
    """Ends an element today, with what goes on because of it. Raises PeriodClosed."""
    await give_back(act, element)
    await drop_reviews(act, element.case_id, Because.HELP_ENDED, element.id)
    await alter(act, element, state=ElementState.ENDED.value, ended_on=act.today)
