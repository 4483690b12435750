-- What the service itself says about why something ended is a code, said in whoever reads it's language. What stands
-- there already in German becomes one. Past row-level security, which holds for owners as well.
SET LOCAL lock_timeout = '5s';

ALTER TABLE review ADD COLUMN dropped_with TEXT;
ALTER TABLE consultation ADD COLUMN cancelled_with TEXT;
ALTER TABLE review DROP CONSTRAINT review_words_check;
ALTER TABLE consultation DROP CONSTRAINT consultation_cancelled_check;

ALTER TABLE review NO FORCE ROW LEVEL SECURITY;
UPDATE review SET words = NULL, dropped_with = CASE words
    WHEN 'Der Fall ist abgeschlossen.' THEN 'case_closed'
    WHEN 'Der Fall ist abgegeben.' THEN 'case_passed_on'
    ELSE 'help_ended' END
WHERE state = 'dropped' AND words IN ('Der Fall ist abgeschlossen.', 'Der Fall ist abgegeben.', 'Die Hilfe ist beendet.');
ALTER TABLE review FORCE ROW LEVEL SECURITY;
ALTER TABLE consultation NO FORCE ROW LEVEL SECURITY;
UPDATE consultation SET cancelled_because = NULL, cancelled_with = CASE cancelled_because
    WHEN 'Der Fall ist abgeschlossen.' THEN 'case_closed' ELSE 'case_passed_on' END
WHERE state = 'cancelled' AND cancelled_because IN ('Der Fall ist abgeschlossen.', 'Der Fall ist abgegeben.');
ALTER TABLE consultation FORCE ROW LEVEL SECURITY;
ALTER TABLE overspend_procedure NO FORCE ROW LEVEL SECURITY;
UPDATE overspend_procedure SET outcome = NULL
WHERE state = 'closed' AND outcome = 'Mit der Schlussabrechnung ausgeglichen.';
ALTER TABLE overspend_procedure FORCE ROW LEVEL SECURITY;

ALTER TABLE review ADD CONSTRAINT review_dropped_with_check CHECK (dropped_with IN ('case_closed', 'case_passed_on', 'help_ended')) NOT VALID;
ALTER TABLE review ADD CONSTRAINT review_words_check CHECK (state = 'planned' OR num_nonnulls(words, dropped_with) = 1) NOT VALID;
ALTER TABLE review ADD CONSTRAINT review_dropped_with_it_check CHECK (state = 'dropped' OR dropped_with IS NULL) NOT VALID;
ALTER TABLE consultation ADD CONSTRAINT consultation_cancelled_with_check CHECK (cancelled_with IN ('case_closed', 'case_passed_on', 'help_ended')) NOT VALID;
ALTER TABLE consultation ADD CONSTRAINT consultation_cancelled_check CHECK ((state = 'cancelled') = (num_nonnulls(cancelled_because, cancelled_with) = 1)) NOT VALID;
ALTER TABLE review VALIDATE CONSTRAINT review_dropped_with_check;
ALTER TABLE review VALIDATE CONSTRAINT review_words_check;
ALTER TABLE review VALIDATE CONSTRAINT review_dropped_with_it_check;
ALTER TABLE consultation VALIDATE CONSTRAINT consultation_cancelled_with_check;
ALTER TABLE consultation VALIDATE CONSTRAINT consultation_cancelled_check;
