"""By what somebody asks whether a family is known: a keyed digest of name and day of birth (HMAC-SHA-256, with a key of
the authority), beside the person it is of. Nobody can read a name in it, nor try names without the key."""

import unicodedata
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field

from service.domain.cases.model import ParticipantKind
from service.domain.rows import Scoped, Shape, moment, own_id, reference, secured
from service.storage.data_keys import DataKeys

if TYPE_CHECKING:
    from psycopg import Connection

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


@secured(Shape.APPENDED)
class FamilyInquiry(Scoped, table=True):
    """Somebody has asked whether a family is known: who, when, why, and what they were told. Not about whom."""

    __tablename__ = "family_inquiry"
    __table_args__ = (sa.Index("family_inquiry_actor", "actor_id", "asked_at"),)

    id: UUID = own_id()
    actor_id: UUID = reference("actor", index=False)
    because: str = Field(sa_type=sa.Text)
    known: bool
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


def digest_persons(connection: "Connection[Any]", keys: DataKeys) -> int:
    """The digests of all families anew, by the first key, as a login that row-level security does not hold for; how
    many there are."""
    kinds = [kind.value for kind in FAMILY]
    persons = connection.execute(
        "SELECT person.authority_id, participant_id, person.case_id, name, born_on FROM person"
        " JOIN participant ON participant.id = participant_id"
        " WHERE born_on IS NOT NULL AND kind = ANY (%s)",
        [kinds],
    ).fetchall()
    rows = [(row[0], row[1], row[2], digests_of(keys, row[0], row[3], row[4])[0]) for row in persons]
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO known_person (authority_id, participant_id, case_id, digest) VALUES (%s, %s, %s, %s)"
            " ON CONFLICT (participant_id) DO UPDATE SET digest = excluded.digest",
            rows,
        )
    return len(rows)
