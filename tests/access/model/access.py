"""Administration: one's own, and all of it for administrators of the whole authority."""

from collections.abc import Mapping
from typing import Any

from service.domain.access.wording import BASES
from tests.access.model.county import Row
from tests.access.model.holding import Holder
from tests.access.model.seeing import Deed, Seen, Test, down, in_force, mine, said, up

administers: Test = lambda reader, row: reader.administers(row)  # noqa: E731

of_authority: Test = lambda reader, row: reader.holds_throughout("administrator", row["id"])  # noqa: E731


def _mine_or_administered(column: str) -> Test:
    return lambda reader, row: mine(column)(reader, row) or reader.administers(row) or reader.oversees(row)


def _colleagues(reader: Holder, row: Row) -> bool:
    roles = ("case_worker", "social_space_manager", "administrator")
    known = reader.works(row["authority_id"], *roles) or reader.represents(row["organisation_id"], "provider_manager")
    return known and reader.county.holds_now(row)


def name_of_actor(reader: Holder, row: Row) -> Any:
    actor = reader.county.one("actor", id=row["actor_id"])
    return actor["name"] if actor else None


def _second_pair_of_eyes(reader: Holder, row: Row) -> bool:
    return reader.administers(row) and reader.id not in (row["actor_id"], row["proposed_by"])


_HELD = {"memberships": ("Membership", down("actor_id")), "grants": ("Grant", down("actor_id"))}


SEEN: Mapping[str, Seen] = {
    "Organisation": Seen(
        "organisation",
        lambda reader, row: row["authority_id"] == reader.authority,
        "id kind name version",
    ),
    "Actor": Seen("actor", _mine_or_administered("id"), "id kind name version", many=_HELD),
    "Membership": Seen(
        "membership",
        _mine_or_administered("actor_id"),
        "id actor_id organisation_id function valid_from valid_to version",
        one={"organisation": ("Organisation", up("organisation_id"))},
    ),
    "StaffMember": Seen(
        "membership",
        _colleagues,
        "id actor_id name organisation_id function",
        said={"name": name_of_actor},
        one={"organisation": ("Organisation", up("organisation_id"))},
    ),
    "Grant": Seen(
        "access_grant",
        _mine_or_administered("actor_id"),
        "id actor_id role region_id social_space_id proposed_by approved_by in_force valid_from valid_to version",
        said={"in_force": in_force},
    ),
    "Me": Seen(
        "actor",
        mine("id"),
        "id authority_id kind name",
        many={**_HELD, "cases": ("MyCase", down("actor_id"))},
    ),
    "MyCase": Seen(
        "case_access",
        mine("actor_id"),
        "case_id basis basis_label parts in_force valid_to",
        said={"in_force": in_force, "basis_label": said("basis", BASES)},
    ),
}


DEEDS: Mapping[str, Deed] = {
    "add_organisation": Deed("Authority", of_authority),
    "change_organisation": Deed("Organisation", administers),
    "add_actor": Deed("Authority", of_authority),
    "add_membership": Deed("Organisation", administers),
    "end_membership": Deed("Membership", administers),
    "propose_grant": Deed("Actor", administers),
    "approve_grant": Deed("Grant", _second_pair_of_eyes),
    "end_grant": Deed("Grant", administers),
}
