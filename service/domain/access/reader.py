"""The reader as SQL: what somebody holds, asked of the tables once per statement."""

import hashlib
from dataclasses import dataclass, field, replace
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
from service.domain.policy import Basis, Part, Role, Row
from service.domain.values import DEFAULT_LANGUAGE, Language

HELD_CASE = "held_case"  # which case it is in which they hold what stands beside it
NAMED = "held"  # the place of what they hold in the case that the only root names
OWN = "$"  # in the names of what a statement makes itself: neither a caller's nor a rule's has it
LONGEST_NAME = 63  # of PostgreSQL
grants: Any = AccessGrant.__table__.c  # type: ignore[attr-defined]
accesses: Any = CaseAccess.__table__.c  # type: ignore[attr-defined]
_held: Any = CaseAccess.__table__.alias("held").c  # type: ignore[attr-defined]
_actor = sa.literal_column("actor.id", sa.Uuid())  # in a compiled statement
_authority = sa.literal_column("actor.authority", sa.Uuid())
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
    return query.where(*_opening(accesses, part, bases))


def _opening(row: Any, part: Part | None, bases: tuple[Basis, ...]) -> list[ColumnElement[bool]]:
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
    return _array(query.where(*_opening(accesses, Part.STEPS, (Basis.LINK,))))


def selves_of(actor: ColumnElement[Any]) -> ColumnElement[Any]:
    """The actor and everybody the actor is in a case now: whom an audience can name."""
    mine = sa.select(accesses.participant_id).where(accesses.actor_id == actor, *_as_themselves(accesses))
    return _with(actor, _array(mine.where(in_force(accesses))))


def _as_themselves(row: Any) -> tuple[ColumnElement[bool], ...]:
    """Whoever holds a link helps with a step of somebody else's: they are not that person."""
    return row.participant_id.is_not(None), row.step_id.is_(None)


def _with(actor: ColumnElement[Any], participants: ColumnElement[Any]) -> ColumnElement[Any]:
    return sa.func.array_append(participants, actor, type_=ARRAY(sa.Uuid()))


def setting(name: str) -> ColumnElement[Any]:
    """A setting of the transaction; null where it is not set. Wrapped, so that it is read once per statement."""
    return sa.select(
        sa.func.nullif(
            sa.func.current_setting(sa.literal_column(f"'service.{name}'"), sa.true()), sa.literal_column("''")
        )
    ).scalar_subquery()


def _of(row: Any) -> tuple[ColumnElement[bool], ...]:
    """Whose accesses: the authority is theirs, and stands in the index before the case."""
    return row.actor_id == _actor, row.authority_id == _authority


@dataclass(frozen=True)
class Held:
    """What the reader holds in one case: columns of a row of the statement that is found by that case, and only those
    that some rule asks for."""

    columns: dict[str, ColumnElement[Any]] = field(default_factory=dict)

    def query(self, case: ColumnElement[Any]) -> Any:
        """One row, also where they hold nothing: all are aggregates."""
        return sa.select(*self.columns.values()).where(*_of(_held), _held.case_id == case, in_force(_held))

    def named(self) -> list[ColumnElement[Any]]:
        return [*self.columns.values()] or [sa.literal_column("1").label("nothing")]

    def each(self, columns: Any, descending: bool) -> Any:
        """Of each case that they hold anything in, in the order of the cases: read only as far as anybody asks.
        `columns`: where the statement is to say them, once all are known."""
        mine = sa.select(_held.case_id.label(HELD_CASE), columns).where(*_of(_held), in_force(_held))
        return mine.group_by(_held.case_id).order_by(_held.case_id.desc() if descending else _held.case_id)


@dataclass
class Me:
    """The reader inside a compiled statement: columns of `me`, and only those that some rule asks for. `gathered`: from
    the accesses, all in one reading."""

    language: Language = DEFAULT_LANGUAGE
    columns: dict[str, ColumnElement[Any]] = field(default_factory=dict)
    gathered: dict[str, ColumnElement[Any]] = field(default_factory=dict)
    _actor = _actor
    _today = sa.literal_column("actor.today", sa.Date())

    @property
    def id(self) -> ColumnElement[Any]:
        return self._column("id", self._actor)

    @property
    def authority(self) -> ColumnElement[Any]:
        return self._column("authority", _authority)

    @property
    def today(self) -> ColumnElement[Any]:
        return self._column("today", self._today)

    def selves(self) -> ColumnElement[Any]:
        return self._column("selves", selves_of(self._actor))

    def spaces(self, *roles: Role) -> ColumnElement[Any]:
        return self._column("_".join(("spaces", *sorted(roles))), spaces_of(self._actor, self._today, roles))

    def regions(self, *roles: Role, around: bool = False) -> ColumnElement[Any]:
        name = "_".join(("around" if around else "regions", *sorted(roles)))
        return self._column(name, regions_of(self._actor, self._today, roles, around))

    def authorities(self, *roles: Role, throughout: bool = True) -> ColumnElement[Any]:
        name = "_".join(("throughout" if throughout else "somewhere", *sorted(roles)))
        return self._column(name, authorities_of(self._actor, roles, throughout))

    def cases(self, part: Part | None, *bases: Basis) -> ColumnElement[Any]:
        name = "_".join(("cases", part or "", *sorted(bases)))
        return self._column(name, _ids(_held.case_id, *_opening(_held, part, bases)), self.gathered)

    def involved(self, row: Row, case: str, part: Part | None, *bases: Basis) -> ColumnElement[bool]:
        return _among(row[case], self.cases(part, *bases))

    def steps(self) -> ColumnElement[Any]:
        return self._column("steps", _ids(_held.step_id, *_opening(_held, Part.STEPS, (Basis.LINK,))), self.gathered)

    def organisations(self, *roles: Role) -> ColumnElement[Any]:
        return self._column("_".join(("organisations", *sorted(roles))), organisations_of(self._actor, roles))

    def employers(self) -> ColumnElement[Any]:
        return self._column("employers", employers_of(self._actor))

    def within(self, held: Held, subject: str | None, place: str) -> "Within":
        assert subject is not None
        return Within(self.language, self.columns, self.gathered, held, subject, place)

    def query(self) -> Any:
        columns = (*self.columns.values(), *self.gathered.values())
        if not self.gathered:
            return sa.select(*(columns or (sa.literal_column("1").label("nobody"),)))
        return sa.select(*columns).where(*_of(_held), in_force(_held))

    def _column(
        self, name: str, value: ColumnElement[Any], among: dict[str, ColumnElement[Any]] | None = None
    ) -> ColumnElement[Any]:
        name = _short(name)
        (self.columns if among is None else among)[name] = value.label(name)
        return sa.literal_column(f"me.{name}", value.type)


def _short(name: str) -> str:
    """Two that PostgreSQL would cut off to the same would be taken for each other."""
    if len(name) <= LONGEST_NAME:
        return name
    return f"{name[:40]}_{hashlib.blake2b(name.encode(), digest_size=8).hexdigest()}"


def _among(case: ColumnElement[Any], cases: ColumnElement[Any]) -> ColumnElement[bool]:
    found: ColumnElement[bool] = case == sa.any_(cases)
    return found


def _ids(ids: Any, *conditions: ColumnElement[bool]) -> ColumnElement[Any]:
    found = sa.func.array_agg(ids)
    filtered: Any = found.filter(*conditions) if conditions else found
    return sa.func.coalesce(filtered, sa.literal_column("ARRAY[]::uuid[]"), type_=ARRAY(sa.Uuid()))


@dataclass
class Within(Me):
    """The reader where all is of one case, which a row's column `subject` names. `held` stands in the statement as
    `place`; what they hold in other cases is looked up where it is asked for: of rows that a rule goes to by itself,
    and where it is not `certain` that a row is of the case, if it is not."""

    held: Held = field(default_factory=Held)
    subject: str = ""
    place: str = ""
    certain: bool = True

    def involved(self, row: Row, case: str, part: Part | None, *bases: Basis) -> ColumnElement[bool]:
        if case != self.subject or OWN not in row[case].table.name:
            return self._elsewhere(row, case, part, *bases)
        holds = sa.func.bool_or(sa.and_(sa.true(), *_opening(_held, part, bases)), type_=sa.Boolean())
        told = self._of_case("_".join(("in", part or "", *sorted(bases))), holds)
        if self.certain:
            return told
        held_case: ColumnElement[Any] = sa.literal_column(f"{self.place}.{HELD_CASE}", sa.Uuid())
        return sa.case((row[case] == held_case, told), else_=self._elsewhere(row, case, part, *bases))

    def _elsewhere(self, row: Row, case: str, part: Part | None, *bases: Basis) -> ColumnElement[bool]:
        other = CaseAccess.__table__.alias().c  # type: ignore[attr-defined]
        query: Any = sa.select(sa.literal_column("1")).where(
            *_of(other), other.case_id == row[case], in_force(other), *_opening(other, part, bases)
        )
        one = query.correlate_except(other.case_id.table).offset(sa.literal_column("0"))  # or all of mine are hashed
        found: ColumnElement[bool] = one.exists()
        return found

    def at(self, subject: str | None, certain: bool) -> "Within":
        """Where another column names the same case; and so it is below where that was not `certain`."""
        return replace(self.within(self.held, subject, self.place), certain=certain and self.certain)

    def tells(self, condition: ColumnElement[bool]) -> bool:
        """Whether the condition asks for nothing but what they hold in the case."""
        return str(condition) in {f"{self.place}.{name}" for name in self.held.columns}

    def selves(self) -> ColumnElement[Any]:
        if self.place != NAMED:  # of what comes by a key, another case may be theirs
            return super().selves()
        return self._of_case("selves", _with(self._actor, _ids(_held.participant_id, *_as_themselves(_held))))

    def steps(self) -> ColumnElement[Any]:
        return self._of_case("steps", _ids(_held.step_id, *_opening(_held, Part.STEPS, (Basis.LINK,))))

    def _of_case(self, name: str, value: ColumnElement[Any]) -> ColumnElement[Any]:
        told = f"{self.place}.{_short(name)}"
        self.held.columns[_short(name)] = value.label(_short(name))
        return sa.literal_column(told, value.type)


class Setting:
    """The reader in a writing transaction: settings that live as long as it does."""

    language = DEFAULT_LANGUAGE
    id = sa.cast(setting("actor"), sa.Uuid())
    authority = sa.cast(setting("authority"), sa.Uuid())
    today = sa.cast(setting("today"), sa.Date())

    def selves(self) -> ColumnElement[Any]:
        return selves_of(self.id)

    def spaces(self, *roles: Role) -> ColumnElement[Any]:
        return spaces_of(self.id, self.today, roles)

    def regions(self, *roles: Role, around: bool = False) -> ColumnElement[Any]:
        return regions_of(self.id, self.today, roles, around)

    def authorities(self, *roles: Role, throughout: bool = True) -> ColumnElement[Any]:
        return authorities_of(self.id, roles, throughout)

    def cases(self, part: Part | None, *bases: Basis) -> ColumnElement[Any]:
        return cases_of(self.id, part, *bases)

    def involved(self, row: Row, case: str, part: Part | None, *bases: Basis) -> ColumnElement[bool]:
        return _among(row[case], self.cases(part, *bases))

    def steps(self) -> ColumnElement[Any]:
        return steps_of(self.id)

    def organisations(self, *roles: Role) -> ColumnElement[Any]:
        return organisations_of(self.id, roles)

    def employers(self) -> ColumnElement[Any]:
        return employers_of(self.id)
