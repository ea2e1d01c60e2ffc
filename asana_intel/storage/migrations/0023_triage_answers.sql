-- What people answered to suggestions on tasks that arrived. Nothing of it is written to Asana by itself.
CREATE TABLE triage_answer (
    answer_id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    task_gid     text        NOT NULL CHECK (task_gid ~ '^[0-9]{1,20}$'),
    capability   text        NOT NULL                    -- what was suggested; task = the task as a whole
        CHECK (capability IN ('category', 'complexity', 'priority', 'assignee', 'duplicate', 'task')),
    value        text,                                   -- the suggestion that was looked at
    answer       text        NOT NULL CHECK (answer IN ('accept', 'duplicate', 'decline', 'snooze')),
    answered_by  text        NOT NULL,
    at           timestamptz NOT NULL,
    snooze_until date,                                   -- a day of Asana's calendar
    CHECK ((answer = 'snooze') = (snooze_until IS NOT NULL)),
    CHECK (capability = 'task' OR value IS NOT NULL)
);
CREATE INDEX triage_answer_by_task ON triage_answer (task_gid);
CREATE TRIGGER triage_answer_is_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON triage_answer FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
