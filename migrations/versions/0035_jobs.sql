-- Long work as something to look at, and bookings that come in a file.
SET LOCAL lock_timeout = '5s';

CREATE TABLE job (
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    authority_id UUID NOT NULL,
    id UUID NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    subject_id UUID,
    said JSONB NOT NULL,
    unit TEXT NOT NULL,
    done BIGINT NOT NULL,
    total BIGINT,
    findings INTEGER NOT NULL,
    cancel_asked BOOLEAN NOT NULL,
    problem JSONB,
    started_by UUID NOT NULL,
    begun_at TIMESTAMP WITH TIME ZONE,
    ended_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT job_pkey PRIMARY KEY (id),
    CONSTRAINT job_kind_check CHECK (kind IN ('check_bookings', 'post_bookings', 'settle_year', 'release_figures', 'export')),
    CONSTRAINT job_state_check CHECK (state IN ('queued', 'running', 'done', 'failed', 'cancelled')),
    CONSTRAINT job_unit_check CHECK (unit IN ('bytes', 'rows', 'agreements', 'releases')),
    CONSTRAINT job_done_check CHECK (done >= 0 AND total >= 0),
    CONSTRAINT job_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT job_started_by_fkey FOREIGN KEY(started_by) REFERENCES actor (id)
);
CREATE INDEX job_started_by ON job (started_by);
ALTER TABLE job ENABLE ROW LEVEL SECURITY;
ALTER TABLE job FORCE ROW LEVEL SECURITY;
CREATE POLICY job_select ON job FOR SELECT TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY job_insert ON job FOR INSERT TO sozialraum_app WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY job_update ON job FOR UPDATE TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid)) WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
GRANT SELECT, INSERT, UPDATE ON job TO sozialraum_app;

CREATE TABLE job_finding (
    authority_id UUID NOT NULL,
    id UUID NOT NULL,
    job_id UUID NOT NULL,
    row_number INTEGER NOT NULL,
    field TEXT NOT NULL,
    code TEXT NOT NULL,
    detail TEXT NOT NULL,
    advice TEXT NOT NULL,
    subject_id UUID,
    CONSTRAINT job_finding_pkey PRIMARY KEY (id),
    CONSTRAINT job_finding_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT job_finding_job_id_fkey FOREIGN KEY(job_id) REFERENCES job (id)
);
CREATE INDEX job_finding_job_id ON job_finding (job_id);
ALTER TABLE job_finding ENABLE ROW LEVEL SECURITY;
ALTER TABLE job_finding FORCE ROW LEVEL SECURITY;
CREATE POLICY job_finding_select ON job_finding FOR SELECT TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY job_finding_insert ON job_finding FOR INSERT TO sozialraum_app WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
GRANT SELECT, INSERT ON job_finding TO sozialraum_app;

CREATE TABLE job_piece (
    authority_id UUID NOT NULL,
    job_id UUID NOT NULL,
    number INTEGER NOT NULL,
    content BYTEA NOT NULL,
    rows INTEGER NOT NULL,
    following TEXT,
    CONSTRAINT job_piece_pkey PRIMARY KEY (job_id, number),
    CONSTRAINT job_piece_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT job_piece_job_id_fkey FOREIGN KEY(job_id) REFERENCES job (id)
);
ALTER TABLE job_piece ENABLE ROW LEVEL SECURITY;
ALTER TABLE job_piece FORCE ROW LEVEL SECURITY;
CREATE POLICY job_piece_select ON job_piece FOR SELECT TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY job_piece_insert ON job_piece FOR INSERT TO sozialraum_app WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
GRANT SELECT, INSERT ON job_piece TO sozialraum_app;

CREATE TABLE booking_import (
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    authority_id UUID NOT NULL,
    id UUID NOT NULL,
    state TEXT NOT NULL,
    upload INTEGER NOT NULL,
    size BIGINT NOT NULL,
    digest TEXT,
    valid INTEGER NOT NULL,
    faulty INTEGER NOT NULL,
    known INTEGER NOT NULL,
    amount NUMERIC(20, 2) NOT NULL,
    partial BOOLEAN NOT NULL,
    job_id UUID,
    checked_job_id UUID,
    checked_bytes BIGINT NOT NULL,
    checked_rows INTEGER NOT NULL,
    claimed INTEGER NOT NULL,
    written INTEGER NOT NULL,
    imported_by UUID NOT NULL,
    released_by UUID,
    checked_at TIMESTAMP WITH TIME ZONE,
    posted_at TIMESTAMP WITH TIME ZONE,
    ended_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT booking_import_pkey PRIMARY KEY (id),
    CONSTRAINT booking_import_state_check CHECK (state IN ('open', 'checking', 'checked', 'posting', 'posted')),
    CONSTRAINT booking_import_four_eyes_check CHECK (released_by <> imported_by),
    CONSTRAINT booking_import_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT booking_import_job_id_fkey FOREIGN KEY(job_id) REFERENCES job (id),
    CONSTRAINT booking_import_checked_job_id_fkey FOREIGN KEY(checked_job_id) REFERENCES job (id),
    CONSTRAINT booking_import_imported_by_fkey FOREIGN KEY(imported_by) REFERENCES actor (id),
    CONSTRAINT booking_import_released_by_fkey FOREIGN KEY(released_by) REFERENCES actor (id)
);
CREATE UNIQUE INDEX booking_import_posting ON booking_import (authority_id) WHERE state = 'posting';
ALTER TABLE booking_import ENABLE ROW LEVEL SECURITY;
ALTER TABLE booking_import FORCE ROW LEVEL SECURITY;
CREATE POLICY booking_import_select ON booking_import FOR SELECT TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY booking_import_insert ON booking_import FOR INSERT TO sozialraum_app WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY booking_import_update ON booking_import FOR UPDATE TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid)) WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
GRANT SELECT, INSERT, UPDATE ON booking_import TO sozialraum_app;

CREATE TABLE booking_import_piece (
    authority_id UUID NOT NULL,
    import_id UUID NOT NULL,
    upload INTEGER NOT NULL,
    number INTEGER NOT NULL,
    content BYTEA NOT NULL,
    CONSTRAINT booking_import_piece_pkey PRIMARY KEY (import_id, upload, number),
    CONSTRAINT booking_import_piece_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT booking_import_piece_import_id_fkey FOREIGN KEY(import_id) REFERENCES booking_import (id)
);
ALTER TABLE booking_import_piece ENABLE ROW LEVEL SECURITY;
ALTER TABLE booking_import_piece FORCE ROW LEVEL SECURITY;
CREATE POLICY booking_import_piece_select ON booking_import_piece FOR SELECT TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY booking_import_piece_insert ON booking_import_piece FOR INSERT TO sozialraum_app WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY booking_import_piece_update ON booking_import_piece FOR UPDATE TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid)) WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
GRANT SELECT, INSERT, UPDATE ON booking_import_piece TO sozialraum_app;

CREATE TABLE booking_import_row (
    authority_id UUID NOT NULL,
    job_id UUID NOT NULL,
    row_number INTEGER NOT NULL,
    booking_id UUID NOT NULL,
    external_number TEXT NOT NULL,
    organisation_id UUID NOT NULL,
    invoice_number TEXT NOT NULL,
    compared_number TEXT NOT NULL,
    issued_on DATE NOT NULL,
    invoice_amount NUMERIC(14, 2) NOT NULL,
    line_id UUID NOT NULL,
    commitment_id UUID,
    outside_network BOOLEAN NOT NULL,
    amount NUMERIC(14, 2) NOT NULL,
    value_on DATE NOT NULL,
    CONSTRAINT booking_import_row_pkey PRIMARY KEY (job_id, row_number),
    CONSTRAINT booking_import_row_job_id_external_number_key UNIQUE (job_id, external_number),
    CONSTRAINT booking_import_row_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT booking_import_row_job_id_fkey FOREIGN KEY(job_id) REFERENCES job (id)
);
CREATE INDEX booking_import_row_commitment ON booking_import_row (job_id, commitment_id) WHERE commitment_id IS NOT NULL;
CREATE INDEX booking_import_row_invoice ON booking_import_row (job_id, organisation_id, compared_number);
ALTER TABLE booking_import_row ENABLE ROW LEVEL SECURITY;
ALTER TABLE booking_import_row FORCE ROW LEVEL SECURITY;
CREATE POLICY booking_import_row_select ON booking_import_row FOR SELECT TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY booking_import_row_insert ON booking_import_row FOR INSERT TO sozialraum_app WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
GRANT SELECT, INSERT ON booking_import_row TO sozialraum_app;

ALTER TABLE booking ADD COLUMN external_number TEXT, ADD COLUMN import_id UUID,
    ADD CONSTRAINT booking_import_id_fkey FOREIGN KEY(import_id) REFERENCES booking_import (id),
    ADD CONSTRAINT booking_authority_id_external_number_key UNIQUE (authority_id, external_number);
CREATE INDEX booking_import_id ON booking (import_id);

-- The worker hears of a job with the commit that asks for it. By a search path of its own, since procrastinate's
-- triggers name their tables without the schema.
CREATE FUNCTION put_to_work(job uuid, authority uuid) RETURNS void
LANGUAGE sql VOLATILE SET search_path = procrastinate, pg_temp AS $$
    SELECT procrastinate_defer_jobs_v1(ARRAY[ROW(
        'default', 'carry_out', 0, NULL, NULL, jsonb_build_object('job', job, 'authority', authority), NULL
    )::procrastinate_job_to_defer_v1])
$$;
REVOKE ALL ON FUNCTION put_to_work(uuid, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION put_to_work(uuid, uuid) TO sozialraum_app;
