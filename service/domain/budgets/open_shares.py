"""A case's share of what is open to others: finance pays it and does not learn whose it is (facts: DR5).

It has no case and no pseudonym. Its id is random, for one told from the clock would name the decision of that moment;
times are told by the day. That shares of one case are one case's, and those of another another's, a keyed digest tells:
released figures count cases by it, and nobody reads it."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from service.domain.act import Act
from service.domain.budgets.model import Commitment
from service.domain.budgets.purposes import OPEN_TO_OTHERS
from service.domain.cases.model import Case
from service.domain.context import text
from service.domain.policy import Reader, Row
from service.storage.data_keys import DataKeys

HEX = 32  # digits of a digest that make an id


def case_digest(act: Act, case: Case) -> UUID:
    """The same for all shares of a case: by the last of the data keys, which stays when a new one is put before it."""
    return UUID(hex=act.keys().digests(str(case.id), _purpose(case.authority_id))[-1][:HEX])


def families(
    keys: DataKeys, authority_id: UUID, cases: Iterable[tuple[UUID, UUID]], digests: Iterable[UUID]
) -> dict[UUID, UUID]:
    """For each of the digests the one that its family counts by, by whichever data key they were made; none for those
    that no key makes. `cases`: each with the one that goes on in its place, or itself."""
    purpose, wanted = _purpose(authority_id), {digest.hex: digest for digest in digests}
    return {
        wanted[made[:HEX]]: UUID(hex=keys.digests(str(goes_on), purpose)[0][:HEX])
        for case_id, goes_on in cases
        for made in keys.digests(str(case_id), purpose)
        if made[:HEX] in wanted
    }


def _purpose(authority_id: UUID) -> str:
    return f"open shares {authority_id}"


def at_which_is_told(row: Row, reader: Reader) -> sa.ColumnElement[Any]:
    """Of a posting: a moment that it shares with another would name the case of both."""
    share = Commitment.__table__.alias()  # type: ignore[attr-defined]
    of_it = sa.exists().where(share.c.id == row.subject_id, share.c.purpose_kind == text(OPEN_TO_OTHERS))
    midnight = sa.cast(row.value_on, sa.DateTime())
    day = sa.func.timezone(text("Europe/Berlin"), midnight, type_=sa.DateTime(timezone=True))
    return sa.case((of_it.correlate_except(share), day), else_=row.at)
