-- What arrangements of a place are made of, year by year: marks without the case, as of its people's ways out of homes.
SET LOCAL lock_timeout = '5s';

CREATE TABLE contribution_mark (
    authority_id UUID NOT NULL,
    id UUID NOT NULL,
    social_space_id UUID,
    origin UUID NOT NULL,
    household UUID NOT NULL,
    kind TEXT NOT NULL,
    began_on DATE,
    CONSTRAINT contribution_mark_pkey PRIMARY KEY (id),
    CONSTRAINT contribution_mark_kind_check CHECK (kind IN ('own', 'own_network', 'community', 'regular_institution', 'specialist')),
    CONSTRAINT contribution_mark_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES authority (id),
    CONSTRAINT contribution_mark_social_space_id_fkey FOREIGN KEY(social_space_id) REFERENCES social_space (id)
);
CREATE INDEX contribution_mark_origin ON contribution_mark (origin);
CREATE INDEX contribution_mark_place ON contribution_mark (social_space_id, began_on);
ALTER TABLE contribution_mark ENABLE ROW LEVEL SECURITY;
ALTER TABLE contribution_mark FORCE ROW LEVEL SECURITY;
CREATE POLICY contribution_mark_select ON contribution_mark FOR SELECT TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY contribution_mark_insert ON contribution_mark FOR INSERT TO sozialraum_app WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
CREATE POLICY contribution_mark_update ON contribution_mark FOR UPDATE TO sozialraum_app USING (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid)) WITH CHECK (authority_id = (SELECT nullif(current_setting('service.authority', true), '')::uuid));
GRANT SELECT, INSERT, UPDATE ON contribution_mark TO sozialraum_app;

-- What was decided in the wrong case has begun nowhere.
CREATE FUNCTION mark_contribution(begun UUID) RETURNS void LANGUAGE sql SET search_path FROM CURRENT AS $$
    INSERT INTO contribution_mark (authority_id, id, social_space_id, origin, household, kind, began_on)
    SELECT sketch.authority_id, md5(element.id::text)::uuid,
           CASE WHEN sketch.merged_into_id IS NULL THEN sketch.social_space_id END, md5(element.case_id::text)::uuid,
           md5(coalesce(sketch.household_id, element.case_id)::text)::uuid, element.kind,
           CASE WHEN NOT EXISTS (SELECT FROM decision WHERE decision.element_id = element.id
                                 AND decision.annulled_on IS NOT NULL) THEN element.began_on END
    FROM arrangement_element AS element JOIN case_sketch AS sketch ON sketch.case_id = element.case_id
    WHERE element.id = begun
    ON CONFLICT (id) DO UPDATE SET social_space_id = EXCLUDED.social_space_id, origin = EXCLUDED.origin,
        household = EXCLUDED.household, kind = EXCLUDED.kind, began_on = EXCLUDED.began_on;
$$;
CREATE FUNCTION mark_begun() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    PERFORM mark_contribution(NEW.id);
    RETURN NULL;
END
$$;
CREATE TRIGGER arrangement_element_marked AFTER INSERT ON arrangement_element
FOR EACH ROW WHEN (NEW.began_on IS NOT NULL) EXECUTE FUNCTION mark_begun();
CREATE TRIGGER arrangement_element_marked_anew AFTER UPDATE OF case_id, kind, began_on ON arrangement_element
FOR EACH ROW WHEN (coalesce(OLD.began_on, NEW.began_on) IS NOT NULL
                   AND (OLD.case_id, OLD.kind, OLD.began_on) IS DISTINCT FROM (NEW.case_id, NEW.kind, NEW.began_on))
EXECUTE FUNCTION mark_begun();
CREATE FUNCTION mark_annulled() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    PERFORM mark_contribution(NEW.element_id);
    RETURN NULL;
END
$$;
CREATE TRIGGER decision_contribution_marked AFTER UPDATE OF annulled_on ON decision
FOR EACH ROW WHEN (OLD.annulled_on IS DISTINCT FROM NEW.annulled_on) EXECUTE FUNCTION mark_annulled();
CREATE FUNCTION mark_contribution_place() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    UPDATE contribution_mark SET household = md5(coalesce(NEW.household_id, NEW.case_id)::text)::uuid,
        social_space_id = CASE WHEN NEW.merged_into_id IS NULL THEN NEW.social_space_id END
    WHERE origin = md5(NEW.case_id::text)::uuid;
    RETURN NULL;
END
$$;
CREATE TRIGGER case_sketch_contribution_marked AFTER UPDATE OF social_space_id, merged_into_id, household_id ON case_sketch
FOR EACH ROW WHEN ((OLD.social_space_id, OLD.merged_into_id, OLD.household_id)
                   IS DISTINCT FROM (NEW.social_space_id, NEW.merged_into_id, NEW.household_id))
EXECUTE FUNCTION mark_contribution_place();

-- What a household has of a kind counts once in a year, so that no household makes up a share. A kind is told where five
-- households had it and five had another.
CREATE VIEW space_contribution WITH (security_invoker = true) AS
SELECT concat_ws(':', social_space_id, year, kind) AS key, authority_id, social_space_id, year, kind,
       (households / 5 * 5)::integer AS at_least, round(10.0 * households / every)::integer AS in_ten
FROM (
    SELECT mark.authority_id, mark.social_space_id, extract(year FROM mark.began_on)::integer AS year, shown.kind,
           count(DISTINCT mark.household) FILTER (WHERE mark.kind = shown.kind) AS households,
           count(DISTINCT mark.household) FILTER (WHERE mark.kind <> shown.kind) AS with_another,
           count(DISTINCT (mark.household, mark.kind)) AS every
    FROM contribution_mark AS mark
    CROSS JOIN (VALUES ('own'), ('own_network'), ('community'), ('regular_institution'), ('specialist')) AS shown (kind)
    WHERE mark.social_space_id IS NOT NULL
      AND mark.began_on <= nullif(current_setting('service.today', true), '')::date
    GROUP BY mark.authority_id, mark.social_space_id, extract(year FROM mark.began_on), shown.kind
) AS year_of_place
WHERE households >= 5 AND with_another >= 5;
GRANT SELECT ON space_contribution TO sozialraum_app;
