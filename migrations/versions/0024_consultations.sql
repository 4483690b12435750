-- Consultations, and the methods they follow.
SET LOCAL lock_timeout = '5s';

CREATE TABLE consultation_method (
    name_de TEXT NOT NULL,
    name_en TEXT NOT NULL,
    name_simple TEXT NOT NULL,
    authority_id UUID,
    id UUID NOT NULL,
    code TEXT NOT NULL,
    roles TEXT[] NOT NULL,
    CONSTRAINT consultation_method_pkey PRIMARY KEY (id),
    CONSTRAINT consultation_method_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id)
);
ALTER TABLE consultation_method ENABLE ROW LEVEL SECURITY;
ALTER TABLE consultation_method FORCE ROW LEVEL SECURITY;
CREATE POLICY consultation_method_select ON consultation_method FOR SELECT TO sozialraum_app USING (true);
CREATE POLICY consultation_method_insert ON consultation_method FOR INSERT TO sozialraum_app WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY consultation_method_update ON consultation_method FOR UPDATE TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid)) WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
GRANT SELECT, INSERT, UPDATE ON consultation_method TO sozialraum_app;

CREATE TABLE consultation_phase (
    name_de TEXT NOT NULL,
    name_en TEXT NOT NULL,
    name_simple TEXT NOT NULL,
    authority_id UUID,
    id UUID NOT NULL,
    method_id UUID NOT NULL,
    position INTEGER NOT NULL,
    family_time BOOLEAN NOT NULL,
    records TEXT[] NOT NULL,
    CONSTRAINT consultation_phase_pkey PRIMARY KEY (id),
    CONSTRAINT consultation_phase_method_id_position_key UNIQUE (method_id, position),
    CONSTRAINT consultation_phase_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT consultation_phase_method_id_fkey FOREIGN KEY(method_id) REFERENCES consultation_method (id)
);
ALTER TABLE consultation_phase ENABLE ROW LEVEL SECURITY;
ALTER TABLE consultation_phase FORCE ROW LEVEL SECURITY;
CREATE POLICY consultation_phase_select ON consultation_phase FOR SELECT TO sozialraum_app USING (true);
CREATE POLICY consultation_phase_insert ON consultation_phase FOR INSERT TO sozialraum_app WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY consultation_phase_update ON consultation_phase FOR UPDATE TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid)) WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
GRANT SELECT, INSERT, UPDATE ON consultation_phase TO sozialraum_app;

CREATE TABLE consultation (
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    authority_id UUID NOT NULL,
    id UUID NOT NULL,
    case_id UUID NOT NULL,
    case_pseudonym TEXT NOT NULL,
    social_space_id UUID,
    method_id UUID NOT NULL,
    question TEXT NOT NULL,
    must_hold TEXT,
    state TEXT NOT NULL,
    phase INTEGER NOT NULL,
    moderator_id UUID,
    starts_at TIMESTAMP WITH TIME ZONE,
    venue TEXT,
    interpreting TEXT,
    choice TEXT,
    chosen_by_id UUID,
    steps UUID[] DEFAULT '{}' NOT NULL,
    follow_up_on DATE,
    follow_up TEXT,
    cancelled_because TEXT,
    CONSTRAINT consultation_pkey PRIMARY KEY (id),
    CONSTRAINT consultation_state_check CHECK (state IN ('requested', 'consented', 'scheduled', 'held', 'results_recorded', 'followed_up', 'closed', 'cancelled')),
    CONSTRAINT consultation_phase_check CHECK ((state = 'held') = (phase > 0)),
    CONSTRAINT consultation_cancelled_check CHECK ((state = 'cancelled') = (cancelled_because IS NOT NULL)),
    CONSTRAINT consultation_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT consultation_case_id_fkey FOREIGN KEY(case_id) REFERENCES case_file (id),
    CONSTRAINT consultation_social_space_id_fkey FOREIGN KEY(social_space_id) REFERENCES social_space (id),
    CONSTRAINT consultation_method_id_fkey FOREIGN KEY(method_id) REFERENCES consultation_method (id),
    CONSTRAINT consultation_moderator_id_fkey FOREIGN KEY(moderator_id) REFERENCES actor (id),
    CONSTRAINT consultation_chosen_by_id_fkey FOREIGN KEY(chosen_by_id) REFERENCES actor (id)
);
CREATE INDEX consultation_case_id ON consultation (case_id);
ALTER TABLE consultation ENABLE ROW LEVEL SECURITY;
ALTER TABLE consultation FORCE ROW LEVEL SECURITY;
CREATE POLICY consultation_select ON consultation FOR SELECT TO sozialraum_app USING (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())) OR moderator_id = (SELECT nullif(current_setting('service.actor', true), '')::uuid));
CREATE POLICY consultation_insert ON consultation FOR INSERT TO sozialraum_app WITH CHECK (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())) OR moderator_id = (SELECT nullif(current_setting('service.actor', true), '')::uuid));
CREATE POLICY consultation_update ON consultation FOR UPDATE TO sozialraum_app USING (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())) OR moderator_id = (SELECT nullif(current_setting('service.actor', true), '')::uuid)) WITH CHECK (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())) OR moderator_id = (SELECT nullif(current_setting('service.actor', true), '')::uuid));
GRANT SELECT, INSERT, UPDATE ON consultation TO sozialraum_app;

CREATE TABLE consultation_participant (
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    authority_id UUID NOT NULL,
    id UUID NOT NULL,
    case_id UUID NOT NULL,
    consultation_id UUID NOT NULL,
    role TEXT NOT NULL,
    participant_id UUID,
    actor_id UUID,
    consent TEXT NOT NULL,
    answered_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT consultation_participant_pkey PRIMARY KEY (id),
    CONSTRAINT consultation_participant_role_check CHECK (role IN ('family', 'case_giver', 'moderator', 'coordinator', 'idea_giver', 'expert_by_experience', 'interpreter')),
    CONSTRAINT consultation_participant_consent_check CHECK (consent IN ('asked', 'given', 'refused')),
    CONSTRAINT consultation_participant_somebody_check CHECK (coalesce(participant_id, actor_id) IS NOT NULL),
    CONSTRAINT consultation_participant_consultation_id_participant_id_9369 UNIQUE (consultation_id, participant_id, actor_id),
    CONSTRAINT consultation_participant_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT consultation_participant_case_id_fkey FOREIGN KEY(case_id) REFERENCES case_file (id),
    CONSTRAINT consultation_participant_consultation_id_fkey FOREIGN KEY(consultation_id) REFERENCES consultation (id),
    CONSTRAINT consultation_participant_participant_id_fkey FOREIGN KEY(participant_id) REFERENCES participant (id),
    CONSTRAINT consultation_participant_actor_id_fkey FOREIGN KEY(actor_id) REFERENCES actor (id)
);
CREATE INDEX consultation_participant_actor_id ON consultation_participant (actor_id);
CREATE INDEX consultation_participant_case_id ON consultation_participant (case_id);
ALTER TABLE consultation_participant ENABLE ROW LEVEL SECURITY;
ALTER TABLE consultation_participant FORCE ROW LEVEL SECURITY;
CREATE POLICY consultation_participant_select ON consultation_participant FOR SELECT TO sozialraum_app USING (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())) OR actor_id = (SELECT nullif(current_setting('service.actor', true), '')::uuid));
CREATE POLICY consultation_participant_insert ON consultation_participant FOR INSERT TO sozialraum_app WITH CHECK (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())) OR actor_id = (SELECT nullif(current_setting('service.actor', true), '')::uuid));
CREATE POLICY consultation_participant_update ON consultation_participant FOR UPDATE TO sozialraum_app USING (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())) OR actor_id = (SELECT nullif(current_setting('service.actor', true), '')::uuid)) WITH CHECK (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())) OR actor_id = (SELECT nullif(current_setting('service.actor', true), '')::uuid));
GRANT SELECT, INSERT, UPDATE ON consultation_participant TO sozialraum_app;

CREATE TABLE consultation_sketch (
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    authority_id UUID NOT NULL,
    id UUID NOT NULL,
    case_id UUID NOT NULL,
    consultation_id UUID NOT NULL,
    case_pseudonym TEXT NOT NULL,
    question TEXT NOT NULL,
    rare_features TEXT[] NOT NULL,
    words TEXT NOT NULL,
    invited UUID[] DEFAULT '{}' NOT NULL,
    ideas_wanted BOOLEAN NOT NULL,
    released_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT consultation_sketch_pkey PRIMARY KEY (id),
    CONSTRAINT consultation_sketch_consultation_id_key UNIQUE (consultation_id),
    CONSTRAINT consultation_sketch_released_check CHECK (released_at IS NOT NULL OR cardinality(invited) = 0),
    CONSTRAINT consultation_sketch_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT consultation_sketch_case_id_fkey FOREIGN KEY(case_id) REFERENCES case_file (id),
    CONSTRAINT consultation_sketch_consultation_id_fkey FOREIGN KEY(consultation_id) REFERENCES consultation (id)
);
CREATE INDEX consultation_sketch_case_id ON consultation_sketch (case_id);
CREATE INDEX consultation_sketch_invited ON consultation_sketch USING gin (invited);
ALTER TABLE consultation_sketch ENABLE ROW LEVEL SECURITY;
ALTER TABLE consultation_sketch FORCE ROW LEVEL SECURITY;
CREATE POLICY consultation_sketch_select ON consultation_sketch FOR SELECT TO sozialraum_app USING (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())) OR (SELECT nullif(current_setting('service.actor', true), '')::uuid) = ANY (invited));
CREATE POLICY consultation_sketch_insert ON consultation_sketch FOR INSERT TO sozialraum_app WITH CHECK (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())) OR (SELECT nullif(current_setting('service.actor', true), '')::uuid) = ANY (invited));
CREATE POLICY consultation_sketch_update ON consultation_sketch FOR UPDATE TO sozialraum_app USING (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())) OR (SELECT nullif(current_setting('service.actor', true), '')::uuid) = ANY (invited)) WITH CHECK (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())) OR (SELECT nullif(current_setting('service.actor', true), '')::uuid) = ANY (invited));
GRANT SELECT, INSERT, UPDATE ON consultation_sketch TO sozialraum_app;

CREATE TABLE family_draft (
    authority_id UUID NOT NULL,
    id UUID NOT NULL,
    case_id UUID NOT NULL,
    consultation_id UUID NOT NULL,
    circle UUID[] DEFAULT '{}' NOT NULL,
    author_id UUID NOT NULL,
    words TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT family_draft_pkey PRIMARY KEY (id),
    CONSTRAINT family_draft_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT family_draft_case_id_fkey FOREIGN KEY(case_id) REFERENCES case_file (id),
    CONSTRAINT family_draft_consultation_id_fkey FOREIGN KEY(consultation_id) REFERENCES consultation (id),
    CONSTRAINT family_draft_author_id_fkey FOREIGN KEY(author_id) REFERENCES actor (id)
);
CREATE INDEX family_draft_case_id ON family_draft (case_id);
CREATE INDEX family_draft_consultation_id ON family_draft (consultation_id);
ALTER TABLE family_draft ENABLE ROW LEVEL SECURITY;
ALTER TABLE family_draft FORCE ROW LEVEL SECURITY;
CREATE POLICY family_draft_select ON family_draft FOR SELECT TO sozialraum_app USING ((SELECT nullif(current_setting('service.actor', true), '')::uuid) = ANY (circle));
CREATE POLICY family_draft_insert ON family_draft FOR INSERT TO sozialraum_app WITH CHECK ((SELECT nullif(current_setting('service.actor', true), '')::uuid) = ANY (circle));
CREATE POLICY family_draft_update ON family_draft FOR UPDATE TO sozialraum_app USING ((SELECT nullif(current_setting('service.actor', true), '')::uuid) = ANY (circle)) WITH CHECK ((SELECT nullif(current_setting('service.actor', true), '')::uuid) = ANY (circle));
GRANT SELECT, INSERT, UPDATE ON family_draft TO sozialraum_app;

CREATE TABLE family_plan (
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    authority_id UUID NOT NULL,
    id UUID NOT NULL,
    case_id UUID NOT NULL,
    consultation_id UUID NOT NULL,
    author_id UUID NOT NULL,
    words TEXT NOT NULL,
    accepted_at TIMESTAMP WITH TIME ZONE,
    returned_because TEXT,
    CONSTRAINT family_plan_pkey PRIMARY KEY (id),
    CONSTRAINT family_plan_either_check CHECK (accepted_at IS NULL OR returned_because IS NULL),
    CONSTRAINT family_plan_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT family_plan_case_id_fkey FOREIGN KEY(case_id) REFERENCES case_file (id),
    CONSTRAINT family_plan_consultation_id_fkey FOREIGN KEY(consultation_id) REFERENCES consultation (id),
    CONSTRAINT family_plan_author_id_fkey FOREIGN KEY(author_id) REFERENCES actor (id)
);
CREATE INDEX family_plan_case_id ON family_plan (case_id);
CREATE INDEX family_plan_consultation_id ON family_plan (consultation_id);
ALTER TABLE family_plan ENABLE ROW LEVEL SECURITY;
ALTER TABLE family_plan FORCE ROW LEVEL SECURITY;
CREATE POLICY family_plan_select ON family_plan FOR SELECT TO sozialraum_app USING (CASE WHEN (SELECT nullif(current_setting('service.case', true), '')::text) IS NULL THEN case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST(nullif(current_setting('service.actor', true), '') AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())) ELSE case_id = (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST(nullif(current_setting('service.actor', true), '') AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now()) AND case_access.case_id = CAST(nullif(current_setting('service.case', true), '') AS UUID) LIMIT 1) END);
CREATE POLICY family_plan_insert ON family_plan FOR INSERT TO sozialraum_app WITH CHECK (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())));
CREATE POLICY family_plan_update ON family_plan FOR UPDATE TO sozialraum_app USING (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now()))) WITH CHECK (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())));
GRANT SELECT, INSERT, UPDATE ON family_plan TO sozialraum_app;

CREATE TABLE idea (
    authority_id UUID NOT NULL,
    id UUID NOT NULL,
    case_id UUID NOT NULL,
    consultation_id UUID NOT NULL,
    author_id UUID NOT NULL,
    words TEXT NOT NULL,
    chosen BOOLEAN NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT idea_pkey PRIMARY KEY (id),
    CONSTRAINT idea_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT idea_case_id_fkey FOREIGN KEY(case_id) REFERENCES case_file (id),
    CONSTRAINT idea_consultation_id_fkey FOREIGN KEY(consultation_id) REFERENCES consultation (id),
    CONSTRAINT idea_author_id_fkey FOREIGN KEY(author_id) REFERENCES actor (id)
);
CREATE INDEX idea_case_id ON idea (case_id);
CREATE INDEX idea_consultation_id ON idea (consultation_id);
ALTER TABLE idea ENABLE ROW LEVEL SECURITY;
ALTER TABLE idea FORCE ROW LEVEL SECURITY;
CREATE POLICY idea_select ON idea FOR SELECT TO sozialraum_app USING (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())) OR author_id = (SELECT nullif(current_setting('service.actor', true), '')::uuid));
CREATE POLICY idea_insert ON idea FOR INSERT TO sozialraum_app WITH CHECK (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())) OR author_id = (SELECT nullif(current_setting('service.actor', true), '')::uuid));
CREATE POLICY idea_update ON idea FOR UPDATE TO sozialraum_app USING (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())) OR author_id = (SELECT nullif(current_setting('service.actor', true), '')::uuid)) WITH CHECK (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())) OR author_id = (SELECT nullif(current_setting('service.actor', true), '')::uuid));
GRANT SELECT, INSERT, UPDATE ON idea TO sozialraum_app;

-- Five methods are there for everybody; an authority adds its own.
ALTER TABLE consultation_method NO FORCE ROW LEVEL SECURITY;
ALTER TABLE consultation_phase NO FORCE ROW LEVEL SECURITY;
INSERT INTO consultation_method (id, code, name_de, name_en, name_simple, roles) VALUES ('019b76da-a800-7ed3-a67f-b3a4ed749102', 'participatory_peer', 'Partizipativ-kollegiale Beratung', 'participatory-collegial consultation', 'Zusammen beraten', '{family,case_giver,moderator,idea_giver,expert_by_experience,interpreter}');
INSERT INTO consultation_phase (id, method_id, position, name_de, name_en, name_simple, family_time, records) VALUES ('019b76da-a800-7406-9a07-6847956e0aba', '019b76da-a800-7ed3-a67f-b3a4ed749102', 1, 'Wille und Ressourcen vorstellen', 'presenting will and resources', 'Sie erzählen: Was wollen Sie? Was haben Sie schon?', false, '{sketch}');
INSERT INTO consultation_phase (id, method_id, position, name_de, name_en, name_simple, family_time, records) VALUES ('019b76da-a800-7945-8200-0a9a3401c982', '019b76da-a800-7ed3-a67f-b3a4ed749102', 2, 'Verständnisfragen', 'clarifying questions', 'Die anderen fragen nach.', false, '{}');
INSERT INTO consultation_phase (id, method_id, position, name_de, name_en, name_simple, family_time, records) VALUES ('019b76da-a800-7dff-b5da-521a895bf3ee', '019b76da-a800-7ed3-a67f-b3a4ed749102', 3, 'Ideen sammeln, ohne zu bewerten', 'collecting ideas, without judging', 'Alle sagen ihre Ideen. Keine ist falsch.', false, '{ideas}');
INSERT INTO consultation_phase (id, method_id, position, name_de, name_en, name_simple, family_time, records) VALUES ('019b76da-a800-7399-8009-8f8861cf88bd', '019b76da-a800-7ed3-a67f-b3a4ed749102', 4, 'Auswählen, was passt', 'choosing what fits', 'Sie suchen aus, was Ihnen gefällt.', false, '{choice}');
INSERT INTO consultation_phase (id, method_id, position, name_de, name_en, name_simple, family_time, records) VALUES ('019b76da-a800-75cf-8519-4faeddf81dc5', '019b76da-a800-7ed3-a67f-b3a4ed749102', 5, 'Vereinbaren: wer, was, bis wann', 'agreeing who does what by when', 'Wir schreiben auf: Wer macht was bis wann?', false, '{results}');
INSERT INTO consultation_method (id, code, name_de, name_en, name_simple, roles) VALUES ('019b76da-a800-77b0-a71f-d9134197e696', 'family_council', 'Familienrat', 'family council', 'Familienrat', '{family,case_giver,coordinator,interpreter}');
INSERT INTO consultation_phase (id, method_id, position, name_de, name_en, name_simple, family_time, records) VALUES ('019b76da-a800-7274-b663-71dbd5076639', '019b76da-a800-77b0-a71f-d9134197e696', 1, 'Informationen: die Sorge, die Bedingungen, was es gibt', 'information: the concern, what has to hold, what there is', 'Wir sagen, worum es geht und was sein muss.', false, '{}');
INSERT INTO consultation_phase (id, method_id, position, name_de, name_en, name_simple, family_time, records) VALUES ('019b76da-a800-724e-ae18-542d07a357f0', '019b76da-a800-77b0-a71f-d9134197e696', 2, 'Familienzeit', 'family time', 'Zeit für Sie allein. Das Amt ist nicht dabei.', true, '{family_plan}');
INSERT INTO consultation_phase (id, method_id, position, name_de, name_en, name_simple, family_time, records) VALUES ('019b76da-a800-74b3-9033-e90da0e3b546', '019b76da-a800-77b0-a71f-d9134197e696', 3, 'Den Plan vorstellen und annehmen', 'presenting and accepting the plan', 'Sie zeigen Ihren Plan.', false, '{results}');
INSERT INTO consultation_method (id, code, name_de, name_en, name_simple, roles) VALUES ('019b76da-a800-798d-ada0-3da97d89cdd5', 'strengths_conference', 'Eigenkraftkonferenz', 'strengths conference', 'Treffen: Was wir selbst schaffen', '{family,case_giver,coordinator,moderator,expert_by_experience,interpreter}');
INSERT INTO consultation_phase (id, method_id, position, name_de, name_en, name_simple, family_time, records) VALUES ('019b76da-a800-79bc-93eb-f2ab11cfb929', '019b76da-a800-798d-ada0-3da97d89cdd5', 1, 'Stärken und Ressourcen sammeln', 'collecting strengths and resources', 'Was können Sie gut? Wer hilft Ihnen?', false, '{ideas}');
INSERT INTO consultation_phase (id, method_id, position, name_de, name_en, name_simple, family_time, records) VALUES ('019b76da-a800-7fc7-b045-9aa26240df25', '019b76da-a800-798d-ada0-3da97d89cdd5', 2, 'Zeit des eigenen Kreises', 'time of one''s own circle', 'Zeit für Sie und Ihre Leute allein.', true, '{family_plan}');
INSERT INTO consultation_phase (id, method_id, position, name_de, name_en, name_simple, family_time, records) VALUES ('019b76da-a800-7667-901d-11049779f48c', '019b76da-a800-798d-ada0-3da97d89cdd5', 3, 'Vereinbaren, was folgt', 'agreeing what follows', 'Wir schreiben auf, was Sie vorhaben.', false, '{results}');
INSERT INTO consultation_method (id, code, name_de, name_en, name_simple, roles) VALUES ('019b76da-a800-7924-8030-f3daa48e49e2', 'safety_mapping', 'Sicherheit gemeinsam einschätzen', 'safety mapping', 'Zusammen schauen: Ist es sicher?', '{family,case_giver,moderator,interpreter}');
INSERT INTO consultation_phase (id, method_id, position, name_de, name_en, name_simple, family_time, records) VALUES ('019b76da-a800-7b01-ac4d-8a846c8ff1a1', '019b76da-a800-7924-8030-f3daa48e49e2', 1, 'Was macht Sorgen?', 'what are we worried about?', 'Was macht Sorgen?', false, '{}');
INSERT INTO consultation_phase (id, method_id, position, name_de, name_en, name_simple, family_time, records) VALUES ('019b76da-a800-7002-8b69-612a7450353c', '019b76da-a800-7924-8030-f3daa48e49e2', 2, 'Was läuft gut?', 'what is working well?', 'Was läuft gut?', false, '{}');
INSERT INTO consultation_phase (id, method_id, position, name_de, name_en, name_simple, family_time, records) VALUES ('019b76da-a800-7b0c-85b8-ddb6121d63ad', '019b76da-a800-7924-8030-f3daa48e49e2', 3, 'Was muss geschehen?', 'what needs to happen?', 'Was muss passieren?', false, '{ideas}');
INSERT INTO consultation_phase (id, method_id, position, name_de, name_en, name_simple, family_time, records) VALUES ('019b76da-a800-7a4d-b299-90a0a7790ffb', '019b76da-a800-7924-8030-f3daa48e49e2', 4, 'Einschätzen auf einer Skala von 0 bis 10, jede:r für sich', 'placing it on a scale from 0 to 10, each for themselves', 'Wie sicher ist es? Jeder sagt es für sich.', false, '{choice}');
INSERT INTO consultation_phase (id, method_id, position, name_de, name_en, name_simple, family_time, records) VALUES ('019b76da-a800-75cd-8bf6-1d4edc23e348', '019b76da-a800-7924-8030-f3daa48e49e2', 5, 'Wer gehört zum Netz, und was tut wer?', 'who belongs to the network, and does what?', 'Wer hilft mit? Wer macht was?', false, '{results}');
INSERT INTO consultation_method (id, code, name_de, name_en, name_simple, roles) VALUES ('019b76da-a800-757b-8fe5-4b725a08cf4b', 'resource_check', 'Ressourcencheck', 'resource check', 'Was Sie alles haben', '{family,case_giver,moderator,idea_giver,expert_by_experience,interpreter}');
INSERT INTO consultation_phase (id, method_id, position, name_de, name_en, name_simple, family_time, records) VALUES ('019b76da-a800-7b9d-82ca-ab27be6f2019', '019b76da-a800-757b-8fe5-4b725a08cf4b', 1, 'Das bin ich', 'that is me', 'Das bin ich.', false, '{sketch}');
INSERT INTO consultation_phase (id, method_id, position, name_de, name_en, name_simple, family_time, records) VALUES ('019b76da-a800-7b68-80ad-1241dd5184bc', '019b76da-a800-757b-8fe5-4b725a08cf4b', 2, 'Stärken sammeln', 'strengths storming', 'Alle sagen: Das kannst du gut.', false, '{ideas}');
INSERT INTO consultation_phase (id, method_id, position, name_de, name_en, name_simple, family_time, records) VALUES ('019b76da-a800-795d-b33c-f3bcc7031a5e', '019b76da-a800-757b-8fe5-4b725a08cf4b', 3, 'Rückmeldung zur Rückmeldung', 'feedback to the feedback', 'Sie sagen: Was stimmt davon?', false, '{choice}');
INSERT INTO consultation_phase (id, method_id, position, name_de, name_en, name_simple, family_time, records) VALUES ('019b76da-a800-74f3-9b42-bc371aa19ad3', '019b76da-a800-757b-8fe5-4b725a08cf4b', 4, 'Gelegenheiten schaffen', 'creating opportunities', 'Wir überlegen: Wo können Sie das zeigen?', false, '{results}');
ALTER TABLE consultation_method FORCE ROW LEVEL SECURITY;
ALTER TABLE consultation_phase FORCE ROW LEVEL SECURITY;
