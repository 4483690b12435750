"""Long work over REST."""

from service.api.rest.performing import performed
from service.api.rest.reading import listed, single
from service.domain.budgets.long_work import start_figure_release, start_settlements
from service.domain.jobs.operations import cancel_job, resume_job
from service.domain.jobs.views import JobFindingView, JobView

TAG = "Jobs"

listed(JobView, "/jobs", name="list_jobs", tag=TAG)
single(JobView, "/jobs/{job_id}", name="read_job", tag=TAG)
listed(JobFindingView, "/job-findings", name="list_job_findings", tag=TAG)
single(JobFindingView, "/job-findings/{job_finding_id}", name="read_job_finding", tag=TAG)

performed(start_settlements, "POST", "/jobs/settlements", tag=TAG, status=202)
performed(start_figure_release, "POST", "/jobs/figure-releases", tag=TAG, status=202)
performed(cancel_job, "POST", "/jobs/{job_id}/cancel", tag=TAG)
performed(resume_job, "POST", "/jobs/{job_id}/resume", tag=TAG, status=202)
