"""Long work, and imports: for controllers and auditors; steered by controllers, released by another."""

from collections.abc import Mapping

from tests.access.model.budgets import controls, controls_unless
from tests.access.model.county import Row
from tests.access.model.holding import Holder
from tests.access.model.seeing import Deed, Seen, Test, down, eur, up


def _checks(reader: Holder, row: Row) -> bool:
    return reader.checks(row)


_controls_authority: Test = lambda reader, row: reader.holds_throughout("controller", row["id"])  # noqa: E731

SEEN: Mapping[str, Seen] = {
    "Job": Seen(
        "job",
        _checks,
        "id kind state subject_id unit done total findings longest cancel_asked problem started_by created_at begun_at "
        "ended_at version",
        many={"found": ("JobFinding", down("job_id"))},
    ),
    "JobFinding": Seen("job_finding", _checks, "id job_id row_number field code detail advice subject_id"),
    "BookingImport": Seen(
        "booking_import",
        _checks,
        "id authority_id state size digest valid faulty known amount partial job_id checked_job_id imported_by "
        "released_by checked_at posted_at version",
        said=eur("amount"),
        one={"job": ("Job", up("job_id"))},
    ),
}


DEEDS: Mapping[str, Deed] = {
    "cancel_job": Deed("Job", controls, ("queued", "running")),
    "resume_job": Deed("Job", controls, ("running", "failed", "cancelled")),
    "start_booking_import": Deed("Authority", _controls_authority),
    "start_settlements": Deed("Authority", _controls_authority),
    "start_figure_release": Deed("Authority", _controls_authority),
    "start_export": Deed("BudgetAgreement", controls),
    "start_release_export": Deed("FigureRelease", controls),
    "check_booking_import": Deed("BookingImport", controls, ("open", "checking", "checked")),
    "release_booking_import": Deed("BookingImport", controls_unless("imported_by"), ("checked",)),
}
