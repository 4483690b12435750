"""Where somebody is served: reads by one statement, changes through the one door."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import orjson
import sqlalchemy as sa
import structlog
from pydantic import BaseModel
from sqlalchemy.dialects.postgresql import insert
from sqlmodel.ext.asyncio.session import AsyncSession

from service.domain.access.reader import Setting
from service.domain.act import (
    Act,
    Command,
    IdReused,
    IdTaken,
    Kept,
    KeyRequired,
    Known,
    Lock,
    NotEnrolled,
    Operation,
    case_of,
)
from service.domain.audit import AuditEntry
from service.domain.changes import Batch, Place, begins_at, found_in, looking, not_of_this_feed
from service.domain.changes import values as places
from service.domain.clock import Clock
from service.domain.context import asking, asking_once
from service.domain.encrypting import decrypted
from service.domain.errors import (
    NO_TOKEN,
    DomainError,
    InvalidInput,
    NotFound,
    PlaceExpired,
    ReadOnly,
    Unauthenticated,
    Unavailable,
    VersionRequired,
    VersionStale,
)
from service.domain.events import FOLLOWING, Event
from service.domain.plan import Plan
from service.domain.policy import Action
from service.domain.receipts import Receipt, differing, digests
from service.domain.selection import Site
from service.domain.translating import BrokenOff, translated
from service.domain.views import Arguments
from service.storage.data_keys import DataKeys
from service.storage.postgres import Storage
from service.storage.writing import Rows, fetch_row, inserting, written

log = structlog.get_logger()
UNCHANGED: Mapping[Site, Arguments] = {}
Versions = Collection[int] | None
Content = Command | InvalidInput | None
EVENT, AUDIT = str(Event.__tablename__), str(AuditEntry.__tablename__)
TRIES = 3  # of a transaction that PostgreSQL broke off for the sake of another


@dataclass(frozen=True)
class Answer:
    """`body` is JSON as PostgreSQL wrote it; `version` that of the one row it shows."""

    body: bytes
    version: int | None
    known: bool


@dataclass(frozen=True)
class Done:
    """What came of an operation: the row's id and its JSON, or the record the operation made."""

    id: UUID | None
    answer: Answer | None
    record: BaseModel | None = None
    replayed: bool = False


@dataclass(frozen=True)
class Show:
    """How a face wants to see the row that an operation leaves: a plan with one root, found by its key."""

    plan: Plan
    site: Site
    given: Mapping[Site, Arguments] = field(default_factory=dict)


@dataclass(frozen=True)
class _Asked:
    """What somebody wants done, as it came."""

    command: Content
    on: UUID | None
    versions: Versions
    key: str | None
    show: Show | None

    def receipt(self, operation: Operation, keys: DataKeys | None) -> Mapping[str, Any] | None:
        """Of what is done once however often it is sent; whose it is, the database knows. `digests`: by each key."""
        if not (operation.creates or (operation.keyed and self.key)) or isinstance(self.command, InvalidInput):
            return None
        command: Any = self.command
        said = command.model_dump(mode="json", exclude={"id"}) if command is not None else {}
        key = str(command.id) if operation.creates else f"key {self.key}"
        said_in = digests({"operation": operation.name, "on": self.on} | said, key, keys)
        subject_id = command.id if operation.creates else self.on
        return {"key": key, "operation": operation.name, "digests": said_in, "subject_id": subject_id}


@dataclass(frozen=True)
class Desk:
    """Serves one request of whoever `login` is; null is the public."""

    storage: Storage
    login: str | None
    trace: str = ""
    clock: Clock = field(default_factory=Clock)
    assured: bool = False
    read_only: bool = False

    async def read(self, plan: Plan, given: Mapping[Site, Arguments] = UNCHANGED) -> Answer:
        values = plan.values(self.login, self.clock.today(), self.trace, given)
        with translated():
            row = await self.storage.read(plan.sql, values)
            return Answer(self._read(plan, row[0], marked=False), row[1], row[2])

    def keys(self) -> DataKeys:
        return self.storage.keys

    def _read(self, plan: Plan, body: bytes, *, marked: bool) -> bytes:
        return decrypted(body, plan.encrypted, self.storage.keys, marked=marked) if plan.encrypted else body

    async def changes(
        self, since: Place | None, most: int, *, told: Place | None = None, recording: bool = True
    ) -> Batch:
        """What has changed for whoever asks; without a place only where to begin. `told`: the place they know, where it
        was looked further than that. `recording`: it is put on record, which one look of each opening is."""
        if self.login is None:
            raise Unauthenticated(reason=NO_TOKEN)
        asked = (self.login, self.clock.today().isoformat(), self.trace, *places(since, most))
        with translated():
            row = await self.storage.read(looking(recording=recording), asked)
        if row["actor_id"] is None:
            raise NotEnrolled
        start = begins_at(row)
        if since is not None and since.epoch != start.epoch:
            raise PlaceExpired
        if since is not None and since > start:
            raise not_of_this_feed()
        return found_in(row, told or start)

    async def perform(
        self,
        operation: Operation,
        command: Content = None,
        *,
        on: UUID | None = None,
        versions: Collection[int] | None = None,
        key: str | None = None,
        show: Show | None = None,
    ) -> Done:
        """`command` may be the refusal it earned: it is due only after whoever may not has been told so. `key`: what
        the caller knows this request by, where the operation moves money."""
        if self.login is None:
            raise Unauthenticated(reason=NO_TOKEN)
        if self.read_only:
            raise ReadOnly
        against = ""
        for attempt in range(TRIES):
            try:
                return await self._once(self.login, operation, _Asked(command, on, versions, key, show))
            except DomainError as error:
                if not isinstance(error, operation.raises):
                    raise RuntimeError(f"{operation.name} does not declare {error.code}") from error
                raise
            except BrokenOff as broken:
                against = broken.constraint
                await asyncio.sleep(0.02 * attempt)
        if against:  # hardly by chance: what stands there will stand there for the next one, too
            log.warning("constraint-not-passed", operation=operation.name, constraint=against)
        raise Unavailable(reason="too many changes at once")

    async def _once(self, login: str, operation: Operation, asked: _Asked) -> Done:
        act: Act | None = None
        try:
            with translated():
                async with self.storage.transaction() as session:
                    receipt = asked.receipt(operation, self.storage.given_keys)
                    act, first = await self._act(session, login, operation, receipt)
                    done = await self._run(act, operation, asked, None if first else receipt)
                    await act.finish()
            if act.actor.authority_id is not None:  # whoever has just come in has none yet
                self.storage.signals.tell(act.actor.authority_id)
            return done
        except DomainError as error:
            if not isinstance(error, Unavailable):
                with translated():
                    async with self.storage.transaction() as session:
                        refusal = await self._keep(session, act.kept, error) if act and act.kept else error
                        await self._refused(session, operation, act, refusal.code)
                if refusal is not error:
                    raise refusal from None
            raise

    async def _act(
        self, session: AsyncSession, login: str, operation: Operation, receipt: Mapping[str, Any] | None
    ) -> tuple[Act, bool]:
        """Makes the login known to row-level security for this transaction, and finds out who it is; and whether this
        is asked for the first time, for which the second waits here until the first has ended."""
        if receipt is None:
            row, first = await fetch_row(session, asking(), self._asking), True
        else:
            given = {**receipt, "digests": orjson.dumps(next(iter(receipt["digests"]), {})).decode()}
            row = await fetch_row(session, asking_once(), (*self._asking, *given.values()))
            first = row["first"]
        if row["id"] is None and not operation.unenrolled:
            raise NotEnrolled
        known, now, today = Known(row["id"], row["authority"]), self.clock.now(), self.clock.today()
        return Act(known, operation.action, session, now, today, login, self.assured, self.keys), first

    async def _run(self, act: Act, operation: Operation, asked: _Asked, receipt: Mapping[str, Any] | None) -> Done:
        """`receipt`: if it has been asked for before."""
        arguments: dict[str, Any] = {}
        target: Any = None
        command, versions = asked.command, asked.versions
        if operation.on is not None:
            target = await act.load(operation.on, asked.on, lock=operation.lock)
            arguments[operation.on.__name__.lower()] = target
        if command is not None:
            arguments["command"] = command
        if operation.keyed and asked.key is None:
            raise KeyRequired
        if receipt is not None:
            return await self._replayed(act, operation, await self._earlier(act, receipt), asked.show)
        if operation.versioned:
            if versions is None:
                raise VersionRequired
            if target.version not in versions:
                raise VersionStale(current=target.version)
        if operation.states and target.state not in operation.states:
            raise operation.impossible(str(target.state))
        for guard in operation.guards:
            if not await act.meets(guard, target):
                raise guard.refusal
        if isinstance(command, InvalidInput):
            raise command
        result = await operation.run(act, **arguments)
        if not act.authorised:
            raise RuntimeError(f"{operation.name} touched nothing through its policy")
        if operation.lock is Lock.SHARED and any(each is target for each in act.changed):
            raise RuntimeError(f"{operation.name} changes what others hold as well")
        row, record = result if isinstance(result, tuple) else (result, None)
        await written(act.session)
        event = event_of(act, operation.action.name, row)
        for told in FOLLOWING:
            await told(act, operation.action.name)
        await self._tell(act, [event_of(act, operation.action.name, each) for each in act.told])
        rows = {
            EVENT: event,
            AUDIT: self.entry(operation.action, act.actor, [*act.cases, *act.found, *act.added], "done"),
        }
        shown = await self._shown(act, row.id, asked.show if record is None else None, rows)
        return Done(row.id, shown, record)

    async def _tell(self, act: Act, events: list[Mapping[str, Any]]) -> None:
        """All at once: with a case that is closed thousands of steps may fall away."""
        if events:
            table: Any = Event.__table__  # type: ignore[attr-defined]
            await (await act.session.connection()).execute(sa.insert(table), events)

    async def _earlier(self, act: Act, receipt: Mapping[str, Any]) -> UUID:
        """What came of it when it was asked for before."""
        table: Any = Receipt.__table__  # type: ignore[attr-defined]
        mine = sa.and_(table.c.actor_id == act.actor.id, table.c.key == receipt["key"])
        row = (await (await act.session.connection()).execute(sa.select(table).where(mine))).one()
        if differs := differing(row, receipt):
            raise IdReused(differs=differs)
        subject: UUID = row.subject_id
        return subject

    async def _replayed(self, act: Act, operation: Operation, id: UUID, show: Show | None) -> Done:
        """What was created before, as far as it may be seen now; reading it is on record like any other reading."""
        view = operation.view
        if view is not None:
            table = view.table
            seen = sa.select(table.c[view.subject or view.key]).where(
                table.c[view.key] == id, view.rule.condition(Setting(), table.c)
            )
            row = (await (await act.session.connection()).execute(seen)).one_or_none()
            if row is None:
                raise NotFound(subject=view.noun, subject_id=str(id))
            if view.subject is not None and row[0] is not None and row[0] not in act.cases:
                act.cases.append(row[0])
        shown = await self._shown(act, id, show, {AUDIT: self.entry(operation.action, act.actor, act.cases, "done")})
        return Done(id, shown, replayed=True)

    async def _shown(self, act: Act, id: UUID, show: Show | None, rows: Rows) -> Answer | None:
        """The row as the actor may see it now, read in the transaction that changed it; in the same round trip, what
        there is to say of the change is put on record."""
        await written(act.session)
        if show is None:
            await fetch_row(act.session, *inserting(rows))
            return None
        arguments = show.site.arguments.narrowed(**{show.site.view.key: id})
        values = show.plan.values(act.login, act.today, self.trace, {**show.given, show.site: arguments})
        row = await fetch_row(act.session, *inserting(rows, show.plan.sql, values))
        return Answer(self._read(show.plan, row[0].encode(), marked=True), row[1], row[2])

    async def _keep(self, session: AsyncSession, kept: Sequence[Kept], refusal: DomainError) -> DomainError:
        """The refusal that is due: the one that says it is kept, as far as it is."""
        await fetch_row(session, asking(), self._asking)  # so that row-level security knows whose it is
        others = [await _not_kept(session, each) for each in kept]
        return next((each for each in others if each is not None), refusal)

    async def _refused(self, session: AsyncSession, operation: Operation, act: Act | None, outcome: str) -> None:
        """On record; the refused transaction is gone, and with it who was asking or was being introduced."""
        row = await fetch_row(session, asking(), self._asking)
        entry = self.entry(
            operation.action, Known(row["id"], row["authority"]), [*act.cases, *act.found] if act else [], outcome
        )
        await fetch_row(session, *inserting({AUDIT: entry}))

    def entry(self, action: Action, actor: Known, cases: Sequence[UUID], outcome: str) -> Mapping[str, Any]:
        """Who did what to which cases, or was refused. What somebody would have added is no fact then."""
        return {
            "at": self.clock.now(),
            "authority_id": actor.authority_id,
            "actor_id": actor.id,
            "action": action.name,
            "outcome": outcome,
            "cases": list(dict.fromkeys(cases)),
            "trace_id": self.trace,
        }

    @property
    def _asking(self) -> tuple[str | None, str, str]:
        return self.login, self.clock.today().isoformat(), self.trace


async def _not_kept(session: AsyncSession, kept: Kept) -> DomainError | None:
    """Why it is not there: something else has its id, of the same author or not. Nothing if it is, or was already."""
    row: Any = kept.row
    table, connection = row.__table__, await session.connection()
    added = insert(table).values(row.model_dump()).on_conflict_do_nothing().returning(table.c.id)
    if (await connection.execute(added)).one_or_none() is not None:
        return None
    mine = sa.select(table).where(table.c.id == row.id, table.c.author_id == row.author_id)
    there = (await connection.execute(mine)).mappings().one_or_none()
    if there is None:
        return IdTaken()
    differs = [name for name in kept.said if there[name] != getattr(row, name)]
    return IdReused(differs=differs) if differs else None


def event_of(act: Act, kind: str, row: Any) -> Mapping[str, Any]:
    """One for each change, without content."""
    return {
        "authority_id": row.authority_id,
        "kind": kind,
        "subject": row.__tablename__,
        "subject_id": row.id,
        "case_id": case_of(row) or next(iter(act.added or act.cases), None),
        "version": getattr(row, "version", 1),
        "actor_id": act.actor.id,
        "at": act.now,
    }
