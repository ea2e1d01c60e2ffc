-- What a worker asks for each row must not take longer in a plan of many rows.

-- The next row that waits.
CREATE INDEX plan_row_waiting ON plan_row (plan_id, position, row_key) WHERE state = 'planned';
-- Whether a plan's author approved any of its rows; see send_refusal().
CREATE INDEX plan_row_by_decider ON plan_row (plan_id, lower(trim(decided_by)));
