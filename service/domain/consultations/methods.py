"""Templates of consultations. Five are there everywhere; an authority adds its own, as rows (deck line 170)."""

from uuid import UUID

from pydantic import Field, model_validator
from sqlmodel import select

from service.domain.access.model import Authority
from service.domain.act import Act, Command, operation
from service.domain.consultations import policy
from service.domain.consultations.model import (
    ConsultationMethod,
    ConsultationPhase,
    ConsultationRole,
    RequiredRecord,
)
from service.domain.consultations.views import ConsultationMethodView
from service.domain.errors import InvalidInput
from service.domain.values import ClientId, Line


class NewPhase(Command):
    """A part of the method."""

    name_de: Line = Field(description="In German.")
    name_en: Line = Field(description="In English.")
    name_simple: Line = Field(description="In plain German.")
    family_time: bool = Field(False, description="Whether it is the family's alone.")
    records: list[RequiredRecord] = Field(
        default_factory=list, max_length=len(RequiredRecord), description="What it leaves in writing."
    )


class AddConsultationMethod(Command):
    """A method with its phases, in their order."""

    id: ClientId
    authority_id: UUID
    code: str = Field(pattern=r"^[a-z][a-z_]{1,39}$", max_length=40, description="Its stable short name.")
    name_de: Line = Field(description="In German.")
    name_en: Line = Field(description="In English.")
    name_simple: Line = Field(description="In plain German.")
    roles: list[ConsultationRole] = Field(min_length=1, max_length=len(ConsultationRole), description="Who it takes.")
    phases: list[NewPhase] = Field(min_length=1, max_length=12, description="In their order.")

    @model_validator(mode="after")
    def _whose_time(self) -> "AddConsultationMethod":
        if any(phase.family_time for phase in self.phases) and ConsultationRole.FAMILY not in self.roles:
            raise ValueError("family time takes a family")
        return self


@operation(policy.ADD_METHOD, within=Authority, answers=ConsultationMethodView)
async def add_consultation_method(act: Act, command: AddConsultationMethod) -> ConsultationMethod:
    """Add a method of your authority's own."""
    authority = await act.load(Authority, command.authority_id)
    there = select(ConsultationMethod.id).where(
        ConsultationMethod.authority_id == authority.id, ConsultationMethod.code == command.code
    )
    if (await act.session.exec(there)).first() is not None:
        raise InvalidInput(errors=[{"pointer": "#/code", "detail": "is taken"}])
    method = act.add(
        ConsultationMethod(
            authority_id=authority.id,
            roles=list(dict.fromkeys(role.value for role in command.roles)),
            **command.model_dump(exclude={"authority_id", "roles", "phases"}),
        )
    )
    await act.session.flush()
    for position, phase in enumerate(command.phases, start=1):
        act.session.add(
            ConsultationPhase(
                authority_id=authority.id,
                method_id=method.id,
                position=position,
                records=list(dict.fromkeys(each.value for each in phase.records)),
                **phase.model_dump(exclude={"records"}),
            )
        )
    return method
