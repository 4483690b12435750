-- Whether a family is known: a keyed digest beside each person, and who has asked.
SET LOCAL lock_timeout = '5s';

CREATE TABLE known_person (
    authority_id UUID NOT NULL,
    participant_id UUID NOT NULL,
    case_id UUID NOT NULL,
    digest TEXT NOT NULL,
    made_with TEXT DEFAULT '' NOT NULL,
    CONSTRAINT known_person_pkey PRIMARY KEY (participant_id),
    CONSTRAINT known_person_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT known_person_participant_id_fkey FOREIGN KEY(participant_id) REFERENCES participant (id),
    CONSTRAINT known_person_case_id_fkey FOREIGN KEY(case_id) REFERENCES case_file (id)
);
CREATE INDEX known_person_case_id ON known_person (case_id);
CREATE INDEX known_person_digest ON known_person (authority_id, digest);
ALTER TABLE known_person ENABLE ROW LEVEL SECURITY;
ALTER TABLE known_person FORCE ROW LEVEL SECURITY;
CREATE POLICY known_person_select ON known_person FOR SELECT TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY known_person_insert ON known_person FOR INSERT TO sozialraum_app WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY known_person_update ON known_person FOR UPDATE TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid)) WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
GRANT SELECT, INSERT, UPDATE ON known_person TO sozialraum_app;

CREATE TABLE family_inquiry (
    authority_id UUID NOT NULL,
    id UUID NOT NULL,
    actor_id UUID NOT NULL,
    because TEXT NOT NULL,
    known BOOLEAN NOT NULL,
    asked_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT family_inquiry_pkey PRIMARY KEY (id),
    CONSTRAINT family_inquiry_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT family_inquiry_actor_id_fkey FOREIGN KEY(actor_id) REFERENCES actor (id)
);
CREATE INDEX family_inquiry_actor ON family_inquiry (actor_id, asked_at);
ALTER TABLE family_inquiry ENABLE ROW LEVEL SECURITY;
ALTER TABLE family_inquiry FORCE ROW LEVEL SECURITY;
CREATE POLICY family_inquiry_select ON family_inquiry FOR SELECT TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY family_inquiry_insert ON family_inquiry FOR INSERT TO sozialraum_app WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
GRANT SELECT, INSERT ON family_inquiry TO sozialraum_app;
