"""Two files about the same people become one, without a row being moved. The duplicate stays as it is and says which
case it went into; nobody sees more of either than before. So merging loses nothing, and can be undone."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field

from service.domain.access.model import CaseAccess, columns_of, in_force
from service.domain.act import Act, Command, Guard, Lock, operation
from service.domain.assignments.model import Assignment
from service.domain.cases import policy
from service.domain.cases.apart import ExcludedFromCase, let_relatives_out
from service.domain.cases.confidential import CustodiansReadHere, require_nobody_told
from service.domain.cases.handing_over import NOT_OFFERED, TRANSFERABLE
from service.domain.cases.model import OVER, Case, CaseState
from service.domain.cases.views import CaseView
from service.domain.decisions.deciding import GOING_ON
from service.domain.decisions.model import ArrangementElement
from service.domain.errors import DomainError, InvalidInput
from service.domain.policy import Basis, Reader, Row


@dataclass(eq=False)
class StillGoingOn(DomainError):
    code, title = "still-going-on", "Help still goes on in this case, or is planned in it, or a provider is told of it."
    advice = (
        "Merge the other one into this one. Or end it here first: POST /v1/elements/{id}/end, "
        "POST /v1/assignments/{id}/end, POST /v1/case-accesses/{id}/end."
    )


def _quiet(reader: Reader, row: Row) -> sa.ColumnElement[bool]:
    element: Any = ArrangementElement.__table__.alias()  # type: ignore[attr-defined]
    going_on = sa.select(element.c.id).where(
        element.c.case_id == row.id, element.c.state.in_([sa.literal_column(f"'{state}'") for state in GOING_ON])
    )
    assignments = columns_of(Assignment)
    assigned = sa.select(assignments.id).where(assignments.case_id == row.id, in_force(assignments))
    accesses = columns_of(CaseAccess)
    told = sa.select(accesses.id).where(
        accesses.case_id == row.id,
        accesses.basis == sa.literal_column(f"'{Basis.TRANSMISSION}'"),
        in_force(accesses),
    )
    helping = (each.correlate(row.id.table).exists() for each in (assigned, told))
    return sa.not_(sa.or_(going_on.correlate_except(element).exists(), *helping))


NOTHING_GOES_ON = Guard(_quiet, "no help goes on in it or is planned, and no provider is told of it", StillGoingOn)


class MergeCase(Command):
    """Into which case this one goes, as a duplicate."""

    into_id: UUID = Field(description="The case that goes on. You lead both.")


@operation(
    policy.MERGE,
    on=Case,
    answers=CaseView,
    states=(*TRANSFERABLE, *OVER),
    guards=(NOT_OFFERED, NOTHING_GOES_ON),
    raises=(CustodiansReadHere, ExcludedFromCase),
)
async def merge_case(act: Act, case: Case, command: MergeCase) -> Case:
    """Merge a duplicate into the case that goes on; you lead both. It stays readable at its address for whoever could
    read it, says which case it went into to those who have access to that one, too, and is handed over with it as long
    as nobody else leads it. Whoever has access to one of the two does not get access to the other."""
    into = await act.load(Case, command.into_id, lock=Lock.ALONE)
    if into.id == case.id or into.authority_id != case.authority_id or into.state == CaseState.MERGED:
        detail = "must be another case of this authority, that was not merged itself"
        raise InvalidInput(errors=[{"pointer": "#/into_id", "detail": detail}])
    await require_nobody_told(act, case.id, into.id)
    act.change(case, merged_as=case.state, state=CaseState.MERGED.value, merged_into_id=into.id)
    act.change(into)
    await let_relatives_out(act, case.id, into.id)
    act.tells(into)
    return case


@operation(policy.UNDO_MERGER, on=Case, answers=CaseView, states=(CaseState.MERGED,))
async def undo_merger(act: Act, case: Case) -> Case:
    """Take a merger back: the two are about different people. The case is as it was before."""
    into = await act.load(Case, case.merged_into_id, lock=Lock.ALONE, action=policy.MERGE)
    act.change(case, state=case.merged_as, merged_into_id=None, merged_as=None)
    act.change(into)
    act.tells(into)
    return case
