"""What is done in a case: opening it, moving it on, adding people, wording answers."""

from datetime import datetime
from uuid import UUID

from pydantic import Field, model_validator
from sqlmodel import col, select

from service.domain.access.model import Authority, CaseAccess, OrganisationKind
from service.domain.access.operations import membership_of
from service.domain.act import Act, Command, Patch, operation
from service.domain.cases import policy
from service.domain.cases.hearing import Hearing, audience_of
from service.domain.cases.model import (
    Answer,
    Case,
    CaseState,
    FieldOfAction,
    Numeral,
    Participant,
    ParticipantKind,
    Person,
    Question,
    QuestionState,
    RepresentationKind,
    fits,
)
from service.domain.cases.views import (
    AnswerView,
    CaseView,
    ParticipantView,
)
from service.domain.clock import majority
from service.domain.errors import InvalidInput
from service.domain.policy import Basis, Part
from service.domain.spaces.changing import SocialSpaceNotThere, require_there
from service.domain.spaces.model import SocialSpace
from service.domain.values import ClientId, Day, Language, Line, Words, readable


class OpenCase(Command):
    """A case within a social space, or (without one) within an authority."""

    id: ClientId
    social_space_id: UUID | None = None
    authority_id: UUID | None = Field(None, description="Only for a case outside of every social space.")
    field_of_action: FieldOfAction = FieldOfAction.YOUTH_WELFARE
    title: Line
    concern: Words | None = None

    @model_validator(mode="after")
    def _one_place(self) -> "OpenCase":
        if (self.social_space_id is None) is (self.authority_id is None):
            raise ValueError("name a social space, or an authority for a case outside of every social space")
        return self


class ChangeCase(Patch):
    """What is to change; what is left out stays, null empties."""

    title: Line = Field(default=None, validate_default=False)  # type: ignore[assignment]
    concern: Words | None = None
    field_of_action: FieldOfAction = Field(default=None)  # type: ignore[assignment]
    social_space_id: UUID | None = Field(
        None, description="Where it belongs from now on: people move, and social spaces merge and split."
    )


class AddParticipant(Command):
    """Somebody's part in a case, with their identity."""

    id: ClientId
    kind: ParticipantKind
    name: Line
    born_on: Day | None = None
    language: Language = Language.DE
    representation: RepresentationKind | None = Field(
        None, description="By what a custodian or a representative represents; a representative always says so."
    )


class WordAnswer(Hearing):
    """Your own words on a question."""

    id: ClientId
    words: Words
    language: Language = Language.DE


@operation(policy.OPEN, within=SocialSpace, answers=CaseView, raises=(SocialSpaceNotThere,))
async def open_case(act: Act, command: OpenCase) -> Case:
    """Open a case. You lead it from then on; the seven questions I-VII stand in it, in their order."""
    if command.social_space_id is not None:
        space = await act.load(SocialSpace, command.social_space_id)
        require_there([space], act.today)
        authority_id = space.authority_id
    else:
        authority_id = (await act.load(Authority, command.authority_id, action=policy.OPEN_OUTSIDE_SPACES)).id
    agency = await membership_of(act, authority_id, OrganisationKind.PUBLIC_AGENCY, act.actor.id)
    # The rows' own row-level security asks for the case access, so it comes first.
    case = Case(
        id=command.id,
        authority_id=authority_id,
        social_space_id=command.social_space_id,
        pseudonym=readable(8),
        state=CaseState.ENQUIRY.value,
        field_of_action=command.field_of_action.value,
        opened_on=act.today,
        title=command.title,
        concern=command.concern,
    )
    access = CaseAccess(
        authority_id=authority_id,
        case_id=case.id,
        actor_id=act.actor.id,
        basis=Basis.ASSIGNMENT.value,
        parts=[part.value for part in Part],
        membership_id=agency.id if agency else None,
        valid_to=agency.valid_to if agency else None,
    )
    act.add(access)
    await act.session.flush()
    act.add(case)
    await act.session.flush()
    for position, numeral in enumerate(Numeral, 1):
        act.add(Question(authority_id=authority_id, case_id=case.id, numeral=numeral.value, position=position))
    return case


@operation(policy.CHANGE, on=Case, answers=CaseView, raises=(SocialSpaceNotThere,))
async def change_case(act: Act, case: Case, command: ChangeCase) -> Case:
    """Change what a case says about itself (merge patch: what you leave out stays, null empties). What was decided
    before it went over to another social space stays charged to the one it was in."""
    if command.social_space_id is not None:
        there = select(SocialSpace).where(
            SocialSpace.id == command.social_space_id, SocialSpace.authority_id == case.authority_id
        )
        space = (await act.session.exec(there)).one_or_none()
        if space is None:
            detail = "is no social space of this authority"
            raise InvalidInput(errors=[{"pointer": "#/social_space_id", "detail": detail}])
        require_there([space], act.today)
    act.change(case, **command.model_dump(exclude_unset=True))
    return case


@operation(policy.MOVE_ON, on=Case, answers=CaseView, states=(CaseState.ENQUIRY,))
async def begin_counselling(act: Act, case: Case) -> Case:
    """From enquiry to counselling."""
    act.change(case, state=CaseState.COUNSELLING.value)
    return case


@operation(policy.MOVE_ON, on=Case, answers=CaseView, states=(CaseState.ENQUIRY, CaseState.COUNSELLING))
async def begin_clarification(act: Act, case: Case) -> Case:
    """From enquiry or counselling to clarification: the seven questions are asked."""
    act.change(case, state=CaseState.CLARIFICATION.value)
    return case


@operation(policy.MOVE_ON, on=Case, answers=CaseView, states=(CaseState.CLARIFICATION,))
async def begin_arrangement_planning(act: Act, case: Case) -> Case:
    """From clarification to planning the arrangement."""
    act.change(case, state=CaseState.ARRANGEMENT_PLANNING.value)
    return case


@operation(policy.ADD_PARTICIPANT, on=Case, answers=ParticipantView)
async def add_participant(act: Act, case: Case, command: AddParticipant) -> Participant:
    """Add somebody to a case: addressee, custodian, representative, or a network person who needs no account
    (grandmother, club). Whom to trust is for an addressee to say."""
    if command.kind is ParticipantKind.TRUSTED_PERSON:
        raise InvalidInput(errors=[{"pointer": "#/kind", "detail": "is named by whoever trusts them"}])
    if not fits(command.kind, command.representation):
        raise InvalidInput(errors=[{"pointer": "#/representation", "detail": "does not fit the kind"}])
    if command.born_on is not None and command.born_on > act.today:
        raise InvalidInput(errors=[{"pointer": "#/born_on", "detail": "lies in the future"}])
    participant = Participant(
        id=command.id,
        authority_id=case.authority_id,
        case_id=case.id,
        kind=command.kind.value,
        representation=command.representation.value if command.representation else None,
    )
    act.add(participant)
    await act.session.flush()
    act.add(
        Person(
            participant_id=participant.id,
            authority_id=case.authority_id,
            case_id=case.id,
            name=command.name,
            born_on=command.born_on,
            language=command.language.value,
        )
    )
    if participant.kind == ParticipantKind.ADDRESSEE and command.born_on is not None:
        await _end_custody(act, case.id, majority(command.born_on))
    return participant


@operation(policy.WORD, on=Question, answers=AnswerView)
async def word_answer(act: Act, question: Question, command: WordAnswer) -> Answer:
    """Answer a question in your own words. Nobody else can: a newer wording of yours replaces the older one."""
    mine = select(Participant).where(Participant.case_id == question.case_id, Participant.actor_id == act.actor.id)
    participant = (await act.session.exec(mine)).one()
    now = select(Answer).where(
        Answer.question_id == question.id,
        Answer.participant_id == participant.id,
        col(Answer.replaced_at).is_(None),
    )
    for earlier in (await act.session.exec(now)).all():
        act.change(earlier, replaced_at=act.now)
    await act.session.flush()
    if question.state != QuestionState.ANSWERED:
        act.change(question, state=QuestionState.ANSWERED.value)
    return act.add(
        Answer(
            id=command.id,
            authority_id=question.authority_id,
            case_id=question.case_id,
            question_id=question.id,
            participant_id=participant.id,
            words=command.words,
            language=command.language.value,
            author_id=act.actor.id,
            **audience_of(command),
        )
    )


async def _end_custody(act: Act, case_id: UUID, at: datetime) -> None:
    """On the 18th birthday custodians' access ends, also if the birthday became known after they were enrolled."""
    theirs = (
        select(CaseAccess)
        .join(Participant, col(Participant.id) == col(CaseAccess.participant_id))
        .where(CaseAccess.case_id == case_id, Participant.kind == ParticipantKind.CUSTODIAN.value)
    )
    for access in (await act.session.exec(theirs)).all():
        act.change(access, valid_to=at if access.valid_to is None else min(access.valid_to, at))
