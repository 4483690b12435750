-- Cases with a person in common are one household for counting, linked or not: known by the digests that are there. A
-- guardian or curator of many makes no household of them. Unreadable as ever: nobody learns of another case by it.
SET LOCAL lock_timeout = '5s';

CREATE FUNCTION unite_known(added UUID) RETURNS void LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    -- Two who are added at the same moment wait for each other; what the first has committed the second sees.
    PERFORM pg_advisory_xact_lock(hashtextextended(digest, 0)) FROM known_person
    WHERE participant_id = added AND digest <> '';
    IF EXISTS (SELECT FROM participant WHERE id = added AND coalesce(representation, 'parent') = 'parent') THEN
        -- With the first of them: what they have in common, the others have with that one already.
        PERFORM unite_household(known.case_id, other.case_id)
        FROM known_person AS known JOIN known_person AS other
            ON other.authority_id = known.authority_id AND other.digest = known.digest AND other.case_id <> known.case_id
        WHERE known.participant_id = added AND known.digest <> '' ORDER BY other.case_id LIMIT 1;
    END IF;
END
$$;
CREATE FUNCTION unite_families() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    PERFORM unite_known(NEW.participant_id);
    RETURN NULL;
END
$$;
CREATE TRIGGER known_person_united AFTER INSERT OR UPDATE OF digest, case_id ON known_person
FOR EACH ROW EXECUTE FUNCTION unite_families();
