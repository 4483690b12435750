"""Who is told of an endangerment assessment: its team, as long as they work here, and nobody else. In it are whoever
leads the case now, or stands in there, and whom they have let in; any other access to the case, management and
oversight open nothing in it."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, array

from service.domain.policy import (
    PERSONAS_OF_ROLE,
    PROFESSIONAL,
    Action,
    Basis,
    Reader,
    Role,
    Row,
    Rule,
    involved,
    naming,
    working,
)
from service.domain.protection.model import EndangermentAssessment

_THERE = (Role.CASE_WORKER, Role.PROVIDER_WORKER)
_PERSONAS = frozenset().union(*(PERSONAS_OF_ROLE[role] for role in _THERE))

# A team names people; whoever has left their organisation, or lost the role, is out of it with the next request.
SERVING = Rule(
    lambda reader, row: sa.func.cardinality(reader.organisations(*_THERE)) > sa.literal_column("0"),
    "you work for an organisation here",
    _PERSONAS,
)


LEADING = involved(None, Basis.ASSIGNMENT)


def _in_team(reader: Reader, row: Row) -> sa.ColumnElement[bool]:
    return sa.or_(reader.id == sa.any_(row.team), LEADING.condition(reader, row))


def _in_its_team(reader: Reader, row: Row) -> sa.ColumnElement[bool]:
    assessment: Any = EndangermentAssessment.__table__.alias()  # type: ignore[attr-defined]
    found = sa.select(assessment.c.id).where(assessment.c.id == row.assessment_id, _in_team(reader, assessment.c))
    return found.correlate_except(assessment).exists()


def _in_one_of_my_teams(reader: Reader, row: Row) -> sa.ColumnElement[bool]:
    """Mine are found once, by indexes, and not for each row."""
    assessment: Any = EndangermentAssessment.__table__.alias()  # type: ignore[attr-defined]
    named = assessment.c.team.contains(array([reader.id]))
    mine = sa.select(assessment.c.id).where(sa.or_(named, LEADING.condition(reader, assessment.c)))
    found: sa.ColumnElement[bool] = row.case_id == sa.any_(
        sa.func.array(mine.scalar_subquery(), type_=ARRAY(sa.Uuid()))
    )
    return found


TEAM = Rule(_in_team, "you are in its team", _PERSONAS) & SERVING
OF_TEAM = Rule(_in_its_team, "you are in its team", _PERSONAS) & SERVING
# Advisers advise; what is found and done is the agency's to say (§ 8a(1) SGB VIII).
RESPONSIBLE = TEAM & working(Role.CASE_WORKER)

READ_ASSESSMENT = TEAM
READ_REPORT = (naming("reporter_id", "you have reported it") & SERVING) | OF_TEAM
READ_WITHIN = OF_TEAM
# Of what is due: there the assessment stands in place of the case.
READ_DUE_APART = Rule(_in_one_of_my_teams, "you are in its team", _PERSONAS) & SERVING

REPORT = Action("endangerment.report", involved(None, *PROFESSIONAL, case="id") & SERVING, apart=True)
ANSWER_REPORT = Action("endangerment.answer_report", OF_TEAM & working(Role.CASE_WORKER), apart=True)
MOVE_ON = Action("endangerment.move_on", RESPONSIBLE, apart=True)
JUDGE = Action("endangerment.judge", TEAM, apart=True)
FIND = Action("endangerment.find", RESPONSIBLE, apart=True)
AGREE_SAFETY_PLAN = Action("endangerment.agree_safety_plan", RESPONSIBLE, apart=True)
# Whom it is about is said by whoever sees the case's people.
NAME_ENDANGERED = Action("endangerment.name_endangered", LEADING & RESPONSIBLE, apart=True)
LET_IN = Action("endangerment.let_in", RESPONSIBLE, apart=True)
LET_OUT = Action("endangerment.let_out", RESPONSIBLE, apart=True)
