-- More kinds of text about somebody that they can disagree with.
SET LOCAL lock_timeout = '5s';

ALTER TABLE disagreement DROP CONSTRAINT disagreement_about_check;
ALTER TABLE disagreement ADD CONSTRAINT disagreement_about_check CHECK (about IN ('case', 'suggestion', 'situation_entry', 'provider_record', 'decision', 'question', 'goal', 'step', 'element', 'review', 'consultation', 'consultation_sketch', 'consultation_entry')) NOT VALID;
ALTER TABLE disagreement VALIDATE CONSTRAINT disagreement_about_check;
