-- Money: agreements, ledger, commitments, invoices and bookings; new roles.
SET LOCAL lock_timeout = '5s';
