-- The application's rights. Its login is a member of this role; it owns nothing.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'sozialraum_app') THEN
        CREATE ROLE sozialraum_app NOLOGIN;
    END IF;
END
$$;
CREATE EXTENSION IF NOT EXISTS btree_gist;

CREATE TABLE audit_entry (
    sequence BIGINT GENERATED ALWAYS AS IDENTITY,
    transaction_id xid8 DEFAULT pg_current_xact_id() NOT NULL,
    at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    authority_id UUID,
    actor_id UUID,
    action TEXT NOT NULL,
    outcome TEXT NOT NULL,
    cases UUID[] DEFAULT '{}' NOT NULL,
    trace_id TEXT NOT NULL,
    CONSTRAINT audit_entry_pkey PRIMARY KEY (sequence)
);
CREATE INDEX audit_entry_cases ON audit_entry USING gin (cases);
CREATE TABLE authority (
    id UUID NOT NULL,
    key TEXT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    CONSTRAINT authority_pkey PRIMARY KEY (id),
    CONSTRAINT authority_kind_check CHECK (kind IN ('district_county', 'city')),
    CONSTRAINT authority_key_key UNIQUE (key)
);
CREATE TABLE receipt (
    actor_id UUID NOT NULL,
    key TEXT NOT NULL,
    operation TEXT NOT NULL,
    digests JSONB NOT NULL,
    subject_id UUID NOT NULL,
    at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT receipt_pkey PRIMARY KEY (actor_id, key)
);
CREATE TABLE actor (
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    authority_id UUID NOT NULL,
    id UUID NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    CONSTRAINT actor_pkey PRIMARY KEY (id),
    CONSTRAINT actor_kind_check CHECK (kind IN ('person', 'client')),
    CONSTRAINT actor_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id)
);
CREATE INDEX actor_order ON actor (authority_id, name, id);
CREATE TABLE event (
    authority_id UUID NOT NULL,
    sequence BIGINT GENERATED ALWAYS AS IDENTITY,
    transaction_id xid8 DEFAULT pg_current_xact_id() NOT NULL,
    at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    subject_id UUID NOT NULL,
    case_id UUID,
    version INTEGER NOT NULL,
    actor_id UUID NOT NULL,
    CONSTRAINT event_pkey PRIMARY KEY (sequence),
    CONSTRAINT event_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id)
);
CREATE INDEX event_order ON event (transaction_id, sequence);
CREATE TABLE municipality (
    authority_id UUID NOT NULL,
    id UUID NOT NULL,
    ags TEXT NOT NULL,
    ars TEXT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    population INTEGER NOT NULL,
    population_on DATE NOT NULL,
    longitude NUMERIC(9, 6) NOT NULL,
    latitude NUMERIC(9, 6) NOT NULL,
    CONSTRAINT municipality_pkey PRIMARY KEY (id),
    CONSTRAINT municipality_kind_check CHECK (kind IN ('town', 'municipality', 'unincorporated_area')),
    CONSTRAINT municipality_authority_id_ags_key UNIQUE (authority_id, ags),
    CONSTRAINT municipality_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id)
);
CREATE TABLE organisation (
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    authority_id UUID NOT NULL,
    id UUID NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    CONSTRAINT organisation_pkey PRIMARY KEY (id),
    CONSTRAINT organisation_kind_check CHECK (kind IN ('public_agency', 'independent_provider')),
    CONSTRAINT organisation_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id)
);
CREATE INDEX organisation_order ON organisation (authority_id, name, id);
CREATE TABLE region (
    valid_from DATE NOT NULL,
    valid_to DATE,
    authority_id UUID NOT NULL,
    id UUID NOT NULL,
    name TEXT NOT NULL,
    provisional BOOLEAN NOT NULL,
    CONSTRAINT region_pkey PRIMARY KEY (id),
    CONSTRAINT region_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id)
);
CREATE TABLE social_space (
    valid_from DATE NOT NULL,
    valid_to DATE,
    authority_id UUID NOT NULL,
    id UUID NOT NULL,
    name TEXT NOT NULL,
    provisional BOOLEAN NOT NULL,
    CONSTRAINT social_space_pkey PRIMARY KEY (id),
    CONSTRAINT social_space_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id)
);
CREATE TABLE access_grant (
    valid_from TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    valid_to TIMESTAMP WITH TIME ZONE,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    authority_id UUID NOT NULL,
    id UUID NOT NULL,
    actor_id UUID NOT NULL,
    role TEXT NOT NULL,
    region_id UUID,
    social_space_id UUID,
    proposed_by UUID,
    approved_by UUID,
    approved_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT access_grant_pkey PRIMARY KEY (id),
    CONSTRAINT access_grant_role_check CHECK (role IN ('case_worker', 'social_space_manager', 'provider_worker', 'administrator')),
    CONSTRAINT access_grant_one_scope_check CHECK (region_id IS NULL OR social_space_id IS NULL),
    CONSTRAINT access_grant_four_eyes_check CHECK (approved_by IS NULL OR approved_by NOT IN (proposed_by, actor_id)),
    CONSTRAINT access_grant_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT access_grant_actor_id_fkey FOREIGN KEY(actor_id) REFERENCES actor (id),
    CONSTRAINT access_grant_region_id_fkey FOREIGN KEY(region_id) REFERENCES region (id),
    CONSTRAINT access_grant_social_space_id_fkey FOREIGN KEY(social_space_id) REFERENCES social_space (id),
    CONSTRAINT access_grant_proposed_by_fkey FOREIGN KEY(proposed_by) REFERENCES actor (id),
    CONSTRAINT access_grant_approved_by_fkey FOREIGN KEY(approved_by) REFERENCES actor (id)
);
CREATE INDEX access_grant_actor_id ON access_grant (actor_id);
CREATE INDEX access_grant_region_id ON access_grant (region_id);
CREATE INDEX access_grant_social_space_id ON access_grant (social_space_id);
CREATE TABLE case_file (
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    authority_id UUID NOT NULL,
    id UUID NOT NULL,
    social_space_id UUID,
    pseudonym TEXT NOT NULL,
    state TEXT NOT NULL,
    field_of_action TEXT NOT NULL,
    opened_on DATE NOT NULL,
    title TEXT NOT NULL,
    concern TEXT,
    CONSTRAINT case_file_pkey PRIMARY KEY (id),
    CONSTRAINT case_file_state_check CHECK (state IN ('enquiry', 'counselling', 'clarification', 'arrangement_planning', 'active', 'review', 'closing', 'after_care', 'closed')),
    CONSTRAINT case_file_field_of_action_check CHECK (field_of_action IN ('youth_welfare', 'social_assistance', 'participation', 'job_centre')),
    CONSTRAINT case_file_authority_id_pseudonym_key UNIQUE (authority_id, pseudonym),
    CONSTRAINT case_file_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT case_file_social_space_id_fkey FOREIGN KEY(social_space_id) REFERENCES social_space (id)
);
CREATE INDEX case_file_social_space_id ON case_file (social_space_id);
CREATE TABLE login (
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    authority_id UUID NOT NULL,
    id UUID NOT NULL,
    actor_id UUID NOT NULL,
    key TEXT NOT NULL,
    valid_to TIMESTAMP WITH TIME ZONE,
    CONSTRAINT login_pkey PRIMARY KEY (id),
    CONSTRAINT login_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT login_actor_id_fkey FOREIGN KEY(actor_id) REFERENCES actor (id)
);
CREATE INDEX login_actor_id ON login (actor_id);
CREATE UNIQUE INDEX login_key ON login (key) WHERE valid_to IS NULL;
CREATE TABLE membership (
    valid_from TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    valid_to TIMESTAMP WITH TIME ZONE,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    authority_id UUID NOT NULL,
    id UUID NOT NULL,
    actor_id UUID NOT NULL,
    organisation_id UUID NOT NULL,
    function TEXT NOT NULL,
    CONSTRAINT membership_pkey PRIMARY KEY (id),
    CONSTRAINT membership_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT membership_actor_id_fkey FOREIGN KEY(actor_id) REFERENCES actor (id),
    CONSTRAINT membership_organisation_id_fkey FOREIGN KEY(organisation_id) REFERENCES organisation (id)
);
CREATE INDEX membership_actor_id ON membership (actor_id);
CREATE INDEX membership_organisation_id ON membership (organisation_id);
CREATE TABLE region_membership (
    valid_from DATE NOT NULL,
    valid_to DATE,
    authority_id UUID NOT NULL,
    id UUID NOT NULL,
    region_id UUID NOT NULL,
    municipality_id UUID NOT NULL,
    CONSTRAINT region_membership_pkey PRIMARY KEY (id),
    EXCLUDE USING gist (municipality_id WITH =, daterange(valid_from, valid_to) WITH &&),
    CONSTRAINT region_membership_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT region_membership_region_id_fkey FOREIGN KEY(region_id) REFERENCES region (id),
    CONSTRAINT region_membership_municipality_id_fkey FOREIGN KEY(municipality_id) REFERENCES municipality (id)
);
CREATE INDEX region_membership_region_id ON region_membership (region_id);
CREATE TABLE social_space_municipality (
    valid_from DATE NOT NULL,
    valid_to DATE,
    authority_id UUID NOT NULL,
    id UUID NOT NULL,
    social_space_id UUID NOT NULL,
    municipality_id UUID NOT NULL,
    share NUMERIC(5, 4) NOT NULL,
    CONSTRAINT social_space_municipality_pkey PRIMARY KEY (id),
    EXCLUDE USING gist (social_space_id WITH =, municipality_id WITH =, daterange(valid_from, valid_to) WITH &&),
    CONSTRAINT social_space_municipality_share_check CHECK (share > 0 AND share <= 1),
    CONSTRAINT social_space_municipality_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT social_space_municipality_social_space_id_fkey FOREIGN KEY(social_space_id) REFERENCES social_space (id),
    CONSTRAINT social_space_municipality_municipality_id_fkey FOREIGN KEY(municipality_id) REFERENCES municipality (id)
);
CREATE INDEX social_space_municipality_municipality_id ON social_space_municipality (municipality_id);
CREATE TABLE case_sketch (
    authority_id UUID NOT NULL,
    case_id UUID NOT NULL,
    social_space_id UUID,
    pseudonym TEXT NOT NULL,
    state TEXT NOT NULL,
    field_of_action TEXT NOT NULL,
    opened_in INTEGER NOT NULL,
    CONSTRAINT case_sketch_pkey PRIMARY KEY (case_id),
    CONSTRAINT case_sketch_authority_id_pseudonym_key UNIQUE (authority_id, pseudonym),
    CONSTRAINT case_sketch_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT case_sketch_case_id_fkey FOREIGN KEY(case_id) REFERENCES case_file (id)
);
CREATE INDEX case_sketch_space ON case_sketch (social_space_id, pseudonym);
CREATE TABLE participant (
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    authority_id UUID NOT NULL,
    id UUID NOT NULL,
    case_id UUID NOT NULL,
    kind TEXT NOT NULL,
    actor_id UUID,
    CONSTRAINT participant_pkey PRIMARY KEY (id),
    CONSTRAINT participant_kind_check CHECK (kind IN ('addressee', 'custodian', 'network_person')),
    CONSTRAINT participant_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT participant_case_id_fkey FOREIGN KEY(case_id) REFERENCES case_file (id),
    CONSTRAINT participant_actor_id_fkey FOREIGN KEY(actor_id) REFERENCES actor (id)
);
CREATE UNIQUE INDEX participant_actor ON participant (case_id, actor_id) WHERE actor_id IS NOT NULL;
CREATE INDEX participant_actor_id ON participant (actor_id);
CREATE INDEX participant_case_id ON participant (case_id);
CREATE TABLE question (
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    authority_id UUID NOT NULL,
    id UUID NOT NULL,
    case_id UUID NOT NULL,
    numeral TEXT NOT NULL,
    position INTEGER NOT NULL,
    state TEXT NOT NULL,
    CONSTRAINT question_pkey PRIMARY KEY (id),
    CONSTRAINT question_numeral_check CHECK (numeral IN ('I', 'II', 'III', 'IV', 'V', 'VI', 'VII')),
    CONSTRAINT question_state_check CHECK (state IN ('not_started', 'answered')),
    CONSTRAINT question_case_id_position_key UNIQUE (case_id, position),
    CONSTRAINT question_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT question_case_id_fkey FOREIGN KEY(case_id) REFERENCES case_file (id)
);
CREATE TABLE answer (
    author_id UUID NOT NULL,
    audience TEXT NOT NULL,
    audience_of UUID[] DEFAULT '{}' NOT NULL,
    authority_id UUID NOT NULL,
    id UUID NOT NULL,
    question_id UUID NOT NULL,
    case_id UUID NOT NULL,
    participant_id UUID NOT NULL,
    words TEXT NOT NULL,
    language TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    replaced_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT answer_pkey PRIMARY KEY (id),
    CONSTRAINT answer_audience_check CHECK (audience IN ('author', 'named', 'all')),
    CONSTRAINT answer_language_check CHECK (language IN ('de', 'en', 'de-simple')),
    CONSTRAINT answer_author_id_fkey FOREIGN KEY(author_id) REFERENCES actor (id),
    CONSTRAINT answer_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT answer_question_id_fkey FOREIGN KEY(question_id) REFERENCES question (id),
    CONSTRAINT answer_case_id_fkey FOREIGN KEY(case_id) REFERENCES case_file (id),
    CONSTRAINT answer_participant_id_fkey FOREIGN KEY(participant_id) REFERENCES participant (id)
);
CREATE INDEX answer_case_id ON answer (case_id);
CREATE UNIQUE INDEX answer_current ON answer (question_id, participant_id) WHERE replaced_at IS NULL;
CREATE INDEX answer_question_id ON answer (question_id);
CREATE TABLE case_access (
    valid_from TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    valid_to TIMESTAMP WITH TIME ZONE,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    authority_id UUID NOT NULL,
    id UUID NOT NULL,
    case_id UUID NOT NULL,
    actor_id UUID NOT NULL,
    participant_id UUID,
    membership_id UUID,
    basis TEXT NOT NULL,
    parts TEXT[] NOT NULL,
    purpose TEXT,
    legal_basis TEXT,
    CONSTRAINT case_access_pkey PRIMARY KEY (id),
    CONSTRAINT case_access_basis_check CHECK (basis IN ('assignment', 'transmission', 'self', 'representation')),
    CONSTRAINT case_access_transmission_check CHECK (basis <> 'transmission' OR (purpose IS NOT NULL AND legal_basis IS NOT NULL)),
    CONSTRAINT case_access_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT case_access_case_id_fkey FOREIGN KEY(case_id) REFERENCES case_file (id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT case_access_actor_id_fkey FOREIGN KEY(actor_id) REFERENCES actor (id),
    CONSTRAINT case_access_participant_id_fkey FOREIGN KEY(participant_id) REFERENCES participant (id),
    CONSTRAINT case_access_membership_id_fkey FOREIGN KEY(membership_id) REFERENCES membership (id)
);
CREATE INDEX case_access_actor_id ON case_access (actor_id);
CREATE INDEX case_access_case_id ON case_access (case_id);
CREATE INDEX case_access_membership_id ON case_access (membership_id);
CREATE INDEX case_access_participant_id ON case_access (participant_id);
CREATE TABLE enrolment_code (
    authority_id UUID NOT NULL,
    id UUID NOT NULL,
    case_id UUID NOT NULL,
    participant_id UUID NOT NULL,
    digest TEXT NOT NULL,
    basis TEXT NOT NULL,
    in_person BOOLEAN NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    used_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT enrolment_code_pkey PRIMARY KEY (id),
    CONSTRAINT enrolment_code_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT enrolment_code_case_id_fkey FOREIGN KEY(case_id) REFERENCES case_file (id),
    CONSTRAINT enrolment_code_participant_id_fkey FOREIGN KEY(participant_id) REFERENCES participant (id),
    CONSTRAINT enrolment_code_digest_key UNIQUE (digest)
);
CREATE INDEX enrolment_code_case_id ON enrolment_code (case_id);
CREATE INDEX enrolment_code_participant_id ON enrolment_code (participant_id);
CREATE TABLE goal (
    author_id UUID NOT NULL,
    audience TEXT NOT NULL,
    audience_of UUID[] DEFAULT '{}' NOT NULL,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    authority_id UUID NOT NULL,
    id UUID NOT NULL,
    case_id UUID NOT NULL,
    participant_id UUID NOT NULL,
    kind TEXT NOT NULL,
    statement TEXT NOT NULL,
    how_noticed TEXT,
    target_on DATE,
    state TEXT NOT NULL,
    agreed_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT goal_pkey PRIMARY KEY (id),
    CONSTRAINT goal_kind_check CHECK (kind IN ('direction', 'action')),
    CONSTRAINT goal_state_check CHECK (state IN ('draft', 'agreed', 'dropped')),
    CONSTRAINT goal_audience_check CHECK (audience IN ('author', 'named', 'all')),
    CONSTRAINT goal_agreed_check CHECK ((state = 'draft') = (agreed_at IS NULL) OR state = 'dropped'),
    CONSTRAINT goal_author_id_fkey FOREIGN KEY(author_id) REFERENCES actor (id),
    CONSTRAINT goal_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT goal_case_id_fkey FOREIGN KEY(case_id) REFERENCES case_file (id),
    CONSTRAINT goal_participant_id_fkey FOREIGN KEY(participant_id) REFERENCES participant (id)
);
CREATE INDEX goal_case_id ON goal (case_id);
CREATE TABLE person (
    authority_id UUID NOT NULL,
    participant_id UUID NOT NULL,
    case_id UUID NOT NULL,
    name TEXT NOT NULL,
    born_on DATE,
    language TEXT NOT NULL,
    CONSTRAINT person_pkey PRIMARY KEY (participant_id),
    CONSTRAINT person_language_check CHECK (language IN ('de', 'en', 'de-simple')),
    CONSTRAINT person_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT person_participant_id_fkey FOREIGN KEY(participant_id) REFERENCES participant (id),
    CONSTRAINT person_case_id_fkey FOREIGN KEY(case_id) REFERENCES case_file (id)
);
CREATE INDEX person_case_id ON person (case_id);
CREATE TABLE step (
    author_id UUID NOT NULL,
    audience TEXT NOT NULL,
    audience_of UUID[] DEFAULT '{}' NOT NULL,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    authority_id UUID NOT NULL,
    id UUID NOT NULL,
    goal_id UUID NOT NULL,
    case_id UUID NOT NULL,
    wanted_by_id UUID NOT NULL,
    done_by_id UUID NOT NULL,
    with_whom TEXT NOT NULL,
    how TEXT NOT NULL,
    due_on DATE NOT NULL,
    with_what TEXT NOT NULL,
    state TEXT NOT NULL,
    remark TEXT,
    finished_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT step_pkey PRIMARY KEY (id),
    CONSTRAINT step_state_check CHECK (state IN ('open', 'done', 'not_done')),
    CONSTRAINT step_due_on_check CHECK (isfinite(due_on)),
    CONSTRAINT step_audience_check CHECK (audience IN ('author', 'named', 'all')),
    CONSTRAINT step_author_id_fkey FOREIGN KEY(author_id) REFERENCES actor (id),
    CONSTRAINT step_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT step_goal_id_fkey FOREIGN KEY(goal_id) REFERENCES goal (id),
    CONSTRAINT step_case_id_fkey FOREIGN KEY(case_id) REFERENCES case_file (id),
    CONSTRAINT step_wanted_by_id_fkey FOREIGN KEY(wanted_by_id) REFERENCES participant (id),
    CONSTRAINT step_done_by_id_fkey FOREIGN KEY(done_by_id) REFERENCES participant (id)
);
CREATE INDEX step_case_id ON step (case_id);
CREATE INDEX step_done_by ON step (done_by_id, due_on, id);
CREATE INDEX step_goal ON step (goal_id, due_on, id);

ALTER TABLE audit_entry ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_entry FORCE ROW LEVEL SECURITY;
CREATE POLICY audit_entry_select ON audit_entry FOR SELECT TO sozialraum_app USING (cases && ARRAY (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())));
CREATE POLICY audit_entry_insert ON audit_entry FOR INSERT TO sozialraum_app WITH CHECK (actor_id = (SELECT nullif(current_setting('service.actor', true), '')::uuid) OR actor_id IS NULL);
GRANT SELECT, INSERT ON audit_entry TO sozialraum_app;

ALTER TABLE authority ENABLE ROW LEVEL SECURITY;
ALTER TABLE authority FORCE ROW LEVEL SECURITY;
CREATE POLICY authority_select ON authority FOR SELECT TO sozialraum_app USING (true);
GRANT SELECT ON authority TO sozialraum_app;

ALTER TABLE receipt ENABLE ROW LEVEL SECURITY;
ALTER TABLE receipt FORCE ROW LEVEL SECURITY;
CREATE POLICY receipt_select ON receipt FOR SELECT TO sozialraum_app USING (actor_id = (SELECT nullif(current_setting('service.actor', true), '')::uuid));
CREATE POLICY receipt_insert ON receipt FOR INSERT TO sozialraum_app WITH CHECK (actor_id = (SELECT nullif(current_setting('service.actor', true), '')::uuid));
GRANT SELECT, INSERT ON receipt TO sozialraum_app;

ALTER TABLE actor ENABLE ROW LEVEL SECURITY;
ALTER TABLE actor FORCE ROW LEVEL SECURITY;
CREATE POLICY actor_select ON actor FOR SELECT TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY actor_insert ON actor FOR INSERT TO sozialraum_app WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY actor_update ON actor FOR UPDATE TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid)) WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
GRANT SELECT, INSERT, UPDATE ON actor TO sozialraum_app;

ALTER TABLE event ENABLE ROW LEVEL SECURITY;
ALTER TABLE event FORCE ROW LEVEL SECURITY;
CREATE POLICY event_select ON event FOR SELECT TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY event_insert ON event FOR INSERT TO sozialraum_app WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
GRANT SELECT, INSERT ON event TO sozialraum_app;

ALTER TABLE municipality ENABLE ROW LEVEL SECURITY;
ALTER TABLE municipality FORCE ROW LEVEL SECURITY;
CREATE POLICY municipality_select ON municipality FOR SELECT TO sozialraum_app USING (true);
GRANT SELECT ON municipality TO sozialraum_app;

ALTER TABLE organisation ENABLE ROW LEVEL SECURITY;
ALTER TABLE organisation FORCE ROW LEVEL SECURITY;
CREATE POLICY organisation_select ON organisation FOR SELECT TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY organisation_insert ON organisation FOR INSERT TO sozialraum_app WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY organisation_update ON organisation FOR UPDATE TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid)) WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
GRANT SELECT, INSERT, UPDATE ON organisation TO sozialraum_app;

ALTER TABLE region ENABLE ROW LEVEL SECURITY;
ALTER TABLE region FORCE ROW LEVEL SECURITY;
CREATE POLICY region_select ON region FOR SELECT TO sozialraum_app USING (true);
GRANT SELECT ON region TO sozialraum_app;

ALTER TABLE social_space ENABLE ROW LEVEL SECURITY;
ALTER TABLE social_space FORCE ROW LEVEL SECURITY;
CREATE POLICY social_space_select ON social_space FOR SELECT TO sozialraum_app USING (true);
GRANT SELECT ON social_space TO sozialraum_app;

ALTER TABLE access_grant ENABLE ROW LEVEL SECURITY;
ALTER TABLE access_grant FORCE ROW LEVEL SECURITY;
CREATE POLICY access_grant_select ON access_grant FOR SELECT TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY access_grant_insert ON access_grant FOR INSERT TO sozialraum_app WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY access_grant_update ON access_grant FOR UPDATE TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid)) WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
GRANT SELECT, INSERT, UPDATE ON access_grant TO sozialraum_app;

ALTER TABLE case_file ENABLE ROW LEVEL SECURITY;
ALTER TABLE case_file FORCE ROW LEVEL SECURITY;
CREATE POLICY case_file_select ON case_file FOR SELECT TO sozialraum_app USING (id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())));
CREATE POLICY case_file_insert ON case_file FOR INSERT TO sozialraum_app WITH CHECK (id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())));
CREATE POLICY case_file_update ON case_file FOR UPDATE TO sozialraum_app USING (id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now()))) WITH CHECK (id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())));
GRANT SELECT, INSERT, UPDATE ON case_file TO sozialraum_app;

ALTER TABLE login ENABLE ROW LEVEL SECURITY;
ALTER TABLE login FORCE ROW LEVEL SECURITY;
CREATE POLICY login_select ON login FOR SELECT TO sozialraum_app USING (key = (SELECT nullif(current_setting('service.login', true), '')::text) OR authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY login_insert ON login FOR INSERT TO sozialraum_app WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY login_update ON login FOR UPDATE TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid)) WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
GRANT SELECT, INSERT, UPDATE ON login TO sozialraum_app;

ALTER TABLE membership ENABLE ROW LEVEL SECURITY;
ALTER TABLE membership FORCE ROW LEVEL SECURITY;
CREATE POLICY membership_select ON membership FOR SELECT TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY membership_insert ON membership FOR INSERT TO sozialraum_app WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY membership_update ON membership FOR UPDATE TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid)) WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
GRANT SELECT, INSERT, UPDATE ON membership TO sozialraum_app;

ALTER TABLE region_membership ENABLE ROW LEVEL SECURITY;
ALTER TABLE region_membership FORCE ROW LEVEL SECURITY;
CREATE POLICY region_membership_select ON region_membership FOR SELECT TO sozialraum_app USING (true);
GRANT SELECT ON region_membership TO sozialraum_app;

ALTER TABLE social_space_municipality ENABLE ROW LEVEL SECURITY;
ALTER TABLE social_space_municipality FORCE ROW LEVEL SECURITY;
CREATE POLICY social_space_municipality_select ON social_space_municipality FOR SELECT TO sozialraum_app USING (true);
GRANT SELECT ON social_space_municipality TO sozialraum_app;

ALTER TABLE case_sketch ENABLE ROW LEVEL SECURITY;
ALTER TABLE case_sketch FORCE ROW LEVEL SECURITY;
CREATE POLICY case_sketch_select ON case_sketch FOR SELECT TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY case_sketch_insert ON case_sketch FOR INSERT TO sozialraum_app WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY case_sketch_update ON case_sketch FOR UPDATE TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid)) WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
GRANT SELECT, INSERT, UPDATE ON case_sketch TO sozialraum_app;

ALTER TABLE participant ENABLE ROW LEVEL SECURITY;
ALTER TABLE participant FORCE ROW LEVEL SECURITY;
CREATE POLICY participant_select ON participant FOR SELECT TO sozialraum_app USING (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())));
CREATE POLICY participant_insert ON participant FOR INSERT TO sozialraum_app WITH CHECK (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())));
CREATE POLICY participant_update ON participant FOR UPDATE TO sozialraum_app USING (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now()))) WITH CHECK (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())));
GRANT SELECT, INSERT, UPDATE ON participant TO sozialraum_app;

ALTER TABLE question ENABLE ROW LEVEL SECURITY;
ALTER TABLE question FORCE ROW LEVEL SECURITY;
CREATE POLICY question_select ON question FOR SELECT TO sozialraum_app USING (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())));
CREATE POLICY question_insert ON question FOR INSERT TO sozialraum_app WITH CHECK (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())));
CREATE POLICY question_update ON question FOR UPDATE TO sozialraum_app USING (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now()))) WITH CHECK (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())));
GRANT SELECT, INSERT, UPDATE ON question TO sozialraum_app;

ALTER TABLE answer ENABLE ROW LEVEL SECURITY;
ALTER TABLE answer FORCE ROW LEVEL SECURITY;
CREATE POLICY answer_select ON answer FOR SELECT TO sozialraum_app USING (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())));
CREATE POLICY answer_insert ON answer FOR INSERT TO sozialraum_app WITH CHECK (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())));
CREATE POLICY answer_update ON answer FOR UPDATE TO sozialraum_app USING (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now()))) WITH CHECK (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())));
GRANT SELECT, INSERT, UPDATE ON answer TO sozialraum_app;

ALTER TABLE case_access ENABLE ROW LEVEL SECURITY;
ALTER TABLE case_access FORCE ROW LEVEL SECURITY;
CREATE POLICY case_access_select ON case_access FOR SELECT TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY case_access_insert ON case_access FOR INSERT TO sozialraum_app WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY case_access_update ON case_access FOR UPDATE TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid)) WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
GRANT SELECT, INSERT, UPDATE ON case_access TO sozialraum_app;

ALTER TABLE enrolment_code ENABLE ROW LEVEL SECURITY;
ALTER TABLE enrolment_code FORCE ROW LEVEL SECURITY;
CREATE POLICY enrolment_code_select ON enrolment_code FOR SELECT TO sozialraum_app USING (digest = (SELECT nullif(current_setting('service.code', true), '')::text) OR case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())));
CREATE POLICY enrolment_code_insert ON enrolment_code FOR INSERT TO sozialraum_app WITH CHECK (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())));
CREATE POLICY enrolment_code_update ON enrolment_code FOR UPDATE TO sozialraum_app USING (digest = (SELECT nullif(current_setting('service.code', true), '')::text) OR case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now()))) WITH CHECK (digest = (SELECT nullif(current_setting('service.code', true), '')::text) OR case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())));
GRANT SELECT, INSERT, UPDATE ON enrolment_code TO sozialraum_app;

ALTER TABLE goal ENABLE ROW LEVEL SECURITY;
ALTER TABLE goal FORCE ROW LEVEL SECURITY;
CREATE POLICY goal_select ON goal FOR SELECT TO sozialraum_app USING (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())));
CREATE POLICY goal_insert ON goal FOR INSERT TO sozialraum_app WITH CHECK (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())));
CREATE POLICY goal_update ON goal FOR UPDATE TO sozialraum_app USING (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now()))) WITH CHECK (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())));
GRANT SELECT, INSERT, UPDATE ON goal TO sozialraum_app;

ALTER TABLE person ENABLE ROW LEVEL SECURITY;
ALTER TABLE person FORCE ROW LEVEL SECURITY;
CREATE POLICY person_select ON person FOR SELECT TO sozialraum_app USING (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())));
CREATE POLICY person_insert ON person FOR INSERT TO sozialraum_app WITH CHECK (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())));
CREATE POLICY person_update ON person FOR UPDATE TO sozialraum_app USING (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now()))) WITH CHECK (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())));
GRANT SELECT, INSERT, UPDATE ON person TO sozialraum_app;

ALTER TABLE step ENABLE ROW LEVEL SECURITY;
ALTER TABLE step FORCE ROW LEVEL SECURITY;
CREATE POLICY step_select ON step FOR SELECT TO sozialraum_app USING (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())));
CREATE POLICY step_insert ON step FOR INSERT TO sozialraum_app WITH CHECK (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())));
CREATE POLICY step_update ON step FOR UPDATE TO sozialraum_app USING (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now()))) WITH CHECK (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())));
GRANT SELECT, INSERT, UPDATE ON step TO sozialraum_app;
-- What management may know of a case follows the case by itself.
CREATE FUNCTION sketch_case() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    INSERT INTO case_sketch (case_id, authority_id, social_space_id, pseudonym, state, field_of_action, opened_in)
    VALUES (NEW.id, NEW.authority_id, NEW.social_space_id, NEW.pseudonym, NEW.state, NEW.field_of_action,
            extract(year FROM NEW.opened_on))
    ON CONFLICT (case_id) DO UPDATE SET social_space_id = EXCLUDED.social_space_id, state = EXCLUDED.state,
        field_of_action = EXCLUDED.field_of_action, pseudonym = EXCLUDED.pseudonym, opened_in = EXCLUDED.opened_in;
    RETURN NULL;
END
$$;
CREATE TRIGGER case_file_sketched
AFTER INSERT OR UPDATE OF social_space_id, pseudonym, state, field_of_action, opened_on ON case_file
FOR EACH ROW EXECUTE FUNCTION sketch_case();
