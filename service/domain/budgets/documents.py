"""A document that stands somewhere else, as a row names it."""

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

_ALL = ("name", "location", "media_type", "size", "digest")
ALL_OR_NONE = f"num_nulls({', '.join(f'document_{name}' for name in _ALL)}) IN (0, {len(_ALL)})"


class Documented(SQLModel):
    """Where a document is filed, and how it is told from any other; all of it, or nothing. `document_size` in bytes;
    `document_digest`: SHA-256, in hex."""

    document_name: str | None = Field(default=None, sa_type=sa.Text)
    document_location: str | None = Field(default=None, sa_type=sa.Text)
    document_media_type: str | None = Field(default=None, sa_type=sa.Text)
    document_size: int | None = Field(default=None, sa_type=sa.BigInteger)
    document_digest: str | None = Field(default=None, sa_type=sa.Text)
