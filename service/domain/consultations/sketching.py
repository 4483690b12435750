"""A case told so that nobody is recognised, and the ideas of those who were told (§ 64(2a) SGB VIII)."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field
from sqlmodel import col, select

from service.domain.act import Act, Command, Guard, Patch, operation
from service.domain.cases.apart import one_at_a_time
from service.domain.cases.model import Case, Participant, Person, RepresentationKind
from service.domain.cases.represented import FormerName
from service.domain.cases.sketch_model import CaseSketch
from service.domain.clock import birthday
from service.domain.consultations import policy
from service.domain.consultations.coming import all_addressees, who_counts
from service.domain.consultations.consulting import BEFORE, NOT_OUT, S, collects_ideas, present_phase
from service.domain.consultations.model import (
    Consent,
    Consultation,
    ConsultationParticipant,
    ConsultationPhase,
    ConsultationSketch,
    Idea,
    RareFeature,
    RequiredRecord,
)
from service.domain.consultations.views import ConsultationSketchView, IdeaView
from service.domain.encrypting import place_of, purpose_of
from service.domain.errors import DomainError, InvalidInput
from service.domain.policy import Reader, Row
from service.domain.values import ClientId, Words

AGREED_TO = (S.CONSENTED, S.SCHEDULED, S.HELD)  # who is told
FEW, MANY, YOUNG = 5, 6, 3  # cases of the same field in the space; participants; years
SHORTEST = 3  # letters of a name that can be told from other words
ENDINGS = ("", "s", "es", "ens")  # of a name that says whose something is


@dataclass(eq=False)
class SketchThere(DomainError):
    code, title = "sketch-there", "There is a sketch of this already."
    advice = "Change it: PATCH /v1/consultation-sketches/{id}. It then has to go out anew."


@dataclass(eq=False)
class NotAgreedYet(DomainError):
    code, title = "not-agreed-yet", "Those whom it is about have not agreed yet to who is told."
    advice = "They do: POST /v1/consultations/{id}/agree. Until then nobody from outside is told anything."


@dataclass(eq=False)
class NotConsentedYet(DomainError):
    code, title = "not-consented-yet", "Somebody whom it is about has not consented to what is told about them."
    advice = (
        "Invite them (POST /v1/consultations/{id}/invitations) and ask them: POST "
        "/v1/consultation-participants/{id}/answer. As long as they do not say yes, nobody from outside is told; it "
        "can be held with those of the case alone."
    )


@dataclass(eq=False)
class RareFeaturesChanged(DomainError):
    code, title = "rare-features-changed", "By now the case could be recognised by something else than you have read."
    advice = (
        "`rare_features` names it all. Say the case so that it still fits: PATCH /v1/consultation-sketches/{id}, be it "
        "with the same words. Then let it go out."
    )
    rare_features: list[str]


@dataclass(eq=False)
class NamesSomebody(DomainError):
    code, title = "names-somebody", "The sketch names somebody of the case by now."
    advice = "Say it without the name: PATCH /v1/consultation-sketches/{id}. Then let it go out."


@dataclass(eq=False)
class NoIdeasNow(DomainError):
    code, title = "no-ideas-now", "Ideas are not being collected at the moment."
    advice = "`ideas_wanted` of the sketch says when they are, for whoever has accepted their invitation."


def _of_consultation(row: Row, *wanted: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    consultation: Any = Consultation.__table__.alias()  # type: ignore[attr-defined]
    states: list[Any] = [sa.literal_column(f"'{each}'") for each in AGREED_TO]
    found = sa.select(consultation.c.id).where(
        consultation.c.id == row.consultation_id, consultation.c.state.in_(states), *wanted
    )
    return found.correlate_except(consultation).exists()


def _ideas_wanted(reader: Reader, row: Row) -> sa.ColumnElement[bool]:
    """Whoever is of the case sees the consultation and its phase, those from outside the sketch that says so."""
    sketch: Any = ConsultationSketch.__table__.alias()  # type: ignore[attr-defined]
    consultation: Any = Consultation.__table__.alias()  # type: ignore[attr-defined]
    phase, found = present_phase(row, consultation=consultation.c)
    named = sa.literal_column(f"'{RequiredRecord.IDEAS}'") == sa.any_(phase.c.records)
    ideas = sa.and_(named, sa.not_(phase.c.family_time))
    inside = sa.select(consultation.c.id).where(
        consultation.c.id == row.consultation_id, found.where(ideas).correlate_except(phase).exists()
    )
    outside = sa.select(sketch.c.id).where(
        sketch.c.consultation_id == row.consultation_id, sketch.c.ideas_wanted, reader.id == sa.any_(sketch.c.invited)
    )
    sits_there = sa.and_(row.participant_id.is_not(None), sa.not_(row.consents_only))
    told = sa.or_(
        sa.and_(sits_there, inside.correlate_except(consultation).exists()),
        outside.correlate_except(sketch).exists(),
    )
    return sa.and_(row.consent == sa.literal_column(f"'{Consent.GIVEN}'"), told)


def _all_consent(reader: Reader, row: Row) -> sa.ColumnElement[bool]:
    """What is told is about them."""
    consents: sa.ColumnElement[bool] = all_addressees(
        row, "consultation_id", reader.today, lambda invited: invited.consent == sa.literal_column(f"'{Consent.GIVEN}'")
    )
    return consents


CONSENTED = Guard(_all_consent, "all addressees of its case are invited and have consented", NotConsentedYet)
AGREED = Guard(
    lambda reader, row: _of_consultation(row), "those whom it is about have agreed to who is told", NotAgreedYet
)
IDEAS_WANTED = Guard(_ideas_wanted, "ideas are being collected, and you have accepted", NoIdeasNow)


class WriteSketch(Command):
    """The case, without anybody's name."""

    id: ClientId
    words: Words = Field(description="The case, so that nobody is recognised.")
    question: Words | None = Field(None, description="The question in other words; as it was asked, if left out.")


class ChangeSketch(Patch):
    """What is to be said instead."""

    words: Words = Field(default=None, description="The case.")  # type: ignore[assignment]
    question: Words = Field(default=None, description="The question.")  # type: ignore[assignment]


class GiveIdea(Command):
    """Your idea. Nobody rates it, and neither do you."""

    id: ClientId
    words: Words = Field(description="What they could try, whom ask, what use.")


@operation(
    policy.WRITE_SKETCH,
    on=Consultation,
    answers=ConsultationSketchView,
    states=(*BEFORE, S.HELD),
    raises=(SketchThere,),
)
async def write_sketch(act: Act, consultation: Consultation, command: WriteSketch) -> ConsultationSketch:
    """Write what those from outside are told. Nobody is told yet: read it, and by what the case could be recognised in
    spite of it (`rare_features`), and then let it go out."""
    there = select(ConsultationSketch.id).where(ConsultationSketch.consultation_id == consultation.id)
    if (await act.session.exec(there)).first() is not None:
        raise SketchThere
    question = command.question or consultation.question
    return act.add(
        ConsultationSketch(
            id=command.id,
            authority_id=consultation.authority_id,
            case_id=consultation.case_id,
            consultation_id=consultation.id,
            case_pseudonym=consultation.case_pseudonym,
            question=question,
            words=command.words,
            rare_features=await _looked_through(
                act, consultation.case_id, {"words": command.words, "question": question}
            ),
        )
    )


@operation(policy.WRITE_SKETCH, on=ConsultationSketch, answers=ConsultationSketchView)
async def change_sketch(act: Act, consultationsketch: ConsultationSketch, command: ChangeSketch) -> ConsultationSketch:
    """Say it otherwise. It goes back to you alone, until you let it go out anew."""
    said = {"words": consultationsketch.words, "question": consultationsketch.question}
    said |= command.model_dump(exclude_unset=True)
    rare = await _looked_through(act, consultationsketch.case_id, said)
    act.change(consultationsketch, rare_features=rare, **NOT_OUT, **said)
    return consultationsketch


@operation(
    policy.RELEASE_SKETCH,
    on=ConsultationSketch,
    answers=ConsultationSketchView,
    guards=(AGREED, CONSENTED),
    raises=(NamesSomebody, RareFeaturesChanged),
)
async def release_sketch(act: Act, consultationsketch: ConsultationSketch) -> ConsultationSketch:
    """Let it go out to those from outside who have accepted their invitation. Whether it names somebody of the case,
    and by what the case could be recognised, is looked at once more: people may have come into it, or be called
    otherwise, and it goes out by no other feature than you have read."""
    # Nobody is invited meanwhile, and nobody takes back what they have said: whoever is at it now goes first. Then
    # nobody comes into the case, either: in this order, as whoever invites.
    held = select(Consultation.state).where(Consultation.id == consultationsketch.consultation_id)
    state = (await act.session.exec(held.with_for_update(read=True))).one()
    await one_at_a_time(act, consultationsketch.case_id)
    said = {"words": consultationsketch.words, "question": consultationsketch.question}
    if await _naming(act, consultationsketch.case_id, said):
        raise NamesSomebody
    rare = await _rare(act, consultationsketch.case_id, said)
    if set(rare) != set(consultationsketch.rare_features):
        raise RareFeaturesChanged(rare_features=rare)
    if state not in AGREED_TO:
        raise NotAgreedYet
    if not await _consent_holds(act, consultationsketch):
        raise NotConsentedYet
    invited = select(ConsultationParticipant.actor_id).where(
        ConsultationParticipant.consultation_id == consultationsketch.consultation_id,
        col(ConsultationParticipant.participant_id).is_(None),
    )
    people = [each for each in (await act.session.exec(invited)).all() if each is not None]
    collecting = (
        select(ConsultationPhase)
        .join(Consultation, col(Consultation.method_id) == col(ConsultationPhase.method_id))
        .where(
            Consultation.id == consultationsketch.consultation_id,
            ConsultationPhase.position == Consultation.phase,
        )
    )
    phase = (await act.session.exec(collecting)).first()
    act.change(
        consultationsketch,
        invited=people,
        released_at=act.now,
        ideas_wanted=phase is not None and collects_ideas(phase),
    )
    return consultationsketch


@operation(policy.GIVE_IDEA, on=ConsultationParticipant, answers=IdeaView, guards=(IDEAS_WANTED,))
async def give_idea(act: Act, consultationparticipant: ConsultationParticipant, command: GiveIdea) -> Idea:
    """Give an idea, while they are being collected."""
    return act.add(
        Idea(
            id=command.id,
            authority_id=consultationparticipant.authority_id,
            case_id=consultationparticipant.case_id,
            consultation_id=consultationparticipant.consultation_id,
            author_id=act.actor.id,
            words=command.words,
        )
    )


async def _consent_holds(act: Act, sketch: ConsultationSketch) -> bool:
    """Of all addressees who are in the case, and there is one."""
    said = select(ConsultationParticipant).where(ConsultationParticipant.consultation_id == sketch.consultation_id)
    invited = (await act.session.exec(said.with_for_update(read=True))).all()
    there = await who_counts(act, sketch.consultation_id, sketch.case_id)
    return bool(there) and there <= {each.participant_id for each in invited if each.consent == Consent.GIVEN}


async def _looked_through(act: Act, case_id: UUID, said: dict[str, str]) -> list[str]:
    """By what the case could be recognised. A name is no rare feature: it does not go out at all."""
    if named := await _naming(act, case_id, said):
        raise InvalidInput(
            errors=[{"pointer": f"#/{field}", "detail": "names somebody of the case"} for field in named]
        )
    return await _rare(act, case_id, said)


async def _naming(act: Act, case_id: UUID, said: dict[str, str]) -> list[str]:
    """Which of the texts name somebody of the case, be it by «Beispielwegs» or by a former name."""
    persons = select(Person.name).where(Person.case_id == case_id)
    called = [*(await act.session.exec(persons)).all(), *await _former_names(act, case_id)]
    names = {part + ending for name in called for part in _parts(name) if len(part) >= SHORTEST for ending in ENDINGS}
    return [field for field, text in said.items() if not names.isdisjoint(_parts(text))]


def _parts(text: str) -> list[str]:
    """The words of it, however they are written."""
    return re.findall(r"\w+", unicodedata.normalize("NFC", text).casefold())


async def _rare(act: Act, case_id: UUID, said: dict[str, str]) -> list[str]:
    case = (await act.session.exec(select(Case).where(Case.id == case_id))).one()
    people = (await act.session.exec(select(Participant).where(Participant.case_id == case_id))).all()
    persons = (await act.session.exec(select(Person).where(Person.case_id == case_id))).all()
    alike = select(sa.func.count()).where(
        CaseSketch.field_of_action == case.field_of_action,
        CaseSketch.authority_id == case.authority_id,
        col(CaseSketch.social_space_id).is_not_distinct_from(case.social_space_id),
    )
    born = [person.born_on for person in persons if person.born_on is not None]
    unusual = {kind.value for kind in RepresentationKind} - {RepresentationKind.PARENT.value}
    found = {
        RareFeature.FEW_CASES_LIKE_IT: (await act.session.exec(alike)).one() < FEW,
        RareFeature.OTHER_LANGUAGE: any(_speaks_otherwise(person) for person in persons),
        RareFeature.MANY_PEOPLE: len(people) >= MANY,
        RareFeature.YOUNG_CHILD: any(birthday(day, YOUNG) > act.today for day in born),
        RareFeature.REPRESENTED_OTHERWISE: any(each.representation in unusual for each in people),
        RareFeature.NUMBERS: any(re.search(r"\d{2}", text) for text in said.values()),
    }
    return [feature.value for feature, holds in found.items() if holds]


def _speaks_otherwise(person: Person) -> bool:
    """Another language than German; by the one in which they read, where nobody has said what they speak."""
    return any(tag.split("-")[0] != "de" for tag in person.speaks or [person.language])


async def _former_names(act: Act, case_id: UUID) -> list[str]:
    """Sealed, and named to nobody: not by mistake, either."""
    column = FormerName.__table__.c.name  # type: ignore[attr-defined]
    sealed = (await act.session.exec(select(FormerName).where(FormerName.case_id == case_id))).all()
    keys = act.keys() if sealed else None
    return [
        keys.decrypt(each.name, purpose_of(column, each.authority_id), place_of(column, each.id))
        for each in sealed
        if keys is not None
    ]
