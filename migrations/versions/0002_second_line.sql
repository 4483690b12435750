-- Row-level security: one case, one look.
SET LOCAL lock_timeout = '5s';
