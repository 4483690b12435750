-- What a provider takes of a space's money: of an import whose bookings are still being written, nothing yet.
SET LOCAL lock_timeout = '5s';

CREATE OR REPLACE VIEW provider_money WITH (security_invoker = true) AS
SELECT authority_id, agreement_id, organisation_id, sum(amount) AS amount FROM (
    SELECT authority_id, agreement_id, organisation_id, amount - released AS amount
    FROM commitment WHERE organisation_id IS NOT NULL AND state <> 'reserved'
    UNION ALL
    SELECT booking.authority_id, booking.agreement_id, booking.organisation_id, booking.amount
    FROM booking LEFT JOIN commitment ON commitment.id = booking.commitment_id
    LEFT JOIN booking_import AS import ON import.id = booking.import_id
    WHERE booking.state = 'released' AND commitment.organisation_id IS NULL
        AND (booking.import_id IS NULL OR import.ended_at IS NOT NULL)
) AS taken GROUP BY authority_id, agreement_id, organisation_id HAVING sum(amount) > 0;
