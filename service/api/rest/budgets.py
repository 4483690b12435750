"""Budgets over REST."""

from service.api.rest.performing import performed
from service.api.rest.reading import listed, single
from service.domain.budgets import (
    agreements,
    allocating,
    forecasting,
    foreseeing,
    frames,
    invoicing,
    network,
    paying,
    positions,
    procedures,
    relying,
    rules,
    settling,
    spending,
    transferring,
    underspending,
    valuing,
    without_case,
)
from service.domain.budgets.forecasting import ForecastLineView, ForecastView
from service.domain.budgets.foreseen import ForeseenCommitmentView
from service.domain.budgets.frames import BudgetFrameView, FrameYearView
from service.domain.budgets.invoicing import InvoicePaymentView
from service.domain.budgets.network import NetworkShareView
from service.domain.budgets.positions import AgreementPositionView
from service.domain.budgets.procedures import ProcedureStepView
from service.domain.budgets.relying import FrameShareView
from service.domain.budgets.settlement import (
    CompensationView,
    DeviationBandView,
    DeviationRuleView,
    MonitoredServiceView,
    SettlementLineView,
    SettlementShareView,
    SettlementView,
)
from service.domain.budgets.terms import AgreementVersionView, TermsChangeView
from service.domain.budgets.tranches import SecuredFundView, TrancheShareView, TrancheView
from service.domain.budgets.transferring import TransferPositionView
from service.domain.budgets.underspending import UnderspendProcedureView, UnderspendStepView
from service.domain.budgets.valuation import ServiceRecordView, ValuationRuleView
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
    TransferView,
)
from service.domain.budgets.working_out import WorkedPartView

AGREEMENTS, SPENDING = "Budget agreements", "Commitments, invoices and bookings"
PAYING, SETTLING = "Tranches", "Forecasts and settlements"


listed(BudgetAgreementView, "/budget-agreements", name="list_budget_agreements", tag=AGREEMENTS)
single(BudgetAgreementView, "/budget-agreements/{agreement_id}", name="read_budget_agreement", tag=AGREEMENTS)
listed(BudgetFrameView, "/budget-frames", name="list_budget_frames", tag=AGREEMENTS)
single(BudgetFrameView, "/budget-frames/{frame_id}", name="read_budget_frame", tag=AGREEMENTS)
listed(FrameYearView, "/frame-years", name="list_frame_years", tag=AGREEMENTS)
single(FrameYearView, "/frame-years/{frame_year_id}", name="read_frame_year", tag=AGREEMENTS)
listed(FrameShareView, "/frame-shares", name="list_frame_shares", tag=AGREEMENTS)
single(FrameShareView, "/frame-shares/{frame_share_id}", name="read_frame_share", tag=AGREEMENTS)
listed(BudgetPartyView, "/budget-parties", name="list_budget_parties", tag=AGREEMENTS)
single(BudgetPartyView, "/budget-parties/{budget_party_id}", name="read_budget_party", tag=AGREEMENTS)
listed(AgreementVersionView, "/agreement-versions", name="list_agreement_versions", tag=AGREEMENTS)
single(
    AgreementVersionView, "/agreement-versions/{agreement_version_id}", name="read_agreement_version", tag=AGREEMENTS
)
listed(TermsChangeView, "/terms-changes", name="list_terms_changes", tag=AGREEMENTS)
single(TermsChangeView, "/terms-changes/{terms_change_id}", name="read_terms_change", tag=AGREEMENTS)
listed(TransferPositionView, "/transfer-positions", name="list_transfer_positions", tag=AGREEMENTS)
single(
    TransferPositionView, "/transfer-positions/{transfer_position_id}", name="read_transfer_position", tag=AGREEMENTS
)
listed(AgreementPositionView, "/agreement-positions", name="list_agreement_positions", tag=AGREEMENTS)
single(
    AgreementPositionView,
    "/agreement-positions/{agreement_position_id}",
    name="read_agreement_position",
    tag=AGREEMENTS,
)
listed(NetworkShareView, "/network-shares", name="list_network_shares", tag=AGREEMENTS)
single(NetworkShareView, "/network-shares/{network_share_id}", name="read_network_share", tag=AGREEMENTS)
listed(BudgetLineView, "/budget-lines", name="list_budget_lines", tag=AGREEMENTS)
single(BudgetLineView, "/budget-lines/{line_id}", name="read_budget_line", tag=AGREEMENTS)
listed(AllocationView, "/allocations", name="list_allocations", tag=AGREEMENTS)
single(AllocationView, "/allocations/{allocation_id}", name="read_allocation", tag=AGREEMENTS)
listed(TransferView, "/transfers", name="list_transfers", tag=AGREEMENTS)
single(TransferView, "/transfers/{transfer_id}", name="read_transfer", tag=AGREEMENTS)
listed(OverspendProcedureView, "/overspend-procedures", name="list_overspend_procedures", tag=AGREEMENTS)
single(OverspendProcedureView, "/overspend-procedures/{procedure_id}", name="read_overspend_procedure", tag=AGREEMENTS)
listed(BudgetAlertView, "/budget-alerts", name="list_budget_alerts", tag=AGREEMENTS)
single(BudgetAlertView, "/budget-alerts/{budget_alert_id}", name="read_budget_alert", tag=AGREEMENTS)
listed(ProcedureStepView, "/procedure-steps", name="list_procedure_steps", tag=AGREEMENTS)
single(ProcedureStepView, "/procedure-steps/{procedure_step_id}", name="read_procedure_step", tag=AGREEMENTS)
listed(UnderspendProcedureView, "/underspend-procedures", name="list_underspend_procedures", tag=AGREEMENTS)
single(
    UnderspendProcedureView,
    "/underspend-procedures/{underspend_procedure_id}",
    name="read_underspend_procedure",
    tag=AGREEMENTS,
)
listed(UnderspendStepView, "/underspend-steps", name="list_underspend_steps", tag=AGREEMENTS)
single(UnderspendStepView, "/underspend-steps/{underspend_step_id}", name="read_underspend_step", tag=AGREEMENTS)
listed(CommitmentView, "/commitments", name="list_commitments", tag=SPENDING)
single(CommitmentView, "/commitments/{commitment_id}", name="read_commitment", tag=SPENDING)
listed(ForeseenCommitmentView, "/foreseen-commitments", name="list_foreseen_commitments", tag=SPENDING)
single(
    ForeseenCommitmentView,
    "/foreseen-commitments/{foreseen_commitment_id}",
    name="read_foreseen_commitment",
    tag=SPENDING,
)
listed(ValuationRuleView, "/valuation-rules", name="list_valuation_rules", tag=AGREEMENTS)
single(ValuationRuleView, "/valuation-rules/{valuation_rule_id}", name="read_valuation_rule", tag=AGREEMENTS)
listed(ServiceRecordView, "/service-records", name="list_service_records", tag=SPENDING)
single(ServiceRecordView, "/service-records/{service_record_id}", name="read_service_record", tag=SPENDING)
listed(InvoiceView, "/invoices", name="list_invoices", tag=SPENDING)
single(InvoiceView, "/invoices/{invoice_id}", name="read_invoice", tag=SPENDING)
listed(InvoicePaymentView, "/invoice-payments", name="list_invoice_payments", tag=SPENDING)
single(InvoicePaymentView, "/invoice-payments/{booking_id}", name="read_invoice_payment", tag=SPENDING)
listed(BookingView, "/bookings", name="list_bookings", tag=SPENDING)
single(BookingView, "/bookings/{booking_id}", name="read_booking", tag=SPENDING)
listed(PostingView, "/postings", name="list_postings", tag=SPENDING)
single(PostingView, "/postings/{posting_id}", name="read_posting", tag=SPENDING)
listed(TrancheView, "/tranches", name="list_tranches", tag=PAYING)
single(TrancheView, "/tranches/{tranche_id}", name="read_tranche", tag=PAYING)
listed(TrancheShareView, "/tranche-shares", name="list_tranche_shares", tag=PAYING)
single(TrancheShareView, "/tranche-shares/{tranche_share_id}", name="read_tranche_share", tag=PAYING)
listed(SecuredFundView, "/secured-funds", name="list_secured_funds", tag=PAYING)
single(SecuredFundView, "/secured-funds/{secured_fund_id}", name="read_secured_fund", tag=PAYING)
listed(ForecastView, "/forecasts", name="list_forecasts", tag=SETTLING)
single(ForecastView, "/forecasts/{forecast_id}", name="read_forecast", tag=SETTLING)
listed(ForecastLineView, "/forecast-lines", name="list_forecast_lines", tag=SETTLING)
single(ForecastLineView, "/forecast-lines/{forecast_line_id}", name="read_forecast_line", tag=SETTLING)
listed(DeviationRuleView, "/deviation-rules", name="list_deviation_rules", tag=SETTLING)
single(DeviationRuleView, "/deviation-rules/{rule_id}", name="read_deviation_rule", tag=SETTLING)
listed(DeviationBandView, "/deviation-bands", name="list_deviation_bands", tag=SETTLING)
single(DeviationBandView, "/deviation-bands/{band_id}", name="read_deviation_band", tag=SETTLING)
listed(MonitoredServiceView, "/monitored-services", name="list_monitored_services", tag=SETTLING)
single(MonitoredServiceView, "/monitored-services/{service_id}", name="read_monitored_service", tag=SETTLING)
listed(SettlementView, "/settlements", name="list_settlements", tag=SETTLING)
single(SettlementView, "/settlements/{settlement_id}", name="read_settlement", tag=SETTLING)
listed(SettlementLineView, "/settlement-lines", name="list_settlement_lines", tag=SETTLING)
single(SettlementLineView, "/settlement-lines/{settlement_line_id}", name="read_settlement_line", tag=SETTLING)
listed(CompensationView, "/compensations", name="list_compensations", tag=SETTLING)
single(CompensationView, "/compensations/{compensation_id}", name="read_compensation", tag=SETTLING)
listed(SettlementShareView, "/settlement-shares", name="list_settlement_shares", tag=SETTLING)
single(SettlementShareView, "/settlement-shares/{settlement_share_id}", name="read_settlement_share", tag=SETTLING)

listed(WorkedPartView, "/worked-parts", name="list_worked_parts", tag=SETTLING)

performed(agreements.draft_budget_agreement, "POST", "/budget-agreements", tag=AGREEMENTS)
performed(agreements.change_budget_agreement, "PATCH", "/budget-agreements/{agreement_id}", tag=AGREEMENTS)
performed(agreements.add_budget_party, "POST", "/budget-agreements/{agreement_id}/parties", tag=AGREEMENTS)
performed(agreements.remove_budget_party, "POST", "/budget-agreements/{agreement_id}/remove-party", tag=AGREEMENTS)
performed(
    network.agree_network_shares, "POST", "/budget-agreements/{agreement_id}/agree-network-shares", tag=AGREEMENTS
)
performed(frames.propose_budget_frame, "POST", "/budget-frames", tag=AGREEMENTS)
performed(frames.agree_budget_frame, "POST", "/budget-frames/{frame_id}/agree", tag=AGREEMENTS)
performed(relying.give_up_frame_share, "POST", "/frame-shares/{frame_share_id}/give-up", tag=AGREEMENTS)
performed(relying.keep_frame_share, "POST", "/frame-shares/{frame_share_id}/keep", tag=AGREEMENTS)
performed(relying.accept_given_up_frame_share, "POST", "/frame-shares/{frame_share_id}/accept", tag=AGREEMENTS)
for position, path in (
    (positions.take_position_for_agency, "agency-positions"),
    (positions.take_position_for_network, "network-positions"),
    (positions.take_position_on_funding, "funding-positions"),
    (positions.take_position_on_cooperation, "cooperation-positions"),
):
    performed(position, "POST", f"/budget-agreements/{{agreement_id}}/{path}", tag=AGREEMENTS)
performed(agreements.activate_budget_agreement, "POST", "/budget-agreements/{agreement_id}/activate", tag=AGREEMENTS)
performed(agreements.close_budget_period, "POST", "/budget-agreements/{agreement_id}/close-period", tag=AGREEMENTS)
performed(allocating.propose_allocation, "POST", "/budget-lines/{line_id}/allocations", tag=AGREEMENTS)
performed(allocating.release_allocation, "POST", "/allocations/{allocation_id}/release", tag=AGREEMENTS)
performed(allocating.withdraw_allocation, "POST", "/allocations/{allocation_id}/withdraw", tag=AGREEMENTS)
performed(procedures.close_overspend_procedure, "POST", "/overspend-procedures/{procedure_id}/close", tag=AGREEMENTS)
performed(procedures.give_notice, "POST", "/overspend-procedures/{procedure_id}/notices", tag=AGREEMENTS)
performed(
    procedures.review_overspend_for_agency,
    "POST",
    "/overspend-procedures/{procedure_id}/agency-reviews",
    tag=AGREEMENTS,
)
performed(
    procedures.review_overspend_for_network,
    "POST",
    "/overspend-procedures/{procedure_id}/network-reviews",
    tag=AGREEMENTS,
)
performed(procedures.decide_on_overspend, "POST", "/overspend-procedures/{procedure_id}/decisions", tag=AGREEMENTS)
for operation, step in (
    (underspending.give_underspend_notice, "notices"),
    (underspending.review_underspend_for_agency, "agency-reviews"),
    (underspending.review_underspend_for_network, "network-reviews"),
    (underspending.decide_on_underspend, "decisions"),
    (underspending.close_underspend_procedure, "close"),
):
    performed(operation, "POST", f"/underspend-procedures/{{underspend_procedure_id}}/{step}", tag=AGREEMENTS)
performed(transferring.propose_transfer, "POST", "/budget-lines/{line_id}/transfers", tag=AGREEMENTS)
performed(transferring.take_position_on_transfer, "POST", "/transfers/{transfer_id}/positions", tag=AGREEMENTS)
performed(transferring.answer_on_transfer, "POST", "/transfers/{transfer_id}/answers", tag=AGREEMENTS)
performed(transferring.withdraw_transfer, "POST", "/transfers/{transfer_id}/withdraw", tag=AGREEMENTS)
performed(transferring.release_transfer, "POST", "/transfers/{transfer_id}/release", tag=AGREEMENTS)
performed(paying.plan_tranches, "POST", "/budget-agreements/{agreement_id}/plan-tranches", tag=PAYING)
performed(paying.release_tranche, "POST", "/tranches/{tranche_id}/release", tag=PAYING)
performed(paying.withhold_tranche, "POST", "/tranches/{tranche_id}/withhold", tag=PAYING)
performed(paying.pay_tranche, "POST", "/tranches/{tranche_id}/pay", tag=PAYING)
performed(without_case.commit_funds, "POST", "/budget-lines/{line_id}/commitments", tag=SPENDING)
performed(without_case.reserve_funds, "POST", "/budget-lines/{line_id}/reservations", tag=SPENDING)
performed(without_case.commit_reserved_funds, "POST", "/commitments/{commitment_id}/commit", tag=SPENDING)
performed(without_case.release_commitment, "POST", "/commitments/{commitment_id}/release", tag=SPENDING)
performed(without_case.confirm_commitment, "POST", "/commitments/{commitment_id}/confirm", tag=SPENDING)
for operation, step in ((foreseeing.bind_foreseen_commitment, "bind"), (foreseeing.drop_foreseen_commitment, "drop")):
    performed(operation, "POST", f"/foreseen-commitments/{{foreseen_commitment_id}}/{step}", tag=SPENDING)
performed(valuing.propose_valuation_rule, "POST", "/budget-agreements/{agreement_id}/valuation-rules", tag=AGREEMENTS)
performed(valuing.agree_valuation_rule, "POST", "/valuation-rules/{valuation_rule_id}/agree", tag=AGREEMENTS)
performed(valuing.withdraw_valuation_rule, "POST", "/valuation-rules/{valuation_rule_id}/withdraw", tag=AGREEMENTS)
performed(valuing.record_service, "POST", "/commitments/{commitment_id}/service-records", tag=SPENDING)
performed(valuing.withdraw_service_record, "POST", "/service-records/{service_record_id}/withdraw", tag=SPENDING)
performed(spending.enter_invoice, "POST", "/invoices", tag=SPENDING)
performed(invoicing.name_invoice_document, "POST", "/invoices/{invoice_id}/name-document", tag=SPENDING)
performed(spending.propose_booking, "POST", "/invoices/{invoice_id}/bookings", tag=SPENDING)
performed(spending.withdraw_booking, "POST", "/bookings/{booking_id}/withdraw", tag=SPENDING)
performed(spending.release_booking, "POST", "/bookings/{booking_id}/release", tag=SPENDING)
performed(spending.reverse_booking, "POST", "/bookings/{booking_id}/reverse", tag=SPENDING)
performed(forecasting.run_forecast, "POST", "/budget-agreements/{agreement_id}/forecasts", tag=SETTLING)
performed(rules.agree_deviation_rule, "POST", "/budget-agreements/{agreement_id}/deviation-rules", tag=SETTLING)
performed(rules.record_monitored_service, "POST", "/budget-agreements/{agreement_id}/monitored-services", tag=SETTLING)
performed(rules.open_next_period, "POST", "/budget-agreements/{agreement_id}/open-next-period", tag=SETTLING)
performed(settling.prepare_settlement, "POST", "/budget-agreements/{agreement_id}/settlements", tag=SETTLING)
performed(settling.hand_in_proof, "POST", "/settlements/{settlement_id}/hand-in-proof", tag=SETTLING)
performed(settling.check_settlement, "POST", "/settlements/{settlement_id}/check", tag=SETTLING)
performed(settling.agree_settlement, "POST", "/settlements/{settlement_id}/agree", tag=SETTLING)
performed(settling.dispute_settlement, "POST", "/settlements/{settlement_id}/dispute", tag=SETTLING)
performed(settling.rework_settlement, "POST", "/settlements/{settlement_id}/rework", tag=SETTLING)
performed(settling.pay_settlement, "POST", "/settlements/{settlement_id}/pay", tag=SETTLING)
performed(settling.carry_over, "POST", "/settlements/{settlement_id}/carry-over", tag=SETTLING)
