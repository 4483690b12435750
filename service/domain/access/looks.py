"""What a look tells: what was done to which kind of thing, why whoever it was had access, and for whom they worked."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, array

from service.domain.access import policy
from service.domain.access.model import CaseAccess, Membership, Organisation
from service.domain.access.topics import LOOKING, TOPIC_OF, Way
from service.domain.access.wording import OTHERS, TOPICS, WAYS
from service.domain.context import text
from service.domain.policy import Reader, Row
from service.domain.words import Saying

accesses: Any = CaseAccess.__table__  # type: ignore[attr-defined]
memberships: Any = Membership.__table__  # type: ignore[attr-defined]
organisations: Any = Organisation.__table__  # type: ignore[attr-defined]


def _in_words(sayings: Mapping[Any, Saying], value: sa.ColumnElement[Any], reader: Reader) -> sa.ColumnElement[Any]:
    return sa.case({str(each): text(said[reader.language]) for each, said in sayings.items()}, value=value)


def way(row: Row, reader: Reader) -> sa.ColumnElement[str]:
    ways = {"read": text(Way.READ), "nothing": text(Way.READ), "done": text(Way.CHANGED)}
    said = sa.case(ways, value=row.outcome, else_=text(Way.REFUSED))
    looked = sa.and_(row.outcome == text("done"), row.action.in_([text(each) for each in LOOKING]))
    return sa.case((looked, text(Way.READ)), else_=said)


def way_label(row: Row, reader: Reader) -> sa.ColumnElement[Any]:
    return _in_words(WAYS, way(row, reader), reader)


def topics(row: Row, reader: Reader) -> sa.ColumnElement[Any]:
    words = sa.case(
        (row.action.like("read %"), sa.func.string_to_array(sa.func.substr(row.action, 6), text(" "))),
        else_=sa.func.array_append(array([], type_=sa.Text()), sa.func.split_part(row.action, text("."), 1)),
    )
    each = sa.func.unnest(words, type_=sa.Text()).column_valued("each")
    topic = sa.case({name: text(topic) for name, topic in TOPIC_OF.items()}, value=each)
    query = sa.select(topic.label("topic")).where(topic.is_not(None)).distinct().order_by(sa.literal_column("1"))
    return sa.func.array(query.scalar_subquery(), type_=ARRAY(sa.Text()))


def why(row: Row, reader: Reader) -> sa.ColumnElement[Any]:
    return _in_words(OTHERS, basis(row, reader), reader)


def topics_label(row: Row, reader: Reader) -> sa.ColumnElement[Any]:
    each = sa.func.unnest(topics(row, reader), type_=sa.Text()).column_valued("topic")
    listed = sa.func.array(sa.select(_in_words(TOPICS, each, reader)).scalar_subquery(), type_=ARRAY(sa.Text()))
    return sa.func.array_to_string(listed, text(", "))


def basis(row: Row, reader: Reader) -> sa.ColumnElement[Any]:
    """The last of their accesses to the case that had begun by then."""
    access = accesses.alias()
    query = sa.select(access.c.basis).where(
        access.c.case_id == row.case_id, access.c.actor_id == row.actor_id, access.c.valid_from <= row.at
    )
    return query.order_by(access.c.valid_from.desc(), access.c.id).limit(1).correlate_except(access).scalar_subquery()


def _works(row: Row, column: Any) -> sa.ColumnElement[Any]:
    """Of the membership they had at that moment; of somebody who is in the case for themselves nothing."""
    both = memberships.join(organisations, organisations.c.id == memberships.c.organisation_id)
    query: Any = sa.select(column).select_from(both)
    query = query.where(
        memberships.c.actor_id == row.actor_id,
        memberships.c.valid_from <= row.at,
        sa.or_(memberships.c.valid_to.is_(None), memberships.c.valid_to > row.at),
    )
    query = query.order_by(memberships.c.valid_from, memberships.c.id).limit(1)
    query = query.correlate_except(memberships, organisations)
    found: sa.ColumnElement[Any] = query.scalar_subquery()
    return sa.case((policy.by_staff(row), found))


def function(row: Row, reader: Reader) -> sa.ColumnElement[Any]:
    return _works(row, memberships.c.function)


def organisation(row: Row, reader: Reader) -> sa.ColumnElement[Any]:
    return _works(row, organisations.c.name)
