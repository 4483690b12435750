-- What a cash office pays from, invoices' documents, and settlements that are worked out anew.
SET LOCAL lock_timeout = '5s';

ALTER TABLE settlement_share ADD COLUMN payment NUMERIC(20, 2);

ALTER TABLE invoice ADD COLUMN payee_number TEXT;
ALTER TABLE invoice ADD COLUMN document_name TEXT;
ALTER TABLE invoice ADD COLUMN document_location TEXT;
ALTER TABLE invoice ADD COLUMN document_media_type TEXT;
ALTER TABLE invoice ADD COLUMN document_size BIGINT;
ALTER TABLE invoice ADD COLUMN document_digest TEXT;
ALTER TABLE invoice ADD CONSTRAINT invoice_document_check CHECK (num_nulls(document_name, document_location, document_media_type, document_size, document_digest) IN (0, 5)) NOT VALID;

ALTER TABLE settlement ADD COLUMN proved_by UUID CONSTRAINT settlement_proved_by_fkey REFERENCES actor (id);
ALTER TABLE settlement ADD CONSTRAINT settlement_proof_checked_check CHECK (checked_by <> proved_by) NOT VALID;
ALTER TABLE settlement VALIDATE CONSTRAINT settlement_proof_checked_check;
ALTER TABLE settlement ADD COLUMN reworked_by UUID CONSTRAINT settlement_reworked_by_fkey REFERENCES actor (id);
ALTER TABLE settlement ADD COLUMN reworked_on DATE;
ALTER TABLE settlement DROP CONSTRAINT settlement_state_check;
ALTER TABLE settlement ADD CONSTRAINT settlement_state_check CHECK (state IN ('prepared', 'proof_received', 'checked', 'agreed', 'disputed', 'reworked', 'paid')) NOT VALID;
ALTER TABLE settlement VALIDATE CONSTRAINT settlement_state_check;
CREATE UNIQUE INDEX settlement_standing ON settlement (agreement_id) WHERE state <> 'reworked';
ALTER TABLE settlement DROP CONSTRAINT settlement_agreement_id_key;

-- What a settlement, a forecast and an advance are made of: over all parts it is the figure.
CREATE VIEW worked_part WITH (security_invoker = true) AS
SELECT concat_ws(':', whole.worked_id, part.figure, part.made_of, part.part_id) AS key, whole.worked, whole.worked_id,
       part.figure, part.made_of, part.part_id, part.amount::numeric(20, 2) AS amount,
       whole.authority_id, whole.agreement_id, whole.social_space_id
FROM (
    SELECT 'settlement' AS worked, id AS worked_id, authority_id, agreement_id, social_space_id FROM settlement
    WHERE state <> 'reworked'
    UNION ALL
    SELECT 'forecast_line', id, authority_id, agreement_id, social_space_id FROM forecast_line
    UNION ALL
    SELECT 'tranche', id, authority_id, agreement_id, social_space_id FROM tranche
) AS whole
CROSS JOIN LATERAL (
    SELECT figure.name AS figure, 'settlement_line' AS made_of, line.id AS part_id, figure.amount
    FROM settlement_line AS line
    CROSS JOIN LATERAL (VALUES
        ('approved', line.approved), ('booked', line.booked),
        ('overspent', greatest(line.booked - line.approved - line.covered, 0)),
        ('underspent', greatest(line.approved + line.covered - line.booked, 0))
    ) AS figure (name, amount)
    WHERE whole.worked = 'settlement' AND line.settlement_id = whole.worked_id
    UNION ALL
    SELECT 'advanced', 'tranche', tranche.id, tranche.amount FROM tranche
    WHERE whole.worked = 'settlement' AND tranche.agreement_id = whole.agreement_id
        AND tranche.state IN ('released', 'paid')
    UNION ALL
    SELECT 'carried_in', 'allocation', allocation.id, allocation.amount FROM allocation
    WHERE whole.worked = 'settlement' AND allocation.agreement_id = whole.agreement_id
        AND allocation.kind = 'carry_in' AND allocation.state = 'released'
    UNION ALL
    SELECT figure.name, 'compensation', band.id, figure.amount
    FROM compensation AS band
    CROSS JOIN LATERAL (SELECT CASE band.direction WHEN 'overspend' THEN 1 ELSE -1 END AS of_it) AS sign
    CROSS JOIN LATERAL (VALUES
        ('agency', sign.of_it * band.agency), ('network', sign.of_it * band.network),
        ('carried', -sign.of_it * band.carry)
    ) AS figure (name, amount)
    WHERE whole.worked = 'settlement' AND band.settlement_id = whole.worked_id
    UNION ALL
    -- What providers outside of the network cost is no part that is shared: the agency bears it.
    SELECT 'agency', 'outside', one.id, one.overspent - coalesce((
        SELECT sum(band.amount) FROM compensation AS band
        WHERE band.settlement_id = one.id AND band.direction = 'overspend'
    ), 0)
    FROM settlement AS one WHERE whole.worked = 'settlement' AND one.id = whole.worked_id
    UNION ALL
    SELECT 'payment', figure.name, one.id, figure.amount
    FROM settlement AS one
    CROSS JOIN LATERAL (VALUES
        ('booked', one.booked), ('outside', -one.outside), ('advanced', -one.advanced),
        ('carried_in', -one.carried_in), ('network', -one.network), ('carried', one.carried)
    ) AS figure (name, amount)
    WHERE whole.worked = 'settlement' AND one.id = whole.worked_id
    UNION ALL
    SELECT 'forecast', figure.name, line.id, figure.amount
    FROM forecast_line AS line
    CROSS JOIN LATERAL (VALUES
        ('reserved', line.reserved), ('committed', line.committed), ('booked', line.booked),
        ('foreseen', line.foreseen), ('expected_new', line.expected_new), ('running', line.running)
    ) AS figure (name, amount)
    WHERE whole.worked = 'forecast_line' AND line.id = whole.worked_id
    UNION ALL
    SELECT 'amount', 'tranche_share', share.id, share.amount FROM tranche_share AS share
    WHERE whole.worked = 'tranche' AND share.tranche_id = whole.worked_id
) AS part
WHERE part.amount <> 0;

GRANT SELECT ON worked_part TO sozialraum_app;
