-- Arrangements and the agency's decisions.
SET LOCAL lock_timeout = '5s';
