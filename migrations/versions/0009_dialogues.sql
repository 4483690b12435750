-- Dialogues on social spaces and regions, their themes and measures, and what everybody may read of them.
SET LOCAL lock_timeout = '5s';

ALTER TABLE access_grant DROP CONSTRAINT access_grant_role_check;
ALTER TABLE access_grant ADD CONSTRAINT access_grant_role_check CHECK (role IN ('case_worker', 'social_space_manager', 'regional_manager', 'controller', 'provider_worker', 'provider_manager', 'integration_client', 'administrator')) NOT VALID;
ALTER TABLE access_grant VALIDATE CONSTRAINT access_grant_role_check;

CREATE TABLE dialogue_series (
    social_space_id UUID,
    region_id UUID,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    authority_id UUID NOT NULL,
    id UUID NOT NULL,
    title TEXT NOT NULL,
    every_months INTEGER,
    CONSTRAINT dialogue_series_pkey PRIMARY KEY (id),
    CONSTRAINT dialogue_series_one_place_check CHECK (num_nonnulls(social_space_id, region_id) = 1),
    CONSTRAINT dialogue_series_rhythm_check CHECK (every_months BETWEEN 1 AND 24),
    CONSTRAINT dialogue_series_social_space_id_fkey FOREIGN KEY(social_space_id) REFERENCES social_space (id),
    CONSTRAINT dialogue_series_region_id_fkey FOREIGN KEY(region_id) REFERENCES region (id),
    CONSTRAINT dialogue_series_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id)
);
CREATE INDEX dialogue_series_region_id ON dialogue_series (region_id);
CREATE INDEX dialogue_series_social_space_id ON dialogue_series (social_space_id);
ALTER TABLE dialogue_series ENABLE ROW LEVEL SECURITY;
ALTER TABLE dialogue_series FORCE ROW LEVEL SECURITY;
CREATE POLICY dialogue_series_select ON dialogue_series FOR SELECT TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY dialogue_series_insert ON dialogue_series FOR INSERT TO sozialraum_app WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY dialogue_series_update ON dialogue_series FOR UPDATE TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid)) WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
GRANT SELECT, INSERT, UPDATE ON dialogue_series TO sozialraum_app;

CREATE TABLE dialogue (
    social_space_id UUID,
    region_id UUID,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    authority_id UUID NOT NULL,
    id UUID NOT NULL,
    series_id UUID NOT NULL,
    state TEXT NOT NULL,
    title TEXT NOT NULL,
    starts_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ends_at TIMESTAMP WITH TIME ZONE NOT NULL,
    venue TEXT NOT NULL,
    minutes TEXT,
    internal_note TEXT,
    closed_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT dialogue_pkey PRIMARY KEY (id),
    CONSTRAINT dialogue_state_check CHECK (state IN ('planned', 'invited', 'held', 'minutes_draft', 'minutes_released', 'closed')),
    CONSTRAINT dialogue_one_place_check CHECK (num_nonnulls(social_space_id, region_id) = 1),
    CONSTRAINT dialogue_times_check CHECK (ends_at > starts_at),
    CONSTRAINT dialogue_social_space_id_fkey FOREIGN KEY(social_space_id) REFERENCES social_space (id),
    CONSTRAINT dialogue_region_id_fkey FOREIGN KEY(region_id) REFERENCES region (id),
    CONSTRAINT dialogue_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT dialogue_series_id_fkey FOREIGN KEY(series_id) REFERENCES dialogue_series (id)
);
CREATE INDEX dialogue_region_id ON dialogue (region_id);
CREATE INDEX dialogue_series_id ON dialogue (series_id);
CREATE INDEX dialogue_social_space_id ON dialogue (social_space_id);
ALTER TABLE dialogue ENABLE ROW LEVEL SECURITY;
ALTER TABLE dialogue FORCE ROW LEVEL SECURITY;
CREATE POLICY dialogue_select ON dialogue FOR SELECT TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY dialogue_insert ON dialogue FOR INSERT TO sozialraum_app WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY dialogue_update ON dialogue FOR UPDATE TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid)) WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
GRANT SELECT, INSERT, UPDATE ON dialogue TO sozialraum_app;

CREATE TABLE dialogue_participant (
    social_space_id UUID,
    region_id UUID,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    authority_id UUID NOT NULL,
    id UUID NOT NULL,
    dialogue_id UUID NOT NULL,
    kind TEXT NOT NULL,
    actor_id UUID,
    organisation_id UUID,
    name TEXT,
    attended BOOLEAN,
    CONSTRAINT dialogue_participant_pkey PRIMARY KEY (id),
    CONSTRAINT dialogue_participant_kind_check CHECK (kind IN ('agency', 'provider', 'municipality', 'regular_institution', 'civil_society', 'regional_actor', 'expert_by_experience', 'resident')),
    CONSTRAINT dialogue_participant_one_place_check CHECK (num_nonnulls(social_space_id, region_id) = 1),
    CONSTRAINT dialogue_participant_social_space_id_fkey FOREIGN KEY(social_space_id) REFERENCES social_space (id),
    CONSTRAINT dialogue_participant_region_id_fkey FOREIGN KEY(region_id) REFERENCES region (id),
    CONSTRAINT dialogue_participant_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT dialogue_participant_dialogue_id_fkey FOREIGN KEY(dialogue_id) REFERENCES dialogue (id),
    CONSTRAINT dialogue_participant_actor_id_fkey FOREIGN KEY(actor_id) REFERENCES actor (id),
    CONSTRAINT dialogue_participant_organisation_id_fkey FOREIGN KEY(organisation_id) REFERENCES organisation (id)
);
CREATE INDEX dialogue_participant_actor_id ON dialogue_participant (actor_id);
CREATE INDEX dialogue_participant_dialogue_id ON dialogue_participant (dialogue_id);
CREATE INDEX dialogue_participant_organisation_id ON dialogue_participant (organisation_id);
CREATE INDEX dialogue_participant_region_id ON dialogue_participant (region_id);
CREATE INDEX dialogue_participant_social_space_id ON dialogue_participant (social_space_id);
ALTER TABLE dialogue_participant ENABLE ROW LEVEL SECURITY;
ALTER TABLE dialogue_participant FORCE ROW LEVEL SECURITY;
CREATE POLICY dialogue_participant_select ON dialogue_participant FOR SELECT TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY dialogue_participant_insert ON dialogue_participant FOR INSERT TO sozialraum_app WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY dialogue_participant_update ON dialogue_participant FOR UPDATE TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid)) WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
GRANT SELECT, INSERT, UPDATE ON dialogue_participant TO sozialraum_app;

CREATE TABLE theme (
    social_space_id UUID,
    region_id UUID,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    authority_id UUID NOT NULL,
    id UUID NOT NULL,
    series_id UUID NOT NULL,
    dialogue_id UUID,
    origin_id UUID,
    title TEXT NOT NULL,
    state TEXT NOT NULL,
    raised_by_id UUID NOT NULL,
    raised_by_kind TEXT NOT NULL,
    concerns TEXT NOT NULL,
    better_everyday TEXT,
    resources TEXT,
    rests_because TEXT,
    rests_until DATE,
    result TEXT,
    answer TEXT,
    answered_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT theme_pkey PRIMARY KEY (id),
    CONSTRAINT theme_state_check CHECK (state IN ('raised', 'collected', 'prioritised', 'in_work', 'escalated', 'resolved', 'parked')),
    CONSTRAINT theme_raised_by_kind_check CHECK (raised_by_kind IN ('agency', 'provider', 'municipality', 'regular_institution', 'civil_society', 'regional_actor', 'expert_by_experience', 'resident')),
    CONSTRAINT theme_one_place_check CHECK (num_nonnulls(social_space_id, region_id) = 1),
    CONSTRAINT theme_rest_check CHECK (state <> 'parked' OR rests_because IS NOT NULL),
    CONSTRAINT theme_result_check CHECK (state <> 'resolved' OR result IS NOT NULL),
    CONSTRAINT theme_origin_check CHECK (origin_id IS NULL OR region_id IS NOT NULL),
    CONSTRAINT theme_social_space_id_fkey FOREIGN KEY(social_space_id) REFERENCES social_space (id),
    CONSTRAINT theme_region_id_fkey FOREIGN KEY(region_id) REFERENCES region (id),
    CONSTRAINT theme_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT theme_series_id_fkey FOREIGN KEY(series_id) REFERENCES dialogue_series (id),
    CONSTRAINT theme_dialogue_id_fkey FOREIGN KEY(dialogue_id) REFERENCES dialogue (id),
    CONSTRAINT theme_origin_id_fkey FOREIGN KEY(origin_id) REFERENCES theme (id),
    CONSTRAINT theme_raised_by_id_fkey FOREIGN KEY(raised_by_id) REFERENCES actor (id)
);
CREATE INDEX theme_dialogue_id ON theme (dialogue_id);
CREATE INDEX theme_origin_id ON theme (origin_id);
CREATE INDEX theme_raised_by_id ON theme (raised_by_id);
CREATE INDEX theme_region_id ON theme (region_id);
CREATE INDEX theme_series_id ON theme (series_id);
CREATE INDEX theme_social_space_id ON theme (social_space_id);
ALTER TABLE theme ENABLE ROW LEVEL SECURITY;
ALTER TABLE theme FORCE ROW LEVEL SECURITY;
CREATE POLICY theme_select ON theme FOR SELECT TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY theme_insert ON theme FOR INSERT TO sozialraum_app WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY theme_update ON theme FOR UPDATE TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid)) WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
GRANT SELECT, INSERT, UPDATE ON theme TO sozialraum_app;

CREATE TABLE theme_need (
    social_space_id UUID,
    region_id UUID,
    authority_id UUID NOT NULL,
    id UUID NOT NULL,
    theme_id UUID NOT NULL,
    what TEXT NOT NULL,
    kind TEXT NOT NULL,
    organisation_id UUID,
    form TEXT NOT NULL,
    CONSTRAINT theme_need_pkey PRIMARY KEY (id),
    CONSTRAINT theme_need_kind_check CHECK (kind IN ('agency', 'provider', 'municipality', 'regular_institution', 'civil_society', 'regional_actor', 'expert_by_experience', 'resident')),
    CONSTRAINT theme_need_one_place_check CHECK (num_nonnulls(social_space_id, region_id) = 1),
    CONSTRAINT theme_need_social_space_id_fkey FOREIGN KEY(social_space_id) REFERENCES social_space (id),
    CONSTRAINT theme_need_region_id_fkey FOREIGN KEY(region_id) REFERENCES region (id),
    CONSTRAINT theme_need_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT theme_need_theme_id_fkey FOREIGN KEY(theme_id) REFERENCES theme (id),
    CONSTRAINT theme_need_organisation_id_fkey FOREIGN KEY(organisation_id) REFERENCES organisation (id)
);
CREATE INDEX theme_need_organisation_id ON theme_need (organisation_id);
CREATE INDEX theme_need_region_id ON theme_need (region_id);
CREATE INDEX theme_need_social_space_id ON theme_need (social_space_id);
CREATE INDEX theme_need_theme_id ON theme_need (theme_id);
ALTER TABLE theme_need ENABLE ROW LEVEL SECURITY;
ALTER TABLE theme_need FORCE ROW LEVEL SECURITY;
CREATE POLICY theme_need_select ON theme_need FOR SELECT TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY theme_need_insert ON theme_need FOR INSERT TO sozialraum_app WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY theme_need_update ON theme_need FOR UPDATE TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid)) WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
GRANT SELECT, INSERT, UPDATE ON theme_need TO sozialraum_app;

CREATE TABLE theme_step (
    owner_id UUID,
    organisation_id UUID,
    due_on DATE NOT NULL,
    social_space_id UUID,
    region_id UUID,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    authority_id UUID NOT NULL,
    id UUID NOT NULL,
    theme_id UUID NOT NULL,
    what TEXT NOT NULL,
    state TEXT NOT NULL,
    CONSTRAINT theme_step_pkey PRIMARY KEY (id),
    CONSTRAINT theme_step_state_check CHECK (state IN ('open', 'done')),
    CONSTRAINT theme_step_one_place_check CHECK (num_nonnulls(social_space_id, region_id) = 1),
    CONSTRAINT theme_step_one_owner_check CHECK (num_nonnulls(owner_id, organisation_id) = 1),
    CONSTRAINT theme_step_owner_id_fkey FOREIGN KEY(owner_id) REFERENCES dialogue_participant (id),
    CONSTRAINT theme_step_organisation_id_fkey FOREIGN KEY(organisation_id) REFERENCES organisation (id),
    CONSTRAINT theme_step_social_space_id_fkey FOREIGN KEY(social_space_id) REFERENCES social_space (id),
    CONSTRAINT theme_step_region_id_fkey FOREIGN KEY(region_id) REFERENCES region (id),
    CONSTRAINT theme_step_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT theme_step_theme_id_fkey FOREIGN KEY(theme_id) REFERENCES theme (id)
);
CREATE INDEX theme_step_organisation_id ON theme_step (organisation_id);
CREATE INDEX theme_step_owner_id ON theme_step (owner_id);
CREATE INDEX theme_step_region_id ON theme_step (region_id);
CREATE INDEX theme_step_social_space_id ON theme_step (social_space_id);
CREATE INDEX theme_step_theme_id ON theme_step (theme_id);
ALTER TABLE theme_step ENABLE ROW LEVEL SECURITY;
ALTER TABLE theme_step FORCE ROW LEVEL SECURITY;
CREATE POLICY theme_step_select ON theme_step FOR SELECT TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY theme_step_insert ON theme_step FOR INSERT TO sozialraum_app WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY theme_step_update ON theme_step FOR UPDATE TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid)) WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
GRANT SELECT, INSERT, UPDATE ON theme_step TO sozialraum_app;

CREATE TABLE measure (
    owner_id UUID,
    organisation_id UUID,
    due_on DATE NOT NULL,
    social_space_id UUID,
    region_id UUID,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    authority_id UUID NOT NULL,
    id UUID NOT NULL,
    theme_id UUID NOT NULL,
    title TEXT NOT NULL,
    target TEXT NOT NULL,
    dimension TEXT NOT NULL,
    line_id UUID,
    state TEXT NOT NULL,
    evaluation TEXT,
    CONSTRAINT measure_pkey PRIMARY KEY (id),
    CONSTRAINT measure_state_check CHECK (state IN ('proposed', 'agreed', 'running', 'evaluated', 'continued', 'ended')),
    CONSTRAINT measure_dimension_check CHECK (dimension IN ('case_specific', 'cross_case', 'case_unspecific')),
    CONSTRAINT measure_one_place_check CHECK (num_nonnulls(social_space_id, region_id) = 1),
    CONSTRAINT measure_one_owner_check CHECK (num_nonnulls(owner_id, organisation_id) = 1),
    CONSTRAINT measure_owner_id_fkey FOREIGN KEY(owner_id) REFERENCES dialogue_participant (id),
    CONSTRAINT measure_organisation_id_fkey FOREIGN KEY(organisation_id) REFERENCES organisation (id),
    CONSTRAINT measure_social_space_id_fkey FOREIGN KEY(social_space_id) REFERENCES social_space (id),
    CONSTRAINT measure_region_id_fkey FOREIGN KEY(region_id) REFERENCES region (id),
    CONSTRAINT measure_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT measure_theme_id_fkey FOREIGN KEY(theme_id) REFERENCES theme (id),
    CONSTRAINT measure_line_id_fkey FOREIGN KEY(line_id) REFERENCES budget_line (id)
);
CREATE INDEX measure_line_id ON measure (line_id);
CREATE INDEX measure_organisation_id ON measure (organisation_id);
CREATE INDEX measure_owner_id ON measure (owner_id);
CREATE INDEX measure_region_id ON measure (region_id);
CREATE INDEX measure_social_space_id ON measure (social_space_id);
CREATE INDEX measure_theme_id ON measure (theme_id);
ALTER TABLE measure ENABLE ROW LEVEL SECURITY;
ALTER TABLE measure FORCE ROW LEVEL SECURITY;
CREATE POLICY measure_select ON measure FOR SELECT TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY measure_insert ON measure FOR INSERT TO sozialraum_app WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY measure_update ON measure FOR UPDATE TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid)) WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
GRANT SELECT, INSERT, UPDATE ON measure TO sozialraum_app;

CREATE TABLE minutes_release (
    social_space_id UUID,
    region_id UUID,
    authority_id UUID NOT NULL,
    id UUID NOT NULL,
    dialogue_id UUID NOT NULL,
    series_title TEXT NOT NULL,
    title TEXT NOT NULL,
    held_at TIMESTAMP WITH TIME ZONE NOT NULL,
    venue TEXT NOT NULL,
    minutes TEXT NOT NULL,
    attendance JSONB NOT NULL,
    released_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT minutes_release_pkey PRIMARY KEY (id),
    CONSTRAINT minutes_release_dialogue_id_key UNIQUE (dialogue_id),
    CONSTRAINT minutes_release_one_place_check CHECK (num_nonnulls(social_space_id, region_id) = 1),
    CONSTRAINT minutes_release_social_space_id_fkey FOREIGN KEY(social_space_id) REFERENCES social_space (id),
    CONSTRAINT minutes_release_region_id_fkey FOREIGN KEY(region_id) REFERENCES region (id),
    CONSTRAINT minutes_release_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT minutes_release_dialogue_id_fkey FOREIGN KEY(dialogue_id) REFERENCES dialogue (id)
);
CREATE INDEX minutes_release_order ON minutes_release (held_at, id);
CREATE INDEX minutes_release_region_id ON minutes_release (region_id);
CREATE INDEX minutes_release_social_space_id ON minutes_release (social_space_id);
ALTER TABLE minutes_release ENABLE ROW LEVEL SECURITY;
ALTER TABLE minutes_release FORCE ROW LEVEL SECURITY;
CREATE POLICY minutes_release_select ON minutes_release FOR SELECT TO sozialraum_app USING (true);
CREATE POLICY minutes_release_insert ON minutes_release FOR INSERT TO sozialraum_app WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
GRANT SELECT, INSERT ON minutes_release TO sozialraum_app;

CREATE TABLE released_theme (
    social_space_id UUID,
    region_id UUID,
    authority_id UUID NOT NULL,
    id UUID NOT NULL,
    release_id UUID NOT NULL,
    theme_id UUID NOT NULL,
    title TEXT NOT NULL,
    state TEXT NOT NULL,
    concerns TEXT NOT NULL,
    better_everyday TEXT,
    resources TEXT,
    needs TEXT[] NOT NULL,
    next_steps TEXT[] NOT NULL,
    next_due_on DATE,
    rests_because TEXT,
    answer TEXT,
    CONSTRAINT released_theme_pkey PRIMARY KEY (id),
    CONSTRAINT released_theme_state_check CHECK (state IN ('raised', 'collected', 'prioritised', 'in_work', 'escalated', 'resolved', 'parked')),
    CONSTRAINT released_theme_release_id_theme_id_key UNIQUE (release_id, theme_id),
    CONSTRAINT released_theme_one_place_check CHECK (num_nonnulls(social_space_id, region_id) = 1),
    CONSTRAINT released_theme_social_space_id_fkey FOREIGN KEY(social_space_id) REFERENCES social_space (id),
    CONSTRAINT released_theme_region_id_fkey FOREIGN KEY(region_id) REFERENCES region (id),
    CONSTRAINT released_theme_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT released_theme_release_id_fkey FOREIGN KEY(release_id) REFERENCES minutes_release (id),
    CONSTRAINT released_theme_theme_id_fkey FOREIGN KEY(theme_id) REFERENCES theme (id)
);
CREATE INDEX released_theme_region_id ON released_theme (region_id);
CREATE INDEX released_theme_social_space_id ON released_theme (social_space_id);
CREATE INDEX released_theme_theme_id ON released_theme (theme_id);
ALTER TABLE released_theme ENABLE ROW LEVEL SECURITY;
ALTER TABLE released_theme FORCE ROW LEVEL SECURITY;
CREATE POLICY released_theme_select ON released_theme FOR SELECT TO sozialraum_app USING (true);
CREATE POLICY released_theme_insert ON released_theme FOR INSERT TO sozialraum_app WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
GRANT SELECT, INSERT ON released_theme TO sozialraum_app;
