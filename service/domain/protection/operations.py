"""From a report to the conclusion (facts, section 4): several professionals, a specialised adviser, a safety plan.

Nothing waits for it in the case: a child in urgent danger is taken into care at once (§ 8a(2), § 42 SGB VIII), whatever
state is written down here."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field, model_validator
from sqlmodel import col, select

from service.domain.access.model import CaseAccess
from service.domain.access.operations import leading
from service.domain.act import Act, Command, Guard, operation
from service.domain.cases.model import Case, Participant, ParticipantKind
from service.domain.errors import DomainError, InvalidInput
from service.domain.policy import Reader, Row
from service.domain.protection import policy
from service.domain.protection.model import (
    EndangermentAssessment,
    EndangermentFinding,
    EndangermentJudgement,
    EndangermentReport,
    EndangermentState,
    SafetyPlan,
)
from service.domain.protection.views import (
    EndangermentAssessmentView,
    EndangermentJudgementView,
    EndangermentReportView,
    SafetyPlanView,
)
from service.domain.values import ClientId, Day, Line, Words, new_id

S = EndangermentState
FOUND = (S.NO_DANGER, S.NEED_FOR_HELP, S.LATENT, S.ACUTE)
ACTED = (S.SAFETY_PLAN, S.COURT, S.TAKING_INTO_CARE)
UNCONCLUDED = tuple(state for state in S if state is not S.CONCLUDED)


@dataclass(eq=False)
class SeveralProfessionals(DomainError):
    code, title = "several-professionals", "At least two professionals assess it, each for themselves."
    advice = (
        "POST /v1/endangerment-assessments/{id}/judgements, by each of them in this round; advisers do not count. "
        "Let a colleague in: POST /v1/endangerment-assessments/{id}/let-in."
    )


@dataclass(eq=False)
class NobodyLeads(DomainError):
    code, title = "nobody-leads", "Nobody leads this case at the moment."
    advice = "The social-space management names somebody: POST /v1/leads. Until then ring the agency."


def _two_professionals(reader: Reader, row: Row) -> sa.ColumnElement[bool]:
    """Whoever has advised in this round is none of them, whatever else they say in it."""
    table: Any = EndangermentJudgement.__table__  # type: ignore[attr-defined]
    judgement, advice = table.alias(), table.alias()
    advised = sa.select(advice.c.id).where(
        advice.c.assessment_id == row.id,
        advice.c.round == row.round,
        advice.c.author_id == judgement.c.author_id,
        advice.c.as_adviser,
    )
    there = sa.select(sa.func.count(sa.distinct(judgement.c.author_id)) >= sa.literal_column("2")).where(
        judgement.c.assessment_id == row.id,
        judgement.c.round == row.round,
        sa.not_(advised.correlate_except(advice).exists()),
    )
    found: sa.ColumnElement[bool] = there.correlate_except(judgement).scalar_subquery()
    return found


TWO_PROFESSIONALS = Guard(
    _two_professionals, "at least two professionals have judged it in this round", SeveralProfessionals
)


class ReportEndangerment(Command):
    """What you have noticed, in which case."""

    id: ClientId
    case_id: UUID
    words: Words = Field(description="What was seen and heard, and when.")
    endangered: list[UUID] = Field(
        default_factory=list, max_length=20, description="Whom it is about: addressees of the case, as far as you know."
    )
    told_by: Line | None = Field(
        None,
        description="Who has told you, by function and never by name: a school, a neighbour. Left out: you yourself.",
    )
    anonymous: bool = Field(False, description="Whoever told it did not say who they are.")
    own_assessment: Words | None = Field(None, description="Of a provider: what its own assessment came to.")
    adviser: Line | None = Field(None, description="The specialised adviser it was assessed with, by function.")
    involvement: Words | None = None

    @model_validator(mode="after")
    def _told_or_anonymous(self) -> "ReportEndangerment":
        if self.anonymous and self.told_by is not None:
            raise ValueError("say who has told it, by function, or that it is anonymous, one of both")
        return self


class AnswerEndangermentReport(Command):
    """All that whoever reported it may be told (§ 64(4) SGB VIII)."""

    confirmed: bool = Field(description="Whether it was confirmed.")
    acted: bool = Field(description="Whether the agency has acted.")


class JudgeEndangerment(Command):
    """How you see it."""

    id: ClientId
    worries: Words
    working_well: Words
    what_needs_to_happen: Words
    finding: EndangermentFinding


class FindEndangerment(Command):
    """What you have found together."""

    finding: EndangermentFinding
    reasons: Words = Field(description="Why you find so.")
    involvement: Words


class AgreeSafetyPlan(Command):
    """Who does what, until when."""

    id: ClientId
    agreements: Words
    agreed_with: Words
    who_checks: Words
    review_on: Day = Field(description="When you look at it together again.")


class RecordMeasure(Command):
    """What was done, and why nothing less would do."""

    reasons: Words = Field(description="What was done, and why nothing less would do.")


class ConcludeEndangerment(Command):
    """How it ended."""

    outcome: Words = Field(description="How it ended.")


@operation(policy.REPORT, within=Case, answers=EndangermentReportView, raises=(NobodyLeads,))
async def report_endangerment(act: Act, command: ReportEndangerment) -> EndangermentReport:
    """Report weighty indications that a child is endangered (§ 8a(1), (4) SGB VIII). Whoever leads the case assesses
    them, with a team of their own. In urgent danger ring, and do not wait for an answer here."""
    case = await act.load(Case, command.case_id)
    if (await act.session.exec(leading(col(CaseAccess.case_id) == case.id))).first() is None:
        raise NobodyLeads
    await require_addressees(act, case.id, command.endangered)
    assessment = EndangermentAssessment(
        id=new_id(),
        authority_id=case.authority_id,
        case_id=case.id,
        case_pseudonym=case.pseudonym,
        endangered=list(dict.fromkeys(command.endangered)),
        reported_on=act.today,
    )
    # Not by the session: that would read the row back, which whoever reports need not see.
    table: Any = EndangermentAssessment.__table__  # type: ignore[attr-defined]
    given = assessment.model_dump(exclude={"created_at", "updated_at"})
    await (await act.session.connection()).execute(table.insert().values(given).inline())
    return act.add(
        EndangermentReport(
            authority_id=case.authority_id,
            assessment_id=assessment.id,
            reporter_id=act.actor.id,
            **command.model_dump(exclude={"case_id", "endangered"}),
        )
    )


@operation(policy.ANSWER_REPORT, on=EndangermentReport, answers=EndangermentReportView)
async def answer_endangerment_report(
    act: Act, endangermentreport: EndangermentReport, command: AnswerEndangermentReport
) -> EndangermentReport:
    """Tell whoever reported it whether it was confirmed and the agency has acted; they are told nothing else."""
    act.change(endangermentreport, **command.model_dump())
    return endangermentreport


@operation(policy.MOVE_ON, on=EndangermentAssessment, answers=EndangermentAssessmentView, states=(S.REPORTED,))
async def begin_screening(act: Act, endangermentassessment: EndangermentAssessment) -> EndangermentAssessment:
    """Look whether the indications are weighty."""
    return _moved(act, endangermentassessment, S.SCREENING)


@operation(policy.MOVE_ON, on=EndangermentAssessment, answers=EndangermentAssessmentView, states=(S.SCREENING,))
async def begin_assessment(act: Act, endangermentassessment: EndangermentAssessment) -> EndangermentAssessment:
    """Assess them, together with other professionals: each says for themselves how they see it."""
    return _moved(act, endangermentassessment, S.ASSESSMENT)


@operation(policy.JUDGE, on=EndangermentAssessment, answers=EndangermentJudgementView, states=(S.ASSESSMENT,))
async def judge_endangerment(
    act: Act, endangermentassessment: EndangermentAssessment, command: JudgeEndangerment
) -> EndangermentJudgement:
    """Say how you see it: worries, what works well, what needs to happen."""
    return act.add(
        EndangermentJudgement(
            authority_id=endangermentassessment.authority_id,
            assessment_id=endangermentassessment.id,
            round=endangermentassessment.round,
            author_id=act.actor.id,
            as_adviser=act.actor.id in endangermentassessment.advisers,
            **command.model_dump(mode="python", exclude={"finding"}),
            finding=command.finding.value,
        )
    )


@operation(
    policy.FIND,
    on=EndangermentAssessment,
    answers=EndangermentAssessmentView,
    states=(S.ASSESSMENT,),
    guards=(TWO_PROFESSIONALS,),
)
async def find_endangerment(
    act: Act, endangermentassessment: EndangermentAssessment, command: FindEndangerment
) -> EndangermentAssessment:
    """Write down what you have found together, with reasons, and how the child and its custodians were involved."""
    said = command.model_dump(exclude={"finding"})
    act.change(endangermentassessment, state=command.finding.value, finding=command.finding.value, **said)
    return endangermentassessment


@operation(
    policy.AGREE_SAFETY_PLAN,
    on=EndangermentAssessment,
    answers=SafetyPlanView,
    states=(S.LATENT, S.ACUTE, *ACTED),
    versioned=True,
)
async def agree_safety_plan(
    act: Act, endangermentassessment: EndangermentAssessment, command: AgreeSafetyPlan
) -> SafetyPlan:
    """Agree who does what so that the child is safe. A newer plan takes the place of the one before, which stays."""
    if command.review_on < act.today:
        raise InvalidInput(errors=[{"pointer": "#/review_on", "detail": "lies in the past"}])
    _moved(act, endangermentassessment, S.SAFETY_PLAN)
    return act.add(
        SafetyPlan(
            authority_id=endangermentassessment.authority_id,
            assessment_id=endangermentassessment.id,
            author_id=act.actor.id,
            **command.model_dump(),
        )
    )


@operation(
    policy.MOVE_ON,
    on=EndangermentAssessment,
    answers=EndangermentAssessmentView,
    states=(S.LATENT, S.ACUTE, S.SAFETY_PLAN, S.TAKING_INTO_CARE),
)
async def call_family_court(
    act: Act, endangermentassessment: EndangermentAssessment, command: RecordMeasure
) -> EndangermentAssessment:
    """Write down that the family court was called on (§ 8a(2) SGB VIII)."""
    act.change(endangermentassessment, state=S.COURT.value, measures=command.reasons)
    return endangermentassessment


@operation(
    policy.MOVE_ON,
    on=EndangermentAssessment,
    answers=EndangermentAssessmentView,
    states=(S.ACUTE, S.SAFETY_PLAN, S.COURT),
)
async def record_taking_into_care(
    act: Act, endangermentassessment: EndangermentAssessment, command: RecordMeasure
) -> EndangermentAssessment:
    """Write down that the child was taken into care (§ 42 SGB VIII). The help itself begins in the arrangement, at once
    and in whatever state: POST /v1/elements/{id}/begin-otherwise."""
    act.change(endangermentassessment, state=S.TAKING_INTO_CARE.value, measures=command.reasons)
    return endangermentassessment


@operation(
    policy.MOVE_ON,
    on=EndangermentAssessment,
    answers=EndangermentAssessmentView,
    states=(*FOUND, *ACTED, S.CONCLUDED),
)
async def reassess_endangerment(act: Act, endangermentassessment: EndangermentAssessment) -> EndangermentAssessment:
    """Assess it anew: something has changed. Each professional judges again; what was found before stays readable until
    you find something else."""
    act.change(
        endangermentassessment,
        state=S.ASSESSMENT.value,
        round=endangermentassessment.round + 1,
        concluded_on=None,
        outcome=None,
    )
    return endangermentassessment


@operation(
    policy.MOVE_ON,
    on=EndangermentAssessment,
    answers=EndangermentAssessmentView,
    states=(S.NO_DANGER, S.NEED_FOR_HELP, *ACTED),
)
async def conclude_endangerment(
    act: Act, endangermentassessment: EndangermentAssessment, command: ConcludeEndangerment
) -> EndangermentAssessment:
    """Conclude it, and say how it ended. Where there is danger, something was done about it first."""
    act.change(endangermentassessment, state=S.CONCLUDED.value, concluded_on=act.today, outcome=command.outcome)
    return endangermentassessment


async def require_addressees(act: Act, case_id: UUID, named: list[UUID]) -> None:
    there = select(Participant.id).where(
        Participant.case_id == case_id,
        Participant.kind == ParticipantKind.ADDRESSEE.value,
        col(Participant.merged_into_id).is_(None),
    )
    if not set((await act.session.exec(there)).all()).issuperset(named):
        raise InvalidInput(errors=[{"pointer": "#/endangered", "detail": "are not all addressees of this case"}])


def _moved(act: Act, assessment: EndangermentAssessment, state: EndangermentState) -> EndangermentAssessment:
    act.change(assessment, state=state.value)
    return assessment
