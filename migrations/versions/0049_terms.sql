-- Versions of an agreement's terms, and who has said yes or no to which of them.
SET LOCAL lock_timeout = '5s';

ALTER TABLE budget_agreement ADD COLUMN terms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE budget_agreement ALTER COLUMN terms DROP DEFAULT;

CREATE TABLE agreement_position (
    authority_id UUID NOT NULL,
    social_space_id UUID,
    agreement_id UUID NOT NULL,
    id UUID NOT NULL,
    terms INTEGER NOT NULL,
    voice TEXT NOT NULL,
    stance TEXT NOT NULL,
    said TEXT,
    taken_by UUID NOT NULL,
    taken_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT agreement_position_pkey PRIMARY KEY (id),
    CONSTRAINT agreement_position_voice_check CHECK (voice IN ('agency', 'network', 'funding', 'cooperation')),
    CONSTRAINT agreement_position_stance_check CHECK (stance IN ('approval', 'disagreement')),
    CONSTRAINT agreement_position_said_check CHECK (said IS NOT NULL OR stance = 'approval'),
    CONSTRAINT agreement_position_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT agreement_position_social_space_id_fkey FOREIGN KEY(social_space_id) REFERENCES social_space (id),
    CONSTRAINT agreement_position_agreement_id_fkey FOREIGN KEY(agreement_id) REFERENCES budget_agreement (id),
    CONSTRAINT agreement_position_taken_by_fkey FOREIGN KEY(taken_by) REFERENCES actor (id)
);
CREATE INDEX agreement_position_agreement_id ON agreement_position (agreement_id);
CREATE INDEX agreement_position_social_space_id ON agreement_position (social_space_id);
ALTER TABLE agreement_position ENABLE ROW LEVEL SECURITY;
ALTER TABLE agreement_position FORCE ROW LEVEL SECURITY;
CREATE POLICY agreement_position_select ON agreement_position FOR SELECT TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY agreement_position_insert ON agreement_position FOR INSERT TO sozialraum_app WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
GRANT SELECT, INSERT ON agreement_position TO sozialraum_app;

CREATE TABLE agreement_version (
    authority_id UUID NOT NULL,
    social_space_id UUID,
    agreement_id UUID NOT NULL,
    id UUID NOT NULL,
    number INTEGER NOT NULL,
    cause TEXT NOT NULL,
    effective_on DATE NOT NULL,
    made_by UUID NOT NULL,
    made_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT agreement_version_pkey PRIMARY KEY (id),
    CONSTRAINT agreement_version_cause_check CHECK (cause IN ('drafted', 'changed', 'party_added', 'shares_agreed', 'rule_agreed', 'supplemented')),
    CONSTRAINT agreement_version_agreement_id_number_key UNIQUE (agreement_id, number),
    CONSTRAINT agreement_version_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT agreement_version_social_space_id_fkey FOREIGN KEY(social_space_id) REFERENCES social_space (id),
    CONSTRAINT agreement_version_agreement_id_fkey FOREIGN KEY(agreement_id) REFERENCES budget_agreement (id),
    CONSTRAINT agreement_version_made_by_fkey FOREIGN KEY(made_by) REFERENCES actor (id)
);
CREATE INDEX agreement_version_agreement_id ON agreement_version (agreement_id);
CREATE INDEX agreement_version_social_space_id ON agreement_version (social_space_id);
ALTER TABLE agreement_version ENABLE ROW LEVEL SECURITY;
ALTER TABLE agreement_version FORCE ROW LEVEL SECURITY;
CREATE POLICY agreement_version_select ON agreement_version FOR SELECT TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY agreement_version_insert ON agreement_version FOR INSERT TO sozialraum_app WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
GRANT SELECT, INSERT ON agreement_version TO sozialraum_app;

CREATE TABLE terms_change (
    authority_id UUID NOT NULL,
    social_space_id UUID,
    agreement_id UUID NOT NULL,
    id UUID NOT NULL,
    version_id UUID NOT NULL,
    term TEXT NOT NULL,
    before TEXT,
    after TEXT,
    CONSTRAINT terms_change_pkey PRIMARY KEY (id),
    CONSTRAINT terms_change_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT terms_change_social_space_id_fkey FOREIGN KEY(social_space_id) REFERENCES social_space (id),
    CONSTRAINT terms_change_agreement_id_fkey FOREIGN KEY(agreement_id) REFERENCES budget_agreement (id),
    CONSTRAINT terms_change_version_id_fkey FOREIGN KEY(version_id) REFERENCES agreement_version (id)
);
CREATE INDEX terms_change_agreement_id ON terms_change (agreement_id);
CREATE INDEX terms_change_social_space_id ON terms_change (social_space_id);
CREATE INDEX terms_change_version_id ON terms_change (version_id);
ALTER TABLE terms_change ENABLE ROW LEVEL SECURITY;
ALTER TABLE terms_change FORCE ROW LEVEL SECURITY;
CREATE POLICY terms_change_select ON terms_change FOR SELECT TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY terms_change_insert ON terms_change FOR INSERT TO sozialraum_app WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
GRANT SELECT, INSERT ON terms_change TO sozialraum_app;

