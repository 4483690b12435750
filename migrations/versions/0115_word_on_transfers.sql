SET LOCAL lock_timeout = '5s';

CREATE TABLE transfer_position (
    authority_id UUID NOT NULL,
    social_space_id UUID,
    agreement_id UUID NOT NULL,
    id UUID NOT NULL,
    transfer_id UUID NOT NULL,
    voice TEXT NOT NULL,
    stance TEXT NOT NULL,
    said TEXT,
    taken_by UUID NOT NULL,
    taken_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT transfer_position_pkey PRIMARY KEY (id),
    CONSTRAINT transfer_position_voice_check CHECK (voice IN ('agency', 'network')),
    CONSTRAINT transfer_position_stance_check CHECK (stance IN ('approval', 'disagreement')),
    CONSTRAINT transfer_position_said_check CHECK (said IS NOT NULL OR stance = 'approval' AND voice = 'network'),
    CONSTRAINT transfer_position_answer_check CHECK (stance = 'approval' OR voice = 'network'),
    CONSTRAINT transfer_position_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT transfer_position_social_space_id_fkey FOREIGN KEY(social_space_id) REFERENCES social_space (id),
    CONSTRAINT transfer_position_agreement_id_fkey FOREIGN KEY(agreement_id) REFERENCES budget_agreement (id),
    CONSTRAINT transfer_position_transfer_id_fkey FOREIGN KEY(transfer_id) REFERENCES budget_transfer (id),
    CONSTRAINT transfer_position_taken_by_fkey FOREIGN KEY(taken_by) REFERENCES actor (id)
);
CREATE INDEX transfer_position_agreement_id ON transfer_position (agreement_id);
CREATE INDEX transfer_position_social_space_id ON transfer_position (social_space_id);
CREATE INDEX transfer_position_transfer_id ON transfer_position (transfer_id);
ALTER TABLE transfer_position ENABLE ROW LEVEL SECURITY;
ALTER TABLE transfer_position FORCE ROW LEVEL SECURITY;
CREATE POLICY transfer_position_select ON transfer_position FOR SELECT TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY transfer_position_insert ON transfer_position FOR INSERT TO sozialraum_app WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
GRANT SELECT, INSERT ON transfer_position TO sozialraum_app;
