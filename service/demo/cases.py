"""The demo's cases as rows. Whoever tells a story is enrolled in its case: words and agreed goals are one's own."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import SQLModel

from service.demo.identity import BEGINNING, demo_id, demo_pseudonym
from service.demo.people import PEOPLE, DemoPerson, signing_in
from service.demo.stories import MAIN, OF_THE_CUSTODIAN, STORIES, STORIES_ELSEWHERE
from service.demo.story import Aim, Doing, Story, Who
from service.demo.territory import REGIONS, space_id, spaces_of
from service.domain.access.model import CaseAccess
from service.domain.cases.access import BASES
from service.domain.cases.model import (
    AT_CLOSING,
    Answer,
    Audience,
    Case,
    CaseState,
    Goal,
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
    Suggestion,
)
from service.domain.cases.represented import Representation
from service.domain.cases.tick_offs import TickOff
from service.domain.clock import majority
from service.domain.policy import Basis, Part

# What the addressee lets her trusted person see, and what is a network person's.
_OPENED = {Basis.TRUST: (Part.GOALS, Part.STEPS), Basis.NETWORK: (Part.STEPS,)}


def cases(today: date) -> Iterator[SQLModel]:
    told = [MAIN, OF_THE_CUSTODIAN, *STORIES]
    for number, story in enumerate(told):
        yield from Told(story, number, today, lead_of(story)).rows()
    for number, story in enumerate(STORIES_ELSEWHERE, len(told)):
        yield from Told(story, number, today, PEOPLE["other_authority"]).rows()


def case_id(story: Story) -> UUID:
    return demo_id("case", story.title)


def participant_id(story: Story, who: Who) -> UUID:
    return demo_id("participant", story.title, who)


def question_id(story: Story, numeral: Numeral) -> UUID:
    return demo_id("question", story.title, numeral)


def goal_id(story: Story, aim: Aim) -> UUID:
    return demo_id("goal", story.title, aim.statement)


def step_id(story: Story, doing: Doing) -> UUID:
    return demo_id("step", story.title, doing.how)


def lead_of(story: Story) -> DemoPerson:
    """Hachinger Tal, Südost and Isartal are the first case worker's, the others the second's."""
    ours = {space for region in list(REGIONS)[2:5] for space in spaces_of(region)}
    return PEOPLE["case_worker" if story.space in ours else "second_case_worker"]


@dataclass(frozen=True)
class Told:
    story: Story
    number: int
    today: date
    lead: DemoPerson

    def rows(self) -> Iterator[SQLModel]:
        yield self._case()
        yield from self._people()
        yield self._access(self.lead.actor_id, Basis.ASSIGNMENT)
        yield from self._questions()
        for aim in self.story.aims:
            yield from self._goal(aim)

    def _case(self) -> Case:
        story = self.story
        return Case(
            id=self.id,
            authority_id=self.lead.authority_id,
            social_space_id=space_id(story.space) if story.space else None,
            pseudonym=demo_pseudonym(story.title),
            state=story.state.value,
            field_of_action=story.field_of_action.value,
            opened_on=self._day(-story.opened),
            title=story.title,
            concern=story.concern,
            closed_on=self._day(-12) if story.state is CaseState.CLOSED else None,
        )

    # The people

    def _people(self) -> Iterator[SQLModel]:
        story = self.story
        named = {
            Who.ADDRESSEE: story.addressee,
            Who.CUSTODIAN: story.custodian,
            Who.REPRESENTATIVE: story.representative,
            Who.TRUSTED: story.trusted,
            Who.NETWORK: story.network,
        }
        for who, name in named.items():
            if name is not None:
                yield from self._participant(who, name)
                if who in (Who.CUSTODIAN, Who.REPRESENTATIVE):
                    yield self._representation(who)
        if story.gone is not None:
            yield from self._gone(story.gone)

    def _participant(self, who: Who, name: str) -> Iterator[SQLModel]:
        speaks, role = who is self.story.speaker, self.story.roles.get(who)
        actor_id = PEOPLE[role].actor_id if role else self._speaker if speaks else None
        if speaks and role is None:
            yield from signing_in(self._speaker, self.lead.authority_id, f"development:demo-case-{self.number}")
        yield Participant(
            id=self._somebody(who),
            authority_id=self.lead.authority_id,
            case_id=self.id,
            kind=who.value,
            actor_id=actor_id,
            representation=RepresentationKind.ATTORNEY.value if who is Who.REPRESENTATIVE else None,
            trusted_by_id=self._trusted_by(who),
            joined_on=self._day(-self.story.opened),
        )
        yield Person(
            participant_id=self._somebody(who),
            authority_id=self.lead.authority_id,
            case_id=self.id,
            name=name,
            born_on=self.born_on if who is Who.ADDRESSEE else None,
            language=self.story.language.value if speaks else "de",
            speaks=list(self.story.speaks.get(who, ())),
        )
        if actor_id is not None:
            yield self._access(actor_id, BASES[ParticipantKind(who)], who)

    def _representation(self, who: Who) -> Representation:
        return Representation(
            id=demo_id("representation", self.story.title, who),
            authority_id=self.lead.authority_id,
            case_id=self.id,
            participant_id=self._somebody(who),
            represented_id=self._somebody(Who.ADDRESSEE),
            starts_on=self._day(-self.story.opened),
        )

    def _gone(self, name: str) -> Iterator[SQLModel]:
        id = demo_id("participant", self.story.title, "gone")
        of_case: dict[str, Any] = {"authority_id": self.lead.authority_id, "case_id": self.id}
        joined_on, left_on = self._day(-self.story.opened), self._day(-7)
        yield Participant(id=id, kind=Who.NETWORK.value, joined_on=joined_on, left_on=left_on, **of_case)
        yield Person(participant_id=id, name=name, **of_case)

    def _trusted_by(self, who: Who | None) -> UUID | None:
        return self._somebody(Who.ADDRESSEE) if who is Who.TRUSTED else None

    def _access(self, actor_id: UUID, basis: Basis, who: Who | None = None) -> CaseAccess:
        return CaseAccess(
            id=demo_id("case_access", self.story.title, basis),
            authority_id=self.lead.authority_id,
            case_id=self.id,
            actor_id=actor_id,
            participant_id=self._somebody(who) if who else None,
            membership_id=self.lead.membership_id if basis is Basis.ASSIGNMENT else None,
            trusted_by_id=self._trusted_by(who),
            basis=basis.value,
            parts=[part.value for part in _OPENED.get(basis, Part)],
            valid_from=BEGINNING,
            valid_to=majority(self.born_on) if who is Who.CUSTODIAN else None,
        )

    # What is said and wanted

    def _questions(self) -> Iterator[SQLModel]:
        said = {Numeral.I: (self.story.words, Audience.ALL)}
        said |= {saying.numeral: (saying.words, saying.audience) for saying in self.story.sayings}
        for position, numeral in enumerate(Numeral, 1):
            state = QuestionState.ANSWERED if numeral in said else QuestionState.NOT_STARTED
            skipped = self.story.state is CaseState.CLOSED and numeral in AT_CLOSING and numeral not in said
            yield Question(
                id=question_id(self.story, numeral),
                authority_id=self.lead.authority_id,
                case_id=self.id,
                numeral=numeral.value,
                position=position,
                state=QuestionState.SKIPPED.value if skipped else state.value,
                skipped_because="Wollte dazu nichts mehr sagen." if skipped else None,
                skipped_by_id=self.lead.actor_id if skipped else None,
            )
        for numeral, (words, audience) in said.items():
            yield Answer(
                id=demo_id("answer", self.story.title, numeral),
                authority_id=self.lead.authority_id,
                case_id=self.id,
                question_id=question_id(self.story, numeral),
                participant_id=self._somebody(self.story.speaker),
                words=words,
                language=self.story.language.value,
                author_id=self._speaker,
                audience=audience.value,
                audience_of=self._named(audience),
            )

        for suggested in self.story.suggestions:
            yield Suggestion(
                id=demo_id("suggestion", self.story.title, suggested.numeral),
                authority_id=self.lead.authority_id,
                case_id=self.id,
                question_id=question_id(self.story, suggested.numeral),
                words=suggested.words,
                author_id=self.lead.actor_id,
                audience=suggested.audience.value,
            )

    def _goal(self, aim: Aim) -> Iterator[SQLModel]:
        agreed = self._moment(-self.story.opened // 2)
        yield Goal(
            id=goal_id(self.story, aim),
            authority_id=self.lead.authority_id,
            case_id=self.id,
            participant_id=self._somebody(Who.ADDRESSEE if aim.will_found_out else self.story.speaker),
            kind=aim.kind.value,
            statement=aim.statement,
            how_noticed=aim.how_noticed,
            target_on=self._day(90 + self.number),
            state=(GoalState.WILL_RECORDED if aim.will_found_out else aim.state).value,
            agreed_at=agreed if aim.state is GoalState.AGREED else None,
            agreed_by=[self._somebody(self.story.speaker)] if aim.state is GoalState.AGREED else [],
            will_found_out=aim.will_found_out,
            author_id=self.lead.actor_id if aim.will_found_out else self._speaker,
            audience=aim.audience.value,
            audience_of=self._named(aim.audience),
        )
        for doing in aim.steps:
            yield self._step(aim, doing)
            if doing.too_late is not None:
                yield self._tick_off(doing, doing.too_late)

    def _step(self, aim: Aim, doing: Doing) -> Step:
        return Step(
            id=step_id(self.story, doing),
            authority_id=self.lead.authority_id,
            case_id=self.id,
            goal_id=goal_id(self.story, aim),
            wanted_by_id=self._somebody(self.story.speaker),
            done_by_id=self._somebody(doing.by or self.story.speaker),
            with_whom=doing.with_whom,
            how=doing.how,
            due_on=self._day(doing.due),
            with_what=doing.with_what,
            first_due_on=self._day(doing.due - 7) if doing.moved_because else None,
            moved_because=doing.moved_because,
            state=doing.state.value,
            remark=doing.remark,
            finished_at=None if doing.state is StepState.OPEN else self._moment(min(doing.due, -1)),
            author_id=self.lead.actor_id,
        )

    def _tick_off(self, doing: Doing, words: str) -> TickOff:
        """It was written down on a phone and arrived when the step was done already."""
        return TickOff(
            id=demo_id("tick_off", self.story.title, doing.how),
            authority_id=self.lead.authority_id,
            case_id=self.id,
            step_id=step_id(self.story, doing),
            done=True,
            words=words,
            seen_version=1,
            taken=False,
            step_state=doing.state.value,
            author_id=self._speaker,
            audience=Audience.AUTHOR.value,
            arrived_at=self._moment(-1),
        )

    # Who and when

    @property
    def id(self) -> UUID:
        return case_id(self.story)

    @property
    def born_on(self) -> date:
        """So that they are of this age on the day of seeding, and for some months more."""
        return self.today - timedelta(days=self.story.age * 1461 // 4 + 41 + self.number * 5)

    @property
    def _speaker(self) -> UUID:
        story = self.story
        role = story.roles.get(story.speaker)
        return PEOPLE[role].actor_id if role else demo_id("actor", story.title)

    def _somebody(self, who: Who) -> UUID:
        return participant_id(self.story, who)

    def _named(self, audience: Audience) -> list[UUID]:
        return [self.lead.actor_id] if audience is Audience.NAMED else []

    def _day(self, distance: int) -> date:
        return self.today + timedelta(days=distance)

    def _moment(self, distance: int) -> datetime:
        return datetime.combine(self._day(distance), time(9, 30), UTC)
