"""Providers over REST: what they are assigned, what they report, and what has changed for them."""

from service.api.rest.cases import CASES, LIFE
from service.api.rest.performing import performed
from service.api.rest.reading import listed, single
from service.domain.assignments import operations as do
from service.domain.assignments import parting, uniting, withdrawing
from service.domain.assignments.views import AssignmentView, DeliveryView, ProviderRecordView
from service.domain.cases.views import CaseView

ASSIGNMENTS, DELIVERIES = "Assignments", "Deliveries"

listed(AssignmentView, "/assignments", name="list_assignments", tag=ASSIGNMENTS)
listed(
    AssignmentView,
    "/cases/{case_id}/assignments",
    name="list_assignments_of_case",
    tag=ASSIGNMENTS,
    within=("case_id", CaseView),
)
single(AssignmentView, "/assignments/{assignment_id}", name="read_assignment", tag=ASSIGNMENTS)
listed(ProviderRecordView, "/provider-records", name="list_provider_records", tag=ASSIGNMENTS)
single(ProviderRecordView, "/provider-records/{provider_record_id}", name="read_provider_record", tag=ASSIGNMENTS)
listed(DeliveryView, "/deliveries", name="list_deliveries", tag=DELIVERIES)

performed(do.assign_provider, "POST", "/cases/{case_id}/assignments", tag=ASSIGNMENTS)
performed(do.name_worker, "POST", "/assignments/{assignment_id}/name-worker", tag=ASSIGNMENTS)
performed(do.end_assignment, "POST", "/assignments/{assignment_id}/end", tag=ASSIGNMENTS)
performed(do.record_progress, "POST", "/assignments/{assignment_id}/progress", tag=ASSIGNMENTS)
performed(do.note_down, "POST", "/assignments/{assignment_id}/notes", tag=ASSIGNMENTS)

performed(uniting.merge_case, "POST", "/cases/{case_id}/merge", tag=LIFE)
performed(uniting.undo_merger, "POST", "/cases/{case_id}/undo-merger", tag=LIFE)
performed(withdrawing.withdraw_entry, "POST", "/cases/{case_id}/withdraw-entry", tag=CASES)
performed(parting.close_case, "POST", "/cases/{case_id}/close", tag=LIFE)
performed(parting.redirect_case, "POST", "/cases/{case_id}/redirections", tag=LIFE)
performed(parting.confirm_handover, "POST", "/handovers/{handover_id}/confirm", tag=LIFE)
