"""Versions of an agreement's terms: what each changed, by whom, when, and since when it counts.

Whatever changes the terms makes the next version, in the same transaction: so no change is without one, and whoever
says yes or no says it of a version that stays readable."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from pydantic import Field as Told
from sqlmodel import col, select

from service.domain.access.model import Organisation
from service.domain.act import Act
from service.domain.budgets import policy
from service.domain.budgets.contract import AgreementVersion, TermsCause, TermsChange
from service.domain.budgets.duties import USUAL, Duty
from service.domain.budgets.model import BudgetAgreement, BudgetLine, scope_of
from service.domain.budgets.views import BudgetAgreementView
from service.domain.values import new_id
from service.domain.views import Many, Record, link, view


@view(
    AgreementVersion,
    policy.READ_LINE,
    plural="agreement_versions",
    filters=("agreement_id", "number"),
    orders=("number",),
)
class AgreementVersionView(Record):
    """A version of an agreement's terms."""

    id: UUID
    agreement_id: UUID
    number: int = Told(description="1 for the first draft; each change of the terms counts on.")
    cause: TermsCause = Told(description="What it came from.")
    effective_on: date = Told(description="The first day for which it counts, once the agreement has taken effect.")
    made_by: UUID = Told(description="Who made it.")
    made_at: datetime = Told(description="When, UTC.")


@view(TermsChange, policy.READ_LINE, plural="terms_changes", filters=("agreement_id", "version_id"))
class TermsChangeView(Record):
    """What a version changed of the one before, in one of the terms."""

    id: UUID
    agreement_id: UUID
    version_id: UUID = Told(description="The version that changed it.")
    term: str = Told(description="Which term: the name of a field, a line, or what was agreed.")
    before: str | None = Told(description="As it stood in the version before; null where there was nothing.")
    after: str | None = Told(description="As it stands in this version; null where nothing is left.")


link(BudgetAgreementView, "versions", Many("agreement_id"), AgreementVersionView)
link(AgreementVersionView, "changes", Many("version_id"), TermsChangeView)

Terms = Mapping[str, str | None]
_OF_AGREEMENT = ("contract_number", "legal_basis", "retention", "floor", "product_account", "expires_on")


def terms_of(agreement: BudgetAgreement, lines: Iterable[BudgetLine]) -> Terms:
    """What stands in the agreement itself and on its lines, as text; what is empty, zero or as usual is not there."""
    values = {name: getattr(agreement, name) for name in _OF_AGREEMENT} | {line.kind: line.agreed for line in lines}
    duties = {duty.value: getattr(agreement, duty.value) for duty in Duty}
    values |= {duty: held for duty, held in duties.items() if tuple(held) != USUAL[Duty(duty)]}
    return {name: _said(value) for name, value in values.items() if value}


async def revise(
    act: Act,
    agreement: BudgetAgreement,
    cause: TermsCause,
    before: Terms,
    after: Terms,
    effective_on: date | None = None,
) -> None:
    """Make the next version of what has changed, if anything has. Whoever has made one says no yes to any of them.
    What is drafted counts from the first day of the year. The agreement is held alone by whoever calls this."""
    terms = [name for name in dict.fromkeys((*before, *after)) if before.get(name) != after.get(name)]
    if not terms:
        return
    if cause is not TermsCause.DRAFTED:
        drafted_by = agreement.drafted_by
        if cause is not TermsCause.SUPPLEMENTED:  # the first to write into what a granted claim made, empty
            drafted_by = drafted_by or act.actor.id
        act.change(agreement, terms=agreement.terms + 1, drafted_by=drafted_by)
    version = AgreementVersion(
        id=new_id(),
        **scope_of(agreement),
        number=agreement.terms,
        cause=cause.value,
        effective_on=effective_on or date(agreement.fiscal_year, 1, 1),
        made_by=act.actor.id,
        made_at=act.now,
    )
    act.session.add(version)
    await act.session.flush()
    of_it = {"version_id": version.id, **scope_of(agreement)}
    act.session.add_all(
        TermsChange(**of_it, term=name, before=before.get(name), after=after.get(name)) for name in terms
    )


async def names_of(act: Act, organisations: Iterable[UUID]) -> dict[UUID, str]:
    """What the organisations are called."""
    named = select(Organisation.id, Organisation.name).where(col(Organisation.id).in_(list(organisations)))
    return dict((await act.session.exec(named)).all())


def _said(value: str | Decimal | date | list[str]) -> str:
    return ", ".join(value) if isinstance(value, list) else str(value)
