"""The one door for changes: an operation is performed as an act, authorised, atomic and on record.

The order of refusals is the same for every operation: who you are (401), whether you may see it (404) and do it (403),
on which version (428, 412), in which state (409), with what (422)."""

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum, StrEnum, auto
from functools import cache
from typing import Any, TypeVar, get_type_hints
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict
from sqlmodel import SQLModel, select
from sqlmodel.ext.asyncio.session import AsyncSession

from service.domain.access.reader import Setting
from service.domain.encrypting import as_kept, encrypt_all
from service.domain.errors import DomainError, Forbidden, Kind, NotFound
from service.domain.policy import Action, Reader, Row, missing
from service.domain.rows import APART, SECURED, is_lasting
from service.domain.views import VIEWS, View, noun_of, view_of
from service.storage.data_keys import DataKeys
from service.storage.writing import written

T = TypeVar("T", bound=SQLModel)


class Command(BaseModel):
    """What an operation is told. A field it does not know is refused, so that nothing is silently dropped."""

    model_config = ConfigDict(extra="forbid", str_max_length=20_000, defer_build=True)


class Patch(Command):
    """A merge patch (RFC 7396): what is left out stays, null empties."""


@dataclass(eq=False)
class ImpossibleNow(DomainError):
    code, title = "impossible-now", "This cannot be done in the present state."
    advice = (
        "`possible_in` names the states in which it can, `possible_now` what can be done in the present one; "
        "GET …/transitions says what of it by you."
    )
    present_state: str
    possible_in: list[str]
    possible_now: list[str]


@dataclass(eq=False)
class IdReused(DomainError):
    code, title = "id-reused", "You have used this id before, for something else."
    advice = "`differs` names what is different. Make a new id for something new."
    differs: list[str]


@dataclass(eq=False)
class IdTaken(DomainError):
    code, title = "id-taken", "This id is taken."
    advice = "Make a new id (UUIDv7) and send the request again."


@dataclass(eq=False)
class KeyRequired(DomainError):
    kind, code, title = (
        Kind.MALFORMED,
        "key-required",
        "This moves money and needs a key of yours, so that it is done once.",
    )
    advice = "Send Idempotency-Key with 1 to 255 visible ASCII characters; the same key again gives the first outcome."


@dataclass(eq=False)
class NotEnrolled(DomainError):
    kind, code, title = Kind.FORBIDDEN, "not-enrolled", "Your login is valid, but nobody here is known by it."
    advice = "With a one-time code: POST /v1/enrolments. As staff, ask your administrator to add you."


@dataclass(frozen=True, eq=False)
class Guard:
    """What has to be so before something is done to a row, whoever does it: a condition like a rule's. `says` ends the
    sentence «It takes that …»; `refusal` says what to do about it."""

    condition: Callable[[Reader, Row], sa.ColumnElement[bool]]
    says: str
    refusal: type[DomainError]


class Lock(Enum):
    """How a row is held until the act ends: for the act alone, or together with others who leave it as it is."""

    ALONE = auto()
    SHARED = auto()


@dataclass(frozen=True)
class Known:
    """Somebody whose login is known, within one transaction."""

    id: UUID
    authority_id: UUID


@dataclass(frozen=True)
class Kept:
    """A row with an author that stays although the act is refused. `said`: its columns that came with the request."""

    row: SQLModel
    said: tuple[str, ...]


@dataclass
class Act:
    """One operation being performed: by whom, when, in which transaction."""

    actor: Known
    action: Action
    session: AsyncSession
    now: datetime
    today: date
    login: str
    assured: bool  # the token's assurance is at least what enrolment asks for
    keys: Callable[[], DataKeys]  # for what is encrypted, and what is found by a digest
    authorised: bool = field(default=False, init=False)
    cases: list[UUID] = field(default_factory=list, init=False)  # seen by this act, for the audit
    added: list[UUID] = field(default_factory=list, init=False)  # and those of what it adds, should it succeed
    found: list[UUID] = field(default_factory=list, init=False)  # that it was told about, and its event is not
    changed: list[Any] = field(default_factory=list, init=False)  # rows, each once: whoever follows changes reads here
    told: list[Any] = field(
        default_factory=list, init=False
    )  # rows that have an event of their own, besides the answer
    kept: list[Kept] = field(default_factory=list, init=False)
    _last: list[Callable[[], Awaitable[object]]] = field(default_factory=list, init=False)

    async def load(
        self,
        table: type[T],
        id: UUID | str | None,
        *,
        key: str = "id",
        lock: Lock | None = None,
        action: Action | None = None,
    ) -> T:
        """Loading is authorising: the row comes back only if the policy lets this actor do this to it."""
        self.authorised = True
        asked = action or self.action
        if is_lasting(table):  # nobody changes it meanwhile, nor may lock it
            lock = None
        row = (await self.session.exec(_loading(table, key, asked, lock), params={"wanted": id})).one_or_none()
        if row is None and lock is not None:  # what everybody sees, row-level security lets only its own authority lock
            row = (await self.session.exec(_seeing(table, key, asked), params={"wanted": id})).one_or_none()
        if row is None:
            raise NotFound(subject=noun_of(table.__name__), subject_id=str(id))
        self.touches(self.cases, row[0])
        if not row[1]:
            raise Forbidden(action=asked.name, missing=missing(asked.rule))
        found: T = row[0]
        return found

    async def meets(self, guard: Guard, row: Any) -> bool:
        met = await (await self.session.connection()).execute(_meeting(guard, row.__table__), {"wanted": row.id})
        return bool(met.scalar_one())

    def add(self, row: T) -> T:
        self.touches(self.added, row)
        encrypt_all(row, self.keys)
        self.session.add(row)
        self.changed.append(row)
        return row

    def change(self, row: Any, **values: Any) -> None:
        for name, value in as_kept(row, values, self.keys).items():
            setattr(row, name, value)
        if "version" in row.__table__.c:
            row.version += 1
            row.updated_at = self.now
        if not any(row is each for each in self.changed):
            self.changed.append(row)

    def tells(self, row: Any) -> None:
        """Whoever follows this row is told, too, that something has changed in it."""
        self.told.append(row)

    def keep(self, row: SQLModel, said: tuple[str, ...]) -> None:
        """To be there even if this is refused: the refusal is told with it, not instead of it. Sent again, `said` has
        to be the same."""
        self.kept.append(Kept(row, said))

    def at_last(self, step: Callable[[], Awaitable[object]]) -> None:
        """To be done when all else is: what everybody waits for is locked for no longer than it must be."""
        self._last.append(step)

    async def finish(self) -> None:
        for step in self._last:
            await step()
        await written(self.session)

    def touches(self, cases: list[UUID], row: Any) -> None:
        case_id = case_of(row)
        if self.action.apart and SECURED[row.__table__][0] not in APART:
            return
        if case_id is not None and case_id not in cases:
            cases.append(case_id)


# Statements are written once: the same rule over the same table is the same text, and writing it takes milliseconds.


@cache
def _reading(table: type[SQLModel], key: str, asked: Action) -> tuple[Any, sa.ColumnElement[bool]]:
    columns = table.__table__.c  # type: ignore[attr-defined]
    may = asked.rule.condition(Setting(), columns)
    sees = view_of(table.__table__).rule.condition(Setting(), columns)  # type: ignore[attr-defined]
    wanted = sa.bindparam("wanted", type_=columns[key].type)
    query: Any = select(table, may.label("may")).where(columns[key] == wanted, sa.or_(sees, may))
    return query.execution_options(populate_existing=True), may


@cache
def _loading(table: type[SQLModel], key: str, asked: Action, lock: Lock | None) -> Any:
    """The row, if whoever acts may see it, and whether they may do this to it."""
    query, _ = _reading(table, key, asked)
    if lock is Lock.SHARED:
        return query.with_for_update(of=table, read=True)
    # Whoever adds a row that refers to this one need not wait: two who do both cannot block each other.
    return query.with_for_update(of=table, key_share=True) if lock else query


@cache
def _seeing(table: type[SQLModel], key: str, asked: Action) -> Any:
    query, may = _reading(table, key, asked)
    return query.where(may.is_not(sa.true()))  # null is no: of two places a row has one


@cache
def _meeting(guard: Guard, table: sa.Table) -> Any:
    return sa.select(guard.condition(Setting(), table.c)).where(table.c.id == sa.bindparam("wanted", type_=sa.Uuid()))


def case_of(row: Any) -> UUID | None:
    """The case a row is about, if it is about one; of what is kept apart, the compartment."""
    shape, column = SECURED[row.__table__]
    if shape in APART:
        return UUID(str(getattr(row, column)))
    found: UUID | None = row.id if row.__tablename__ == "case_file" else getattr(row, "case_id", None)
    return found


Run = Callable[..., Awaitable[Any]]


@dataclass(frozen=True, eq=False)
class Operation:
    """Deliberately not callable: only a Desk performs it, so no face can skip policy, audit or transaction."""

    name: str
    description: str
    run: Run
    action: Action
    on: type[SQLModel] | None
    within: type[SQLModel] | None
    command: type[Command] | None
    answers: type[BaseModel]  # a view's record, or a record made by the operation
    states: tuple[StrEnum, ...]
    guards: tuple[Guard, ...]
    versioned: bool
    unenrolled: bool
    keyed: bool
    raises: tuple[type[DomainError], ...]
    lock: Lock = Lock.ALONE

    @property
    def creates(self) -> bool:
        return self.command is not None and "id" in self.command.model_fields

    @property
    def patches(self) -> bool:
        return self.command is not None and issubclass(self.command, Patch)

    def impossible(self, state: str) -> ImpossibleNow:
        """With the ways on: what can be done to such a row in this state, by whoever may."""
        others = (each for each in OPERATIONS.values() if each.on is self.on and state in each.states)
        return ImpossibleNow(state, [str(each) for each in self.states], [each.name for each in others])

    @property
    def view(self) -> View | None:
        return VIEWS.get(self.answers)


OPERATIONS: dict[str, Operation] = {}


def operation(
    action: Action,
    *,
    answers: type[BaseModel],
    on: type[SQLModel] | None = None,
    within: type[SQLModel] | None = None,
    states: tuple[StrEnum, ...] = (),
    guards: tuple[Guard, ...] = (),
    versioned: bool | None = None,
    unenrolled: bool = False,
    keyed: bool = False,
    lock: Lock = Lock.ALONE,
    raises: tuple[type[DomainError], ...] = (),
) -> Callable[[Run], Operation]:
    """`on`: the row it is done to, which the door loads, authorises, locks and compares with the expected version,
    states and guards. `within`: what it is done in, where the command names that. `unenrolled`: also for a login that
    nobody is known by. `keyed`: needs an Idempotency-Key, because it moves money; it answers the row it is done to.
    `lock`: shared, where it leaves the row it is done to as it is, and whatever else it looks at does not depend on who
    is at it at the same time."""

    def declare(run: Run) -> Operation:
        command = get_type_hints(run).get("command")
        creates = command is not None and "id" in command.model_fields
        expects = versioned if versioned is not None else (on is not None and not creates)
        declared = Operation(
            name=run.__name__,
            description=inspect.cleandoc(run.__doc__ or ""),
            run=run,
            action=action,
            on=on,
            within=within,
            command=command,
            answers=answers,
            states=states,
            guards=guards,
            versioned=expects,
            unenrolled=unenrolled,
            keyed=keyed,
            lock=lock,
            raises=(
                *raises,
                *(guard.refusal for guard in guards),
                *_refusals(on, expects, states, creates, unenrolled, keyed),
            ),
        )
        assert declared.name not in OPERATIONS
        OPERATIONS[declared.name] = declared
        return declared

    return declare


def _refusals(
    on: Any, versioned: bool, states: tuple[StrEnum, ...], creates: bool, unenrolled: bool, keyed: bool
) -> tuple[type[DomainError], ...]:
    from service.domain.errors import (
        InvalidInput,
        ReadOnly,
        Unauthenticated,
        Unavailable,
        VersionRequired,
        VersionStale,
    )

    found: list[type[DomainError]] = [Unauthenticated, InvalidInput, Unavailable, ReadOnly, NotFound, Forbidden]
    found += [] if unenrolled else [NotEnrolled]
    found += [VersionRequired, VersionStale] if versioned else []
    found += [ImpossibleNow] if states else []
    found += [IdReused] if creates or keyed else []
    found += [IdTaken] if creates else []
    found += [KeyRequired] if keyed else []
    return tuple(found)
