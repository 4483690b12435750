"""A case as those who work in it see it, its sketch for management, and «my next steps» for a phone."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field

from service.domain.cases import policy
from service.domain.cases.handovers import Handover, HandoverKind, HandoverState
from service.domain.cases.model import (
    Answer,
    Audience,
    Case,
    CaseState,
    FieldOfAction,
    Goal,
    GoalKind,
    GoalState,
    Numeral,
    Participant,
    ParticipantKind,
    Person,
    Question,
    QuestionState,
    RepresentationKind,
    Step,
    StepState,
)
from service.domain.cases.represented import Representation
from service.domain.cases.responsible import responsible
from service.domain.cases.sketch_model import CaseSketch
from service.domain.cases.wording import (
    CASE_STATES,
    GOAL_STATES,
    HANDOVER_KINDS,
    HANDOVER_STATES,
    PARTICIPANT_KINDS,
    QUESTION_STATES,
    QUESTIONS,
    REPRESENTATIONS,
    STEP_ENDINGS,
    STEP_STATES,
)
from service.domain.policy import Reader, Row
from service.domain.spaces.views import SocialSpaceView
from service.domain.values import GERMAN, Language
from service.domain.views import Default, Holds, Many, One, Record, Shown, Sql, link, view
from service.domain.words import deadline, label

people: Any = Person.__table__  # type: ignore[attr-defined]


def _of_person(column: str) -> Sql:
    def expression(row: Row, reader: Reader) -> sa.ColumnElement[Any]:
        person = people.alias()
        query = sa.select(person.c[column]).where(person.c.participant_id == row.id).correlate_except(person)
        return query.scalar_subquery()

    return Sql(expression)


def _needs_interpreter(row: Row, reader: Reader) -> sa.ColumnElement[Any]:
    """Of whoever has not said what they speak nothing is known."""
    person = people.alias()
    german = sa.func.array_to_string(person.c.speaks, sa.literal_column("' '")).regexp_match(GERMAN)
    query = sa.select(sa.and_(sa.func.cardinality(person.c.speaks) > 0, sa.not_(german)))
    return query.where(person.c.participant_id == row.id).correlate_except(person).scalar_subquery()


def _has_left(row: Any, former: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    return row.left_on.is_not(None) == former  # type: ignore[no-any-return]


PRESENT = Default(
    "those who are in it now",
    lambda today: False,
    unless=("id",),
    holds=Holds("Those who have left the case", sa.Boolean(), _has_left),
)


@view(
    Participant,
    policy.READ_PARTICIPANT,
    plural="participants",
    filters=("case_id", "kind", "former"),
    defaults={"former": PRESENT},
    subject="case_id",
)
class ParticipantView(Record):
    """Somebody's part in a case. Lists tell of those who are in it now; `former` of those who have left it."""

    id: UUID
    case_id: UUID
    kind: ParticipantKind
    kind_label: Annotated[str, Sql(label("kind", PARTICIPANT_KINDS))] = Field(description="In your language.")
    representation: Annotated[RepresentationKind | None, Shown(policy.READ_PERSON)] = Field(
        description="By what a custodian or a representative represents; null where it is not known, and for others."
    )
    representation_label: Annotated[
        str | None, Shown(policy.READ_PERSON), Sql(label("representation", REPRESENTATIONS))
    ] = Field(description="In your language.")
    represents_in: Annotated[str | None, Shown(policy.READ_PERSON)] = Field(
        description="In which matters; null for all of them, and for others."
    )
    represents_until: Annotated[date | None, Shown(policy.READ_PERSON)] = Field(
        description="The last day of all that they represent in (Europe/Berlin); null until further notice, and for "
        "others. Whom they represent, and each until when, stands in `represents`."
    )
    trusted_by_id: Annotated[UUID | None, Shown(policy.READ_PERSON)] = Field(
        description="Who trusts them; of trusted persons only."
    )
    merged_into_id: UUID | None = Field(
        description="Of a duplicate: the participant who is the same person, and goes on."
    )
    enrolled: Annotated[bool, Sql(lambda row, reader: row.actor_id.is_not(None))] = Field(
        description="Whether this person signs in with a login of their own."
    )
    joined_on: date = Field(description="Since when they are in the case.")
    left_on: date | None = Field(description="The day on which they left it; null while they are in it.")
    name: Annotated[str | None, Shown(policy.READ_PERSON), _of_person("name")]
    born_on: Annotated[date | None, Shown(policy.READ_PERSON), _of_person("born_on")]
    language: Annotated[Language | None, Shown(policy.READ_PERSON), _of_person("language")] = Field(
        description="In which of the service's languages they read: what is printed for them is in it."
    )
    speaks: Annotated[list[str] | None, Shown(policy.READ_PERSON), _of_person("speaks")] = Field(
        description="Which languages they speak (BCP 47), the best first; empty where nobody has said."
    )
    needs_interpreter: Annotated[bool | None, Shown(policy.READ_PERSON), Sql(_needs_interpreter)] = Field(
        description="Whether none of the languages they speak is German."
    )
    withheld: list[str]
    version: int


@view(
    Representation,
    policy.READ_PERSON,
    plural="representations",
    filters=("case_id", "participant_id", "represented_id"),
    subject="case_id",
)
class RepresentationView(Record):
    """Somebody represents somebody else of the case."""

    id: UUID
    case_id: UUID
    participant_id: UUID = Field(description="Who represents.")
    represented_id: UUID = Field(description="Whom.")
    starts_on: date = Field(description="Since when.")
    ends_on: date | None = Field(
        description="The last day (Europe/Berlin); null until further notice. Custody is over on the 18th birthday."
    )
    version: int


@view(Answer, policy.READ_ANSWER, plural="answers", filters=("case_id", "question_id"), subject="case_id")
class AnswerView(Record):
    """Somebody's own words on a question. A new wording replaces this one, which stays readable."""

    id: UUID
    case_id: UUID
    question_id: UUID
    participant_id: UUID
    wording: int = Field(description="Which wording of theirs it is; the earlier ones stay readable.")
    words: str
    language: Language
    audience: Audience
    created_at: datetime
    replaced_at: datetime | None = Field(description="When a newer wording took its place; null for the current one.")


@view(
    Question,
    policy.READ_QUESTION,
    plural="questions",
    filters=("case_id",),
    orders=("position",),
    subject="case_id",
)
class QuestionView(Record):
    """One of the seven questions of the support sequence, as it stands in a case."""

    id: UUID
    case_id: UUID
    numeral: Numeral
    position: int
    period: int = Field(description="Of which period of the case it is.")
    cycle: int = Field(description="Which time it is asked in this period; VII once in each cycle, up to a review.")
    text: Annotated[str, Sql(label("numeral", QUESTIONS))] = Field(description="The question, in your language.")
    state: QuestionState
    state_label: Annotated[str, Sql(label("state", QUESTION_STATES))] = Field(description="In your language.")
    skipped_because: str | None = Field(description="Why it is left out, if it is.")
    version: int


@view(
    Step,
    policy.READ_STEP,
    plural="steps",
    filters=("case_id", "goal_id", "state"),
    orders=("due_on",),
    subject="case_id",
)
class StepView(Record):
    """A next step with its six slots."""

    id: UUID
    case_id: UUID
    goal_id: UUID
    wanted_by_id: UUID = Field(description="Who wants it: a participant.")
    done_by_id: UUID = Field(description="Who does it: a participant, with or without an account.")
    done_with_id: UUID | None = Field(
        description="Who of those who work on the case does it with them, or for them; null if nobody does."
    )
    with_whom: str
    how: str
    due_on: date = Field(description="By when.")
    with_what: str
    state: StepState
    first_due_on: date | None = Field(description="When it was due at first, if it was moved.")
    moved_because: str | None = Field(description="Why it was moved, if it was.")
    remark: str | None = Field(description="The word added when it was ticked off, or why it was not done.")
    dropped_because: Annotated[str | None, Sql(label("dropped_with", STEP_ENDINGS))] = Field(
        description="With what it fell away while it was still to do, in your language; null unless it did."
    )
    finished_at: datetime | None
    audience: Audience
    version: int


@view(
    Goal,
    policy.READ_GOAL,
    plural="goals",
    filters=("case_id", "state", "participant_id"),
    subject="case_id",
)
class GoalView(Record):
    """What somebody wants to have reached. It belongs to one participant, who alone agrees it."""

    id: UUID
    case_id: UUID
    participant_id: UUID = Field(description="Whose goal it is.")
    kind: GoalKind
    statement: str
    how_noticed: str | None = Field(description="How will we notice that it is reached?")
    feasibility: str | None = Field(description="What makes it realistic, and what it takes.")
    target_on: date | None
    state: GoalState
    state_label: Annotated[str, Sql(label("state", GOAL_STATES))] = Field(description="In your language.")
    agreed_at: datetime | None
    shared_with: list[UUID] = Field(description="Participants whose goal it is, too: agreed when each has.")
    agreed_by: list[UUID] = Field(description="The participants who have agreed it so far.")
    will_found_out: str | None = Field(description="Of a young child: how their will was found out.")
    looking_back: str | None = Field(description="What its owner says about it in the end.")
    looking_back_found_out: str | None = Field(
        description="Of a young child: how it was found out how far they see it reached."
    )
    replaces_id: UUID | None = Field(description="The goal that it takes the place of, once it is agreed.")
    audience: Audience
    version: int


@view(
    Case,
    policy.READ_CASE,
    plural="cases",
    filters=("state", "field_of_action", "social_space_id", "merged_into_id"),
    orders=("id", "opened_on", "pseudonym"),
    subject="id",
)
class CaseView(Record):
    """A case, as those who have access to it see it."""

    id: UUID
    pseudonym: str = Field(description="Under which management knows the case.")
    state: CaseState
    state_label: Annotated[str, Sql(label("state", CASE_STATES))] = Field(description="In your language.")
    field_of_action: FieldOfAction
    social_space_id: UUID | None
    responsible_because: Annotated[str, Sql(responsible)] = Field(
        description="Why it is with this agency, or with whom it is now, in your language: nobody is sent nowhere."
    )
    opened_on: date
    period: int = Field(description="Which time it is open; each has its own seven questions.")
    closed_on: date | None = Field(description="When it was closed or passed on; null while it is open.")
    merged_into_id: Annotated[UUID | None, Shown(policy.READ_MERGED_INTO)] = Field(
        description="The case this one went into as a duplicate: read on there. For whoever has access to that, too."
    )
    title: Annotated[str | None, Shown(policy.READ_CONCERN)]
    concern: Annotated[str | None, Shown(policy.READ_CONCERN)]
    withheld: list[str]
    version: int


@view(
    Handover,
    policy.READ_HANDOVER,
    plural="handovers",
    filters=("case_id", "state", "receiver_id"),
    subject="case_id",
)
class HandoverView(Record):
    """A case offered to somebody else: a body outside of this service, or a colleague who accepts it here."""

    id: UUID
    case_id: UUID
    pseudonym: str = Field(description="Of the case: all that its receiver is told before it is theirs.")
    kind: HandoverKind
    kind_label: Annotated[str, Sql(label("kind", HANDOVER_KINDS))] = Field(description="In your language.")
    state: HandoverState
    state_label: Annotated[str, Sql(label("state", HANDOVER_STATES))] = Field(description="In your language.")
    receiving_body: str | None = Field(description="The body outside of this service, if it goes to one.")
    receiver_id: UUID | None = Field(description="The colleague it is offered to, if to one.")
    social_space_id: UUID | None = Field(description="Where the case belongs once it is accepted, if elsewhere.")
    call_back_on: date | None = Field(description="When it is asked whether the people have arrived there.")
    accepted_by: str | None = Field(description="Who there has accepted, by function.")
    settled_on: date | None = Field(description="When it was accepted or withdrawn.")
    version: int


@view(
    CaseSketch,
    policy.READ_SKETCH,
    plural="case_sketches",
    key="pseudonym",
    filters=("state", "social_space_id"),
    subject="case_id",
)
class CaseSketchView(Record):
    """A case without identity or narrative, for management."""

    pseudonym: str
    state: CaseState
    field_of_action: FieldOfAction
    social_space_id: UUID | None
    opened_in: int = Field(description="The year.")


def _its_goal(step: Row, reader: Reader) -> sa.ColumnElement[Any]:
    goal: Any = Goal.__table__.alias()  # type: ignore[attr-defined]
    return sa.select(goal.c.statement).where(goal.c.id == step.goal_id).correlate_except(goal).scalar_subquery()


@view(
    Step,
    policy.MY_STEP & policy.TO_BE_DONE,
    plural="next_steps",
    orders=("due_on",),
    subject="case_id",
)
class NextStepView(Record):
    """A step that is mine to do, in my language."""

    id: UUID
    how: str
    with_whom: str
    with_what: str
    due_on: date
    until: Annotated[str, Sql(deadline("due_on"))] = Field(description="By when, as a sentence in your language.")
    state: StepState
    state_label: Annotated[str, Sql(label("state", STEP_STATES))] = Field(description="In your language.")
    goal_id: UUID
    goal_statement: Annotated[str | None, Shown(policy.READ_ITS_GOAL), Sql(_its_goal, tells=GoalView)] = Field(
        description="What it is for, in the words of whose goal it is."
    )
    version: int
    withheld: list[str]


def _current(there: Row, here: Row, reader: Reader) -> sa.ColumnElement[bool]:
    return sa.and_(there.question_id == here.id, there.replaced_at.is_(None))


link(CaseView, "participants", Many("case_id"), ParticipantView)
link(ParticipantView, "represents", Many("participant_id"), RepresentationView, "Whom they represent.")
link(RepresentationView, "represented", One("represented_id"), ParticipantView)
link(CaseView, "questions", Many("case_id"), QuestionView, "The seven questions, in their order.")
link(CaseView, "handovers", Many("case_id"), HandoverView)
link(CaseView, "goals", Many("case_id"), GoalView)
link(CaseView, "social_space", One("social_space_id"), SocialSpaceView)
link(QuestionView, "answers", Many(_current), AnswerView, "The current wordings, one of each person who has answered.")
link(AnswerView, "participant", One("participant_id"), ParticipantView)
link(GoalView, "steps", Many("goal_id"), StepView)
link(GoalView, "participant", One("participant_id"), ParticipantView)
link(GoalView, "case", One("case_id"), CaseView)
link(StepView, "goal", One("goal_id"), GoalView)
link(StepView, "wanted_by", One("wanted_by_id"), ParticipantView)
link(StepView, "done_by", One("done_by_id"), ParticipantView)
link(NextStepView, "goal", One("goal_id"), GoalView)
link(HandoverView, "social_space", One("social_space_id"), SocialSpaceView)
link(CaseSketchView, "social_space", One("social_space_id"), SocialSpaceView)
