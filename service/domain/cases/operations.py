"""What is done in a case: opening it, saying what it is about, adding people."""

from dataclasses import dataclass
from uuid import UUID

from pydantic import Field, model_validator
from sqlmodel import select

from service.domain.access.model import Authority, CaseAccess, OrganisationKind
from service.domain.access.operations import membership_of, until
from service.domain.act import Act, Command, Patch, operation
from service.domain.cases import policy
from service.domain.cases.apart import ExcludedFromCase
from service.domain.cases.completing import recognise
from service.domain.cases.leading import may_lead
from service.domain.cases.life import ask
from service.domain.cases.model import (
    Case,
    CaseState,
    FieldOfAction,
    Participant,
    ParticipantKind,
    Person,
    RepresentationKind,
)
from service.domain.cases.represented import fits
from service.domain.cases.representing import represent_from_the_start
from service.domain.cases.stand_ins import follow_lead
from service.domain.cases.views import CaseView, ParticipantView
from service.domain.errors import DomainError, InvalidInput
from service.domain.policy import Basis, Part, Role
from service.domain.spaces.changing import SocialSpaceNotThere, require_there
from service.domain.spaces.model import SocialSpace
from service.domain.values import ClientId, Day, Language, LanguageTag, Line, Words, readable


@dataclass(eq=False)
class SpaceOutOfReach(DomainError):
    code, title = "space-out-of-reach", "You are not case worker for where the case is to belong."
    advice = (
        "Offer it to a colleague who is: POST /v1/cases/{id}/transfers with that social space. "
        "Out of every social space it takes a case worker of the whole authority."
    )


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
    language: Language = Field(Language.DE, description="In which of the service's languages they read.")
    representation: RepresentationKind | None = Field(
        None, description="By what a custodian or a representative represents; a representative always says so."
    )
    represents: list[UUID] | None = Field(
        None,
        max_length=50,
        description="Whom a custodian or a representative represents: addressees of the case, of a custodian those who "
        "are not of age. Left out, a custodian represents the one who is not, and says whom if there are several.",
    )
    speaks: list[LanguageTag] = Field(
        default_factory=list, max_length=10, description="Which languages they speak (BCP 47), the best first."
    )


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
        valid_to=await until(act, agency, act.actor.id, Role.CASE_WORKER),
    )
    act.add(access)
    await act.session.flush()
    act.add(case)
    await act.session.flush()
    await follow_lead(act, authority_id, case.id, act.actor.id)
    ask(act, case)
    return case


@operation(policy.CHANGE, on=Case, answers=CaseView, raises=(SocialSpaceNotThere, SpaceOutOfReach))
async def change_case(act: Act, case: Case, command: ChangeCase) -> Case:
    """Change what a case says about itself (merge patch: what you leave out stays, null empties). What was decided
    before it went over to another social space stays charged to the one it was in. To a social space that is not
    yours it goes with a colleague who works there."""
    if "social_space_id" in command.model_fields_set:
        space_id = command.social_space_id
        if space_id is not None:
            await require_space(act, case.authority_id, space_id)
        if space_id != case.social_space_id and not await may_lead(act, case.authority_id, space_id, act.actor.id):
            raise SpaceOutOfReach
    act.change(case, **command.model_dump(exclude_unset=True))
    return case


@operation(policy.ADD_PARTICIPANT, on=Case, answers=ParticipantView, raises=(ExcludedFromCase,))
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
        joined_on=act.today,
    )
    act.add(participant)
    await act.session.flush()
    person = act.add(
        Person(
            participant_id=participant.id,
            authority_id=case.authority_id,
            case_id=case.id,
            name=command.name,
            born_on=command.born_on,
            language=command.language.value,
            speaks=command.speaks,
        )
    )
    await represent_from_the_start(act, participant, command.represents)
    await recognise(act, participant, person)
    return participant


async def require_space(act: Act, authority_id: UUID, space_id: UUID) -> None:
    """Somewhere in the authority that a case can belong to today."""
    there = select(SocialSpace).where(SocialSpace.id == space_id, SocialSpace.authority_id == authority_id)
    space = (await act.session.exec(there)).one_or_none()
    if space is None:
        detail = "is no social space of this authority"
        raise InvalidInput(errors=[{"pointer": "#/social_space_id", "detail": detail}])
    require_there([space], act.today)
