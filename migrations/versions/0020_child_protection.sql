-- Child protection (§ 8a SGB VIII): a compartment beside the case.
SET LOCAL lock_timeout = '5s';

CREATE TABLE endangerment_assessment (
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    authority_id UUID NOT NULL,
    id UUID NOT NULL,
    case_id UUID NOT NULL,
    case_pseudonym TEXT NOT NULL,
    state TEXT NOT NULL,
    round INTEGER NOT NULL,
    team UUID[] DEFAULT '{}' NOT NULL,
    advisers UUID[] DEFAULT '{}' NOT NULL,
    finding TEXT,
    reasons TEXT,
    involvement TEXT,
    measures TEXT,
    outcome TEXT,
    reported_on DATE NOT NULL,
    concluded_on DATE,
    CONSTRAINT endangerment_assessment_pkey PRIMARY KEY (id),
    CONSTRAINT endangerment_assessment_state_check CHECK (state IN ('reported', 'screening', 'assessment', 'no_danger', 'need_for_help', 'latent', 'acute', 'safety_plan', 'court', 'taking_into_care', 'concluded')),
    CONSTRAINT endangerment_assessment_finding_check CHECK (finding IN ('no_danger', 'need_for_help', 'latent', 'acute')),
    CONSTRAINT endangerment_assessment_team_check CHECK (cardinality(team) > 0),
    CONSTRAINT endangerment_assessment_reasons_check CHECK ((finding IS NULL) = (reasons IS NULL)),
    CONSTRAINT endangerment_assessment_found_check CHECK (state IN ('reported', 'screening', 'assessment') OR finding IS NOT NULL),
    CONSTRAINT endangerment_assessment_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT endangerment_assessment_case_id_fkey FOREIGN KEY(case_id) REFERENCES case_file (id)
);
CREATE INDEX endangerment_assessment_case_id ON endangerment_assessment (case_id);
CREATE INDEX endangerment_assessment_team ON endangerment_assessment USING gin (team);
ALTER TABLE endangerment_assessment ENABLE ROW LEVEL SECURITY;
ALTER TABLE endangerment_assessment FORCE ROW LEVEL SECURITY;
CREATE POLICY endangerment_assessment_select ON endangerment_assessment FOR SELECT TO sozialraum_app USING ((SELECT nullif(current_setting('service.actor', true), '')::uuid) = ANY (team));
CREATE POLICY endangerment_assessment_insert ON endangerment_assessment FOR INSERT TO sozialraum_app WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY endangerment_assessment_update ON endangerment_assessment FOR UPDATE TO sozialraum_app USING ((SELECT nullif(current_setting('service.actor', true), '')::uuid) = ANY (team)) WITH CHECK ((SELECT nullif(current_setting('service.actor', true), '')::uuid) = ANY (team));
GRANT SELECT, INSERT, UPDATE ON endangerment_assessment TO sozialraum_app;

CREATE TABLE endangerment_judgement (
    authority_id UUID NOT NULL,
    id UUID NOT NULL,
    assessment_id UUID NOT NULL,
    round INTEGER NOT NULL,
    author_id UUID NOT NULL,
    as_adviser BOOLEAN NOT NULL,
    worries TEXT NOT NULL,
    working_well TEXT NOT NULL,
    what_needs_to_happen TEXT NOT NULL,
    finding TEXT NOT NULL,
    judged_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT endangerment_judgement_pkey PRIMARY KEY (id),
    CONSTRAINT endangerment_judgement_finding_check CHECK (finding IN ('no_danger', 'need_for_help', 'latent', 'acute')),
    CONSTRAINT endangerment_judgement_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT endangerment_judgement_assessment_id_fkey FOREIGN KEY(assessment_id) REFERENCES endangerment_assessment (id),
    CONSTRAINT endangerment_judgement_author_id_fkey FOREIGN KEY(author_id) REFERENCES actor (id)
);
CREATE INDEX endangerment_judgement_assessment_id ON endangerment_judgement (assessment_id);
ALTER TABLE endangerment_judgement ENABLE ROW LEVEL SECURITY;
ALTER TABLE endangerment_judgement FORCE ROW LEVEL SECURITY;
CREATE POLICY endangerment_judgement_select ON endangerment_judgement FOR SELECT TO sozialraum_app USING (assessment_id IN (SELECT id FROM endangerment_assessment));
CREATE POLICY endangerment_judgement_insert ON endangerment_judgement FOR INSERT TO sozialraum_app WITH CHECK (assessment_id IN (SELECT id FROM endangerment_assessment));
CREATE POLICY endangerment_judgement_update ON endangerment_judgement FOR UPDATE TO sozialraum_app USING (assessment_id IN (SELECT id FROM endangerment_assessment)) WITH CHECK (assessment_id IN (SELECT id FROM endangerment_assessment));
GRANT SELECT, INSERT, UPDATE ON endangerment_judgement TO sozialraum_app;

CREATE TABLE endangerment_report (
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    authority_id UUID NOT NULL,
    id UUID NOT NULL,
    assessment_id UUID NOT NULL,
    reporter_id UUID NOT NULL,
    words TEXT NOT NULL,
    own_assessment TEXT,
    adviser TEXT,
    involvement TEXT,
    confirmed BOOLEAN,
    acted BOOLEAN,
    CONSTRAINT endangerment_report_pkey PRIMARY KEY (id),
    CONSTRAINT endangerment_report_answered_check CHECK ((confirmed IS NULL) = (acted IS NULL)),
    CONSTRAINT endangerment_report_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT endangerment_report_assessment_id_fkey FOREIGN KEY(assessment_id) REFERENCES endangerment_assessment (id),
    CONSTRAINT endangerment_report_reporter_id_fkey FOREIGN KEY(reporter_id) REFERENCES actor (id)
);
CREATE INDEX endangerment_report_assessment_id ON endangerment_report (assessment_id);
CREATE INDEX endangerment_report_reporter_id ON endangerment_report (reporter_id);
ALTER TABLE endangerment_report ENABLE ROW LEVEL SECURITY;
ALTER TABLE endangerment_report FORCE ROW LEVEL SECURITY;
CREATE POLICY endangerment_report_select ON endangerment_report FOR SELECT TO sozialraum_app USING (reporter_id = (SELECT nullif(current_setting('service.actor', true), '')::uuid) OR assessment_id IN (SELECT id FROM endangerment_assessment));
CREATE POLICY endangerment_report_insert ON endangerment_report FOR INSERT TO sozialraum_app WITH CHECK (reporter_id = (SELECT nullif(current_setting('service.actor', true), '')::uuid) OR assessment_id IN (SELECT id FROM endangerment_assessment));
CREATE POLICY endangerment_report_update ON endangerment_report FOR UPDATE TO sozialraum_app USING (assessment_id IN (SELECT id FROM endangerment_assessment)) WITH CHECK (assessment_id IN (SELECT id FROM endangerment_assessment));
GRANT SELECT, INSERT, UPDATE ON endangerment_report TO sozialraum_app;

CREATE TABLE safety_plan (
    authority_id UUID NOT NULL,
    id UUID NOT NULL,
    assessment_id UUID NOT NULL,
    agreements TEXT NOT NULL,
    agreed_with TEXT NOT NULL,
    who_checks TEXT NOT NULL,
    review_on DATE NOT NULL,
    author_id UUID NOT NULL,
    agreed_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT safety_plan_pkey PRIMARY KEY (id),
    CONSTRAINT safety_plan_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT safety_plan_assessment_id_fkey FOREIGN KEY(assessment_id) REFERENCES endangerment_assessment (id),
    CONSTRAINT safety_plan_author_id_fkey FOREIGN KEY(author_id) REFERENCES actor (id)
);
CREATE INDEX safety_plan_assessment_id ON safety_plan (assessment_id);
ALTER TABLE safety_plan ENABLE ROW LEVEL SECURITY;
ALTER TABLE safety_plan FORCE ROW LEVEL SECURITY;
CREATE POLICY safety_plan_select ON safety_plan FOR SELECT TO sozialraum_app USING (assessment_id IN (SELECT id FROM endangerment_assessment));
CREATE POLICY safety_plan_insert ON safety_plan FOR INSERT TO sozialraum_app WITH CHECK (assessment_id IN (SELECT id FROM endangerment_assessment));
CREATE POLICY safety_plan_update ON safety_plan FOR UPDATE TO sozialraum_app USING (assessment_id IN (SELECT id FROM endangerment_assessment)) WITH CHECK (assessment_id IN (SELECT id FROM endangerment_assessment));
GRANT SELECT, INSERT, UPDATE ON safety_plan TO sozialraum_app;

