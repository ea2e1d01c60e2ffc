-- Scenarios that people kept: what they would change, and what it was worked out to do. Nothing of it is written to
-- Asana by itself. The outcome holds rows of single persons under "personal": pages show the rest.
CREATE TABLE scenario (
    name       text        PRIMARY KEY CHECK (name ~ '^[^[:cntrl:]]{1,100}$'),
    created_at timestamptz NOT NULL,
    created_by text        NOT NULL,
    as_of_on   date        NOT NULL,                     -- the week whose tables it starts from
    changes    jsonb       NOT NULL CHECK (jsonb_typeof(changes) = 'array' AND changes <> '[]'),
    outcome    jsonb       NOT NULL CHECK (jsonb_typeof(outcome) = 'object')
);

-- A plan of its own for a scenario that somebody chose; it stands beside the plan of the week.
ALTER TABLE plan
    DROP CONSTRAINT plan_purpose_check,
    ADD CONSTRAINT plan_purpose_check
        CHECK (purpose IN ('weekly', 'setup', 'revert', 'repair', 'adopt', 'ask', 'notice', 'scenario'));
