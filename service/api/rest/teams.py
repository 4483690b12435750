"""Teams over REST."""

from service.api.rest.performing import performed
from service.api.rest.reading import listed, single
from service.domain.teams import operations as do
from service.domain.teams.views import TeamMemberView, TeamView

TAG = "Teams"

listed(TeamView, "/teams", name="list_teams", tag=TAG)
single(TeamView, "/teams/{team_id}", name="read_team", tag=TAG)
listed(TeamMemberView, "/team-members", name="list_team_members", tag=TAG)
single(TeamMemberView, "/team-members/{team_member_id}", name="read_team_member", tag=TAG)

performed(do.form_team, "POST", "/teams", tag=TAG)
performed(do.change_team, "PATCH", "/teams/{team_id}", tag=TAG)
performed(do.add_team_member, "POST", "/teams/{team_id}/members", tag=TAG)
performed(do.propose_team_member, "POST", "/teams/{team_id}/proposals", tag=TAG)
performed(do.confirm_team_member, "POST", "/team-members/{team_member_id}/confirm", tag=TAG)
performed(do.refuse_team_member, "POST", "/team-members/{team_member_id}/refuse", tag=TAG)
performed(do.change_team_member, "PATCH", "/team-members/{team_member_id}", tag=TAG)
performed(do.let_moderate, "POST", "/team-members/{team_member_id}/moderate", tag=TAG)
performed(do.end_team_member, "POST", "/team-members/{team_member_id}/end", tag=TAG)
