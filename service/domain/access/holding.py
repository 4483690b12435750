"""What somebody holds, as SQL: roles, accesses, memberships, asked of the tables once per statement."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement
from sqlalchemy.dialects.postgresql import ARRAY

from service.domain.access.model import (
    AccessGrant,
    CaseAccess,
    Membership,
    Organisation,
    OrganisationKind,
    in_force,
)
from service.domain.policy import Basis, Part, Role

grants: Any = AccessGrant.__table__.c  # type: ignore[attr-defined]
accesses: Any = CaseAccess.__table__.c  # type: ignore[attr-defined]
memberships: Any = Membership.__table__.c  # type: ignore[attr-defined]


# Tables of capabilities that stand above this one, by the columns needed here.
_space: Any = sa.table(
    "social_space", sa.column("id", sa.Uuid()), sa.column("authority_id", sa.Uuid()), sa.column("valid_to", sa.Date())
)
_region: Any = sa.table("region", sa.column("id", sa.Uuid()), sa.column("authority_id", sa.Uuid()))
_share: Any = sa.table(
    "social_space_municipality",
    *(sa.column(name) for name in ("social_space_id", "municipality_id", "valid_from", "valid_to")),
)
_membership: Any = sa.table(
    "region_membership", *(sa.column(name) for name in ("region_id", "municipality_id", "valid_from", "valid_to"))
)


def _array(query: Any) -> ColumnElement[Any]:
    """ARRAY(SELECT …): not correlated to the row being tested, so PostgreSQL evaluates it once."""
    return sa.func.array(query.scalar_subquery(), type_=ARRAY(sa.Uuid()))


def _on(day: ColumnElement[Any], row: Any) -> ColumnElement[bool]:
    return sa.and_(row.valid_from <= day, sa.or_(row.valid_to.is_(None), row.valid_to > day))


def _granted(actor: ColumnElement[Any], roles: tuple[Role, ...]) -> ColumnElement[bool]:
    return sa.and_(
        grants.actor_id == actor,
        grants.role.in_([sa.literal_column(f"'{role}'") for role in sorted(roles)]),
        grants.approved_by.is_not(None),
        in_force(grants),
    )


def spaces_of(actor: ColumnElement[Any], today: ColumnElement[Any], roles: tuple[Role, ...]) -> ColumnElement[Any]:
    """The social spaces a grant reaches today: named, within a named region, or all of the authority. One that has
    ended stays where it lay last: its cases and contracts go on."""
    here = grants.social_space_id == _space.c.id
    throughout = sa.and_(
        grants.social_space_id.is_(None), grants.region_id.is_(None), grants.authority_id == _space.c.authority_id
    )
    within = (
        sa.select(sa.literal_column("1"))
        .select_from(_share.join(_membership, _membership.c.municipality_id == _share.c.municipality_id))
        .where(
            _share.c.social_space_id == _space.c.id,
            _membership.c.region_id == grants.region_id,
            _share.c.valid_from <= today,
            sa.or_(_share.c.valid_to.is_(None), _share.c.valid_to > today, _share.c.valid_to == _space.c.valid_to),
            _on(today, _membership.c),
        )
        .correlate(_space, AccessGrant.__table__)  # type: ignore[attr-defined]
        .exists()
    )
    reaches = sa.or_(here, throughout, within)
    return _array(sa.select(_space.c.id).join(AccessGrant, reaches).where(_granted(actor, roles)))


def regions_of(
    actor: ColumnElement[Any], today: ColumnElement[Any], roles: tuple[Role, ...], around: bool
) -> ColumnElement[Any]:
    """The regions a grant reaches: named, or all of the authority; with `around` also those in which a named social
    space lies today."""
    throughout = sa.and_(
        grants.social_space_id.is_(None), grants.region_id.is_(None), grants.authority_id == _region.c.authority_id
    )
    reaches = sa.or_(grants.region_id == _region.c.id, throughout)
    if around:
        reaches = sa.or_(reaches, lies_in(grants.social_space_id, _region.c.id, today))
    return _array(sa.select(_region.c.id).join(AccessGrant, reaches).where(_granted(actor, roles)))


def lies_in(space: Any, region: Any, today: Any) -> ColumnElement[bool]:
    """The social space, or a part of it, belongs to the region today."""
    share, member = _share.alias(), _membership.alias()
    both = share.join(member, member.c.municipality_id == share.c.municipality_id)
    query: Any = sa.select(sa.literal_column("1")).select_from(both)
    query = query.where(share.c.social_space_id == space, member.c.region_id == region)
    query = query.where(_on(today, share.c), _on(today, member.c))
    exists: ColumnElement[bool] = query.correlate_except(share, member).exists()
    return exists


def authorities_of(actor: ColumnElement[Any], roles: tuple[Role, ...], throughout: bool) -> ColumnElement[Any]:
    query = sa.select(grants.authority_id).where(_granted(actor, roles))
    if throughout:
        query = query.where(grants.social_space_id.is_(None), grants.region_id.is_(None))
    return _array(query)


def organisations_of(actor: ColumnElement[Any], roles: tuple[Role, ...]) -> ColumnElement[Any]:
    """The organisations somebody works for, in an authority where they hold one of the roles. What is approved with
    four eyes is the role as its holder's memberships were then: one that a single administrator adds opens nothing."""
    query = (
        sa.select(memberships.organisation_id)
        .join(AccessGrant, grants.authority_id == memberships.authority_id)
        .where(memberships.actor_id == actor, in_force(memberships), _granted(actor, roles))
        .where(memberships.valid_from <= grants.approved_at)
    )
    return _array(query)


def employers_of(actor: ColumnElement[Any]) -> ColumnElement[Any]:
    """The providers somebody works for now, whatever they may do there. The agency is everybody's who acts for it."""
    organisation = Organisation.__table__.alias()  # type: ignore[attr-defined]
    provider: Any = sa.literal_column(f"'{OrganisationKind.INDEPENDENT_PROVIDER}'")
    there = organisation.c.id == memberships.organisation_id
    return _array(current_organisations(actor).join(organisation, there).where(organisation.c.kind == provider))


def is_represented(organisation: ColumnElement[Any], *roles: Role) -> ColumnElement[bool]:
    """Whether anybody works for the organisation who holds one of the roles, as `organisations_of` tells it."""
    holder, grant = Membership.__table__.alias(), AccessGrant.__table__.alias()  # type: ignore[attr-defined]
    anybody = sa.exists().where(
        holder.c.organisation_id == organisation,
        in_force(holder.c),
        grant.c.authority_id == holder.c.authority_id,
        grant.c.actor_id == holder.c.actor_id,
        grant.c.role.in_([sa.literal_column(f"'{role}'") for role in sorted(roles)]),
        grant.c.approved_by.is_not(None),
        in_force(grant.c),
        holder.c.valid_from <= grant.c.approved_at,
    )
    found: ColumnElement[bool] = anybody.correlate_except(holder, grant)
    return found


def current_organisations(actor: ColumnElement[Any]) -> Any:
    """The ids of the organisations somebody works for now, as a query."""
    return sa.select(memberships.organisation_id).where(memberships.actor_id == actor, in_force(memberships))


def holds_anything(actor: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether somebody has access to any case now, any grant, or works anywhere: without, nothing is theirs to see."""
    granted = sa.select(grants.id).where(grants.actor_id == actor, grants.approved_by.is_not(None), in_force(grants))
    return sa.or_(open_cases(actor).exists(), granted.exists(), current_organisations(actor).exists())


def open_cases(actor: ColumnElement[Any], part: Part | None = None, *bases: Basis) -> Any:
    """The ids of the cases the actor has access to now, as a query."""
    query = sa.select(accesses.case_id).where(accesses.actor_id == actor, in_force(accesses))
    return query.where(*opening(accesses, part, bases))


def opening(row: Any, part: Part | None, bases: tuple[Basis, ...]) -> list[ColumnElement[bool]]:
    """Whether an access opens the part, for one of the reasons; all of either, where none is named."""
    conditions: list[ColumnElement[bool]] = []
    if part is not None:
        conditions.append(sa.literal_column(f"'{part}'", sa.Text()) == sa.any_(row.parts))
    if bases:
        conditions.append(row.basis.in_([sa.literal_column(f"'{basis}'") for basis in sorted(bases)]))
    return conditions


def cases_of(actor: ColumnElement[Any], part: Part | None = None, *bases: Basis) -> ColumnElement[Any]:
    return _array(open_cases(actor, part, *bases))


def steps_of(actor: ColumnElement[Any]) -> ColumnElement[Any]:
    """The steps that a link opens now, whose holder the actor is."""
    query = sa.select(accesses.step_id).where(accesses.actor_id == actor, in_force(accesses))
    return _array(query.where(*opening(accesses, Part.STEPS, (Basis.LINK,))))


def selves_of(actor: ColumnElement[Any]) -> ColumnElement[Any]:
    """The actor and everybody the actor is in a case now: whom an audience can name."""
    themselves = as_themselves(accesses)
    whose: Any = sa.case((sa.and_(*themselves), accesses.actor_id))  # as an index has it that knows no others
    mine = sa.select(accesses.participant_id).where(whose == actor, *themselves, in_force(accesses))
    return and_themselves(actor, _array(mine))


def as_themselves(row: Any) -> tuple[ColumnElement[bool], ...]:
    """Whoever holds a link helps with a step of somebody else's: they are not that person."""
    return row.participant_id.is_not(None), row.step_id.is_(None)


def and_themselves(actor: ColumnElement[Any], participants: ColumnElement[Any]) -> ColumnElement[Any]:
    """Whom they are in cases, and the actor."""
    return sa.func.array_append(participants, actor, type_=ARRAY(sa.Uuid()))
