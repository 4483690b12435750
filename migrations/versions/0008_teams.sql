-- Teams: who works together for a social space.
SET LOCAL lock_timeout = '5s';

CREATE TABLE social_space_team (
    valid_from DATE NOT NULL,
    valid_to DATE,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    authority_id UUID NOT NULL,
    id UUID NOT NULL,
    social_space_id UUID NOT NULL,
    name TEXT NOT NULL,
    CONSTRAINT social_space_team_pkey PRIMARY KEY (id),
    EXCLUDE USING gist (social_space_id WITH =, daterange(valid_from, valid_to) WITH &&),
    CONSTRAINT social_space_team_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT social_space_team_social_space_id_fkey FOREIGN KEY(social_space_id) REFERENCES social_space (id)
);
ALTER TABLE social_space_team ENABLE ROW LEVEL SECURITY;
ALTER TABLE social_space_team FORCE ROW LEVEL SECURITY;
CREATE POLICY social_space_team_select ON social_space_team FOR SELECT TO sozialraum_app USING (true);
CREATE POLICY social_space_team_insert ON social_space_team FOR INSERT TO sozialraum_app WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY social_space_team_update ON social_space_team FOR UPDATE TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid)) WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
GRANT SELECT, INSERT, UPDATE ON social_space_team TO sozialraum_app;

CREATE TABLE team_member (
    valid_from TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    valid_to TIMESTAMP WITH TIME ZONE,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    authority_id UUID NOT NULL,
    id UUID NOT NULL,
    team_id UUID NOT NULL,
    social_space_id UUID NOT NULL,
    membership_id UUID NOT NULL,
    belonging TEXT NOT NULL,
    field_of_action TEXT,
    function TEXT NOT NULL,
    expertise TEXT[] NOT NULL,
    moderates BOOLEAN NOT NULL,
    CONSTRAINT team_member_pkey PRIMARY KEY (id),
    CONSTRAINT team_member_belonging_check CHECK (belonging IN ('core', 'indirect')),
    CONSTRAINT team_member_field_of_action_check CHECK (field_of_action IN ('youth_welfare', 'social_assistance', 'participation', 'job_centre')),
    CONSTRAINT team_member_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT team_member_team_id_fkey FOREIGN KEY(team_id) REFERENCES social_space_team (id),
    CONSTRAINT team_member_social_space_id_fkey FOREIGN KEY(social_space_id) REFERENCES social_space (id),
    CONSTRAINT team_member_membership_id_fkey FOREIGN KEY(membership_id) REFERENCES membership (id)
);
CREATE INDEX team_member_membership_id ON team_member (membership_id);
CREATE UNIQUE INDEX team_member_moderator ON team_member (team_id) WHERE moderates;
CREATE UNIQUE INDEX team_member_once ON team_member (team_id, membership_id) WHERE valid_to IS NULL;
CREATE INDEX team_member_team_id ON team_member (team_id, id);
ALTER TABLE team_member ENABLE ROW LEVEL SECURITY;
ALTER TABLE team_member FORCE ROW LEVEL SECURITY;
CREATE POLICY team_member_select ON team_member FOR SELECT TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY team_member_insert ON team_member FOR INSERT TO sozialraum_app WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY team_member_update ON team_member FOR UPDATE TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid)) WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
GRANT SELECT, INSERT, UPDATE ON team_member TO sozialraum_app;
