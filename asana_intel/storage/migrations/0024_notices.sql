-- A plan of its own for what people are told at once, beside the plan of the week.

ALTER TABLE plan
    DROP CONSTRAINT plan_purpose_check,
    ADD CONSTRAINT plan_purpose_check
        CHECK (purpose IN ('weekly', 'setup', 'revert', 'repair', 'adopt', 'ask', 'notice'));
