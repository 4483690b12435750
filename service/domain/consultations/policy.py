"""Who takes part in a consultation, and what each of them is told. The case's own people and workers see all of it but
the family's drafts; whoever moderates sees how it stands; those from outside see a sketch, their own invitation and
their own ideas."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from service.domain.access.model import CaseAccess, in_force
from service.domain.consultations.model import Consent, ConsultationParticipant, ConsultationRole
from service.domain.policy import (
    BUT_AUDITORS,
    EVERYBODY,
    EVERYONE,
    HEARD,
    PERSONAS_OF_BASIS,
    Action,
    Basis,
    Part,
    Reader,
    Role,
    Row,
    Rule,
    holding_throughout,
    involved,
    naming,
    working,
)

# Whoever is named in a row also has to be somebody here still.
INVITABLE = (
    *(Role.CASE_WORKER, Role.SOCIAL_SPACE_MANAGER, Role.REGIONAL_MANAGER, Role.INTEGRATED_PLANNER),
    *(Role.PROVIDER_WORKER, Role.PROVIDER_MANAGER, Role.EXPERT_BY_EXPERIENCE),
)
FROM_OUTSIDE = working(*INVITABLE)
OF_THE_CASE = involved(Part.CONCERN, *BUT_AUDITORS)
LEADING = involved(None, Basis.ASSIGNMENT)
CONCERNED = involved(Part.CONCERN, Basis.SELF, Basis.REPRESENTATION)


def _declined(reader: Reader, row: Row) -> sa.ColumnElement[bool]:
    invited: Any = ConsultationParticipant.__table__.alias()  # type: ignore[attr-defined]
    found = sa.select(invited.c.id).where(
        invited.c.consultation_id == row.id,
        invited.c.actor_id == reader.id,
        invited.c.consent == sa.literal_column(f"'{Consent.REFUSED}'"),
    )
    return found.correlate_except(invited).exists()


# Whoever declined is named until another moderates: in their own name they cannot take it out (row-level security).
MODERATING = (
    naming("moderator_id", "you moderate it")
    & Rule(lambda reader, row: sa.not_(_declined(reader, row)), "you have not declined", EVERYONE.personas)
    & working(Role.SOCIAL_SPACE_MANAGER)
)

_BROUGHT_ALONG = (Basis.SELF, Basis.REPRESENTATION, Basis.TRUST, Basis.NETWORK)
_FAMILY = frozenset().union(*(PERSONAS_OF_BASIS[basis] for basis in _BROUGHT_ALONG))


def _of_the_family(column: str, says: str, consent: Callable[[Any], sa.ColumnElement[bool]]) -> Rule:
    """The reader is invited as one of the family to the consultation that the column names."""

    def condition(reader: Reader, row: Row) -> sa.ColumnElement[bool]:
        invited: Any = ConsultationParticipant.__table__.alias()  # type: ignore[attr-defined]
        found = sa.select(invited.c.id).where(
            invited.c.consultation_id == row[column],
            invited.c.actor_id == reader.id,
            invited.c.role == sa.literal_column(f"'{ConsultationRole.FAMILY}'"),
            sa.not_(invited.c.consents_only),
            consent(invited.c.consent),
        )
        return found.correlate_except(invited).exists()

    return Rule(condition, says, _FAMILY) & involved(None, *_BROUGHT_ALONG)


def _agreed_in_family(column: str) -> Rule:
    return _of_the_family(
        column,
        "you have agreed to take part as one of the family",
        lambda consent: consent == sa.literal_column(f"'{Consent.GIVEN}'"),
    )


OF_THE_FAMILY = _agreed_in_family("id")
# Whoever is asked knows what to: when, where and around which question. Nobody consents blind.
ASKED_IN_FAMILY = _of_the_family(
    "id",
    "you are asked to take part as one of the family and have not declined",
    lambda consent: consent != sa.literal_column(f"'{Consent.REFUSED}'"),
)


def _in_the_circle(reader: Reader, row: Row) -> sa.ColumnElement[bool]:
    invited: Any = ConsultationParticipant.__table__.alias()  # type: ignore[attr-defined]
    mine = sa.select(invited.c.id).where(invited.c.actor_id == reader.id, invited.c.id == sa.any_(row.circle))
    return mine.correlate_except(invited).exists()


IN_THE_CIRCLE = Rule(_in_the_circle, "you wrote it together", _FAMILY) & _agreed_in_family("consultation_id")

READ_METHOD = EVERYONE
# In pseudonyms, unless all addressees let them read it (facts, section 5: «P unless C»).
_MODERATING_OPENLY = MODERATING & Rule(
    lambda reader, row: row.moderator_reads, "those whom it is about let you read it", EVERYBODY
)
READ_CONSULTATION = OF_THE_CASE | MODERATING | ASKED_IN_FAMILY
READ_WHAT_FOR = OF_THE_CASE | ASKED_IN_FAMILY
READ_CONTENT = OF_THE_CASE | OF_THE_FAMILY
READ_QUESTION = READ_WHAT_FOR | _MODERATING_OPENLY  # these two fields, and no other: that is what is consented to
READ_CHOICE = READ_CONTENT | _MODERATING_OPENLY
INVITED = naming("actor_id", "it is you who is invited")
READ_EFFORT = LEADING | INVITED
# Whoever is invited as one of the people has a way into the case, or none to what is asked there.
_AS_NONE_OF_THEM = (
    INVITED & FROM_OUTSIDE & Rule(lambda reader, row: row.participant_id.is_(None), "as none of its people", EVERYBODY)
)
READ_INVITATION = OF_THE_CASE | _AS_NONE_OF_THEM | (INVITED & involved(None, *_BROUGHT_ALONG))
# Of an appointment: the invitations of the people of a case have no day (constraint `told`), and so are none.
INVITED_FROM_OUTSIDE = (
    INVITED
    & FROM_OUTSIDE
    & Rule(lambda reader, row: sa.not_(OF_THE_CASE.condition(reader, row)), "you are not of its case", EVERYBODY)
)


def _coming(reader: Reader, row: Row) -> sa.ColumnElement[bool]:
    invited: Any = ConsultationParticipant.__table__.alias()  # type: ignore[attr-defined]
    found = sa.select(invited.c.id).where(
        invited.c.consultation_id == row.consultation_id,
        invited.c.actor_id == reader.id,
        invited.c.consent == sa.literal_column(f"'{Consent.GIVEN}'"),
        sa.not_(invited.c.consents_only),
    )
    return found.correlate_except(invited).exists()


_COMING = Rule(_coming, "you have accepted your invitation", EVERYBODY)
_GONE_OUT = Rule(lambda reader, row: reader.id == sa.any_(row.invited), "it was let go out", FROM_OUTSIDE.personas)
READ_SKETCH = OF_THE_CASE | (_GONE_OUT & _COMING & FROM_OUTSIDE)
READ_IDEA = OF_THE_CASE | (naming("author_id", "it is your own") & FROM_OUTSIDE) | _agreed_in_family("consultation_id")
# Taking part in the case is not enough: what is said there is for those who are there.
READ_ENTRY = (
    LEADING
    | (naming("author_id", "it is your own") & OF_THE_CASE)
    | (_COMING & OF_THE_CASE)
    | _agreed_in_family("consultation_id")
) & HEARD
READ_DRAFT = IN_THE_CIRCLE
READ_FAMILY_PLAN = OF_THE_CASE | _agreed_in_family("consultation_id")

ADD_METHOD = Action("consultation_method.add", holding_throughout(Role.INTEGRATED_PLANNER, authority="id"))
CHANGE_METHOD = Action("consultation_method.change", holding_throughout(Role.INTEGRATED_PLANNER))


def _no_way_in(reader: Reader, row: Row) -> sa.ColumnElement[bool]:
    """Of somebody of the case, or who was: they cannot answer themselves."""
    access: Any = CaseAccess.__table__.alias()  # type: ignore[attr-defined]
    theirs = sa.select(access.c.id).where(
        access.c.case_id == row.case_id, access.c.actor_id == row.actor_id, in_force(access.c)
    )
    none = sa.and_(row.participant_id.is_not(None), sa.not_(theirs.correlate_except(access).exists()))
    return sa.or_(row.actor_id.is_(None), none)


REQUEST = Action(
    "consultation.request", involved(Part.CONCERN, Basis.ASSIGNMENT, Basis.SELF, Basis.REPRESENTATION, case="id")
)
INVITE = Action("consultation.invite", LEADING | CONCERNED)
AGREE = Action("consultation.agree", CONCERNED)
ANSWER = Action(
    "consultation.answer_invitation",
    (INVITED & READ_INVITATION)
    | (Rule(_no_way_in, "they have no login, or no way into the case any more", LEADING.personas) & LEADING),
)
RECORD_EFFORT = Action("consultation.record_effort", LEADING)
MODERATE = Action("consultation.moderate", LEADING | MODERATING)
CANCEL = Action("consultation.cancel", LEADING | CONCERNED)
WRITE_SKETCH = Action("consultation.write_sketch", LEADING)
RELEASE_SKETCH = Action("consultation.release_sketch", LEADING)
GIVE_IDEA = Action("consultation.give_idea", INVITED & READ_INVITATION)
WRITE_ENTRY = Action("consultation.write_entry", LEADING | CONCERNED | OF_THE_FAMILY)
CHOOSE = Action("consultation.choose", CONCERNED)
WRITE_DRAFT = Action("family_time.write", OF_THE_FAMILY)
RELEASE_PLAN = Action("family_time.release", IN_THE_CIRCLE)
LOOK_AT_PLAN = Action("family_plan.look_at", LEADING)
RECORD_RESULTS = Action("consultation.record_results", LEADING)
