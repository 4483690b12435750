"""What somebody has already created: so that a request sent twice is done once.

A receipt keeps the id the client made, and a short digest of each field it came with: enough to tell «the same again»
from «the same id for something else» and to name what differs; not enough to learn the content."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from service.domain.rows import Shape, moment, secured


@secured(Shape.OWN)
class Receipt(SQLModel, table=True):
    __tablename__ = "receipt"

    actor_id: UUID = Field(primary_key=True)
    key: str = Field(primary_key=True, sa_type=sa.Text)
    operation: str = Field(sa_type=sa.Text)
    digests: dict[str, str] = Field(sa_type=JSONB)
    subject_id: UUID
    at: datetime = moment(now=True)


def digests(content: Mapping[str, Any], key: str) -> dict[str, str]:
    """Keyed by the id, so that equal words in two receipts do not look equal; four bytes, so that many texts fit."""
    return {
        name: hashlib.blake2b(orjson.dumps(value, default=str), digest_size=4, key=key.encode()[:64]).hexdigest()
        for name, value in content.items()
    }
