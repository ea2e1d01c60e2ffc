-- Priorities of tasks: their fields, comments and reviews, and moves of tasks to a section or a person.

INSERT INTO allowed_change (kind, target_type, field)
SELECT 'set_field', 'task', f FROM (VALUES
    ('ai_priority_score'), ('ai_priority_rationale'), ('ai_confidence'), ('ai_recommended_sprint'),
    ('recommended_assignee'), ('suggested_priority'), ('category'), ('complexity'), ('initial_priority'),
    ('priority')) AS ours (f)
UNION ALL VALUES
    ('comment', 'task', 'priority_rationale'), ('comment', 'task', 'score_changed'), ('comment', 'task', 'plan_made'),
    ('create_task', 'project', 'priority_review'), ('create_section', 'project', 'sprint_section'),
    ('add_to_section', 'task', 'section'), ('set_assignee', 'task', 'assignee');

-- Whom a row is addressed to: also who is mentioned, and who is given a task.
DROP TRIGGER plan_row_guard_nudges ON plan_row;
ALTER TABLE plan_row DROP COLUMN notifies_gid;
ALTER TABLE plan_row ADD COLUMN notifies_gid text GENERATED ALWAYS AS (
    CASE kind WHEN 'create_task' THEN new_value::jsonb ->> 'assignee'
              WHEN 'comment' THEN new_value::jsonb ->> 'mentions'
              WHEN 'set_assignee' THEN new_value::jsonb #>> '{}' END) STORED;
CREATE INDEX plan_row_by_person ON plan_row (notifies_gid) WHERE notifies_gid IS NOT NULL;
CREATE TRIGGER plan_row_guard_nudges
    BEFORE UPDATE ON plan_row FOR EACH ROW
    WHEN (OLD.notifies_gid IS NOT NULL AND OLD.state = 'planned' AND NEW.state = 'sending')
    EXECUTE FUNCTION guard_plan_row_nudges();

-- What people decide about a task, its priority, who does it and when, is automatic only where a rule names that very
-- field: a rule for the whole capability does not reach so far.
CREATE OR REPLACE FUNCTION mode_of(wanted_capability text, wanted_team text, wanted_field text, ceiling text)
RETURNS text LANGUAGE sql STABLE AS $$
    WITH found AS (SELECT mode_below_ceiling(wanted_capability, wanted_team, wanted_field, ceiling) AS mode)
    SELECT CASE WHEN wanted_capability = 'review' AND wanted_field = 'approval_request' AND ceiling = 'propose'
                 AND EXISTS (SELECT 1 FROM policy p WHERE p.capability = 'review' AND p.field = 'approval_request'
                             AND p.team_gid = '*' AND p.mode = 'auto')
                THEN 'auto'
                WHEN mode = 'auto' AND wanted_field IN ('priority', 'assignee', 'section', 'sprint_section')
                 AND NOT EXISTS (SELECT 1 FROM policy p WHERE p.field = wanted_field AND p.mode = 'auto'
                                 AND p.capability IN (wanted_capability, '*')
                                 AND p.team_gid IN (coalesce(wanted_team, '*'), '*'))
                THEN 'propose'
                ELSE mode END
      FROM found
$$;
