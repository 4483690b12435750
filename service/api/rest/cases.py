"""Case work over REST."""

from service.api.rest.performing import performed
from service.api.rest.reading import listed, single
from service.domain.access.views import AuditEntryView, CaseAccessView, LookView
from service.domain.cases import access as enrol
from service.domain.cases import (
    asking,
    auditing,
    completing,
    confidential,
    correcting,
    disagreeing,
    handing_over,
    leading,
    leaving,
    life,
    linking,
    looking_back,
    offering,
    one_person,
    picturing,
    planning,
    recognising,
    representing,
    siblings,
    standing_in,
    suggesting,
    ticking_off,
    trusting,
)
from service.domain.cases import operations as do
from service.domain.cases.auditing import AuditRequestView
from service.domain.cases.bottlenecks import SpaceSituationView
from service.domain.cases.confidential import ConfidentialCounsellingView
from service.domain.cases.disagreeing import DisagreementView
from service.domain.cases.offering import OfferView, SharedOfferView
from service.domain.cases.picturing import CountyLifeAreaView, LifeRatingView, SituationEntryView
from service.domain.cases.recognising import FamilyInquiryView
from service.domain.cases.siblings import SiblingLinkView
from service.domain.cases.standing_in import StandInView
from service.domain.cases.suggesting import SuggestionView
from service.domain.cases.ticking_off import TickOffView
from service.domain.cases.views import (
    AnswerView,
    CaseSketchView,
    CaseView,
    GoalView,
    HandoverView,
    NextStepView,
    ParticipantView,
    QuestionView,
    RepresentationView,
    StepView,
)
from service.domain.cases.withdrawals import WithdrawalView

CASES, LIFE, GOALS, ME, WAYS_IN = "Cases", "Life of a case", "Goals and steps", "Me", "Ways into a case"
LOOKED = "Who looked"
SUGGESTIONS = "/questions/{question_id}/suggestions"
CASE, GOAL, QUESTION = ("case_id", CaseView), ("goal_id", GoalView), ("question_id", QuestionView)
STEP = ("step_id", StepView)

listed(SpaceSituationView, "/space-situations", name="list_space_situations", tag=CASES)
listed(NextStepView, "/me/next-steps", name="list_my_next_steps", tag=ME, mine=True)
listed(CaseView, "/me/cases", name="list_my_cases", tag=ME, mine=True)
listed(GoalView, "/me/goals", name="list_my_goals", tag=ME, mine=True)
listed(OfferView, "/me/offers", name="list_my_offers", tag=ME, mine=True)

listed(CaseView, "/cases", name="list_cases", tag=CASES)
single(CaseView, "/cases/{case_id}", name="read_case", tag=CASES)
listed(CaseSketchView, "/case-sketches", name="list_case_sketches", tag=CASES)
single(CaseSketchView, "/case-sketches/{pseudonym}", name="read_case_sketch", tag=CASES)
listed(HandoverView, "/handovers", name="list_handovers", tag=LIFE)
listed(HandoverView, "/cases/{case_id}/handovers", name="list_handovers_of_case", tag=LIFE, within=CASE)
single(HandoverView, "/handovers/{handover_id}", name="read_handover", tag=LIFE)
listed(ParticipantView, "/cases/{case_id}/participants", name="list_participants_of_case", tag=CASES, within=CASE)
single(ParticipantView, "/participants/{participant_id}", name="read_participant", tag=CASES)
listed(
    RepresentationView, "/cases/{case_id}/representations", name="list_representations_of_case", tag=CASES, within=CASE
)
single(RepresentationView, "/representations/{representation_id}", name="read_representation", tag=CASES)
listed(QuestionView, "/cases/{case_id}/questions", name="list_questions_of_case", tag=CASES, within=CASE)
single(QuestionView, "/questions/{question_id}", name="read_question", tag=CASES)
listed(AnswerView, "/questions/{question_id}/answers", name="list_answers_to_question", tag=CASES, within=QUESTION)
single(AnswerView, "/answers/{answer_id}", name="read_answer", tag=CASES)
listed(SuggestionView, SUGGESTIONS, name="list_suggestions_to_question", tag=CASES, within=QUESTION)
single(SuggestionView, "/suggestions/{suggestion_id}", name="read_suggestion", tag=CASES)
listed(LifeRatingView, "/cases/{case_id}/life-ratings", name="list_life_ratings_of_case", tag=CASES, within=CASE)
single(LifeRatingView, "/life-ratings/{life_rating_id}", name="read_life_rating", tag=CASES)
listed(SituationEntryView, "/cases/{case_id}/situation-entries", name="list_situation_of_case", tag=CASES, within=CASE)
single(SituationEntryView, "/situation-entries/{situation_entry_id}", name="read_situation_entry", tag=CASES)
listed(CountyLifeAreaView, "/county-life-areas", name="list_county_life_areas", tag=CASES)
single(CountyLifeAreaView, "/county-life-areas/{county_life_area_id}", name="read_county_life_area", tag=CASES)
listed(DisagreementView, "/cases/{case_id}/disagreements", name="list_disagreements_of_case", tag=CASES, within=CASE)
single(DisagreementView, "/disagreements/{disagreement_id}", name="read_disagreement", tag=CASES)
listed(WithdrawalView, "/cases/{case_id}/withdrawals", name="list_withdrawals_of_case", tag=CASES, within=CASE)
single(WithdrawalView, "/withdrawals/{withdrawal_id}", name="read_withdrawal", tag=CASES)
listed(ConfidentialCounsellingView, "/confidential-counsellings", name="list_confidential_counsellings", tag=CASES)
single(
    ConfidentialCounsellingView,
    "/confidential-counsellings/{confidential_counselling_id}",
    name="read_confidential_counselling",
    tag=CASES,
)
listed(SiblingLinkView, "/sibling-links", name="list_sibling_links", tag=CASES)
single(SiblingLinkView, "/sibling-links/{sibling_link_id}", name="read_sibling_link", tag=CASES)
listed(OfferView, "/cases/{case_id}/offers", name="list_offers_of_case", tag=CASES, within=CASE)
single(OfferView, "/offers/{offer_id}", name="read_offer", tag=CASES)
listed(SharedOfferView, "/shared-offers", name="list_shared_offers", tag=CASES)
single(SharedOfferView, "/shared-offers/{shared_offer_id}", name="read_shared_offer", tag=CASES)
listed(GoalView, "/goals", name="list_goals", tag=GOALS)
listed(GoalView, "/cases/{case_id}/goals", name="list_goals_of_case", tag=GOALS, within=CASE)
single(GoalView, "/goals/{goal_id}", name="read_goal", tag=GOALS)
listed(StepView, "/steps", name="list_steps", tag=GOALS)
listed(StepView, "/goals/{goal_id}/steps", name="list_steps_of_goal", tag=GOALS, within=GOAL)
listed(StepView, "/cases/{case_id}/steps", name="list_steps_of_case", tag=GOALS, within=CASE)
listed(TickOffView, "/steps/{step_id}/tick-offs", name="list_tick_offs_of_step", tag=GOALS, within=STEP)
single(TickOffView, "/tick-offs/{tick_off_id}", name="read_tick_off", tag=GOALS)
single(StepView, "/steps/{step_id}", name="read_step", tag=GOALS)
listed(CaseAccessView, "/cases/{case_id}/accesses", name="list_accesses_of_case", tag=WAYS_IN, within=CASE)
listed(StandInView, "/stand-ins", name="list_stand_ins", tag=WAYS_IN)
single(StandInView, "/stand-ins/{stand_in_id}", name="read_stand_in", tag=WAYS_IN)
listed(CaseAccessView, "/case-accesses", name="list_case_accesses", tag=WAYS_IN)
single(CaseAccessView, "/case-accesses/{case_access_id}", name="read_case_access", tag=WAYS_IN)
listed(AuditRequestView, "/audit-requests", name="list_audit_requests", tag=WAYS_IN)
single(AuditRequestView, "/audit-requests/{audit_request_id}", name="read_audit_request", tag=WAYS_IN)
listed(LookView, "/looks", name="list_looks", tag=LOOKED)
listed(LookView, "/cases/{case_id}/looks", name="list_looks_at_case", tag=LOOKED, within=CASE)
listed(AuditEntryView, "/audit-entries", name="list_audit_entries", tag=LOOKED)

listed(FamilyInquiryView, "/family-inquiries", name="list_family_inquiries", tag=LOOKED)
single(FamilyInquiryView, "/family-inquiries/{family_inquiry_id}", name="read_family_inquiry", tag=LOOKED)

performed(recognising.ask_whether_known, "POST", "/family-inquiries", tag=CASES)
performed(do.open_case, "POST", "/cases", tag=CASES)
performed(do.change_case, "PATCH", "/cases/{case_id}", tag=CASES)
performed(life.begin_counselling, "POST", "/cases/{case_id}/begin-counselling", tag=LIFE)
performed(life.begin_clarification, "POST", "/cases/{case_id}/begin-clarification", tag=LIFE)
performed(life.begin_arrangement_planning, "POST", "/cases/{case_id}/begin-arrangement-planning", tag=LIFE)
performed(life.begin_review, "POST", "/cases/{case_id}/begin-review", tag=LIFE)
performed(life.begin_closing, "POST", "/cases/{case_id}/begin-closing", tag=LIFE)
performed(life.reopen_case, "POST", "/cases/{case_id}/reopen", tag=LIFE)
performed(handing_over.offer_transfer, "POST", "/cases/{case_id}/transfers", tag=LIFE)
performed(handing_over.accept_handover, "POST", "/handovers/{handover_id}/accept", tag=LIFE)
performed(handing_over.withdraw_handover, "POST", "/handovers/{handover_id}/withdraw", tag=LIFE)
performed(do.add_participant, "POST", "/cases/{case_id}/participants", tag=CASES)
performed(
    confidential.keep_counselling_confidential,
    "POST",
    "/participants/{participant_id}/confidential-counselling",
    tag=CASES,
)
performed(
    confidential.look_at_confidentiality_again,
    "POST",
    "/confidential-counsellings/{confidential_counselling_id}/look-again",
    tag=CASES,
)
performed(
    confidential.end_confidentiality,
    "POST",
    "/confidential-counsellings/{confidential_counselling_id}/end",
    tag=CASES,
)
performed(siblings.link_siblings, "POST", "/cases/{case_id}/sibling-links", tag=CASES)
performed(siblings.end_sibling_link, "POST", "/sibling-links/{sibling_link_id}/end", tag=CASES)
performed(one_person.merge_participant, "POST", "/participants/{participant_id}/merge", tag=CASES)
performed(correcting.move_participant, "POST", "/participants/{participant_id}/move", tag=CASES)
performed(representing.limit_representation, "POST", "/participants/{participant_id}/limit-representation", tag=CASES)
performed(representing.represent, "POST", "/participants/{participant_id}/representations", tag=CASES)
performed(representing.change_representation, "PATCH", "/representations/{representation_id}", tag=CASES)
performed(completing.correct_participant, "PATCH", "/participants/{participant_id}", tag=CASES)
performed(completing.say_languages, "POST", "/participants/{participant_id}/say-languages", tag=CASES)
performed(leaving.leave_case, "POST", "/participants/{participant_id}/leave", tag=CASES)
performed(leaving.return_to_case, "POST", "/participants/{participant_id}/return", tag=CASES)
performed(asking.word_answer, "POST", "/questions/{question_id}/answers", tag=CASES)
performed(suggesting.suggest_answer, "POST", SUGGESTIONS, tag=CASES)
performed(asking.skip_question, "POST", "/questions/{question_id}/skip", tag=CASES)
performed(picturing.add_life_area, "POST", "/county-life-areas", tag=CASES)
performed(disagreeing.disagree, "POST", "/cases/{case_id}/disagreements", tag=CASES)
performed(offering.make_offer, "POST", "/cases/{case_id}/offers", tag=CASES)
performed(offering.withdraw_offer, "POST", "/offers/{offer_id}/withdraw", tag=CASES)
performed(picturing.rate_life, "POST", "/cases/{case_id}/life-ratings", tag=CASES)
performed(picturing.note_situation, "POST", "/cases/{case_id}/situation-entries", tag=CASES)
performed(planning.propose_goal, "POST", "/cases/{case_id}/goals", tag=GOALS)
performed(planning.change_goal, "PATCH", "/goals/{goal_id}", tag=GOALS)
performed(planning.agree_goal, "POST", "/goals/{goal_id}/agree", tag=GOALS)
performed(planning.record_will, "POST", "/goals/{goal_id}/record-will", tag=GOALS)
performed(looking_back.look_back_on_goal, "POST", "/goals/{goal_id}/look-back", tag=GOALS)
performed(looking_back.record_looking_back, "POST", "/goals/{goal_id}/record-looking-back", tag=GOALS)
performed(looking_back.drop_goal, "POST", "/goals/{goal_id}/drop", tag=GOALS)
performed(planning.plan_step, "POST", "/goals/{goal_id}/steps", tag=GOALS)
performed(planning.change_step, "PATCH", "/steps/{step_id}", tag=GOALS)
performed(planning.move_step, "POST", "/steps/{step_id}/move", tag=GOALS)
performed(planning.begin_step, "POST", "/steps/{step_id}/begin", tag=GOALS)
performed(planning.finish_step, "POST", "/steps/{step_id}/finish", tag=GOALS)
performed(ticking_off.tick_off_step, "POST", "/steps/{step_id}/tick-offs", tag=GOALS)
performed(planning.leave_step, "POST", "/steps/{step_id}/leave", tag=GOALS)
performed(linking.make_step_link, "POST", "/steps/{step_id}/links", tag=WAYS_IN, status=201)
performed(standing_in.name_stand_in, "POST", "/actors/{actor_id}/stand-ins", tag=WAYS_IN)
performed(standing_in.end_stand_in, "POST", "/stand-ins/{stand_in_id}/end", tag=WAYS_IN)
performed(leading.name_lead, "POST", "/leads", tag=WAYS_IN)
performed(enrol.transmit_case, "POST", "/cases/{case_id}/transmissions", tag=WAYS_IN)
performed(trusting.name_trusted_person, "POST", "/cases/{case_id}/trusted-persons", tag=WAYS_IN)
performed(trusting.let_see, "POST", "/case-accesses/{case_access_id}/let-see", tag=WAYS_IN)
performed(enrol.end_case_access, "POST", "/case-accesses/{case_access_id}/end", tag=WAYS_IN)
performed(auditing.request_audit_access, "POST", "/audit-requests", tag=WAYS_IN)
performed(auditing.approve_audit_access, "POST", "/audit-requests/{audit_request_id}/approve", tag=WAYS_IN)
performed(auditing.refuse_audit_access, "POST", "/audit-requests/{audit_request_id}/refuse", tag=WAYS_IN)
performed(auditing.end_audit_access, "POST", "/audit-requests/{audit_request_id}/end", tag=WAYS_IN)
performed(enrol.issue_enrolment_code, "POST", "/participants/{participant_id}/enrolment-codes", tag=WAYS_IN, status=201)
performed(enrol.undo_enrolment, "POST", "/participants/{participant_id}/undo-enrolment", tag=WAYS_IN)
performed(enrol.enrol, "POST", "/enrolments", tag=WAYS_IN, status=201)
