"""By what somebody asks whether a family is known: a keyed digest of name and day of birth (HMAC-SHA-256, with a key of
the authority), beside the person it is of. Nobody can read a name in it, nor try names without the key."""

import unicodedata
from collections.abc import Iterator
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field

from service.domain.cases.model import ParticipantKind
from service.domain.rows import Scoped, Shape, ids, moment, one_of, own_id, reference, secured
from service.storage.data_keys import DataKeys

if TYPE_CHECKING:
    from psycopg import Connection

BATCH = 500  # people whose digests are made in one transaction

FAMILY = (ParticipantKind.ADDRESSEE, ParticipantKind.CUSTODIAN)
_WRITTEN_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "o", "ł": "l", "đ": "d"})


@secured(Shape.AUTHORITY)
class KnownPerson(Scoped, table=True):
    """That somebody of this digest is, or was, in a case as one of its family."""

    __tablename__ = "known_person"
    __table_args__ = (sa.Index("known_person_digest", "authority_id", "digest"),)

    participant_id: UUID = Field(primary_key=True, foreign_key="participant.id")
    case_id: UUID = reference("case_file")
    digest: str = Field(sa_type=sa.Text)
    made_with: str = Field("", sa_type=sa.Text, sa_column_kwargs={"server_default": ""})
    """The name of the data key that made it; empty in those from before this was written down."""


class InquiryPurpose(StrEnum):
    """What somebody asks for (§ 64(1) SGB VIII): it decides whether the family is told."""

    CASE_WORK = "case_work"  # to help: the family is told
    PROTECTION = "protection"  # to protect a child


@secured(Shape.APPENDED)
class FamilyInquiry(Scoped, table=True):
    """Somebody has asked whether a family is known: who, when, why, and what they were told. Not about whom; only an
    inquiry to protect a child, which the record keeps apart from the family's case, says here which cases it was."""

    __tablename__ = "family_inquiry"
    __table_args__ = (
        sa.Index("family_inquiry_actor", "actor_id", "asked_at"),
        one_of("purpose", InquiryPurpose),
        sa.CheckConstraint("purpose = 'protection' OR case_ids = '{}'", name="apart"),
    )

    id: UUID = own_id()
    actor_id: UUID = reference("actor", index=False)
    purpose: str = Field(sa_type=sa.Text, sa_column_kwargs={"server_default": InquiryPurpose.CASE_WORK.value})
    because: str = Field(sa_type=sa.Text)
    known: bool
    case_ids: list[UUID] = ids()
    asked_at: datetime = moment(now=True)


def normalised(name: str) -> str:
    """However somebody writes it: without case and accents, umlauts written out, in whatever order its parts stand."""
    plain = unicodedata.normalize("NFKC", name).casefold().translate(_WRITTEN_OUT)
    letters = (each for each in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(each))
    parts = "".join(each if each.isalnum() else " " for each in letters).split()
    return " ".join(sorted(parts))


def digests_of(keys: DataKeys, authority_id: UUID | str, name: str, born_on: date) -> list[str]:
    """One by each key, the one to be kept first."""
    return keys.digests(f"{normalised(name)} {born_on.isoformat()}", f"known persons {authority_id}")


_UNDIGESTED = """
    SELECT FROM person JOIN participant ON participant.id = participant_id
    WHERE born_on IS NOT NULL AND kind = ANY (%s)
      AND NOT EXISTS (SELECT FROM known_person AS known WHERE known.participant_id = participant.id AND made_with <> '')
    LIMIT 1"""
_PERSONS = """
    SELECT person.authority_id, participant_id, name, born_on, digest, made_with, person.xmin::text AS written
    FROM person JOIN participant ON participant.id = participant_id LEFT JOIN known_person USING (participant_id)
    WHERE born_on IS NOT NULL AND kind = ANY (%(family)s) AND participant_id > %(last)s
    ORDER BY participant_id LIMIT %(most)s"""
# Whoever is written anew in between (moved to another case, say) is left to the next round; whoever is being moved is
# waited for.
_DIGEST = """
    INSERT INTO known_person (authority_id, participant_id, case_id, digest, made_with)
    SELECT authority_id, participant_id, case_id, %s, %s
    FROM person WHERE participant_id = %s AND xmin::text = %s FOR SHARE
    ON CONFLICT (participant_id) DO UPDATE SET digest = excluded.digest, made_with = excluded.made_with"""


def undigested(connection: "Connection[Any]") -> bool:
    """Whether somebody has no digest yet, or none that says which key made it: servers of a version before this add
    people without."""
    return connection.execute(_UNDIGESTED, [[kind.value for kind in FAMILY]]).fetchone() is not None


def digest_persons(connection: "Connection[Any]", keys: DataKeys) -> int:
    """Gives those a digest by the first key who have none yet, or one by an older key; how many. As a login that
    row-level security does not hold for, a few at a time while everybody works (autocommit)."""
    made, left = 0, True
    while left:
        left = False
        for due in _due(connection, keys):
            with connection.transaction(), connection.cursor() as cursor:
                cursor.executemany(_DIGEST, due)
                made += cursor.rowcount
                left |= cursor.rowcount < len(due)
    return made


def digests_due(connection: "Connection[Any]", keys: DataKeys) -> int:
    """How many that would be."""
    return sum(map(len, _due(connection, keys)))


def _due(connection: "Connection[Any]", keys: DataKeys) -> Iterator[list[tuple[str, str, UUID, str]]]:
    asked = {"family": [kind.value for kind in FAMILY], "last": UUID(int=0), "most": BATCH}
    while persons := connection.execute(_PERSONS, asked).fetchall():
        due = [
            (digest, keys.first, participant, written)
            for authority, participant, name, born_on, kept, made_with, written in persons
            if kept != (digest := digests_of(keys, authority, name, born_on)[0]) or made_with != keys.first
        ]
        if due:
            yield due
        asked["last"] = persons[-1][1]
