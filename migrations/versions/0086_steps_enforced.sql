-- Once what had outlived its goal or its case has fallen away.
SET LOCAL lock_timeout = '5s';

ALTER TABLE step ADD CONSTRAINT step_dropped_check CHECK ((state = 'dropped') = (dropped_with IS NOT NULL)) NOT VALID;
ALTER TABLE step VALIDATE CONSTRAINT step_dropped_check;
