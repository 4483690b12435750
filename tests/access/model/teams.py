"""Teams: that there is one is public, who is in it is for colleagues."""

from collections.abc import Mapping

from service.domain.teams.training import STATES
from service.domain.teams.wording import COMPLAINT_OFFICE_KINDS, CONTACT_KINDS, INDEPENDENCE
from service.domain.values import Language
from tests.access.model.access import administers, name_of_actor
from tests.access.model.county import County, Row
from tests.access.model.holding import BUT_AUDITORS, Holder
from tests.access.model.seeing import Deed, Seen, Value, down, everybody, mine, said, up

_COLLEAGUES = (
    "case_worker",
    "social_space_manager",
    "regional_manager",
    "integrated_planner",
    "controller",
    "provider_worker",
    "provider_manager",
    "auditor",
    "data_protection_officer",
    "administrator",
)


_MANAGERS, _WORKERS = ("social_space_manager", "regional_manager"), ("case_worker", "provider_worker")


def _membership(county: County, row: Row) -> Row:
    found = county.one("membership", id=row["membership_id"])
    assert found is not None
    return found


def _still_in_team(county: County, here: Row, there: Row) -> bool:
    joined = there["team_id"] == here["id"] and there["state"] == "member"
    return joined and county.holds_now(there) and county.holds_now(_membership(county, there))


def _forms_teams(reader: Holder, row: Row) -> bool:
    space = row.get("social_space_id", row["id"])
    managers = ("social_space_manager", "regional_manager")
    return any(reader.holds(role, space) for role in managers) or administers(reader, row)


def _manages_a_provider(reader: Holder, row: Row) -> bool:
    mine = reader.county.all("membership", actor_id=reader.id) if reader.actor else iter(())
    return reader.works(row["authority_id"], "provider_manager") and any(map(reader.county.holds_now, mine))


def _is_rung(reader: Holder, row: Row) -> bool:
    """A case worker's own number at work."""
    return mine("actor_id")(reader, row) and reader.works(row["authority_id"], "case_worker")


def _in_german(column: str) -> Value:
    return lambda reader, row: row[f"{column}_de"]


def _independence(reader: Holder, row: Row) -> str | None:
    """Of complaint offices alone."""
    return INDEPENDENCE[row["independent"]][Language.DE] if "independent" in row else None


def _reached(reader: Holder, row: Row) -> bool:
    """A complaint office that is there today, or a number of the case's own."""
    there = row.get("valid_from") is None or reader.county.holds_today(row)
    return there and reader.involved(row["case_id"], None, *BUT_AUDITORS)


_REACHED = {"name": _in_german("name"), "hours": _in_german("hours")}


SEEN: Mapping[str, Seen] = {
    "ContactPoint": Seen(
        "contact_point",
        lambda reader, row: reader.works(
            row["authority_id"], "case_worker", "social_space_manager", "regional_manager", "administrator"
        ),
        "id social_space_id actor_id name telephone hours in_use version",
        said=_REACHED,
    ),
    "SocialSpaceOffice": Seen(
        "social_space_office",
        everybody,
        "id authority_id social_space_id name telephone hours",
        said=_REACHED,
    ),
    "CaseContact": Seen(
        "case_contact",
        _reached,
        "id case_id position kind kind_label name telephone hours address independence",
        said={
            "kind_label": said("kind", CONTACT_KINDS),
            "address": lambda reader, row: row.get("address"),
            "independence": _independence,
            **_REACHED,
        },
    ),
    "ComplaintOffice": Seen(
        "complaint_office",
        everybody,
        "id authority_id kind kind_label name independent independence telephone address hours valid_from valid_to "
        "version",
        said={
            "kind_label": said("kind", COMPLAINT_OFFICE_KINDS),
            "independence": _independence,
            **_REACHED,
        },
    ),
    "Team": Seen(
        "social_space_team",
        everybody,
        "id authority_id social_space_id name valid_from valid_to version",
        one={"social_space": ("SocialSpace", up("social_space_id"))},
        many={"members": ("TeamMember", _still_in_team), "trainings": ("TeamTraining", down("team_id"))},
    ),
    "TeamTraining": Seen(
        "team_training",
        lambda reader, row: reader.works(row["authority_id"], *_COLLEAGUES),
        "id team_id social_space_id need came_up_in raised_by_id state state_label held_on attended outcome version",
        said={"state_label": said("state", STATES)},
        one={"team": ("Team", up("team_id"))},
    ),
    "TeamMember": Seen(
        "team_member",
        lambda reader, row: reader.works(row["authority_id"], *_COLLEAGUES),
        "id team_id social_space_id membership_id name organisation_id state proposed_by_id refused_because belonging "
        "field_of_action function expertise moderates valid_from valid_to version",
        said={
            "name": lambda reader, row: name_of_actor(reader, _membership(reader.county, row)),
            "organisation_id": lambda reader, row: _membership(reader.county, row)["organisation_id"],
        },
        one={
            "team": ("Team", up("team_id")),
            "organisation": (
                "Organisation",
                lambda county, here, there: there["id"] == _membership(county, here)["organisation_id"],
            ),
        },
    ),
}


DEEDS: Mapping[str, Deed] = {
    "form_team": Deed("SocialSpace", _forms_teams),
    "change_team": Deed("Team", _forms_teams),
    "add_team_member": Deed("Team", _forms_teams),
    "change_team_member": Deed("TeamMember", _forms_teams),
    "propose_team_member": Deed("Team", _manages_a_provider),
    "confirm_team_member": Deed("TeamMember", _forms_teams, ("proposed",)),
    "refuse_team_member": Deed("TeamMember", _forms_teams, ("proposed",)),
    "let_moderate": Deed("TeamMember", _forms_teams, ("member",)),
    "end_team_member": Deed("TeamMember", _forms_teams),
    "raise_training": Deed(
        "Team", lambda r, row: any(r.holds(role, row["social_space_id"]) for role in (*_MANAGERS, *_WORKERS))
    ),
    **dict.fromkeys(
        ("hold_training", "drop_training"),
        Deed(
            "TeamTraining",
            lambda r, row: any(r.holds(role, row["social_space_id"]) for role in _MANAGERS),
            ("raised",),
        ),
    ),
    "add_office_contact": Deed("SocialSpace", _forms_teams),
    "add_own_contact": Deed("Actor", lambda r, row: r.id == row["id"] and r.works(row["authority_id"], "case_worker")),
    "change_contact_point": Deed("ContactPoint", lambda r, row: _forms_teams(r, row) or _is_rung(r, row)),
    "add_complaint_office": Deed("Authority", lambda r, row: r.holds_throughout("administrator", row["id"])),
    "change_complaint_office": Deed("ComplaintOffice", administers),
}
