"""Official kinds and places of support, for whoever chooses one or reports: data, for everybody.

Retyped from the record layout «Jugendhilfe Teil I, Statistik der erzieherischen Hilfe» of the statistical offices of
the Federation and the Länder (an official work; undated, so that a real export checks it anew)."""

from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field as Told
from sqlmodel import Field, SQLModel

from service.domain.policy import EVERYONE
from service.domain.rows import Shape, one_of, own_id, secured, word
from service.domain.views import Record, view


class CodeList(StrEnum):
    """Fields EF4 (Art der Hilfe) and EF5 (Ort der Durchführung)."""

    SUPPORT_KIND = "support_kind"  # EF4: kinds of support (Art der Hilfe)
    SUPPORT_PLACE = "support_place"  # EF5: where it takes place (Ort der Durchführung)


@secured(Shape.PUBLIC)
class OfficialCode(SQLModel, table=True):
    """One entry; `word` is how this service writes it."""

    __tablename__ = "official_code"
    __table_args__ = (
        one_of("code_list", CodeList),
        sa.Index("official_code_order", "code_list", "key", unique=True),
    )

    id: UUID = own_id()
    code_list: str = word()
    key: str = Field(sa_type=sa.Text)
    word: str = Field(sa_type=sa.Text)
    name: str = Field(sa_type=sa.Text)
    paragraph: str | None = Field(default=None, sa_type=sa.Text)


@view(OfficialCode, EVERYONE, plural="official_codes", filters=("code_list",), orders=("key",))
class OfficialCodeView(Record):
    """A kind or a place of support, as the official statistic of child and youth welfare names it (in German)."""

    id: UUID
    code_list: CodeList = Told(description="Kinds or places of support.")
    key: str = Told(description="In the statistic, such as 05.")
    word: str = Told(description="In this service: `support_kind` or `support_place` of an element.")
    name: str = Told(description="The official name.")
    paragraph: str | None = Told(description="Of SGB VIII; of kinds of support.")
