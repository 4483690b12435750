-- Figures: key dates, positions and releases.
SET LOCAL lock_timeout = '5s';
