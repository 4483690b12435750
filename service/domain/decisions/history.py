"""What has changed in an arrangement, and what it was made of, month by month. It is shown as it is: there is no
target, and nothing is summed over cases (settled: Cases and people)."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field as Told
from sqlmodel import Field, col, update

from service.domain.act import Act
from service.domain.decisions import policy
from service.domain.decisions.model import (
    Arrangement,
    ArrangementElement,
    ElementKind,
    ElementState,
    Extent,
    SupportKind,
    SupportPlace,
    numeric,
)
from service.domain.decisions.views import ArrangementView, ElementView
from service.domain.decisions.wording import ELEMENT_KINDS, ELEMENT_STATES
from service.domain.rows import Scoped, Shape, ids, moment, one_of, own_id, reference, secured, word, words
from service.domain.values import Money
from service.domain.views import Default, Holds, Many, One, Record, Shown, Sql, link, view
from service.domain.words import label

SHOWN = (
    *("kind", "what", "state", "participant_id", "goal_ids", "organisation_id", "support_kind", "support_place"),
    *("hours_per_week", "starts_on", "ends_on", "cost"),
)
"""What of an element is kept of each of its editions."""
LAST = 2**31 - 1


class ElementChangeKind(StrEnum):
    """What became of an element."""

    ADDED = "added"  # it came to the arrangement
    CHANGED = "changed"  # something of it is different
    ENDED = "ended"  # it is no part of the arrangement any more


@secured(Shape.CASE)
class ElementChange(Scoped, Extent, table=True):
    """An element as it was from one edition of its arrangement on; never changed itself. `changed` names what is other
    than before."""

    __tablename__ = "element_change"
    __table_args__ = (
        one_of("change", ElementChangeKind),
        sa.Index("element_change_edition", "arrangement_id", "edition", unique=True),
    )

    id: UUID = own_id()
    case_id: UUID = reference("case_file")
    arrangement_id: UUID = reference("support_arrangement", index=False)
    element_id: UUID = reference("arrangement_element")
    edition: int
    change: str = word()
    changed: list[str] = words()
    kind: str = word()
    what: str = Field(sa_type=sa.Text)
    state: str = word()
    participant_id: UUID = reference("participant", index=False)
    goal_ids: list[UUID] = ids()
    organisation_id: UUID | None = reference("organisation", optional=True, index=False)
    support_kind: str | None = word(optional=True)
    support_place: str | None = word(optional=True)
    cost: Decimal | None = numeric(14)
    at: datetime = moment(now=True)


def _after() -> Default:
    return Default(
        "from the beginning", lambda today: 0, holds=Holds("Later than this edition", sa.Integer(), _is_after)
    )


def _up_to() -> Default:
    holds = Holds("Not later than this edition", sa.Integer(), _is_up_to)
    return Default("to the present one", lambda today: LAST, holds=holds)


def _is_after(row: Any, edition: Any) -> sa.ColumnElement[bool]:
    return row.edition > edition  # type: ignore[no-any-return]


def _is_up_to(row: Any, edition: Any) -> sa.ColumnElement[bool]:
    return row.edition <= edition  # type: ignore[no-any-return]


@view(
    ElementChange,
    policy.READ,
    plural="element_changes",
    filters=("case_id", "arrangement_id", "element_id", "after_edition", "up_to_edition"),
    orders=("edition",),
    subject="case_id",
    defaults={"after_edition": _after(), "up_to_edition": _up_to()},
)
class ElementChangeView(Record):
    """What changed in an arrangement with one of its editions: an element was added, changed or ended, and what it is
    since. Between two editions, `after_edition` and `up_to_edition` say which."""

    id: UUID
    case_id: UUID
    arrangement_id: UUID
    element_id: UUID
    edition: int = Told(description="Of the arrangement; counted up with every change.")
    change: ElementChangeKind = Told(description="What became of the element.")
    changed: list[str] = Told(description="The names of the fields that are other than before.")
    kind: ElementKind
    kind_label: Annotated[str, Sql(label("kind", ELEMENT_KINDS))] = Told(description="In your language.")
    what: str
    state: ElementState
    state_label: Annotated[str, Sql(label("state", ELEMENT_STATES))] = Told(description="In your language.")
    participant_id: UUID = Told(description="The young person or adult it is for.")
    goal_ids: list[UUID] = Told(description="The goals it serves.")
    organisation_id: UUID | None = Told(description="The provider.")
    support_kind: SupportKind | None
    support_place: SupportPlace | None
    hours_per_week: Money | None
    starts_on: date | None
    ends_on: date | None
    cost: Annotated[Money | None, Shown(policy.READ_REASONS)] = Told(
        description="What it costs the agency in all, EUR."
    )
    at: datetime
    withheld: list[str]


class MixOfMonth:
    """A view of the database, of `0030_arrangement_in_full.sql`."""

    __table__ = sa.Table(
        "arrangement_mix",
        sa.MetaData(),
        sa.Column("key", sa.Text(), primary_key=True),
        *(sa.Column(name, sa.Uuid(), nullable=False) for name in ("authority_id", "case_id", "arrangement_id")),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("elements", sa.Integer(), nullable=False),
    )


@view(
    MixOfMonth,
    policy.READ,
    plural="arrangement_mix",
    key="key",
    filters=("case_id", "arrangement_id", "kind"),
    orders=("month",),
    subject="case_id",
    single=False,
)
class ArrangementMixView(Record):
    """How many contributions of a kind an arrangement had in a month, up to this one: as it is, without a target."""

    key: str = Told(description="The arrangement, the month and the kind.")
    case_id: UUID
    arrangement_id: UUID
    month: date = Told(description="Its first day.")
    kind: ElementKind
    kind_label: Annotated[str, Sql(label("kind", ELEMENT_KINDS))] = Told(description="In your language.")
    elements: int = Told(description="That went on at some time of the month.")


link(ArrangementView, "element_changes", Many("arrangement_id"), ElementChangeView)
link(ElementView, "element_changes", Many("element_id"), ElementChangeView)
link(ElementChangeView, "element", One("element_id"), ElementView)
link(ArrangementView, "arrangement_mix", Many("arrangement_id"), ArrangementMixView)


async def begin(act: Act, element: ArrangementElement) -> ArrangementElement:
    """A new element, and the edition of its arrangement that it makes."""
    act.add(element)
    await act.session.flush()
    await _keep(act, element, ElementChangeKind.ADDED, [])
    return element


async def alter(act: Act, element: ArrangementElement, **values: Any) -> None:
    """Changes an element and keeps what it is now, as the next edition of its arrangement."""
    before = {name: getattr(element, name) for name in SHOWN}
    act.change(element, **values)
    changed = [name for name in SHOWN if getattr(element, name) != before[name]]
    if not changed:
        return
    await act.session.flush()
    ended = "state" in changed and element.state == ElementState.ENDED
    await _keep(act, element, ElementChangeKind.ENDED if ended else ElementChangeKind.CHANGED, changed)


async def _keep(act: Act, element: ArrangementElement, change: ElementChangeKind, changed: list[str]) -> None:
    """The arrangement's own version stays: nobody who is changing its title has to begin anew for it."""
    counted = update(Arrangement).where(col(Arrangement.id) == element.arrangement_id)
    counted = counted.values(edition=Arrangement.edition + 1)
    connection = await act.session.connection()
    edition = (await connection.execute(counted.returning(col(Arrangement.edition)))).scalar_one()
    act.add(
        ElementChange(
            authority_id=element.authority_id,
            case_id=element.case_id,
            arrangement_id=element.arrangement_id,
            element_id=element.id,
            edition=edition,
            change=change.value,
            changed=changed,
            **{name: getattr(element, name) for name in SHOWN},
        )
    )
