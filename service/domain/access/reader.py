"""The reader as SQL: what they hold, as columns of the statement that answers them."""

import hashlib
from dataclasses import dataclass, field, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement
from sqlalchemy.dialects.postgresql import ARRAY

from service.domain.access.holding import (
    and_themselves,
    as_themselves,
    authorities_of,
    cases_of,
    employers_of,
    opening,
    organisations_of,
    regions_of,
    selves_of,
    spaces_of,
    steps_of,
)
from service.domain.access.model import CaseAccess, in_force
from service.domain.policy import Basis, Part, Role, Row
from service.domain.values import DEFAULT_LANGUAGE, Language

HELD_CASE = "held_case"  # which case it is in which they hold what stands beside it
NAMED = "held"  # the place of what they hold in the case that the only root names
OWN = "$"  # in the names of what a statement makes itself: neither a caller's nor a rule's has it
LONGEST_NAME = 63  # of PostgreSQL
_held: Any = CaseAccess.__table__.alias("held").c  # type: ignore[attr-defined]
_actor = sa.literal_column("actor.id", sa.Uuid())  # in a compiled statement
_authority = sa.literal_column("actor.authority", sa.Uuid())


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
        return self._column(name, _ids(_held.case_id, *opening(_held, part, bases)), self.gathered)

    def involved(self, row: Row, case: str, part: Part | None, *bases: Basis) -> ColumnElement[bool]:
        return _among(row[case], self.cases(part, *bases))

    def steps(self) -> ColumnElement[Any]:
        return self._column("steps", _ids(_held.step_id, *opening(_held, Part.STEPS, (Basis.LINK,))), self.gathered)

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
        holds = sa.func.bool_or(sa.and_(sa.true(), *opening(_held, part, bases)), type_=sa.Boolean())
        told = self._of_case("_".join(("in", part or "", *sorted(bases))), holds)
        if self.certain:
            return told
        held_case: ColumnElement[Any] = sa.literal_column(f"{self.place}.{HELD_CASE}", sa.Uuid())
        return sa.case((row[case] == held_case, told), else_=self._elsewhere(row, case, part, *bases))

    def _elsewhere(self, row: Row, case: str, part: Part | None, *bases: Basis) -> ColumnElement[bool]:
        other = CaseAccess.__table__.alias().c  # type: ignore[attr-defined]
        query: Any = sa.select(sa.literal_column("1")).where(
            *_of(other), other.case_id == row[case], in_force(other), *opening(other, part, bases)
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
        return self._of_case("selves", and_themselves(self._actor, _ids(_held.participant_id, *as_themselves(_held))))

    def steps(self) -> ColumnElement[Any]:
        return self._of_case("steps", _ids(_held.step_id, *opening(_held, Part.STEPS, (Basis.LINK,))))

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
