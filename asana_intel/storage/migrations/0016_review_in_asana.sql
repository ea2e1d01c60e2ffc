-- Review where people are: one approval task a reviewer and plan, what was answered there, and how many things of ours
-- may be addressed to one person a week.

INSERT INTO allowed_change (kind, target_type, field) VALUES ('create_task', 'user', 'approval_request');

-- Changes of an approval task's status that were judged, each once; what they decided stands in approval.
CREATE TABLE review_answer (
    story_gid text        PRIMARY KEY CHECK (story_gid ~ '^[0-9]{1,20}$'),
    task_gid  text        NOT NULL CHECK (task_gid ~ '^[0-9]{1,20}$'),
    plan_id   text        NOT NULL REFERENCES plan,
    user_gid  text,                                    -- who changed it; null = Asana names nobody
    outcome   text        NOT NULL CHECK (outcome IN ('approved', 'rejected', 'refused')),
    at        timestamptz NOT NULL
);
CREATE INDEX review_answer_by_task ON review_answer (task_gid);
CREATE TRIGGER review_answer_is_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON review_answer FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- An approval request changes nothing of anybody's: it is how a person gets to decide. Where a rule of its own says auto
-- it is sent without asking in mode propose, too. No other rule reaches above the ceiling.
ALTER FUNCTION mode_of(text, text, text, text) RENAME TO mode_below_ceiling;
CREATE FUNCTION mode_of(wanted_capability text, wanted_team text, wanted_field text, ceiling text) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN wanted_capability = 'review' AND wanted_field = 'approval_request' AND ceiling = 'propose'
                 AND EXISTS (SELECT 1 FROM policy p WHERE p.capability = 'review' AND p.field = 'approval_request'
                             AND p.team_gid = '*' AND p.mode = 'auto')
                THEN 'auto'
                ELSE mode_below_ceiling(wanted_capability, wanted_team, wanted_field, ceiling) END
$$;

ALTER TABLE control
    ADD COLUMN nudges_per_person_week integer NOT NULL DEFAULT 5 CHECK (nudges_per_person_week >= 0);

-- Whom a row is addressed to, read from the very body that is sent.
ALTER TABLE plan_row ADD COLUMN notifies_gid text
    GENERATED ALWAYS AS (CASE WHEN kind = 'create_task' THEN new_value::jsonb ->> 'assignee' END) STORED;
CREATE INDEX plan_row_by_person ON plan_row (notifies_gid) WHERE notifies_gid IS NOT NULL;

-- Things of ours that were addressed to a person in the plans of a week.
CREATE FUNCTION nudges_of(wanted_person text, week date) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT count(*) FROM plan_row o JOIN plan q USING (plan_id)
     WHERE o.notifies_gid = wanted_person AND q.as_of_on = week AND o.state IN ('sending', 'sent', 'unknown', 'done')
$$;

CREATE FUNCTION nudge_refusal(r plan_row) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
    sent bigint;
BEGIN
    IF r.notifies_gid IS NULL THEN
        RETURN NULL;
    END IF;
    SELECT nudges_of(r.notifies_gid, p.as_of_on) INTO sent FROM plan p WHERE p.plan_id = r.plan_id;
    IF sent >= (SELECT nudges_per_person_week FROM control) THEN
        RETURN format('user %s was addressed %s times for this week', r.notifies_gid, sent);
    END IF;
    RETURN NULL;
END $$;

-- So that such a row waits and the others go on.
ALTER FUNCTION row_refusal(plan_row, timestamptz) RENAME TO policy_refusal;
CREATE FUNCTION row_refusal(r plan_row, sent_at timestamptz) RETURNS text LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN coalesce(policy_refusal(r, sent_at), nudge_refusal(r));
END $$;

-- The lock makes the count hold against other workers: rows of one person go to different objects.
CREATE FUNCTION guard_plan_row_nudges() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    refusal text;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('asana_intel.nudge.' || OLD.notifies_gid));
    refusal := nudge_refusal(OLD);
    IF refusal IS NOT NULL THEN
        RAISE EXCEPTION '%', refusal USING ERRCODE = 'AI001';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER plan_row_guard_nudges
    BEFORE UPDATE ON plan_row FOR EACH ROW
    WHEN (OLD.notifies_gid IS NOT NULL AND OLD.state = 'planned' AND NEW.state = 'sending')
    EXECUTE FUNCTION guard_plan_row_nudges();
