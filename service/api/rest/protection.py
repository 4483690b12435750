"""Child protection over REST: for the team of an assessment, and for whoever reports."""

from service.api.rest.performing import performed
from service.api.rest.reading import listed, single
from service.domain.protection import operations as do
from service.domain.protection import teams
from service.domain.protection.views import (
    EndangermentAssessmentView,
    EndangermentJudgementView,
    EndangermentMemberView,
    EndangermentOutlineView,
    EndangermentReportView,
    SafetyPlanView,
)

TAG = "Child protection"
ASSESSMENTS, REPORTS = "/endangerment-assessments", "/endangerment-reports"
ONE = f"{ASSESSMENTS}/{{assessment_id}}"
WITHIN = ("assessment_id", EndangermentAssessmentView)

listed(EndangermentOutlineView, "/endangerment-outlines", name="list_endangerment_outlines", tag=TAG)
listed(EndangermentAssessmentView, ASSESSMENTS, name="list_endangerment_assessments", tag=TAG)
single(EndangermentAssessmentView, ONE, name="read_endangerment_assessment", tag=TAG)
listed(EndangermentReportView, REPORTS, name="list_endangerment_reports", tag=TAG)
single(EndangermentReportView, f"{REPORTS}/{{endangerment_report_id}}", name="read_endangerment_report", tag=TAG)
listed(
    EndangermentMemberView,
    f"{ONE}/members",
    name="list_members_of_endangerment_assessment",
    tag=TAG,
    within=WITHIN,
)
listed(
    EndangermentReportView,
    f"{ONE}/reports",
    name="list_reports_of_endangerment_assessment",
    tag=TAG,
    within=WITHIN,
)
listed(
    EndangermentJudgementView,
    f"{ONE}/judgements",
    name="list_judgements_of_endangerment_assessment",
    tag=TAG,
    within=WITHIN,
)
single(
    EndangermentJudgementView,
    "/endangerment-judgements/{endangerment_judgement_id}",
    name="read_endangerment_judgement",
    tag=TAG,
)
listed(
    SafetyPlanView,
    f"{ONE}/safety-plans",
    name="list_safety_plans_of_endangerment_assessment",
    tag=TAG,
    within=WITHIN,
)
single(SafetyPlanView, "/safety-plans/{safety_plan_id}", name="read_safety_plan", tag=TAG)

performed(do.report_endangerment, "POST", REPORTS, tag=TAG)
performed(do.answer_endangerment_report, "POST", f"{REPORTS}/{{endangerment_report_id}}/answer", tag=TAG)
performed(teams.name_endangered, "POST", f"{ONE}/name-endangered", tag=TAG)
performed(do.begin_screening, "POST", f"{ONE}/begin-screening", tag=TAG)
performed(do.begin_assessment, "POST", f"{ONE}/begin-assessment", tag=TAG)
performed(do.judge_endangerment, "POST", f"{ONE}/judgements", tag=TAG)
performed(do.find_endangerment, "POST", f"{ONE}/find", tag=TAG)
performed(do.agree_safety_plan, "POST", f"{ONE}/safety-plans", tag=TAG)
performed(do.call_family_court, "POST", f"{ONE}/call-family-court", tag=TAG)
performed(do.record_taking_into_care, "POST", f"{ONE}/take-into-care", tag=TAG)
performed(do.reassess_endangerment, "POST", f"{ONE}/reassess", tag=TAG)
performed(do.conclude_endangerment, "POST", f"{ONE}/conclude", tag=TAG)
performed(teams.let_into_assessment, "POST", f"{ONE}/let-in", tag=TAG)
performed(teams.let_out_of_assessment, "POST", f"{ONE}/let-out", tag=TAG)
