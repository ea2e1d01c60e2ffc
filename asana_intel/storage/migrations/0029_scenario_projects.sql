-- Projects that a scenario adds: the project, the field of its tasks' hours, the tasks, and what waits for what. None of
-- them has a gid when it is planned, so all are written to the workspace, which names them.

INSERT INTO allowed_change (kind, target_type, field) VALUES
    ('create_project', 'workspace', 'scenario_project'), ('attach_effort', 'workspace', 'scenario_effort'),
    ('create_task', 'workspace', 'scenario_task'), ('add_dependency', 'workspace', 'scenario_link'),
    ('delete_object', 'project', 'created_object');

-- Of projects, only those of scenarios are deleted, and only by a revert.
CREATE OR REPLACE FUNCTION guard_delete_object() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.kind = 'delete_object' AND NEW.state = 'sending' AND OLD.state = 'planned' THEN
        IF NOT EXISTS (SELECT 1 FROM plan p WHERE p.plan_id = NEW.plan_id AND p.purpose IN ('revert', 'repair')) THEN
            RAISE EXCEPTION 'row % of plan % deletes, which only a revert or a repair may', NEW.row_key, NEW.plan_id;
        ELSIF NOT EXISTS (SELECT 1 FROM created_object c WHERE c.result_gid = NEW.target_gid AND (c.kind, NEW.target_type)
                IN (('comment', 'comment'), ('status_update', 'status_update'), ('create_task', 'task')))
          AND NOT EXISTS (SELECT 1 FROM created_object c JOIN plan_row r USING (plan_id, row_key)
                           WHERE c.result_gid = NEW.target_gid AND NEW.target_type = 'project'
                             AND c.kind = 'create_project' AND r.field = 'scenario_project')
          AND NOT EXISTS (SELECT 1 FROM created_duplicate d
                           WHERE d.object_gid = NEW.target_gid AND d.object_type = NEW.target_type) THEN
            RAISE EXCEPTION '% % was not created by us', NEW.target_type, NEW.target_gid;
        END IF;
    END IF;
    RETURN NEW;
END $$;

-- What a scenario adds is people's to decide, like who does a task and when it is due.
CREATE OR REPLACE FUNCTION mode_of(wanted_capability text, wanted_team text, wanted_field text, ceiling text)
RETURNS text LANGUAGE sql STABLE AS $$
    WITH found AS (SELECT mode_below_ceiling(wanted_capability, wanted_team, wanted_field, ceiling) AS mode)
    SELECT CASE WHEN wanted_capability = 'review' AND wanted_field = 'approval_request' AND ceiling = 'propose'
                 AND EXISTS (SELECT 1 FROM policy p WHERE p.capability = 'review' AND p.field = 'approval_request'
                             AND p.team_gid = '*' AND p.mode = 'auto')
                THEN 'auto'
                WHEN mode = 'auto' AND wanted_field IN ('priority', 'assignee', 'dates', 'section', 'sprint_section',
                    'scenario_project', 'scenario_effort', 'scenario_task', 'scenario_link')
                 AND NOT EXISTS (SELECT 1 FROM policy p WHERE p.field = wanted_field AND p.mode = 'auto'
                                 AND p.capability IN (wanted_capability, '*')
                                 AND p.team_gid IN (coalesce(wanted_team, '*'), '*'))
                THEN 'propose'
                ELSE mode END
      FROM found
$$;
