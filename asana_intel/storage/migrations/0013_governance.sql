-- Who may have what written where: modes by capability, team and field, the list of what may be written at all, limits,
-- and a second approver. The trigger on plan rows asks for each row; no program can get around it.

ALTER TABLE plan
    DROP CONSTRAINT plan_purpose_check,
    ADD CONSTRAINT plan_purpose_check CHECK (purpose IN ('weekly', 'setup', 'revert', 'repair', 'adopt', 'ask')),
    ADD COLUMN approvals_needed integer NOT NULL DEFAULT 1 CHECK (approvals_needed BETWEEN 1 AND 2);

ALTER TABLE plan_row
    ADD COLUMN team_gid text CHECK (team_gid ~ '^[0-9]{1,20}$'),
    ADD COLUMN risk     text NOT NULL DEFAULT 'high' CHECK (risk IN ('low', 'medium', 'high')),
    ADD COLUMN made_by  text NOT NULL DEFAULT '',      -- method or model, with its version
    ADD COLUMN base     text NOT NULL DEFAULT '';      -- fingerprint of the value it was made from
CREATE INDEX plan_row_by_policy ON plan_row (team_gid, first_sent_at) WHERE decided_by = 'policy';

-- The most specific rule speaks; of equally specific ones the most cautious. '*' stands for all.
CREATE TABLE policy (
    capability text        NOT NULL,
    team_gid   text        NOT NULL DEFAULT '*' CHECK (team_gid ~ '^([0-9]{1,20}|\*)$'),
    field      text        NOT NULL DEFAULT '*',
    mode       text        NOT NULL CHECK (mode IN ('observe', 'shadow', 'propose', 'auto')),
    reason     text        NOT NULL,
    set_by     text        NOT NULL,
    set_at     timestamptz NOT NULL,
    PRIMARY KEY (capability, team_gid, field)
);

ALTER TABLE control
    ADD COLUMN automatic_a_day          integer NOT NULL DEFAULT 200 CHECK (automatic_a_day >= 0), -- per team
    ADD COLUMN comments_per_object_week integer NOT NULL DEFAULT 3 CHECK (comments_per_object_week >= 0);

-- What the reader saw in the workspace, as far as a plan speaks of it. Whatever else a row names is not written to.
CREATE TABLE known_object (
    object_gid  text        PRIMARY KEY CHECK (object_gid ~ '^[0-9]{1,20}$'),
    object_type text        NOT NULL,
    seen_at     timestamptz NOT NULL                   -- Asana's time of the data it stood in
);

-- Every change that may be sent at all.
CREATE TABLE allowed_change (
    kind        text NOT NULL,
    target_type text NOT NULL,
    field       text NOT NULL,
    PRIMARY KEY (kind, target_type, field)
);
INSERT INTO allowed_change (kind, target_type, field)
SELECT 'set_field', t, f FROM (VALUES
    ('goal', 'ai_confidence_score'), ('goal', 'predicted_completion_date'), ('goal', 'top_blocking_project'),
    ('goal', 'ai_summary'), ('project', 'ai_health'), ('task', 'ai_risk_flag')) AS ours (t, f)
UNION ALL
SELECT 'create_custom_field', 'workspace', f FROM (VALUES
    ('ai_confidence_score'), ('predicted_completion_date'), ('top_blocking_project'), ('ai_summary'), ('ai_health'),
    ('ai_risk_flag')) AS ours (f)
UNION ALL
SELECT 'attach_custom_field', t, f FROM (VALUES
    ('goal', 'ai_confidence_score'), ('goal', 'predicted_completion_date'), ('goal', 'top_blocking_project'),
    ('goal', 'ai_summary'), ('project', 'ai_health'), ('project', 'ai_risk_flag')) AS ours (t, f)
UNION ALL VALUES
    ('set_metric', 'goal', 'current_value'), ('status_update', 'goal', 'weekly_status'),
    ('comment', 'goal', 'odds_fell'), ('comment', 'task', 'odds_fell'), ('create_task', 'goal', 'review_task'),
    ('create_project', 'workspace', 'review_project');

CREATE FUNCTION mode_rank(wanted text) RETURNS integer LANGUAGE sql IMMUTABLE AS $$
    SELECT array_position(ARRAY['observe', 'shadow', 'propose', 'auto'], wanted)
$$;

-- Mode that holds for a change: the policy's, at most the ceiling. Automatic only where a rule says so.
CREATE FUNCTION mode_of(wanted_capability text, wanted_team text, wanted_field text, ceiling text) RETURNS text
LANGUAGE sql STABLE AS $$
    WITH rule AS (
        SELECT r.mode FROM policy r
         WHERE r.capability IN (wanted_capability, '*') AND r.team_gid IN (coalesce(wanted_team, '*'), '*')
           AND r.field IN (coalesce(wanted_field, '*'), '*')
         ORDER BY (r.capability <> '*')::int + (r.team_gid <> '*')::int + (r.field <> '*')::int DESC, mode_rank(r.mode)
         LIMIT 1),
    ruled AS (SELECT coalesce((SELECT r.mode FROM rule r), CASE ceiling WHEN 'auto' THEN 'propose' ELSE ceiling END) AS mode)
    SELECT CASE WHEN mode_rank(ruled.mode) <= mode_rank(ceiling) THEN ruled.mode ELSE ceiling END FROM ruled
$$;

-- Different people who approved a row after it was last rejected, its plan's author not counted.
CREATE FUNCTION approvers_of(wanted_plan text, wanted_row text) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT count(DISTINCT lower(trim(a.approver)))
      FROM approval a JOIN plan p USING (plan_id, plan_hash)
     WHERE a.plan_id = wanted_plan AND wanted_row = ANY(a.row_keys) AND a.decision = 'approved'
       AND lower(trim(a.approver)) <> lower(trim(p.author)) AND a.at >= p.created_at
       AND NOT EXISTS (SELECT 1 FROM approval n WHERE n.plan_id = wanted_plan AND wanted_row = ANY(n.row_keys)
                       AND n.decision = 'rejected' AND n.approval_id > a.approval_id)
$$;

-- Why a row may not be sent at an instant, or null when it may; what holds for its whole plan is send_refusal's.
CREATE FUNCTION row_refusal(r plan_row, sent_at timestamptz) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
    p    plan%ROWTYPE;
    c    control%ROWTYPE;
    mode text;
    seen integer;
BEGIN
    SELECT * INTO p FROM plan WHERE plan_id = r.plan_id;
    SELECT * INTO c FROM control;
    IF NOT EXISTS (SELECT 1 FROM allowed_change a
                    WHERE a.kind = r.kind AND a.target_type = r.target_type AND a.field = r.field) THEN
        RETURN format('%s of %s on a %s is not on the list of what may be written', r.kind, r.field, r.target_type);
    ELSIF NOT EXISTS (SELECT 1 FROM known_object k WHERE k.object_gid = r.target_gid
                       AND k.object_type = r.target_type AND k.seen_at >= p.as_of_at) THEN
        RETURN format('%s %s was not seen in the workspace', r.target_type, r.target_gid);
    END IF;
    mode := mode_of(r.capability, r.team_gid, r.field, p.mode);
    IF mode = 'observe' THEN
        RETURN format('%s of %s is in mode observe, which writes nothing', r.field, r.capability);
    ELSIF mode = 'shadow' AND r.kind NOT IN ('set_field', 'create_custom_field', 'attach_custom_field') THEN
        RETURN format('%s of %s is in mode shadow, which writes private fields only', r.kind, r.capability);
    ELSIF r.decided_by = 'policy' THEN
        IF mode <> 'auto' AND NOT (mode = 'shadow' AND r.kind = 'set_field') THEN
            RETURN format('%s of %s is in mode %s, in which a person decides', r.field, r.capability, mode);
        END IF;
        SELECT count(*) INTO seen FROM plan_row o
         WHERE o.decided_by = 'policy' AND o.team_gid IS NOT DISTINCT FROM r.team_gid
           AND o.first_sent_at > sent_at - interval '1 day' AND (o.plan_id, o.row_key) <> (r.plan_id, r.row_key);
        IF seen >= c.automatic_a_day THEN
            RETURN format('the limit of %s automatic changes a day is reached', c.automatic_a_day);
        END IF;
    ELSIF approvers_of(r.plan_id, r.row_key) < p.approvals_needed THEN
        RETURN format('row %s of plan %s has too few approvals: %s needed', r.row_key, r.plan_id, p.approvals_needed);
    END IF;
    IF r.kind = 'comment' THEN
        SELECT count(*) INTO seen FROM plan_row o JOIN plan q USING (plan_id)
         WHERE o.kind = 'comment' AND o.target_gid = r.target_gid AND q.as_of_on = p.as_of_on
           AND o.state IN ('sending', 'sent', 'unknown', 'done') AND (o.plan_id, o.row_key) <> (r.plan_id, r.row_key);
        IF seen >= c.comments_per_object_week THEN
            RETURN format('%s %s has its %s comments of the week', r.target_type, r.target_gid, seen);
        END IF;
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION send_refusal(wanted_plan text, sent_at timestamptz) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = asana_intel, public, pg_temp AS $$
DECLARE
    p       plan%ROWTYPE;
    stopped boolean;
BEGIN
    -- FOR SHARE: once the kill switch has committed, no later send can commit.
    SELECT kill_switch INTO stopped FROM control FOR SHARE;
    IF stopped IS DISTINCT FROM false THEN
        RETURN 'the kill switch is on';
    END IF;
    SELECT * INTO p FROM plan WHERE plan_id = wanted_plan FOR SHARE;
    IF NOT FOUND THEN
        RETURN format('there is no plan %s', wanted_plan);
    ELSIF p.mode = 'observe' THEN
        RETURN format('plan %s was made in mode observe, which writes nothing', wanted_plan);
    ELSIF p.state NOT IN ('approved', 'applying') THEN
        RETURN format('plan %s is %s, not approved', wanted_plan, p.state);
    ELSIF sent_at IS NULL OR sent_at >= p.expires_at THEN
        RETURN format('plan %s expired', wanted_plan);
    ELSIF EXISTS (SELECT 1 FROM plan_row r WHERE r.plan_id = wanted_plan AND r.decision = 'approved'
                  AND lower(trim(r.decided_by)) = lower(trim(p.author))) THEN
        RETURN format('plan %s was approved by its own author', wanted_plan);
    END IF;
    RETURN gate_refusal(p.plan_hash, p.required_gates, p.created_at);
END $$;

-- Fixed with the row: also what was added above. Sending asks for the row, too.
CREATE FUNCTION guard_plan_row_policy() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    refusal text;
BEGIN
    IF (NEW.team_gid, NEW.risk, NEW.made_by, NEW.base) IS DISTINCT FROM (OLD.team_gid, OLD.risk, OLD.made_by, OLD.base) THEN
        RAISE EXCEPTION 'row % of plan % is fixed: only its decision and state change', OLD.row_key, OLD.plan_id;
    END IF;
    IF NEW.state = 'sending' AND OLD.state = 'planned' THEN
        refusal := row_refusal(NEW, NEW.last_sent_at);
        IF refusal IS NOT NULL THEN
            RAISE EXCEPTION '%', refusal USING ERRCODE = 'AI001'; -- this row waits, the others go on
        END IF;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER plan_row_guard_policy
    BEFORE UPDATE ON plan_row FOR EACH ROW EXECUTE FUNCTION guard_plan_row_policy();

CREATE FUNCTION guard_plan_approvals() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.approvals_needed < OLD.approvals_needed THEN
        RAISE EXCEPTION 'plan % needs % approvals', OLD.plan_id, OLD.approvals_needed;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER plan_guard_approvals BEFORE UPDATE ON plan FOR EACH ROW EXECUTE FUNCTION guard_plan_approvals();
