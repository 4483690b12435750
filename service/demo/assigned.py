"""Providers that work in cases: what they are told, what their workers report, and their mailboxes."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy.dialects import postgresql
from sqlmodel import SQLModel

from service.demo.cases import case_id
from service.demo.identity import BEGINNING, demo_id, demo_pseudonym
from service.demo.loading import Owner
from service.demo.people import LICHTUNG, PEOPLE, WINDRAD, signing_in
from service.demo.stories import MAIN, STORIES_ELSEWHERE
from service.demo.story import Story
from service.demo.territory import AUTHORITY, OTHER_AUTHORITY
from service.domain.access.model import CaseAccess, Membership
from service.domain.assignments import policy
from service.domain.assignments.delivering import told, whole
from service.domain.assignments.model import Assignment, ProviderRecord, RecordKind
from service.domain.assignments.views import AssignmentView
from service.domain.clock import WHERE_PEOPLE_LIVE
from service.domain.policy import Basis, Part
from service.domain.views import VIEWS


@dataclass(frozen=True)
class Assigned:
    """A provider and its worker in a story."""

    story: Story
    authority_id: UUID
    organisation: str
    actor_id: UUID
    membership_id: UUID

    @property
    def assignment(self) -> Assignment:
        return Assignment(
            id=demo_id("assignment", self.story.title, self.organisation),
            authority_id=self.authority_id,
            case_id=case_id(self.story),
            case_pseudonym=demo_pseudonym(self.story.title),
            organisation_id=demo_id("organisation", self.organisation),
            task="Begleitung im Alltag, vier Stunden in der Woche",
            parts=[Part.GOALS.value, Part.STEPS.value],
            purpose="Begleitung im Alltag zu den vereinbarten Zielen",
            legal_basis="§ 64 Abs. 2 SGB VIII, § 69 Abs. 1 Nr. 1 SGB X",
            valid_from=BEGINNING,
        )

    def rows(self) -> Iterator[SQLModel]:
        assignment = self.assignment
        yield assignment
        yield CaseAccess(
            id=demo_id("case_access", self.story.title, self.organisation),
            authority_id=self.authority_id,
            case_id=assignment.case_id,
            actor_id=self.actor_id,
            membership_id=self.membership_id,
            assignment_id=assignment.id,
            basis=Basis.TRANSMISSION.value,
            parts=assignment.parts,
            purpose=assignment.purpose,
            legal_basis=assignment.legal_basis,
            valid_from=BEGINNING,
        )
        for kind, words in _WORDS.items():
            yield ProviderRecord(
                id=demo_id("provider_record", self.story.title, kind),
                authority_id=self.authority_id,
                case_id=assignment.case_id,
                assignment_id=assignment.id,
                organisation_id=assignment.organisation_id,
                kind=kind.value,
                words=words,
                author_id=self.actor_id,
            )


_WORDS = {
    RecordKind.PROGRESS: "Wir haben uns dreimal getroffen. Der Weg in den Ort klappt jetzt ohne Begleitung.",
    RecordKind.NOTE: "Für die Vertretung: Treffpunkt ist immer der Eingang der Bücherei.",
}
_HERE = PEOPLE["provider_worker"]
_ELSEWHERE = demo_id("actor", WINDRAD)
_ASSIGNED = (
    Assigned(MAIN, AUTHORITY, LICHTUNG, _HERE.actor_id, _HERE.membership_id),
    Assigned(STORIES_ELSEWHERE[0], OTHER_AUTHORITY, WINDRAD, _ELSEWHERE, demo_id("membership", WINDRAD)),
)
ASSIGNMENT = _ASSIGNED[0].assignment.id


def assigned() -> Iterator[SQLModel]:
    yield from signing_in(_ELSEWHERE, OTHER_AUTHORITY, "development:demo-elsewhere", "Mika Sandkamp")
    yield Membership(
        id=demo_id("membership", WINDRAD),
        authority_id=OTHER_AUTHORITY,
        actor_id=_ELSEWHERE,
        organisation_id=demo_id("organisation", WINDRAD),
        function="Sozialpädagogik",
        valid_from=BEGINNING,
    )
    for each in _ASSIGNED:
        yield from each.rows()


def deliver_all(connection: Owner, today: date) -> None:
    """What each mailbox holds of the case as it stands: as of this morning."""
    at = datetime.combine(today, time.min, WHERE_PEOPLE_LIVE)
    dialect: Any = postgresql.dialect()  # type: ignore[no-untyped-call]
    kind = policy.ASSIGN.name
    for each in _ASSIGNED:
        assignment = each.assignment
        itself = told(assignment, each.actor_id, VIEWS[AssignmentView], kind, at, assignment.id)
        for statement in (itself, *whole(assignment, each.actor_id, kind, at)):
            connection.execute(str(statement.compile(dialect=dialect, compile_kwargs={"literal_binds": True})).encode())
