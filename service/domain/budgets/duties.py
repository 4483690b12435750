"""Who of the parties to an agreement does what (deck line 970: «Rollenklärung zwischen Leistungsgewährendem und
Leistungserbringer»): runs the process, documents, bills. It is data of the agreement; rules ask it (`policy.py`), and
so does what may be charged to what (`charging.py`).

Who grants is no data: the public agency does, and so never bills (facts: DR1)."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any

import sqlalchemy as sa
from pydantic import AfterValidator
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field

from service.domain.errors import DomainError, Kind


class Duty(StrEnum):
    """What is to be done besides granting and performing."""

    PROCESS = "process"  # calling both sides together when money runs out, or is left
    DOCUMENTATION = "documentation"  # proving what the money was used for
    BILLING = "billing"  # asking to be paid


class DutyHolder(StrEnum):
    """Who does it."""

    AGENCY = "agency"  # the public agency
    LEAD_PROVIDER = "lead_provider"  # whoever speaks for the network: any party, where none leads
    PROVIDERS = "providers"  # each party to the agreement


USUAL: dict[Duty, tuple[DutyHolder, ...]] = {
    Duty.PROCESS: (DutyHolder.AGENCY, DutyHolder.PROVIDERS),
    Duty.DOCUMENTATION: (DutyHolder.LEAD_PROVIDER,),
    Duty.BILLING: (DutyHolder.PROVIDERS,),
}
"""Where an agreement says nothing else."""
_BILLING = (DutyHolder.LEAD_PROVIDER, DutyHolder.PROVIDERS)


def _listed(holders: tuple[DutyHolder, ...]) -> str:
    return ", ".join(f"'{holder}'" for holder in holders)


HELD = " AND ".join(
    f"cardinality({duty}) > 0 AND {duty} <@ ARRAY[{_listed(_BILLING if duty is Duty.BILLING else tuple(DutyHolder))}]"
    for duty in Duty
)


def held_by_usual(duty: Duty) -> Any:
    """A column: who does it."""
    usual = [holder.value for holder in USUAL[duty]]
    written = sa.text(f"'{{{','.join(usual)}}}'")
    return Field(
        default_factory=lambda: list(usual),
        sa_type=ARRAY(sa.Text()),
        nullable=False,
        sa_column_kwargs={"server_default": written},
    )


def _each_once(holders: list[DutyHolder]) -> list[DutyHolder]:
    return [holder for holder in DutyHolder if holder in holders]


def _not_the_agency(holders: list[DutyHolder]) -> list[DutyHolder]:
    if DutyHolder.AGENCY in holders:
        raise ValueError("must not name the agency: it grants, and nobody both grants and bills")
    return holders


Holders = Annotated[list[DutyHolder], AfterValidator(_each_once)]
Billers = Annotated[list[DutyHolder], AfterValidator(_each_once), AfterValidator(_not_the_agency)]


@dataclass(eq=False)
class GrantsAndBills(DomainError):
    kind, code, title = Kind.FORBIDDEN, "grants-and-bills", "Nobody both grants and bills."
    advice = (
        "Whoever decides, alone or with somebody, or pays, is no member of the organisation that is paid for it. Let "
        "colleagues do it who are not. What was granted to another provider before this one billed for it is billed "
        "once a controller who is not has confirmed it (POST /v1/commitments/{id}/confirm)."
    )


@dataclass(eq=False)
class DoesNotBill(DomainError):
    code, title = "does-not-bill", "By the agreement another of its parties bills for this organisation."
    advice = (
        "`billing` names who does. Book the invoice of the lead provider; providers outside of the network bill for "
        "themselves."
    )
    billing: list[str]
