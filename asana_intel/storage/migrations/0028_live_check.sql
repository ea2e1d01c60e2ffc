-- What is said at once about an edit that breaks something: a comment, in a plan of its own.

INSERT INTO allowed_change (kind, target_type, field) VALUES ('comment', 'task', 'edit_check');

ALTER TABLE plan
    DROP CONSTRAINT plan_purpose_check,
    ADD CONSTRAINT plan_purpose_check
        CHECK (purpose IN ('weekly', 'setup', 'revert', 'repair', 'adopt', 'ask', 'notice', 'scenario', 'check'));
