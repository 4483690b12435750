-- Audit: sealed blocks, and the worker's jobs.
SET LOCAL lock_timeout = '5s';
