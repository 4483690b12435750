"""Arrangements and decisions over REST."""

from service.api.rest.cases import CASE, LIFE, ME
from service.api.rest.performing import performed
from service.api.rest.reading import listed, single
from service.domain.decisions import (
    activating,
    arranging,
    deciding,
    informing,
    perspectives,
    reviewing,
    setting_changes,
    sources,
)
from service.domain.decisions.claims import LegalClaimView
from service.domain.decisions.contributions import SpaceContributionView
from service.domain.decisions.cost_shares import CostShareView
from service.domain.decisions.history import ArrangementMixView, ElementChangeView
from service.domain.decisions.official import OfficialCodeView
from service.domain.decisions.perspectives import PerspectiveView
from service.domain.decisions.reviewing import ReviewView
from service.domain.decisions.setting_changes import SettingChangeView
from service.domain.decisions.transitions import SpaceTransitionView
from service.domain.decisions.views import ArrangementView, DecisionView, ElementView
from service.domain.protection.due import DueItemView

TAG = "Arrangements and decisions"
ARRANGEMENT, ELEMENT = ("arrangement_id", ArrangementView), ("element_id", ElementView)

listed(ArrangementView, "/cases/{case_id}/arrangements", name="list_arrangements_of_case", tag=TAG, within=CASE)
single(ArrangementView, "/arrangements/{arrangement_id}", name="read_arrangement", tag=TAG)
listed(
    ElementView,
    "/arrangements/{arrangement_id}/elements",
    name="list_elements_of_arrangement",
    tag=TAG,
    within=ARRANGEMENT,
)
single(ElementView, "/elements/{element_id}", name="read_element", tag=TAG)
listed(DecisionView, "/elements/{element_id}/decisions", name="list_decisions_on_element", tag=TAG, within=ELEMENT)
single(DecisionView, "/decisions/{decision_id}", name="read_decision", tag=TAG)
listed(CostShareView, "/elements/{element_id}/cost-shares", name="list_cost_shares_of_element", tag=TAG, within=ELEMENT)
single(CostShareView, "/cost-shares/{cost_share_id}", name="read_cost_share", tag=TAG)
listed(
    ElementChangeView,
    "/arrangements/{arrangement_id}/element-changes",
    name="list_element_changes_of_arrangement",
    tag=TAG,
    within=ARRANGEMENT,
)
single(ElementChangeView, "/element-changes/{element_change_id}", name="read_element_change", tag=TAG)
listed(
    ArrangementMixView,
    "/arrangements/{arrangement_id}/arrangement-mix",
    name="list_mix_of_arrangement",
    tag=TAG,
    within=ARRANGEMENT,
)
listed(ArrangementMixView, "/arrangement-mix", name="list_arrangement_mix", tag=TAG)
listed(OfficialCodeView, "/official-codes", name="list_official_codes", tag=TAG)
single(OfficialCodeView, "/official-codes/{official_code_id}", name="read_official_code", tag=TAG)
listed(LegalClaimView, "/legal-claims", name="list_legal_claims", tag=TAG)
single(LegalClaimView, "/legal-claims/{legal_claim_id}", name="read_legal_claim", tag=TAG)
listed(PerspectiveView, "/perspectives", name="list_perspectives", tag=TAG)
single(PerspectiveView, "/perspectives/{perspective_id}", name="read_perspective", tag=TAG)
listed(ReviewView, "/reviews", name="list_reviews", tag=TAG)
listed(ReviewView, "/cases/{case_id}/reviews", name="list_reviews_of_case", tag=TAG, within=CASE)
single(ReviewView, "/reviews/{review_id}", name="read_review", tag=TAG)
listed(DueItemView, "/me/due-items", name="list_my_due_items", tag=ME)

listed(SpaceContributionView, "/space-contributions", name="list_space_contributions", tag=TAG)
listed(SpaceTransitionView, "/space-transitions", name="list_space_transitions", tag=TAG)
listed(SettingChangeView, "/cases/{case_id}/setting-changes", name="list_setting_changes_of_case", tag=TAG, within=CASE)
single(SettingChangeView, "/setting-changes/{setting_change_id}", name="read_setting_change", tag=TAG)

performed(setting_changes.record_setting_change, "POST", "/cases/{case_id}/setting-changes", tag=TAG)
performed(activating.activate_case, "POST", "/cases/{case_id}/activate", tag=LIFE)
performed(activating.begin_after_care, "POST", "/cases/{case_id}/begin-after-care", tag=LIFE)
performed(arranging.draft_arrangement, "POST", "/cases/{case_id}/arrangements", tag=TAG)
performed(arranging.add_element, "POST", "/arrangements/{arrangement_id}/elements", tag=TAG)
performed(arranging.change_element, "PATCH", "/elements/{element_id}", tag=TAG)
performed(sources.plan_cost_shares, "POST", "/elements/{element_id}/plan-cost-shares", tag=TAG)
performed(arranging.start_element, "POST", "/elements/{element_id}/start", tag=TAG)
performed(activating.begin_otherwise, "POST", "/elements/{element_id}/begin-otherwise", tag=TAG)
performed(deciding.apply_for_element, "POST", "/elements/{element_id}/apply", tag=TAG)
performed(informing.tell_custodians, "POST", "/elements/{element_id}/tell-custodians", tag=TAG)
performed(perspectives.clear_up_perspective, "POST", "/elements/{element_id}/perspectives", tag=TAG)
performed(deciding.decide_element, "POST", "/elements/{element_id}/decisions", tag=TAG)
performed(deciding.end_element, "POST", "/elements/{element_id}/end", tag=TAG)
performed(reviewing.plan_review, "POST", "/cases/{case_id}/reviews", tag=TAG)
performed(reviewing.hold_review, "POST", "/reviews/{review_id}/hold", tag=TAG)
performed(reviewing.move_review, "POST", "/reviews/{review_id}/move", tag=TAG)
performed(reviewing.drop_review, "POST", "/reviews/{review_id}/drop", tag=TAG)
