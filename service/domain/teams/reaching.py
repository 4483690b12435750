"""Whom to ring, and where to complain: told to whoever has a case, and kept up to date by those whose numbers it is."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field

from service.domain.access.model import Actor, Authority
from service.domain.act import Act, Command, Patch, operation
from service.domain.cases.views import CaseView
from service.domain.context import text
from service.domain.errors import InvalidInput
from service.domain.policy import EVERYONE, Reader, Row
from service.domain.spaces.model import SocialSpace
from service.domain.spaces.views import VALID_ON, SocialSpaceView
from service.domain.teams import policy
from service.domain.teams.contacts import (
    CaseContact,
    ComplaintOffice,
    ComplaintOfficeKind,
    ContactKind,
    ContactPoint,
    SocialSpaceOffice,
)
from service.domain.teams.wording import COMPLAINT_OFFICE_KINDS, CONTACT_KINDS, INDEPENDENCE
from service.domain.values import ClientId, Day, Line, Telephone
from service.domain.views import Many, Record, Sql, link, view
from service.domain.words import label, named, written


def _independence(row: Row, reader: Reader) -> sa.ColumnElement[Any]:
    said = {whether: text(each[reader.language]) for whether, each in INDEPENDENCE.items()}
    return sa.case((row.independent.is_(sa.true()), said[True]), (row.independent.is_(sa.false()), said[False]))


@view(ContactPoint, policy.READ_CONTACT, plural="contact_points", filters=("social_space_id", "actor_id"))
class ContactPointView(Record):
    """Where an office of a social space, or somebody who works for the agency, is rung: for those who see to it."""

    id: UUID
    social_space_id: UUID | None = Field(description="Whose office it is; null for somebody's own number there.")
    actor_id: UUID | None = Field(description="Whose number at work it is; null for an office.")
    name: Annotated[str, Sql(named)] = Field(description="The function, in your language; never a person's name.")
    telephone: str
    hours: Annotated[str, Sql(written("hours"))]
    in_use: bool
    version: int


@view(
    SocialSpaceOffice,
    EVERYONE,
    plural="social_space_offices",
    filters=("authority_id", "social_space_id"),
    single=False,
)
class SocialSpaceOfficeView(Record):
    """Where somebody who lives in a social space rings, or goes, with whatever it is."""

    id: UUID
    authority_id: UUID
    social_space_id: UUID
    name: Annotated[str, Sql(named)] = Field(description="In your language.")
    telephone: str
    hours: Annotated[str, Sql(written("hours"))] = Field(description="In your language.")


@view(
    CaseContact,
    policy.READ_CASE_CONTACT,
    plural="case_contacts",
    filters=("case_id",),
    orders=("position",),
    subject="case_id",
    single=False,
)
class CaseContactView(Record):
    """Whom to ring about a case: a function, its number and its hours. Whoever is to be rung first comes first; last
    come those with whom one complains, or is advised independently (§ 9a SGB VIII)."""

    id: UUID = Field(description="Of this number in this case.")
    case_id: UUID
    position: int = Field(description="In which order to try, from 1.")
    kind: ContactKind
    kind_label: Annotated[str, Sql(label("kind", CONTACT_KINDS))] = Field(description="In your language.")
    name: Annotated[str, Sql(named)] = Field(description="The function, in your language.")
    telephone: str
    hours: Annotated[str, Sql(written("hours"))]
    address: str | None = Field(description="Where a complaint is sent; null for others.")
    independence: Annotated[str | None, Sql(_independence)] = Field(
        description="Of whom a complaint office is independent, in your language; null for others."
    )


@view(
    ComplaintOffice,
    EVERYONE,
    plural="complaint_offices",
    filters=("authority_id", "kind", "on"),
    defaults=VALID_ON,
)
class ComplaintOfficeView(Record):
    """Where people complain about an authority, or are advised independently of it (§ 9a SGB VIII)."""

    id: UUID
    authority_id: UUID
    kind: ComplaintOfficeKind
    kind_label: Annotated[str, Sql(label("kind", COMPLAINT_OFFICE_KINDS))] = Field(description="In your language.")
    name: Annotated[str, Sql(named)] = Field(description="In your language.")
    independent: bool
    independence: Annotated[str, Sql(_independence)] = Field(description="What that means, in your language.")
    telephone: str
    address: str
    hours: Annotated[str, Sql(written("hours"))]
    valid_from: date
    valid_to: date | None = Field(description="The first day on which it no longer exists; null until further notice.")
    version: int


link(SocialSpaceView, "offices", Many("social_space_id"), SocialSpaceOfficeView, "Whom to ring there.")
link(CaseView, "case_contacts", Many("case_id"), CaseContactView, "Whom to ring, first things first.")


class AddContactPoint(Command):
    """A function, its number and its hours, in the languages of the service."""

    id: ClientId
    name_de: Line = Field(description="The function in German; no person's name.")
    name_en: Line = Field(description="The function in English.")
    name_simple: Line = Field(description="The function in plain German.")
    telephone: Telephone
    hours_de: Line
    hours_en: Line
    hours_simple: Line


class ChangeContactPoint(Patch):
    """What changes about it. `in_use` false: nobody is told to ring there any more."""

    name_de: Line = Field(default=None)  # type: ignore[assignment]
    name_en: Line = Field(default=None)  # type: ignore[assignment]
    name_simple: Line = Field(default=None)  # type: ignore[assignment]
    telephone: Telephone = Field(default=None)  # type: ignore[assignment]
    hours_de: Line = Field(default=None)  # type: ignore[assignment]
    hours_en: Line = Field(default=None)  # type: ignore[assignment]
    hours_simple: Line = Field(default=None)  # type: ignore[assignment]
    in_use: bool = Field(default=None)  # type: ignore[assignment]


class AddComplaintOffice(AddContactPoint):
    """Where people complain, or are advised."""

    authority_id: UUID
    kind: ComplaintOfficeKind
    independent: bool
    address: Line
    valid_from: Day | None = Field(None, description="Today, if left out.")


class ChangeComplaintOffice(Patch):
    """What changes about it. `valid_to` is the first day on which it no longer exists."""

    name_de: Line = Field(default=None)  # type: ignore[assignment]
    name_en: Line = Field(default=None)  # type: ignore[assignment]
    name_simple: Line = Field(default=None)  # type: ignore[assignment]
    telephone: Telephone = Field(default=None)  # type: ignore[assignment]
    hours_de: Line = Field(default=None)  # type: ignore[assignment]
    hours_en: Line = Field(default=None)  # type: ignore[assignment]
    hours_simple: Line = Field(default=None)  # type: ignore[assignment]
    independent: bool = Field(default=None)  # type: ignore[assignment]
    address: Line = Field(default=None)  # type: ignore[assignment]
    valid_to: Day | None = None


@operation(policy.ADD_CONTACT, on=SocialSpace, answers=ContactPointView, versioned=False)
async def add_office_contact(act: Act, socialspace: SocialSpace, command: AddContactPoint) -> ContactPoint:
    """Say where the office of a social space is rung. It is public: everybody is told, without login."""
    whose, said = socialspace.id, command.model_dump()
    return act.add(ContactPoint(authority_id=socialspace.authority_id, social_space_id=whose, **said))


@operation(policy.ADD_OWN_CONTACT, on=Actor, answers=ContactPointView, versioned=False)
async def add_own_contact(act: Act, actor: Actor, command: AddContactPoint) -> ContactPoint:
    """Say where you are rung at work: those whose cases you lead, or stand in for, are told."""
    return act.add(ContactPoint(authority_id=actor.authority_id, actor_id=actor.id, **command.model_dump()))


@operation(policy.CHANGE_CONTACT, on=ContactPoint, answers=ContactPointView)
async def change_contact_point(act: Act, contactpoint: ContactPoint, command: ChangeContactPoint) -> ContactPoint:
    """Change a number or its hours, or take it out of use."""
    act.change(contactpoint, **command.model_dump(exclude_unset=True))
    return contactpoint


@operation(policy.ADD_COMPLAINT_OFFICE, within=Authority, answers=ComplaintOfficeView)
async def add_complaint_office(act: Act, command: AddComplaintOffice) -> ComplaintOffice:
    """Say where people complain about your authority, or are advised independently of it."""
    authority = await act.load(Authority, command.authority_id)
    said = command.model_dump(exclude={"authority_id", "valid_from"})
    return act.add(ComplaintOffice(authority_id=authority.id, valid_from=command.valid_from or act.today, **said))


@operation(policy.CHANGE_COMPLAINT_OFFICE, on=ComplaintOffice, answers=ComplaintOfficeView)
async def change_complaint_office(
    act: Act, complaintoffice: ComplaintOffice, command: ChangeComplaintOffice
) -> ComplaintOffice:
    """Change what is said about it, or end it with a day."""
    if command.valid_to is not None and command.valid_to <= complaintoffice.valid_from:
        raise InvalidInput(errors=[{"pointer": "#/valid_to", "detail": "must come after valid_from"}])
    act.change(complaintoffice, **command.model_dump(exclude_unset=True))
    return complaintoffice
