"""What work is worth, and recorded work, in the county of the access tests: of each provider and of the network,
proposed and agreed, recorded, billed and withdrawn."""

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlmodel import SQLModel

from service.demo import demo_id
from service.domain.budgets.model import BudgetAgreement, Commitment, scope_of
from service.domain.budgets.valuation import ServiceRecord, ValuationRule

MANY = 4  # of what operations use up
RATE = Decimal("10.00")
TABLES = ("valuation_rule", "service_record")


def rules(
    agreement: BudgetAgreement, organisations: list[UUID], networked: bool, by: UUID, of: UUID
) -> Iterator[SQLModel]:
    """Proposed by one for the agency, agreed by `of` or withdrawn. A flat rate of each provider is agreed."""
    for organisation in (*organisations, *([None] if networked else [])):
        for number in range(2 * MANY):
            yield _rule(agreement, organisation, "hour", number + 1, by)
        withdrawn = _rule(agreement, organisation, "project", 1, by)
        withdrawn.state = "withdrawn"
        yield withdrawn
        yield _rule(agreement, organisation, "flat_rate", 1, by, of)


def _rule(
    agreement: BudgetAgreement, organisation: UUID | None, kind: str, number: int, by: UUID, of: UUID | None = None
) -> ValuationRule:
    return ValuationRule(
        id=rule_id(agreement.id, organisation, kind, number),
        kind=kind,
        number=number,
        organisation_id=organisation,
        amount=RATE,
        valid_from=date(agreement.fiscal_year, 1, 1),
        state="agreed" if of else "proposed",
        proposed_by=by,
        agreed_by=of,
        agreed_on=date(agreement.fiscal_year, 1, 2) if of else None,
        **scope_of(agreement),
    )


def rule_id(agreement: UUID, organisation: UUID | None, kind: str = "flat_rate", number: int = 1) -> UUID:
    return demo_id("valuation", str(agreement), str(organisation), kind, str(number))


def worked(commitment: Commitment, by: UUID) -> Iterator[ServiceRecord]:
    """From February on, so that January can be recorded; the last is billed, the one before withdrawn."""
    assert commitment.organisation_id is not None
    states = (*["recorded"] * MANY, "withdrawn", "billed")
    for month, state in enumerate(states, 2):
        yield ServiceRecord(
            id=demo_id("work", str(commitment.id), state, *([str(month)] if state == "recorded" else [])),
            authority_id=commitment.authority_id,
            social_space_id=commitment.social_space_id,
            agreement_id=commitment.agreement_id,
            line_id=commitment.line_id,
            commitment_id=commitment.id,
            organisation_id=commitment.organisation_id,
            case_id=commitment.case_id,
            month=date(commitment.value_on.year, month, 1),
            kind="flat_rate",
            hours=Decimal("2.50"),
            rule_id=rule_id(commitment.agreement_id, commitment.organisation_id),
            rate=RATE,
            amount=RATE,
            state=state,
            recorded_by=by,
            recorded_at=datetime(commitment.value_on.year, month, 1).astimezone(),
        )


def billed(commitment: Commitment) -> dict[str, Any]:
    """What the booking of it says."""
    return {"service_record_id": demo_id("work", str(commitment.id), "billed"), "hours": Decimal("2.50")}
