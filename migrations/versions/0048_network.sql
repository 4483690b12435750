-- Shares of the network by period, and who speaks for it.
SET LOCAL lock_timeout = '5s';

ALTER TABLE budget_party ADD COLUMN lead BOOLEAN NOT NULL DEFAULT false;
ALTER TABLE budget_party ALTER COLUMN lead DROP DEFAULT;
ALTER TABLE budget_party DROP CONSTRAINT budget_party_share_check;
ALTER TABLE budget_party ADD CONSTRAINT budget_party_share_check CHECK (share >= 0 AND share <= 100);
CREATE UNIQUE INDEX budget_party_lead ON budget_party (agreement_id) WHERE lead;

CREATE TABLE network_share (
    authority_id UUID NOT NULL,
    social_space_id UUID,
    agreement_id UUID NOT NULL,
    id UUID NOT NULL,
    number INTEGER NOT NULL,
    organisation_id UUID NOT NULL,
    begins_on DATE NOT NULL,
    ends_on DATE NOT NULL,
    share NUMERIC(5, 2) NOT NULL,
    CONSTRAINT network_share_pkey PRIMARY KEY (id),
    CONSTRAINT network_share_agreement_id_number_begins_on_organisation_id_key UNIQUE (agreement_id, number, begins_on, organisation_id),
    CONSTRAINT network_share_share_check CHECK (share > 0 AND share <= 100),
    CONSTRAINT network_share_period_check CHECK (begins_on <= ends_on),
    CONSTRAINT network_share_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT network_share_social_space_id_fkey FOREIGN KEY(social_space_id) REFERENCES social_space (id),
    CONSTRAINT network_share_agreement_id_fkey FOREIGN KEY(agreement_id) REFERENCES budget_agreement (id),
    CONSTRAINT network_share_organisation_id_fkey FOREIGN KEY(organisation_id) REFERENCES organisation (id)
);
CREATE INDEX network_share_agreement_id ON network_share (agreement_id);
CREATE INDEX network_share_organisation_id ON network_share (organisation_id);
CREATE INDEX network_share_social_space_id ON network_share (social_space_id);
ALTER TABLE network_share ENABLE ROW LEVEL SECURITY;
ALTER TABLE network_share FORCE ROW LEVEL SECURITY;
CREATE POLICY network_share_select ON network_share FOR SELECT TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY network_share_insert ON network_share FOR INSERT TO sozialraum_app WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
GRANT SELECT, INSERT ON network_share TO sozialraum_app;
