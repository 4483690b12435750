"""What somebody has already created: so that a request sent twice is done once.

A receipt keeps the id the client made, and a short keyed digest of each field it came with: enough to tell «the same
again» from «the same id for something else» and to name what differs. Without the data keys nobody can try names or
words against it. Whoever works without those (long work) keeps no digests, and compares none."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from service.domain.rows import Shape, moment, secured
from service.storage.data_keys import DataKeys

PURPOSE, LENGTH = "receipts", 8  # in hexadecimal digits


@secured(Shape.OWN)
class Receipt(SQLModel, table=True):
    __tablename__ = "receipt"

    actor_id: UUID = Field(primary_key=True)
    key: str = Field(primary_key=True, sa_type=sa.Text)
    operation: str = Field(sa_type=sa.Text)
    digests: dict[str, str] = Field(sa_type=JSONB)
    subject_id: UUID
    at: datetime = moment(now=True)


def digests(content: Mapping[str, Any], id: str, keys: DataKeys | None) -> list[dict[str, str]]:
    """By each of the keys, those of the first one first. With the id in it, so that equal words in two receipts do not
    look equal."""
    if keys is None:
        return []
    texts = (orjson.dumps([id, name, value], default=str).decode() for name, value in content.items())
    of_keys = zip(*(keys.digests(text, PURPOSE) for text in texts), strict=True)
    return [{name: digest[:LENGTH] for name, digest in zip(content, found, strict=True)} for found in of_keys]


def differing(kept: Any, again: Mapping[str, Any]) -> list[str]:
    """What of a request that comes again is not as its receipt has it."""
    apart = {"operation": kept.operation != again["operation"], "on": kept.subject_id != again["subject_id"]}
    fields = differing_fields(kept.digests, again["digests"])
    if "operation" in fields and not apart["operation"]:
        fields = []  # kept with a key that is not here: there is nothing to compare
    return sorted({*fields, *(name for name in apart if apart[name])})


def differing_fields(kept: Mapping[str, str], again: Sequence[Mapping[str, str]]) -> list[str]:
    """By the key they were kept with: by any other, all would differ. None, where there is nothing to compare."""
    found = ([name for name in sorted({*kept, *each}) if kept.get(name) != each.get(name)] for each in again if kept)
    return min(found, key=len, default=[])
