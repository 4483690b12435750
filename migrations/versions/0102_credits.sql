-- That an outline was only computed is said in the language of whoever reads it: the row names whom to credit, alone.
SET LOCAL lock_timeout = '5s';

ALTER TABLE social_space_area NO FORCE ROW LEVEL SECURITY;
UPDATE social_space_area SET source = regexp_replace(source, '(^|; )Computed from centre points: ', '\1', 'g')
WHERE approximate AND source ~ '(^|; )Computed from centre points: ';
ALTER TABLE social_space_area FORCE ROW LEVEL SECURITY;
