-- What is done about an under-spend, step by step; and forecasts that say a range, with how often ranges have held.
SET LOCAL lock_timeout = '5s';

ALTER TABLE allocation DROP CONSTRAINT allocation_kind_check;
ALTER TABLE allocation ADD CONSTRAINT allocation_kind_check CHECK (kind IN ('supplement', 'carry_in', 'return')) NOT VALID;
ALTER TABLE allocation VALIDATE CONSTRAINT allocation_kind_check;
ALTER TABLE allocation DROP CONSTRAINT allocation_amount_check;
ALTER TABLE allocation ADD CONSTRAINT allocation_amount_check CHECK (amount > 0 AND kind <> 'return' OR amount < 0 AND kind <> 'supplement') NOT VALID;
ALTER TABLE allocation VALIDATE CONSTRAINT allocation_amount_check;

ALTER TABLE deviation_rule ADD COLUMN threshold NUMERIC(5, 2) NOT NULL DEFAULT 0.00;
ALTER TABLE deviation_rule ALTER COLUMN threshold DROP DEFAULT;

ALTER TABLE forecast_line ADD COLUMN low NUMERIC(20, 2);
ALTER TABLE forecast_line ADD COLUMN high NUMERIC(20, 2);
ALTER TABLE forecast_line ADD COLUMN tested INTEGER NOT NULL DEFAULT 0;
ALTER TABLE forecast_line ADD COLUMN held INTEGER NOT NULL DEFAULT 0;
ALTER TABLE forecast_line ALTER COLUMN tested DROP DEFAULT;
ALTER TABLE forecast_line ALTER COLUMN held DROP DEFAULT;
ALTER TABLE forecast_line ADD CONSTRAINT forecast_line_range_check CHECK (num_nulls(low, high) <> 1 AND low <= forecast AND forecast <= high) NOT VALID;
ALTER TABLE forecast_line VALIDATE CONSTRAINT forecast_line_range_check;
ALTER TABLE forecast_line ADD CONSTRAINT forecast_line_tested_check CHECK (held >= 0 AND held <= tested) NOT VALID;
ALTER TABLE forecast_line VALIDATE CONSTRAINT forecast_line_tested_check;

CREATE TABLE underspend_procedure (
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    authority_id UUID NOT NULL,
    social_space_id UUID,
    agreement_id UUID NOT NULL,
    id UUID NOT NULL,
    forecast_id UUID NOT NULL,
    state TEXT NOT NULL,
    opened_on DATE NOT NULL,
    left_over NUMERIC(20, 2) NOT NULL,
    threshold NUMERIC(20, 2) NOT NULL,
    outcome TEXT,
    closed_by UUID,
    closed_on DATE,
    CONSTRAINT underspend_procedure_pkey PRIMARY KEY (id),
    CONSTRAINT underspend_procedure_state_check CHECK (state IN ('open', 'closed')),
    CONSTRAINT underspend_procedure_left_over_check CHECK (left_over > threshold AND threshold >= 0),
    CONSTRAINT underspend_procedure_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT underspend_procedure_social_space_id_fkey FOREIGN KEY(social_space_id) REFERENCES social_space (id),
    CONSTRAINT underspend_procedure_agreement_id_fkey FOREIGN KEY(agreement_id) REFERENCES budget_agreement (id),
    CONSTRAINT underspend_procedure_forecast_id_fkey FOREIGN KEY(forecast_id) REFERENCES forecast (id),
    CONSTRAINT underspend_procedure_closed_by_fkey FOREIGN KEY(closed_by) REFERENCES actor (id)
);
CREATE INDEX underspend_procedure_agreement_id ON underspend_procedure (agreement_id);
CREATE UNIQUE INDEX underspend_procedure_open ON underspend_procedure (agreement_id) WHERE state = 'open';
CREATE INDEX underspend_procedure_social_space_id ON underspend_procedure (social_space_id);
ALTER TABLE underspend_procedure ENABLE ROW LEVEL SECURITY;
ALTER TABLE underspend_procedure FORCE ROW LEVEL SECURITY;
CREATE POLICY underspend_procedure_select ON underspend_procedure FOR SELECT TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY underspend_procedure_insert ON underspend_procedure FOR INSERT TO sozialraum_app WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY underspend_procedure_update ON underspend_procedure FOR UPDATE TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid)) WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
GRANT SELECT, INSERT, UPDATE ON underspend_procedure TO sozialraum_app;

CREATE TABLE underspend_step (
    authority_id UUID NOT NULL,
    social_space_id UUID,
    agreement_id UUID NOT NULL,
    id UUID NOT NULL,
    procedure_id UUID NOT NULL,
    kind TEXT NOT NULL,
    remedy TEXT,
    amount NUMERIC(14, 2),
    transfer_id UUID,
    allocation_id UUID,
    said TEXT NOT NULL,
    done_on DATE NOT NULL,
    recorded_by UUID NOT NULL,
    CONSTRAINT underspend_step_pkey PRIMARY KEY (id),
    CONSTRAINT underspend_step_kind_check CHECK (kind IN ('notice', 'agency_review', 'network_review', 'decision')),
    CONSTRAINT underspend_step_remedy_check CHECK (remedy IN ('carry_over', 'transfer', 'return')),
    CONSTRAINT underspend_step_decision_check CHECK ((remedy IS NOT NULL) = (kind = 'decision')),
    CONSTRAINT underspend_step_posting_check CHECK (num_nonnulls(transfer_id, allocation_id) <= 1),
    CONSTRAINT underspend_step_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT underspend_step_social_space_id_fkey FOREIGN KEY(social_space_id) REFERENCES social_space (id),
    CONSTRAINT underspend_step_agreement_id_fkey FOREIGN KEY(agreement_id) REFERENCES budget_agreement (id),
    CONSTRAINT underspend_step_procedure_id_fkey FOREIGN KEY(procedure_id) REFERENCES underspend_procedure (id),
    CONSTRAINT underspend_step_transfer_id_fkey FOREIGN KEY(transfer_id) REFERENCES budget_transfer (id),
    CONSTRAINT underspend_step_allocation_id_fkey FOREIGN KEY(allocation_id) REFERENCES allocation (id),
    CONSTRAINT underspend_step_recorded_by_fkey FOREIGN KEY(recorded_by) REFERENCES actor (id)
);
CREATE INDEX underspend_step_agreement_id ON underspend_step (agreement_id);
CREATE INDEX underspend_step_procedure_id ON underspend_step (procedure_id);
CREATE INDEX underspend_step_social_space_id ON underspend_step (social_space_id);
ALTER TABLE underspend_step ENABLE ROW LEVEL SECURITY;
ALTER TABLE underspend_step FORCE ROW LEVEL SECURITY;
CREATE POLICY underspend_step_select ON underspend_step FOR SELECT TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY underspend_step_insert ON underspend_step FOR INSERT TO sozialraum_app WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
GRANT SELECT, INSERT ON underspend_step TO sozialraum_app;
