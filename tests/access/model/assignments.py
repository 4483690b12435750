"""Providers: what they are to do, what they write down, and what they are told."""

import base64
from collections.abc import Mapping
from typing import Any

from tests.access.model.cases import CASES_GOING_ON, goes_on, leads
from tests.access.model.county import Row
from tests.access.model.holding import Holder
from tests.access.model.seeing import Deed, Seen, down, in_force, of_case, up


def _assigned(reader: Holder, row: Row) -> bool:
    """Whoever leads the case, the provider's managers, and the worker who is named."""
    managing = reader.represents(row["organisation_id"], "provider_manager")
    return reader.leads(row["case_id"]) or managing or reader.is_named(row["id"])


def _recorded(reader: Holder, row: Row) -> bool:
    """A note stays with the provider's workers on the case; progress goes to the lead and the family too."""
    colleague = reader.involved(row["case_id"], None, "transmission") and reader.represents(
        row["organisation_id"], "provider_worker"
    )
    told = row["kind"] == "progress" and reader.involved(row["case_id"], None, "assignment", "self", "representation")
    return (colleague or told) and reader.hears(row)


def _delivered(reader: Holder, row: Row) -> bool:
    """In the mailbox of one's organisation, as long as the assignment lasts; a removal stays, and what was delivered
    before something was taken out of the case goes."""
    about = {name: row[name] for name in ("assignment_id", "subject_id")}
    removals = reader.county.all("delivery", **about, removal=True)
    if any(each["subject"] != "assignment" and each["sequence"] > row["sequence"] for each in removals):
        return False
    if row["recipient_id"] is not None:
        return bool(row["recipient_id"] == reader.id) and (row["removal"] or reader.is_named(row["assignment_id"]))
    assignment = reader.county.one("assignment", id=row["assignment_id"])
    assert assignment is not None
    lasts = row["removal"] or reader.county.holds_now(assignment)
    office = reader.represents(row["organisation_id"], "provider_manager", "integration_client")
    return (office and lasts) or reader.is_named(row["assignment_id"])


def _content(reader: Holder, row: Row) -> bool:
    """Managers learn that something changed, not what."""
    if reader.represents(row["organisation_id"], "integration_client"):
        return True
    return reader.is_named(row["assignment_id"]) or (
        row["recipient_id"] is not None and row["recipient_id"] == reader.id
    )


def _cursor(reader: Holder, row: Row) -> str:
    place = '{"position" : "%s", "epoch" : "1"}' % row["position"]  # noqa: UP031
    return base64.urlsafe_b64encode(place.encode()).decode()


def _worker(reader: Holder, row: Row) -> Any:
    named = reader.county.all("case_access", assignment_id=row["id"])
    return next((each["actor_id"] for each in named if reader.county.holds_now(each)), None)


def _manages(reader: Holder, row: Row) -> bool:
    return reader.represents(row["organisation_id"], "provider_manager")


def _works_on(reader: Holder, row: Row) -> bool:
    return reader.is_named(row["id"])


SEEN: Mapping[str, Seen] = {
    "Assignment": Seen(
        "assignment",
        _assigned,
        "id case_id case_pseudonym organisation_id worker_id task parts purpose legal_basis in_force valid_from "
        "valid_to withheld version",
        said={"worker_id": _worker, "in_force": in_force},
        only={"case_id": of_case(None)},
        one={"case": ("Case", up("case_id")), "organisation": ("Organisation", up("organisation_id"))},
        many={"records": ("ProviderRecord", down("assignment_id"))},
    ),
    "ProviderRecord": Seen(
        "provider_record",
        _recorded,
        "id case_id assignment_id organisation_id kind words replaces_id audience created_at",
        many={"disagreements": ("Disagreement", down("about_id"))},
    ),
    "Delivery": Seen(
        "delivery",
        _delivered,
        "position cursor assignment_id case_pseudonym kind subject subject_id removal content at withheld version",
        said={"cursor": _cursor},
        only={"content": _content},
    ),
}


DEEDS: Mapping[str, Deed] = {
    "assign_provider": Deed("Case", leads("id"), CASES_GOING_ON, (goes_on,)),
    "name_worker": Deed("Assignment", _manages),
    "end_assignment": Deed("Assignment", lambda r, row: r.leads(row["case_id"]) or _manages(r, row)),
    "record_progress": Deed("Assignment", _works_on),
    "note_down": Deed("Assignment", _works_on),
}
