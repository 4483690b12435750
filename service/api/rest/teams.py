"""Teams over REST."""

from service.api.rest.cases import CASE, ME
from service.api.rest.performing import performed
from service.api.rest.reading import listed, single
from service.domain.teams import operations as do
from service.domain.teams import reaching, training
from service.domain.teams.reaching import CaseContactView, ComplaintOfficeView, ContactPointView, SocialSpaceOfficeView
from service.domain.teams.training import TeamTrainingView
from service.domain.teams.views import TeamMemberView, TeamView

TAG, TURN_TO = "Teams", "Whom to turn to"

listed(TeamView, "/teams", name="list_teams", tag=TAG)
single(TeamView, "/teams/{team_id}", name="read_team", tag=TAG)
listed(TeamMemberView, "/team-members", name="list_team_members", tag=TAG)
single(TeamMemberView, "/team-members/{team_member_id}", name="read_team_member", tag=TAG)

listed(TeamTrainingView, "/team-trainings", name="list_team_trainings", tag=TAG)
single(TeamTrainingView, "/team-trainings/{team_training_id}", name="read_team_training", tag=TAG)

performed(training.raise_training, "POST", "/teams/{team_id}/trainings", tag=TAG)
performed(training.hold_training, "POST", "/team-trainings/{team_training_id}/hold", tag=TAG)
performed(training.drop_training, "POST", "/team-trainings/{team_training_id}/drop", tag=TAG)
performed(do.form_team, "POST", "/teams", tag=TAG)
performed(do.change_team, "PATCH", "/teams/{team_id}", tag=TAG)
performed(do.add_team_member, "POST", "/teams/{team_id}/members", tag=TAG)
performed(do.propose_team_member, "POST", "/teams/{team_id}/proposals", tag=TAG)
performed(do.confirm_team_member, "POST", "/team-members/{team_member_id}/confirm", tag=TAG)
performed(do.refuse_team_member, "POST", "/team-members/{team_member_id}/refuse", tag=TAG)
performed(do.change_team_member, "PATCH", "/team-members/{team_member_id}", tag=TAG)
performed(do.let_moderate, "POST", "/team-members/{team_member_id}/moderate", tag=TAG)
performed(do.end_team_member, "POST", "/team-members/{team_member_id}/end", tag=TAG)

listed(CaseContactView, "/me/case-contacts", name="list_my_case_contacts", tag=ME, mine=True)
listed(CaseContactView, "/cases/{case_id}/case-contacts", name="list_contacts_of_case", tag=TURN_TO, within=CASE)
listed(SocialSpaceOfficeView, "/social-space-offices", name="list_social_space_offices", tag=TURN_TO)
listed(ContactPointView, "/contact-points", name="list_contact_points", tag=TURN_TO)
single(ContactPointView, "/contact-points/{contact_point_id}", name="read_contact_point", tag=TURN_TO)
listed(ComplaintOfficeView, "/complaint-offices", name="list_complaint_offices", tag=TURN_TO)
single(ComplaintOfficeView, "/complaint-offices/{complaint_office_id}", name="read_complaint_office", tag=TURN_TO)

performed(reaching.add_office_contact, "POST", "/social-spaces/{social_space_id}/contact-points", tag=TURN_TO)
performed(reaching.add_own_contact, "POST", "/actors/{actor_id}/contact-points", tag=TURN_TO)
performed(reaching.change_contact_point, "PATCH", "/contact-points/{contact_point_id}", tag=TURN_TO)
performed(reaching.add_complaint_office, "POST", "/complaint-offices", tag=TURN_TO)
performed(reaching.change_complaint_office, "PATCH", "/complaint-offices/{complaint_office_id}", tag=TURN_TO)
