-- Provider: assignments, records and deliveries.
SET LOCAL lock_timeout = '5s';

CREATE TABLE assignment (
    valid_from TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    valid_to TIMESTAMP WITH TIME ZONE,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    authority_id UUID NOT NULL,
    id UUID NOT NULL,
    case_id UUID NOT NULL,
    case_pseudonym TEXT NOT NULL,
    organisation_id UUID NOT NULL,
    task TEXT NOT NULL,
    parts TEXT[] NOT NULL,
    purpose TEXT NOT NULL,
    legal_basis TEXT NOT NULL,
    CONSTRAINT assignment_pkey PRIMARY KEY (id),
    CONSTRAINT assignment_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT assignment_case_id_fkey FOREIGN KEY(case_id) REFERENCES case_file (id),
    CONSTRAINT assignment_organisation_id_fkey FOREIGN KEY(organisation_id) REFERENCES organisation (id)
);
CREATE INDEX assignment_case_id ON assignment (case_id);
CREATE INDEX assignment_organisation_id ON assignment (organisation_id);
ALTER TABLE assignment ENABLE ROW LEVEL SECURITY;
ALTER TABLE assignment FORCE ROW LEVEL SECURITY;
CREATE POLICY assignment_select ON assignment FOR SELECT TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY assignment_insert ON assignment FOR INSERT TO sozialraum_app WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY assignment_update ON assignment FOR UPDATE TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid)) WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
GRANT SELECT, INSERT, UPDATE ON assignment TO sozialraum_app;

CREATE TABLE provider_record (
    author_id UUID NOT NULL,
    audience TEXT NOT NULL,
    audience_of UUID[] DEFAULT '{}' NOT NULL,
    authority_id UUID NOT NULL,
    id UUID NOT NULL,
    case_id UUID NOT NULL,
    assignment_id UUID NOT NULL,
    organisation_id UUID NOT NULL,
    kind TEXT NOT NULL,
    words TEXT NOT NULL,
    replaces_id UUID,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT provider_record_pkey PRIMARY KEY (id),
    CONSTRAINT provider_record_kind_check CHECK (kind IN ('progress', 'note')),
    CONSTRAINT provider_record_audience_check CHECK (audience IN ('author', 'named', 'all')),
    CONSTRAINT provider_record_author_id_fkey FOREIGN KEY(author_id) REFERENCES actor (id),
    CONSTRAINT provider_record_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT provider_record_case_id_fkey FOREIGN KEY(case_id) REFERENCES case_file (id),
    CONSTRAINT provider_record_assignment_id_fkey FOREIGN KEY(assignment_id) REFERENCES assignment (id),
    CONSTRAINT provider_record_organisation_id_fkey FOREIGN KEY(organisation_id) REFERENCES organisation (id),
    CONSTRAINT provider_record_replaces_id_fkey FOREIGN KEY(replaces_id) REFERENCES provider_record (id)
);
CREATE INDEX provider_record_assignment_id ON provider_record (assignment_id);
CREATE INDEX provider_record_case_id ON provider_record (case_id);
CREATE INDEX provider_record_replaces_id ON provider_record (replaces_id);
ALTER TABLE provider_record ENABLE ROW LEVEL SECURITY;
ALTER TABLE provider_record FORCE ROW LEVEL SECURITY;
CREATE POLICY provider_record_select ON provider_record FOR SELECT TO sozialraum_app USING (CASE WHEN (SELECT nullif(current_setting('service.case', true), '')::text) IS NULL THEN case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST(nullif(current_setting('service.actor', true), '') AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())) ELSE case_id = (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST(nullif(current_setting('service.actor', true), '') AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now()) AND case_access.case_id = CAST(nullif(current_setting('service.case', true), '') AS UUID) LIMIT 1) END);
CREATE POLICY provider_record_insert ON provider_record FOR INSERT TO sozialraum_app WITH CHECK (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())));
CREATE POLICY provider_record_update ON provider_record FOR UPDATE TO sozialraum_app USING (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now()))) WITH CHECK (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())));
GRANT SELECT, INSERT, UPDATE ON provider_record TO sozialraum_app;

CREATE TABLE delivery (
    authority_id UUID NOT NULL,
    sequence BIGINT GENERATED ALWAYS AS IDENTITY,
    transaction_id xid8 DEFAULT pg_current_xact_id() NOT NULL,
    position TEXT GENERATED ALWAYS AS (lpad((transaction_id)::text, 20, '0'::text) || lpad((sequence)::text, 19, '0'::text)) STORED NOT NULL,
    organisation_id UUID NOT NULL,
    assignment_id UUID NOT NULL,
    case_id UUID NOT NULL,
    case_pseudonym TEXT NOT NULL,
    recipient_id UUID,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    subject_id UUID,
    version INTEGER NOT NULL,
    removal BOOLEAN NOT NULL,
    content JSONB,
    at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT delivery_pkey PRIMARY KEY (sequence),
    CONSTRAINT delivery_position_key UNIQUE (position),
    CONSTRAINT delivery_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT delivery_organisation_id_fkey FOREIGN KEY(organisation_id) REFERENCES organisation (id),
    CONSTRAINT delivery_assignment_id_fkey FOREIGN KEY(assignment_id) REFERENCES assignment (id),
    CONSTRAINT delivery_case_id_fkey FOREIGN KEY(case_id) REFERENCES case_file (id),
    CONSTRAINT delivery_recipient_id_fkey FOREIGN KEY(recipient_id) REFERENCES actor (id)
);
CREATE INDEX delivery_assignment_id ON delivery (assignment_id);
CREATE INDEX delivery_order ON delivery (organisation_id, position);
ALTER TABLE delivery ENABLE ROW LEVEL SECURITY;
ALTER TABLE delivery FORCE ROW LEVEL SECURITY;
CREATE POLICY delivery_select ON delivery FOR SELECT TO sozialraum_app USING (organisation_id IN (SELECT membership.organisation_id FROM membership WHERE membership.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND membership.valid_from <= now() AND (membership.valid_to IS NULL OR membership.valid_to > now())));
CREATE POLICY delivery_insert ON delivery FOR INSERT TO sozialraum_app WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
GRANT SELECT, INSERT ON delivery TO sozialraum_app;

ALTER TABLE case_access ADD COLUMN assignment_id UUID;
ALTER TABLE case_access ADD CONSTRAINT case_access_assignment_id_fkey FOREIGN KEY(assignment_id) REFERENCES assignment (id);
CREATE INDEX case_access_assignment_id ON case_access (assignment_id);
