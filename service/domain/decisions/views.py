"""What is published of arrangements and decisions. A provider's worker to whom the arrangement was transmitted sees the
result of a decision; why it was made so is for the family and for whoever leads the case."""

from datetime import date
from typing import Annotated
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field

from service.domain.access.views import OrganisationView
from service.domain.budgets.model import CommitmentBasis, LineKind
from service.domain.budgets.views import CommitmentView
from service.domain.cases.contesting import contestable
from service.domain.cases.picture import TextAbout
from service.domain.cases.views import CaseView, GoalView, ParticipantView
from service.domain.decisions import policy
from service.domain.decisions.model import (
    Arrangement,
    ArrangementElement,
    Decision,
    ElementKind,
    ElementState,
    OtherWay,
    Outcome,
    Override,
    SupportKind,
    SupportPlace,
)
from service.domain.decisions.wording import ELEMENT_KINDS, ELEMENT_STATES, HINTS, OTHER_WAYS, OUTCOMES, OVERRIDES
from service.domain.policy import Part, Reader, Row
from service.domain.values import Money
from service.domain.views import Many, One, Record, Shown, Sql, link, view
from service.domain.words import label


@view(Arrangement, policy.READ, plural="arrangements", filters=("case_id",), subject="case_id")
class ArrangementView(Record):
    """Who does what so that a concern can be met. The mix is shown as it is: there is no target for it."""

    id: UUID
    case_id: UUID
    title: str
    purpose: str | None = Field(description="What it is for.")
    edition: int = Field(description="How often its elements have changed; what, its changes tell.")
    version: int


@view(
    ArrangementElement,
    policy.READ,
    plural="elements",
    filters=("case_id", "arrangement_id", "kind", "state"),
    subject="case_id",
)
class ElementView(Record):
    """One contribution to an arrangement. Only what specialists do needs a decision of the public agency."""

    id: UUID
    case_id: UUID
    arrangement_id: UUID
    participant_id: UUID = Field(description="The young person or adult it is for.")
    goal_ids: list[UUID] = Field(description="The goals it serves.")
    kind: ElementKind
    kind_label: Annotated[str, Sql(label("kind", ELEMENT_KINDS))]
    what: str
    state: ElementState
    state_label: Annotated[str, Sql(label("state", ELEMENT_STATES))]
    organisation_id: UUID | None = Field(description="The provider that is wished for.")
    support_kind: SupportKind | None
    support_place: SupportPlace | None
    hours_per_week: Money | None
    starts_on: date | None
    ends_on: date | None
    cost: Annotated[Money | None, Shown(policy.READ_REASONS)] = Field(
        description="What it costs the agency in all, EUR."
    )
    basis: CommitmentBasis | None = Field(description="Whether it is a legal claim or voluntary; of specialists only.")
    line: LineKind | None
    claim_holder_id: UUID | None
    applicant_id: UUID | None = Field(
        description="Who has applied, as a participant; null as long as nobody has, or it is not known."
    )
    custodians_told_on: date | None = Field(
        description="When custodians were told of what a young person has applied for themselves."
    )
    custodians_not_told_because: Annotated[str | None, Shown(policy.LEADING)] = Field(
        description="Why they were not told, if they were not."
    )
    applied_on: date | None = Field(description="When it was applied for; null as long as nobody has.")
    began_on: date | None = Field(description="The day from which it went on; null as long as it is only meant.")
    ended_on: date | None = Field(description="The day on which it was ended.")
    other_way: OtherWay | None = Field(description="How it began, if not by a decision.")
    other_way_label: Annotated[str | None, Sql(label("other_way", OTHER_WAYS))] = Field(description="In your language.")
    other_way_because: Annotated[str | None, Shown(policy.READ_REASONS)] = Field(description="What happened.")
    withheld: list[str]
    version: int


@view(
    Decision, policy.READ_DECISION, plural="decisions", filters=("case_id", "element_id", "outcome"), subject="case_id"
)
class DecisionView(Record):
    """What the public agency has decided about an element. It is made once and never changed; one that was entered in
    the wrong case is annulled."""

    id: UUID
    case_id: UUID
    element_id: UUID
    outcome: Outcome
    outcome_label: Annotated[str, Sql(label("outcome", OUTCOMES))]
    hint: Annotated[str | None, Sql(label("outcome", HINTS))]
    organisation_id: UUID | None = Field(description="The provider that was chosen.")
    outside_network: bool = Field(
        description="The provider was no party to the social space's agreement when it was decided (§ 5 SGB VIII)."
    )
    hours_per_week: Money | None
    starts_on: date | None
    ends_on: date | None
    legal_basis: str
    amount: Annotated[Money | None, Shown(policy.READ_REASONS)]
    wish_and_choice: Annotated[str | None, Shown(policy.READ_REASONS)]
    reasons: Annotated[str | None, Shown(policy.READ_REASONS)]
    remedy_notice: Annotated[str | None, Shown(policy.READ_REASONS)]
    decided_by_id: Annotated[UUID | None, Shown(policy.READ_REASONS)]
    second_professional_id: Annotated[UUID | None, Shown(policy.READ_REASONS)]
    override: Annotated[Override | None, Shown(policy.READ_REASONS)] = Field(
        description="Why it was decided while questions II to IV were open, if it was."
    )
    override_label: Annotated[str | None, Shown(policy.READ_REASONS), Sql(label("override", OVERRIDES))] = Field(
        description="In your language."
    )
    override_because: Annotated[str | None, Shown(policy.READ_REASONS)] = Field(description="The reason.")
    decided_on: date
    annulled_on: date | None = Field(
        description="When it was taken out, because it was entered in the wrong case; for those who still see it."
    )
    withheld: list[str]


def _about(there: Row, here: Row, reader: Reader) -> sa.ColumnElement[bool]:
    found: sa.ColumnElement[bool] = there.element_id == here.id
    return found


def _its_goals(there: Row, here: Row, reader: Reader) -> sa.ColumnElement[bool]:
    return sa.and_(there.case_id == here.case_id, there.id == sa.any_(here.goal_ids))


contestable(TextAbout.DECISION, Decision, policy.READ_DECISION, Part.ARRANGEMENT, DecisionView)
contestable(TextAbout.ELEMENT, ArrangementElement, policy.READ, Part.ARRANGEMENT, ElementView)
link(CaseView, "arrangements", Many("case_id"), ArrangementView)
link(ArrangementView, "case", One("case_id"), CaseView)
link(ArrangementView, "elements", Many("arrangement_id"), ElementView)
link(ElementView, "arrangement", One("arrangement_id"), ArrangementView)
link(ElementView, "participant", One("participant_id"), ParticipantView)
link(ElementView, "goals", Many(_its_goals), GoalView, "The goals it serves, as far as you hear of them.")
link(ElementView, "organisation", One("organisation_id"), OrganisationView)
link(ElementView, "decision", One(_about), DecisionView)
link(ElementView, "commitment", One("commitment_id"), CommitmentView, "The money reserved or committed for it.")
link(DecisionView, "element", One("element_id"), ElementView)
link(DecisionView, "organisation", One("organisation_id"), OrganisationView)
