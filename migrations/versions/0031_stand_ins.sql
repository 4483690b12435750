-- Who acts for a case worker who is away.
SET LOCAL lock_timeout = '5s';

CREATE TABLE stand_in (
    valid_from TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    valid_to TIMESTAMP WITH TIME ZONE,
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    authority_id UUID NOT NULL,
    id UUID NOT NULL,
    absent_id UUID NOT NULL,
    actor_id UUID NOT NULL,
    CONSTRAINT stand_in_pkey PRIMARY KEY (id),
    CONSTRAINT stand_in_another_check CHECK (absent_id <> actor_id),
    CONSTRAINT stand_in_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT stand_in_absent_id_fkey FOREIGN KEY(absent_id) REFERENCES actor (id),
    CONSTRAINT stand_in_actor_id_fkey FOREIGN KEY(actor_id) REFERENCES actor (id)
);
CREATE INDEX stand_in_absent_id ON stand_in (absent_id);
CREATE INDEX stand_in_actor_id ON stand_in (actor_id);
ALTER TABLE stand_in ENABLE ROW LEVEL SECURITY;
ALTER TABLE stand_in FORCE ROW LEVEL SECURITY;
CREATE POLICY stand_in_select ON stand_in FOR SELECT TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY stand_in_insert ON stand_in FOR INSERT TO sozialraum_app WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY stand_in_update ON stand_in FOR UPDATE TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid)) WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
GRANT SELECT, INSERT, UPDATE ON stand_in TO sozialraum_app;

ALTER TABLE case_access ADD COLUMN stand_in_id UUID;
ALTER TABLE case_access ADD CONSTRAINT case_access_stand_in_id_fkey FOREIGN KEY(stand_in_id) REFERENCES stand_in (id) NOT VALID;
ALTER TABLE case_access VALIDATE CONSTRAINT case_access_stand_in_id_fkey;
CREATE INDEX case_access_stand_in_id ON case_access (stand_in_id);
