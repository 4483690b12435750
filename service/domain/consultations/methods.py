"""Templates of consultations. Five are there everywhere; an authority adds its own, as rows (deck line 170)."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pydantic import Field, model_validator
from sqlmodel import select

from service.domain.access.model import Authority
from service.domain.act import Act, Command, Guard, operation
from service.domain.consultations import policy
from service.domain.consultations.model import (
    ConsultationMethod,
    ConsultationPhase,
    ConsultationRole,
    RequiredRecord,
)
from service.domain.consultations.views import ConsultationMethodView
from service.domain.errors import DomainError, InvalidInput
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


class MethodContent(Command):
    """What a method is made of."""

    name_de: Line = Field(description="In German.")
    name_en: Line = Field(description="In English.")
    name_simple: Line = Field(description="In plain German.")
    roles: list[ConsultationRole] = Field(min_length=1, max_length=len(ConsultationRole), description="Who it takes.")
    required_roles: list[ConsultationRole] = Field(
        default_factory=list,
        max_length=len(ConsultationRole),
        description="Without whom of them it is not finished, but for a reason.",
    )
    phases: list[NewPhase] = Field(min_length=1, max_length=12, description="In their order.")

    @model_validator(mode="after")
    def _whose_time(self) -> "MethodContent":
        if not set(self.required_roles) <= set(self.roles):
            raise ValueError("whoever has to be there is one whom it takes")
        in_family_time = [phase for phase in self.phases if phase.family_time]
        if in_family_time and ConsultationRole.FAMILY not in self.roles:
            raise ValueError("family time takes a family")
        if any(set(phase.records) - {RequiredRecord.FAMILY_PLAN} for phase in in_family_time):
            raise ValueError("family time leaves the family's plan in writing, and nothing that others read before")
        return self


class AddConsultationMethod(MethodContent):
    """A method with its phases, in their order."""

    id: ClientId
    authority_id: UUID
    code: str = Field(pattern=r"^[a-z][a-z_]{1,39}$", max_length=40, description="Its stable short name.")


class ChangeConsultationMethod(MethodContent):
    """The method as it is to be from now on, as a whole."""

    id: ClientId


@dataclass(eq=False)
class MethodReplaced(DomainError):
    code, title = "method-replaced", "There is a newer edition of this method."
    advice = "Change that one: GET /v1/consultation-methods?code=… tells of all editions, `replaced_on` is null of one."


PRESENT = Guard(
    lambda reader, row: row.replaced_on.is_(None), "it is the present edition of the method", MethodReplaced
)


@operation(policy.ADD_METHOD, within=Authority, answers=ConsultationMethodView)
async def add_consultation_method(act: Act, command: AddConsultationMethod) -> ConsultationMethod:
    """Add a method of your authority's own."""
    authority = await act.load(Authority, command.authority_id)
    there = select(ConsultationMethod.id).where(
        ConsultationMethod.authority_id == authority.id, ConsultationMethod.code == command.code
    )
    if (await act.session.exec(there)).first() is not None:
        raise InvalidInput(errors=[{"pointer": "#/code", "detail": "is taken"}])
    return await _written(act, authority.id, command, code=command.code)


@operation(policy.CHANGE_METHOD, on=ConsultationMethod, answers=ConsultationMethodView, guards=(PRESENT,))
async def change_consultation_method(
    act: Act, consultationmethod: ConsultationMethod, command: ChangeConsultationMethod
) -> ConsultationMethod:
    """Change a method of your authority's own: it becomes a new edition. What was begun by the earlier one goes on by
    that, and nothing new is."""
    assert consultationmethod.authority_id is not None
    act.change(consultationmethod, replaced_on=act.today)
    edition = consultationmethod.edition + 1
    return await _written(act, consultationmethod.authority_id, command, code=consultationmethod.code, edition=edition)


async def _written(act: Act, authority_id: UUID, command: MethodContent, **more: Any) -> ConsultationMethod:
    names = ("name_de", "name_en", "name_simple")
    method = act.add(
        ConsultationMethod(
            authority_id=authority_id,
            id=command.id,  # type: ignore[attr-defined]
            roles=list(dict.fromkeys(role.value for role in command.roles)),
            required_roles=list(dict.fromkeys(role.value for role in command.required_roles)),
            **command.model_dump(include=set(names)),
            **more,
        )
    )
    await act.session.flush()
    for position, phase in enumerate(command.phases, start=1):
        act.session.add(
            ConsultationPhase(
                authority_id=authority_id,
                method_id=method.id,
                position=position,
                records=list(dict.fromkeys(each.value for each in phase.records)),
                **phase.model_dump(exclude={"records"}),
            )
        )
    return method
