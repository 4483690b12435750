-- Where something is kept from custodians is not counted as long as it is kept, and makes no household of others; nothing is
-- counted in the month in which it is entered. And of a 29 February somebody is of age on a 1 March.
SET LOCAL lock_timeout = '5s';

CREATE OR REPLACE FUNCTION mark_kept(kept_in UUID) RETURNS void LANGUAGE sql SET search_path FROM CURRENT AS $$
    UPDATE case_sketch SET counselled = present.counselled, not_told_until = present.not_told_until
    FROM (SELECT EXISTS (SELECT FROM confidential_counselling WHERE case_id = kept_in AND ended_on IS NULL) AS counselled,
                 -- Without a day of birth until it is said otherwise, as whoever is let into the case is asked. Of a 29
                 -- February the 18th birthday is the 1 March, as in the service.
                 (SELECT max(coalesce((CASE WHEN to_char(born_on, 'MM-DD') = '02-29' THEN born_on + 1 ELSE born_on END
                                       + interval '18 years')::date, DATE '9999-12-31'))
                  FROM arrangement_element AS element LEFT JOIN person ON person.participant_id = applicant_id
                  WHERE element.case_id = kept_in AND custodians_not_told_because IS NOT NULL
                    AND custodians_told_on IS NULL) AS not_told_until) AS present
    WHERE case_id = kept_in AND (case_sketch.counselled, case_sketch.not_told_until)
                                IS DISTINCT FROM (present.counselled, present.not_told_until)
$$;

-- Whoever works on a case is none of its family, whatever is kept: for that alone cases are one family.
ALTER TABLE case_sketch ADD COLUMN family_id UUID;
CREATE INDEX case_sketch_family_id ON case_sketch (family_id);
CREATE INDEX case_sketch_kept ON case_sketch (case_id) WHERE counselled OR not_told_until IS NOT NULL;

CREATE FUNCTION today_here() RETURNS date LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT coalesce(nullif(current_setting('service.today', true), '')::date, (now() AT TIME ZONE 'Europe/Berlin')::date)
$$;
CREATE FUNCTION is_kept(asked UUID) RETURNS boolean LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT EXISTS (
        SELECT FROM case_sketch AS sketch JOIN case_sketch AS kept ON kept.case_id IN (sketch.case_id, sketch.merged_into_id)
        WHERE sketch.case_id = asked AND (kept.counselled OR kept.not_told_until > today_here()))
$$;
CREATE FUNCTION unite_family(here UUID, there UUID) RETURNS void LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    one UUID;
    other UUID;
BEGIN
    PERFORM FROM case_sketch WHERE case_id IN (here, there) ORDER BY case_id FOR UPDATE;
    one := (SELECT coalesce(family_id, case_id) FROM case_sketch WHERE case_id = here);
    other := (SELECT coalesce(family_id, case_id) FROM case_sketch WHERE case_id = there);
    UPDATE case_sketch SET family_id = least(one, other)
    WHERE one <> other AND (family_id = greatest(one, other) OR case_id = greatest(one, other));
END
$$;
-- What is kept is counted with the others once it is kept no longer, and until then nobody's household changes by it.
CREATE OR REPLACE FUNCTION unite_household(here UUID, there UUID) RETURNS void LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    one UUID;
    other UUID;
BEGIN
    PERFORM FROM case_sketch WHERE case_id IN (here, there) ORDER BY case_id FOR UPDATE;
    one := (SELECT coalesce(household_id, case_id) FROM case_sketch WHERE case_id = here);
    other := (SELECT coalesce(household_id, case_id) FROM case_sketch WHERE case_id = there);
    IF is_kept(there) THEN
        UPDATE case_sketch SET household_id = one WHERE case_id = there AND household_id IS NULL;
    ELSIF is_kept(here) THEN
        UPDATE case_sketch SET household_id = other WHERE case_id = here AND household_id IS NULL;
    ELSE
        UPDATE case_sketch SET household_id = least(one, other)
        WHERE one <> other AND (household_id = greatest(one, other) OR case_id = greatest(one, other) AND household_id IS NULL);
    END IF;
END
$$;
CREATE OR REPLACE FUNCTION unite_siblings() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    PERFORM unite_family(NEW.case_id, NEW.sibling_case_id);
    PERFORM unite_household(NEW.case_id, NEW.sibling_case_id);
    RETURN NULL;
END
$$;
CREATE OR REPLACE FUNCTION unite_known(added UUID) RETURNS void LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    here UUID;
    others UUID[];
BEGIN
    -- Two who are added at the same moment wait for each other; what the first has committed the second sees.
    PERFORM pg_advisory_xact_lock(hashtextextended(digest, 0)) FROM known_person
    WHERE participant_id = added AND digest <> '';
    IF EXISTS (SELECT FROM participant WHERE id = added AND coalesce(representation, 'parent') = 'parent') THEN
        SELECT known.case_id, array_agg(DISTINCT other.case_id ORDER BY other.case_id) INTO here, others
        FROM known_person AS known JOIN known_person AS other
            ON other.authority_id = known.authority_id AND other.digest = known.digest AND other.case_id <> known.case_id
        WHERE known.participant_id = added AND known.digest <> '' GROUP BY known.case_id;
        -- With the first of them: what they have in common, the others have with that one already. What is kept is not
        -- what they have in common.
        PERFORM unite_family(here, others[1]);
        PERFORM unite_household(here, first.case_id)
        FROM (SELECT each AS case_id FROM unnest(others) AS each WHERE NOT is_kept(each) ORDER BY each LIMIT 1) AS first;
        PERFORM unite_household(here, kept.case_id)
        FROM (SELECT each AS case_id FROM unnest(others) AS each WHERE is_kept(each) ORDER BY each) AS kept;
    END IF;
END
$$;
CREATE FUNCTION unite_kept_no_longer() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF NOT is_kept(NEW.case_id) THEN
        PERFORM unite_household(NEW.case_id, of_family.case_id)
        FROM (SELECT case_id FROM case_sketch WHERE case_id <> NEW.case_id
                AND coalesce(NEW.family_id, NEW.case_id) IN (family_id, case_id) ORDER BY case_id) AS of_family;
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER case_sketch_kept_no_longer AFTER UPDATE OF counselled, not_told_until ON case_sketch
FOR EACH ROW WHEN ((OLD.counselled, OLD.not_told_until) IS DISTINCT FROM (NEW.counselled, NEW.not_told_until))
EXECUTE FUNCTION unite_kept_no_longer();

-- Since when a mark stands where it stands: whoever sees a place's numbers does not see what their own entry adds to them.
-- What was there already has been since before.
ALTER TABLE situation_mark ADD COLUMN since DATE DEFAULT '2000-01-01' NOT NULL;
ALTER TABLE situation_mark ALTER COLUMN since SET DEFAULT today_here();
ALTER TABLE setting_mark ADD COLUMN since DATE DEFAULT '2000-01-01' NOT NULL;
ALTER TABLE setting_mark ALTER COLUMN since SET DEFAULT today_here();
ALTER TABLE contribution_mark ADD COLUMN since DATE DEFAULT '2000-01-01' NOT NULL;
ALTER TABLE contribution_mark ALTER COLUMN since SET DEFAULT today_here();
CREATE FUNCTION mark_anew() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    NEW.since := today_here();
    RETURN NEW;
END
$$;
CREATE TRIGGER situation_mark_anew BEFORE UPDATE ON situation_mark
FOR EACH ROW WHEN (OLD.social_space_id IS DISTINCT FROM NEW.social_space_id
                   OR coalesce(OLD.seen_on, '-infinity') <= today_here() - 365)
EXECUTE FUNCTION mark_anew();
CREATE TRIGGER setting_mark_anew BEFORE UPDATE ON setting_mark
FOR EACH ROW WHEN ((OLD.social_space_id, OLD.origin) IS DISTINCT FROM (NEW.social_space_id, NEW.origin) OR OLD.changed_on IS NULL)
EXECUTE FUNCTION mark_anew();
CREATE TRIGGER contribution_mark_anew BEFORE UPDATE ON contribution_mark
FOR EACH ROW WHEN ((OLD.social_space_id, OLD.origin) IS DISTINCT FROM (NEW.social_space_id, NEW.origin) OR OLD.began_on IS NULL)
EXECUTE FUNCTION mark_anew();

CREATE VIEW kept_origin WITH (security_invoker = true) AS
SELECT md5(case_id::text)::uuid AS origin FROM case_sketch
WHERE counselled OR not_told_until > nullif(current_setting('service.today', true), '')::date;
GRANT SELECT ON kept_origin TO sozialraum_app;

CREATE OR REPLACE VIEW space_situation WITH (security_invoker = true) AS
SELECT concat_ws(':', social_space_id, life_area, aspect) AS key, authority_id, social_space_id, life_area, aspect,
       (count(DISTINCT household) / 5 * 5)::integer AS at_least
FROM situation_mark
WHERE social_space_id IS NOT NULL AND seen_on > nullif(current_setting('service.today', true), '')::date - 365
      AND since < date_trunc('month', nullif(current_setting('service.today', true), '')::date)::date
      AND origin NOT IN (SELECT origin FROM kept_origin)
GROUP BY authority_id, social_space_id, life_area, aspect HAVING count(DISTINCT household) >= 5;
CREATE OR REPLACE VIEW space_transition WITH (security_invoker = true) AS
SELECT social_space_id::text AS key, authority_id, social_space_id, (count(DISTINCT household) / 5 * 5)::integer AS at_least,
       CASE WHEN count(DISTINCT household) FILTER (WHERE homeward) >= 5
                 AND count(DISTINCT household) FILTER (WHERE NOT homeward) >= 5
            THEN round(10.0 * count(DISTINCT household) FILTER (WHERE homeward) / count(DISTINCT household))::integer
       END AS homeward_in_ten
FROM setting_mark
WHERE social_space_id IS NOT NULL AND changed_on <= nullif(current_setting('service.today', true), '')::date
      AND changed_on > nullif(current_setting('service.today', true), '')::date - 365
      AND since < date_trunc('month', nullif(current_setting('service.today', true), '')::date)::date
      AND origin NOT IN (SELECT origin FROM kept_origin)
GROUP BY authority_id, social_space_id HAVING count(DISTINCT household) >= 5;
CREATE OR REPLACE VIEW space_contribution WITH (security_invoker = true) AS
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
      AND mark.since < date_trunc('month', nullif(current_setting('service.today', true), '')::date)::date
      AND mark.origin NOT IN (SELECT origin FROM kept_origin)
    GROUP BY mark.authority_id, mark.social_space_id, extract(year FROM mark.began_on), shown.kind
) AS year_of_place
WHERE households >= 5 AND with_another >= 5;
