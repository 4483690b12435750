-- Money: agreements, ledger, commitments, invoices and bookings; new roles.
SET LOCAL lock_timeout = '5s';

ALTER TABLE access_grant DROP CONSTRAINT access_grant_role_check;
ALTER TABLE access_grant ADD CONSTRAINT access_grant_role_check CHECK (role IN ('case_worker', 'social_space_manager', 'controller', 'provider_worker', 'provider_manager', 'integration_client', 'administrator')) NOT VALID;
ALTER TABLE access_grant VALIDATE CONSTRAINT access_grant_role_check;

-- Whoever had access to the whole case has it to its arrangement too. Past row-level security, which holds for owners as well.
ALTER TABLE case_access NO FORCE ROW LEVEL SECURITY;
UPDATE case_access SET parts = parts || '{arrangement}'::text[]
WHERE basis IN ('assignment', 'self', 'representation') AND parts @> '{concern,persons,questions,goals,steps}' AND NOT 'arrangement' = ANY (parts);
ALTER TABLE case_access FORCE ROW LEVEL SECURITY;

CREATE TABLE budget_agreement (
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    authority_id UUID NOT NULL,
    social_space_id UUID,
    id UUID NOT NULL,
    contract_number TEXT,
    fiscal_year INTEGER NOT NULL,
    state TEXT NOT NULL,
    legal_basis TEXT[] NOT NULL,
    drafted_by UUID,
    activated_by UUID,
    activated_on DATE,
    closed_through DATE,
    CONSTRAINT budget_agreement_pkey PRIMARY KEY (id),
    CONSTRAINT budget_agreement_state_check CHECK (state IN ('draft', 'active')),
    CONSTRAINT budget_agreement_four_eyes_check CHECK (activated_by <> drafted_by),
    CONSTRAINT budget_agreement_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT budget_agreement_social_space_id_fkey FOREIGN KEY(social_space_id) REFERENCES social_space (id),
    CONSTRAINT budget_agreement_drafted_by_fkey FOREIGN KEY(drafted_by) REFERENCES actor (id),
    CONSTRAINT budget_agreement_activated_by_fkey FOREIGN KEY(activated_by) REFERENCES actor (id)
);
CREATE INDEX budget_agreement_social_space_id ON budget_agreement (social_space_id);
CREATE UNIQUE INDEX budget_agreement_year ON budget_agreement (authority_id, social_space_id, fiscal_year) NULLS NOT DISTINCT;
ALTER TABLE budget_agreement ENABLE ROW LEVEL SECURITY;
ALTER TABLE budget_agreement FORCE ROW LEVEL SECURITY;
CREATE POLICY budget_agreement_select ON budget_agreement FOR SELECT TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY budget_agreement_insert ON budget_agreement FOR INSERT TO sozialraum_app WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY budget_agreement_update ON budget_agreement FOR UPDATE TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid)) WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
GRANT SELECT, INSERT, UPDATE ON budget_agreement TO sozialraum_app;

CREATE TABLE invoice (
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    authority_id UUID NOT NULL,
    id UUID NOT NULL,
    organisation_id UUID NOT NULL,
    number TEXT NOT NULL,
    issued_on DATE NOT NULL,
    amount NUMERIC(14, 2) NOT NULL,
    proposed NUMERIC(14, 2) NOT NULL,
    entered_by UUID NOT NULL,
    CONSTRAINT invoice_pkey PRIMARY KEY (id),
    CONSTRAINT invoice_authority_id_organisation_id_number_key UNIQUE (authority_id, organisation_id, number),
    CONSTRAINT invoice_amount_check CHECK (amount > 0 AND proposed >= 0 AND proposed <= amount),
    CONSTRAINT invoice_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT invoice_organisation_id_fkey FOREIGN KEY(organisation_id) REFERENCES organisation (id),
    CONSTRAINT invoice_entered_by_fkey FOREIGN KEY(entered_by) REFERENCES actor (id)
);
CREATE INDEX invoice_organisation_id ON invoice (organisation_id);
ALTER TABLE invoice ENABLE ROW LEVEL SECURITY;
ALTER TABLE invoice FORCE ROW LEVEL SECURITY;
CREATE POLICY invoice_select ON invoice FOR SELECT TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY invoice_insert ON invoice FOR INSERT TO sozialraum_app WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY invoice_update ON invoice FOR UPDATE TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid)) WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
GRANT SELECT, INSERT, UPDATE ON invoice TO sozialraum_app;

CREATE TABLE budget_line (
    authority_id UUID NOT NULL,
    social_space_id UUID,
    agreement_id UUID NOT NULL,
    id UUID NOT NULL,
    kind TEXT NOT NULL,
    agreed NUMERIC(14, 2) NOT NULL,
    CONSTRAINT budget_line_pkey PRIMARY KEY (id),
    CONSTRAINT budget_line_kind_check CHECK (kind IN ('case_specific', 'cross_case', 'case_unspecific', 'reserve')),
    CONSTRAINT budget_line_agreement_id_kind_key UNIQUE (agreement_id, kind),
    CONSTRAINT budget_line_agreed_check CHECK (agreed >= 0),
    CONSTRAINT budget_line_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT budget_line_social_space_id_fkey FOREIGN KEY(social_space_id) REFERENCES social_space (id),
    CONSTRAINT budget_line_agreement_id_fkey FOREIGN KEY(agreement_id) REFERENCES budget_agreement (id)
);
CREATE INDEX budget_line_agreement_id ON budget_line (agreement_id);
CREATE INDEX budget_line_social_space_id ON budget_line (social_space_id);
ALTER TABLE budget_line ENABLE ROW LEVEL SECURITY;
ALTER TABLE budget_line FORCE ROW LEVEL SECURITY;
CREATE POLICY budget_line_select ON budget_line FOR SELECT TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY budget_line_insert ON budget_line FOR INSERT TO sozialraum_app WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY budget_line_update ON budget_line FOR UPDATE TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid)) WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
GRANT SELECT, INSERT, UPDATE ON budget_line TO sozialraum_app;

CREATE TABLE budget_party (
    authority_id UUID NOT NULL,
    social_space_id UUID,
    agreement_id UUID NOT NULL,
    id UUID NOT NULL,
    organisation_id UUID NOT NULL,
    share NUMERIC(5, 2) NOT NULL,
    CONSTRAINT budget_party_pkey PRIMARY KEY (id),
    CONSTRAINT budget_party_agreement_id_organisation_id_key UNIQUE (agreement_id, organisation_id),
    CONSTRAINT budget_party_share_check CHECK (share > 0 AND share <= 100),
    CONSTRAINT budget_party_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT budget_party_social_space_id_fkey FOREIGN KEY(social_space_id) REFERENCES social_space (id),
    CONSTRAINT budget_party_agreement_id_fkey FOREIGN KEY(agreement_id) REFERENCES budget_agreement (id),
    CONSTRAINT budget_party_organisation_id_fkey FOREIGN KEY(organisation_id) REFERENCES organisation (id)
);
CREATE INDEX budget_party_agreement_id ON budget_party (agreement_id);
CREATE INDEX budget_party_organisation_id ON budget_party (organisation_id);
CREATE INDEX budget_party_social_space_id ON budget_party (social_space_id);
ALTER TABLE budget_party ENABLE ROW LEVEL SECURITY;
ALTER TABLE budget_party FORCE ROW LEVEL SECURITY;
CREATE POLICY budget_party_select ON budget_party FOR SELECT TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY budget_party_insert ON budget_party FOR INSERT TO sozialraum_app WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY budget_party_update ON budget_party FOR UPDATE TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid)) WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
GRANT SELECT, INSERT, UPDATE ON budget_party TO sozialraum_app;

CREATE TABLE posting (
    authority_id UUID NOT NULL,
    social_space_id UUID,
    sequence BIGINT GENERATED ALWAYS AS IDENTITY,
    transaction_id xid8 DEFAULT pg_current_xact_id() NOT NULL,
    id UUID NOT NULL,
    agreement_id UUID NOT NULL,
    kind TEXT NOT NULL,
    from_account_id UUID NOT NULL,
    to_account_id UUID NOT NULL,
    amount NUMERIC(14, 2) NOT NULL,
    value_on DATE NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    actor_id UUID NOT NULL,
    subject_id UUID NOT NULL,
    CONSTRAINT posting_pkey PRIMARY KEY (sequence),
    CONSTRAINT posting_kind_check CHECK (kind IN ('approve', 'reserve', 'grant', 'book', 'release', 'reverse')),
    CONSTRAINT posting_amount_check CHECK (amount > 0 AND from_account_id <> to_account_id),
    CONSTRAINT posting_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT posting_social_space_id_fkey FOREIGN KEY(social_space_id) REFERENCES social_space (id),
    CONSTRAINT posting_id_key UNIQUE (id),
    CONSTRAINT posting_agreement_id_fkey FOREIGN KEY(agreement_id) REFERENCES budget_agreement (id),
    CONSTRAINT posting_actor_id_fkey FOREIGN KEY(actor_id) REFERENCES actor (id)
);
CREATE INDEX posting_from ON posting (from_account_id, value_on);
CREATE INDEX posting_social_space_id ON posting (social_space_id);
CREATE INDEX posting_subject ON posting (subject_id);
CREATE INDEX posting_to ON posting (to_account_id, value_on);
ALTER TABLE posting ENABLE ROW LEVEL SECURITY;
ALTER TABLE posting FORCE ROW LEVEL SECURITY;
CREATE POLICY posting_select ON posting FOR SELECT TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY posting_insert ON posting FOR INSERT TO sozialraum_app WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
GRANT SELECT, INSERT ON posting TO sozialraum_app;

CREATE TABLE allocation (
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    authority_id UUID NOT NULL,
    social_space_id UUID,
    agreement_id UUID NOT NULL,
    line_id UUID NOT NULL,
    id UUID NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    amount NUMERIC(14, 2) NOT NULL,
    effective_on DATE NOT NULL,
    reason TEXT NOT NULL,
    proposed_by UUID NOT NULL,
    released_by UUID,
    released_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT allocation_pkey PRIMARY KEY (id),
    CONSTRAINT allocation_kind_check CHECK (kind IN ('supplement', 'carry_in')),
    CONSTRAINT allocation_state_check CHECK (state IN ('proposed', 'released')),
    CONSTRAINT allocation_amount_check CHECK (amount > 0),
    CONSTRAINT allocation_four_eyes_check CHECK (released_by <> proposed_by),
    CONSTRAINT allocation_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT allocation_social_space_id_fkey FOREIGN KEY(social_space_id) REFERENCES social_space (id),
    CONSTRAINT allocation_agreement_id_fkey FOREIGN KEY(agreement_id) REFERENCES budget_agreement (id),
    CONSTRAINT allocation_line_id_fkey FOREIGN KEY(line_id) REFERENCES budget_line (id),
    CONSTRAINT allocation_proposed_by_fkey FOREIGN KEY(proposed_by) REFERENCES actor (id),
    CONSTRAINT allocation_released_by_fkey FOREIGN KEY(released_by) REFERENCES actor (id)
);
CREATE INDEX allocation_agreement_id ON allocation (agreement_id);
CREATE INDEX allocation_line_id ON allocation (line_id);
CREATE INDEX allocation_social_space_id ON allocation (social_space_id);
ALTER TABLE allocation ENABLE ROW LEVEL SECURITY;
ALTER TABLE allocation FORCE ROW LEVEL SECURITY;
CREATE POLICY allocation_select ON allocation FOR SELECT TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY allocation_insert ON allocation FOR INSERT TO sozialraum_app WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY allocation_update ON allocation FOR UPDATE TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid)) WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
GRANT SELECT, INSERT, UPDATE ON allocation TO sozialraum_app;

CREATE TABLE commitment (
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    authority_id UUID NOT NULL,
    social_space_id UUID,
    agreement_id UUID NOT NULL,
    line_id UUID NOT NULL,
    id UUID NOT NULL,
    basis TEXT NOT NULL,
    state TEXT NOT NULL,
    amount NUMERIC(14, 2) NOT NULL,
    booked NUMERIC(14, 2) NOT NULL,
    released NUMERIC(14, 2) NOT NULL,
    purpose TEXT NOT NULL,
    organisation_id UUID,
    outside_network BOOLEAN NOT NULL,
    case_id UUID,
    case_pseudonym TEXT,
    granted_by UUID,
    value_on DATE NOT NULL,
    CONSTRAINT commitment_pkey PRIMARY KEY (id),
    CONSTRAINT commitment_basis_check CHECK (basis IN ('granted_claim', 'voluntary')),
    CONSTRAINT commitment_state_check CHECK (state IN ('reserved', 'committed', 'partly_booked', 'fully_booked', 'released')),
    CONSTRAINT commitment_amount_check CHECK (amount > 0 AND booked >= 0 AND released >= 0 AND booked + released <= amount),
    CONSTRAINT commitment_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT commitment_social_space_id_fkey FOREIGN KEY(social_space_id) REFERENCES social_space (id),
    CONSTRAINT commitment_agreement_id_fkey FOREIGN KEY(agreement_id) REFERENCES budget_agreement (id),
    CONSTRAINT commitment_line_id_fkey FOREIGN KEY(line_id) REFERENCES budget_line (id),
    CONSTRAINT commitment_organisation_id_fkey FOREIGN KEY(organisation_id) REFERENCES organisation (id),
    CONSTRAINT commitment_case_id_fkey FOREIGN KEY(case_id) REFERENCES case_file (id),
    CONSTRAINT commitment_granted_by_fkey FOREIGN KEY(granted_by) REFERENCES actor (id)
);
CREATE INDEX commitment_agreement_id ON commitment (agreement_id);
CREATE INDEX commitment_case_id ON commitment (case_id);
CREATE INDEX commitment_line_id ON commitment (line_id);
CREATE INDEX commitment_organisation_id ON commitment (organisation_id);
CREATE INDEX commitment_social_space_id ON commitment (social_space_id);
ALTER TABLE commitment ENABLE ROW LEVEL SECURITY;
ALTER TABLE commitment FORCE ROW LEVEL SECURITY;
CREATE POLICY commitment_select ON commitment FOR SELECT TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY commitment_insert ON commitment FOR INSERT TO sozialraum_app WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY commitment_update ON commitment FOR UPDATE TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid)) WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
GRANT SELECT, INSERT, UPDATE ON commitment TO sozialraum_app;

CREATE TABLE ledger_account (
    authority_id UUID NOT NULL,
    social_space_id UUID,
    agreement_id UUID NOT NULL,
    id UUID NOT NULL,
    line_id UUID,
    kind TEXT NOT NULL,
    balance NUMERIC(20, 2) NOT NULL,
    closed_through DATE,
    CONSTRAINT ledger_account_pkey PRIMARY KEY (id),
    CONSTRAINT ledger_account_kind_check CHECK (kind IN ('free', 'reserved', 'committed', 'booked', 'source', 'carry_over', 'settlement')),
    CONSTRAINT ledger_account_balance_check CHECK (balance >= 0 OR kind NOT IN ('reserved', 'committed', 'booked')),
    CONSTRAINT ledger_account_line_id_kind_key UNIQUE (line_id, kind),
    CONSTRAINT ledger_account_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT ledger_account_social_space_id_fkey FOREIGN KEY(social_space_id) REFERENCES social_space (id),
    CONSTRAINT ledger_account_agreement_id_fkey FOREIGN KEY(agreement_id) REFERENCES budget_agreement (id),
    CONSTRAINT ledger_account_line_id_fkey FOREIGN KEY(line_id) REFERENCES budget_line (id)
);
CREATE INDEX ledger_account_agreement_id ON ledger_account (agreement_id);
CREATE INDEX ledger_account_social_space_id ON ledger_account (social_space_id);
ALTER TABLE ledger_account ENABLE ROW LEVEL SECURITY;
ALTER TABLE ledger_account FORCE ROW LEVEL SECURITY;
CREATE POLICY ledger_account_select ON ledger_account FOR SELECT TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY ledger_account_insert ON ledger_account FOR INSERT TO sozialraum_app WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY ledger_account_update ON ledger_account FOR UPDATE TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid)) WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
GRANT SELECT, INSERT, UPDATE ON ledger_account TO sozialraum_app;

CREATE TABLE overspend_procedure (
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    authority_id UUID NOT NULL,
    social_space_id UUID,
    agreement_id UUID NOT NULL,
    line_id UUID NOT NULL,
    id UUID NOT NULL,
    state TEXT NOT NULL,
    opened_on DATE NOT NULL,
    outcome TEXT,
    closed_by UUID,
    closed_on DATE,
    CONSTRAINT overspend_procedure_pkey PRIMARY KEY (id),
    CONSTRAINT overspend_procedure_state_check CHECK (state IN ('open', 'closed')),
    CONSTRAINT overspend_procedure_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT overspend_procedure_social_space_id_fkey FOREIGN KEY(social_space_id) REFERENCES social_space (id),
    CONSTRAINT overspend_procedure_agreement_id_fkey FOREIGN KEY(agreement_id) REFERENCES budget_agreement (id),
    CONSTRAINT overspend_procedure_line_id_fkey FOREIGN KEY(line_id) REFERENCES budget_line (id),
    CONSTRAINT overspend_procedure_closed_by_fkey FOREIGN KEY(closed_by) REFERENCES actor (id)
);
CREATE INDEX overspend_procedure_agreement_id ON overspend_procedure (agreement_id);
CREATE INDEX overspend_procedure_line_id ON overspend_procedure (line_id);
CREATE UNIQUE INDEX overspend_procedure_open ON overspend_procedure (line_id) WHERE state = 'open';
CREATE INDEX overspend_procedure_social_space_id ON overspend_procedure (social_space_id);
ALTER TABLE overspend_procedure ENABLE ROW LEVEL SECURITY;
ALTER TABLE overspend_procedure FORCE ROW LEVEL SECURITY;
CREATE POLICY overspend_procedure_select ON overspend_procedure FOR SELECT TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY overspend_procedure_insert ON overspend_procedure FOR INSERT TO sozialraum_app WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY overspend_procedure_update ON overspend_procedure FOR UPDATE TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid)) WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
GRANT SELECT, INSERT, UPDATE ON overspend_procedure TO sozialraum_app;

CREATE TABLE booking (
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    authority_id UUID NOT NULL,
    social_space_id UUID,
    agreement_id UUID NOT NULL,
    line_id UUID NOT NULL,
    id UUID NOT NULL,
    invoice_id UUID NOT NULL,
    organisation_id UUID NOT NULL,
    commitment_id UUID,
    case_id UUID,
    amount NUMERIC(14, 2) NOT NULL,
    value_on DATE NOT NULL,
    state TEXT NOT NULL,
    outside_network BOOLEAN NOT NULL,
    proposed_by UUID NOT NULL,
    released_by UUID,
    released_at TIMESTAMP WITH TIME ZONE,
    reversed_by UUID,
    reversed_at TIMESTAMP WITH TIME ZONE,
    reason TEXT,
    CONSTRAINT booking_pkey PRIMARY KEY (id),
    CONSTRAINT booking_state_check CHECK (state IN ('proposed', 'withdrawn', 'released', 'reversed')),
    CONSTRAINT booking_amount_check CHECK (amount > 0),
    CONSTRAINT booking_four_eyes_check CHECK (released_by <> proposed_by),
    CONSTRAINT booking_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT booking_social_space_id_fkey FOREIGN KEY(social_space_id) REFERENCES social_space (id),
    CONSTRAINT booking_agreement_id_fkey FOREIGN KEY(agreement_id) REFERENCES budget_agreement (id),
    CONSTRAINT booking_line_id_fkey FOREIGN KEY(line_id) REFERENCES budget_line (id),
    CONSTRAINT booking_invoice_id_fkey FOREIGN KEY(invoice_id) REFERENCES invoice (id),
    CONSTRAINT booking_organisation_id_fkey FOREIGN KEY(organisation_id) REFERENCES organisation (id),
    CONSTRAINT booking_commitment_id_fkey FOREIGN KEY(commitment_id) REFERENCES commitment (id),
    CONSTRAINT booking_case_id_fkey FOREIGN KEY(case_id) REFERENCES case_file (id),
    CONSTRAINT booking_proposed_by_fkey FOREIGN KEY(proposed_by) REFERENCES actor (id),
    CONSTRAINT booking_released_by_fkey FOREIGN KEY(released_by) REFERENCES actor (id),
    CONSTRAINT booking_reversed_by_fkey FOREIGN KEY(reversed_by) REFERENCES actor (id)
);
CREATE INDEX booking_agreement_id ON booking (agreement_id);
CREATE INDEX booking_case_id ON booking (case_id);
CREATE INDEX booking_commitment_id ON booking (commitment_id);
CREATE INDEX booking_invoice_id ON booking (invoice_id);
CREATE INDEX booking_line_id ON booking (line_id);
CREATE INDEX booking_organisation_id ON booking (organisation_id);
CREATE INDEX booking_social_space_id ON booking (social_space_id);
ALTER TABLE booking ENABLE ROW LEVEL SECURITY;
ALTER TABLE booking FORCE ROW LEVEL SECURITY;
CREATE POLICY booking_select ON booking FOR SELECT TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY booking_insert ON booking FOR INSERT TO sozialraum_app WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY booking_update ON booking FOR UPDATE TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid)) WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
GRANT SELECT, INSERT, UPDATE ON booking TO sozialraum_app;

CREATE TABLE budget_alert (
    authority_id UUID NOT NULL,
    social_space_id UUID,
    agreement_id UUID NOT NULL,
    line_id UUID NOT NULL,
    id UUID NOT NULL,
    procedure_id UUID NOT NULL,
    commitment_id UUID NOT NULL,
    free NUMERIC(20, 2) NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT budget_alert_pkey PRIMARY KEY (id),
    CONSTRAINT budget_alert_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT budget_alert_social_space_id_fkey FOREIGN KEY(social_space_id) REFERENCES social_space (id),
    CONSTRAINT budget_alert_agreement_id_fkey FOREIGN KEY(agreement_id) REFERENCES budget_agreement (id),
    CONSTRAINT budget_alert_line_id_fkey FOREIGN KEY(line_id) REFERENCES budget_line (id),
    CONSTRAINT budget_alert_procedure_id_fkey FOREIGN KEY(procedure_id) REFERENCES overspend_procedure (id),
    CONSTRAINT budget_alert_commitment_id_fkey FOREIGN KEY(commitment_id) REFERENCES commitment (id)
);
CREATE INDEX budget_alert_agreement_id ON budget_alert (agreement_id);
CREATE INDEX budget_alert_line_id ON budget_alert (line_id);
CREATE INDEX budget_alert_procedure_id ON budget_alert (procedure_id);
CREATE INDEX budget_alert_social_space_id ON budget_alert (social_space_id);
ALTER TABLE budget_alert ENABLE ROW LEVEL SECURITY;
ALTER TABLE budget_alert FORCE ROW LEVEL SECURITY;
CREATE POLICY budget_alert_select ON budget_alert FOR SELECT TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY budget_alert_insert ON budget_alert FOR INSERT TO sozialraum_app WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
GRANT SELECT, INSERT ON budget_alert TO sozialraum_app;

CREATE TABLE ledger_day (
    authority_id UUID NOT NULL,
    account_id UUID NOT NULL,
    value_on DATE NOT NULL,
    moved NUMERIC(20, 2) NOT NULL,
    CONSTRAINT ledger_day_pkey PRIMARY KEY (account_id, value_on),
    CONSTRAINT ledger_day_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT ledger_day_account_id_fkey FOREIGN KEY(account_id) REFERENCES ledger_account (id)
);
ALTER TABLE ledger_day ENABLE ROW LEVEL SECURITY;
ALTER TABLE ledger_day FORCE ROW LEVEL SECURITY;
CREATE POLICY ledger_day_select ON ledger_day FOR SELECT TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY ledger_day_insert ON ledger_day FOR INSERT TO sozialraum_app WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY ledger_day_update ON ledger_day FOR UPDATE TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid)) WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
GRANT SELECT, INSERT, UPDATE ON ledger_day TO sozialraum_app;

