-- 0030 says from when on an element goes on of what was going on then. What had ended by then began, too: by its plan if
-- there is a day, else when somebody said so. Not what ended without ever having begun.
SET LOCAL lock_timeout = '5s';

ALTER TABLE arrangement_element NO FORCE ROW LEVEL SECURITY;
ALTER TABLE decision NO FORCE ROW LEVEL SECURITY;
ALTER TABLE event NO FORCE ROW LEVEL SECURITY;
WITH begun AS (
    SELECT element_id AS id, min(starts_on) AS planned, min(said) AS said
    FROM (
        SELECT element_id, starts_on, decided_on AS said FROM decision WHERE outcome <> 'refused'
        UNION ALL
        SELECT subject_id, NULL, (at AT TIME ZONE 'Europe/Berlin')::date FROM event WHERE subject = 'arrangement_element' AND kind = 'element.start'
    ) AS each
    GROUP BY element_id
)
UPDATE arrangement_element AS element SET began_on = coalesce(begun.planned, element.starts_on, begun.said)
FROM begun
WHERE begun.id = element.id AND element.state = 'ended' AND element.began_on IS NULL
  AND coalesce(begun.planned, element.starts_on, begun.said) <= coalesce(element.ended_on, element.ends_on);
ALTER TABLE event FORCE ROW LEVEL SECURITY;
ALTER TABLE decision FORCE ROW LEVEL SECURITY;
ALTER TABLE arrangement_element FORCE ROW LEVEL SECURITY;
