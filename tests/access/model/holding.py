"""What somebody holds: roles, ways into cases, memberships."""

from dataclasses import dataclass
from functools import cached_property

from tests.access.model.county import County, Row

BUT_AUDITORS = ("assignment", "transmission", "self", "representation", "trust")
"""Who reads what people say of themselves."""


@dataclass
class Holder:
    """Somebody with a login, or the public."""

    county: County
    login: str | None

    @cached_property
    def actor(self) -> Row | None:
        login = self.county.one("login", key=self.login, valid_to=None) if self.login else None
        return self.county.one("actor", id=login["actor_id"]) if login else None

    @cached_property
    def id(self) -> str | None:
        return self.actor["id"] if self.actor else None

    @property
    def authority(self) -> str | None:
        return self.actor["authority_id"] if self.actor else None

    @cached_property
    def grants(self) -> list[Row]:
        """A role works once it is approved, and within its dates."""
        held = self.county.all("access_grant", actor_id=self.id) if self.actor else iter(())
        return [row for row in held if row["approved_by"] is not None and self.county.holds_now(row)]

    @cached_property
    def accesses(self) -> list[Row]:
        held = self.county.all("case_access", actor_id=self.id) if self.actor else iter(())
        return [row for row in held if self.county.holds_now(row)]

    @cached_property
    def selves(self) -> set[str]:
        """The actor, and whom the actor is in the cases that are still theirs; who holds a link helps somebody else."""
        if self.id is None:
            return set()
        return {self.id} | {row["participant_id"] for row in self.accesses if row["basis"] != "link"} - {None}

    def holds(self, role: str, space: str | None) -> bool:
        """The role for a social space: by a grant for it, for its region, or for its whole authority."""
        found = self.county.one("social_space", id=space) if space else None
        return found is not None and any(self._reaches(grant, found) for grant in self.grants if grant["role"] == role)

    def _reaches(self, grant: Row, space: Row) -> bool:
        if grant["social_space_id"] is not None:
            return bool(grant["social_space_id"] == space["id"])
        if grant["region_id"] is not None:
            return grant["region_id"] in self.county.regions_of_space(space["id"], last=True)
        return bool(grant["authority_id"] == space["authority_id"])

    def holds_region(self, role: str, region: str | None, around: bool = False) -> bool:
        """The role for a region: by a grant for it or its authority; `around`, by one for a social space in it."""
        found = self.county.one("region", id=region) if region else None
        return found is not None and any(
            self._reaches_region(grant, found, around) for grant in self.grants if grant["role"] == role
        )

    def _reaches_region(self, grant: Row, region: Row, around: bool) -> bool:
        if grant["social_space_id"] is not None:
            return around and region["id"] in self.county.regions_of_space(grant["social_space_id"])
        if grant["region_id"] is not None:
            return bool(grant["region_id"] == region["id"])
        return bool(grant["authority_id"] == region["authority_id"])

    def takes_part(self, dialogue: str | None) -> bool:
        mine = self.county.all("dialogue_participant", actor_id=self.id) if self.actor else iter(())
        return any(row["dialogue_id"] == dialogue for row in mine)

    def holds_throughout(self, role: str, authority: str) -> bool:
        scopes = ("region_id", "social_space_id")
        return any(
            grant["role"] == role and grant["authority_id"] == authority and not any(grant[scope] for scope in scopes)
            for grant in self.grants
        )

    def works(self, authority: str, *roles: str) -> bool:
        return any(grant["role"] in roles and grant["authority_id"] == authority for grant in self.grants)

    def controls(self, row: Row) -> bool:
        return self.holds_throughout("controller", row["authority_id"])

    def checks(self, row: Row) -> bool:
        """Finance, and the audit of it: it reads all that finance reads, and moves nothing."""
        return self.controls(row) or self.holds_throughout("auditor", row["authority_id"])

    def works_in(self, space: str | None) -> bool:
        return self.holds("social_space_manager", space) or self.holds("case_worker", space)

    def represents(self, organisation: str | None, *roles: str) -> bool:
        """A member of the organisation who holds the role in its authority, approved since they are."""
        held = self.county.all("membership", actor_id=self.id) if self.actor else iter(())
        return any(
            row["organisation_id"] == organisation and grant["authority_id"] == row["authority_id"]
            for row in held
            for grant in self.grants
            if self.county.holds_now(row)
            and grant["role"] in roles
            and row["valid_from"] <= (grant["approved_at"] or "")
        )

    def works_for(self, *organisations: str | None) -> bool:
        """For any of them that is a provider, whatever they may do there: the agency pays itself, too."""
        held = self.county.all("membership", actor_id=self.id) if self.actor else iter(())
        return any(
            row["organisation_id"] in organisations
            and self.county.holds_now(row)
            and self.county.one("organisation", id=row["organisation_id"], kind="independent_provider") is not None
            for row in held
        )

    def is_of_network(self, agreement: str) -> bool:
        parties = self.county.all("budget_party", agreement_id=agreement)
        return self.works_for(*(row["organisation_id"] for row in parties))

    def is_named(self, assignment: str) -> bool:
        return any(row["assignment_id"] == assignment for row in self.accesses)

    def is_party(self, agreement: str) -> bool:
        parties = self.county.all("budget_party", agreement_id=agreement)
        return any(self.represents(row["organisation_id"], "provider_manager") for row in parties)

    def speaks_for(self, agreement: str) -> bool:
        """For the network: as its lead provider, or as any party where none leads."""
        parties = list(self.county.all("budget_party", agreement_id=agreement))
        leading = [row for row in parties if row["lead"]] or parties
        return any(self.represents(row["organisation_id"], "provider_manager") for row in leading)

    def has_no_network(self, agreement: str) -> bool:
        return not list(self.county.all("budget_party", agreement_id=agreement))

    def administers(self, row: Row) -> bool:
        return self.holds_throughout("administrator", row["authority_id"])

    def oversees(self, row: Row) -> bool:
        """Data protection: who may what, and who gets into which case; never what stands in it."""
        return self.holds_throughout("data_protection_officer", row["authority_id"])

    def involved(self, case: str, part: str | None = None, *bases: str) -> bool:
        return any(
            row["case_id"] == case
            and (part is None or part in row["parts"])
            and (row["basis"] in bases if bases else self._lets_in(row, part))
            for row in self.accesses
        )

    def _lets_in(self, access: Row, part: str | None) -> bool:
        """A network person sees no case, only steps of theirs; a trusted person not who the others are; an auditor
        what is audited."""
        if access["basis"] == "audit" and part in ("questions", "goals", "steps"):
            return False
        return access["basis"] not in ("network", "link") and (access["basis"], part) != ("trust", "persons")

    def linked(self, row: Row) -> bool:
        """Holds a link to this step, and nobody has taken the step out of what it shows."""
        return any(each["step_id"] == row["id"] and "steps" in each["parts"] for each in self.accesses)

    def knows(self, case: str) -> bool:
        """Has any access at all to something in the case."""
        return any(row["case_id"] == case for row in self.accesses)

    def belongs(self, case: str) -> bool:
        """Is one of those whom the case is about, or speaks for them."""
        return self.involved(case, None, "self", "representation")

    def trusts(self, row: Row) -> bool:
        mine = row["trusted_by_id"] is not None and row["trusted_by_id"] in self.selves
        return mine and self.involved(row["case_id"], None, "self")

    def knows_whom_they_trust(self, row: Row) -> bool:
        """Whom somebody trusts is for them to know, and for those who work on the case."""
        theirs = row["trusted_by_id"] is None or row["trusted_by_id"] in self.selves
        return theirs or self.involved(row["case_id"], None, "assignment", "transmission", "audit")

    def leads(self, case: str) -> bool:
        return self.involved(case, None, "assignment")

    def leads_for_good(self, case: str) -> bool:
        """And does not only stand in there."""
        mine = (row for row in self.accesses if row["case_id"] == case and row["basis"] == "assignment")
        return any(row["stand_in_id"] is None for row in mine)

    def hears(self, row: Row) -> bool:
        """A statement is for its author, for named participants, or for all."""
        if row["author_id"] == self.id or row["audience"] == "all":
            return self.id is not None
        return row["audience"] == "named" and not self.selves.isdisjoint(row["audience_of"])
