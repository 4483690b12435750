"""Consultations over REST."""

from service.api.rest.performing import performed
from service.api.rest.reading import listed, page_of, single
from service.domain.cases.views import CaseView
from service.domain.consultations import coming, consulting, entries, family_time, methods, results, sketching
from service.domain.consultations.entries import ConsultationEntryView
from service.domain.consultations.views import (
    ConsultationMethodView,
    ConsultationParticipantView,
    ConsultationPhaseView,
    ConsultationSketchView,
    ConsultationView,
    FamilyDraftView,
    FamilyPlanView,
    IdeaView,
)

TAG = "Consultations"
CASE, METHOD = ("case_id", CaseView), ("method_id", ConsultationMethodView)
WITHIN = ("consultation_id", ConsultationView)
ONE = "/consultations/{consultation_id}"
METHODS, INVITED = "/consultation-methods", "/consultation-participants/{consultation_participant_id}"
SKETCH, PLAN = "/consultation-sketches/{consultation_sketch_id}", "/family-plans/{family_plan_id}"

listed(ConsultationMethodView, METHODS, name="list_consultation_methods", tag=TAG)
single(
    ConsultationMethodView,
    "/consultation-methods/{consultation_method_id}",
    name="read_consultation_method",
    tag=TAG,
    embedded=page_of(ConsultationMethodView, "phases", first=20),
)
listed(ConsultationPhaseView, "/consultation-phases", name="list_consultation_phases", tag=TAG)
single(ConsultationPhaseView, "/consultation-phases/{consultation_phase_id}", name="read_consultation_phase", tag=TAG)
listed(ConsultationView, "/consultations", name="list_consultations", tag=TAG)
listed(ConsultationView, "/cases/{case_id}/consultations", name="list_consultations_of_case", tag=TAG, within=CASE)
single(ConsultationView, ONE, name="read_consultation", tag=TAG)
listed(ConsultationParticipantView, "/consultation-participants", name="list_consultation_participants", tag=TAG)
listed(
    ConsultationParticipantView,
    f"{ONE}/participants",
    name="list_participants_of_consultation",
    tag=TAG,
    within=WITHIN,
)
single(ConsultationParticipantView, INVITED, name="read_consultation_participant", tag=TAG)
listed(ConsultationSketchView, "/consultation-sketches", name="list_consultation_sketches", tag=TAG)
single(ConsultationSketchView, SKETCH, name="read_consultation_sketch", tag=TAG)
listed(IdeaView, "/ideas", name="list_ideas", tag=TAG)
listed(IdeaView, f"{ONE}/ideas", name="list_ideas_of_consultation", tag=TAG, within=WITHIN)
single(IdeaView, "/ideas/{idea_id}", name="read_idea", tag=TAG)
listed(ConsultationEntryView, "/consultation-entries", name="list_consultation_entries", tag=TAG)
listed(ConsultationEntryView, f"{ONE}/entries", name="list_entries_of_consultation", tag=TAG, within=WITHIN)
single(
    ConsultationEntryView,
    "/consultation-entries/{consultation_entry_id}",
    name="read_consultation_entry",
    tag=TAG,
)
listed(FamilyDraftView, f"{ONE}/family-drafts", name="list_family_drafts", tag=TAG, within=WITHIN)
single(FamilyDraftView, "/family-drafts/{family_draft_id}", name="read_family_draft", tag=TAG)
listed(FamilyPlanView, f"{ONE}/family-plans", name="list_family_plans", tag=TAG, within=WITHIN)
single(FamilyPlanView, PLAN, name="read_family_plan", tag=TAG)

performed(methods.add_consultation_method, "POST", METHODS, tag=TAG)
performed(methods.change_consultation_method, "POST", f"{METHODS}/{{consultation_method_id}}/editions", tag=TAG)
performed(entries.write_consultation_entry, "POST", f"{ONE}/entries", tag=TAG)
performed(consulting.request_consultation, "POST", "/cases/{case_id}/consultations", tag=TAG)
performed(consulting.invite_to_consultation, "POST", f"{ONE}/invitations", tag=TAG)
performed(consulting.answer_invitation, "POST", f"{INVITED}/answer", tag=TAG)
performed(coming.record_expert_effort, "POST", f"{INVITED}/effort", tag=TAG)
performed(consulting.agree_to_consultation, "POST", f"{ONE}/agree", tag=TAG)
performed(consulting.schedule_consultation, "POST", f"{ONE}/schedule", tag=TAG)
performed(consulting.begin_consultation, "POST", f"{ONE}/begin", tag=TAG)
performed(consulting.next_phase, "POST", f"{ONE}/next-phase", tag=TAG)
performed(consulting.cancel_consultation, "POST", f"{ONE}/cancel", tag=TAG)
performed(sketching.write_sketch, "POST", f"{ONE}/sketches", tag=TAG)
performed(sketching.change_sketch, "PATCH", SKETCH, tag=TAG)
performed(sketching.release_sketch, "POST", f"{SKETCH}/release", tag=TAG)
performed(sketching.give_idea, "POST", f"{INVITED}/ideas", tag=TAG)
performed(family_time.write_family_draft, "POST", f"{ONE}/family-drafts", tag=TAG)
performed(family_time.release_family_plan, "POST", "/family-drafts/{family_draft_id}/release", tag=TAG)
performed(family_time.accept_family_plan, "POST", f"{PLAN}/accept", tag=TAG)
performed(family_time.return_family_plan, "POST", f"{PLAN}/return", tag=TAG)
performed(results.choose_ideas, "POST", f"{ONE}/choose", tag=TAG)
performed(results.record_consultation_results, "POST", f"{ONE}/results", tag=TAG)
performed(results.follow_up_consultation, "POST", f"{ONE}/follow-up", tag=TAG)
performed(results.close_consultation, "POST", f"{ONE}/close", tag=TAG)
