-- Case work in full: what steps come back as, who names a stand-in, what moderators read, what experts by experience get,
-- what is cleared up of help outside the family, whose claim it is, and counselling without custodians' knowledge.
SET LOCAL lock_timeout = '5s';

ALTER TABLE step ADD COLUMN dropped_in TEXT;
ALTER TABLE stand_in ADD COLUMN named_by_id UUID;
ALTER TABLE stand_in ADD CONSTRAINT stand_in_named_by_id_fkey FOREIGN KEY (named_by_id) REFERENCES actor (id) NOT VALID;
ALTER TABLE stand_in VALIDATE CONSTRAINT stand_in_named_by_id_fkey;
CREATE INDEX stand_in_named_by_id ON stand_in (named_by_id);
ALTER TABLE consultation ADD COLUMN moderator_reads BOOLEAN DEFAULT false NOT NULL;
ALTER TABLE consultation_participant ADD COLUMN moderator_reads BOOLEAN DEFAULT false NOT NULL;
ALTER TABLE consultation_participant ADD COLUMN hours NUMERIC(4, 2);
ALTER TABLE consultation_participant ADD COLUMN fee NUMERIC(14, 2);
ALTER TABLE consultation_participant ADD CONSTRAINT consultation_participant_effort_check CHECK (role = 'expert_by_experience' OR num_nonnulls(hours, fee) = 0) NOT VALID;
ALTER TABLE consultation_participant ADD CONSTRAINT consultation_participant_hours_check CHECK (hours > 0 AND hours <= 24) NOT VALID;
ALTER TABLE consultation_participant ADD CONSTRAINT consultation_participant_fee_check CHECK (fee >= 0) NOT VALID;
ALTER TABLE consultation_participant VALIDATE CONSTRAINT consultation_participant_effort_check;
ALTER TABLE consultation_participant VALIDATE CONSTRAINT consultation_participant_hours_check;
ALTER TABLE consultation_participant VALIDATE CONSTRAINT consultation_participant_fee_check;
ALTER TABLE arrangement_element ADD COLUMN custodians_told_on DATE;
ALTER TABLE arrangement_element ADD COLUMN custodians_not_told_because TEXT;
ALTER TABLE arrangement_element ADD COLUMN applicant_id UUID;
ALTER TABLE arrangement_element ADD CONSTRAINT arrangement_element_applicant_id_fkey FOREIGN KEY (applicant_id) REFERENCES participant (id) NOT VALID;
ALTER TABLE arrangement_element VALIDATE CONSTRAINT arrangement_element_applicant_id_fkey;
ALTER TABLE disagreement DROP CONSTRAINT disagreement_about_check;
ALTER TABLE disagreement ADD CONSTRAINT disagreement_about_check CHECK (about IN ('case', 'suggestion', 'situation_entry', 'provider_record', 'decision', 'question', 'goal', 'step', 'element', 'review', 'perspective', 'consultation', 'consultation_sketch', 'consultation_entry')) NOT VALID;
ALTER TABLE disagreement VALIDATE CONSTRAINT disagreement_about_check;
ALTER TABLE withdrawal DROP CONSTRAINT withdrawal_kind_check;
ALTER TABLE withdrawal ADD CONSTRAINT withdrawal_kind_check CHECK (kind IN ('suggestion', 'situation_entry', 'goal', 'step', 'provider_record', 'decision', 'setting_change', 'consultation_entry', 'perspective')) NOT VALID;
ALTER TABLE withdrawal VALIDATE CONSTRAINT withdrawal_kind_check;

CREATE TABLE confidential_counselling (
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    authority_id UUID NOT NULL,
    id UUID NOT NULL,
    case_id UUID NOT NULL,
    participant_id UUID NOT NULL,
    because TEXT NOT NULL,
    began_on DATE NOT NULL,
    review_on DATE NOT NULL,
    ended_on DATE,
    ended_because TEXT,
    CONSTRAINT confidential_counselling_pkey PRIMARY KEY (id),
    CONSTRAINT confidential_counselling_ended_check CHECK ((ended_on IS NULL) = (ended_because IS NULL)),
    CONSTRAINT confidential_counselling_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT confidential_counselling_case_id_fkey FOREIGN KEY(case_id) REFERENCES case_file (id),
    CONSTRAINT confidential_counselling_participant_id_fkey FOREIGN KEY(participant_id) REFERENCES participant (id)
);
CREATE INDEX confidential_counselling_case_id ON confidential_counselling (case_id);
CREATE UNIQUE INDEX confidential_counselling_holds ON confidential_counselling (participant_id) WHERE ended_on IS NULL;
ALTER TABLE confidential_counselling ENABLE ROW LEVEL SECURITY;
ALTER TABLE confidential_counselling FORCE ROW LEVEL SECURITY;
CREATE POLICY confidential_counselling_select ON confidential_counselling FOR SELECT TO sozialraum_app USING (CASE WHEN (SELECT nullif(current_setting('service.case', true), '')::text) IS NULL THEN case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST(nullif(current_setting('service.actor', true), '') AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())) ELSE case_id = (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST(nullif(current_setting('service.actor', true), '') AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now()) AND case_access.case_id = CAST(nullif(current_setting('service.case', true), '') AS UUID) LIMIT 1) END);
CREATE POLICY confidential_counselling_insert ON confidential_counselling FOR INSERT TO sozialraum_app WITH CHECK (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())));
CREATE POLICY confidential_counselling_update ON confidential_counselling FOR UPDATE TO sozialraum_app USING (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now()))) WITH CHECK (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())));
GRANT SELECT, INSERT, UPDATE ON confidential_counselling TO sozialraum_app;

CREATE TABLE perspective (
    authority_id UUID NOT NULL,
    id UUID NOT NULL,
    case_id UUID NOT NULL,
    element_id UUID NOT NULL,
    aim TEXT NOT NULL,
    words TEXT NOT NULL,
    cleared_up_with UUID[] DEFAULT '{}' NOT NULL,
    author_id UUID NOT NULL,
    audience TEXT DEFAULT 'all' NOT NULL,
    audience_of UUID[] DEFAULT '{}' NOT NULL,
    cleared_up_on DATE NOT NULL,
    review_id UUID,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT perspective_pkey PRIMARY KEY (id),
    CONSTRAINT perspective_audience_check CHECK (audience IN ('author', 'named', 'all')),
    CONSTRAINT perspective_review_id_fkey FOREIGN KEY(review_id) REFERENCES review (id),
    CONSTRAINT perspective_aim_check CHECK (aim IN ('return', 'for_good', 'open')),
    CONSTRAINT perspective_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT perspective_case_id_fkey FOREIGN KEY(case_id) REFERENCES case_file (id),
    CONSTRAINT perspective_element_id_fkey FOREIGN KEY(element_id) REFERENCES arrangement_element (id),
    CONSTRAINT perspective_author_id_fkey FOREIGN KEY(author_id) REFERENCES actor (id)
);
CREATE INDEX perspective_case_id ON perspective (case_id);
CREATE INDEX perspective_element_id ON perspective (element_id);
ALTER TABLE perspective ENABLE ROW LEVEL SECURITY;
ALTER TABLE perspective FORCE ROW LEVEL SECURITY;
CREATE POLICY perspective_select ON perspective FOR SELECT TO sozialraum_app USING (CASE WHEN (SELECT nullif(current_setting('service.case', true), '')::text) IS NULL THEN case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST(nullif(current_setting('service.actor', true), '') AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())) ELSE case_id = (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST(nullif(current_setting('service.actor', true), '') AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now()) AND case_access.case_id = CAST(nullif(current_setting('service.case', true), '') AS UUID) LIMIT 1) END);
CREATE POLICY perspective_insert ON perspective FOR INSERT TO sozialraum_app WITH CHECK (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())));
CREATE POLICY perspective_update ON perspective FOR UPDATE TO sozialraum_app USING (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now()))) WITH CHECK (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())));
GRANT SELECT, INSERT, UPDATE ON perspective TO sozialraum_app;

CREATE TABLE legal_claim (
    id UUID NOT NULL,
    paragraph TEXT NOT NULL,
    holder TEXT NOT NULL,
    support_kind TEXT,
    from_age INTEGER NOT NULL,
    until_age INTEGER NOT NULL,
    upon_application BOOLEAN NOT NULL,
    valid_from DATE NOT NULL,
    valid_to DATE,
    source TEXT NOT NULL,
    CONSTRAINT legal_claim_pkey PRIMARY KEY (id),
    CONSTRAINT legal_claim_holder_check CHECK (holder IN ('custodian', 'young_person')),
    CONSTRAINT legal_claim_support_kind_check CHECK (support_kind IN ('child_guidance_family', 'child_guidance_parents', 'child_guidance_young_person', 'social_group_work', 'parenting_assistant', 'supervision_helper', 'social_pedagogical_family_support', 'day_group', 'foster_care_general', 'foster_care_special', 'residential_care', 'intensive_individual_support', 'integration_assistance', 'flexible_support_ambulatory', 'flexible_support_out_of_home', 'flexible_support_other')),
    CONSTRAINT legal_claim_ages_check CHECK (from_age < until_age),
    CONSTRAINT legal_claim_dates_check CHECK (valid_from < valid_to)
);
CREATE UNIQUE INDEX legal_claim_order ON legal_claim (paragraph, support_kind, from_age, valid_from) NULLS NOT DISTINCT;

-- Taken from the text of the law; an amendment ends a row and adds another.
INSERT INTO legal_claim (id, paragraph, holder, support_kind, from_age, until_age, upon_application, valid_from, source) VALUES
    ('019b76da-a800-7000-8000-00000000c1a1', '§ 27 SGB VIII', 'custodian', NULL, 0, 18, true, '2021-06-10', 'SGB VIII in der Fassung des KJSG (BGBl. I 2021 S. 1444), in Kraft seit 10.06.2021'),
    ('019b76da-a800-7000-8000-00000000c1a2', '§ 35a SGB VIII', 'young_person', 'integration_assistance', 0, 18, true, '2021-06-10', 'SGB VIII in der Fassung des KJSG (BGBl. I 2021 S. 1444), in Kraft seit 10.06.2021'),
    ('019b76da-a800-7000-8000-00000000c1a3', '§ 41 SGB VIII', 'young_person', NULL, 18, 27, true, '2021-06-10', 'SGB VIII in der Fassung des KJSG (BGBl. I 2021 S. 1444), in Kraft seit 10.06.2021'),
    ('019b76da-a800-7000-8000-00000000c1a4', '§ 8(3) SGB VIII', 'young_person', NULL, 0, 18, false, '2021-06-10', 'SGB VIII in der Fassung des KJSG (BGBl. I 2021 S. 1444), in Kraft seit 10.06.2021'),
    ('019b76da-a800-7000-8000-00000000c1a5', '§ 42 SGB VIII', 'young_person', NULL, 0, 18, false, '2021-06-10', 'SGB VIII in der Fassung des KJSG (BGBl. I 2021 S. 1444), in Kraft seit 10.06.2021');
ALTER TABLE legal_claim ENABLE ROW LEVEL SECURITY;
ALTER TABLE legal_claim FORCE ROW LEVEL SECURITY;
CREATE POLICY legal_claim_select ON legal_claim FOR SELECT TO sozialraum_app USING (true);
GRANT SELECT ON legal_claim TO sozialraum_app;

-- What is due, also of counselling that is kept from custodians.
CREATE OR REPLACE VIEW due_item WITH (security_invoker = true) AS
SELECT id, authority_id, case_id, 'step'::text AS kind, due_on, how AS what, NULL::text AS title,
       author_id, audience, audience_of
FROM step WHERE state IN ('open', 'doing')
UNION ALL
SELECT id, authority_id, case_id, kind, due_on, NULL::text, NULL::text, NULL::uuid, 'all'::text, '{}'::uuid[]
FROM review WHERE state = 'planned'
UNION ALL
SELECT id, authority_id, case_id, 'application'::text, applied_on, what, NULL::text, NULL::uuid, 'all'::text, '{}'::uuid[]
FROM arrangement_element WHERE state = 'applied' AND applied_on IS NOT NULL
UNION ALL
SELECT id, authority_id, case_id, 'call_back'::text, call_back_on, receiving_body, NULL::text, NULL::uuid, 'all'::text,
       '{}'::uuid[]
FROM handover WHERE state = 'offered' AND call_back_on IS NOT NULL
UNION ALL
SELECT id, authority_id, case_id, 'consultation_follow_up'::text, follow_up_on, question, NULL::text, NULL::uuid,
       'all'::text, '{}'::uuid[]
FROM consultation WHERE state = 'results_recorded' AND follow_up_on IS NOT NULL
UNION ALL
SELECT id, authority_id, id, 'endangerment_report'::text, reported_on, NULL::text, case_pseudonym, NULL::uuid,
       'all'::text, '{}'::uuid[]
FROM endangerment_assessment WHERE state = 'reported'
UNION ALL
SELECT plan.id, plan.authority_id, plan.assessment_id, 'safety_plan_review'::text, plan.review_on, NULL::text,
       assessment.case_pseudonym, NULL::uuid, 'all'::text, '{}'::uuid[]
FROM safety_plan AS plan JOIN endangerment_assessment AS assessment ON assessment.id = plan.assessment_id
WHERE assessment.state <> 'concluded' AND NOT EXISTS (
    SELECT FROM safety_plan AS later
    WHERE later.assessment_id = plan.assessment_id AND (later.agreed_at, later.id) > (plan.agreed_at, plan.id)
)
UNION ALL
SELECT id, authority_id, case_id, 'confidentiality_review'::text, review_on, NULL::text, NULL::text, NULL::uuid, 'all'::text,
       '{}'::uuid[]
FROM confidential_counselling WHERE ended_on IS NULL;
