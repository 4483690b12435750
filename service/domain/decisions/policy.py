"""Who plans, applies and decides (facts, section 5). Only whoever leads a case for the public agency decides: members
of a provider have no vote in it (DR1), and management sees sketches."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from service.domain.cases.model import OVER, Case
from service.domain.policy import EVERYBODY, HEARD, PERSONAS_OF_BASIS, Action, Basis, Part, Reader, Row, Rule, involved

READ = involved(Part.ARRANGEMENT)


def _in_open_case(reader: Reader, row: Row) -> sa.ColumnElement[bool]:
    """Which of mine are not over is found out once, not for each row."""
    case: Any = Case.__table__.alias()  # type: ignore[attr-defined]
    mine = sa.select(case.c.id).where(
        case.c.id == sa.any_(reader.cases(Part.CONCERN, Basis.ASSIGNMENT)),
        case.c.state.not_in([sa.literal_column(f"'{state}'") for state in OVER]),
    )
    found: sa.ColumnElement[bool] = row.case_id == sa.any_(
        sa.func.array(mine.scalar_subquery(), type_=ARRAY(sa.Uuid()))
    )
    return found


_OPEN = Rule(
    _in_open_case,
    "you lead its case, and that is not over",
    PERSONAS_OF_BASIS[Basis.ASSIGNMENT],
)
LEADING = involved(Part.ARRANGEMENT, Basis.ASSIGNMENT)
FAMILY = involved(Part.ARRANGEMENT, Basis.SELF, Basis.REPRESENTATION)
READ_WORDS = LEADING | FAMILY
READ_PERSPECTIVE = READ_WORDS & HEARD
READ_REASONS = READ_WORDS | involved(Part.ARRANGEMENT, Basis.AUDIT)
# One that was entered in the wrong case is for whoever leads that and for audits; others learn that it was annulled.
READ_DECISION = (
    READ & Rule(lambda reader, row: row.annulled_on.is_(None), "it was not annulled", EVERYBODY)
) | involved(Part.ARRANGEMENT, Basis.ASSIGNMENT, Basis.AUDIT)
READ_SETTING = READ & HEARD
# All that has a day in the cases one leads: their steps are heard, or not, as anywhere else.
READ_DUE = _OPEN & HEARD

DRAFT = Action("arrangement.draft", involved(Part.ARRANGEMENT, Basis.ASSIGNMENT, case="id"))
ADD_ELEMENT = Action("element.add", LEADING)
CHANGE_ELEMENT = Action("element.change", LEADING)
START_ELEMENT = Action("element.start", LEADING)
APPLY = Action("element.apply", LEADING | FAMILY)
TELL_CUSTODIANS = Action("element.tell_custodians", LEADING)
CLEAR_UP_PERSPECTIVE = Action("perspective.clear_up", LEADING)
DECIDE = Action("element.decide", LEADING)
END_ELEMENT = Action("element.end", LEADING)
PLAN_REVIEW = Action(
    "review.plan", involved(Part.ARRANGEMENT, Basis.ASSIGNMENT, Basis.SELF, Basis.REPRESENTATION, case="id")
)
RECORD_SETTING = Action("setting.record", involved(Part.ARRANGEMENT, Basis.ASSIGNMENT, case="id"))
HOLD_REVIEW = Action("review.hold", LEADING)
MOVE_REVIEW = Action("review.move", LEADING)
DROP_REVIEW = Action("review.drop", LEADING)
