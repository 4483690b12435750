"""Case work over REST."""

from service.api.rest.performing import performed
from service.api.rest.reading import listed, single
from service.domain.access.views import CaseAccessView
from service.domain.cases import access as enrol
from service.domain.cases import leading, linking, planning, trusting
from service.domain.cases import operations as do
from service.domain.cases.views import (
    AnswerView,
    CaseSketchView,
    CaseView,
    GoalView,
    NextStepView,
    ParticipantView,
    QuestionView,
    StepView,
)

CASES, GOALS, ME, WAYS_IN = "Cases", "Goals and steps", "Me", "Ways into a case"
CASE, GOAL, QUESTION = ("case_id", CaseView), ("goal_id", GoalView), ("question_id", QuestionView)

listed(NextStepView, "/me/next-steps", name="list_my_next_steps", tag=ME)

listed(CaseView, "/cases", name="list_cases", tag=CASES)
single(CaseView, "/cases/{case_id}", name="read_case", tag=CASES)
listed(CaseSketchView, "/case-sketches", name="list_case_sketches", tag=CASES)
single(CaseSketchView, "/case-sketches/{pseudonym}", name="read_case_sketch", tag=CASES)
listed(ParticipantView, "/cases/{case_id}/participants", name="list_participants_of_case", tag=CASES, within=CASE)
single(ParticipantView, "/participants/{participant_id}", name="read_participant", tag=CASES)
listed(QuestionView, "/cases/{case_id}/questions", name="list_questions_of_case", tag=CASES, within=CASE)
single(QuestionView, "/questions/{question_id}", name="read_question", tag=CASES)
listed(AnswerView, "/questions/{question_id}/answers", name="list_answers_to_question", tag=CASES, within=QUESTION)
single(AnswerView, "/answers/{answer_id}", name="read_answer", tag=CASES)
listed(GoalView, "/goals", name="list_goals", tag=GOALS)
listed(GoalView, "/cases/{case_id}/goals", name="list_goals_of_case", tag=GOALS, within=CASE)
single(GoalView, "/goals/{goal_id}", name="read_goal", tag=GOALS)
listed(StepView, "/steps", name="list_steps", tag=GOALS)
listed(StepView, "/goals/{goal_id}/steps", name="list_steps_of_goal", tag=GOALS, within=GOAL)
listed(StepView, "/cases/{case_id}/steps", name="list_steps_of_case", tag=GOALS, within=CASE)
single(StepView, "/steps/{step_id}", name="read_step", tag=GOALS)
listed(CaseAccessView, "/cases/{case_id}/accesses", name="list_accesses_of_case", tag=WAYS_IN, within=CASE)
listed(CaseAccessView, "/case-accesses", name="list_case_accesses", tag=WAYS_IN)
single(CaseAccessView, "/case-accesses/{case_access_id}", name="read_case_access", tag=WAYS_IN)

performed(do.open_case, "POST", "/cases", tag=CASES)
performed(do.change_case, "PATCH", "/cases/{case_id}", tag=CASES)
performed(do.begin_counselling, "POST", "/cases/{case_id}/begin-counselling", tag=CASES)
performed(do.begin_clarification, "POST", "/cases/{case_id}/begin-clarification", tag=CASES)
performed(do.begin_arrangement_planning, "POST", "/cases/{case_id}/begin-arrangement-planning", tag=CASES)
performed(do.add_participant, "POST", "/cases/{case_id}/participants", tag=CASES)
performed(do.word_answer, "POST", "/questions/{question_id}/answers", tag=CASES)
performed(planning.propose_goal, "POST", "/cases/{case_id}/goals", tag=GOALS)
performed(planning.change_goal, "PATCH", "/goals/{goal_id}", tag=GOALS)
performed(planning.agree_goal, "POST", "/goals/{goal_id}/agree", tag=GOALS)
performed(planning.drop_goal, "POST", "/goals/{goal_id}/drop", tag=GOALS)
performed(planning.plan_step, "POST", "/goals/{goal_id}/steps", tag=GOALS)
performed(planning.change_step, "PATCH", "/steps/{step_id}", tag=GOALS)
performed(planning.finish_step, "POST", "/steps/{step_id}/finish", tag=GOALS)
performed(planning.leave_step, "POST", "/steps/{step_id}/leave", tag=GOALS)
performed(linking.make_step_link, "POST", "/steps/{step_id}/links", tag=WAYS_IN, status=201)
performed(leading.name_lead, "POST", "/leads", tag=WAYS_IN)
performed(enrol.transmit_case, "POST", "/cases/{case_id}/transmissions", tag=WAYS_IN)
performed(trusting.name_trusted_person, "POST", "/cases/{case_id}/trusted-persons", tag=WAYS_IN)
performed(trusting.let_see, "POST", "/case-accesses/{case_access_id}/let-see", tag=WAYS_IN)
performed(enrol.end_case_access, "POST", "/case-accesses/{case_access_id}/end", tag=WAYS_IN)
performed(enrol.issue_enrolment_code, "POST", "/participants/{participant_id}/enrolment-codes", tag=WAYS_IN, status=201)
performed(enrol.undo_enrolment, "POST", "/participants/{participant_id}/undo-enrolment", tag=WAYS_IN)
performed(enrol.enrol, "POST", "/enrolments", tag=WAYS_IN, status=201)
