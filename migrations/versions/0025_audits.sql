-- Audits: a case that an auditor reads as a sample, once it is approved.
SET LOCAL lock_timeout = '5s';

ALTER TABLE case_access DROP CONSTRAINT case_access_basis_check;
ALTER TABLE case_access ADD CONSTRAINT case_access_basis_check CHECK (basis IN ('assignment', 'transmission', 'self', 'representation', 'trust', 'network', 'link', 'audit')) NOT VALID;
ALTER TABLE case_access VALIDATE CONSTRAINT case_access_basis_check;
ALTER TABLE case_access DROP CONSTRAINT case_access_transmission_check;
ALTER TABLE case_access ADD CONSTRAINT case_access_transmission_check CHECK (basis NOT IN ('transmission', 'audit') OR (purpose IS NOT NULL AND legal_basis IS NOT NULL)) NOT VALID;
ALTER TABLE case_access VALIDATE CONSTRAINT case_access_transmission_check;
ALTER TABLE case_access DROP CONSTRAINT case_access_expires_check;
ALTER TABLE case_access ADD CONSTRAINT case_access_expires_check CHECK (basis NOT IN ('link', 'audit') OR valid_to IS NOT NULL) NOT VALID;
ALTER TABLE case_access VALIDATE CONSTRAINT case_access_expires_check;

CREATE TABLE audit_request (
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    authority_id UUID NOT NULL,
    id UUID NOT NULL,
    case_id UUID NOT NULL,
    pseudonym TEXT NOT NULL,
    purpose TEXT NOT NULL,
    legal_basis TEXT NOT NULL,
    valid_to TIMESTAMP WITH TIME ZONE NOT NULL,
    requested_by_id UUID NOT NULL,
    state TEXT NOT NULL,
    decided_by_id UUID,
    refused_because TEXT,
    case_access_id UUID,
    CONSTRAINT audit_request_pkey PRIMARY KEY (id),
    CONSTRAINT audit_request_state_check CHECK (state IN ('requested', 'approved', 'refused', 'ended')),
    CONSTRAINT audit_request_decided_check CHECK ((state = 'requested') = (decided_by_id IS NULL)),
    CONSTRAINT audit_request_four_eyes_check CHECK (decided_by_id <> requested_by_id),
    CONSTRAINT audit_request_opened_check CHECK ((state IN ('approved', 'ended')) = (case_access_id IS NOT NULL)),
    CONSTRAINT audit_request_refused_check CHECK ((state = 'refused') = (refused_because IS NOT NULL)),
    CONSTRAINT audit_request_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT audit_request_case_id_fkey FOREIGN KEY(case_id) REFERENCES case_file (id),
    CONSTRAINT audit_request_requested_by_id_fkey FOREIGN KEY(requested_by_id) REFERENCES actor (id),
    CONSTRAINT audit_request_decided_by_id_fkey FOREIGN KEY(decided_by_id) REFERENCES actor (id),
    CONSTRAINT audit_request_case_access_id_fkey FOREIGN KEY(case_access_id) REFERENCES case_access (id)
);
CREATE INDEX audit_request_case_id ON audit_request (case_id);
CREATE INDEX audit_request_requested_by_id ON audit_request (requested_by_id);
ALTER TABLE audit_request ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_request FORCE ROW LEVEL SECURITY;
CREATE POLICY audit_request_select ON audit_request FOR SELECT TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY audit_request_insert ON audit_request FOR INSERT TO sozialraum_app WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY audit_request_update ON audit_request FOR UPDATE TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid)) WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
GRANT SELECT, INSERT, UPDATE ON audit_request TO sozialraum_app;
