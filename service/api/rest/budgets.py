"""Budgets over REST."""

from service.api.rest.performing import performed
from service.api.rest.reading import listed, single
from service.domain.budgets import agreements, spending
from service.domain.budgets.views import (
    AllocationView,
    BookingView,
    BudgetAgreementView,
    BudgetAlertView,
    BudgetLineView,
    BudgetPartyView,
    CommitmentView,
    InvoiceView,
    OverspendProcedureView,
    PostingView,
)

AGREEMENTS, SPENDING = "Budget agreements", "Commitments, invoices and bookings"


listed(BudgetAgreementView, "/budget-agreements", name="list_budget_agreements", tag=AGREEMENTS)
single(BudgetAgreementView, "/budget-agreements/{agreement_id}", name="read_budget_agreement", tag=AGREEMENTS)
listed(BudgetPartyView, "/budget-parties", name="list_budget_parties", tag=AGREEMENTS)
single(BudgetPartyView, "/budget-parties/{budget_party_id}", name="read_budget_party", tag=AGREEMENTS)
listed(BudgetLineView, "/budget-lines", name="list_budget_lines", tag=AGREEMENTS)
single(BudgetLineView, "/budget-lines/{line_id}", name="read_budget_line", tag=AGREEMENTS)
listed(AllocationView, "/allocations", name="list_allocations", tag=AGREEMENTS)
single(AllocationView, "/allocations/{allocation_id}", name="read_allocation", tag=AGREEMENTS)
listed(OverspendProcedureView, "/overspend-procedures", name="list_overspend_procedures", tag=AGREEMENTS)
single(OverspendProcedureView, "/overspend-procedures/{procedure_id}", name="read_overspend_procedure", tag=AGREEMENTS)
listed(BudgetAlertView, "/budget-alerts", name="list_budget_alerts", tag=AGREEMENTS)
single(BudgetAlertView, "/budget-alerts/{budget_alert_id}", name="read_budget_alert", tag=AGREEMENTS)
listed(CommitmentView, "/commitments", name="list_commitments", tag=SPENDING)
single(CommitmentView, "/commitments/{commitment_id}", name="read_commitment", tag=SPENDING)
listed(InvoiceView, "/invoices", name="list_invoices", tag=SPENDING)
single(InvoiceView, "/invoices/{invoice_id}", name="read_invoice", tag=SPENDING)
listed(BookingView, "/bookings", name="list_bookings", tag=SPENDING)
single(BookingView, "/bookings/{booking_id}", name="read_booking", tag=SPENDING)
listed(PostingView, "/postings", name="list_postings", tag=SPENDING)
single(PostingView, "/postings/{posting_id}", name="read_posting", tag=SPENDING)

performed(agreements.draft_budget_agreement, "POST", "/budget-agreements", tag=AGREEMENTS)
performed(agreements.change_budget_agreement, "PATCH", "/budget-agreements/{agreement_id}", tag=AGREEMENTS)
performed(agreements.add_budget_party, "POST", "/budget-agreements/{agreement_id}/parties", tag=AGREEMENTS)
performed(agreements.activate_budget_agreement, "POST", "/budget-agreements/{agreement_id}/activate", tag=AGREEMENTS)
performed(agreements.close_budget_period, "POST", "/budget-agreements/{agreement_id}/close-period", tag=AGREEMENTS)
performed(agreements.propose_allocation, "POST", "/budget-lines/{line_id}/allocations", tag=AGREEMENTS)
performed(agreements.release_allocation, "POST", "/allocations/{allocation_id}/release", tag=AGREEMENTS)
performed(agreements.close_overspend_procedure, "POST", "/overspend-procedures/{procedure_id}/close", tag=AGREEMENTS)
performed(spending.commit_funds, "POST", "/budget-lines/{line_id}/commitments", tag=SPENDING)
performed(spending.release_commitment, "POST", "/commitments/{commitment_id}/release", tag=SPENDING)
performed(spending.enter_invoice, "POST", "/invoices", tag=SPENDING)
performed(spending.propose_booking, "POST", "/invoices/{invoice_id}/bookings", tag=SPENDING)
performed(spending.withdraw_booking, "POST", "/bookings/{booking_id}/withdraw", tag=SPENDING)
performed(spending.release_booking, "POST", "/bookings/{booking_id}/release", tag=SPENDING)
performed(spending.reverse_booking, "POST", "/bookings/{booking_id}/reverse", tag=SPENDING)
