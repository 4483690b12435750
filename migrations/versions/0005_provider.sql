-- Provider: assignments, records and deliveries.
SET LOCAL lock_timeout = '5s';
