"""Administration: organisations, people, memberships and grants. None of it touches the content of a case."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from service.domain.access import policy
from service.domain.access.holding import authorities_of, spaces_of
from service.domain.access.model import (
    AccessGrant,
    Actor,
    ActorKind,
    Authority,
    Bounded,
    CaseAccess,
    Login,
    Membership,
    Organisation,
    OrganisationKind,
    columns_of,
    in_force,
    not_over,
)
from service.domain.access.reader import Setting
from service.domain.access.views import ActorView, GrantView, MembershipView, OrganisationView
from service.domain.act import Act, Command, Patch, operation
from service.domain.errors import DomainError, InvalidInput
from service.domain.policy import Basis, Role
from service.domain.values import ClientId, Line, Moment, new_id

ACCESS_IN_ROLE = {
    Role.CASE_WORKER: Basis.ASSIGNMENT,
    Role.PROVIDER_WORKER: Basis.TRANSMISSION,
    Role.AUDITOR: Basis.AUDIT,
}


def leading(*which: sa.ColumnElement[bool], also_to_come: bool = False) -> SelectOfScalar[CaseAccess]:
    """Accesses of those who lead a case now, or stand in there; `also_to_come`: or are yet to do so."""
    when = not_over(columns_of(CaseAccess)) if also_to_come else in_force(columns_of(CaseAccess))
    return select(CaseAccess).where(CaseAccess.basis == Basis.ASSIGNMENT.value, when, *which)


@dataclass(eq=False)
class GrantDecided(DomainError):
    code, title = "grant-decided", "This grant is approved already, or has ended."
    advice = "Nothing is left to approve. Propose a new grant if one is needed."


@dataclass(eq=False)
class LoginTaken(DomainError):
    code, title = "login-taken", "Somebody is known by this login already."
    advice = (
        "One login is one person in one authority; who that is, and where, is not told. If it is nobody of yours, they "
        "need another login from the identity provider."
    )


class AddOrganisation(Command):
    """A public agency or an independent provider."""

    id: ClientId
    authority_id: UUID
    kind: OrganisationKind
    name: Line


class ChangeOrganisation(Patch):
    """What is to change; what is left out stays."""

    name: Line = Field(default=None)  # type: ignore[assignment]


class AddActor(Command):
    """Somebody, or some software, that signs in with this login."""

    id: ClientId
    authority_id: UUID
    kind: ActorKind = ActorKind.PERSON
    name: Line
    issuer: str = Field(
        pattern=r"^[a-z][a-z0-9-]{0,39}$", max_length=40, description="The configured name of the identity provider."
    )
    subject: Line = Field(description="The token's subject there.")


class AddMembership(Command):
    """Who works for the organisation, and as what."""

    id: ClientId
    actor_id: UUID
    function: Line = Field(description="As others see it, for example «Bezirkssozialarbeit».")
    valid_to: Moment | None = Field(None, description="Ends with this moment (RFC 3339).")


class ProposeGrant(Command):
    """A role within a social space, a region, or (neither) the whole authority. A second administrator approves it."""

    id: ClientId
    role: Role
    region_id: UUID | None = None
    social_space_id: UUID | None = None
    valid_to: Moment | None = Field(None, description="Ends with this moment (RFC 3339).")


@operation(policy.ADD_ORGANISATION, within=Authority, answers=OrganisationView)
async def add_organisation(act: Act, command: AddOrganisation) -> Organisation:
    """Add a public agency or an independent provider."""
    authority = await act.load(Authority, command.authority_id)
    return act.add(Organisation(id=command.id, authority_id=authority.id, kind=command.kind.value, name=command.name))


@operation(policy.CHANGE_ORGANISATION, on=Organisation, answers=OrganisationView)
async def change_organisation(act: Act, organisation: Organisation, command: ChangeOrganisation) -> Organisation:
    """Change an organisation's name."""
    act.change(organisation, **command.model_dump(exclude_unset=True))
    return organisation


@operation(policy.ADD_ACTOR, within=Authority, answers=ActorView, raises=(LoginTaken,))
async def add_actor(act: Act, command: AddActor) -> Actor:
    """Add somebody who signs in, or a machine client. Without a grant or a case they may do nothing yet."""
    authority = await act.load(Authority, command.authority_id)
    key = f"{command.issuer}:{command.subject}"
    actor = act.add(Actor(id=command.id, authority_id=authority.id, kind=command.kind.value, name=command.name))
    await act.session.flush()
    login = {"id": new_id(), "authority_id": authority.id, "actor_id": actor.id, "key": key}
    table = Login.__table__  # type: ignore[attr-defined]
    connection = await act.session.connection()
    made = await connection.execute(insert(table).values(login).on_conflict_do_nothing().returning(table.c.id))
    if made.one_or_none() is None:
        raise LoginTaken
    return actor


@operation(policy.ADD_MEMBERSHIP, on=Organisation, answers=MembershipView)
async def add_membership(act: Act, organisation: Organisation, command: AddMembership) -> Membership:
    """Make somebody a member of an organisation, in a function."""
    actor = await act.load(Actor, command.actor_id)
    return act.add(
        Membership(
            id=command.id,
            authority_id=organisation.authority_id,
            organisation_id=organisation.id,
            actor_id=actor.id,
            function=command.function,
            valid_to=command.valid_to,
        )
    )


@operation(policy.END_MEMBERSHIP, on=Membership, answers=MembershipView)
async def end_membership(act: Act, membership: Membership) -> Membership:
    """End a membership now. Every case access that rested on it ends with it: the next request is refused."""
    accesses = select(CaseAccess).where(CaseAccess.membership_id == membership.id)
    end(act, membership)
    for access in (await act.session.exec(accesses)).all():
        end(act, access)
    return membership


@operation(policy.PROPOSE_GRANT, on=Actor, answers=GrantView)
async def propose_grant(act: Act, actor: Actor, command: ProposeGrant) -> AccessGrant:
    """Propose a role for somebody. It works once a second administrator, not the person itself, has approved it."""
    if command.region_id is not None and command.social_space_id is not None:
        detail = "a grant is for a region or for a social space, not for both"
        raise InvalidInput(errors=[{"pointer": "#/region_id", "detail": detail}])
    for name in ("region", "social_space"):
        await _of_authority(act, actor, name, getattr(command, f"{name}_id"))
    return act.add(
        AccessGrant(
            id=command.id,
            authority_id=actor.authority_id,
            actor_id=actor.id,
            role=command.role.value,
            region_id=command.region_id,
            social_space_id=command.social_space_id,
            valid_to=command.valid_to,
            proposed_by=act.actor.id,
        )
    )


@operation(policy.APPROVE_GRANT, on=AccessGrant, answers=GrantView, raises=(GrantDecided,))
async def approve_grant(act: Act, accessgrant: AccessGrant) -> AccessGrant:
    """Approve a grant that another administrator has proposed: four eyes. It works from now on, and for the
    organisations that its holder is a member of by now (GET /v1/memberships): one that is joined later takes a new
    grant."""
    if accessgrant.approved_by is not None or (accessgrant.valid_to is not None and accessgrant.valid_to <= act.now):
        raise GrantDecided
    act.change(accessgrant, approved_by=act.actor.id, approved_at=sa.func.now())  # as memberships are dated
    return accessgrant


@operation(policy.END_GRANT, on=AccessGrant, answers=GrantView)
async def end_grant(act: Act, accessgrant: AccessGrant) -> AccessGrant:
    """End a grant now: the next request is refused. With the last grant of a role every case access ends that somebody
    has in this role."""
    end(act, accessgrant)
    await act.session.flush()
    role = Role(accessgrant.role)
    if role in ACCESS_IN_ROLE and not await holds(act, accessgrant.actor_id, role):
        in_it = select(CaseAccess).where(
            CaseAccess.actor_id == accessgrant.actor_id,
            CaseAccess.basis == ACCESS_IN_ROLE[role].value,
            not_over(columns_of(CaseAccess)),
        )
        for access in (await act.session.exec(in_it.with_for_update())).all():
            end(act, access)
    return accessgrant


async def membership_of(
    act: Act, authority_id: UUID, kind: OrganisationKind, actor_id: UUID, organisation_id: UUID | None = None
) -> Membership | None:
    """The membership somebody works by, in this organisation or any of the kind: what is given for it ends with it."""
    works = (
        select(Membership)
        .join(Organisation, col(Organisation.id) == col(Membership.organisation_id))
        .where(
            Membership.actor_id == actor_id,
            Membership.authority_id == authority_id,
            Organisation.kind == kind.value,
            in_force(columns_of(Membership)),
        )
        .with_for_update(of=Membership, read=True)  # not while it is being ended
        .execution_options(populate_existing=True)
    )
    if organisation_id is not None:
        works = works.where(Membership.organisation_id == organisation_id)
    return (await act.session.exec(works)).first()


async def is_provider(act: Act, authority_id: UUID, organisation_id: UUID) -> bool:
    """Whether it is an independent provider of the authority, in its network or not (§ 5 SGB VIII)."""
    there = select(Organisation.id).where(
        Organisation.id == organisation_id,
        Organisation.authority_id == authority_id,
        Organisation.kind == OrganisationKind.INDEPENDENT_PROVIDER.value,
    )
    return (await act.session.exec(there)).first() is not None


async def holds(act: Act, actor_id: UUID, role: Role) -> bool:
    return (await act.session.exec(_held(actor_id, role))).first() is not None


async def reaches(act: Act, actor_id: UUID | None, authority_id: UUID, space_id: UUID | None, *roles: Role) -> bool:
    """Whether somebody holds one of the roles for a social space; without a space, for all of the authority."""
    actor = sa.literal(actor_id, sa.Uuid())
    place, theirs = (
        (authority_id, authorities_of(actor, roles, throughout=True))
        if space_id is None
        else (space_id, spaces_of(actor, Setting.today, roles))
    )
    query = sa.select(sa.literal(place, sa.Uuid()) == sa.any_(theirs))
    return bool((await (await act.session.connection()).execute(query)).scalar_one())


async def until(act: Act, works: Membership | None, actor_id: UUID, role: Role) -> datetime | None:
    """How long a case access lasts that rests on a membership and a role: no longer than either. Null: until further
    notice."""
    held = (
        await act.session.exec(_held(actor_id, role).with_for_update(read=True))
    ).all()  # not while it is being ended
    grants = [grant.valid_to for grant in held]
    last = None if None in grants else max((moment for moment in grants if moment), default=act.now)
    ends = (last, works.valid_to if works else None)
    return min((moment for moment in ends if moment), default=None)


def _held(actor_id: UUID, role: Role) -> SelectOfScalar[AccessGrant]:
    return select(AccessGrant).where(
        AccessGrant.actor_id == actor_id,
        AccessGrant.role == role.value,
        col(AccessGrant.approved_by).is_not(None),
        in_force(columns_of(AccessGrant)),
    )


async def _of_authority(act: Act, actor: Actor, name: str, id: UUID | None) -> None:
    """The scope stands in a capability above this one, so it is looked up by its table's name."""
    table = sa.table(name, sa.column("id", sa.Uuid()), sa.column("authority_id", sa.Uuid()))
    found = sa.select(table.c.id).where(table.c.id == id, table.c.authority_id == actor.authority_id)
    if id is not None and (await (await act.session.connection()).execute(found)).first() is None:
        raise InvalidInput(errors=[{"pointer": f"#/{name}_id", "detail": f"is no {name} of this authority"}])


def end(act: Act, row: Bounded) -> None:
    """By the database's time, which is the one that access is measured by."""
    until = row.__table__.c.valid_to  # type: ignore[attr-defined]
    act.change(row, valid_to=sa.func.least(until, sa.func.now()))
