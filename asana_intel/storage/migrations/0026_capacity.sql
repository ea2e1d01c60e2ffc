-- Moves that even out people's load: dates of tasks, rows that follow from another row, one review a manager and week.

INSERT INTO allowed_change (kind, target_type, field) VALUES
    ('set_dates', 'task', 'dates'), ('create_task', 'user', 'load_review'), ('create_task', 'user', 'team_load_review');

-- The row of the same plan that must be written first; it makes no sense alone.
ALTER TABLE plan_row ADD COLUMN after_key text;

CREATE FUNCTION cause_refusal(r plan_row) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT format('row %s follows from row %s, which is not written', r.row_key, r.after_key)
     WHERE r.after_key IS NOT NULL
       AND NOT EXISTS (SELECT 1 FROM plan_row c WHERE c.plan_id = r.plan_id AND c.row_key = r.after_key
                       AND c.state IN ('done', 'noop'))
$$;

CREATE OR REPLACE FUNCTION row_refusal(r plan_row, sent_at timestamptz) RETURNS text LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN coalesce(policy_refusal(r, sent_at), nudge_refusal(r), cause_refusal(r));
END $$;

CREATE FUNCTION guard_plan_row_cause() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.after_key IS DISTINCT FROM OLD.after_key THEN
        RAISE EXCEPTION 'row % of plan % is fixed: only its decision and state change', OLD.row_key, OLD.plan_id;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER plan_row_guard_cause
    BEFORE UPDATE ON plan_row FOR EACH ROW EXECUTE FUNCTION guard_plan_row_cause();

-- When a task is due is people's to decide, like who does it.
CREATE OR REPLACE FUNCTION mode_of(wanted_capability text, wanted_team text, wanted_field text, ceiling text)
RETURNS text LANGUAGE sql STABLE AS $$
    WITH found AS (SELECT mode_below_ceiling(wanted_capability, wanted_team, wanted_field, ceiling) AS mode)
    SELECT CASE WHEN wanted_capability = 'review' AND wanted_field = 'approval_request' AND ceiling = 'propose'
                 AND EXISTS (SELECT 1 FROM policy p WHERE p.capability = 'review' AND p.field = 'approval_request'
                             AND p.team_gid = '*' AND p.mode = 'auto')
                THEN 'auto'
                WHEN mode = 'auto' AND wanted_field IN ('priority', 'assignee', 'dates', 'section', 'sprint_section')
                 AND NOT EXISTS (SELECT 1 FROM policy p WHERE p.field = wanted_field AND p.mode = 'auto'
                                 AND p.capability IN (wanted_capability, '*')
                                 AND p.team_gid IN (coalesce(wanted_team, '*'), '*'))
                THEN 'propose'
                ELSE mode END
      FROM found
$$;
