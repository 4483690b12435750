-- What is done about an over-spend, step by step.
SET LOCAL lock_timeout = '5s';

CREATE TABLE procedure_step (
    authority_id UUID NOT NULL,
    social_space_id UUID,
    agreement_id UUID NOT NULL,
    line_id UUID NOT NULL,
    id UUID NOT NULL,
    procedure_id UUID NOT NULL,
    kind TEXT NOT NULL,
    remedy TEXT,
    said TEXT NOT NULL,
    done_on DATE NOT NULL,
    recorded_by UUID NOT NULL,
    CONSTRAINT procedure_step_pkey PRIMARY KEY (id),
    CONSTRAINT procedure_step_kind_check CHECK (kind IN ('notice', 'agency_review', 'network_review', 'decision')),
    CONSTRAINT procedure_step_remedy_check CHECK (remedy IN ('top_up', 'transfer', 'carry_over', 'return')),
    CONSTRAINT procedure_step_decision_check CHECK ((remedy IS NOT NULL) = (kind = 'decision')),
    CONSTRAINT procedure_step_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT procedure_step_social_space_id_fkey FOREIGN KEY(social_space_id) REFERENCES social_space (id),
    CONSTRAINT procedure_step_agreement_id_fkey FOREIGN KEY(agreement_id) REFERENCES budget_agreement (id),
    CONSTRAINT procedure_step_line_id_fkey FOREIGN KEY(line_id) REFERENCES budget_line (id),
    CONSTRAINT procedure_step_procedure_id_fkey FOREIGN KEY(procedure_id) REFERENCES overspend_procedure (id),
    CONSTRAINT procedure_step_recorded_by_fkey FOREIGN KEY(recorded_by) REFERENCES actor (id)
);
CREATE INDEX procedure_step_agreement_id ON procedure_step (agreement_id);
CREATE INDEX procedure_step_line_id ON procedure_step (line_id);
CREATE INDEX procedure_step_procedure_id ON procedure_step (procedure_id);
CREATE INDEX procedure_step_social_space_id ON procedure_step (social_space_id);
ALTER TABLE procedure_step ENABLE ROW LEVEL SECURITY;
ALTER TABLE procedure_step FORCE ROW LEVEL SECURITY;
CREATE POLICY procedure_step_select ON procedure_step FOR SELECT TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY procedure_step_insert ON procedure_step FOR INSERT TO sozialraum_app WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
GRANT SELECT, INSERT ON procedure_step TO sozialraum_app;
