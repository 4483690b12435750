"""People and rights over REST."""

from service.api.rest.performing import performed
from service.api.rest.reading import listed, page_of, single
from service.domain.access import operations as do
from service.domain.access.views import (
    ActorView,
    GrantView,
    MembershipView,
    MeView,
    OrganisationView,
    StaffMemberView,
)

ME, PEOPLE = "Me", "People and rights"

single(MeView, "/me", name="read_me", tag=ME, embedded=page_of(MeView, "memberships", "grants", "cases"))
listed(OrganisationView, "/organisations", name="list_organisations", tag=PEOPLE)
single(OrganisationView, "/organisations/{organisation_id}", name="read_organisation", tag=PEOPLE)
listed(StaffMemberView, "/staff", name="list_staff", tag=PEOPLE)
listed(ActorView, "/actors", name="list_actors", tag=PEOPLE)
single(ActorView, "/actors/{actor_id}", name="read_actor", tag=PEOPLE)
listed(MembershipView, "/memberships", name="list_memberships", tag=PEOPLE)
single(MembershipView, "/memberships/{membership_id}", name="read_membership", tag=PEOPLE)
listed(GrantView, "/grants", name="list_grants", tag=PEOPLE)
single(GrantView, "/grants/{grant_id}", name="read_grant", tag=PEOPLE)

performed(do.add_organisation, "POST", "/organisations", tag=PEOPLE)
performed(do.change_organisation, "PATCH", "/organisations/{organisation_id}", tag=PEOPLE)
performed(do.add_membership, "POST", "/organisations/{organisation_id}/memberships", tag=PEOPLE)
performed(do.end_membership, "POST", "/memberships/{membership_id}/end", tag=PEOPLE)
performed(do.add_actor, "POST", "/actors", tag=PEOPLE)
performed(do.propose_grant, "POST", "/actors/{actor_id}/grants", tag=PEOPLE)
performed(do.approve_grant, "POST", "/grants/{grant_id}/approve", tag=PEOPLE)
performed(do.end_grant, "POST", "/grants/{grant_id}/end", tag=PEOPLE)
