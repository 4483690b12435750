"""What is known of somebody is completed and corrected: their name, day of birth, what they are in the case, and which
languages they speak. What rests on it follows: whether the family is known, until when custody lasts, and whatever else
says so here."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from pydantic import Field
from sqlmodel import col, select

from service.domain.act import Act, Guard, Patch, operation
from service.domain.cases import policy
from service.domain.cases.apart import ExcludedFromCase, let_relatives_out
from service.domain.cases.correcting import hangs_by
from service.domain.cases.enrolment import EnrolmentCode
from service.domain.cases.known import FAMILY, KnownPerson, digests_of
from service.domain.cases.model import Participant, ParticipantKind, Person, RepresentationKind
from service.domain.cases.offering import refused
from service.domain.cases.represented import OF_KIND, FormerName, fits
from service.domain.cases.representing import end_representations, ends_at, representing, settle
from service.domain.cases.views import ParticipantView
from service.domain.cases.withdrawing import withdraw_offers_of
from service.domain.errors import DomainError, InvalidInput
from service.domain.policy import Reader, Row
from service.domain.values import Day, Language, LanguageTag, Line, new_id


@dataclass(eq=False)
class KindIsSettled(DomainError):
    code, title = "kind-is-settled", "What this person is in the case cannot be corrected any more."
    advice = (
        "`reason` says why. Undo a wrong enrolment first; otherwise add them anew as what they are, and let the other "
        "entry leave the case: POST /v1/participants/{id}/leave."
    )
    reason: str


@dataclass(eq=False)
class NobodyKnown(DomainError):
    code, title = "nobody-known", "Of this person nothing is known any more."
    advice = "What was known is erased. Add them anew: POST /v1/cases/{id}/participants."


def _is_known(reader: Reader, row: Row) -> sa.ColumnElement[bool]:
    person: Any = Person.__table__.alias()  # type: ignore[attr-defined]
    found = sa.select(person.c.participant_id).where(person.c.participant_id == row.id)
    return found.correlate_except(person).exists()


@dataclass(eq=False)
class IsDuplicate(DomainError):
    code, title = "is-duplicate", "This participant is a duplicate: another one goes on."
    advice = "Correct the one that `merged_into_id` of this participant names."


KNOWN = Guard(_is_known, "something is known of them", NobodyKnown)
NO_DUPLICATE = Guard(lambda reader, row: row.merged_into_id.is_(None), "they are nobody's duplicate", IsDuplicate)


class CorrectParticipant(Patch):
    """What is otherwise than it stands; what is left out stays, null empties."""

    name: Line = Field(default=None, validate_default=False, description="What they are called.")  # type: ignore[assignment]
    born_on: Day | None = Field(None, description="The day of birth.")
    kind: ParticipantKind = Field(default=None, description="What they are in the case.")  # type: ignore[assignment]
    representation: RepresentationKind | None = Field(
        None, description="By what a custodian or a representative represents; a representative always says so."
    )


class SayLanguages(Patch):
    """Which languages; what is left out stays."""

    language: Language = Field(default=None, description="In which of the service's languages they read.")  # type: ignore[assignment]
    speaks: list[LanguageTag] = Field(
        default_factory=list, max_length=10, description="Which languages they speak (BCP 47), the best first."
    )


@operation(
    policy.CORRECT_PARTICIPANT,
    on=Participant,
    answers=ParticipantView,
    guards=(KNOWN, NO_DUPLICATE),
    raises=(KindIsSettled, ExcludedFromCase),
)
async def correct_participant(act: Act, participant: Participant, command: CorrectParticipant) -> Participant:
    """Complete or correct what is known of somebody: name, day of birth, and what they are in the case, as long as
    nothing rests on that (merge patch: what you leave out stays, null empties). A former name is sealed. Custody lasts
    as long as it does by the day of birth as it is now, also if it had ended by a wrong one. Offers of somebody who
    turns out to be no adult, or to act for others alone, are withdrawn."""
    said = command.model_dump(exclude_unset=True)
    if said.get("born_on") is not None and said["born_on"] > act.today:
        raise InvalidInput(errors=[{"pointer": "#/born_on", "detail": "lies in the future"}])
    person = (await act.session.exec(select(Person).where(Person.participant_id == participant.id))).one()
    await _correct_kind(act, participant, said)
    if "name" in said and said["name"] != person.name:
        of_case: dict[str, Any] = {"authority_id": person.authority_id, "case_id": person.case_id}
        act.add(FormerName(id=new_id(), participant_id=participant.id, name=person.name, **of_case))
        act.change(person, name=said["name"])
    act.change(participant)
    if "born_on" in said and said["born_on"] != person.born_on:
        await _correct_birthday(act, participant, person, said["born_on"])
    if refused(participant, person, act.today) is not None:
        await withdraw_offers_of(act, participant)
    await recognise(act, participant, person)
    return participant


@operation(policy.SAY_LANGUAGES, on=Participant, answers=ParticipantView, guards=(KNOWN,))
async def say_languages(act: Act, participant: Participant, command: SayLanguages) -> Participant:
    """Say which languages somebody speaks, and in which of the service's they read; everybody does so of themselves.
    Whatever is printed for them is in that one."""
    person = (await act.session.exec(select(Person).where(Person.participant_id == participant.id))).one()
    act.change(person, **command.model_dump(mode="json", exclude_unset=True))
    act.change(participant)
    return participant


async def _correct_kind(act: Act, participant: Participant, said: dict[str, Any]) -> None:
    kind = said.get("kind", ParticipantKind(participant.kind))
    before = participant.representation
    representation = said.get("representation", RepresentationKind(before) if before else None)
    if kind == participant.kind and "representation" not in said:
        return
    if "representation" not in said and not fits(kind, representation):
        representation = None
    if not fits(kind, representation):
        raise InvalidInput(errors=[{"pointer": "#/representation", "detail": "does not fit the kind"}])
    values: dict[str, Any] = {"representation": representation.value if representation else None}
    if kind != participant.kind:
        await _refuse_settled(act, participant, kind)
        await end_representations(act, participant)
        codes = select(EnrolmentCode).where(EnrolmentCode.participant_id == participant.id)
        for code in (await act.session.exec(codes)).all():
            code.expires_at = min(code.expires_at, act.now)
        values["kind"] = kind.value
        if kind not in OF_KIND:
            values |= {"represents_in": None, "represents_until": None}
    act.change(participant, **values)


async def _refuse_settled(act: Act, participant: Participant, kind: ParticipantKind) -> None:
    """Rights and words rest on what somebody is."""
    if ParticipantKind.TRUSTED_PERSON in (kind, participant.kind):
        raise KindIsSettled(reason="whom to trust is for whoever trusts them to say")
    if participant.actor_id is not None:
        raise KindIsSettled(reason="they have a login")
    if await hangs_by(act, participant):
        raise KindIsSettled(reason="words, goals, steps or decisions are theirs as what they are")


async def _correct_birthday(act: Act, participant: Participant, person: Person, born_on: date | None) -> None:
    represented_by = await representing(act, participant)
    before = [(each, await ends_at(act, each)) for each in represented_by]
    act.change(person, born_on=born_on)
    await act.session.flush()
    for each, ended in before:
        await settle(act, each, birthday_corrected=True, before=ended)


async def recognise(act: Act, participant: Participant, person: Person) -> None:
    """By what the family is found when somebody asks whether it is known, and a relative who works here. Nobody is
    found by an empty digest."""
    theirs = select(KnownPerson).where(col(KnownPerson.participant_id) == participant.id)
    known = (await act.session.exec(theirs)).one_or_none()
    found = person.born_on if participant.kind in FAMILY else None
    before = known.digest if known is not None else ""
    digest = digests_of(act.keys(), person.authority_id, person.name, found)[0] if found is not None else ""
    made_with = act.keys().first if digest else ""
    if known is not None:
        known.digest, known.made_with = digest, made_with
    elif digest:
        of_case = {"authority_id": person.authority_id, "case_id": person.case_id}
        act.session.add(KnownPerson(participant_id=participant.id, digest=digest, made_with=made_with, **of_case))
    if digest and digest != before:
        await let_relatives_out(act, participant.case_id)
