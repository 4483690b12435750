"""Whom somebody represents, in which matters, and until when (settled: Words). With the last day the access ends; on
a child's 18th birthday custody over it does, whatever was said, and a custodian's access with the last of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field
from sqlmodel import col, select

from service.domain.access.model import CaseAccess, columns_of, not_over
from service.domain.access.operations import end
from service.domain.act import Act, Command, Guard, Patch, operation
from service.domain.cases import policy
from service.domain.cases.apart import one_at_a_time
from service.domain.cases.confidential import keeps_out
from service.domain.cases.model import Participant, ParticipantKind, Person
from service.domain.cases.represented import OF_KIND, Representation
from service.domain.cases.views import ParticipantView, RepresentationView
from service.domain.cases.withdrawing import end_offers_of
from service.domain.clock import after, majority, midnight
from service.domain.errors import DomainError, InvalidInput
from service.domain.policy import Basis
from service.domain.values import ClientId, Day, Line

ONE_DAY = timedelta(days=1)


@dataclass(eq=False)
class NotRepresenting(DomainError):
    code, title = "not-representing", "This person represents nobody."
    advice = "Only custodians and representatives do. Access of others is ended: POST /v1/case-accesses/{id}/end."


class LimitRepresentation(Command):
    """As the order, the law or the power of attorney says."""

    represents_in: Line | None = Field(
        None, description="In which matters, for example «Gesundheitssorge, Aufenthalt»; null for all of them."
    )
    represents_until: Day | None = Field(None, description="The last day (Europe/Berlin); null until further notice.")


class Represent(Command):
    """Whom, and since when."""

    id: ClientId
    represented_id: UUID = Field(description="An addressee of the case; of a custodian one who is not of age.")
    starts_on: Day | None = Field(None, description="Since when; today, if left out.")
    ends_on: Day | None = Field(None, description="The last day (Europe/Berlin); null until further notice.")


class ChangeRepresentation(Patch):
    """Since when, and through which day."""

    starts_on: Day = Field(default=None, description="Since when.")  # type: ignore[assignment]
    ends_on: Day | None = Field(None, description="The last day (Europe/Berlin); null until further notice.")


REPRESENTING = Guard(
    lambda reader, row: sa.and_(row.kind.in_([kind.value for kind in OF_KIND]), row.merged_into_id.is_(None)),
    "they represent somebody, and are nobody's duplicate",
    NotRepresenting,
)


@operation(policy.LIMIT_REPRESENTATION, on=Participant, answers=ParticipantView, guards=(REPRESENTING,))
async def limit_representation(act: Act, participant: Participant, command: LimitRepresentation) -> Participant:
    """Say in which matters somebody represents others, and until when all of it. Access ends after that day, at once if
    it is over; what has ended stays closed. The matters are told to whoever works with them; they open and close
    nothing."""
    act.change(participant, represents_in=command.represents_in, represents_until=command.represents_until)
    await settle(act, participant)
    return participant


@operation(policy.REPRESENT, on=Participant, answers=RepresentationView, guards=(REPRESENTING,))
async def represent(act: Act, participant: Participant, command: Represent) -> Representation:
    """Say that somebody represents an addressee of the case, too. Their access lasts as long as they represent anybody;
    what has ended stays closed, and takes a new code."""
    at = "#/represented_id"
    (found,) = await representable(act, participant, [command.represented_id], lambda place: at)
    there = select(Representation.id).where(
        Representation.participant_id == participant.id,
        Representation.represented_id == found,
        sa.or_(col(Representation.ends_on).is_(None), col(Representation.ends_on) >= act.today),
    )
    if (await act.session.exec(there)).first() is not None:
        raise InvalidInput(errors=[{"pointer": at, "detail": "is represented by them already"}])
    starts_on = command.starts_on or act.today
    _check_period(act, starts_on, command.ends_on)
    row = _row(participant, found, starts_on, id=command.id, ends_on=command.ends_on)
    act.add(row)
    act.change(participant)
    await act.session.flush()
    await settle(act, participant)
    return row


@operation(policy.REPRESENT, on=Representation, answers=RepresentationView)
async def change_representation(
    act: Act, representation: Representation, command: ChangeRepresentation
) -> Representation:
    """Say since when somebody represents another, or through which day. Their access ends with the last whom they
    represent, at once if that is over; what has ended stays closed."""
    said = command.model_dump(exclude_unset=True)
    now = {name: said.get(name, getattr(representation, name)) for name in ("starts_on", "ends_on")}
    _check_period(act, **now)
    act.change(representation, **said)
    await act.session.flush()
    await settle(act, await _participant(act, representation.participant_id))
    return representation


async def represent_from_the_start(act: Act, participant: Participant, ids: list[UUID] | None) -> None:
    """Whom somebody who is added represents. A custodian of the only child need not say so; of several they say whom,
    and of none they represent nobody yet, and cannot be enrolled."""
    if participant.kind not in OF_KIND:
        if ids:
            raise InvalidInput(errors=[{"pointer": "#/represents", "detail": "is for whoever represents somebody"}])
        return
    if ids is None:
        children = await _children(act, participant.case_id) if _is_custodian(participant) else []
        if len(children) > 1:
            detail = "is needed: name those whom they have custody of"
            raise InvalidInput(errors=[{"pointer": "#/represents", "detail": detail}])
        ids = children
    for each in await representable(act, participant, ids, lambda place: f"#/represents/{place}"):
        act.add(_row(participant, each, act.today))


async def representable(act: Act, participant: Participant, ids: Iterable[UUID], pointer: Any) -> list[UUID]:
    """Each once, and somebody who can be represented: addressees of the case, and by custodians minors."""
    wanted = list(dict.fromkeys(ids))
    known = await _addressees(act, participant.case_id)
    children = await _children(act, participant.case_id) if _is_custodian(participant) else known
    errors = [
        {
            "pointer": pointer(place),
            "detail": "is of age: nobody has custody of them" if each in known else "is no addressee in this case",
        }
        for place, each in enumerate(wanted)
        if each not in children
    ]
    if errors:
        raise InvalidInput(errors=errors)
    return wanted


async def ends_at(act: Act, participant: Participant) -> datetime | None:
    """When all of somebody's representation is over: after its last day, and with the last whom they represent. Of a
    child custody is over when it comes of age, or has left the case. Null where nothing ends it."""
    whole = after(participant.represents_until) if participant.represents_until is not None else None
    rows = await _represented(act, participant)
    ends = [_end(row.ends_on, row.born_on if _is_custodian(participant) else None, row.left_on) for row in rows]
    if ends or _is_custodian(participant):
        last = None if None in ends else max((each for each in ends if each), default=act.now)
        whole = min((each for each in (whole, last) if each), default=None)
    return whole


async def settle(
    act: Act, participant: Participant, *, birthday_corrected: bool = False, before: datetime | None = None
) -> None:
    """Lets the access of somebody who represents end when that does, at once if it is over. With a corrected day of
    birth also what ended by the wrong one goes on, `before` being when it would have; what somebody had ended does
    not, and nothing while something is kept from them there."""
    until = await ends_at(act, participant)
    columns = columns_of(CaseAccess)
    open_ = not_over(columns)
    if birthday_corrected:
        await one_at_a_time(act, participant.case_id)
    if birthday_corrected and not await keeps_out(act, participant):
        open_ = sa.or_(open_, columns.lapsed, columns.valid_to == before)
    theirs = (
        select(CaseAccess)
        .where(
            CaseAccess.participant_id == participant.id,
            CaseAccess.actor_id == participant.actor_id,
            CaseAccess.basis == Basis.REPRESENTATION.value,
            open_,
        )
        .order_by(columns.valid_from.desc())
        .limit(1)
    )
    access = (await act.session.exec(theirs)).one_or_none()
    if access is None or participant.left_on is not None:
        return
    if until is None or until > act.now:
        if access.valid_to != until:
            act.change(access, valid_to=until, lapsed=False)
            if until is not None:
                await end_offers_of(act, participant, until)
    elif not access.lapsed:
        end(act, access)
        access.lapsed = birthday_corrected
        await end_offers_of(act, participant, act.now)


async def representing(act: Act, participant: Participant) -> list[Participant]:
    """Who represents them, each once. Until the end of the transaction nobody else changes who is in the case."""
    await one_at_a_time(act, participant.case_id)
    ids = select(Representation.participant_id).where(
        Representation.represented_id == participant.id, Representation.case_id == participant.case_id
    )
    found = select(Participant).where(col(Participant.id).in_(ids)).order_by(col(Participant.id))
    return list((await act.session.exec(found)).all())


async def end_representations(act: Act, participant: Participant) -> None:
    """Whoever was in the wrong case represents nobody there any more, and nobody there represents them."""
    represented_by = await representing(act, participant)
    theirs = select(Representation).where(
        sa.or_(
            col(Representation.participant_id) == participant.id, col(Representation.represented_id) == participant.id
        )
    )
    for row in (await act.session.exec(theirs)).all():
        _end_now(act, row)
    await act.session.flush()
    for each in represented_by:
        await settle(act, each)


async def unite_representations(act: Act, participant: Participant) -> None:
    """Somebody was in the case twice: of two rows that say the same now the one that lasts longer goes on."""
    theirs = select(Representation).where(
        sa.or_(
            col(Representation.participant_id) == participant.id, col(Representation.represented_id) == participant.id
        )
    )
    said = set()
    for row in (await act.session.exec(theirs.order_by(col(Representation.ends_on).desc().nulls_first()))).all():
        if (row.participant_id, row.represented_id) in said:
            _end_now(act, row)
        said.add((row.participant_id, row.represented_id))
    await act.session.flush()
    for each in (participant, *await representing(act, participant)):
        if each.kind in OF_KIND:
            await settle(act, each)


def _end_now(act: Act, row: Representation) -> None:
    yesterday = act.today - ONE_DAY
    if row.ends_on is None or row.ends_on > yesterday:
        act.change(row, starts_on=min(row.starts_on, yesterday), ends_on=yesterday)


def _row(participant: Participant, represented_id: UUID, starts_on: date, **more: Any) -> Representation:
    return Representation(
        authority_id=participant.authority_id,
        case_id=participant.case_id,
        participant_id=participant.id,
        represented_id=represented_id,
        starts_on=starts_on,
        **more,
    )


def _is_custodian(participant: Participant) -> bool:
    return participant.kind == ParticipantKind.CUSTODIAN


def _check_period(act: Act, starts_on: date, ends_on: date | None) -> None:
    if starts_on > act.today:
        raise InvalidInput(errors=[{"pointer": "#/starts_on", "detail": "lies in the future"}])
    if ends_on is not None and ends_on < starts_on:
        raise InvalidInput(errors=[{"pointer": "#/ends_on", "detail": "lies before the beginning"}])


def _end(ends_on: date | None, born_on: date | None, left_on: date | None) -> datetime | None:
    ends = (
        after(ends_on) if ends_on else None,
        majority(born_on) if born_on else None,
        midnight(left_on) if left_on else None,
    )
    return min((each for each in ends if each), default=None)


async def _participant(act: Act, id: UUID) -> Participant:
    return (await act.session.exec(select(Participant).where(Participant.id == id))).one()


async def _represented(act: Act, participant: Participant) -> list[Any]:
    query: Any = (
        sa.select(col(Representation.ends_on), col(Person.born_on), col(Participant.left_on))
        .select_from(Representation)
        .join(Participant, col(Participant.id) == col(Representation.represented_id))
        .outerjoin(Person, col(Person.participant_id) == col(Participant.id))
        .where(
            col(Representation.participant_id) == participant.id,
            col(Representation.case_id) == participant.case_id,
            col(Participant.case_id) == participant.case_id,
        )
    )
    return list((await (await act.session.connection()).execute(query)).all())


async def _addressees(act: Act, case_id: UUID) -> dict[UUID, date | None]:
    """Those who are in the case now, with their day of birth, if it is known."""
    query: Any = (
        sa.select(col(Participant.id), col(Person.born_on))
        .select_from(Participant)
        .outerjoin(Person, col(Person.participant_id) == col(Participant.id))
        .where(
            col(Participant.case_id) == case_id,
            col(Participant.kind) == ParticipantKind.ADDRESSEE.value,
            col(Participant.left_on).is_(None),
            col(Participant.merged_into_id).is_(None),
        )
        .order_by(col(Participant.id))
    )
    return {row.id: row.born_on for row in (await (await act.session.connection()).execute(query)).all()}


async def _children(act: Act, case_id: UUID) -> list[UUID]:
    """Those who are not of age; and those of whom it is not known."""
    there = await _addressees(act, case_id)
    return [id for id, born_on in there.items() if born_on is None or majority(born_on) > act.now]
