"""Who sees and does what in a case. Content is reached through case access only, never through a role's scope
(§ 35 SGB I: need to know); management sees sketches."""

from sqlalchemy import true

from service.domain.policy import (
    HEARD,
    SIGNED_IN,
    Action,
    Basis,
    Part,
    Role,
    Rule,
    being,
    holding,
    holding_throughout,
    involved,
)

LEADING = involved(None, Basis.ASSIGNMENT)
FAMILY = involved(None, Basis.SELF, Basis.REPRESENTATION)
AFFECTED = being("participant_id", "it is your own")

READ_CASE = involved(case="id")
READ_CONCERN = involved(Part.CONCERN, case="id")
READ_SKETCH = holding(Role.SOCIAL_SPACE_MANAGER) | LEADING
READ_PARTICIPANT = involved()
READ_PERSON = involved(Part.PERSONS)
READ_QUESTION = involved(Part.QUESTIONS)
READ_ANSWER = involved(Part.QUESTIONS) & HEARD
READ_GOAL = involved(Part.GOALS) & HEARD
READ_STEP = involved(Part.STEPS) & HEARD
MY_STEP = being("done_by_id", "you are the one who does it") & READ_STEP

OPEN = Action("case.open", holding(Role.CASE_WORKER, space="id"))
OPEN_OUTSIDE_SPACES = Action("case.open", holding_throughout(Role.CASE_WORKER, authority="id"))
CHANGE = Action("case.change", involved(None, Basis.ASSIGNMENT, case="id"))
MOVE_ON = Action("case.move_on", involved(None, Basis.ASSIGNMENT, case="id"))
ADD_PARTICIPANT = Action("participant.add", involved(None, Basis.ASSIGNMENT, case="id"))
TRANSMIT = Action("case.transmit", involved(None, Basis.ASSIGNMENT, case="id"))
NAME_LEAD = Action("case.name_lead", READ_SKETCH)
END_ACCESS = Action("case_access.end", LEADING)
ISSUE_CODE = Action("enrolment.issue", LEADING)
UNDO_ENROLMENT = Action("enrolment.undo", LEADING)
ENROL = Action("enrolment.enrol", Rule(lambda reader, row: true(), "you have a one-time code for it", SIGNED_IN))
WORD = Action("question.word", FAMILY)
PROPOSE_GOAL = Action("goal.propose", involved(None, Basis.ASSIGNMENT, Basis.SELF, Basis.REPRESENTATION, case="id"))
CHANGE_GOAL = Action("goal.change", (AFFECTED & READ_GOAL) | (LEADING & READ_GOAL))
AGREE_GOAL = Action("goal.agree", AFFECTED & READ_GOAL)
DROP_GOAL = Action("goal.drop", AFFECTED & READ_GOAL)
PLAN_STEP = Action("step.plan", READ_GOAL & involved(Part.STEPS))
CHANGE_STEP = Action("step.change", READ_STEP & (LEADING | being("wanted_by_id", "you are the one who wants it")))
FINISH_STEP = Action(
    "step.finish",
    (
        being("done_by_id", "you are the one who does it")
        | being("wanted_by_id", "you are the one who wants it")
        | LEADING
    )
    & READ_STEP,
)
