-- What a place does without a case, and by which dimension; what its team wants to learn; where it presses in it; and how
-- somebody goes from one setting to another.
SET LOCAL lock_timeout = '5s';

CREATE TABLE field_note (
    authority_id UUID NOT NULL,
    id UUID NOT NULL,
    social_space_id UUID NOT NULL,
    author_id UUID NOT NULL,
    theme_id UUID,
    dimension TEXT NOT NULL,
    kind TEXT NOT NULL,
    words TEXT NOT NULL,
    hours NUMERIC(4, 2),
    done_on DATE NOT NULL,
    withdrawn_on DATE,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT field_note_pkey PRIMARY KEY (id),
    CONSTRAINT field_note_kind_check CHECK (kind IN ('contact_made', 'resource_found', 'theme_heard')),
    CONSTRAINT field_note_dimension_check CHECK (dimension IN ('case_specific', 'cross_case', 'case_unspecific')),
    CONSTRAINT field_note_without_a_case_check CHECK (dimension <> 'case_specific'),
    CONSTRAINT field_note_hours_check CHECK (hours > 0 AND hours <= 24),
    CONSTRAINT field_note_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT field_note_social_space_id_fkey FOREIGN KEY(social_space_id) REFERENCES social_space (id),
    CONSTRAINT field_note_author_id_fkey FOREIGN KEY(author_id) REFERENCES actor (id),
    CONSTRAINT field_note_theme_id_fkey FOREIGN KEY(theme_id) REFERENCES theme (id)
);
CREATE INDEX field_note_social_space_id ON field_note (social_space_id);
ALTER TABLE field_note ENABLE ROW LEVEL SECURITY;
ALTER TABLE field_note FORCE ROW LEVEL SECURITY;
CREATE POLICY field_note_select ON field_note FOR SELECT TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY field_note_insert ON field_note FOR INSERT TO sozialraum_app WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY field_note_update ON field_note FOR UPDATE TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid)) WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
GRANT SELECT, INSERT, UPDATE ON field_note TO sozialraum_app;

CREATE TABLE team_training (
    version INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    authority_id UUID NOT NULL,
    id UUID NOT NULL,
    team_id UUID NOT NULL,
    social_space_id UUID NOT NULL,
    need TEXT NOT NULL,
    came_up_in TEXT NOT NULL,
    raised_by_id UUID NOT NULL,
    state TEXT NOT NULL,
    held_on DATE,
    attended INTEGER,
    outcome TEXT,
    CONSTRAINT team_training_pkey PRIMARY KEY (id),
    CONSTRAINT team_training_state_check CHECK (state IN ('raised', 'held', 'dropped')),
    CONSTRAINT team_training_held_check CHECK ((state = 'held') = (num_nonnulls(held_on, attended) = 2)),
    CONSTRAINT team_training_attended_check CHECK (attended > 0),
    CONSTRAINT team_training_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT team_training_team_id_fkey FOREIGN KEY(team_id) REFERENCES social_space_team (id),
    CONSTRAINT team_training_social_space_id_fkey FOREIGN KEY(social_space_id) REFERENCES social_space (id),
    CONSTRAINT team_training_raised_by_id_fkey FOREIGN KEY(raised_by_id) REFERENCES actor (id)
);
CREATE INDEX team_training_team_id ON team_training (team_id);
ALTER TABLE team_training ENABLE ROW LEVEL SECURITY;
ALTER TABLE team_training FORCE ROW LEVEL SECURITY;
CREATE POLICY team_training_select ON team_training FOR SELECT TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY team_training_insert ON team_training FOR INSERT TO sozialraum_app WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY team_training_update ON team_training FOR UPDATE TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid)) WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
GRANT SELECT, INSERT, UPDATE ON team_training TO sozialraum_app;

CREATE TABLE setting_change (
    author_id UUID NOT NULL,
    audience TEXT NOT NULL,
    audience_of UUID[] DEFAULT '{}' NOT NULL,
    authority_id UUID NOT NULL,
    id UUID NOT NULL,
    case_id UUID NOT NULL,
    participant_id UUID NOT NULL,
    from_place TEXT NOT NULL,
    to_place TEXT NOT NULL,
    from_on DATE NOT NULL,
    words TEXT NOT NULL,
    steps UUID[] DEFAULT '{}' NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT setting_change_pkey PRIMARY KEY (id),
    CONSTRAINT setting_change_audience_check CHECK (audience IN ('author', 'named', 'all')),
    CONSTRAINT setting_change_from_place_check CHECK (from_place IN ('family_of_origin', 'home_of_relatives', 'unrelated_family', 'day_nursery', 'school', 'ambulatory_service', 'day_institution', 'residential_several_groups', 'residential_one_group', 'own_home_of_young_person', 'abroad', 'elsewhere')),
    CONSTRAINT setting_change_to_place_check CHECK (to_place IN ('family_of_origin', 'home_of_relatives', 'unrelated_family', 'day_nursery', 'school', 'ambulatory_service', 'day_institution', 'residential_several_groups', 'residential_one_group', 'own_home_of_young_person', 'abroad', 'elsewhere')),
    CONSTRAINT setting_change_another_check CHECK (from_place <> to_place),
    CONSTRAINT setting_change_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT setting_change_case_id_fkey FOREIGN KEY(case_id) REFERENCES case_file (id),
    CONSTRAINT setting_change_participant_id_fkey FOREIGN KEY(participant_id) REFERENCES participant (id),
    CONSTRAINT setting_change_author_id_fkey FOREIGN KEY(author_id) REFERENCES actor (id)
);
CREATE INDEX setting_change_case_id ON setting_change (case_id);
ALTER TABLE setting_change ENABLE ROW LEVEL SECURITY;
ALTER TABLE setting_change FORCE ROW LEVEL SECURITY;
CREATE POLICY setting_change_select ON setting_change FOR SELECT TO sozialraum_app USING (CASE WHEN (SELECT nullif(current_setting('service.case', true), '')::text) IS NULL THEN case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST(nullif(current_setting('service.actor', true), '') AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())) ELSE case_id = (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST(nullif(current_setting('service.actor', true), '') AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now()) AND case_access.case_id = CAST(nullif(current_setting('service.case', true), '') AS UUID) LIMIT 1) END);
CREATE POLICY setting_change_insert ON setting_change FOR INSERT TO sozialraum_app WITH CHECK (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())));
CREATE POLICY setting_change_update ON setting_change FOR UPDATE TO sozialraum_app USING (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now()))) WITH CHECK (case_id IN (SELECT case_access.case_id FROM case_access WHERE case_access.actor_id = CAST((SELECT nullif(current_setting('service.actor', true), '') AS nullif_1) AS UUID) AND case_access.valid_from <= now() AND (case_access.valid_to IS NULL OR case_access.valid_to > now())));
GRANT SELECT, INSERT, UPDATE ON setting_change TO sozialraum_app;

ALTER TABLE withdrawal DROP CONSTRAINT withdrawal_kind_check;
ALTER TABLE withdrawal ADD CONSTRAINT withdrawal_kind_check CHECK (kind IN ('suggestion', 'situation_entry', 'goal', 'step', 'provider_record', 'decision', 'setting_change', 'consultation_entry')) NOT VALID;
ALTER TABLE withdrawal VALIDATE CONSTRAINT withdrawal_kind_check;

CREATE TABLE situation_mark (
    authority_id UUID NOT NULL,
    id UUID NOT NULL,
    social_space_id UUID,
    origin UUID NOT NULL,
    household UUID NOT NULL,
    life_area TEXT NOT NULL,
    aspect TEXT NOT NULL,
    seen_on DATE,
    CONSTRAINT situation_mark_pkey PRIMARY KEY (id),
    CONSTRAINT situation_mark_life_area_check CHECK (life_area IN ('work', 'housing', 'health', 'money', 'upbringing', 'education', 'other')),
    CONSTRAINT situation_mark_aspect_check CHECK (aspect IN ('person', 'relations', 'conditions')),
    CONSTRAINT situation_mark_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT situation_mark_social_space_id_fkey FOREIGN KEY(social_space_id) REFERENCES social_space (id)
);
CREATE INDEX situation_mark_origin ON situation_mark (origin);
CREATE INDEX situation_mark_field ON situation_mark (social_space_id, life_area, aspect, seen_on);
ALTER TABLE situation_mark ENABLE ROW LEVEL SECURITY;
ALTER TABLE situation_mark FORCE ROW LEVEL SECURITY;
CREATE POLICY situation_mark_select ON situation_mark FOR SELECT TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY situation_mark_insert ON situation_mark FOR INSERT TO sozialraum_app WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY situation_mark_update ON situation_mark FOR UPDATE TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid)) WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
GRANT SELECT, INSERT, UPDATE ON situation_mark TO sozialraum_app;

CREATE VIEW field_work_of_month WITH (security_invoker = true) AS
SELECT concat_ws(':', social_space_id, date_trunc('month', done_on)::date, dimension) AS key, authority_id, social_space_id,
       date_trunc('month', done_on)::date AS month, dimension, count(*)::integer AS notes,
       CASE WHEN count(DISTINCT author_id) FILTER (WHERE hours IS NOT NULL) >= 3 THEN sum(hours)::numeric(12, 2) END AS hours
FROM field_note WHERE withdrawn_on IS NULL GROUP BY authority_id, social_space_id, date_trunc('month', done_on)::date, dimension;
GRANT SELECT ON field_work_of_month TO sozialraum_app;

-- Cases of siblings are one household. Also once their link has ended: too few are never too many.
ALTER TABLE case_sketch ADD COLUMN household_id UUID;
CREATE INDEX case_sketch_household_id ON case_sketch (household_id);
CREATE FUNCTION unite_household(here UUID, there UUID) RETURNS void LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    one UUID;
    other UUID;
BEGIN
    PERFORM FROM case_sketch WHERE case_id IN (here, there) ORDER BY case_id FOR UPDATE;
    one := (SELECT coalesce(household_id, case_id) FROM case_sketch WHERE case_id = here);
    other := (SELECT coalesce(household_id, case_id) FROM case_sketch WHERE case_id = there);
    UPDATE case_sketch SET household_id = least(one, other)
    WHERE one <> other AND (household_id = greatest(one, other) OR case_id = greatest(one, other));
END
$$;
CREATE FUNCTION unite_siblings() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    PERFORM unite_household(NEW.case_id, NEW.sibling_case_id);
    RETURN NULL;
END
$$;
CREATE TRIGGER sibling_link_united AFTER INSERT ON sibling_link FOR EACH ROW EXECUTE FUNCTION unite_siblings();

-- What management may know of the matrices of cases: a mark for each case and field, without the case. It is worked out
-- anew with what is entered, taken out or moved, with the place of the case, with siblings, and where cases are merged.
CREATE FUNCTION mark_field(entered_in UUID, area TEXT, side TEXT) RETURNS void LANGUAGE sql SET search_path FROM CURRENT AS $$
    INSERT INTO situation_mark (authority_id, id, social_space_id, origin, household, life_area, aspect, seen_on)
    SELECT authority_id, md5(concat_ws(' ', case_id, area, side))::uuid,
           CASE WHEN merged_into_id IS NULL THEN social_space_id END, md5(case_id::text)::uuid,
           md5(coalesce(household_id, case_id)::text)::uuid, area, side,
           (SELECT max(entry.seen_on) FROM situation_entry AS entry
            WHERE entry.case_id = entered_in AND entry.life_area = area AND entry.aspect = side AND entry.audience = 'all')
    FROM case_sketch WHERE case_id = entered_in
    ON CONFLICT (id) DO UPDATE SET social_space_id = EXCLUDED.social_space_id, household = EXCLUDED.household,
        seen_on = EXCLUDED.seen_on;
$$;
CREATE FUNCTION mark_situation() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.case_id <> NEW.case_id THEN
        PERFORM mark_field(OLD.case_id, OLD.life_area, OLD.aspect);
    END IF;
    PERFORM mark_field(NEW.case_id, NEW.life_area, NEW.aspect);
    RETURN NULL;
END
$$;
CREATE TRIGGER situation_entry_marked AFTER INSERT ON situation_entry
FOR EACH ROW WHEN (NEW.audience = 'all') EXECUTE FUNCTION mark_situation();
CREATE TRIGGER situation_entry_marked_anew AFTER UPDATE OF case_id, audience ON situation_entry
FOR EACH ROW WHEN ('all' IN (OLD.audience, NEW.audience)) EXECUTE FUNCTION mark_situation();
CREATE FUNCTION mark_place() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    UPDATE situation_mark SET household = md5(coalesce(NEW.household_id, NEW.case_id)::text)::uuid,
        social_space_id = CASE WHEN NEW.merged_into_id IS NULL THEN NEW.social_space_id END
    WHERE origin = md5(NEW.case_id::text)::uuid;
    RETURN NULL;
END
$$;
CREATE TRIGGER case_sketch_marked AFTER UPDATE OF social_space_id, merged_into_id, household_id ON case_sketch
FOR EACH ROW WHEN ((OLD.social_space_id, OLD.merged_into_id, OLD.household_id)
                   IS DISTINCT FROM (NEW.social_space_id, NEW.merged_into_id, NEW.household_id))
EXECUTE FUNCTION mark_place();

CREATE VIEW space_situation WITH (security_invoker = true) AS
SELECT concat_ws(':', social_space_id, life_area, aspect) AS key, authority_id, social_space_id, life_area, aspect,
       (count(DISTINCT household) / 5 * 5)::integer AS at_least
FROM situation_mark
WHERE social_space_id IS NOT NULL AND seen_on > nullif(current_setting('service.today', true), '')::date - 365
GROUP BY authority_id, social_space_id, life_area, aspect HAVING count(DISTINCT household) >= 5;
GRANT SELECT ON space_situation TO sozialraum_app;
