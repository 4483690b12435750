"""Who somebody is and what they may: for themselves, and for administrators. And who has looked at what."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field

from service.domain.access import looks, policy
from service.domain.access.model import (
    AccessGrant,
    Actor,
    ActorKind,
    CaseAccess,
    Membership,
    Organisation,
    OrganisationKind,
    in_force,
)
from service.domain.access.topics import Topic, Way
from service.domain.access.wording import BASES
from service.domain.audit import Look
from service.domain.periods import between
from service.domain.policy import Basis, Part, Reader, Role, Row, naming
from service.domain.views import Many, One, Record, Shown, Sql, link, view
from service.domain.words import label


@view(Organisation, policy.READ_ORGANISATION, plural="organisations", orders=("name",), filters=("kind",))
class OrganisationView(Record):
    """A public agency or an independent provider."""

    id: UUID
    kind: OrganisationKind
    name: str
    version: int


@view(Actor, policy.READ_ACTOR, plural="actors", orders=("name",), filters=("kind",))
class ActorView(Record):
    """Somebody, or some software, that signs in. Addressees stand here without a name."""

    id: UUID
    kind: ActorKind
    name: str
    version: int


@view(Membership, policy.READ_HELD, plural="memberships", filters=("actor_id", "organisation_id"))
class MembershipView(Record):
    """Somebody works for an organisation."""

    id: UUID
    actor_id: UUID
    organisation_id: UUID
    function: str
    valid_from: datetime
    valid_to: datetime | None = Field(description="Ends with this moment; null until further notice.")
    version: int


def _name(row: Row, reader: Reader) -> sa.ColumnElement[str]:
    actor = Actor.__table__.alias()  # type: ignore[attr-defined]
    query = sa.select(actor.c.name).where(actor.c.id == row.actor_id).correlate_except(actor)
    return query.scalar_subquery()


@view(Membership, policy.READ_STAFF, plural="staff", filters=("organisation_id",))
class StaffMemberView(Record):
    """Colleagues: who works where, in which function."""

    id: UUID
    actor_id: UUID
    name: Annotated[str | None, Sql(_name)]
    organisation_id: UUID
    function: str


def _in_force(row: Row, reader: Reader) -> sa.ColumnElement[bool]:
    return sa.and_(row.approved_by.is_not(None), in_force(row))


@view(AccessGrant, policy.READ_HELD, plural="grants", filters=("actor_id", "role"))
class GrantView(Record):
    """A role within a scope: a social space, a region, or (neither) the whole authority."""

    id: UUID
    actor_id: UUID
    role: Role
    region_id: UUID | None
    social_space_id: UUID | None
    proposed_by: UUID | None = Field(description="Null where the command line made it.")
    approved_by: UUID | None = Field(description="The second administrator; null while it waits and does not work.")
    in_force: Annotated[bool, Sql(_in_force)] = Field(description="Approved, and within its dates now.")
    valid_from: datetime
    valid_to: datetime | None = Field(description="Ends with this moment; null until further notice.")
    version: int


@view(
    CaseAccess,
    policy.READ_CASE_ACCESS,
    subject="case_id",
    plural="case_accesses",
    filters=("case_id",),
)
class CaseAccessView(Record):
    """Somebody has access to parts of a case, for a reason."""

    id: UUID
    case_id: UUID
    actor_id: UUID
    basis: Basis
    parts: list[Part]
    purpose: str | None = Field(description="Of a transmission or an audit (§ 67c SGB X).")
    legal_basis: str | None = Field(description="Of a transmission or an audit.")
    assignment_id: UUID | None = Field(description="The assignment it comes from and ends with, if any.")
    trusted_by_id: UUID | None = Field(
        description="Who trusts them and lets them see these parts, if it rests on trust."
    )
    step_id: UUID | None = Field(description="The one step that a link opens; null for all other reasons.")
    stand_in_id: UUID | None = Field(description="Of whoever acts for the lead on these days; see GET /v1/stand-ins.")
    in_force: Annotated[bool, Sql(lambda row, reader: in_force(row))]
    valid_from: datetime
    valid_to: datetime | None = Field(description="Ends with this moment; null until further notice.")
    version: int


@view(Actor, naming("id"))
class MeView(Record):
    """Who I am and what I may."""

    id: UUID
    authority_id: UUID
    kind: ActorKind
    name: str = Field(description="Empty for people in a case: their name stands there.")


@view(CaseAccess, naming("actor_id"), filters=("case_id",))
class MyCaseView(Record):
    """A case I have access to, and how much of it."""

    case_id: UUID
    basis: Basis
    basis_label: Annotated[str, Sql(label("basis", BASES))] = Field(description="Why, in your language.")
    parts: list[Part]
    in_force: Annotated[bool, Sql(lambda row, reader: in_force(row))]
    valid_to: datetime | None


@view(
    Look,
    policy.READ_LOOK,
    plural="looks",
    orders=("at",),
    filters=("case_id",),
    ranges=between("at"),
    subject="case_id",
    single=False,
)
class LookView(Record):
    """That somebody read or changed something in a case, or tried to: when, in which function, at which kind of thing.

    Whom a case is about sees all looks at it; whoever represents them, those of professionals and their own. Names of
    staff are not told. What a calendar fetches all day is one look a day. What has just happened stands here once it is
    sealed, about a minute later."""

    id: UUID = Field(description="Its id.")
    case_id: Annotated[UUID | None, Shown(policy.READ_CASE_OF_LOOK)] = Field(
        description="For whoever has access to it. Null for what was about no case; seen by oneself only."
    )
    at: datetime
    way: Annotated[Way, Sql(looks.way)] = Field(description="What they did.")
    way_label: Annotated[str, Sql(looks.way_label)] = Field(description="In your language.")
    topics: Annotated[list[Topic], Sql(looks.topics)] = Field(description="Which kinds of things it was about.")
    topics_label: Annotated[str, Sql(looks.topics_label)] = Field(description="In your language.")
    basis: Annotated[Basis | None, Sql(looks.basis)] = Field(
        description="Why they had access to the case; null for whoever had none, and saw its outline or its record."
    )
    basis_label: Annotated[str | None, Sql(looks.why)] = Field(description="In your language.")
    function: Annotated[str | None, Sql(looks.function)] = Field(
        description="In which function; null for the people of the case."
    )
    organisation: Annotated[str | None, Sql(looks.organisation)] = Field(description="For whom they worked then.")
    mine: Annotated[bool, Sql(lambda row, reader: row.actor_id == reader.id)] = Field(description="It was you.")
    withheld: list[str]


@view(
    Look,
    policy.OVERSEEING,
    plural="audit_entries",
    orders=("at",),
    filters=("case_id", "actor_id", "outcome"),
    ranges=between("at"),
    subject="case_id",
    single=False,
)
class AuditEntryView(Record):
    """An entry of the audit record, for the data-protection officer (§ 81 SGB X): once for each case that it tells
    about. Never the content of a case. What has just happened stands here once it is sealed, about a minute later;
    attempts with a login that nobody is known by stand in the sealed record alone, and of what a calendar has fetched
    (`read Calendar`) all but the first time of a day."""

    id: UUID = Field(description="Its id.")
    entry: Annotated[str, Sql(lambda row, reader: sa.cast(row.entry, sa.Text()))] = Field(
        description="Its number in the sealed record; the same in each row of an entry that tells about several cases."
    )
    at: datetime
    actor_id: UUID = Field(description="Who it was.")
    action: str = Field(description="`read` and the names of the views, or the name of an action of the access matrix.")
    outcome: str = Field(description="`read`, `nothing` where nothing was found, `done`, or the code of a refusal.")
    case_id: UUID | None = Field(
        description="The case; of what is kept apart from it, the endangerment assessment or the family inquiry."
    )
    basis: Annotated[Basis | None, Sql(looks.basis)] = Field(description="Why they had access to the case.")
    function: Annotated[str | None, Sql(looks.function)] = Field(
        description="In which function; null for the people of the case."
    )
    organisation: Annotated[str | None, Sql(looks.organisation)] = Field(description="For whom they worked then.")


link(StaffMemberView, "organisation", One("organisation_id"), OrganisationView)
link(MembershipView, "organisation", One("organisation_id"), OrganisationView)
for _of in (ActorView, MeView):
    link(_of, "memberships", Many("actor_id"), MembershipView)
    link(_of, "grants", Many("actor_id"), GrantView)
link(AuditEntryView, "actor", One("actor_id"), ActorView)
link(MeView, "cases", Many("actor_id"), MyCaseView)
