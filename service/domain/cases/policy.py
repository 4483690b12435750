"""Who sees and does what in a case. Content is reached through case access only, never through a role's scope
(§ 35 SGB I: need to know); management sees sketches."""

from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy import any_, true

from service.domain.access.model import CaseAccess, in_force
from service.domain.access.policy import OVERSEEING
from service.domain.cases.model import Goal, Step, StepState
from service.domain.cases.sketch_model import CaseSketch
from service.domain.policy import (
    BUT_AUDITORS,
    HEARD,
    KNOWING_WHOM_THEY_TRUST,
    LINKED,
    PERSONAS_OF_BASIS,
    PERSONAS_OF_ROLE,
    PROFESSIONAL,
    SIGNED_IN,
    Action,
    Basis,
    Part,
    Reader,
    Role,
    Row,
    Rule,
    being,
    having,
    holding,
    holding_throughout,
    involved,
    naming,
    working,
)

_goal: Any = Goal.__table__.alias()  # type: ignore[attr-defined]
_step: Any = Step.__table__.alias()  # type: ignore[attr-defined]

LEADING = involved(None, Basis.ASSIGNMENT)


def _for_good(case: str) -> Rule:
    """By an access that rests on no stand-in: whose case it is stays for its lead to say."""

    def condition(reader: Reader, row: Row) -> sa.ColumnElement[bool]:
        access: Any = CaseAccess.__table__.alias()  # type: ignore[attr-defined]
        found = sa.select(access.c.id).where(
            access.c.actor_id == reader.id,
            access.c.case_id == row[case],
            access.c.basis == sa.literal_column(f"'{Basis.ASSIGNMENT}'"),
            access.c.stand_in_id.is_(None),
            in_force(access.c),
        )
        return found.correlate_except(access).exists()

    itself = Rule(condition, "it is you who leads it, not whom you stand in for", PERSONAS_OF_BASIS[Basis.ASSIGNMENT])
    return involved(None, Basis.ASSIGNMENT, case=case) & itself


FAMILY = involved(None, Basis.SELF, Basis.REPRESENTATION)
TRUSTING = Rule(
    lambda reader, row: sa.func.coalesce(row.trusted_by_id == any_(reader.selves()), sa.false()),
    "it is you who trusts them",
    PERSONAS_OF_BASIS[Basis.SELF],
) & involved(None, Basis.SELF)
DOING = being("done_by_id", "you are the one who does it")
DOING_WITH = naming("done_with_id", "you do it with them") & involved(Part.STEPS, *PROFESSIONAL)
_DOING_ITS_STEP = Rule(
    lambda reader, row: row.step_id.in_(sa.select(_step.c.id).where(_step.c.done_by_id == any_(reader.selves()))),
    "you are the one who does its step",
    PERSONAS_OF_BASIS[Basis.NETWORK],
)
WANTING = being("wanted_by_id", "you are the one who wants it") & FAMILY

READ_CASE = involved(case="id")
READ_CONCERN = involved(Part.CONCERN, case="id")
READ_MERGED_INTO = Rule(lambda reader, row: row.merged_into_id.is_(None), "it was not merged", SIGNED_IN) | replace(
    involved(case="merged_into_id"), says="you have access to the case it went into, too"
)
# Withheld whether it was moved or not: its people do not learn by it that there is another case.
READ_INTO_CASE = LEADING & (
    Rule(lambda reader, row: row.into_case_id.is_(None), "it was not moved", SIGNED_IN)
    | replace(involved(case="into_case_id"), says="you have access to the case in which it is now, too")
)
_LEADING_SIBLING = replace(
    involved(None, Basis.ASSIGNMENT, case="sibling_case_id"), says="you have access to its sibling case by assignment"
)
# Nobody learns by it that there is another case: it shows to those who work in both.
READ_SIBLING_LINK = involved(None, *PROFESSIONAL) & replace(
    involved(None, *PROFESSIONAL, case="sibling_case_id"), says="you work in the other case, too"
)
READ_CONFIDENTIAL = LEADING | (being("participant_id", "it is you") & involved(None, Basis.SELF))
READ_SKETCH = holding(Role.SOCIAL_SPACE_MANAGER) | LEADING
READ_SPACE_SITUATION = holding(
    Role.CASE_WORKER, Role.SOCIAL_SPACE_MANAGER, Role.REGIONAL_MANAGER, Role.INTEGRATED_PLANNER
)
OFFERED = naming("receiver_id", "it is offered to you") & working(Role.CASE_WORKER)
OFFERING = naming("offered_by_id", "you have offered it") & working(Role.CASE_WORKER)
# Whoever offered it and has no access to the case any more still knows that it was accepted.
READ_HANDOVER = involved(None, Basis.ASSIGNMENT, Basis.SELF, Basis.REPRESENTATION) | OFFERED | OFFERING
STANDING_IN = (naming("absent_id", "it is you who is away") | naming("actor_id", "it is you who acts")) & working(
    Role.CASE_WORKER
)
HAS_NAMED = naming("named_by_id", "it is you who named them") & working(Role.SOCIAL_SPACE_MANAGER)
READ_STAND_IN = STANDING_IN | HAS_NAMED | holding_throughout(Role.DATA_PROTECTION_OFFICER)


def _manages_their_cases(reader: Reader, row: Row) -> sa.ColumnElement[bool]:
    """Each case that somebody leads lies where the reader manages, and there is one."""
    access: Any = CaseAccess.__table__.alias()  # type: ignore[attr-defined]
    sketch: Any = CaseSketch.__table__.alias()  # type: ignore[attr-defined]
    role = Role.SOCIAL_SPACE_MANAGER
    elsewhere = sa.and_(sketch.c.social_space_id.is_(None), sketch.c.authority_id == any_(reader.authorities(role)))
    theirs = sa.func.coalesce(sa.or_(sketch.c.social_space_id == any_(reader.spaces(role)), elsewhere), sa.false())
    led = sa.select(sa.func.bool_and(theirs)).where(
        access.c.actor_id == row.id,
        access.c.basis == sa.literal_column(f"'{Basis.ASSIGNMENT}'"),
        access.c.stand_in_id.is_(None),
        in_force(access.c),
        sketch.c.case_id == access.c.case_id,
    )
    return sa.func.coalesce(led.correlate_except(access, sketch).scalar_subquery(), sa.false())


MANAGING_THEIR_CASES = Rule(
    _manages_their_cases,
    "you are social space manager for all cases that they lead",
    PERSONAS_OF_ROLE[Role.SOCIAL_SPACE_MANAGER],
)
READ_PARTICIPANT = involved() & (KNOWING_WHOM_THEY_TRUST | being("id", "it is you"))
READ_PERSON = involved(Part.PERSONS)
READ_QUESTION = involved(Part.QUESTIONS)
READ_ANSWER = involved(Part.QUESTIONS) & HEARD
READ_RATING = involved(Part.QUESTIONS) & HEARD
READ_SITUATION = involved(Part.CONCERN, *BUT_AUDITORS) & HEARD
READ_GOAL = involved(Part.GOALS) & HEARD
READ_ITS_GOAL = replace(
    READ_GOAL,
    condition=lambda reader, row: row.goal_id.in_(sa.select(_goal.c.id).where(READ_GOAL.condition(reader, _goal.c))),
    says="you may read its goal",
)
# Whoever gives somebody a link has told them: no audience stands in between.
READ_STEP = ((involved(Part.STEPS) | (DOING & involved(Part.STEPS, Basis.NETWORK))) & HEARD) | LINKED
READ_TICK_OFF = (involved(Part.STEPS) | (_DOING_ITS_STEP & involved(Part.STEPS, Basis.NETWORK))) & HEARD
MY_STEP = (DOING | DOING_WITH) & READ_STEP
TO_BE_DONE = having(state=StepState.OPEN) | having(state=StepState.DOING)
READ_OFFER = involved(Part.QUESTIONS)
READ_SHARED_OFFER = holding(Role.CASE_WORKER, Role.SOCIAL_SPACE_MANAGER, Role.PROVIDER_WORKER) & Rule(
    lambda reader, row: sa.and_(row.until >= reader.today, row.withdrawn_on.is_(None)),
    "it still holds",
    SIGNED_IN,
)
READ_DISAGREEMENT = (
    (having(part=Part.CONCERN) & involved(Part.CONCERN, *BUT_AUDITORS))
    | (having(part=Part.QUESTIONS) & involved(Part.QUESTIONS))
    | (having(part=Part.ARRANGEMENT) & involved(Part.ARRANGEMENT, *BUT_AUDITORS))
    | (having(part=Part.GOALS) & involved(Part.GOALS))
    | (having(part=Part.STEPS) & involved(Part.STEPS))
) & HEARD
# Who leads the case, who wrote it and who audits learn that something was there; others as far as they could read it.
READ_WITHDRAWAL = (
    LEADING
    | involved(None, Basis.AUDIT)
    | (naming("author_id", "it was yours") & involved())
    | (having(part=Part.CONCERN) & involved(Part.CONCERN, *BUT_AUDITORS) & HEARD)
    | (having(part=Part.QUESTIONS) & involved(Part.QUESTIONS) & HEARD)
    | (having(part=Part.GOALS) & involved(Part.GOALS) & HEARD)
    | (having(part=Part.STEPS) & involved(Part.STEPS) & HEARD)
    | (having(part=Part.ARRANGEMENT) & involved(Part.ARRANGEMENT) & HEARD)
)
# Goals and words are those of the people whom the case is about: nobody else has, agrees or drops one in it.
OWN_GOAL = being("participant_id", "it is your own") & involved(Part.GOALS, Basis.SELF, Basis.REPRESENTATION) & HEARD
SHARED_GOAL = (
    Rule(
        lambda reader, row: row.shared_with.overlap(reader.selves()),
        "it is shared with you",
        PERSONAS_OF_BASIS[Basis.SELF] | PERSONAS_OF_BASIS[Basis.REPRESENTATION],
    )
    & involved(Part.GOALS, Basis.SELF, Basis.REPRESENTATION)
    & HEARD
)

AUDITING = naming("requested_by_id", "you have asked for it") & working(Role.AUDITOR)
READ_AUDIT_REQUEST = AUDITING | OVERSEEING
OF_SOMEBODY_ELSE = Rule(
    lambda reader, row: row.requested_by_id != reader.id, "somebody else has asked for it", SIGNED_IN
)
# Whoever leads a case does not decide who audits it.
NOT_FOR_AN_AUDIT = Rule(lambda reader, row: row.basis != Basis.AUDIT.value, "it is not for an audit", SIGNED_IN)

READ_FAMILY_INQUIRY = (naming("actor_id", "it was you who asked") & working(Role.CASE_WORKER)) | OVERSEEING
_WORKING_HERE = Rule(
    lambda reader, row: row.id == any_(reader.authorities(Role.CASE_WORKER, throughout=False)),
    "you are case worker somewhere in this authority",
    PERSONAS_OF_ROLE[Role.CASE_WORKER],
)

ASK_WHETHER_KNOWN = Action("family.ask", _WORKING_HERE)
OPEN = Action("case.open", holding(Role.CASE_WORKER, space="id"))
OPEN_OUTSIDE_SPACES = Action("case.open", holding_throughout(Role.CASE_WORKER, authority="id"))
CHANGE = Action("case.change", involved(None, Basis.ASSIGNMENT, case="id"))
MOVE_ON = Action("case.move_on", involved(None, Basis.ASSIGNMENT, case="id"))
REDIRECT = Action("case.redirect", involved(None, Basis.ASSIGNMENT, case="id"))
TRANSFER = Action("case.transfer", _for_good("id"))
ACCEPT_HANDOVER = Action("handover.accept", OFFERED)
CONFIRM_HANDOVER = Action("handover.confirm", LEADING)
WITHDRAW_HANDOVER = Action("handover.withdraw", LEADING | OFFERED)
NAME_STAND_IN = Action("stand_in.name", (naming("id") & working(Role.CASE_WORKER)) | MANAGING_THEIR_CASES)
END_STAND_IN = Action("stand_in.end", STANDING_IN | HAS_NAMED)
WITHDRAW_ENTRY = Action("case.withdraw_entry", involved(None, Basis.ASSIGNMENT, case="id"))
# What a stand-in moved into a case of their own would be theirs when their days are over.
MOVE_ENTRY = Action(
    WITHDRAW_ENTRY.name,
    replace(
        _for_good("id"),
        says="it is you who leads it: whoever stands in takes it out without `into_case_id`, the lead moves it later",
    ),
)
MOVE_PARTICIPANT = Action("participant.move", _for_good("case_id"))
KEEP_CONFIDENTIAL = Action("confidentiality.keep", LEADING)
LOOK_AGAIN = Action("confidentiality.look_again", LEADING)
LINK_SIBLINGS = Action("siblings.link", involved(None, Basis.ASSIGNMENT, case="id"))
KNOW_SIBLING = Action("siblings.link", involved(None, *PROFESSIONAL, case="id"))
END_SIBLING_LINK = Action("siblings.end", READ_SIBLING_LINK & (LEADING | _LEADING_SIBLING))
MERGE_PARTICIPANT = Action("participant.merge", LEADING)
MERGE = Action("case.merge", _for_good("id"))
# Else the refusal would name the case that it went into to whoever does not lead that one.
UNDO_MERGER = Action(
    MERGE.name,
    MERGE.rule
    & (
        Rule(lambda reader, row: row.merged_into_id.is_(None), "it was not merged", SIGNED_IN)
        | replace(_for_good("merged_into_id"), says="you lead the case it went into, too")
    ),
)
ADD_PARTICIPANT = Action("participant.add", involved(None, Basis.ASSIGNMENT, case="id"))
TRANSMIT = Action("case.transmit", involved(None, Basis.ASSIGNMENT, case="id"))
NAME_LEAD = Action("case.name_lead", holding(Role.SOCIAL_SPACE_MANAGER) | _for_good("case_id"))
END_ACCESS = Action("case_access.end", (LEADING & NOT_FOR_AN_AUDIT) | TRUSTING)
NAME_TRUSTED_PERSON = Action("trusted_person.name", involved(None, Basis.SELF, case="id"))
LET_SEE = Action("case_access.let_see", TRUSTING)
ISSUE_CODE = Action("enrolment.issue", LEADING | TRUSTING)
LIMIT_REPRESENTATION = Action("participant.limit_representation", LEADING)
REPRESENT = Action("participant.represent", LEADING)
CORRECT_PARTICIPANT = Action("participant.correct", LEADING)
SAY_LANGUAGES = Action(
    "participant.say_languages",
    LEADING | (being("id", "it is you") & involved(None, Basis.SELF, Basis.REPRESENTATION, Basis.TRUST)),
)
LEAVE_CASE = Action("participant.leave", LEADING)
RETURN_TO_CASE = Action("participant.return", LEADING)
UNDO_ENROLMENT = Action("enrolment.undo", LEADING)
ENROL = Action("enrolment.enrol", Rule(lambda reader, row: true(), "you have a one-time code for it", SIGNED_IN))
OWN_WORDS = replace(
    FAMILY,
    says="you are one of those whom it is about, or speak for them: whoever works on the case suggests words instead, "
    "POST /v1/questions/{id}/suggestions",
)
REQUEST_AUDIT = Action("audit_access.request", holding_throughout(Role.AUDITOR, authority="id"))
APPROVE_AUDIT = Action("audit_access.approve", OVERSEEING & OF_SOMEBODY_ELSE)
REFUSE_AUDIT = Action("audit_access.refuse", OVERSEEING & OF_SOMEBODY_ELSE)
END_AUDIT = Action("audit_access.end", OVERSEEING & OF_SOMEBODY_ELSE)
WORD = Action("question.word", OWN_WORDS)
SUGGEST = Action("question.suggest", involved(Part.QUESTIONS, *PROFESSIONAL))
SKIP = Action("question.skip", involved(Part.QUESTIONS, Basis.ASSIGNMENT, Basis.SELF, Basis.REPRESENTATION))
MAKE_OFFER = Action("offer.make", involved(None, Basis.SELF, Basis.REPRESENTATION, case="id"))
WITHDRAW_OFFER = Action(
    "offer.withdraw",
    being("participant_id", "it is your own") & involved(Part.QUESTIONS, Basis.SELF, Basis.REPRESENTATION),
)
DISAGREE = Action("text.disagree", involved(None, Basis.SELF, Basis.REPRESENTATION, case="id"))
ADD_LIFE_AREA = Action("life_area.add", holding_throughout(Role.INTEGRATED_PLANNER, authority="id"))
RATE_LIFE = Action("life.rate", involved(None, Basis.SELF, Basis.REPRESENTATION, case="id"))
NOTE_SITUATION = Action(
    "situation.note", involved(Part.CONCERN, Basis.ASSIGNMENT, Basis.SELF, Basis.REPRESENTATION, case="id")
)
PROPOSE_GOAL = Action("goal.propose", involved(None, Basis.ASSIGNMENT, Basis.SELF, Basis.REPRESENTATION, case="id"))
CHANGE_GOAL = Action("goal.change", OWN_GOAL | (LEADING & READ_GOAL))
AGREE_GOAL = Action("goal.agree", OWN_GOAL | SHARED_GOAL)
RECORD_WILL = Action("goal.record_will", LEADING & READ_GOAL)
RECORD_LOOKING_BACK = Action("goal.record_looking_back", LEADING & READ_GOAL)
LOOK_BACK_ON_GOAL = Action("goal.look_back", OWN_GOAL)
DROP_GOAL = Action("goal.drop", OWN_GOAL)
PLAN_STEP = Action("step.plan", READ_GOAL & involved(Part.STEPS, *PROFESSIONAL, Basis.SELF, Basis.REPRESENTATION))
CHANGE_STEP = Action("step.change", READ_STEP & (LEADING | WANTING))
MOVE_STEP = Action("step.move", (DOING | DOING_WITH | WANTING | LEADING) & READ_STEP)
FINISH_STEP = Action("step.finish", (DOING | DOING_WITH | WANTING | LEADING | LINKED) & READ_STEP)
# Who wants it must be able to take the link back: it ends with them, like all that rests on trust.
MAKE_LINK = Action("step.link", READ_STEP & (LEADING | (WANTING & involved(None, Basis.SELF))))
