"""That something was taken out of a case: who did it, when and why. Nothing vanishes without a trace: whoever wrote it,
whoever had read it there, and whoever audits the case still learn that it was there (facts, PR4; § 84 SGB X)."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field as Told
from sqlmodel import Field

from service.domain.cases import policy
from service.domain.cases.model import Audience, Heard
from service.domain.cases.views import CaseView
from service.domain.policy import Part
from service.domain.rows import Scoped, Shape, moment, one_of, own_id, reference, secured, word
from service.domain.views import Many, Record, Shown, Sql, link, view
from service.domain.words import label, saying


class EntryKind(StrEnum):
    """What can be taken out: what those who work on a case have written into it. Other people's words are their own."""

    SUGGESTION = "suggestion"  # what was suggested
    SITUATION_ENTRY = "situation_entry"  # how things are, as written down
    GOAL = "goal"  # what somebody wants to reach
    STEP = "step"  # what is to be done
    PROVIDER_RECORD = "provider_record"  # what a provider has reported
    DECISION = "decision"  # what was granted or refused
    SETTING_CHANGE = "setting_change"  # that help takes place elsewhere
    CONSULTATION_ENTRY = "consultation_entry"  # what was said in a consultation
    PERSPECTIVE = "perspective"  # where somebody is to live in the long run


class WithdrawnBecause(StrEnum):
    """Why something does not belong where it stands. A decision is only ever taken out of the wrong case."""

    WRONG_CASE = "wrong_case"
    SOMEBODY_ELSE = "somebody_else"
    INCORRECT = "incorrect"
    NOT_NEEDED = "not_needed"


WITHDRAWN_BECAUSE = {
    WithdrawnBecause.WRONG_CASE: saying(
        "In den falschen Fall eingetragen.", "Entered in the wrong case.", "Das gehört nicht in diesen Fall."
    ),
    WithdrawnBecause.SOMEBODY_ELSE: saying(
        "Es handelt von jemand anderem.", "It is about somebody else.", "Da ging es um einen anderen Menschen."
    ),
    WithdrawnBecause.INCORRECT: saying("Es ist nicht richtig.", "It is not correct.", "Das stimmt nicht."),
    WithdrawnBecause.NOT_NEEDED: saying(
        "Es wird für die Hilfe nicht gebraucht.",
        "It is not needed for the help.",
        "Das brauchen wir für die Hilfe nicht.",
    ),
}


@secured(Shape.CASE)
class Withdrawal(Scoped, Heard, table=True):
    """Something was taken out of this case. Author and audience are what those of the entry were, `part` is the part of
    the case that it belonged to; the entry itself stays on record."""

    __tablename__ = "withdrawal"
    __table_args__ = (
        one_of("kind", EntryKind),
        one_of("part", Part),
        one_of("because", WithdrawnBecause),
        one_of("audience", Audience),
    )

    id: UUID = own_id()
    case_id: UUID = reference("case_file")
    kind: str = word()
    entry_id: UUID = Field(index=True)
    part: str = word()
    because: str = word()
    reason: str = Field(sa_type=sa.Text)
    into_case_id: UUID | None = reference("case_file", optional=True, index=False)
    withdrawn_by_id: UUID = reference("actor", index=False)
    withdrawn_at: datetime = moment(now=True)


@view(
    Withdrawal,
    policy.READ_WITHDRAWAL,
    plural="withdrawals",
    filters=("case_id", "kind", "entry_id"),
    orders=("withdrawn_at",),
    subject="case_id",
)
class WithdrawalView(Record):
    """Something was taken out of a case: what sort of thing, by whom, when and why. Not what it said."""

    id: UUID
    case_id: UUID = Told(description="Out of which case.")
    kind: EntryKind = Told(description="What sort of entry it was.")
    entry_id: UUID = Told(description="Which one.")
    author_id: UUID = Told(description="Who had written it.")
    because: WithdrawnBecause = Told(description="Why it does not belong there.")
    because_label: Annotated[str, Sql(label("because", WITHDRAWN_BECAUSE))] = Told(description="In your language.")
    reason: str = Told(description="Why, in the words of whoever took it out.")
    into_case_id: Annotated[UUID | None, Shown(policy.READ_INTO_CASE)] = Told(
        description="Where it stands now, if it was moved. For whoever has access to that case, too."
    )
    withdrawn_by_id: UUID = Told(description="Who took it out.")
    withdrawn_at: datetime = Told(description="When.")
    withheld: list[str]


link(CaseView, "withdrawals", Many("case_id"), WithdrawalView, "What was taken out of it, and why.")
