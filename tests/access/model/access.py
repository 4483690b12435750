"""Administration: one's own, and all of it for administrators of the whole authority."""

from collections.abc import Mapping
from typing import Any

from service.domain.access.topics import TOPIC_OF
from service.domain.access.wording import BASES, OTHERS, TOPICS, WAYS
from service.domain.values import Language
from tests.access.model.county import Row, moment
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

PEOPLE_OF_A_CASE = ("self", "representation", "trust", "network", "link")


def _ways_in(reader: Holder, row: Row) -> list[Row]:
    found = reader.county.all("case_access", actor_id=row["actor_id"])
    return [each for each in found if each["case_id"] == row["case_id"]]


def _by_staff(reader: Holder, row: Row) -> bool:
    return not any(each["basis"] in PEOPLE_OF_A_CASE for each in _ways_in(reader, row))


def _look(reader: Holder, row: Row) -> bool:
    """Whom it is about sees every look; who represents them, not what others of its people looked at. Whoever asked
    whether a family is known is not told in which case it was."""
    about = reader.involved(row["case_id"], None, "self")
    representing = reader.involved(row["case_id"], None, "representation") and _by_staff(reader, row)
    own = mine("actor_id")(reader, row) and row["action"] != "family.ask"
    return about or representing or own


def _knows_case(reader: Holder, row: Row) -> bool:
    return row["case_id"] in (None, *(each["case_id"] for each in reader.accesses))


def _way(row: Row) -> str:
    if (row["action"], row["outcome"]) == ("family.ask", "done"):  # an inquiry changes nothing
        return "read"
    return {"read": "read", "nothing": "read", "done": "changed"}.get(row["outcome"], "refused")


def _topics(row: Row) -> list[str]:
    reading, _, rest = row["action"].partition(" ")
    words = rest.split() if reading == "read" else [row["action"].split(".")[0]]
    return sorted({TOPIC_OF[word].value for word in words if word in TOPIC_OF})


def _basis(reader: Holder, row: Row) -> str | None:
    begun = [each for each in _ways_in(reader, row) if moment(each["valid_from"]) <= moment(row["at"])]
    latest = max((moment(each["valid_from"]) for each in begun), default=None)
    there = sorted((each for each in begun if moment(each["valid_from"]) == latest), key=lambda each: each["id"])
    return there[0]["basis"] if there else None


def _membership(reader: Holder, row: Row) -> Row | None:
    at = moment(row["at"])
    held = sorted(
        (moment(each["valid_from"]), each["id"])
        for each in reader.county.all("membership", actor_id=row["actor_id"])
        if moment(each["valid_from"]) <= at and (each["valid_to"] is None or moment(each["valid_to"]) > at)
    )
    return reader.county.one("membership", id=held[0][1]) if held and _by_staff(reader, row) else None


def _function(reader: Holder, row: Row) -> Any:
    held = _membership(reader, row)
    return held["function"] if held else None


def _organisation(reader: Holder, row: Row) -> Any:
    held = _membership(reader, row)
    found = reader.county.one("organisation", id=held["organisation_id"]) if held else None
    return found["name"] if found else None


def _why(reader: Holder, row: Row) -> str | None:
    basis = _basis(reader, row)
    return next(said[Language.DE] for each, said in OTHERS.items() if each == basis) if basis else None


_LOOKED = {"basis": _basis, "function": _function, "organisation": _organisation}

SEEN: Mapping[str, Seen] = {
    "CalendarAddress": Seen(
        "login",
        lambda reader, row: mine("actor_id")(reader, row) and row["key"].startswith("@calendar:"),
        "id created_at valid_to version",
    ),
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
    "Look": Seen(
        "look",
        _look,
        "id case_id at way way_label topics topics_label basis basis_label function organisation mine withheld",
        only={"case_id": _knows_case},
        said={
            **_LOOKED,
            "way": lambda reader, row: _way(row),
            "way_label": lambda reader, row: {way.value: said[Language.DE] for way, said in WAYS.items()}[_way(row)],
            "topics": lambda reader, row: _topics(row),
            "topics_label": lambda reader, row: ", ".join(
                said[Language.DE] for topic, said in sorted(TOPICS.items()) if topic in _topics(row)
            ),
            "basis_label": _why,
            "mine": mine("actor_id"),
        },
        at="at",
    ),
    "AuditEntry": Seen(
        "look",
        lambda reader, row: reader.oversees(row),
        "id entry at actor_id action outcome case_id basis function organisation",
        said={**_LOOKED, "entry": lambda reader, row: str(row["entry"])},
        one={"actor": ("Actor", up("actor_id"))},
        at="at",
    ),
}


DEEDS: Mapping[str, Deed] = {
    "make_calendar_address": Deed("Actor", mine("id")),
    "revoke_calendar_address": Deed("CalendarAddress", mine("actor_id")),
    "add_organisation": Deed("Authority", of_authority),
    "change_organisation": Deed("Organisation", administers),
    "add_actor": Deed("Authority", of_authority),
    "add_membership": Deed("Organisation", administers),
    "end_membership": Deed("Membership", administers),
    "propose_grant": Deed("Actor", administers),
    "approve_grant": Deed("Grant", _second_pair_of_eyes),
    "end_grant": Deed("Grant", administers),
}
